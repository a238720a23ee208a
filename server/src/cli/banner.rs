//! What the server says once it listens: where to look, and how to connect.

use crate::config::Config;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A server that listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listening {
    /// The dashboard's URL with its trailing slash, reachable from this machine.
    pub url: String,
    /// The database's URL, passwords hidden.
    pub database: String,
}

impl Listening {
    /// `address` is the one that was bound, with the port that port 0 became.
    pub fn new(address: SocketAddr, config: &Config) -> Self {
        // "Any address" is nowhere to go to; the loopback is one of them. A scope (`%1`) has no place in a URL.
        let ip = match address.ip() {
            IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        let reachable = SocketAddr::new(ip, address.port());
        Self { url: format!("http://{reachable}/"), database: config.effective_database_url().to_string() }
    }
}

/// A few lines of plain text, ending in a line break.
pub fn banner(listening: &Listening) -> String {
    let Listening { url, database } = listening;
    let version = env!("CARGO_PKG_VERSION");
    let mcp = format!("{url}mcp");
    // zsh takes the brackets of an IPv6 address for a pattern.
    let pasted = if mcp.contains('[') { format!("'{mcp}'") } else { mcp.clone() };
    format!(
        "Tracon {version}\n\
         \x20 Dashboard    {url}\n\
         \x20 MCP          {mcp}\n\
         \x20 Database     {database}\n\
         \x20 Claude Code  claude mcp add --transport http tracon {pasted}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(address: impl Into<SocketAddr>) -> String {
        banner(&Listening::new(address.into(), &Config::default()))
    }

    #[test]
    fn the_banner_says_where_to_look_and_how_to_connect() {
        let version = env!("CARGO_PKG_VERSION");
        insta::assert_snapshot!(shown(([127, 0, 0, 1], 8051)).replace(version, "<version>"), @r"
        Tracon <version>
          Dashboard    http://127.0.0.1:8051/
          MCP          http://127.0.0.1:8051/mcp
          Database     sqlite:./data/tracon.db
          Claude Code  claude mcp add --transport http tracon http://127.0.0.1:8051/mcp
        ");
    }

    #[test]
    fn any_address_is_shown_as_the_loopback() {
        assert!(shown(([0, 0, 0, 0], 80)).contains(" http://127.0.0.1:80/\n"));
        assert!(shown(([0_u16; 8], 80)).contains(" http://[::1]:80/\n"));
    }

    #[test]
    fn an_ipv6_address_is_quoted_where_it_is_pasted() {
        assert!(shown(([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], 80)).contains(" tracon 'http://[2001:db8::1]:80/mcp'\n"));
    }

    #[test]
    fn the_password_of_the_database_is_hidden() {
        let config = Config { database_url: Some("sqlite:x.db?password=hunter2".into()), ..Config::default() };
        let text = banner(&Listening::new(config.bind, &config));
        assert!(text.contains("sqlite:x.db?password=***") && !text.contains("hunter2"));
    }
}
