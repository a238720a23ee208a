//! Trunk.toml, the one description of the client build: read here, and by Trunk itself for whoever has it.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::project::Project;

/// What the client build needs to know.
#[derive(Debug, PartialEq)]
pub struct ClientBuild {
    /// The manifest of the crate that becomes the bundle: it stands beside the target page.
    pub manifest: PathBuf,
    pub profile: String,
    pub features: Vec<String>,
    pub no_default_features: bool,
    /// The folder that the server embeds.
    pub dist: PathBuf,
}

#[derive(Deserialize)]
struct Config {
    build: Build,
}

#[derive(Deserialize)]
struct Build {
    target: PathBuf,
    dist: PathBuf,
    cargo_profile: String,
    #[serde(default)]
    features: Vec<String>,
    #[serde(default)]
    no_default_features: bool,
    #[serde(default = "trunk_hashes_unless_told")]
    filehash: bool,
}

const fn trunk_hashes_unless_told() -> bool {
    true
}

/// Reads the project's Trunk.toml.
pub fn read(project: &Project) -> Result<ClientBuild> {
    let path = project.root.join("Trunk.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut build = parse(&text, &project.root).context("Trunk.toml")?;
    // As a hook of Trunk: it gathers everything in a folder of its own, and then puts that in place of `dist`.
    if let Some(staging) = env::var_os("TRUNK_STAGING_DIR") {
        build.dist = staging.into();
    }
    Ok(build)
}

fn parse(text: &str, root: &Path) -> Result<ClientBuild> {
    let Config { build } = toml::from_str(text)?;
    // The server's pages name `app.js` and `app_bg.wasm`.
    ensure!(!build.filehash, "`build.filehash` must be false: the server asks for the files by fixed names");
    let Some(folder) = build.target.parent() else {
        bail!("`build.target` must name a page");
    };
    Ok(ClientBuild {
        manifest: root.join(folder).join("Cargo.toml"),
        profile: build.cargo_profile,
        features: build.features,
        no_default_features: build.no_default_features,
        dist: root.join(build.dist),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUNK: &str = r#"
        [build]
        target = "app/index.html"
        dist = "target/site"
        cargo_profile = "wasm-release"
        features = ["hydrate"]
        no_default_features = true
        filehash = false

        [[hooks]]
        stage = "post_build"
        command = "cargo"
    "#;

    #[test]
    fn the_crate_stands_beside_the_target_page() -> Result<()> {
        let build = parse(TRUNK, Path::new("/project"))?;
        let expected = ClientBuild {
            manifest: "/project/app/Cargo.toml".into(),
            profile: "wasm-release".to_owned(),
            features: vec!["hydrate".to_owned()],
            no_default_features: true,
            dist: "/project/target/site".into(),
        };
        assert_eq!(build, expected);
        Ok(())
    }

    #[test]
    fn hashed_file_names_are_refused() {
        let error = parse(&TRUNK.replace("filehash = false", ""), Path::new("/project"));
        assert!(error.is_err_and(|error| error.to_string().contains("filehash")));
    }

    #[test]
    fn the_projects_own_file_is_understood() -> Result<()> {
        parse(include_str!("../../Trunk.toml"), Path::new("/project"))?;
        Ok(())
    }
}
