//! Chromium for the browser tests: the system's, since Playwright's own download is not available everywhere.

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Result, anyhow, bail, ensure};

use super::debian;
use crate::{command::find_program, progress::Progress};

/// The variable that names the browser, for this program and for the tests.
pub const VARIABLE: &str = "TRACON_CHROMIUM";

const DEBIANS: &str = "/usr/bin/chromium";
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// The browser that `TRACON_CHROMIUM` names, or the system's, or else Debian's package, installed now.
pub fn ensure(progress: &Progress) -> Result<PathBuf> {
    if let Some(named) = env::var_os(VARIABLE) {
        let named = PathBuf::from(named);
        ensure!(named.is_file(), "{VARIABLE} names {}, which does not exist", named.display());
        return Ok(named);
    }
    let debians = Path::new(DEBIANS);
    if debians.is_file() {
        return Ok(debians.to_owned());
    }
    if let Some(found) = NAMES.iter().find_map(|name| find_program(name)) {
        return Ok(found);
    }
    if !debian::is_debian() {
        bail!("install Chromium or Chrome, or set {VARIABLE} to its path");
    }
    debian::install("chromium", progress)?;
    debians.is_file().then(|| debians.to_owned()).ok_or_else(|| anyhow!("Debian's chromium brought no {DEBIANS}"))
}
