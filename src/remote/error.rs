//! Why a service could not be asked, or did not do what it was asked.

use std::io;

use crate::model::digest::Sha256;

/// What went wrong between us and a service. Texts that a service sent are cut to a length at the border and
/// neutralised where they are printed; no URL with a query, no header and no token is ever part of one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RemoteError {
    /// No connection, or none that lasted until the request was out. The service did nothing.
    #[error("{service} at `{host}` cannot be reached ({what})")]
    Unreachable {
        service: &'static str,
        host: String,
        what: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The request went out and no whole answer came back: it may or may not have taken effect.
    #[error("{service} at `{host}` gave no whole answer ({what})")]
    Lost {
        service: &'static str,
        host: String,
        what: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The service answered with an error.
    #[error("{service} answered {status} ({what}): {message}")]
    Status { service: &'static str, what: String, status: u16, message: String, hint: Option<String> },
    /// The service answered with something else than its interface promises, such as a page of HTML.
    #[error("{service} at `{host}` answered with {found} where {expected} was expected ({what})")]
    Unexpected { service: &'static str, host: String, what: String, expected: &'static str, found: String },
    /// The answer is larger than anything the service would send.
    #[error("{service} sent more than {limit_bytes} bytes ({what})")]
    TooLarge { service: &'static str, what: String, limit_bytes: u64 },
    /// Bytes that arrived are not the bytes that were stated.
    #[error("`{file}` from {service} is not what was stated: {expected} expected, {found} received")]
    Digest { service: &'static str, file: String, expected: Sha256, found: Sha256 },
    /// The service holds other bytes under this name.
    #[error("{service} already holds other bytes as `{file}`: {theirs} there, {ours} here")]
    Conflict { service: &'static str, file: String, ours: Sha256, theirs: String },
    /// A file on this machine could not be read or written.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// What is needed to ask is not there.
    #[error("{what}")]
    Missing { what: String, hint: String },
}

/// Why a file on this machine could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("`{path}` cannot be {action}")]
pub(crate) struct DiskError {
    /// The file or folder.
    pub(crate) path: String,
    /// `read`, `written`, `listed`, …
    pub(crate) action: &'static str,
    /// What the system said.
    #[source]
    pub(crate) source: std::io::Error,
}

impl DiskError {
    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<String> {
        let text = match self.source.kind() {
            io::ErrorKind::NotFound => "is the path right, and did the step before leave it there?",
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                "may the user who runs this do that? a container of an earlier step leaves files that belong to root"
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                "make room on the disk, then run again"
            }
            io::ErrorKind::InvalidData => "is it a text file in UTF-8, and does nobody else write to it?",
            io::ErrorKind::FileTooLarge if matches!(self.action, "written" | "filled") => {
                "is there a limit on the size of files (`ulimit -f`)? lift it, then run again"
            }
            io::ErrorKind::FileTooLarge => "is this the right file?",
            io::ErrorKind::ResourceBusy => "run again: the next run sees it as it is now",
            io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory => {
                "is the path right? a folder and a file were mistaken for each other"
            }
            _ => "is the path right, and is the disk well?",
        };
        Some(text.to_owned())
    }
}

impl RemoteError {
    /// Whether the effect may have come about all the same.
    pub(crate) fn is_ambiguous(&self) -> bool {
        match self {
            Self::Lost { .. } => true,
            Self::Status { status, .. } => *status >= 500,
            Self::Unexpected { .. } | Self::TooLarge { .. } => true,
            Self::Unreachable { .. }
            | Self::Digest { .. }
            | Self::Conflict { .. }
            | Self::Disk(_)
            | Self::Missing { .. } => false,
        }
    }

    /// What to do about it, where that is known.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Status { hint, .. } => hint.clone(),
            Self::Unreachable { source, .. } | Self::Lost { source, .. } => {
                Some(about_encryption(source.as_ref()).unwrap_or("is the address right, and does the network let this machine reach it? run again: what is done is found and not repeated").into())
            }
            Self::Unexpected { .. } => Some("is this the address of the service itself, not of a proxy or a log-in page?".into()),
            Self::Conflict { .. } => Some("bytes that are out cannot be replaced: release a new version, or remove the file there by hand".into()),
            Self::Digest { .. } => Some("the transfer or the store is damaged: run again, and build again if it stays".into()),
            Self::Missing { hint, .. } => Some(hint.clone()),
            Self::Disk(error) => error.hint(),
            Self::TooLarge { .. } => {
                Some("is this the address of the service itself, and the file the right one?".into())
            }
        }
    }
}

/// What to do when it is the encryption that failed, as the TLS library words it.
fn about_encryption(source: &(dyn std::error::Error + 'static)) -> Option<&'static str> {
    let chain = std::iter::successors(Some(source), |error| error.source());
    let said: String = chain.map(|error| error.to_string().to_ascii_lowercase()).collect();
    let has = |words: &[&str]| words.iter().any(|words| said.contains(words));
    if has(&["certificate"]) {
        return Some(
            "is the address right? where a proxy opens encrypted connections, or the service has an authority of its own, \
             let `SSL_CERT_FILE` name that authority's certificate",
        );
    }
    has(&["corrupt message", "handshake", "tls"])
        .then_some("does that port speak TLS? is the address right, and its port?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_of_encryption_has_a_hint_of_its_own() {
        let hint = |text: &str| {
            let source = io::Error::other(io::Error::other(text.to_owned()));
            let (service, host, what) = ("the service", "host".to_owned(), "asking".to_owned());
            RemoteError::Unreachable { service, host, what, source: source.into() }.hint().expect("a hint")
        };
        assert!(hint("invalid peer certificate: UnknownIssuer").contains("SSL_CERT_FILE"));
        assert!(hint("received corrupt message of type InvalidContentType").contains("TLS"));
        assert!(hint("connection refused").contains("network"));
    }
}
