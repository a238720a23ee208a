//! The way through numbered pages.

use crate::format;
use leptos::prelude::*;

/// Links to the first, the last, and the pages around this one; nothing where there is only one.
#[component]
pub fn PageLinks<H>(
    /// From 1.
    page: u32,
    pages: u32,
    href: H,
) -> impl IntoView
where
    H: Fn(u32) -> String,
{
    (pages > 1 || page > 1).then(|| {
        let links = shown(page, pages)
            .into_iter()
            .map(|number| match number {
                Some(number) => view! {
                    <li>
                        <a
                            href=href(number)
                            aria-current=(number == page).then_some("page")
                            aria-label=format!("Page {}", format::count(number.into()))
                        >
                            {format::count(number.into())}
                        </a>
                    </li>
                }
                .into_any(),
                None => view! { <li aria-hidden="true">"…"</li> }.into_any(),
            })
            .collect_view();
        view! {
            <nav class="page-links ranges" aria-label="More pages">
                {(page > 1).then(|| view! { <a class="button" rel="prev" href=href(page - 1)>"Previous"</a> })}
                <ul>{links}</ul>
                {(page < pages).then(|| view! { <a class="button" rel="next" href=href(page + 1)>"Next"</a> })}
            </nav>
        }
    })
}

/// The pages that get a link, and `None` where some are left out.
fn shown(page: u32, pages: u32) -> Vec<Option<u32>> {
    let mut numbers: Vec<u32> = [1, page.saturating_sub(1), page, page.saturating_add(1), pages]
        .into_iter()
        .filter(|number| *number >= 1 && (*number <= pages || *number == page))
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut shown: Vec<Option<u32>> = Vec::with_capacity(numbers.len() + 2);
    for number in numbers {
        match shown.last().copied().flatten() {
            // A gap of one is no shorter than the page itself.
            Some(before) if number == before + 2 => shown.extend([Some(number - 1), Some(number)]),
            Some(before) if number > before + 2 => shown.extend([None, Some(number)]),
            _ => shown.push(Some(number)),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn the_ends_and_the_neighbours_are_linked() {
        assert_eq!(shown(1, 1), [Some(1)]);
        assert_eq!(shown(1, 3), [Some(1), Some(2), Some(3)]);
        assert_eq!(shown(3, 5), [1, 2, 3, 4, 5].map(Some));
        assert_eq!(shown(5, 9), [Some(1), None, Some(4), Some(5), Some(6), None, Some(9)]);
        assert_eq!(shown(9, 9), [Some(1), None, Some(8), Some(9)]);
    }

    #[test]
    fn a_page_behind_the_last_leads_back() {
        assert_eq!(shown(8, 2), [Some(1), Some(2), None, Some(8)]);
    }
}
