//! What `publish` sends, judged by the libraries that PyPI reads uploads with: `packaging` and `pypi_attestations`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use release_action::archive::build::{SdistBuilder, WheelBuilder};
use release_action::model::digest::Sha256;
use release_action::model::endpoints::{IN_TOTO_STATEMENT, PUBLISH_PREDICATE, SLSA_PROVENANCE_PREDICATE};
use release_action::sim::universe::{Setup, Universe};
use serde_json::{Value, json};

use super::servers::{Index, folder};
use crate::support::conformance::{ConformanceIndex, PASSWORD};
use crate::support::program::Program;
use crate::support::tools::conformance_python;
use crate::support::world::{REPOSITORY, ReleaseFile};

fn of(server: &ConformanceIndex) -> Index {
    let (repository_url, index_url) = (server.repository_url(), server.index_url());
    Index { repository_url, index_url, user: "__token__".into(), password: PASSWORD.into() }
}

/// Every field that a builder of today may write.
const FIELDS: [(&str, &str); 22] = [
    ("Summary", "Wörter, and \"more\"; 100 %"),
    ("Keywords", "one,two words,three"),
    ("Author", "Ärzte"),
    ("Author-email", "Änne Ö <anne@example.com>, b@example.com"),
    ("Maintainer", "M"),
    ("Maintainer-email", "m@example.com"),
    ("Classifier", "Programming Language :: Python :: 3"),
    ("Classifier", "Topic :: Software Development"),
    ("Project-URL", "Source, http://127.0.0.1/a?b=1,2&c"),
    ("Project-URL", "Documentation, http://127.0.0.1/docs"),
    ("Requires-Python", ">=3.9, !=3.9.1"),
    ("Requires-Dist", "other (>=1,<2) ; python_version < \"3.12\" and extra == 'fast'"),
    ("Requires-Dist", "third[extra]~=2.0"),
    ("Provides-Extra", "fast"),
    ("Provides-Extra", "slow-er"),
    ("Requires-External", "C compiler"),
    ("Platform", "any"),
    ("Platform", "Linux"),
    ("Supported-Platform", "RedHat 8"),
    ("Description-Content-Type", "text/markdown; charset=UTF-8; variant=GFM"),
    ("Dynamic", "Requires-Dist"),
    ("Dynamic", "Classifier"),
];

const DESCRIPTION: &str =
    "# Title\n\nText with ümläuts, `code` and a line that begins with --\n\n    --xyz\n\n- end\n";

/// Wheels and an sdist with much to say.
fn talkative() -> Vec<ReleaseFile> {
    let tags =
        [("py3", "none", "any"), ("cp312", "cp312", "manylinux_2_28_x86_64"), ("py2.py3", "none", "win32")];
    let wheels = tags.map(|(python, abi, platform)| {
        let mut wheel = WheelBuilder::new("sample", "1.2.0", python, abi, platform);
        for (header, _) in FIELDS {
            wheel.without_metadata(header);
        }
        for (header, value) in FIELDS {
            wheel.add_metadata(header, value);
        }
        wheel.description(DESCRIPTION).build()
    });
    let mut sdist = SdistBuilder::new("sample", "1.2.0");
    for (header, _) in FIELDS {
        sdist.without_metadata(header);
    }
    for (header, value) in FIELDS {
        sdist.add_metadata(header, value);
    }
    let sdist = sdist.description(DESCRIPTION).build();
    wheels.into_iter().chain([sdist]).map(|(name, bytes)| (name.to_string(), bytes)).collect()
}

#[test]
fn the_form_says_what_the_files_say_and_packaging_accepts_it() {
    let Some(python) = conformance_python() else { return };
    let server = ConformanceIndex::start(python);
    let release = folder(&talkative());
    let outcome = of(&server).publish(&release).expect_code(0);
    assert_eq!((outcome.output("outcome"), outcome.output("uploaded")), ("done", "4"), "{}", outcome.told());
    assert_eq!(server.uploads(), ["200"; 4]);
    let again = of(&server).publish(&release).expect_code(0);
    assert_eq!(again.output("outcome"), "already-done");
}

#[test]
fn older_metadata_is_sent_as_it_is() {
    let Some(python) = conformance_python() else { return };
    let server = ConformanceIndex::start(python);
    let mut wheel = WheelBuilder::new("sample", "1.2.0", "py3", "none", "any");
    wheel.metadata("Metadata-Version", "2.1").without_metadata("License-Expression");
    wheel.without_metadata("License-File").without_metadata("Dynamic");
    wheel
        .metadata("License", "MIT License\n        in several lines")
        .add_metadata("Home-page", "http://127.0.0.1/");
    wheel.add_metadata("Download-URL", "http://127.0.0.1/download");
    let (name, bytes) = wheel.build();
    let outcome = of(&server).publish(&folder(&[(name.to_string(), bytes)])).expect_code(0);
    assert_eq!(outcome.output("uploaded"), "1", "{}", outcome.told());
    assert_eq!(server.uploads(), ["200"]);
}

/// An attestation as a signer leaves it, but for what only the real services can put there.
fn attestation(kind: &str, name: &str, bytes: &[u8]) -> String {
    let predicate = if kind == PUBLISH_PREDICATE { Value::Null } else { json!({ "buildDefinition": {} }) };
    let statement = json!({
        "_type": IN_TOTO_STATEMENT,
        "subject": [{ "name": name, "digest": { "sha256": Sha256::of(bytes).to_string() } }],
        "predicateType": kind,
        "predicate": predicate,
    });
    json!({
        "version": 1,
        "verification_material": {
            "certificate": STANDARD.encode("a certificate"),
            "transparency_entries": [{ "logIndex": "1" }],
        },
        "envelope": {
            "statement": STANDARD.encode(statement.to_string()),
            "signature": STANDARD.encode("a signature"),
        },
    })
    .to_string()
}

#[test]
fn attestations_arrive_as_their_library_reads_them() {
    let Some(python) = conformance_python() else { return };
    let server = ConformanceIndex::start(python);
    let universe = Universe::start(Setup { repository: REPOSITORY.into(), ..Setup::default() })
        .expect("loopback has free ports");
    let packages = super::servers::packages("attested");
    let kinds = [("publish", PUBLISH_PREDICATE), ("slsa", SLSA_PROVENANCE_PREDICATE)];
    let sidecars: Vec<ReleaseFile> = packages
        .iter()
        .flat_map(|(name, bytes)| {
            kinds.map(|(word, kind)| {
                (format!("{name}.{word}.attestation"), attestation(kind, name, bytes).into_bytes())
            })
        })
        .collect();
    let (release, signed) = (folder(&packages), folder(&sidecars));
    let addresses = universe.addresses();
    let outcome = Program::mode("publish")
        .flag("packages-dir", release.path())
        .flag("attestations-dir", signed.path())
        .flag("repository-url", Path::new(&server.repository_url()))
        .flag("index-url", Path::new(&server.index_url()))
        .env("ACTIONS_ID_TOKEN_REQUEST_URL", &addresses.oidc_request_url)
        .env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", &addresses.oidc_request_token)
        .secret("pypi-of-a-workflow-0")
        .run()
        .expect_code(0);
    assert_eq!(outcome.output("uploaded"), "2", "{}", outcome.told());
    for (name, bytes) in &packages {
        let path = format!("/integrity/sample/1.2.0/{name}/provenance");
        let (status, shown) = ask(&server, &format!("GET {path}"), b"");
        assert_eq!(status, 200, "{name}");
        let bundle = &shown["attestation_bundles"][0];
        assert_eq!(bundle["publisher"]["repository"], REPOSITORY);
        for (at, (_, kind)) in kinds.iter().enumerate() {
            let sent: Value = serde_json::from_str(&attestation(kind, name, bytes)).expect("JSON");
            assert_eq!(bundle["attestations"][at], sent, "{name}");
        }
    }
}

/// Status and JSON of one request to the index.
fn ask(server: &ConformanceIndex, head: &str, body: &[u8]) -> (u16, Value) {
    let mut stream = TcpStream::connect(server.authority()).expect("it listens");
    let login = STANDARD.encode(format!("__token__:{PASSWORD}"));
    let head = format!(
        "{head} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\nauthorization: Basic {login}\r\n\
         content-type: multipart/form-data; boundary=xyz\r\ncontent-length: {}\r\n\r\n",
        server.authority(),
        body.len()
    );
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers in text");
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let (_, body) = answer.split_once("\r\n\r\n").expect("an end of the head");
    (status, serde_json::from_str(body).unwrap_or_default())
}

#[test]
fn the_judge_refuses_what_differs() {
    let Some(python) = conformance_python() else { return };
    let server = ConformanceIndex::start(python);
    let (name, bytes) = WheelBuilder::new("sample", "1.2.0", "py3", "none", "any").build();
    let form = |fields: &[(&str, &str)]| {
        let mut form = Vec::new();
        for (field, value) in fields {
            let head =
                format!("--xyz\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
            form.extend(head.into_bytes());
        }
        let head = format!(
            "--xyz\r\nContent-Disposition: form-data; name=\"content\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        form.extend(head.into_bytes());
        form.extend(&bytes);
        form.extend(b"\r\n--xyz--\r\n");
        form
    };
    let base = [("metadata_version", "2.4"), ("name", "sample")];
    for (more, refusal) in [
        (("sumary", "text"), "the field 'sumary' is unknown"),
        (("license_files", "LICENSE"), "the field 'license_files' is unknown"),
        (("name", "sample"), "the field 'name' is unknown, or comes 2 times"),
        (("version", "1.2.1"), "the form says"),
    ] {
        let fields = [base[0], base[1], more];
        let (status, answer) = ask(&server, "POST /legacy/", &form(&fields));
        let said = answer["message"].as_str().unwrap_or_default();
        assert!(status == 400 && said.starts_with(refusal), "{more:?}: {status} {said}");
    }
    assert_eq!(server.uploads(), ["400"; 4]);
}
