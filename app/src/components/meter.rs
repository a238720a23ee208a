//! How much of a whole there is.

use crate::format;
use leptos::prelude::*;

/// From this part on a room is nearly full.
const NEARLY_FULL: f64 = 0.8;

/// A bar that is as full as `share` says, from nought to one; what is more is full.
#[component]
pub fn Meter(
    /// What is measured, for those who do not see where it stands.
    name: &'static str,
    share: f64,
) -> impl IntoView {
    let percent = percent(share);
    view! {
        <div
            class="meter"
            role="meter"
            aria-label=name
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow=format!("{percent:.0}")
            aria-valuetext=format!("{percent:.0} %")
        >
            <svg width="100%" height="100%" aria-hidden="true">
                <rect class="whole" width="100%" height="100%" />
                <rect class="part" width=format!("{percent:.2}%") height="100%" />
            </svg>
        </div>
    }
}

/// The part of a quota that is taken; `None` without a quota.
#[must_use]
pub fn share_of(part: u64, quota: u64) -> Option<f64> {
    (quota > 0).then(|| part as f64 / quota as f64)
}

/// What there is to say of a room of which so much is taken.
#[must_use]
pub fn room(share: f64) -> Option<&'static str> {
    match share {
        1.0.. => Some("full"),
        NEARLY_FULL.. => Some("nearly full"),
        _ => None,
    }
}

/// Of what is taken and what may be: `1.2 MB of 1 GB`, or without a quota only what is taken.
#[must_use]
pub fn of_quota(part: u64, quota: u64) -> AnyView {
    let of = (quota > 0).then(|| view! { <small>{format!(" of {}", format::bytes(quota))}</small> });
    view! { {format::bytes(part)} {of} }.into_any()
}

fn percent(share: f64) -> f64 {
    (share * 100.0).clamp(0.0, 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meter_is_never_fuller_than_full() {
        assert_eq!([-0.1, 0.25, 1.0, 1.7].map(percent).map(|percent| format!("{percent}")), ["0", "25", "100", "100"]);
    }

    #[test]
    fn a_share_needs_a_whole() {
        assert_eq!(share_of(5, 0), None);
        assert_eq!(share_of(5, 10), Some(0.5));
    }

    #[test]
    fn room_is_spoken_of_when_it_gets_scarce() {
        assert_eq!([0.0, 0.79, 0.8, 1.0, 2.0].map(room), [None, None, Some("nearly full"), Some("full"), Some("full")]);
    }
}
