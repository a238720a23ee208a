//! The wasm32 standard library: rustup's, or one that was built here before, or a new one.
//!
//! The order is from cheap to dear. The last step exists for machines where rustup cannot reach its server, CI among them;
//! it builds into the target folder and never changes the toolchain that rustup installed.

mod debian;
mod source;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    command::{capture, command, find_program, run},
    progress::Progress,
    project::Project,
};

pub const TARGET: &str = "wasm32-unknown-unknown";

/// Where the compiler finds the standard library for the client.
#[derive(Debug, PartialEq)]
pub enum WasmStd {
    /// In the toolchain itself: nothing to say.
    Toolchain,
    /// In a folder of our own, which the compiler must be told.
    Sysroot(PathBuf),
}

/// How to get the standard library, decided before anything is done.
#[derive(Debug, PartialEq)]
enum Plan {
    Use(WasmStd),
    Make { ask_rustup: bool },
}

impl WasmStd {
    /// Finds the standard library, and otherwise makes one. Sets up nothing when it is there.
    pub fn ensure(project: &Project, progress: &Progress) -> Result<Self> {
        let toolchain = toolchain_folder(project)?;
        let sysroot = project.target.join("wasm-sysroot").join(&project.rustc.release);
        let source_only = env::var_os("WASM_STD").is_some_and(|value| value == "source");
        let ask_rustup = !source_only && find_program("rustup").is_some();

        match plan(holds_std(&toolchain), holds_std(&library_folder(&sysroot)), &sysroot, ask_rustup) {
            Plan::Use(found) => return Ok(found),
            Plan::Make { ask_rustup: true } => {
                progress.say(format!("wasm32 standard library: rustup target add {TARGET}"));
                let added = run(command("rustup").args(["target", "add", TARGET]));
                if added.is_ok() && holds_std(&toolchain) {
                    return Ok(Self::Toolchain);
                }
                progress.say("rustup could not add it; building it from source instead");
            }
            Plan::Make { ask_rustup: false } => {}
        }

        build_from_source(project, progress, &sysroot).with_context(|| {
            let first = if find_program("rustup").is_some() { "" } else { "install rustup and " };
            format!(
                "the wasm32 standard library is missing: {first}run `rustup target add {TARGET}`; building it failed"
            )
        })?;
        Ok(Self::Sysroot(sysroot))
    }

    /// Tells a cargo command where the standard library is.
    pub fn apply(&self, cargo: &mut Command) {
        if let Self::Sysroot(sysroot) = self {
            let (name, value) = flags(sysroot, |name| env::var(name).ok());
            cargo.env(name, value);
        }
    }
}

fn plan(in_toolchain: bool, in_sysroot: bool, sysroot: &Path, ask_rustup: bool) -> Plan {
    if in_toolchain {
        Plan::Use(WasmStd::Toolchain)
    } else if in_sysroot {
        Plan::Use(WasmStd::Sysroot(sysroot.to_owned()))
    } else {
        Plan::Make { ask_rustup }
    }
}

/// The variable that carries `--sysroot` to the compiler. Cargo reads only the first of these that is set, so the flag is
/// added to what the user has, and what `.cargo/config.toml` has is said again. A sysroot that the user names already stays: the
/// compiler takes only one.
fn flags(sysroot: &Path, read: impl Fn(&str) -> Option<String>) -> (&'static str, String) {
    const OWN: &str = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS";
    let sysroot = format!("--sysroot={}", sysroot.display());
    let flags = |separator| [&*sysroot, "--cfg", "erase_components"].join(separator);
    for (name, separator) in [("CARGO_ENCODED_RUSTFLAGS", "\x1f"), ("RUSTFLAGS", " "), (OWN, " ")] {
        match read(name) {
            Some(given) if given.contains("--sysroot") => return (name, given),
            Some(given) if !given.is_empty() => return (name, format!("{given}{separator}{}", flags(separator))),
            Some(_) => return (name, flags(separator)),
            None => {}
        }
    }
    (OWN, flags(" "))
}

fn build_from_source(project: &Project, progress: &Progress, sysroot: &Path) -> Result<()> {
    // Two of these at once, and a half-built folder left by an interrupted one, must not be mistaken for the library: each
    // works in a folder of its own and moves the result at the end.
    let work = sysroot.with_extension(format!("partial-{}", std::process::id()));
    let result = (|| {
        fs::create_dir_all(&work)?;
        let library = debian::fetch_library(&project.rustc.release, &work, progress)?;
        let built = source::build(project, &library, &work.join("build"), progress)?;
        let staged = work.join("sysroot");
        source::install(&built, &library_folder(&staged))?;
        // Loses against another process that was faster, and then its library is there: as good.
        if let Err(error) = fs::rename(&staged, sysroot)
            && !holds_std(&library_folder(sysroot))
        {
            bail!("cannot move it to {}: {error}", sysroot.display());
        }
        Ok(())
    })();
    // What remains in there is of no use, also after a failure; that it cannot be removed is no failure.
    let _ = fs::remove_dir_all(&work);
    result
}

fn toolchain_folder(project: &Project) -> Result<PathBuf> {
    let printed = capture(project.rustc.command().args(["--print", "target-libdir", "--target", TARGET]))?;
    Ok(printed.trim().into())
}

fn library_folder(sysroot: &Path) -> PathBuf {
    sysroot.join("lib").join("rustlib").join(TARGET).join("lib")
}

fn holds_std(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| {
        entries.any(|entry| entry.is_ok_and(|entry| entry.file_name().to_str().is_some_and(is_std)))
    })
}

/// `libstd-<hash>.rlib` in rustup's toolchains, `libstd.rlib` from our own build; and not `libstd_detect-<hash>.rlib`.
fn is_std(file: &str) -> bool {
    let middle = file.strip_prefix("libstd").and_then(|rest| rest.strip_suffix(".rlib"));
    middle.is_some_and(|middle| middle.is_empty() || middle.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYSROOT: &str = "/project/target/wasm-sysroot/1.95.0";
    const FLAG: &str = "--sysroot=/project/target/wasm-sysroot/1.95.0 --cfg erase_components";

    fn flags_with(name: &str, value: &str) -> (&'static str, String) {
        flags(Path::new(SYSROOT), |asked| (asked == name).then(|| value.to_owned()))
    }

    #[test]
    fn the_toolchains_own_library_comes_first() {
        assert_eq!(plan(true, true, Path::new(SYSROOT), true), Plan::Use(WasmStd::Toolchain));
    }

    #[test]
    fn a_library_built_before_spares_asking_rustup() {
        assert_eq!(plan(false, true, Path::new(SYSROOT), true), Plan::Use(WasmStd::Sysroot(SYSROOT.into())));
    }

    #[test]
    fn without_any_library_one_is_made() {
        assert_eq!(plan(false, false, Path::new(SYSROOT), false), Plan::Make { ask_rustup: false });
    }

    #[test]
    fn the_library_is_known_by_its_file_with_or_without_a_hash() {
        assert!(is_std("libstd-99784f9b69bfde05.rlib"));
        assert!(is_std("libstd.rlib"));
        assert!(!is_std("libstd_detect-7c31875949b90664.rlib"));
        assert!(!is_std("libstd-99784f9b69bfde05.so"));
    }

    #[test]
    fn the_flag_goes_where_no_other_variable_hides_it() {
        let own = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS";
        assert_eq!(flags_with("UNRELATED", "x"), (own, FLAG.to_owned()));
        assert_eq!(flags_with(own, "-g"), (own, format!("-g {FLAG}")));
        assert_eq!(flags_with("RUSTFLAGS", "-g"), ("RUSTFLAGS", format!("-g {FLAG}")));
        assert_eq!(flags_with("RUSTFLAGS", ""), ("RUSTFLAGS", FLAG.to_owned()));
        assert_eq!(flags_with(own, "--sysroot=/other"), (own, "--sysroot=/other".to_owned()));
        assert_eq!(
            flags_with("CARGO_ENCODED_RUSTFLAGS", "-C\x1flto"),
            ("CARGO_ENCODED_RUSTFLAGS", format!("-C\x1flto\x1f{}", FLAG.replace(' ', "\x1f")))
        );
    }
}
