//! Writing the served folder: each file and its Brotli form beside it, only where the content changed.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use brotli::enc::BrotliEncoderParams;

use super::bindgen::Files;
use crate::progress::Progress;

/// What stands in the folder now, and how much of it is new.
#[derive(Debug, Default, PartialEq)]
pub struct Summary {
    files: usize,
    changed: usize,
    /// Bytes on the wire for a browser that takes Brotli.
    compressed: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { files, changed, compressed } = self;
        write!(f, "{files} files, {changed} of them changed, {} KB as Brotli", compressed.div_ceil(1000))
    }
}

/// Makes the folder hold exactly these files and their Brotli forms.
pub fn publish(files: &Files, folder: &Path, progress: &Progress) -> Result<Summary> {
    let mut summary = Summary { files: files.len(), ..Summary::default() };
    for (name, content) in files {
        let path = folder.join(name);
        let beside = brotli_name(&path);
        // What unpacks to the content is its Brotli form: no stamp to go stale.
        let present = fs::read(&beside).ok().filter(|packed| unpack(packed).is_some_and(|it| it == *content));
        let compressed = if let Some(packed) = present {
            packed
        } else {
            progress.say(format!("client: compressing {} ({} KB)", name.display(), content.len().div_ceil(1000)));
            pack(content)?
        };
        summary.compressed += compressed.len();
        summary.changed += usize::from(write_if_changed(&path, content)?);
        write_if_changed(&beside, &compressed)?;
    }
    remove_others(folder, folder, files)?;
    Ok(summary)
}

/// True where it wrote.
fn write_if_changed(path: &Path, content: &[u8]) -> Result<bool> {
    if fs::read(path).is_ok_and(|present| present == content) {
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(true)
}

/// `app.js` gives `app.js.br`.
fn brotli_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".br");
    name.into()
}

fn remove_others(folder: &Path, root: &Path, files: &Files) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            remove_others(&path, root, files)?;
            continue;
        }
        let original =
            if path.extension().is_some_and(|it| it == "br") { path.with_extension("") } else { path.clone() };
        if original.strip_prefix(root).is_ok_and(|name| !files.contains_key(name)) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn pack(content: &[u8]) -> Result<Vec<u8>> {
    let parameters = BrotliEncoderParams { quality: 11, lgwin: 22, size_hint: content.len(), ..Default::default() };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &*content, &mut packed, &parameters)?;
    Ok(packed)
}

fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    brotli::BrotliDecompress(&mut &*packed, &mut content).ok()?;
    Some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder for one test, removed at its end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            Self(std::env::temp_dir().join(format!("xtask-site-{name}-{}", std::process::id())))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn files(list: &[(&str, &str)]) -> Files {
        list.iter().map(|(name, content)| (name.into(), content.as_bytes().to_vec())).collect()
    }

    #[test]
    fn each_file_gets_its_brotli_form_beside_it() -> Result<()> {
        let folder = Folder::new("beside");
        publish(&files(&[("style.css", "a{}")]), &folder.0, &Progress::start())?;
        assert_eq!(fs::read(folder.0.join("style.css"))?, b"a{}");
        assert_eq!(unpack(&fs::read(folder.0.join("style.css.br"))?).as_deref(), Some(&b"a{}"[..]));
        Ok(())
    }

    #[test]
    fn what_did_not_change_is_not_written_again() -> Result<()> {
        let folder = Folder::new("unchanged");
        let progress = Progress::start();
        publish(&files(&[("app.js", "1"), ("style.css", "a{}")]), &folder.0, &progress)?;
        let written = |name: &str| fs::metadata(folder.0.join(name))?.modified();
        let before = [written("app.js")?, written("app.js.br")?];
        let summary = publish(&files(&[("app.js", "1"), ("style.css", "b{}")]), &folder.0, &progress)?;
        assert_eq!(summary.changed, 1);
        assert_eq!([written("app.js")?, written("app.js.br")?], before);
        Ok(())
    }

    #[test]
    fn a_file_that_is_no_longer_made_disappears_in_both_forms() -> Result<()> {
        let folder = Folder::new("gone");
        let progress = Progress::start();
        publish(&files(&[("app.js", "1"), ("snippets/old.js", "2")]), &folder.0, &progress)?;
        publish(&files(&[("app.js", "1")]), &folder.0, &progress)?;
        assert!(!folder.0.join("snippets/old.js").exists());
        assert!(!folder.0.join("snippets/old.js.br").exists());
        assert!(folder.0.join("app.js.br").exists());
        Ok(())
    }
}
