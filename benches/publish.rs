//! `publish` as a whole process, beside twine and uv with the same files and servers.
//!
//!     cargo bench --bench publish
//!     cargo bench --bench publish -- quick      # a hundredth of the bytes, to see that it works
//!
//! 23 wheels of 220 MB go to a server in a process of its own, which takes in what it is sent and shows it in its simple
//! index: first as fast as it can, then with a second for each upload, as an index that checks what it gets. Runs
//! alternate, so that a busy machine slows all; medians are compared. What is measured of `publish` holds the proof of each
//! file before and after. More than the limits fails.

#![expect(
    clippy::disallowed_methods,
    reason = "the set-up of the tests reads the environment and writes files"
)]
#![expect(clippy::print_stdout, reason = "a benchmark is for reading")]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use release_action::archive::build::WheelBuilder;

#[path = "support/mod.rs"]
mod support;

use support::process::{Took, mebibytes, peak_bytes, took};
use support::tools;

/// How this program is told to be something else.
const SERVER: &str = "server";
const QUICK: &str = "quick";

const WHEELS: usize = 23;
/// The largest of them has a quarter of all bytes, and the others share the rest.
const BYTES: usize = 220_000_000;

/// Most time that the program may take of uv's where the server only takes the files in.
const MOST_OF_UV: f64 = 1.0;
/// How many times as long the others have to take where each upload takes a second.
const LEAST_OF_RIVALS: f64 = 3.0;
/// Most processor time that the program may take of uv's.
const MOST_CPU_OF_UV: f64 = 1.0;
/// Most memory that the program may take, in bytes.
const MOST_MEMORY_BYTES: u64 = 32 << 20;

/// What each upload takes on the server, and how often it is measured.
struct Load {
    name: &'static str,
    delay: Duration,
    rounds: usize,
}

const LOADS: [Load; 2] = [
    Load { name: "a server that takes the files in", delay: Duration::ZERO, rounds: 5 },
    Load { name: "a server with a second for each upload", delay: Duration::from_secs(1), rounds: 1 },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_quick = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [SERVER, delay_ms] => return serve(Duration::from_millis(delay_ms.parse().expect("a number"))),
        ref others => others.contains(&QUICK),
    };
    let release = Release::new(if is_quick { BYTES / 100 } else { BYTES });
    let good = LOADS.map(|load| {
        let delay = if is_quick { load.delay / 20 } else { load.delay };
        measure(&release, &Load { delay, ..load })
    });
    // A hundredth of the bytes says nothing about speed.
    if is_quick || good.into_iter().all(|good| good) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Times the three on a server, and says whether the limits hold.
fn measure(release: &Release, load: &Load) -> bool {
    let Some(python) = tools::python() else { return false };
    let clients = [Client::Product, Client::Uv, Client::Twine];
    let mut times = clients.map(|_| Vec::new());
    let warm_up = usize::from(load.delay.is_zero());
    for round in 0..load.rounds + warm_up {
        for (client, times) in clients.iter().zip(&mut times) {
            let took = release.sent_by(*client, python, load.delay, took);
            // The first round fills the caches.
            if round >= warm_up {
                times.push(took);
            }
        }
    }
    println!("{WHEELS} wheels, {}, {} runs each", load.name, load.rounds);
    let [product, uv, twine] = [0, 1, 2].map(|index| told(clients[index].name(), &mut times[index]));
    let peak_bytes = release.sent_by(Client::Product, python, load.delay, peak_bytes);
    let (of_uv, of_twine) = (ratio(product.wall, uv.wall), ratio(product.wall, twine.wall));
    let cpu_of_uv = ratio(product.cpu, uv.cpu);
    let is_fast = if load.delay.is_zero() {
        println!("    time of uv's      {of_uv:>7.2}, and {MOST_OF_UV} at most; of twine's {of_twine:.2}");
        of_uv <= MOST_OF_UV
    } else {
        let faster = of_uv.max(of_twine).recip();
        println!("    times as fast     {faster:>7.2}, and {LEAST_OF_RIVALS} at least");
        faster >= LEAST_OF_RIVALS
    };
    println!("    processors of uv's{cpu_of_uv:>7.2}, and {MOST_CPU_OF_UV} at most");
    println!("    peak memory       {:>7.1} MiB of {} MiB", mebibytes(peak_bytes), MOST_MEMORY_BYTES >> 20);
    is_fast && cpu_of_uv <= MOST_CPU_OF_UV && peak_bytes <= MOST_MEMORY_BYTES
}

fn ratio(ours: Duration, theirs: Duration) -> f64 {
    ours.as_secs_f64() / theirs.as_secs_f64().max(0.001)
}

/// Prints a row and gives the medians.
fn told(name: &str, times: &mut [Took]) -> Took {
    let mut median = |part: fn(&Took) -> Duration| {
        times.sort_by_key(part);
        (part(&times[0]), part(&times[times.len() / 2]), part(&times[times.len() - 1]))
    };
    let (fastest, wall, slowest) = median(|took| took.wall);
    let (_, cpu, _) = median(|took| took.cpu);
    println!("    {name:<17} {wall:>8.2?} ({fastest:.2?} to {slowest:.2?}), processors {cpu:.2?}");
    Took { wall, cpu }
}

#[derive(Clone, Copy)]
enum Client {
    Product,
    Uv,
    Twine,
}

impl Client {
    const fn name(self) -> &'static str {
        match self {
            Self::Product => "publish",
            Self::Uv => "uv",
            Self::Twine => "twine",
        }
    }
}

/// The files of a release, and the manifest that binds them.
struct Release {
    work: tempfile::TempDir,
}

impl Release {
    fn new(bytes: usize) -> Self {
        let work = tempfile::tempdir_in(tools::cache()).expect("a temporary folder can be made");
        let release = Self { work };
        std::fs::create_dir(release.packages()).expect("a temporary folder can be made");
        let largest = bytes / 4;
        for number in 0..WHEELS {
            let size = if number == 0 { largest } else { (bytes - largest) / (WHEELS - 1) };
            let mut builder = WheelBuilder::new("sample", "1.2.0", "py3", "none", "any");
            builder.build_tag(&number.to_string()).member("sample/data.bin", noise(size, number));
            let (name, contents) = builder.build();
            std::fs::write(release.packages().join(name.as_str()), contents)
                .expect("there is room on the disk");
        }
        let mut validation = release.product();
        validation.arg("validate-wheels").arg("--packages-dir").arg(release.packages());
        validation.arg("--manifest-dir").arg(release.manifests());
        let output = validation.output().expect("it was built");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        release
    }

    fn packages(&self) -> PathBuf {
        self.work.path().join("dist")
    }

    fn manifests(&self) -> PathBuf {
        self.work.path().join("manifest")
    }

    fn product(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_release-action"));
        command.env_clear().current_dir(self.work.path());
        command
    }

    /// Has all files sent to a new server, and gives what `run` found out about that.
    fn sent_by<T>(
        &self,
        client: Client,
        python: &tools::Python,
        delay: Duration,
        run: impl FnOnce(Command) -> T,
    ) -> T {
        let server = Server::start(delay);
        let found = run(self.command(client, python, &server));
        assert_eq!(server.files(), WHEELS, "{} did not send all", client.name());
        found
    }

    fn command(&self, client: Client, python: &tools::Python, server: &Server) -> Command {
        let upload = format!("{}/legacy/", server.origin);
        let mut command = match client {
            Client::Product => {
                let mut command = self.product();
                command.arg("publish").arg("--packages-dir").arg(self.packages());
                command.arg("--manifest-dir").arg(self.manifests()).arg("--repository-url").arg(&upload);
                command.arg("--index-url").arg(format!("{}/simple/", server.origin));
                command.args(["--user", "robot"]).env("INPUT_PASSWORD", "of-the-benchmark");
                return command;
            }
            Client::Uv => {
                let mut command = python.command("uv");
                command.args(["publish", "--trusted-publishing", "never", "--no-progress", "--publish-url"]);
                command
            }
            Client::Twine => {
                let mut command = python.command("twine");
                command.args(["upload", "--non-interactive", "--disable-progress-bar", "--repository-url"]);
                command
            }
        };
        command.arg(&upload).args(["--username", "robot", "--password", "of-the-benchmark"]);
        let mut files: Vec<_> = std::fs::read_dir(self.packages())
            .expect("it was made")
            .map(|entry| entry.expect("it can be listed").path())
            .collect();
        files.sort();
        // Nothing of this machine's user: neither caches nor configuration.
        command.args(files).env_clear().env("HOME", self.work.path()).env("PATH", "/usr/bin:/bin");
        command
    }
}

/// Bytes that nobody can pack, and that are the same each time.
fn noise(bytes: usize, seed: usize) -> Vec<u8> {
    let mut noise = Vec::with_capacity(bytes + 8);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ seed as u64;
    while noise.len() < bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise.extend(state.to_le_bytes());
    }
    noise.truncate(bytes);
    noise
}

/// A server in a process of its own; it ends when this is dropped.
struct Server {
    child: Child,
    origin: String,
}

impl Server {
    fn start(delay: Duration) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("the kernel knows it"));
        command.arg(SERVER).arg(delay.as_millis().to_string()).env_clear();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("it was built");
        let mut origin = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut origin).expect("it says where it is");
        Self { child, origin: origin.trim().to_owned() }
    }

    /// How many files it lists.
    fn files(&self) -> usize {
        let authority = self.origin.trim_start_matches("http://");
        let mut stream = TcpStream::connect(authority).expect("it listens");
        let request = "GET /simple/sample/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).expect("it listens");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer.matches("\"filename\"").count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// File names with their digests.
type Listed = Arc<Mutex<BTreeMap<String, String>>>;

/// Is an index until it is killed.
fn serve(delay: Duration) -> ExitCode {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback is there");
    println!("http://{}", listener.local_addr().expect("it is bound"));
    let listed = Listed::default();
    for stream in listener.incoming().flatten() {
        let listed = Arc::clone(&listed);
        // A client that goes away ends its connection; that is no error.
        std::thread::spawn(move || drop(talk(&stream, &listed, delay)));
    }
    ExitCode::SUCCESS
}

/// Answers the requests of one connection.
fn talk(stream: &TcpStream, listed: &Listed, delay: Duration) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut reader, mut writer) = (BufReader::with_capacity(256 << 10, stream), stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let header = |name: &str| {
            head.lines().find_map(|line| {
                let (found, value) = line.split_once(':')?;
                found.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
            })
        };
        let body = if head.starts_with("POST ") {
            let length = header("content-length").and_then(|length| length.parse().ok());
            let mut body = (&mut reader).take(length.expect("all three say how much they send"));
            // The form's texts stand before the file, which is the last and by far the largest part.
            let mut texts = Vec::new();
            (&mut body).take(64 << 10).read_to_end(&mut texts)?;
            std::io::copy(&mut body, &mut std::io::sink())?;
            std::thread::sleep(delay);
            let texts = String::from_utf8_lossy(&texts);
            let file = between(&texts, "filename=\"", "\"").expect("a file has a name");
            let digest = between(&texts, "name=\"sha256_digest\"\r\n\r\n", "\r\n").expect("a digest");
            listed.lock().expect("nothing panics here").insert(file.to_owned(), digest.to_owned());
            String::new()
        } else {
            page(&listed.lock().expect("nothing panics here")).to_string()
        };
        write!(
            writer,
            "HTTP/1.1 200 OK\r\ncontent-type: application/vnd.pypi.simple.v1+json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )?;
        if header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
            return Ok(());
        }
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

/// The project as the simple index shows it.
fn page(listed: &BTreeMap<String, String>) -> serde_json::Value {
    let files: Vec<_> = listed
        .iter()
        .map(|(name, digest)| {
            serde_json::json!({ "filename": name, "url": format!("/files/{name}"), "hashes": { "sha256": digest } })
        })
        .collect();
    serde_json::json!({ "meta": { "api-version": "1.1" }, "name": "sample", "files": files })
}
