//! The fields of a filter's form. They show what the address says, also after going back.

use leptos::prelude::*;

/// A choice from what occurs; the first choice does not filter.
#[component]
pub fn Choice(
    name: &'static str,
    label: &'static str,
    /// What the choice that does not filter is called.
    any: &'static str,
    /// Value and text of each choice.
    options: Vec<(String, String)>,
    chosen: Option<String>,
    /// Where `/` goes.
    #[prop(optional)]
    first: bool,
) -> impl IntoView {
    let known = chosen.as_ref().is_none_or(|chosen| options.iter().any(|(value, _)| value == chosen));
    // A link may choose what occurs no more.
    let missing = chosen.clone().filter(|_| !known).map(|value| (value.clone(), value));
    let options = options
        .into_iter()
        .chain(missing)
        .map(|(value, text)| {
            let selected = chosen.as_ref() == Some(&value);
            view! {
                <option value=value selected=selected prop:selected=selected>
                    {text}
                </option>
            }
        })
        .collect_view();
    let none = chosen.is_none();
    view! {
        <label class="field">
            <span>{label}</span>
            <select name=name data-search=first.then_some("")>
                <option value="" selected=none prop:selected=none>
                    {any}
                </option>
                {options}
            </select>
        </label>
    }
}

/// A line of text.
#[component]
pub fn TextField(
    name: &'static str,
    label: &'static str,
    value: Option<String>,
    #[prop(default = "text")] kind: &'static str,
    #[prop(default = "")] hint: &'static str,
    /// Where `/` goes.
    #[prop(optional)]
    first: bool,
) -> impl IntoView {
    let value = value.unwrap_or_default();
    let number = kind == "number";
    view! {
        <label class="field">
            <span>{label}</span>
            <input
                type=kind
                name=name
                value=value.clone()
                prop:value=value
                placeholder=hint
                min=number.then_some("0")
                step=number.then_some("any")
                autocomplete="off"
                spellcheck="false"
                data-search=first.then_some("")
            />
        </label>
    }
}

/// Yes or no.
#[component]
pub fn Check(name: &'static str, label: &'static str, checked: bool) -> impl IntoView {
    view! {
        <label class="field check">
            <input type="checkbox" name=name value="1" checked=checked prop:checked=checked />
            <span>{label}</span>
        </label>
    }
}

/// A form that asks the page's own address. Without script the browser sends it, empty fields and all; with script the
/// address stays short, the page is not loaded anew, and a choice takes effect at once.
#[component]
pub fn FilterForm(
    action: &'static str,
    label: &'static str,
    /// The page without filters, when there are some.
    clear: Option<String>,
    children: Children,
) -> impl IntoView {
    view! {
        <form class="filters" method="get" action=action role="search" aria-label=label on:submit=submit() on:change=apply_choice>
            {children()}
            <div class="filter-buttons">
                <button type="submit" class="button">
                    "Apply"
                </button>
                {clear.map(|href| view! { <a href=href>"Clear all"</a> })}
            </div>
        </form>
    }
}

fn submit() -> impl Fn(leptos::ev::SubmitEvent) + 'static {
    #[cfg(feature = "hydrate")]
    let navigate = leptos_router::hooks::use_navigate();
    move |event| {
        #[cfg(feature = "hydrate")]
        if let Some(address) = address_of(&event) {
            event.prevent_default();
            navigate(&address, leptos_router::NavigateOptions { scroll: false, ..Default::default() });
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = event;
    }
}

/// The form's action with the fields that are filled in.
#[cfg(feature = "hydrate")]
fn address_of(event: &leptos::ev::SubmitEvent) -> Option<String> {
    use wasm_bindgen::JsCast;
    let form: web_sys::HtmlFormElement = event.target()?.dyn_into().ok()?;
    let data = web_sys::FormData::new_with_form(&form).ok()?;
    let fields = data.entries().into_iter().filter_map(|entry| {
        let entry: web_sys::js_sys::Array = entry.ok()?.dyn_into().ok()?;
        Some((entry.get(0).as_string()?, entry.get(1).as_string()?))
    });
    Some(crate::query::href(&form.get_attribute("action")?, fields))
}

/// A choice or a tick takes effect at once; text waits for Enter.
fn apply_choice(event: leptos::ev::Event) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let field = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let form = field
            .filter(|field| field.matches("select, input[type=checkbox]").unwrap_or(false))
            .and_then(|field| field.closest("form").ok().flatten())
            .and_then(|form| form.dyn_into::<web_sys::HtmlFormElement>().ok());
        if let Some(form) = form {
            // Fails only for a submit button of another form.
            let _ = form.request_submit();
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = event;
}
