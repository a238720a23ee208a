//! Markdown as HTML that is safe to be put into a page, whoever wrote it.
//!
//! Two nets, one behind the other. The first: HTML in the Markdown is text, images are links (the pages load nothing from
//! elsewhere), so that only elements which this file knows are written at all. The second: ammonia goes over what was
//! written, and takes away what is not listed here.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::LazyLock,
};

use ammonia::Builder;
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// The most of a text that is rendered, in bytes; what follows is counted below it.
const BYTES: usize = 1 << 20;
/// The most containers (quotes, lists) within each other; what is deeper stands in the last of them. A text of nothing but `>`
/// would nest a million, and a browser as well as the sanitiser takes the square of that.
const DEPTH: usize = 24;
/// The longest run of text without an element in it, in bytes. The sanitiser's serializer takes the square of the length where a
/// text has nothing but `&`: a place where a line may break keeps the pieces short, and does no harm.
const RUN: usize = 1 << 10;
/// The longest address and the longest title of a link, in bytes; of longer ones only the words are left.
const ADDRESS: usize = 2 << 10;

/// Every element that this file writes.
const ELEMENTS: [&str; 25] = [
    "a",
    "blockquote",
    "br",
    "code",
    "del",
    "div",
    "em",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
    "wbr",
];

/// Wide tables scroll by themselves, so the keyboard must reach them.
const BEFORE_TABLE: &str = r#"<div class="scrolls" tabindex="0" role="group" aria-label="Table">"#;
const AFTER_TABLE: &str = "</div>\n";

static SANITISER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(HashSet::from(ELEMENTS))
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href", "title"])),
            ("div", HashSet::from(["class", "tabindex", "role", "aria-label"])),
            ("ol", HashSet::from(["start"])),
        ]))
        .set_tag_attribute_value("pre", "tabindex", "0")
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .link_rel(Some("nofollow noopener noreferrer"));
    builder
});

/// `CommonMark` with tables, strikethrough and task lists as HTML. Its headings begin at the third level, for the page has the
/// two above. Of a text longer than 1 MiB, that much.
#[must_use]
pub fn to_html(markdown: &str) -> String {
    let (shown, rest) = markdown.split_at(boundary(markdown, BYTES));
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut written = String::with_capacity(shown.len() + shown.len() / 2);
    html::push_html(&mut written, Tame::new(Parser::new_ext(shown, options)));
    if !rest.is_empty() {
        written.push_str("<p>… the rest, ");
        written.push_str(&rest.len().to_string());
        written.push_str(" bytes, is not shown.</p>\n");
    }
    SANITISER.clean(&written).to_string()
}

/// The last place not behind `most` where a text can be cut.
fn boundary(text: &str, most: usize) -> usize {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    end
}

/// The parser's events without what a page must not have.
struct Tame<'a, I: Iterator<Item = Event<'a>>> {
    events: I,
    /// Containers that are open, those that are not written included.
    depth: usize,
    /// Links and images that are open. Only the outermost is written: a link in a link is none.
    links: Vec<Link<'a>>,
    /// Bytes of text since the last element.
    run: usize,
    /// What comes before the next event.
    waiting: VecDeque<Event<'a>>,
}

struct Link<'a> {
    /// Where it leads, for as long as no words of it have come.
    wordless: Option<CowStr<'a>>,
}

impl<'a, I: Iterator<Item = Event<'a>>> Tame<'a, I> {
    fn new(events: I) -> Self {
        Self { events, depth: 0, links: Vec::new(), run: 0, waiting: VecDeque::new() }
    }

    fn start(&mut self, tag: Tag<'a>) {
        let tag = match tag {
            Tag::BlockQuote(_) | Tag::List(_) | Tag::Item => {
                self.depth += 1;
                if self.depth > DEPTH {
                    return;
                }
                tag
            }
            // Its lines come as HTML, and are written as text.
            Tag::HtmlBlock => Tag::Paragraph,
            Tag::Heading { level, .. } => {
                Tag::Heading { level: lower(level), id: None, classes: Vec::new(), attrs: Vec::new() }
            }
            Tag::Table(columns) => {
                self.waiting.push_back(Event::Html(BEFORE_TABLE.into()));
                Tag::Table(columns)
            }
            Tag::Link { link_type, dest_url, title, id } | Tag::Image { link_type, dest_url, title, id } => {
                self.links.push(Link { wordless: Some(dest_url.clone()) });
                if self.links.len() > 1 {
                    return;
                }
                let short = |text: CowStr<'a>| if text.len() > ADDRESS { CowStr::from("") } else { text };
                Tag::Link { link_type, dest_url: short(dest_url), title: short(title), id }
            }
            other => other,
        };
        self.element(Event::Start(tag));
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::BlockQuote(_) | TagEnd::List(_) | TagEnd::Item => {
                self.depth -= 1;
                if self.depth < DEPTH {
                    self.element(Event::End(tag));
                }
            }
            TagEnd::HtmlBlock => self.element(Event::End(TagEnd::Paragraph)),
            TagEnd::Heading(level) => self.element(Event::End(TagEnd::Heading(lower(level)))),
            TagEnd::Table => {
                self.element(Event::End(TagEnd::Table));
                self.element(Event::Html(AFTER_TABLE.into()));
            }
            TagEnd::Link | TagEnd::Image => {
                // An image without a description: its address is better than a link that nobody can see.
                if let Some(words) = self.links.pop().and_then(|link| link.wordless) {
                    self.text(words);
                }
                if self.links.is_empty() {
                    self.element(Event::End(TagEnd::Link));
                }
            }
            other => self.element(Event::End(other)),
        }
    }

    fn element(&mut self, event: Event<'a>) {
        self.run = 0;
        self.waiting.push_back(event);
    }

    fn text(&mut self, text: CowStr<'a>) {
        self.worded(&text);
        if self.run + text.len() <= RUN {
            self.run += text.len();
            self.waiting.push_back(Event::Text(text));
            return;
        }
        let mut rest: &str = &text;
        while self.run + rest.len() > RUN {
            let room = boundary(rest, RUN.saturating_sub(self.run));
            // Between two words, where there is such a place.
            let end = rest.get(..room).and_then(|part| part.rfind(' ')).map_or(room, |space| space + 1);
            let (piece, after) = rest.split_at(end);
            self.waiting.push_back(Event::Text(piece.to_owned().into()));
            self.element(Event::InlineHtml("<wbr>".into()));
            rest = after;
        }
        self.run += rest.len();
        self.waiting.push_back(Event::Text(rest.to_owned().into()));
    }

    /// Whatever link is open has words now.
    fn worded(&mut self, text: &str) {
        if !text.is_empty() {
            for link in &mut self.links {
                link.wordless = None;
            }
        }
    }
}

impl<'a, I: Iterator<Item = Event<'a>>> Iterator for Tame<'a, I> {
    type Item = Event<'a>;

    fn next(&mut self) -> Option<Event<'a>> {
        while self.waiting.is_empty() {
            match self.events.next()? {
                Event::Start(tag) => self.start(tag),
                Event::End(tag) => self.end(tag),
                Event::Code(text) if text.len() <= RUN => {
                    self.worded(&text);
                    self.element(Event::Code(text));
                }
                Event::Html(text) | Event::InlineHtml(text) | Event::Text(text) | Event::Code(text) => self.text(text),
                Event::TaskListMarker(done) => self.text(if done { "☑ " } else { "☐ " }.into()),
                Event::SoftBreak => self.text("\n".into()),
                // Breaks and rules; what is left of them is of options that are off.
                other => self.element(other),
            }
        }
        self.waiting.pop_front()
    }
}

/// Two levels down, for the page has the two above.
const fn lower(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H3,
        HeadingLevel::H2 => HeadingLevel::H4,
        HeadingLevel::H3 => HeadingLevel::H5,
        HeadingLevel::H4 | HeadingLevel::H5 | HeadingLevel::H6 => HeadingLevel::H6,
    }
}

#[cfg(test)]
mod tests;
