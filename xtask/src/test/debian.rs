//! Packages for the tests from Debian's apt: installed by root, and named to everybody else.

use std::fs;

use anyhow::{Result, ensure};

use crate::{
    command::{capture, command, find_program, run},
    progress::Progress,
};

pub fn is_debian() -> bool {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    release.lines().any(|line| line == "ID=debian") && find_program("apt-get").is_some()
}

pub fn is_root() -> bool {
    cfg!(unix) && capture(command("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// Installs the package; it takes root to do so, and the error for others says what to type.
pub fn install(package: &str, progress: &Progress) -> Result<()> {
    ensure!(is_root(), "install Debian's package: `sudo apt-get install {package}`");
    progress.say(format!("apt-get install {package}"));
    for arguments in [&["-qq", "update"][..], &["-qq", "install", "-y", package]] {
        run(command("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(arguments))?;
    }
    Ok(())
}
