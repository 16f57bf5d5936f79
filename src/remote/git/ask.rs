//! One question to git: which variables and settings it gets, how long it may take, and what its answer is.

use std::io;
use std::time::Duration;

use super::{GitRead, SERVICE};
use crate::remote::error::RemoteError;
use crate::remote::process::{Call, Ended, Said, Variables, run_apart};

/// No answer takes longer than this, on a large repository on a slow disk too.
const PATIENCE: Duration = Duration::from_secs(120);
/// No answer is longer than this, in bytes: a line for each of very many tags.
const LONGEST: usize = 32 << 20;

/// The variables that git, and what checks signatures for it, need to be found and to find the user's keys.
const NEEDED: &[&str] = &[
    "PATH",
    "HOME",
    "GNUPGHOME",
    "SystemRoot",
    "SystemDrive",
    "USERPROFILE",
    "APPDATA",
    "PATHEXT",
    "TEMP",
    "TMP",
];

/// What keeps out whatever could make git do more than look: settings of the machine, questions to a person, a network,
/// locks, and objects that stand for others.
const VARIABLES: &[(&str, &str)] = &[
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_CONFIG_GLOBAL", NOTHING),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("GIT_GRAFT_FILE", NOTHING),
    ("GIT_PAGER", "cat"),
    ("LC_ALL", "C"),
    ("TZ", "UTC0"),
];

/// Settings that a checkout may not decide: each could start a program of its choice, or bend an answer.
const SETTINGS: &[&str] = &[
    // The owner of a checkout is another user in a container. Nothing of it is believed, so it may be read.
    "safe.directory=*",
    "core.fsmonitor=false",
    "core.hooksPath=",
    "core.pager=cat",
    "core.sshCommand=false",
    "core.commitGraph=false",
    "credential.helper=",
    "protocol.allow=never",
    "log.showSignature=false",
    "color.ui=false",
    "gpg.program=gpg",
    "gpg.openpgp.program=gpg",
    "gpg.x509.program=gpgsm",
    "gpg.ssh.program=ssh-keygen",
    "gpg.minTrustLevel=undefined",
];

/// The file that is always empty.
const NOTHING: &str = if cfg!(windows) { "NUL" } else { "/dev/null" };

/// What git said.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// How it ended; `None` when a signal ended it.
    pub(super) code: Option<i32>,
    /// What it answered.
    pub(super) out: Vec<u8>,
    /// What it remarked.
    pub(super) remarks: String,
}

impl Answer {
    /// The answer as text. Names in another encoding than UTF-8 have the sign for what cannot be read in them.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }

    /// The answer as the text of a file; `None` where there is no answer, or no text.
    pub(super) fn text_of_file(self) -> Option<String> {
        String::from_utf8(self.out).ok().filter(|_| self.code == Some(0))
    }

    /// The last remark, for a message.
    fn remark(&self) -> String {
        let last =
            self.remarks.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("no explanation");
        last.trim_start_matches("fatal: ").chars().take(300).collect()
    }
}

impl GitRead {
    /// Asks git something that it can answer, or not, by how it ends.
    pub(super) async fn try_ask(&self, what: &str, arguments: &[&str]) -> Result<Answer, RemoteError> {
        self.ask_with(what, &[], arguments).await
    }

    /// Asks git something that it has to answer.
    pub(super) async fn ask(&self, what: &str, arguments: &[&str]) -> Result<String, RemoteError> {
        let answer = self.try_ask(what, arguments).await?;
        match answer.code {
            Some(0) => Ok(answer.text()),
            _ => Err(refused(what, &answer)),
        }
    }

    /// As [`Self::try_ask`], with further settings.
    pub(super) async fn ask_with(
        &self,
        what: &str,
        settings: &[String],
        arguments: &[&str],
    ) -> Result<Answer, RemoteError> {
        let all = SETTINGS.iter().map(|setting| (*setting).to_owned()).chain(settings.iter().cloned());
        let mut words: Vec<String> = vec!["--no-pager".to_owned()];
        words.extend(all.flat_map(|setting| ["-c".to_owned(), setting]));
        words.extend(arguments.iter().map(|word| (*word).to_owned()));
        let variables = VARIABLES.iter().fold(self.needed(), |all, (name, value)| all.with(name, *value));
        self.run("git", &words, &variables, what).await
    }

    /// Runs a program in the checkout, for as long as an answer may take.
    pub(super) async fn run(
        &self,
        program: &str,
        words: &[String],
        variables: &Variables,
        what: &str,
    ) -> Result<Answer, RemoteError> {
        let call = Call::new(program, words.iter().cloned());
        let (out, remarks) = (Said::with_room(LONGEST), Said::default());
        let run = run_apart(&call, &self.dir, variables, [&out, &remarks], &self.stop);
        let missing = |why: String, hint: &str| RemoteError::Missing {
            what: format!("{program} cannot be asked ({what}): {why}"),
            hint: hint.to_owned(),
        };
        match tokio::time::timeout(PATIENCE, run).await {
            Err(_elapsed) => Err(missing(
                format!("it did not answer within {} seconds", PATIENCE.as_secs()),
                "is the disk well, and the checkout whole?",
            )),
            Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound && self.dir.is_dir() => Err(missing(
                "there is no such program".to_owned(),
                "install git, or leave `local` out: GitHub tells the same",
            )),
            Ok(Err(error)) => {
                Err(missing(error.to_string(), "is the folder right, and may programs be started?"))
            }
            Ok(Ok(Ended::Stopped)) => {
                Err(missing("a signal asked to stop".to_owned(), "run again: nothing was changed"))
            }
            Ok(Ok(Ended::Exited { code })) => match out.whole() {
                Some(out) => Ok(Answer { code, out, remarks: remarks.text() }),
                None => Err(RemoteError::TooLarge {
                    service: SERVICE,
                    what: what.to_owned(),
                    limit_bytes: LONGEST as u64,
                }),
            },
        }
    }

    /// The variables of this program that a child needs.
    pub(super) fn needed(&self) -> Variables {
        let found = NEEDED.iter().filter_map(|name| Some((*name, self.variables.get(name)?)));
        found.fold(Variables::default(), |all, (name, value)| all.with(name, value))
    }
}

/// The error that git's own refusal becomes.
pub(super) fn refused(what: &str, answer: &Answer) -> RemoteError {
    let remark = answer.remark();
    let hint = if remark.contains("not a git repository") {
        "check the sources out before this step, with their `.git` folder, or leave `local` out: GitHub tells the same"
    } else {
        "is the checkout whole (`git fsck`)? leave `local` out to ask GitHub"
    };
    RemoteError::Missing { what: format!("git could not tell ({what}): {remark}"), hint: hint.to_owned() }
}

/// An answer that is not what git promises.
pub(super) fn unexpected(what: &str, expected: &'static str, found: &str) -> RemoteError {
    RemoteError::Unexpected {
        service: SERVICE,
        host: "this machine".to_owned(),
        what: what.to_owned(),
        expected,
        found: found.chars().take(120).collect(),
    }
}
