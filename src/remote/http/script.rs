//! A tiny server for unit tests: one thread on loopback that answers each request as it was told to.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use url::Url;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }
}

/// What the server does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// A whole answer.
    Answer { status: u16, headers: Vec<(&'static str, String)>, body: Vec<u8> },
    /// These bytes, then the end of the connection.
    Raw(Vec<u8>),
    /// A success whose body comes in so many pieces of so many bytes, with a pause before each.
    Drops { bytes: usize, pieces: usize, pause: std::time::Duration },
    /// The end of the connection, without a word.
    Close,
    /// Nothing, until the client gives up.
    Silence,
}

impl Reply {
    pub(crate) fn of(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::Answer { status, headers: vec![("content-type", content_type.into())], body: body.into() }
    }

    pub(crate) fn json(body: &str) -> Self {
        Self::of(200, "application/json", body)
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::Answer { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn redirect(target: impl Into<String>) -> Self {
        Self::Answer { status: 302, headers: vec![("location", target.into())], body: Vec::new() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name, value.into()));
        }
        self
    }
}

/// The server. It ends when it is dropped.
pub(crate) struct Script {
    port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
    end: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Script {
    /// Answers one request after the other with `replies`; a request too many gets status 599.
    pub(crate) fn of(replies: impl IntoIterator<Item = Reply>) -> Self {
        let mut replies: Vec<_> = replies.into_iter().collect();
        replies.reverse();
        Self::answering(move |_| replies.pop().unwrap_or_else(|| Reply::status(599)))
    }

    /// Answers each request with what `answer` makes of it.
    pub(crate) fn answering(answer: impl FnMut(&Seen) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
        let port = listener.local_addr().expect("it is bound").port();
        let (seen, end) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (journal, over) = (Arc::clone(&seen), Arc::clone(&end));
        // A connection has a thread of its own: clients open some that they never use.
        let answer = Arc::new(Mutex::new(answer));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let (answer, journal) = (Arc::clone(&answer), Arc::clone(&journal));
                std::thread::spawn(move || {
                    let Some(request) = read(&stream) else { return };
                    let reply = (answer.lock().expect("no test panics inside"))(&request);
                    journal.lock().expect("no test panics inside").push(request);
                    act(stream, reply);
                });
            }
        });
        Self { port, seen, end, thread: Some(thread) }
    }

    /// An address of this server.
    pub(crate) fn url(&self, path: &str) -> Url {
        format!("http://127.0.0.1:{}{path}", self.port).parse().expect("good")
    }

    /// What has arrived so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("no test panics inside").clone()
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.end.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn read(stream: &TcpStream) -> Option<Seen> {
    let mut reader = BufReader::new(stream);
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        Some(line.trim_end().to_owned())
    };
    let first = line()?;
    let mut words = first.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    while let Some((name, value)) = line()?.split_once(": ") {
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let mut seen = Seen { method, target, headers, body: Vec::new() };
    if seen.header("transfer-encoding").is_none() {
        let length = seen.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        seen.body = vec![0; length];
        reader.read_exact(&mut seen.body).ok()?;
    }
    Some(seen)
}

fn act(mut stream: TcpStream, reply: Reply) {
    match reply {
        Reply::Answer { status, headers, body } => {
            let mut head = format!(
                "HTTP/1.1 {status} Said So\r\nconnection: close\r\ncontent-length: {}\r\n",
                body.len()
            );
            for (name, value) in headers {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
            let _ = stream.write_all(format!("{head}\r\n").as_bytes()).and_then(|()| stream.write_all(&body));
        }
        Reply::Raw(bytes) => {
            let _ = stream.write_all(&bytes);
        }
        Reply::Drops { bytes, pieces, pause } => {
            let head = format!("HTTP/1.1 200 Said So\r\ncontent-length: {}\r\n\r\n", bytes * pieces);
            let _ = stream.write_all(head.as_bytes());
            for _ in 0..pieces {
                std::thread::sleep(pause);
                // The client may have lost its patience.
                if stream.write_all(&vec![7; bytes]).is_err() {
                    break;
                }
            }
        }
        Reply::Close => {}
        Reply::Silence => {
            // Ends when the client closes its side.
            let _ = stream.read(&mut [0; 1]);
        }
    }
    let _ = stream.shutdown(Shutdown::Write);
}
