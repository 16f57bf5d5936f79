//! Secrets and packers in texts, found while they pass.
//!
//! One search for a dozen literal beginnings runs over every text; only behind a beginning does anybody look
//! closer. What was found is told by kind and line: a secret itself is never kept.

mod confirm;

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use aho_corasick::packed::Searcher;

/// Something that a text should not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// What it is.
    pub kind: MarkKind,
    /// The line, from 1.
    pub line: usize,
}

/// What a text should not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum MarkKind {
    /// An upload token of the public index or of its test instance.
    IndexToken,
    /// Code that `PyArmor` encrypted.
    PyArmor,
    /// Code that `SourceDefender` encrypted.
    SourceDefender,
    /// A private key, not encrypted, in the form of PEM or of PGP's armour.
    PrivateKey,
    /// The identifier of an access key of AWS.
    CloudKey,
    /// An access token of GitHub.
    ForgeToken,
}

/// The beginnings, each with what may follow from it.
const BEGINNINGS: &[(&str, MarkKind)] = &[
    ("pypi-AgEIcHlwaS5vcmcCJ", MarkKind::IndexToken),
    ("pypi-AgENdGVzdC5weXBpLm9yZwIk", MarkKind::IndexToken),
    ("__pyarmor_", MarkKind::PyArmor),
    ("---BEGIN PYE FILE---", MarkKind::SourceDefender),
    ("---END PYE FILE---", MarkKind::SourceDefender),
    ("-----BEGIN ", MarkKind::PrivateKey),
    ("AKIA", MarkKind::CloudKey),
    ("ghp_", MarkKind::ForgeToken),
    ("gho_", MarkKind::ForgeToken),
    ("ghu_", MarkKind::ForgeToken),
    ("ghs_", MarkKind::ForgeToken),
    ("ghr_", MarkKind::ForgeToken),
    ("github_pat_", MarkKind::ForgeToken),
];
const PYE_END: usize = 4;

/// So many bytes behind a beginning settle whether it is a mark.
const WINDOW_BYTES: usize = 320;
/// A text full of marks tells no more than one with these.
const MOST_MARKS: usize = 16;

static SEARCH: LazyLock<Search> = LazyLock::new(Search::new);

/// Vector instructions where the processor has them.
struct Search {
    packed: Option<Searcher>,
    plain: AhoCorasick,
}

impl Search {
    fn new() -> Self {
        let beginnings = || BEGINNINGS.iter().map(|(text, _)| text);
        let plain = AhoCorasick::new(beginnings()).expect("a dozen short texts make an automaton");
        Self { packed: Searcher::new(beginnings()), plain }
    }

    /// Which beginning comes first in `bytes` from `at` on, and where.
    fn next(&self, bytes: &[u8], at: usize) -> Option<(usize, usize)> {
        let found = match &self.packed {
            Some(packed) => packed.find_in(bytes, (at..bytes.len()).into()),
            None => self.plain.find(aho_corasick::Input::new(bytes).range(at..)),
        };
        found.map(|found| (found.pattern().as_usize(), found.start()))
    }
}

/// Looks for marks in one member.
pub(super) struct Scanner {
    scope: Scope,
    /// The last bytes, which wait for what comes behind them.
    waiting: Vec<u8>,
    /// The byte before those that wait.
    before: u8,
    line: usize,
    /// The line where an encrypted source begins, until its end is seen.
    pye_line: Option<usize>,
    marks: Vec<Mark>,
}

/// What is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Nothing,
    Text,
    /// A text that Python runs, in which packers are looked for, too.
    Python,
}

impl Scope {
    fn of(path: &str) -> Self {
        let file = path.rsplit('/').next().unwrap_or(path);
        let Some((_, extension)) = file.rsplit_once('.') else { return Self::Text };
        let mut lower = [0; 12];
        let Some(lower) = lower.get_mut(..extension.len()) else { return Self::Nothing };
        lower.copy_from_slice(extension.as_bytes());
        lower.make_ascii_lowercase();
        match &*lower {
            b"py" | b"pye" | b"pyw" => Self::Python,
            extension if TEXTS.split(' ').any(|text| text.as_bytes() == extension) => Self::Text,
            _ => Self::Nothing,
        }
    }
}

/// Extensions of texts that people write, and in which they forget things.
const TEXTS: &str = "pyi pyx pxd txt md rst toml cfg ini conf config json jsonl yaml yml xml html htm js mjs cjs ts \
                     tsx jsx css sh bash zsh fish bat cmd ps1 c h cc cpp cxx hpp rs go java rb pl lua sql tf tfvars \
                     env pem key crt p8 asc csv tsv pth properties ipynb in lock log patch diff template tmpl j2 \
                     pypirc netrc npmrc gitconfig dockerfile service";

impl Scanner {
    /// A scanner that suits the member's name.
    pub(super) fn of(path: &str) -> Self {
        let scope = Scope::of(path);
        Self { scope, waiting: Vec::new(), before: b'\n', line: 1, pye_line: None, marks: Vec::new() }
    }

    /// Takes the next bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        if self.scope == Scope::Nothing {
            return;
        }
        let mut waiting = std::mem::take(&mut self.waiting);
        if let Some(settled) = bytes.len().checked_sub(WINDOW_BYTES) {
            let waited = waiting.len();
            if waited > 0 {
                waiting.extend_from_slice(&bytes[..WINDOW_BYTES]);
                self.look(&waiting, waited);
                waiting.clear();
            }
            self.look(bytes, settled);
            waiting.extend_from_slice(&bytes[settled..]);
        } else {
            waiting.extend_from_slice(bytes);
            if waiting.len() >= 2 * WINDOW_BYTES {
                let settled = waiting.len() - WINDOW_BYTES;
                self.look(&waiting, settled);
                waiting.drain(..settled);
            }
        }
        self.waiting = waiting;
    }

    /// What was found, in order.
    pub(super) fn finish(mut self) -> Vec<Mark> {
        let waiting = std::mem::take(&mut self.waiting);
        self.look(&waiting, waiting.len());
        self.marks
    }

    /// Looks for marks that begin in the first `settled` of these bytes; the others are there to be looked at.
    fn look(&mut self, bytes: &[u8], settled: usize) {
        let (mut at, mut counted) = (0, 0);
        while self.marks.len() < MOST_MARKS
            && let Some((beginning, start)) = SEARCH.next(bytes, at)
            && start < settled
        {
            let before = start.checked_sub(1).map_or(self.before, |before| bytes[before]);
            self.line += newlines(&bytes[counted..start]);
            counted = start;
            self.begin(beginning, before, &bytes[start..]);
            at = start + 1;
        }
        self.line += newlines(&bytes[counted..settled]);
        if let Some(last) = settled.checked_sub(1) {
            self.before = bytes[last];
        }
    }

    /// Decides whether the beginning that `rest` starts with is a mark.
    fn begin(&mut self, beginning: usize, before: u8, rest: &[u8]) {
        let (text, kind) = BEGINNINGS[beginning];
        let rest = &rest[text.len()..];
        let line = match kind {
            MarkKind::PyArmor | MarkKind::SourceDefender if self.scope != Scope::Python => None,
            MarkKind::SourceDefender if beginning == PYE_END => self.pye_line.take(),
            MarkKind::SourceDefender => {
                self.pye_line.get_or_insert(self.line);
                None
            }
            _ => confirm::is_mark(kind, text, before, rest).then_some(self.line),
        };
        // One of a kind in a line is enough: a hook that is entered is left, too.
        if let Some(line) = line
            && self.marks.last() != Some(&Mark { kind, line })
        {
            self.marks.push(Mark { kind, line });
        }
    }
}

fn newlines(bytes: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', bytes).count()
}

#[cfg(test)]
mod tests;
