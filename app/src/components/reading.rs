//! One figure of the health page: its name, itself, and what it means in plain words.

use super::meter::Meter;
use leptos::prelude::*;

/// Whether a figure is as it should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// A figure that is neither.
    #[default]
    Plain,
    /// As it should be: it gets a tick.
    Good,
    /// Worth a look: it gets a sign.
    Warning,
    /// A loss: the loudest on the page.
    Alarm,
}

impl Tone {
    /// The name in `data-tone`.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Alarm => "alarm",
        }
    }

    /// The outline of its mark in a box of 12 by 12.
    const fn shape(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Good => Some("M2 6.5 4.8 9.2 10 3.2"),
            Self::Warning | Self::Alarm => Some("M6 1.5v5.5M6 9.5v1"),
        }
    }
}

/// Some of them beside each other.
#[component]
pub fn Readings(children: Children) -> impl IntoView {
    view! { <ul class="readings">{children()}</ul> }
}

/// One of them.
#[component]
pub fn Reading(
    name: &'static str,
    value: AnyView,
    /// What the figure means.
    #[prop(into)]
    note: String,
    #[prop(default = Tone::Plain)] tone: Tone,
    /// The part of a whole that it is, from nought to one.
    #[prop(default = None)]
    share: Option<f64>,
) -> impl IntoView {
    let mark = tone.shape().map(|shape| {
        view! {
            <svg viewBox="0 0 12 12" width="14" height="14" aria-hidden="true">
                <path d=shape />
            </svg>
        }
    });
    view! {
        <li class="reading" data-tone=tone.as_str()>
            <h3>{name}</h3>
            <p class="value">{mark} <span>{value}</span></p>
            {share.map(|share| view! { <Meter name=name share=share /> })}
            <p class="note">{note}</p>
        </li>
    }
}
