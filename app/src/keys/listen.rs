//! What the keys do, in the browser.

use super::HELP_ID;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDialogElement, HtmlElement, KeyboardEvent};

/// Where the user types, or where a key has its own meaning.
const TYPING: &str = "input, select, textarea, dialog[open], [contenteditable]";

pub fn key_down(event: &KeyboardEvent) {
    if event.ctrl_key() || event.meta_key() || event.alt_key() || event.default_prevented() {
        return;
    }
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    if target.is_some_and(|target| target.closest(TYPING).ok().flatten().is_some()) {
        return;
    }
    let done = match event.key().as_str() {
        "/" => focus_search(),
        "j" => move_row(1),
        "k" => move_row(-1),
        "?" => show_help(),
        _ => None,
    };
    if done.is_some() {
        event.prevent_default();
    }
}

pub fn show_help() -> Option<()> {
    let dialog = document().get_element_by_id(HELP_ID)?.dyn_into::<HtmlDialogElement>().ok()?;
    if dialog.open() { Some(()) } else { dialog.show_modal().ok() }
}

/// The page's search, or else its first filter.
fn focus_search() -> Option<()> {
    let search = document().query_selector("[data-search]").ok()??.dyn_into::<HtmlElement>().ok()?;
    if let Some(folded) = search.closest("details:not([open])").ok().flatten() {
        folded.set_attribute("open", "").ok()?;
    }
    search.focus().ok()
}

/// Moves the focus among the rows' links, from the first or the last when it is on none.
fn move_row(step: i32) -> Option<()> {
    let list = document().query_selector_all("[data-row]").ok()?;
    let rows: Vec<HtmlElement> =
        (0..list.length()).filter_map(|index| list.get(index)?.dyn_into::<HtmlElement>().ok()).collect();
    let focused = document().active_element();
    let current = focused.and_then(|focused| rows.iter().position(|row| **row == focused));
    let next = match current {
        Some(index) if step > 0 => (index + 1).min(rows.len().checked_sub(1)?),
        Some(index) => index.saturating_sub(1),
        None if step > 0 => 0,
        None => rows.len().checked_sub(1)?,
    };
    rows.get(next)?.focus().ok()
}
