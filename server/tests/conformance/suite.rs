//! Runs the suite, a Node.js program among the end-to-end tests' packages, and reads what it found.

use std::{
    env, fmt, fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde::Deserialize;
use tempfile::TempDir;

/// The variable that names the node to run it on, set by `cargo xtask test`.
const NODE: &str = "TRACON_NODE";
/// No run takes this long; a scenario of its own accord ends after 30 s.
const BOUND: Duration = Duration::from_mins(5);

/// What the suite appends to the name of a scenario's folder, with other digits.
const TIME: &str = "-2026-01-09T14-40-00-123Z";

/// A selection of scenarios of one version of the suite.
#[derive(Clone, Copy, Debug)]
pub struct Suite {
    /// Its name in `end2end/package.json`.
    pub package: &'static str,
    pub select: [&'static str; 2],
    /// Checks that have to pass: with fewer, scenarios were skipped.
    pub least: usize,
}

/// What a run of the suite found.
#[derive(Debug)]
pub struct Score {
    passed: usize,
    failed: usize,
    warnings: usize,
    /// Which checks failed or warned, and why: a line for each.
    remarks: Vec<String>,
}

/// A check as the suite writes it down.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Check {
    id: String,
    description: String,
    status: String,
    error_message: Option<String>,
}

impl Suite {
    /// Runs it against a server and waits for its end.
    pub async fn run(&self, url: &str) -> Score {
        let results = TempDir::new().expect("a temporary directory");
        let mut child = self.start(url, results.path());
        let mut output = child.stdout.take().expect("its output is piped");
        let reading = tokio::task::spawn_blocking(move || {
            let mut text = String::new();
            output.read_to_string(&mut text).map(|_| text)
        });
        let Ok(text) = tokio::time::timeout(BOUND, reading).await else {
            let _ = child.kill();
            panic!("{self} did not end within {BOUND:?}");
        };
        let text = text.expect("the reader ends").expect("the suite prints UTF-8");
        // Its exit code leaves out what a specification does not require; the score has everything.
        child.wait().expect("the suite ends");
        Score::read(&text, results.path())
    }

    fn start(&self, url: &str, results: &Path) -> Child {
        let node =
            env::var_os(NODE).unwrap_or_else(|| panic!("{NODE} is not set: cargo xtask test --only conformance"));
        Command::new(node)
            .arg(self.folder().join("dist/index.js"))
            .args(["server", "--url", url, "--output-dir"])
            .arg(results)
            .args(self.select)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node starts")
    }

    fn folder(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../end2end/node_modules").join(self.package)
    }

    fn version(&self) -> Option<String> {
        let description = fs::read_to_string(self.folder().join("package.json")).ok()?;
        let description: serde_json::Value = serde_json::from_str(&description).ok()?;
        description["version"].as_str().map(str::to_owned)
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.version();
        write!(f, "conformance {} {}", version.as_deref().unwrap_or("of unknown version"), self.select.join(" "))
    }
}

impl Score {
    /// The summary that the suite prints last is what counts: a scenario that broke down wrote no checks.
    fn read(output: &str, results: &Path) -> Self {
        let summary = output.rsplit("=== SUMMARY ===").next().unwrap_or_default();
        let total = summary.lines().find_map(|line| {
            let (passed, rest) = line.strip_prefix("Total: ")?.split_once(" passed, ")?;
            Some((passed.parse().ok()?, rest.split_once(" failed")?.0.parse().ok()?))
        });
        let Some((passed, failed)) = total else { panic!("the suite came to no end:\n{output}") };
        let mut remarks: Vec<_> = summary.lines().filter(|line| line.starts_with('✗')).map(str::to_owned).collect();
        let mut warnings = 0;
        for (scenario, check) in checks(results) {
            let what = match &*check.status {
                "FAILURE" => "failed",
                "WARNING" => {
                    warnings += 1;
                    "warned"
                }
                _ => continue,
            };
            let why = check.error_message.unwrap_or(check.description);
            remarks.push(format!("  {what}: {scenario}: {}: {why}", check.id));
        }
        Self { passed, failed, warnings, remarks }
    }

    pub fn assert_at_least(&self, least: usize) {
        assert_eq!(self.failed, 0, "checks failed");
        assert!(self.passed >= least, "only {} checks passed, {least} should have", self.passed);
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} warnings", self.passed, self.failed, self.warnings)?;
        self.remarks.iter().try_for_each(|remark| write!(f, "\n{remark}"))
    }
}

/// Every check that was written down, with its scenario.
fn checks(results: &Path) -> Vec<(String, Check)> {
    let mut folders: Vec<_> = fs::read_dir(results).into_iter().flatten().flatten().collect();
    folders.sort_by_key(fs::DirEntry::file_name);
    let of_folder = |folder: fs::DirEntry| {
        let text = fs::read_to_string(folder.path().join("checks.json")).unwrap_or_else(|_| "[]".to_owned());
        let checks: Vec<Check> = serde_json::from_str(&text).expect("checks in the form that the suite gives them");
        let name = folder.file_name().to_string_lossy().into_owned();
        let scenario = name.strip_prefix("server-").unwrap_or(&name);
        let scenario = scenario[..scenario.len().saturating_sub(TIME.len())].to_owned();
        checks.into_iter().map(move |check| (scenario.clone(), check))
    };
    folders.into_iter().flat_map(of_folder).collect()
}
