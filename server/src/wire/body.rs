//! A look at a request's body while it streams to whoever reads it.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::Bytes;
use http::Request;
use http_body::{Frame, SizeHint};

/// What went by so far. Clones look at the same body.
///
/// The frames are kept by reference count, never copied, and only until somebody who understood the request
/// [releases](Self::release) them: a refused request can then still be named.
#[derive(Clone, Debug)]
pub struct BodyTap(Arc<Seen>);

#[derive(Debug)]
struct Seen {
    bytes: AtomicU64,
    complete: AtomicBool,
    broken: AtomicBool,
    /// `None` once released.
    frames: Mutex<Option<Vec<Bytes>>>,
}

impl Default for BodyTap {
    fn default() -> Self {
        let frames = Mutex::new(Some(Vec::new()));
        Self(Arc::new(Seen {
            bytes: AtomicU64::new(0),
            complete: AtomicBool::new(false),
            broken: AtomicBool::new(false),
            frames,
        }))
    }
}

impl BodyTap {
    /// Bytes that were read.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.0.bytes.load(Ordering::Relaxed)
    }

    /// Lets go of the frames: they are not needed once the request was understood.
    pub fn release(&self) {
        *self.frames() = None;
    }

    /// Whether the connection broke before the body's end.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.0.broken.load(Ordering::Acquire)
    }

    /// The whole body; `None` when it was not read to its end, or was released.
    #[must_use]
    pub fn contents(&self) -> Option<Vec<u8>> {
        let frames = self.frames();
        frames.as_ref().filter(|_| self.0.complete.load(Ordering::Acquire)).map(|frames| frames.concat())
    }

    fn frames(&self) -> std::sync::MutexGuard<'_, Option<Vec<Bytes>>> {
        self.0.frames.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts a [`BodyTap`] on the request's body and into its extensions.
#[must_use]
pub fn tap(request: Request<Body>) -> Request<Body> {
    let tap = BodyTap::default();
    let (mut parts, inner) = request.into_parts();
    parts.extensions.insert(tap.clone());
    Request::from_parts(parts, Body::new(TappedBody { inner, tap }))
}

#[derive(Debug)]
struct TappedBody {
    inner: Body,
    tap: BodyTap,
}

impl http_body::Body for TappedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    self.tap.0.bytes.fetch_add(data.len() as u64, Ordering::Relaxed);
                    if let Some(frames) = &mut *self.tap.frames() {
                        frames.push(data.clone());
                    }
                }
            }
            Poll::Ready(None) => self.tap.0.complete.store(true, Ordering::Release),
            Poll::Ready(Some(Err(_))) => self.tap.0.broken.store(true, Ordering::Release),
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
