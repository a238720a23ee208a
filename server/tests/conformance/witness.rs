//! Stands between the suite and the server, hands on every byte as it is, and notes what the suite sent: so that what was
//! recorded can be held against something that the recorder had no part in.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What one connection sent.
type Sent = Arc<Mutex<Vec<u8>>>;

pub struct Witness {
    /// Where the suite finds the server.
    pub address: SocketAddr,
    connections: Arc<Mutex<Vec<Sent>>>,
}

/// An HTTP request, as far as it can be told from its bytes.
#[derive(Debug)]
pub struct Seen {
    /// Whom it asks for: its `Host` header.
    pub host: String,
    /// Its body; `Null` where that is no JSON.
    pub message: Value,
}

impl Witness {
    pub async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let connections = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let sent = Sent::default();
                noted.lock().expect("nobody panicked").push(Arc::clone(&sent));
                tokio::spawn(relay(client, server, sent));
            }
        });
        Self { address, connections }
    }

    /// Every request so far.
    pub fn seen(&self) -> Vec<Seen> {
        let connections = self.connections.lock().expect("nobody panicked");
        connections.iter().flat_map(|sent| requests(&sent.lock().expect("nobody panicked"))).collect()
    }
}

/// Hands on both directions until one side has gone, and then closes both: a client that goes is to be noticed.
async fn relay(client: TcpStream, server: SocketAddr, sent: Sent) {
    let server = TcpStream::connect(server).await.expect("the server listens");
    for stream in [&client, &server] {
        stream.set_nodelay(true).expect("an open connection");
    }
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let asking = async {
        let mut bytes = vec![0; 16 << 10];
        while let Ok(count @ 1..) = from_client.read(&mut bytes).await {
            sent.lock().expect("nobody panicked").extend_from_slice(&bytes[..count]);
            if to_server.write_all(&bytes[..count]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = asking => {}
        _ = tokio::io::copy(&mut from_server, &mut to_client) => {}
    }
}

/// The requests that one connection sent, one after the other.
fn requests(mut bytes: &[u8]) -> Vec<Seen> {
    let mut requests = Vec::new();
    while let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        let header = |name: &str| head.lines().find_map(|line| Some(line.strip_prefix(name)?.trim()));
        assert_eq!(header("transfer-encoding:"), None, "the suite gives the length of what it sends");
        let length = header("content-length:").map_or(0, |length| length.parse().expect("a number"));
        let rest = &bytes[end + 4..];
        let (body, next) = rest.split_at(rest.len().min(length));
        let message = serde_json::from_slice(body).unwrap_or(Value::Null);
        requests.push(Seen { host: header("host:").unwrap_or_default().to_owned(), message });
        bytes = next;
    }
    requests
}

#[test]
fn requests_are_told_apart() {
    let sent = "POST /mcp HTTP/1.1\r\nHost: one\r\nContent-Length: 2\r\n\r\n{}GET /mcp HTTP/1.1\r\nhost: two\r\n\r\n";
    let seen = requests(sent.as_bytes());
    assert_eq!(seen.iter().map(|seen| &*seen.host).collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!(seen.iter().map(|seen| seen.message.is_null()).collect::<Vec<_>>(), [false, true]);
}
