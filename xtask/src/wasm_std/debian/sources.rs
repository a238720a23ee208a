//! The machine's own Debian sources, read from apt's configuration, and written anew with another suite.

use std::{fs, path::Path};

use anyhow::{Result, ensure};

/// The options of a one-line source that matter for fetching, and their names in the deb822 form.
const OPTIONS: [(&str, &str); 3] =
    [("signed-by", "Signed-By"), ("trusted", "Trusted"), ("check-valid-until", "Check-Valid-Until")];

/// A package source: its address and its options, without suite and components.
#[derive(Debug, PartialEq)]
pub struct Source {
    uris: String,
    /// Name and value; a value may have continuation lines.
    options: Vec<(String, String)>,
}

impl Source {
    /// The source in the deb822 form, pointed at another suite of the same archive.
    pub fn stanza(&self, suite: &str) -> String {
        use std::fmt::Write as _;
        // `Targets` leaves translations, icons and file lists out: some megabytes that nobody reads here.
        let mut text =
            format!("Types: deb\nURIs: {}\nSuites: {suite}\nComponents: main\nTargets: Packages\n", self.uris);
        for (name, value) in &self.options {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name}: {value}");
        }
        text
    }
}

/// The sources from which this machine installs Debian itself.
pub fn of_this_machine() -> Result<Vec<Source>> {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let field = |name: &str| {
        release.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix('=')?.trim_matches('"').to_owned()))
    };
    ensure!(field("ID").as_deref() == Some("debian"), "its source is a package of Debian, and this is not Debian");
    let codename = field("VERSION_CODENAME").unwrap_or_default();

    let etc = Path::new("/etc/apt");
    let mut files = vec![etc.join("sources.list")];
    if let Ok(entries) = fs::read_dir(etc.join("sources.list.d")) {
        files.extend(entries.flatten().map(|entry| entry.path()));
    }
    files.sort();
    let mut sources = Vec::new();
    for file in files {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let deb822 = file.extension().is_some_and(|extension| extension == "sources");
        sources.extend(if deb822 { read_deb822(&text, &codename) } else { read_lines(&text, &codename) });
    }
    Ok(sources)
}

/// The form of `*.sources`: paragraphs of `Name: value`.
fn read_deb822(text: &str, codename: &str) -> Vec<Source> {
    let paragraphs = text.split("\n\n").map(fields);
    paragraphs.filter_map(|fields| source_of(fields, codename)).collect()
}

fn fields(paragraph: &str) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in paragraph.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push('\n');
                value.push_str(line);
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    fields
}

fn source_of(mut fields: Vec<(String, String)>, codename: &str) -> Option<Source> {
    let mut take = |name: &str| {
        let position = fields.iter().position(|(field, _)| field.eq_ignore_ascii_case(name))?;
        Some(fields.remove(position).1)
    };
    let has =
        |value: Option<String>, word: &str| value.is_some_and(|value| value.split_whitespace().any(|w| w == word));
    let enabled = take("Enabled").is_none_or(|value| value != "no");
    let debian = has(take("Types"), "deb") & has(take("Suites"), codename) & has(take("Components"), "main");
    let uris = take("URIs")?;
    take("Targets");
    (enabled && debian).then_some(Source { uris, options: fields })
}

/// The form of `*.list`: `deb [option=value …] address suite component …`.
fn read_lines(text: &str, codename: &str) -> Vec<Source> {
    text.lines().filter_map(|line| read_line(line, codename)).collect()
}

fn read_line(line: &str, codename: &str) -> Option<Source> {
    let rest = line.trim().strip_prefix("deb")?;
    let rest = rest.strip_prefix([' ', '\t'])?.trim_start();
    let (bracket, rest) = match rest.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => ("", rest),
    };
    let mut words = rest.split('#').next()?.split_whitespace();
    let (uri, suite) = (words.next()?, words.next()?);
    if suite != codename || !words.any(|component| component == "main") {
        return None;
    }
    let options = bracket.split_whitespace().filter_map(|option| {
        let (name, value) = option.split_once('=')?;
        let (_, name) = OPTIONS.iter().find(|(known, _)| *known == name)?;
        Some(((*name).to_owned(), value.replace(',', " ")))
    });
    Some(Source { uris: uri.to_owned(), options: options.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEB822: &str = "\
Types: deb
# a snapshot
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/archive.gpg

Types: deb
URIs: http://mirror.example/security
Suites: bookworm-security
Components: main
";

    fn stanzas(sources: &[Source]) -> Vec<String> {
        sources.iter().map(|source| source.stanza("trixie-backports")).collect()
    }

    #[test]
    fn the_release_itself_is_taken_and_its_suite_replaced() {
        let expected = "Types: deb\nURIs: http://mirror.example/debian\nSuites: trixie-backports\nComponents: main\n\
                        Targets: Packages\nSigned-By: /usr/share/keyrings/archive.gpg\n";
        assert_eq!(stanzas(&read_deb822(DEB822, "bookworm")), [expected]);
    }

    #[test]
    fn both_forms_of_a_source_mean_the_same() {
        let lines = "# comment\ndeb-src http://mirror.example/debian bookworm main\n\
                     deb [arch=amd64 signed-by=/usr/share/keyrings/archive.gpg] http://mirror.example/debian bookworm main\n\
                     deb http://mirror.example/other sid main\n";
        assert_eq!(read_lines(lines, "bookworm"), read_deb822(DEB822, "bookworm"));
    }

    #[test]
    fn a_key_inside_the_source_keeps_its_lines() {
        let text = "Types: deb\nURIs: http://mirror.example/debian\nSuites: sid\nComponents: main\nSigned-By:\n -----BEGIN\n .\n";
        let stanza = stanzas(&read_deb822(text, "sid"));
        assert!(stanza.iter().all(|stanza| stanza.ends_with("Signed-By: \n -----BEGIN\n .\n")), "{stanza:?}");
    }

    #[test]
    fn a_disabled_source_is_left_out() {
        assert_eq!(read_deb822(&format!("Enabled: no\n{DEB822}"), "bookworm"), []);
    }
}
