//! JSON-RPC over HTTP, as bytes: what a message says, a look at a body as it streams by, and the answers to what is not
//! a message at all. Used by the endpoint and by the tracker, so that both read a request alike.

pub mod body;
pub mod jsonrpc;
pub mod refusal;

/// The HTTP body of every answer of the endpoint.
pub type ResponseBody = http_body_util::combinators::BoxBody<bytes::Bytes, std::convert::Infallible>;

/// An answer of the endpoint.
pub type Response = http::Response<ResponseBody>;
