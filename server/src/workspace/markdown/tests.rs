use super::*;
use std::time::{Duration, Instant};

#[test]
fn what_agents_write_is_rendered() {
    for (markdown, html) in [
        ("# One\n\n## Two", "<h3>One</h3>\n<h4>Two</h4>\n"),
        ("##### Five\n\n###### Six", "<h6>Five</h6>\n<h6>Six</h6>\n"),
        ("*a* **b** ~~c~~ `d`", "<p><em>a</em> <strong>b</strong> <del>c</del> <code>d</code></p>\n"),
        ("3. x\n4. y", "<ol start=\"3\">\n<li>x</li>\n<li>y</li>\n</ol>\n"),
        ("- [ ] open\n- [x] done", "<ul>\n<li>☐ open</li>\n<li>☑ done</li>\n</ul>\n"),
        ("> quoted", "<blockquote>\n<p>quoted</p>\n</blockquote>\n"),
        ("```rust\nlet a = 1 < 2;\n```", "<pre tabindex=\"0\"><code>let a = 1 &lt; 2;\n</code></pre>\n"),
        ("a  \nb\n\n---", "<p>a<br>\nb</p>\n<hr>\n"),
        ("", ""),
    ] {
        assert_eq!(to_html(markdown), html, "{markdown}");
    }
}

#[test]
fn a_table_scrolls_by_itself() {
    let html = to_html("|a|b|\n|-|-:|\n|1|2|");
    assert!(
        html.starts_with("<div class=\"scrolls\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table>"),
        "{html}"
    );
    assert!(
        html.contains("<th>b</th>") && html.contains("<td>2</td>") && html.ends_with("</table>\n</div>\n"),
        "{html}"
    );
}

#[test]
fn html_is_text() {
    for (markdown, html) in [
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
        ("a <b onclick=x()>b</b>", "<p>a &lt;b onclick=x()&gt;b&lt;/b&gt;</p>\n"),
        ("<img src=x onerror=alert(1)>", "<p>&lt;img src=x onerror=alert(1)&gt;</p>\n"),
        ("<div>\n\n*a*\n\n</div>", "<p>&lt;div&gt;\n</p>\n<p><em>a</em></p>\n<p>&lt;/div&gt;</p>\n"),
        ("<!-- a comment -->", "<p>&lt;!-- a comment --&gt;</p>\n"),
        ("`<script>`", "<p><code>&lt;script&gt;</code></p>\n"),
        ("# <svg onload=alert(1)>", "<h3>&lt;svg onload=alert(1)&gt;</h3>\n"),
        ("&lt;script&gt;", "<p>&lt;script&gt;</p>\n"),
    ] {
        assert_eq!(to_html(markdown), html, "{markdown}");
    }
}

/// Whatever it is given, only the elements and attributes that are listed come out, and nothing that runs.
#[test]
fn nothing_that_runs_comes_out() {
    let links = [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java&#x0A;script:alert(1)",
        "data:text/html,<script>",
        "vbscript:x",
    ];
    let forms = ["[a]({})", "[a](<{}>)", "<{}>", "![a]({})", "[a][b]\n\n[b]: {}", "[![a]({})]({})"];
    let mut nasty: Vec<String> =
        forms.iter().flat_map(|form| links.iter().map(|link| form.replace("{}", link))).collect();
    nasty.extend(
        [
            "<a href=javascript:alert(1)>x</a>",
            "<iframe src=//evil.example>",
            "<style>*{display:none}</style>",
            "<form action=//evil.example><input>",
            "<unclosed",
            "<b><i><u",
            "</p></div></main><h1>",
            "<![CDATA[<script>]]>",
            "<?php echo 1 ?>",
            "[a](http://x \"\\\"onmouseover=alert(1) x=\\\"\")",
            "# a {#id .class onclick=alert(1)}",
            "```\"><script>alert(1)</script>\nx\n```",
            "<svg><p><style><img src=x onerror=alert(1)>",
            "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
        ]
        .map(str::to_owned),
    );
    for markdown in nasty {
        let html = to_html(&markdown);
        for tag in html.split('<').skip(1).map(|tag| tag.split('>').next().unwrap_or_default()) {
            let name = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap_or_default();
            let known = ELEMENTS.contains(&name);
            let href = tag.split("href=\"").nth(1).unwrap_or_default();
            // A letter that no scheme has makes it an address relative to the page.
            let scheme = href.split_once(':').map(|(scheme, _)| scheme).filter(|scheme| !scheme.contains('%'));
            let led = scheme.is_none_or(|scheme| matches!(scheme, "http" | "https" | "mailto"));
            assert!(known && led && !tag.replace("title=\"", " ").contains(" onerror="), "{markdown}\n{html}");
        }
    }
}

#[test]
fn links_lead_where_they_may() {
    let rel = "rel=\"nofollow noopener noreferrer\"";
    for (markdown, html) in [
        ("[a](https://a.example/b?c=d)", format!("<a href=\"https://a.example/b?c=d\" {rel}>a</a>")),
        ("<me@a.example>", format!("<a href=\"mailto:me@a.example\" {rel}>me@a.example</a>")),
        ("[a](docs/b.md#c)", format!("<a href=\"docs/b.md#c\" {rel}>a</a>")),
        ("[a](javascript:alert(1))", format!("<a {rel}>a</a>")),
    ] {
        assert_eq!(to_html(markdown), format!("<p>{html}</p>\n"), "{markdown}");
    }
}

#[test]
fn images_are_links() {
    let rel = "rel=\"nofollow noopener noreferrer\"";
    for (markdown, html) in [
        ("![a plan](https://a.example/b.png)", format!("<a href=\"https://a.example/b.png\" {rel}>a plan</a>")),
        (
            "![](https://a.example/b.png)",
            format!("<a href=\"https://a.example/b.png\" {rel}>https://a.example/b.png</a>"),
        ),
        // A badge: one link, to where the outer one leads.
        (
            "[![build](https://a.example/b.svg)](https://c.example)",
            format!("<a href=\"https://c.example\" {rel}>build</a>"),
        ),
        ("[![](b.svg)](https://c.example)", format!("<a href=\"https://c.example\" {rel}>b.svg</a>")),
    ] {
        assert_eq!(to_html(markdown), format!("<p>{html}</p>\n"), "{markdown}");
    }
}

#[test]
fn what_is_nested_too_deep_keeps_its_words() {
    let html = to_html(&format!("{} deep", ">".repeat(1_000)));
    assert_eq!(html.matches("<blockquote>").count(), DEPTH);
    assert_eq!(html.matches("</blockquote>").count(), DEPTH);
    assert!(html.contains("deep"));
    let lines: Vec<String> = (0..100).map(|level| format!("{}- level {level}", "  ".repeat(level))).collect();
    let list = lines.join("\n");
    let html = to_html(&list);
    assert!(html.contains("level 99"), "{html}");
    assert!(html.matches("<ul>").count() <= DEPTH);
}

#[test]
fn a_text_that_is_too_long_says_so() {
    let html = to_html(&"é".repeat(BYTES / 2 + 3));
    assert!(html.ends_with("<p>… the rest, 6 bytes, is not shown.</p>\n"));
    assert!(!to_html(&"a".repeat(BYTES)).contains("not shown"));
}

#[test]
fn a_long_text_may_break_between_its_words_and_stays_whole() {
    let text = "word & ".repeat(1_000);
    let html = to_html(&text);
    assert!(html.matches("<wbr>").count() > 5);
    assert_eq!(
        html.replace("<wbr>", "").trim_end_matches("</p>\n"),
        format!("<p>{}", text.replace('&', "&amp;").trim_end())
    );
    assert!(!html.contains("wo<wbr>") && !html.contains("wor<wbr>"), "a word is not broken");
}

/// On a thread with the stack of a server's. The square of the length would take hours: no machine is too slow for the limit.
#[test]
fn a_megabyte_of_anything_takes_no_long_time_and_no_deep_stack() {
    let whole = ["[", ">", "*", "|", "&", "«"].map(|piece| (piece, BYTES));
    let parts = [
        "]", "_", "`", "<", "~", "#", "- ", "\\", "![", "a](", "*a _", "* * ", "[a](", "<a ", "> > \n", "|a\n", "1. ",
        "\t", "**a *", "``` ", "<!--", "<?", "[^a]: ", "[a]: b\n", "`a", "<a@b.c>", "[](&)", "- [ ] ",
    ];
    let table = format!("{}\n{}\n{}", "|a".repeat(1 << 14), "|-".repeat(1 << 14), "|\n".repeat(1 << 14));
    let address = format!("[a](<{}> \"{}\")", "&".repeat(BYTES / 4), "&".repeat(BYTES / 4));
    let texts = whole.into_iter().chain(parts.map(|piece| (piece, BYTES / 16)));
    let texts = texts.map(|(piece, bytes)| (piece.to_owned(), piece.repeat(bytes / piece.len())));
    for (name, text) in texts.chain([("a wide table".to_owned(), table), ("a long address".to_owned(), address)]) {
        let started = Instant::now();
        let rendering =
            std::thread::Builder::new().stack_size(1 << 21).spawn(move || to_html(&text)).expect("a thread");
        let html = rendering.join().unwrap_or_else(|_| panic!("{name:?} panicked"));
        let took = started.elapsed();
        assert!(took < Duration::from_mins(5), "{name:?} took {took:?} for {} bytes", html.len());
    }
}
