//! One figure of the front page.

use crate::charts::spark::Sparkline;
use leptos::prelude::*;

/// How a figure moved against the period before.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// `12 %`, `0.4 points`.
    pub by: String,
    pub direction: Direction,
    /// What it was.
    pub was: String,
}

/// Which way a figure moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Up,
    Down,
    Same,
}

impl Change {
    /// In per cent of what it was; `None` without a figure before.
    #[must_use]
    pub fn relative(now: f64, before: f64, was: String) -> Option<Self> {
        if before <= 0.0 {
            return None;
        }
        let percent = (now - before) / before * 100.0;
        let by =
            if percent.abs() >= 999.5 { format!("× {:.0}", now / before) } else { format!("{:.0} %", percent.abs()) };
        Some(Self { by, direction: Direction::of(percent, 0.5), was })
    }

    /// In points, for what is a percentage itself.
    #[must_use]
    pub fn points(now: f64, before: f64, was: String) -> Self {
        let points = now - before;
        Self { by: format!("{:.1} points", points.abs()), direction: Direction::of(points, 0.05), was }
    }
}

impl Direction {
    fn of(difference: f64, least: f64) -> Self {
        if difference.abs() < least {
            Self::Same
        } else if difference > 0.0 {
            Self::Up
        } else {
            Self::Down
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Same => "unchanged",
        }
    }
}

/// A figure with its name, what it was before, and its course.
#[component]
pub fn Tile(
    name: &'static str,
    /// The figure, leading to the rows that it was made from.
    figure: AnyView,
    #[prop(default = None)] change: Option<Change>,
    /// Said instead of a change, where there is none to say.
    #[prop(default = "nothing before")]
    instead: &'static str,
    /// What else there is to know of the figure.
    #[prop(optional, into)]
    note: Option<String>,
    #[prop(default = Vec::new())] course: Vec<Option<f64>>,
) -> impl IntoView {
    let beside = match change {
        Some(Change { by, direction, was }) => {
            let sign = match direction {
                Direction::Up => "M5 1.5 9 8.5H1z",
                Direction::Down => "M5 8.5 1 1.5h8z",
                Direction::Same => "M1 4h8v2H1z",
            };
            let by = (direction != Direction::Same).then_some(by);
            view! {
                <p class="change">
                    <svg viewBox="0 0 10 10" width="8" height="8" aria-hidden="true">
                        <path d=sign />
                    </svg>
                    <span class="visually-hidden">{direction.word()}</span>
                    {by}
                    " "
                    <span class="was">{format!("was {was}")}</span>
                </p>
            }
            .into_any()
        }
        None => view! { <p class="change"><span class="was">{instead}</span></p> }.into_any(),
    };
    view! {
        <li class="tile">
            <h3>{name}</h3>
            <p class="value">{figure}</p>
            {beside}
            {note.map(|note| view! { <p class="note">{note}</p> })}
            <Sparkline values=course />
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_in_per_cent_or_in_times() {
        let change =
            |now, before| Change::relative(now, before, String::new()).map(|change| (change.by, change.direction));
        assert_eq!(change(112.0, 100.0), Some(("12 %".to_owned(), Direction::Up)));
        assert_eq!(change(50.0, 100.0), Some(("50 %".to_owned(), Direction::Down)));
        assert_eq!(change(100.2, 100.0).map(|(_, direction)| direction), Some(Direction::Same));
        assert_eq!(change(5_000.0, 100.0), Some(("× 50".to_owned(), Direction::Up)));
        assert_eq!(change(5.0, 0.0), None, "nothing before");
    }

    #[test]
    fn a_percentage_changes_by_points() {
        assert_eq!(Change::points(3.0, 5.0, String::new()).by, "2.0 points");
    }
}
