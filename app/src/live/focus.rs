//! Rows move when new ones arrive: the focus stays on the row it was on, not on the place where that row was.

use leptos::prelude::*;
use std::time::Duration;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// The attribute of a row's link that tells which row it is.
const KEY: &str = "data-row";
/// How often, and how often at most, to look whether the rows have moved.
pub const LOOK_EVERY: Duration = Duration::from_millis(50);
const LOOKS: u32 = 40;

/// Called before a report is fetched again: follows the row that has the focus until the rows have changed.
pub fn keep() {
    let Some(element) = document().active_element() else { return };
    let Some(key) = element.get_attribute(KEY) else { return };
    follow(element, key, LOOKS);
}

fn follow(element: web_sys::Element, key: String, looks: u32) {
    set_timeout(
        move || {
            // The user has moved on: the focus is his.
            if document().active_element().as_ref() != Some(&element) {
                return;
            }
            if element.get_attribute(KEY).as_ref() == Some(&key) {
                if looks > 0 {
                    follow(element, key, looks - 1);
                }
                return;
            }
            focus_row(&key);
        },
        LOOK_EVERY,
    );
}

/// Puts the focus on the row of this key, where it is there.
pub fn focus_row(key: &str) {
    if let Some(row) = row_of(key) {
        let _ = row.focus();
    }
}

fn row_of(key: &str) -> Option<HtmlElement> {
    let rows = document().query_selector_all("[data-row]").ok()?;
    (0..rows.length())
        .filter_map(|index| rows.get(index)?.dyn_into::<HtmlElement>().ok())
        .find(|row| row.get_attribute(KEY).as_deref() == Some(key))
}
