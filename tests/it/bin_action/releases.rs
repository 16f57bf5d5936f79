//! A server of releases, as far as a download goes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use sha2::{Digest as _, Sha256};

/// The release that is pinned.
pub(super) const TAG: &str = "v1.2.0";

/// Operating system and architecture, as runners call them, and the file of the release that is for them.
pub(super) const SYSTEMS: [(&str, &str, &str); 5] = [
    ("macOS", "ARM64", "release-action-aarch64-apple-darwin"),
    ("Linux", "ARM64", "release-action-aarch64-unknown-linux-musl"),
    ("macOS", "X64", "release-action-x86_64-apple-darwin"),
    ("Windows", "X64", "release-action-x86_64-pc-windows-gnu.exe"),
    ("Linux", "X64", "release-action-x86_64-unknown-linux-musl"),
];

/// How the server answers.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// With these bytes.
    Body(Vec<u8>),
    /// With the first half of these bytes, of which it promised all.
    Truncated(Vec<u8>),
    /// With the address of another place, which has them.
    Moved,
    /// With 404.
    Missing,
    /// It hangs up.
    Nothing,
}

/// The server. It lives as long as the tests.
pub(super) struct Releases {
    pub(super) origin: String,
    program: Vec<u8>,
    shared: Arc<Shared>,
}

struct Shared {
    answer: Mutex<Answer>,
    requests: Mutex<Vec<String>>,
    program: Vec<u8>,
}

impl Releases {
    /// Every file of every release is `program`.
    pub(super) fn serving(program: &[u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback is there");
        let origin = format!("http://{}", listener.local_addr().expect("it is bound"));
        let program = program.to_vec();
        let answer = Mutex::new(Answer::Body(program.clone()));
        let shared = Arc::new(Shared { answer, requests: Mutex::default(), program: program.clone() });
        let served = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that hangs up is the client's business.
                drop(served.exchange(stream));
            }
        });
        Self { origin, program, shared }
    }

    pub(super) fn answer_with(&self, answer: Answer) {
        *self.shared.answer.lock().expect("no holder panics") = answer;
    }

    /// The paths that were asked for.
    pub(super) fn requests(&self) -> Vec<String> {
        self.shared.requests.lock().expect("no holder panics").clone()
    }

    /// The list that pins the program for every system.
    pub(super) fn pins(&self) -> String {
        let digest =
            Sha256::digest(&self.program).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        SYSTEMS.iter().map(|(_, _, file)| format!("{digest}  {TAG}/{file}\n")).collect()
    }
}

impl Shared {
    fn exchange(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head)? > 0 {}
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        self.requests.lock().expect("no holder panics").push(path.clone());
        let answer = self.answer.lock().expect("no holder panics").clone();
        let head = |status: &str, length: usize| {
            format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n")
        };
        let (head, body) = match answer {
            Answer::Moved if path != "/elsewhere" => {
                (head("302 Found", 0) + "location: /elsewhere\r\n", Vec::new())
            }
            Answer::Moved => (head("200 OK", self.program.len()), self.program.clone()),
            Answer::Body(body) => (head("200 OK", body.len()), body),
            Answer::Truncated(body) => (head("200 OK", body.len()), body[..body.len() / 2].to_vec()),
            Answer::Missing => (head("404 Not Found", 0), Vec::new()),
            Answer::Nothing => return Ok(()),
        };
        stream.write_all(head.as_bytes())?;
        stream.write_all(b"\r\n")?;
        stream.write_all(&body)
    }
}
