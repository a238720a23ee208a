//! Outcomes, presence and clients as marks: always a word or a shape, colour only beside it.

use crate::reports::{Outcome, Presence, RequestRow, SessionRow};
use leptos::prelude::*;

impl Outcome {
    /// The outcome in words.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::InputRequired => "input required",
            Self::ToolError => "tool error",
            Self::ProtocolError => "protocol error",
            Self::Denied => "denied",
            Self::RateLimited => "rate limited",
            Self::Timeout => "time-out",
            Self::Cancelled => "cancelled",
            Self::Disconnected => "disconnected",
            Self::Internal => "internal error",
        }
    }

    /// The outline of its mark in a box of 12 by 12: each is told by its shape alone.
    const fn shape(self) -> &'static str {
        match self {
            Self::Ok => "M2 6.5 4.8 9.2 10 3.2",
            Self::InputRequired => "M2 6h8M6 2v8",
            Self::ToolError => "M2.5 2.5l7 7M9.5 2.5l-7 7",
            Self::ProtocolError => "M6 1.8 10.8 10H1.2z",
            Self::Denied => "M6 1.8a4.2 4.2 0 1 1 0 8.4a4.2 4.2 0 0 1 0-8.4M3 9 9 3",
            Self::RateLimited => "M2 9.5h8M2 6h6M2 2.5h4",
            Self::Timeout => "M2.5 2h7L2.5 10h7z",
            Self::Cancelled => "M2.5 2.5h7v7h-7z",
            Self::Disconnected => "M1.5 6h3M7.5 6h3",
            Self::Internal => "M6 1.5v5.5M6 9.5v1",
        }
    }
}

impl Presence {
    /// The presence in words.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Active => "live",
            Self::Idle => "idle",
            Self::Disconnected => "gone",
        }
    }
}

/// How a request ended.
#[component]
pub fn OutcomeMark(outcome: Outcome, #[prop(default = None)] code: Option<i64>) -> impl IntoView {
    view! {
        <span class="outcome" data-outcome=outcome.as_str()>
            <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
                <path d=outcome.shape() />
            </svg>
            {outcome.label()}
            {code.map(|code| view! { <span class="code">{code}</span> })}
        </span>
    }
}

/// Something is wrong: stands before the words that say what.
#[component]
pub fn WarningSign() -> impl IntoView {
    view! {
        <svg class="warning-sign" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
            <path d="M8 1.8 15 14H1zM8 6v3.8M8 11.6v.4" />
        </svg>
    }
}

/// Whether a session is there: full for live, half for idle, hollow for gone.
#[component]
pub fn PresenceMark(presence: Presence, #[prop(default = None)] reason: Option<String>) -> impl IntoView {
    let shape = match presence {
        Presence::Active => "M6 1.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9z",
        Presence::Idle => "M6 1.5a4.5 4.5 0 0 0 0 9z",
        Presence::Disconnected => "",
    };
    let reason = reason.map(|reason| reason.replace('_', " "));
    view! {
        <span class="presence" data-presence=presence.as_str()>
            <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
                <circle cx="6" cy="6" r="4.5" />
                <path d=shape />
            </svg>
            {presence.label()}
            {reason.map(|reason| view! { <span class="reason">{reason}</span> })}
        </span>
    }
}

/// The first letter of a client's name in a shape: no trademark of anybody's. The shape is chosen by the name, so that
/// two clients of one letter look different.
#[component]
pub fn ClientMark(#[prop(into)] name: String) -> impl IntoView {
    let letter = name
        .chars()
        .find(|letter| letter.is_alphanumeric())
        .map_or('?', |letter| letter.to_uppercase().next().unwrap_or(letter));
    let shape = match name.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % 4 {
        0 => "M1 1h18v18H1z",
        1 => "M10 .8a9.2 9.2 0 1 1 0 18.4a9.2 9.2 0 0 1 0-18.4z",
        2 => "M10 .5 18.5 5.2v9.6L10 19.5 1.5 14.8V5.2z",
        _ => "M5.5 1h9L19 5.5v9L14.5 19h-9L1 14.5v-9z",
    };
    view! {
        <svg class="client-mark" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
            <path d=shape />
            <text x="10" y="14" text-anchor="middle">
                {letter.to_string()}
            </text>
        </svg>
    }
}

impl SessionRow {
    /// What to call the client: its known name, else as it named itself.
    #[must_use]
    pub fn client(&self) -> String {
        let name = self.client_type.as_deref().or(self.client_name.as_deref());
        name.filter(|name| !name.trim().is_empty()).unwrap_or("Unknown client").to_owned()
    }
}

impl RequestRow {
    /// What was asked for: the tool where there is one, else the method.
    #[must_use]
    pub fn subject(&self) -> String {
        self.tool_name.clone().unwrap_or_else(|| self.method.clone())
    }
}
