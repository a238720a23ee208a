//! The keys of a board: Shift and an arrow move the task whose title has the focus. Not Alt, with which browsers go back.

use crate::components::move_form::Mover;
use leptos::ev::KeyboardEvent;

/// Left and right to the column beside, up and down in its own.
pub fn listen(mover: Mover) -> impl Fn(KeyboardEvent) + 'static {
    move |event| {
        #[cfg(feature = "hydrate")]
        if let Some((task_id, status, place)) = asked(&event) {
            event.prevent_default();
            mover.request(task_id, status, place);
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = (&event, mover);
    }
}

#[cfg(feature = "hydrate")]
fn asked(event: &KeyboardEvent) -> Option<(String, crate::workspace::TaskStatus, crate::workspace::Place)> {
    use crate::workspace::{Place, TaskStatus};
    use wasm_bindgen::JsCast;

    if !event.shift_key() || event.alt_key() || event.ctrl_key() || event.meta_key() {
        return None;
    }
    let title = event.target()?.dyn_into::<web_sys::Element>().ok()?;
    let task_id = title.get_attribute("data-row")?;
    let column = title.closest("[data-column]").ok()??;
    let status = TaskStatus::parse(&column.get_attribute("data-column")?)?;
    let (status, place) = match event.key().as_str() {
        "ArrowUp" => (status, Place::Earlier),
        "ArrowDown" => (status, Place::Later),
        "ArrowLeft" => (beside(status, false)?, Place::First),
        "ArrowRight" => (beside(status, true)?, Place::First),
        _ => return None,
    };
    Some((task_id, status, place))
}

/// The column beside.
#[cfg(any(feature = "hydrate", test))]
fn beside(status: crate::workspace::TaskStatus, after: bool) -> Option<crate::workspace::TaskStatus> {
    use crate::workspace::TaskStatus;
    let index = TaskStatus::ALL.iter().position(|other| *other == status)?;
    let index = if after { index + 1 } else { index.checked_sub(1)? };
    TaskStatus::ALL.get(index).copied()
}

#[cfg(test)]
mod tests {
    use super::beside;
    use crate::workspace::TaskStatus::{Doing, Done, Review, Todo};

    #[test]
    fn columns_have_neighbours_up_to_the_ends() {
        assert_eq!(
            [Todo, Doing, Review, Done].map(|status| beside(status, true)),
            [Some(Doing), Some(Review), Some(Done), None]
        );
        assert_eq!(
            [Todo, Doing, Review, Done].map(|status| beside(status, false)),
            [None, Some(Todo), Some(Doing), Some(Review)]
        );
    }
}
