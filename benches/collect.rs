//! `collect-artifacts` as a whole process, beside `@actions/artifact` and beside the least that anybody could do.
//!
//!     cargo bench --bench collect
//!     cargo bench --bench collect -- quick      # a hundredth of the bytes, to see that it works
//!
//! A process of its own serves 25 artifacts of 8 MB, and then one of 2 GB, from files. The floor is a process too: on
//! as many threads as there are processors it fetches, hashes each archive as it passes, inflates and hashes its
//! members, writes them and waits for the disk. Runs alternate, so that a busy machine slows all; medians are compared.
//! More than the limits fails.

#![expect(
    clippy::disallowed_methods,
    reason = "the set-up of the tests reads the environment and writes files"
)]
#![expect(clippy::print_stdout, reason = "a benchmark is for reading")]

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use process::{MOST_MEMORY_BYTES, mebibytes, peak_bytes};

#[expect(dead_code, unused_imports, reason = "the tests use the rest")]
#[path = "../tests/it/support/corpus.rs"]
mod corpus;
#[expect(dead_code, reason = "the other benchmarks use the rest")]
#[path = "support/process.rs"]
mod process;
#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../tests/it/support/tools.rs"]
mod tools;
#[expect(dead_code, unused_imports, reason = "the tests use the rest")]
#[path = "../tests/it/support/workflow_files.rs"]
mod workflow_files;

/// How this program is told to be something else.
const SERVER: &str = "server";
const FLOOR: &str = "floor";
const QUICK: &str = "quick";

/// The program may take this many times as long as the floor.
const MOST_OF_FLOOR: f64 = 1.25;
/// The other client has to take this many times as long, where there are many artifacts.
const LEAST_OF_RIVAL: f64 = 2.0;

const REPOSITORY: &str = "octo-org/sample";
const RUN: &str = "4711";
const CHUNK_BYTES: usize = 256 << 10;

/// A number of artifacts with one file each, and how often they are fetched.
struct Load {
    name: &'static str,
    artifacts: usize,
    bytes: usize,
    rounds: usize,
    rival: bool,
}

const LOADS: [Load; 2] = [
    Load { name: "25 artifacts of 8 MB", artifacts: 25, bytes: 8 << 20, rounds: 7, rival: true },
    Load { name: "1 artifact of 2 GB", artifacts: 1, bytes: 2 << 30, rounds: 3, rival: false },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_quick = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [SERVER, folder] => return serve(Path::new(folder)),
        [FLOOR, origin, folder] => {
            println!("{}", floor(origin, Path::new(folder)));
            return ExitCode::SUCCESS;
        }
        ref others => others.contains(&QUICK),
    };
    let good = LOADS.map(|load| {
        let bytes = if is_quick { load.bytes / 100 } else { load.bytes };
        measure(&Load { bytes, ..load })
    });
    // A hundredth of the bytes says nothing about speed.
    if is_quick || good.into_iter().all(|good| good) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Times the three on a load, and says whether the limits hold.
fn measure(load: &Load) -> bool {
    let work = tempfile::tempdir_in(tools::cache()).expect("a temporary folder can be made");
    let store = work.path().join("store");
    std::fs::create_dir(&store).expect("a temporary folder can be made");
    (0..load.artifacts).for_each(|number| make_artifact(&store, number, load.bytes));
    let server = Server::start(&store);
    let fresh = || {
        let folder = work.path().join("target");
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir(&folder).expect("a temporary folder can be made");
        folder
    };
    let rival = if load.rival { Rival::found() } else { None };

    let (mut products, mut floors, mut rivals) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=load.rounds {
        let times = [
            timed(product(&server.origin, &fresh())),
            timed(floor_process(&server.origin, &fresh())),
            rival.as_ref().map_or(Duration::ZERO, |rival| timed(rival.command(&server.origin, &fresh()))),
        ];
        // The first round fills the caches.
        if round > 0 {
            products.push(times[0]);
            floors.push(times[1]);
            rivals.push(times[2]);
        }
    }
    let peak_bytes = peak_bytes(product(&server.origin, &fresh()));

    println!("{}, {} runs each", load.name, load.rounds);
    let product = told("collect-artifacts", &mut products).as_secs_f64();
    let of_floor = product / told("floor", &mut floors).as_secs_f64();
    println!("    of the floor      {of_floor:>7.2}, and {MOST_OF_FLOOR} at most");
    let mut is_good = of_floor <= MOST_OF_FLOOR && peak_bytes <= MOST_MEMORY_BYTES;
    if rival.is_some() {
        let of_rival = told("@actions/artifact", &mut rivals).as_secs_f64() / product;
        println!("    times as fast     {of_rival:>7.2}, and {LEAST_OF_RIVAL} at least");
        is_good &= of_rival >= LEAST_OF_RIVAL;
    }
    println!("    peak memory       {:>7.1} MiB of {} MiB", mebibytes(peak_bytes), MOST_MEMORY_BYTES >> 20);
    is_good
}

/// The program under test, in an empty folder, for the artifacts of one run.
fn product(origin: &str, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_release-action"));
    command.arg("collect-artifacts").env_clear().current_dir(folder);
    command.env("GITHUB_API_URL", origin).env("GITHUB_REPOSITORY", REPOSITORY).env("GITHUB_RUN_ID", RUN);
    command.env("GITHUB_SHA", "c0ffee0123456789c0ffee0123456789c0ffee01");
    command.env("GITHUB_EVENT_NAME", "push").env("GITHUB_TOKEN", "ghs_of_the_benchmark");
    command
}

/// This program as the floor.
fn floor_process(origin: &str, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("the kernel knows it"));
    command.arg(FLOOR).arg(origin).arg(folder).env_clear();
    command
}

/// The client that GitHub publishes, where the tests have installed it.
struct Rival(&'static tools::Node);

impl Rival {
    fn found() -> Option<Self> {
        tools::artifact_client().map(Self)
    }

    fn command(&self, origin: &str, folder: &Path) -> Command {
        let mut command = self.0.module("download_artifacts.mjs");
        command.arg(folder).arg(REPOSITORY).arg(RUN).env("GITHUB_API_URL", origin);
        // It refuses servers that are not GitHub's, by their names.
        command.env("GITHUB_SERVER_URL", "http://github.localhost");
        command
    }
}

/// How long a command takes from its start to its end, which has to be a good one.
fn timed(mut command: Command) -> Duration {
    let began = Instant::now();
    let output = command.stdin(Stdio::null()).output().expect("it was built");
    let took = began.elapsed();
    let told = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(output.status.success(), "{command:?}: {}", told.join("\n"));
    took
}

/// Prints a row and gives the median.
fn told(name: &str, times: &mut [Duration]) -> Duration {
    times.sort();
    let (fastest, median, slowest) = (times[0], times[times.len() / 2], times[times.len() - 1]);
    println!("    {name:<17} {median:>8.1?} ({fastest:.1?} to {slowest:.1?})");
    median
}

fn archive_of(store: &Path, number: usize) -> PathBuf {
    store.join(format!("{number}.zip"))
}

/// One archive with one file, and its digest beside it.
fn make_artifact(store: &Path, number: usize, bytes: usize) {
    let path = archive_of(store, number);
    let file = BufWriter::new(File::create(&path).expect("there is room on the disk"));
    let mut writer = zip::ZipWriter::new(file);
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .compression_level(Some(1));
    writer.start_file(format!("data-{number}.bin"), options).expect("a name that fits");
    let (mut noise, mut left) = (0x9e37_79b9_7f4a_7c15_u64 ^ number as u64, bytes);
    while left > 0 {
        let piece = piece(left.min(1 << 20), &mut noise);
        writer.write_all(&piece).expect("there is room on the disk");
        left -= piece.len();
    }
    writer.finish().and_then(|mut file| Ok(file.flush()?)).expect("there is room on the disk");
    let mut digest = Sha256::new();
    each_chunk(&mut File::open(&path).expect("just written"), |chunk| digest.update(chunk));
    std::fs::write(path.with_extension("sha256"), hex(&digest.finalize()))
        .expect("there is room on the disk");
}

/// Bytes of which half can be packed.
fn piece(bytes: usize, noise: &mut u64) -> Vec<u8> {
    let mut piece = Vec::with_capacity(bytes + 16);
    while piece.len() < bytes {
        // Marsaglia's xorshift: noise enough for a compressor.
        *noise ^= *noise << 13;
        *noise ^= *noise >> 7;
        *noise ^= *noise << 17;
        piece.extend(noise.to_le_bytes());
        piece.extend(*b"the same");
    }
    piece.truncate(bytes);
    piece
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn each_chunk(source: &mut dyn Read, mut take: impl FnMut(&[u8])) {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match source.read(&mut chunk).expect("it can be read") {
            0 => break,
            count => take(&chunk[..count]),
        }
    }
}

/// A server in a process of its own; it ends when this is dropped.
struct Server {
    child: Child,
    origin: String,
}

impl Server {
    fn start(store: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("the kernel knows it"));
        command.arg(SERVER).arg(store).env_clear().stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("it was built");
        let mut origin = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut origin).expect("it says where it is");
        Self { child, origin: origin.trim().to_owned() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Serves the archives of `store` as the artifacts of a run, until it is killed.
fn serve(store: &Path) -> ExitCode {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback is there");
    let origin = format!("http://{}", listener.local_addr().expect("it is bound"));
    println!("{origin}");
    for stream in listener.incoming().flatten() {
        let (store, origin) = (store.to_owned(), origin.clone());
        // A client that goes away ends its connection; that is no error.
        std::thread::spawn(move || drop(talk(&stream, &store, &origin)));
    }
    ExitCode::SUCCESS
}

/// Answers the requests of one connection.
fn talk(stream: &TcpStream, store: &Path, origin: &str) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut reader, mut writer) = (BufReader::new(stream), stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let target = head.split(' ').nth(1).unwrap_or_default();
        let path = target.split('?').next().unwrap_or_default();
        if let Some(number) = path.strip_prefix("/blob/").and_then(|number| number.parse().ok()) {
            let mut file = File::open(archive_of(store, number))?;
            let length = file.metadata()?.len();
            write!(
                writer,
                "HTTP/1.1 200 OK\r\ncontent-type: application/zip\r\ncontent-length: {length}\r\n\
                 content-disposition: attachment; filename=\"{number}.zip\"\r\n\r\n"
            )?;
            let mut chunk = vec![0; CHUNK_BYTES];
            loop {
                match file.read(&mut chunk)? {
                    0 => break,
                    count => writer.write_all(&chunk[..count])?,
                }
            }
        } else if let Some(id) = path.strip_suffix("/zip").and_then(|path| path.rsplit('/').next()) {
            let location =
                format!("{origin}/blob/{}?sig=of-the-benchmark", id.parse::<usize>().unwrap_or(1) - 1);
            write!(writer, "HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n")?;
        } else {
            let body = listing(store).to_string();
            write!(
                writer,
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )?;
        }
    }
}

/// The artifacts as GitHub lists them.
fn listing(store: &Path) -> serde_json::Value {
    let artifacts: Vec<_> = (0..)
        .map_while(|number| {
            let path = archive_of(store, number);
            let digest = std::fs::read_to_string(path.with_extension("sha256")).ok()?;
            Some(serde_json::json!({
                "id": number + 1,
                "name": format!("data-{number}"),
                "size_in_bytes": path.metadata().ok()?.len(),
                "expired": false,
                "digest": format!("sha256:{digest}"),
                "created_at": "2026-01-31T00:00:00Z",
                "workflow_run": { "id": 4711 },
            }))
        })
        .collect();
    serde_json::json!({ "total_count": artifacts.len(), "artifacts": artifacts })
}

/// The least that anybody could do. Gives the number of members, so that nothing can be left out unseen.
fn floor(origin: &str, folder: &Path) -> usize {
    let text = String::from_utf8(get(origin, "/artifacts", |body| {
        let mut bytes = Vec::new();
        body.read_to_end(&mut bytes).expect("the server is well");
        bytes
    }));
    let listed: serde_json::Value = serde_json::from_str(&text.expect("text")).expect("JSON");
    let digests: Vec<String> = listed["artifacts"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|artifact| {
            artifact["digest"].as_str().expect("a digest").trim_start_matches("sha256:").to_owned()
        })
        .collect();
    let (next, members) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(digest) = digests.get(number) else { break };
                    members.fetch_add(floor_of_artifact(origin, folder, number, digest), Ordering::Relaxed);
                }
            });
        }
    });
    members.into_inner()
}

fn floor_of_artifact(origin: &str, folder: &Path, number: usize, stated: &str) -> usize {
    let path = archive_of(folder, number);
    let mut digest = Sha256::new();
    get(origin, &format!("/blob/{number}"), |body| {
        let mut file = File::create(&path).expect("there is room on the disk");
        each_chunk(body, |chunk| {
            digest.update(chunk);
            file.write_all(chunk).expect("there is room on the disk");
        });
    });
    assert_eq!(hex(&digest.finalize()), stated);
    let file = BufReader::with_capacity(CHUNK_BYTES, File::open(&path).expect("just written"));
    let mut archive = zip::ZipArchive::new(file).expect("a good archive");
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).expect("a good archive");
        let mut file =
            File::create(folder.join(format!("{number}-{index}"))).expect("there is room on the disk");
        let mut digest = Sha256::new();
        each_chunk(&mut member, |chunk| {
            digest.update(chunk);
            file.write_all(chunk).expect("there is room on the disk");
        });
        std::hint::black_box(digest.finalize());
        file.sync_all().expect("the disk is well");
    }
    archive.len()
}

/// Asks for a path, and hands the body on.
fn get<T>(origin: &str, path: &str, take: impl FnOnce(&mut dyn Read) -> T) -> T {
    let address = origin.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("the server is there");
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n").expect("the server is well");
    let mut reader = BufReader::with_capacity(CHUNK_BYTES, stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        reader.read_line(&mut head).expect("the server is well");
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    take(&mut reader.take(length.expect("the server says it")))
}
