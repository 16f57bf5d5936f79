//! Sockets for the simulators: HTTP/1.1 on loopback, one listener a service so that their origins differ.
//!
//! Knows requests and replies, and nothing of services or faults: those decide through [`Exchanges`].

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::header::{HeaderName, HeaderValue};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::body::Body as RequestBody;
use super::{Request, Response};
use crate::model::digest::Hasher;

/// The largest request body that is kept, in bytes; more is answered with 413.
const BODY_LIMIT_BYTES: u64 = 1 << 30;

/// The same for a body that only passes.
const PASSING_LIMIT_BYTES: u64 = 4 << 30;

/// Decides what becomes of a request that reached the listener with this number. Called on a thread that may block.
pub(super) trait Exchanges: Send + Sync + 'static {
    /// Whether the bytes that are sent to this path are of use; else their size and their digest are.
    fn keeps_body(&self, listener: usize, path: &str) -> bool;

    /// Takes a whole request.
    fn exchange(&self, listener: usize, request: Request) -> Reply;
}

/// What goes back over the socket.
#[derive(Debug)]
pub(super) enum Reply {
    /// The answer, at once.
    Now(Response),
    /// The answer, with one pause before it and one in the middle of its body.
    Slow(Response, Duration),
    /// The answer, with a pause between any two bytes of its body.
    Trickle(Response, Duration),
    /// Nothing: the connection is closed.
    HangUp,
}

/// Listeners on a thread of their own; dropping it closes them and every connection.
pub(super) struct Server {
    addresses: Vec<SocketAddr>,
    stop: watch::Sender<()>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    /// Opens `count` listeners on loopback, with ports of the system's choice.
    ///
    /// # Errors
    /// When no port or no thread is to be had.
    pub(super) fn bind(count: usize) -> io::Result<Bound> {
        let listeners = (0..count)
            .map(|_| {
                let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
                listener.set_nonblocking(true)?;
                Ok(listener)
            })
            .collect::<io::Result<Vec<_>>>()?;
        let addresses =
            listeners.iter().map(std::net::TcpListener::local_addr).collect::<io::Result<Vec<_>>>()?;
        Ok(Bound { listeners, addresses })
    }
}

/// Listeners with addresses, not yet served: services can be told each other's origins first.
pub(super) struct Bound {
    listeners: Vec<std::net::TcpListener>,
    addresses: Vec<SocketAddr>,
}

impl Bound {
    /// The origin of each listener, such as `http://127.0.0.1:4711`.
    pub(super) fn origins(&self) -> Vec<String> {
        self.addresses.iter().map(|address| format!("http://{address}")).collect()
    }

    /// Begins to serve; every request is on its way for `distance`.
    ///
    /// # Errors
    /// When the thread or its runtime cannot be made.
    pub(super) fn serve(self, exchanges: Arc<dyn Exchanges>, distance: Duration) -> io::Result<Server> {
        let Self { listeners, addresses } = self;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = watch::channel(());
        let thread = std::thread::Builder::new().name("simulators".into()).spawn(move || {
            runtime.block_on(listen(listeners, Served { exchanges, distance }, stopped));
            // A service that is still at work keeps its thread and is not waited for.
            runtime.shutdown_background();
        })?;
        Ok(Server { addresses, stop, thread: Some(thread) })
    }
}

/// What all connections share.
#[derive(Clone)]
struct Served {
    exchanges: Arc<dyn Exchanges>,
    distance: Duration,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nobody listens any more when the thread has ended by itself.
        let _nobody = self.stop.send(());
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

async fn listen(listeners: Vec<std::net::TcpListener>, served: Served, mut stopped: watch::Receiver<()>) {
    let mut accepting = tokio::task::JoinSet::new();
    for (number, listener) in listeners.into_iter().enumerate() {
        let listener = TcpListener::from_std(listener).expect("the listener is non-blocking");
        accepting.spawn(accept(number, listener, served.clone()));
    }
    // An error means that the sender is gone, which says the same.
    let _gone = stopped.changed().await;
}

async fn accept(number: usize, listener: TcpListener, served: Served) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(number, stream, served.clone()));
                }
                // Such as a client that went away before it was accepted, or too many open files.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_ended) = connections.join_next() => {}
        }
    }
}

async fn connection(number: usize, stream: TcpStream, served: Served) {
    // Without effect on correctness: small replies leave at once.
    let _unsupported = stream.set_nodelay(true);
    let service = hyper::service::service_fn(move |request| {
        let served = served.clone();
        async move { answer(number, request, served).await }
    });
    // The clock of the simulators is not the machine's, so the `Date` header is left to the world.
    // A client that goes away, or a hang-up of ours, ends a connection with an error; both are wanted.
    let _ended = hyper::server::conn::http1::Builder::new()
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// Says to hyper: close the connection, send nothing.
#[derive(Debug, thiserror::Error)]
#[error("the connection is closed without a reply")]
struct HangUp;

async fn answer(
    number: usize,
    request: hyper::Request<Incoming>,
    served: Served,
) -> Result<hyper::Response<PausedBody>, HangUp> {
    let Served { exchanges, distance } = served;
    let keeps = exchanges.keeps_body(number, request.uri().path());
    let request = match whole(request, keeps).await {
        Ok(request) => request,
        Err(Broken::TooLarge) => {
            let refusal = Response::of(413, "text/plain; charset=utf-8", "413 Payload Too Large");
            return Ok(wire(refusal.with("connection", "close"), None));
        }
        Err(Broken::Unreadable) => return Err(HangUp),
    };
    if !distance.is_zero() {
        tokio::time::sleep(distance).await;
    }
    let reply = tokio::task::spawn_blocking(move || exchanges.exchange(number, request))
        .await
        .map_err(|_panicked| HangUp)?;
    match reply {
        Reply::Now(response) => Ok(wire(response, None)),
        Reply::Slow(response, pause) => {
            tokio::time::sleep(pause).await;
            let piece_bytes = response.body.len().div_ceil(2);
            Ok(wire(response, Some(Pauses::between(piece_bytes, pause))))
        }
        Reply::Trickle(response, pause) => Ok(wire(response, Some(Pauses::between(1, pause)))),
        Reply::HangUp => Err(HangUp),
    }
}

/// Why there is no whole request.
enum Broken {
    TooLarge,
    Unreadable,
}

async fn whole(request: hyper::Request<Incoming>, keeps: bool) -> Result<Request, Broken> {
    let (head, mut incoming) = request.into_parts();
    let (mut kept, mut passed) = (BytesMut::new(), Hasher::new());
    let (mut size_bytes, limit) = (0, if keeps { BODY_LIMIT_BYTES } else { PASSING_LIMIT_BYTES });
    while let Some(frame) = incoming.frame().await {
        // A body that breaks off is never handed to a service: no server acts on half an upload.
        let Ok(data) = frame.map_err(|_broken_off| Broken::Unreadable)?.into_data() else { continue };
        size_bytes += data.len() as u64;
        if size_bytes > limit {
            return Err(Broken::TooLarge);
        }
        if keeps {
            kept.extend_from_slice(&data);
        } else {
            passed.update(&data);
        }
    }
    Ok(Request {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect(),
        body: if keeps { kept.freeze().into() } else { RequestBody::passed(passed.finish()) },
    })
}

fn wire(response: Response, pauses: Option<Pauses>) -> hyper::Response<PausedBody> {
    let Response { status, reason, headers, body, breaks_off } = response;
    let mut built = hyper::Response::new(PausedBody::new(body, pauses, breaks_off));
    *built.status_mut() =
        hyper::StatusCode::from_u16(status).expect("services answer with real status codes");
    if let Some(reason) = reason.and_then(|text| hyper::ext::ReasonPhrase::try_from(text.into_bytes()).ok()) {
        built.extensions_mut().insert(reason);
    }
    for (name, value) in headers {
        let name = HeaderName::try_from(name).expect("services answer with real header names");
        let value = HeaderValue::try_from(value).expect("services answer with real header values");
        built.headers_mut().append(name, value);
    }
    built
}

/// A body that may pause between its pieces, or end in its middle.
struct PausedBody {
    rest: Bytes,
    pauses: Option<Pauses>,
    /// How much is left when it breaks off.
    breaks_off_at: Option<usize>,
}

struct Pauses {
    piece_bytes: usize,
    duration: Duration,
    sleep: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl Pauses {
    fn between(piece_bytes: usize, duration: Duration) -> Self {
        Self { piece_bytes, duration, sleep: None }
    }
}

impl PausedBody {
    fn new(body: Bytes, pauses: Option<Pauses>, breaks_off: bool) -> Self {
        let breaks_off_at = breaks_off.then_some(body.len() / 2);
        Self { rest: body, pauses, breaks_off_at }
    }
}

impl Body for PausedBody {
    type Data = Bytes;
    type Error = HangUp;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HangUp>>> {
        let this = &mut *self;
        if let Some(pauses) = &mut this.pauses {
            if pauses.sleep.as_mut().is_some_and(|sleep| sleep.as_mut().poll(context).is_pending()) {
                return Poll::Pending;
            }
            pauses.sleep = None;
            if this.rest.len() > pauses.piece_bytes {
                pauses.sleep = Some(Box::pin(tokio::time::sleep(pauses.duration)));
                return Poll::Ready(Some(Ok(Frame::data(this.rest.split_to(pauses.piece_bytes)))));
            }
        }
        if let Some(left) = this.breaks_off_at {
            let sent = this.rest.split_to(this.rest.len().saturating_sub(left));
            return Poll::Ready(Some(if sent.is_empty() { Err(HangUp) } else { Ok(Frame::data(sent)) }));
        }
        let rest = std::mem::take(&mut this.rest);
        Poll::Ready((!rest.is_empty()).then(|| Ok(Frame::data(rest))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.breaks_off_at.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
