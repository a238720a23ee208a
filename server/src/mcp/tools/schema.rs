//! What the published schemas leave out.

use schemars::{Schema, transform::transform_subschemas};

/// Leaves out `uint64` and the like. They are no formats of JSON Schema, and the TypeScript SDK's validator writes a
/// warning to its user's terminal for each of them whenever the tools are listed; `minimum: 0` says the same.
pub(super) fn plain_integers(schema: &mut Schema) {
    let is_ours = |format: &serde_json::Value| format.as_str().is_some_and(|format| format.starts_with("uint"));
    if schema.get("format").is_some_and(is_ours) {
        schema.remove("format");
    }
    transform_subschemas(&mut plain_integers, schema);
}
