//! The wrapper delegates every method of rmcp's `ServerHandler`: a forgotten one would silently become the default.

use std::collections::BTreeSet;

/// Names of the functions in a piece of Rust source, by the words in front of them.
fn functions(source: &str, starts: &[&str]) -> BTreeSet<String> {
    source
        .lines()
        .filter_map(|line| {
            let line = line.trim_start();
            let rest = starts.iter().find_map(|start| line.strip_prefix(start))?;
            let end = rest.find(|letter: char| letter != '_' && !letter.is_alphanumeric())?;
            (rest[end..].starts_with('(') && end > 0).then(|| rest[..end].to_owned())
        })
        .collect()
}

/// What rmcp's own wrappers (`Arc<T>`, `Box<T>`) delegate is what there is; the source that was compiled says so.
#[test]
fn every_method_of_the_trait_is_delegated() {
    let rmcp = rmcp_source();
    let start = rmcp.find("macro_rules! server_handler_methods").expect("rmcp's trait");
    let end = rmcp[start..].find("pub trait ServerHandler").expect("its end") + start;
    // Only the methods themselves stand eight spaces deep; the doc comments' examples begin with `///`.
    let of_trait: String = rmcp[start..end]
        .lines()
        .filter(|line| line.starts_with("        fn "))
        .fold(String::new(), |all, line| all + line + "\n");
    let of_trait = functions(&of_trait, &["fn "]);
    assert!(of_trait.len() >= 30, "rmcp's trait was read: {of_trait:?}");

    let wrapper = include_str!("../../src/tracking/handler.rs");
    let start = wrapper.find("impl<H: ServerHandler> ServerHandler for TrackedHandler<H>").expect("the wrapper");
    let delegated = functions(&wrapper[start..], &["async fn ", "fn ", ""]);
    let forgotten: Vec<_> = of_trait.difference(&delegated).collect();
    assert!(forgotten.is_empty(), "rmcp's ServerHandler has methods that the wrapper does not delegate: {forgotten:?}");
}

fn rmcp_source() -> String {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output = std::process::Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo metadata runs");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    let manifest = metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .find(|package| package["name"] == "rmcp")
        .and_then(|package| package["manifest_path"].as_str())
        .expect("rmcp is a dependency");
    let source = std::path::Path::new(manifest).with_file_name("src").join("handler/server.rs");
    std::fs::read_to_string(source).expect("rmcp's source can be read")
}
