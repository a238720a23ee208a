//! The JavaScript side of the bundle, made by wasm-bindgen as a library.

use std::{
    collections::BTreeMap,
    fs,
    hash::{DefaultHasher, Hasher},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::progress::Progress;

/// The files get this name: `app.js` and `app_bg.wasm`, which is what the server's pages ask for.
const NAME: &str = "app";

/// Raise it with each change to the options in [`generate`], so that bundles made with the old ones are made again.
const RECIPE: u32 = 1;

/// Files by their path below the served folder.
pub type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Makes the bundle from the compiled client, or takes the one in `work` when it came from the same input.
pub fn bundle(wasm: &Path, work: &Path, progress: &Progress) -> Result<Files> {
    let input = fs::read(wasm).with_context(|| format!("cannot read {}", wasm.display()))?;
    let fingerprint = fingerprint(&input);
    let (output, stamp) = (work.join("output"), work.join("fingerprint"));
    if fs::read_to_string(&stamp).is_ok_and(|stamp| stamp == fingerprint) {
        return read(&output);
    }

    progress.say("client: making the JavaScript bindings");
    // Without the stamp first: an interruption must not leave an old stamp beside a half-written output.
    let _ = fs::remove_dir_all(work);
    fs::create_dir_all(&output)?;
    generate(input, &output)?;
    fs::write(stamp, fingerprint)?;
    read(&output)
}

fn generate(wasm: Vec<u8>, output: &Path) -> Result<()> {
    Bindgen::new()
        .input_bytes(NAME, wasm)
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(output)
        .context("wasm-bindgen")
}

fn fingerprint(input: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(input);
    format!("{:016x} {} {RECIPE}", hasher.finish(), input.len())
}

/// All files of the folder and of those below it.
fn read(folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(below) = folders.pop() {
        for entry in fs::read_dir(folder.join(&below))? {
            let entry = entry?;
            let path = below.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else {
                files.insert(path, fs::read(entry.path())?);
            }
        }
    }
    Ok(files)
}
