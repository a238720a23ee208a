//! The dashboard of Tracon: what people see.
//!
//! The server renders every page whole (feature `ssr`), so that it is complete without JavaScript; in the browser the
//! same code (feature `hydrate`) takes the page over and keeps it up to date. The figures come from
//! [`reports`]: values, and the trait that the server implements.
#![recursion_limit = "256"]

// `.cargo/config.toml` sets it for the server and the client alike; with one of both only, the client could not take over what the
// server rendered.
#[cfg(not(erase_components))]
compile_error!("RUSTFLAGS hides the flags of .cargo/config.toml: add `--cfg erase_components` to it");

pub mod api;
pub mod app;
pub mod charts;
pub mod components;
pub mod format;
pub mod health;
pub mod keys;
pub mod live;
pub mod page;
pub mod pages;
pub mod query;
pub mod reports;
#[cfg(feature = "ssr")]
pub mod shell;
pub mod theme;
pub mod workspace;

pub use app::App;

/// Where the browser starts: takes over the page that the server rendered.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(App);
}
