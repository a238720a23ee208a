//! What a client is, by the name it sends.

/// A client's known name, and whether it connects only to see whether a server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientType {
    pub name: String,
    pub is_probe: bool,
}

/// How a name is compared.
enum Name {
    Is(&'static str),
    StartsWith(&'static str),
}

/// Names as sent (compared in lower case) and what they are; the first that fits counts.
/// Where they were seen: recorded runs of the clients themselves, else the client's own source.
const KNOWN: &[(Name, &str)] = &[
    (Name::Is("claude-code"), "Claude Code"),
    (Name::Is("claude-ai"), "Claude Desktop"),
    (Name::StartsWith("anthropic"), "claude.ai"),
    (Name::StartsWith("cursor"), "Cursor"),
    (Name::StartsWith("windsurf"), "Windsurf"),
    (Name::StartsWith("codeium"), "Windsurf"),
    (Name::StartsWith("cline"), "Cline"),
    (Name::StartsWith("visual studio code"), "VS Code"),
    (Name::StartsWith("vscode"), "VS Code"),
    (Name::StartsWith("codex"), "Codex"),
    (Name::StartsWith("gemini-cli"), "Gemini CLI"),
    (Name::Is("mcp-test-client"), "Gemini CLI"),
    (Name::StartsWith("kiro"), "Kiro"),
    (Name::StartsWith("augment"), "Augment"),
    (Name::StartsWith("zed"), "Zed"),
    (Name::StartsWith("opencode"), "OpenCode"),
    (Name::StartsWith("antigravity"), "Antigravity"),
    (Name::StartsWith("inspector"), "MCP Inspector"),
    (Name::StartsWith("mcp-inspector"), "MCP Inspector"),
    (Name::StartsWith("mcp-remote"), "mcp-remote"),
    // The SDKs' own defaults, for applications that do not name themselves.
    (Name::Is("mcp"), "Python SDK"),
    (Name::Is("rmcp"), "Rust SDK"),
];

/// Names of clients that connect only to see whether a server answers.
const PROBES: &[&str] = &["mcp-remote-fallback-test", "mcp-test-client"];

/// Names a client by `clientInfo.name`; a name that is not known stays as it is.
///
/// A bridge that says for whom it connects (`claude-ai (via mcp-remote 0.15.1)`) is named after both.
#[must_use]
pub fn client_type(name: &str) -> ClientType {
    let name = name.trim();
    if let Some((behind, bridge)) = name.strip_suffix(')').and_then(|name| name.split_once(" (via ")) {
        let bridge = bridge.split_whitespace().next().unwrap_or(bridge);
        let behind = client_type(behind);
        return ClientType { name: format!("{} (via {bridge})", behind.name), ..behind };
    }
    let lower = name.to_lowercase();
    let known = KNOWN.iter().find(|(pattern, _)| match pattern {
        Name::Is(whole) => lower == *whole,
        Name::StartsWith(start) => {
            // `zed` and `Zed-Editor` are Zed; `zedtool` is not.
            lower.strip_prefix(start).is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphabetic()))
        }
    });
    ClientType {
        name: known.map_or_else(|| name.to_owned(), |(_, known)| (*known).to_owned()),
        is_probe: PROBES.contains(&lower.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::client_type;

    #[test]
    fn known_clients_get_their_name_and_others_keep_theirs() {
        for (sent, shown) in [
            ("claude-code", "Claude Code"),
            ("Anthropic/ClaudeAI", "claude.ai"),
            ("cursor-vscode", "Cursor"),
            ("Visual Studio Code", "VS Code"),
            ("codex-mcp-client", "Codex"),
            ("Zed", "Zed"),
            ("zedtool", "zedtool"),
            ("my-app", "my-app"),
            ("claude-ai (via mcp-remote 0.15.1)", "Claude Desktop (via mcp-remote)"),
            ("my-app (via mcp-remote 0.15.1)", "my-app (via mcp-remote)"),
            ("odd (via )", "odd (via )"),
        ] {
            assert_eq!(client_type(sent).name, shown, "{sent}");
        }
    }

    #[test]
    fn probes_are_marked() {
        assert!(client_type("mcp-remote-fallback-test").is_probe);
        assert!(client_type("mcp-test-client").is_probe);
        assert!(!client_type("mcp-remote").is_probe);
    }
}
