//! Builds the server again when the client bundle or the migrations that it embeds have changed.

use std::{io, path::Path};

/// Where `cargo xtask client` puts the bundle, fixed whatever `CARGO_TARGET_DIR` says: the embedding macro in
/// `http/assets.rs` reads this place too.
const SITE: &str = "../target/site";

fn main() -> io::Result<()> {
    // Cargo reruns a build script each time when a path it named does not exist.
    if !Path::new(SITE).exists() {
        std::fs::create_dir_all(SITE)?;
    }
    println!("cargo::rerun-if-changed={SITE}");
    // `sqlx::migrate!` does not notice a new file by itself.
    println!("cargo::rerun-if-changed=../migrations");
    println!("cargo::rerun-if-changed=build.rs");
    Ok(())
}
