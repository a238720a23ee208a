//! Dragging a card. Where it would come to is a signal, which cards and columns show by an attribute.

use crate::{components::move_form::Mover, workspace::TaskStatus};
use leptos::{ev::DragEvent, prelude::*};

/// Where the card would come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub status: TaskStatus,
    /// The task that it would stand before; `None`: behind all others.
    pub before: Option<String>,
}

/// A drag, while there is one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Drag {
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "nothing is dragged on the server"))]
    task: RwSignal<Option<String>>,
    /// `None` also where letting go would change nothing.
    pub target: RwSignal<Option<Target>>,
}

#[cfg(not(feature = "hydrate"))]
impl Drag {
    pub fn start(self) -> impl Fn(DragEvent) + 'static {
        self.nothing()
    }

    pub fn over(self) -> impl Fn(DragEvent) + 'static {
        self.nothing()
    }

    pub fn leave(self) -> impl Fn(DragEvent) + 'static {
        self.nothing()
    }

    pub fn drop(self, mover: Mover) -> impl Fn(DragEvent) + 'static {
        let _ = mover;
        self.nothing()
    }

    pub fn end(self) -> impl Fn(DragEvent) + 'static {
        self.nothing()
    }

    fn nothing(self) -> impl Fn(DragEvent) + 'static {
        move |_| {
            let _ = self;
        }
    }
}

#[cfg(feature = "hydrate")]
impl Drag {
    pub fn start(self) -> impl Fn(DragEvent) + 'static {
        move |event| {
            let Some(task) = element(&event).and_then(|start| start.closest("[data-task]").ok().flatten()) else {
                return;
            };
            let Some(id) = task.get_attribute("data-task") else { return };
            if let Some(transfer) = event.data_transfer() {
                transfer.set_effect_allowed("move");
                // Some browsers drag nothing that has no data. It fails only where dragging is over already.
                let _ = transfer.set_data("text/plain", &id);
            }
            self.task.set(Some(id));
        }
    }

    pub fn over(self) -> impl Fn(DragEvent) + 'static {
        move |event| {
            let Some(task) = self.task.get_untracked() else { return };
            let column = element(&event).and_then(|over| over.closest("[data-column]").ok().flatten());
            let target = column.as_ref().and_then(|column| target_in(column, &task, f64::from(event.client_y())));
            if column.is_some() {
                // Allows letting go here.
                event.prevent_default();
            }
            if self.target.with_untracked(|before| *before != target) {
                self.target.set(target);
            }
        }
    }

    pub fn leave(self) -> impl Fn(DragEvent) + 'static {
        move |event| {
            let board = event.current_target().and_then(|board| cast::<web_sys::Element>(board.into()));
            let to = event.related_target().and_then(|to| cast::<web_sys::Node>(to.into()));
            // Between two cards it is still over the board.
            if !board.is_some_and(|board| board.contains(to.as_ref())) {
                self.target.set(None);
            }
        }
    }

    pub fn drop(self, mover: Mover) -> impl Fn(DragEvent) + 'static {
        use crate::workspace::Place;
        move |event| {
            event.prevent_default();
            let (task, target) = (self.task.get_untracked(), self.target.get_untracked());
            self.clear();
            if let (Some(task), Some(Target { status, before })) = (task, target) {
                mover.request(task, status, before.map_or(Place::Last, Place::Before));
            }
        }
    }

    pub fn end(self) -> impl Fn(DragEvent) + 'static {
        move |_| self.clear()
    }

    fn clear(self) {
        self.task.set(None);
        self.target.set(None);
    }
}

#[cfg(feature = "hydrate")]
fn cast<T: wasm_bindgen::JsCast>(value: wasm_bindgen::JsValue) -> Option<T> {
    use wasm_bindgen::JsCast;
    value.dyn_into().ok()
}

#[cfg(feature = "hydrate")]
fn element(event: &DragEvent) -> Option<web_sys::Element> {
    let target = event.target()?;
    // Text can be what is dragged over, too.
    cast::<web_sys::Element>(target.clone().into())
        .or_else(|| cast::<web_sys::Node>(target.into()).and_then(|node| node.parent_element()))
}

/// The place in this column under the pointer; `None` where the task stands already.
#[cfg(feature = "hydrate")]
fn target_in(column: &web_sys::Element, task: &str, pointer: f64) -> Option<Target> {
    let status = TaskStatus::parse(&column.get_attribute("data-column")?)?;
    let list = column.query_selector_all("[data-task]").ok()?;
    let cards: Vec<(String, f64)> = (0..list.length())
        .filter_map(|index| {
            let card: web_sys::Element = cast(list.get(index)?.into())?;
            let place = card.get_bounding_client_rect();
            Some((card.get_attribute("data-task")?, place.top() + place.height() / 2.0))
        })
        .collect();
    let before = place(&cards, task, pointer)?;
    let before = cards.into_iter().map(|(id, _)| id).filter(|id| id != task).nth(before);
    Some(Target { status, before })
}

/// Before which of the other cards, given with their middles, the task would stand: by their number, from nought, behind the last
/// as many as there are. `None` where it stands already.
#[cfg(any(feature = "hydrate", test))]
fn place(cards: &[(String, f64)], task: &str, pointer: f64) -> Option<usize> {
    let own = cards.iter().position(|(id, _)| id == task);
    let others = || cards.iter().filter(|(id, _)| id != task);
    let before = others().position(|(_, middle)| pointer < *middle).unwrap_or(others().count());
    // Without itself, what comes after it stands at its own number.
    (own != Some(before)).then_some(before)
}

#[cfg(test)]
mod tests {
    use super::place;

    fn cards() -> Vec<(String, f64)> {
        [("a", 10.0), ("b", 30.0), ("c", 50.0)].map(|(id, middle)| (id.to_owned(), middle)).to_vec()
    }

    #[test]
    fn a_card_of_another_column_goes_before_the_first_whose_middle_is_below_the_pointer() {
        for (pointer, before) in [(0.0, 0), (10.0, 1), (49.0, 2), (51.0, 3)] {
            assert_eq!(place(&cards(), "x", pointer), Some(before), "{pointer}");
        }
        assert_eq!(place(&[], "x", 5.0), Some(0));
    }

    #[test]
    fn where_it_stands_already_is_no_place() {
        assert_eq!(place(&cards(), "b", 20.0), None, "above its own middle");
        assert_eq!(place(&cards(), "b", 40.0), None, "below its own middle, above the next");
        assert_eq!(place(&cards(), "b", 5.0), Some(0));
        assert_eq!(place(&cards(), "b", 55.0), Some(2));
        assert_eq!(place(&cards(), "c", 90.0), None, "the last one stays the last");
        assert_eq!(place(&cards(), "a", 0.0), None);
    }
}
