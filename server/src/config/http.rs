//! Who may talk to the server: the names it is asked for by, and the pages that may ask.

use super::Invalid;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv6Addr};

/// Host and Origin checks. They stop DNS rebinding: a web page that reaches a server on the visitor's own machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// Names a request's `Host` may have: `host` for any port, `host:port` for one. IPv6 stands in brackets. Never empty.
    pub allowed_hosts: Vec<String>,
    /// Foreign origins (`scheme://host[:port]`) let in beside requests from the server's own pages.
    pub allowed_origins: Vec<String>,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            allowed_hosts: ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned).to_vec(),
            allowed_origins: Vec::new(),
        }
    }
}

impl Http {
    /// Lets the server be asked for by the address it listens on, unless that is "any".
    pub(super) fn allow_address(&mut self, address: IpAddr) {
        let host = match address {
            IpAddr::V4(v4) => v4.to_string(),
            IpAddr::V6(v6) => format!("[{v6}]"),
        };
        if !address.is_unspecified() && !self.allowed_hosts.contains(&host) {
            self.allowed_hosts.push(host);
        }
    }

    pub(super) fn validate(&self) -> Result<(), Invalid> {
        // The guard would turn everybody away.
        if self.allowed_hosts.is_empty() {
            return Err(Invalid::rule("http.allowed_hosts", "at least one host, such as localhost"));
        }
        if let Some(bad) = self.allowed_hosts.iter().find(|entry| !is_authority(entry)) {
            let rule = format!("hosts such as tracon.example.com, localhost:8051 or [::1], which {bad:?} is not");
            return Err(Invalid::rule("http.allowed_hosts", rule));
        }
        if let Some(bad) = self.allowed_origins.iter().find(|entry| !is_origin(entry)) {
            let rule = format!("origins such as https://tracon.example.com (no path), which {bad:?} is not");
            return Err(Invalid::rule("http.allowed_origins", rule));
        }
        Ok(())
    }
}

/// `scheme://host[:port]`, and nothing behind it. The schemes of editors' own pages (`vscode-webview`) count too.
fn is_origin(entry: &str) -> bool {
    entry.split_once("://").is_some_and(|(scheme, authority)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
            && is_authority(authority)
    })
}

/// `host[:port]`: a name, an IPv4 address, or an IPv6 address in brackets.
fn is_authority(entry: &str) -> bool {
    let (host_is_right, port) = match entry.strip_prefix('[').map(|inner| inner.split_once(']')) {
        Some(Some((address, rest))) => (address.parse::<Ipv6Addr>().is_ok(), rest),
        Some(None) => (false, ""),
        None => {
            let end = entry.find(':').unwrap_or(entry.len());
            let (host, port) = entry.split_at(end);
            let is_name = |letter: char| letter.is_ascii_alphanumeric() || "-._".contains(letter);
            (!host.is_empty() && host.chars().all(is_name), port)
        }
    };
    host_is_right && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
}

fn is_port(text: &str) -> bool {
    text.chars().all(|digit| digit.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port != 0)
}
