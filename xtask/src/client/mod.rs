//! The client: the wasm bundle and the style sheet, with their Brotli forms, in the folder that the server embeds.

mod bindgen;
mod site;
mod styles;

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::{
    command::run,
    progress::Progress,
    project::Project,
    trunk::{self, ClientBuild},
    wasm_std::{TARGET, WasmStd},
};

/// The folder of the dist folder whose files the server gives out, under the same name in the URL.
const FOLDER: &str = "pkg";

/// Builds what changed since the last time. Files with unchanged content are not touched, so that the server, which embeds
/// them, is not built again for nothing.
pub fn execute(project: &Project, progress: &Progress) -> Result<()> {
    let build = trunk::read(project)?;
    let wasm = compile(project, progress, &build)?;
    let mut files = bindgen::bundle(&wasm, &project.target.join("xtask").join("bindgen"), progress)?;
    files.insert("style.css".into(), styles::gather(&project.root.join("style"))?.into_bytes());
    let summary = site::publish(&files, &build.dist.join(FOLDER), progress)?;
    progress.say(format!("client: {summary}"));
    Ok(())
}

/// Compiles the client crate to wasm; gives the file.
fn compile(project: &Project, progress: &Progress, build: &ClientBuild) -> Result<PathBuf> {
    let wasm_std = WasmStd::ensure(project, progress)?;
    let package = package(build)?;
    let mut cargo = project.cargo();
    cargo.args(["build", "--package", &package.name, "--lib", "--target", TARGET]);
    cargo.args(["--profile", &build.profile, "--features", &build.features.join(",")]);
    if build.no_default_features {
        cargo.arg("--no-default-features");
    }
    wasm_std.apply(&mut cargo);
    progress.say(format!("client: compiling {} to wasm", package.name));
    run(&mut cargo)?;
    let file = format!("{}.wasm", package.name.replace('-', "_"));
    Ok(project.target.join(TARGET).join(&build.profile).join(file))
}

#[derive(Deserialize)]
struct Manifest {
    package: Package,
}

#[derive(Deserialize)]
struct Package {
    name: String,
}

fn package(build: &ClientBuild) -> Result<Package> {
    let text = std::fs::read_to_string(&build.manifest)
        .with_context(|| format!("Trunk.toml's target page has no crate beside it: {}", build.manifest.display()))?;
    let manifest: Manifest = toml::from_str(&text).with_context(|| format!("{}", build.manifest.display()))?;
    Ok(manifest.package)
}
