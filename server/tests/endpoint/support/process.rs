//! The real binary as a process of its own, for what cannot be done to a server in this one.

use std::process::Stdio;

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use super::BOUND;

/// Starts it; gives it with the address of its endpoint. It is killed when it is dropped.
pub async fn started(command: &mut Command) -> (Child, String) {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut server = command.spawn().expect("it starts");
    let mut lines = BufReader::new(server.stdout.take().expect("its output")).lines();
    let listening = async {
        while let Some(line) = lines.next_line().await.expect("its output can be read") {
            if let Some(url) = line.split_whitespace().find(|word| word.ends_with("/mcp")) {
                return url.to_owned();
            }
        }
        panic!("it did not say where it listens");
    };
    let url = tokio::time::timeout(BOUND, listening).await.expect("it starts in time");
    (server, url)
}
