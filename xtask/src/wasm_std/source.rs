//! Building the standard library from its source with the compiler that will use it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use super::TARGET;
use crate::{command::capture, progress::Progress, project::Project};

/// Builds the library in `library` (the folder `library/` of a Rust source tree), and gives the folder of the results.
pub fn build(project: &Project, library: &Path, build: &Path, progress: &Progress) -> Result<PathBuf> {
    progress.say("wasm32 standard library: building it (about 45 s on two cores)");
    let mut flags = vec!["-Zforce-unstable-if-unmarked".to_owned()];
    if let (Some(commit), Some(tree)) = (&project.rustc.commit, library.parent()) {
        // As in the official builds: panic messages name the compiler's commit, and no folder of this machine.
        flags.push(format!("--remap-path-prefix={}=/rustc/{commit}", tree.display()));
    }
    // Captured: the build warns about a crate type that wasm does not have, which is no news to anybody here.
    capture(
        project
            .cargo()
            .current_dir(library.join("sysroot"))
            // A stable compiler builds its own library only so. Nothing else is compiled with it.
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
            .args(["build", "--quiet", "--locked", "--profile", "dist", "--target", TARGET])
            .args(["--features", "panic-unwind,backtrace", "--target-dir"])
            .arg(build),
    )?;
    Ok(build.join(TARGET).join("dist").join("deps"))
}

/// Copies the built libraries to where the compiler looks for them in a sysroot.
pub fn install(built: &Path, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let mut copied = 0;
    for entry in fs::read_dir(built).with_context(|| format!("cannot read {}", built.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rlib")
            && let Some(name) = path.file_name()
        {
            fs::copy(&path, folder.join(name))?;
            copied += 1;
        }
    }
    ensure!(copied > 0, "the build left no library in {}", built.display());
    Ok(())
}
