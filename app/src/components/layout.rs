//! What stands above and below every page.

use super::{live_mark::LiveMark, theme_switch::ThemeSwitch};
use crate::{keys::show_help, page::PageContext};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

const PAGES: [(&str, &str); 5] = [
    ("/", "Overview"),
    ("/sessions", "Sessions"),
    ("/requests", "Requests"),
    ("/projects", "Projects"),
    ("/health", "Health"),
];

/// Name, navigation, live mark, switches.
#[component]
pub fn Header() -> impl IntoView {
    let path = use_location().pathname;
    view! {
        <header class="masthead">
            <a class="brand" href="/">
                <Radar />
                "Tracon"
            </a>
            <nav aria-label="Pages">
                <ul>
                    {PAGES
                        .map(|(href, name)| {
                            view! {
                                <li>
                                    <a href=href aria-current=move || current(&path.get(), href)>
                                        {name}
                                    </a>
                                </li>
                            }
                        })
                        .into_iter().collect_view()}
                </ul>
            </nav>
            <div class="masthead-tools">
                <LiveMark />
                <ThemeSwitch />
                <button type="button" class="icon-button needs-script help-button" title="Keyboard help" on:click=|_| show_help()>
                    <span aria-hidden="true">"?"</span>
                    <span class="visually-hidden">"Keyboard help"</span>
                </button>
            </div>
        </header>
    }
}

/// `page` for the page itself, `true` for the pages below it.
fn current(path: &str, href: &str) -> Option<&'static str> {
    if path == href {
        return Some("page");
    }
    let below = href != "/" && path.strip_prefix(href).is_some_and(|rest| rest.starts_with('/'));
    below.then_some("true")
}

/// The mark of the product: a sweep over range rings.
#[component]
fn Radar() -> impl IntoView {
    view! {
        <svg class="radar" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
            <circle cx="12" cy="12" r="10.25" />
            <circle cx="12" cy="12" r="5" />
            <path d="M12 12 19.4 4.9" />
            <circle class="blip" cx="7.2" cy="14.6" r="1.75" />
        </svg>
    }
}

/// Which server this is.
#[component]
pub fn Footer() -> impl IntoView {
    let page = use_context::<PageContext>().unwrap_or_default();
    view! {
        <footer class="colophon">
            <span>"Tracon " {page.version}</span>
            <span>"Times in UTC"</span>
        </footer>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_navigation_marks_the_page_and_what_is_above_it() {
        assert_eq!(current("/", "/"), Some("page"));
        assert_eq!(current("/sessions", "/"), None);
        assert_eq!(current("/sessions", "/sessions"), Some("page"));
        assert_eq!(current("/sessions/1", "/sessions"), Some("true"));
        assert_eq!(current("/sessionsish", "/sessions"), None);
    }
}
