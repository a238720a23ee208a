//! A load balancer that gives each request to the next server, whoever sends it.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Router, body::Body, extract::State, response::IntoResponse};
use http::{Request, Response, StatusCode, header};
use reqwest::Client;
use tokio::{net::TcpListener, task::AbortHandle};

#[derive(Debug)]
pub struct Balancer {
    /// Of the endpoint behind it.
    pub url: String,
    servers: Arc<Servers>,
    task: AbortHandle,
}

#[derive(Debug)]
struct Servers {
    client: Client,
    urls: Mutex<[String; 2]>,
    next: AtomicUsize,
    served: [AtomicUsize; 2],
}

impl Balancer {
    pub async fn start(urls: [String; 2]) -> Self {
        let servers = Arc::new(Servers {
            client: Client::new(),
            urls: Mutex::new(urls),
            next: 0.into(),
            served: Default::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
        let app = Router::new().fallback(pass_on).with_state(Arc::clone(&servers));
        let task = tokio::spawn(async { axum::serve(listener, app).await.expect("it serves") }).abort_handle();
        Self { url, servers, task }
    }

    /// A server was started again, at another address.
    pub fn replace(&self, server: usize, url: String) {
        self.servers.urls.lock().expect("nobody panicked")[server] = url;
    }

    /// How many requests that server has answered.
    pub fn served(&self, server: usize) -> usize {
        self.servers.served[server].load(Ordering::Acquire)
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass_on(State(servers): State<Arc<Servers>>, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.expect("a small body");
    let turn = servers.next.fetch_add(1, Ordering::AcqRel);
    for server in [turn % 2, (turn + 1) % 2] {
        let url = format!("{}{}", servers.urls.lock().expect("nobody panicked")[server], head.uri);
        let mut headers = head.headers.clone();
        headers.remove(header::HOST);
        let sent = servers.client.request(head.method.clone(), url).headers(headers).body(body.clone()).send().await;
        match sent {
            Ok(answer) => {
                servers.served[server].fetch_add(1, Ordering::AcqRel);
                let mut response = Response::new(());
                *response.status_mut() = answer.status();
                *response.headers_mut() = answer.headers().clone();
                return response.map(|()| Body::from_stream(answer.bytes_stream()));
            }
            // Nothing was sent: another one may take it.
            Err(error) if error.is_connect() => {}
            // What became of it nobody knows: it is not sent twice.
            Err(_) => break,
        }
    }
    StatusCode::BAD_GATEWAY.into_response()
}
