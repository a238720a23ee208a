//! One style sheet from `style/main.css` and the files that it imports: a browser fetches one file instead of a chain.

use std::{fs, path::Path};

use anyhow::{Context, Result, anyhow, bail, ensure};

const MAIN: &str = "main.css";

/// An `@import "file.css" layer(name);` of the main sheet.
#[derive(Debug, PartialEq)]
struct Import<'a> {
    file: &'a str,
    layer: Option<&'a str>,
}

/// Puts the sheets of the folder together in the order that `main.css` gives.
pub fn gather(folder: &Path) -> Result<String> {
    let main = fs::read_to_string(folder.join(MAIN))
        .with_context(|| format!("cannot read {}", folder.join(MAIN).display()))?;
    combine(&main, |file| {
        let path = folder.join(file);
        ensure!(path.is_file(), "imports `{file}`, which does not exist in {}", folder.display());
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    })
    .context("style/main.css")
}

/// Replaces each import by the sheet it names, inside its layer; everything else of the main sheet stays where it is.
fn combine(main: &str, read: impl Fn(&str) -> Result<String>) -> Result<String> {
    let main = without_comments(main);
    let mut sheet = String::new();
    let mut rest = main.as_str();
    while let Some(start) = rest.find("@import") {
        let (before, statement) = rest.split_at(start);
        let end = statement.find(';').ok_or_else(|| anyhow!("an @import does not end with `;`"))?;
        push(&mut sheet, before);
        let import = parse(&statement[..end])?;
        let content = without_comments(&read(import.file)?);
        ensure!(!content.contains("@import"), "`{}` imports another sheet: import it in main.css", import.file);
        match import.layer {
            Some(layer) => push(&mut sheet, &format!("@layer {layer} {{\n{}\n}}", content.trim())),
            None => push(&mut sheet, &content),
        }
        rest = &statement[end + 1..];
    }
    push(&mut sheet, rest);
    Ok(sheet)
}

fn push(sheet: &mut String, text: &str) {
    let text = text.trim();
    if !text.is_empty() {
        sheet.push_str(text);
        sheet.push('\n');
    }
}

fn parse(statement: &str) -> Result<Import<'_>> {
    let refuse = || anyhow!("`{statement}` is not understood: write `@import \"file.css\" layer(name)`");
    let rest = statement.strip_prefix("@import").map(str::trim).ok_or_else(refuse)?;
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or_else(refuse)?;
    let (file, rest) = rest[1..].split_once(quote).ok_or_else(refuse)?;
    let rest = rest.trim();
    let layer = match rest.strip_prefix("layer(").and_then(|rest| rest.strip_suffix(')')).map(str::trim) {
        None if rest.is_empty() => None,
        Some(layer) if !layer.is_empty() && !layer.contains(['(', ')']) => Some(layer),
        _ => bail!(refuse()),
    };
    Ok(Import { file, layer })
}

/// The sheet without comments, without trailing blanks and without empty lines. Strings stay as they are.
fn without_comments(css: &str) -> String {
    let mut text = String::with_capacity(css.len());
    let mut quote = None;
    let mut rest = css.chars();
    while let Some(c) = rest.next() {
        match quote {
            None if c == '/' && rest.as_str().starts_with('*') => {
                let comment = rest.as_str();
                // The two characters of the start must not serve as the end: `/*/` is not a comment.
                rest = comment[1..].split_once("*/").map_or("", |(_, after)| after).chars();
                // Between two words a comment separates them.
                text.push(' ');
                continue;
            }
            None if matches!(c, '"' | '\'') => quote = Some(c),
            Some(open) if c == open || c == '\n' => quote = None,
            _ => {}
        }
        text.push(c);
        if c == '\\'
            && let Some(escaped) = rest.next()
        {
            text.push(escaped);
        }
    }
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn combined(main: &str) -> Result<String> {
        combine(main, |file| match file {
            "tokens.css" => Ok("/* colours */\n:root { --ink: #111; }\n".to_owned()),
            "base.css" => {
                Ok("a { color: var(--ink); } /* links */\n\nb::before { content: \"/* kept */\"; }\n".to_owned())
            }
            "nested.css" => Ok("@import \"base.css\";".to_owned()),
            _ => Err(anyhow!("imports `{file}`, which does not exist")),
        })
    }

    #[test]
    fn sheets_stand_in_the_order_and_the_layers_of_the_main_sheet() -> Result<()> {
        let main = "/* order */\n@layer tokens, base;\n@import \"base.css\" layer(base);\n@import 'tokens.css';\np { margin: 0; }\n";
        let expected = "@layer tokens, base;\n\
                        @layer base {\na { color: var(--ink); }\nb::before { content: \"/* kept */\"; }\n}\n\
                        :root { --ink: #111; }\n\
                        p { margin: 0; }\n";
        assert_eq!(combined(main)?, expected);
        Ok(())
    }

    #[test]
    fn an_import_that_does_not_exist_is_named() {
        let error = combined("@import \"missing.css\";");
        assert!(error.is_err_and(|error| error.to_string().contains("`missing.css`")));
    }

    #[test]
    fn an_import_in_a_comment_is_no_import() -> Result<()> {
        assert_eq!(combined("/* @import \"missing.css\"; */")?, "");
        Ok(())
    }

    #[test]
    fn an_imported_sheet_imports_nothing_itself() {
        assert!(combined("@import \"nested.css\";").is_err_and(|error| error.to_string().contains("`nested.css`")));
    }

    #[test]
    fn forms_of_import_that_would_be_lost_are_refused() {
        for statement in
            ["@import url(a.css);", "@import \"base.css\" screen;", "@import \"base.css\" layer();", "@import \"a"]
        {
            assert!(combined(statement).is_err(), "{statement}");
        }
    }

    #[test]
    fn a_comment_separates_words_and_may_stay_open() {
        assert_eq!(without_comments("margin:0/**/auto;/*/ still */x{}/* open"), "margin:0 auto; x{}");
    }
}
