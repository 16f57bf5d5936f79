//! TLS in front of a simulated world, by the certificate of an authority that nobody but the test knows.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::tools::{or_skip, run};
use super::workflow_files::root;

/// A listener on loopback that ends TLS and passes everything on, until it is dropped.
#[derive(Debug)]
pub(crate) struct TlsFront {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl TlsFront {
    /// Starts one in front of a port of loopback; nothing where no certificate can be made.
    pub(crate) fn of(port: u16) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        or_skip("certificates by OpenSSL", certificates(folder.path()))?;
        let mut child = Command::new("python3")
            .arg(root().join("tests/py/tls_front.py"))
            .args([folder.path().join("front.pem"), folder.path().join("front.key")])
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Python made the other tools");
        let mut own = String::new();
        BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut own).expect("it is text");
        let port = own.trim().parse().expect("it listens and says where");
        Some(Self { child, port, folder })
    }

    /// Host and port, as the certificate has the host.
    pub(crate) fn authority(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// The certificate of whom to trust, for `SSL_CERT_FILE`.
    pub(crate) fn trust(&self) -> PathBuf {
        self.folder.path().join("trust.pem")
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing is left to do.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Makes an authority, and a certificate for `localhost` that it signed.
fn certificates(folder: &Path) -> Result<(), String> {
    let openssl = |arguments: &str| {
        let mut command = Command::new("openssl");
        run(command.args(arguments.split(' ')).current_dir(folder)).map(drop)
    };
    std::fs::write(folder.join("names"), "subjectAltName=DNS:localhost\n")
        .map_err(|error| error.to_string())?;
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    openssl(&format!("req -x509 {key} -days 2 -subj /CN=tests -keyout trust.key -out trust.pem"))?;
    openssl(&format!("req {key} -subj /CN=localhost -keyout front.key -out front.csr"))?;
    openssl(
        "x509 -req -in front.csr -CA trust.pem -CAkey trust.key -CAcreateserial -days 2 -extfile names -out front.pem",
    )
}
