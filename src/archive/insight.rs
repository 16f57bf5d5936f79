//! What is seen of a member besides its digests, while it passes: who starts a script, secrets and packers in
//! texts, and what a loader would see of a native file.

use super::scan::{Mark, Scanner};
use crate::native::sparse::{Collector, Sparse};
use crate::native::{self, Broken, Format, Object};

/// What was seen of a member.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Insight {
    /// The first line of a script, without its end; at most 512 bytes of it.
    pub first_line: Option<Vec<u8>>,
    /// Secrets and packers that a text holds.
    pub marks: Vec<Mark>,
    /// The native file that it is.
    pub native: Option<Result<Object, Broken>>,
}

const MOST_LINE_BYTES: usize = 512;
const MOST_PASSES: usize = 6;

/// Watches one member pass by.
pub(super) struct Observer {
    size_bytes: u64,
    wants_first_line: bool,
    wants_native: bool,
    format: Option<Format>,
    collector: Option<Collector>,
    /// A native file that was read, or parts of one that were kept.
    sparse: Option<Sparse>,
    scanner: Scanner,
    insight: Insight,
    begun: bool,
}

impl Observer {
    /// Watches the member at `path`, which says that it has `size_bytes`.
    pub(super) fn new(path: &str, size_bytes: u64, wants_native: bool) -> Self {
        Self {
            size_bytes,
            wants_first_line: is_script(path),
            wants_native,
            format: None,
            collector: None,
            sparse: None,
            scanner: Scanner::of(path),
            insight: Insight::default(),
            begun: false,
        }
    }

    /// Takes the whole member at once.
    pub(super) fn whole(&mut self, bytes: &[u8]) {
        self.begin(bytes);
        match self.format {
            Some(format) => self.insight.native = Some(native::read(format, bytes)),
            None => self.scanner.update(bytes),
        }
    }

    /// Takes the next bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        if !self.begun {
            self.begin(bytes);
            let collector = |format| Collector::ends_and(native::ahead(format, bytes), self.size_bytes);
            self.collector = self.format.map(collector);
        }
        match &mut self.collector {
            Some(collector) => collector.update(bytes),
            None => self.scanner.update(bytes),
        }
    }

    fn begin(&mut self, bytes: &[u8]) {
        self.begun = true;
        if self.wants_native {
            self.format = Format::of(bytes);
        }
        if self.wants_first_line {
            let head = &bytes[..bytes.len().min(MOST_LINE_BYTES)];
            let end = head.iter().position(|byte| *byte == b'\n').unwrap_or(head.len());
            self.insight.first_line = Some(head[..end].to_vec());
        }
    }

    /// Ends a pass; gives what the next pass has to keep, when a native file needs one. `passes` were made.
    pub(super) fn wants_more(&mut self, passes: usize) -> Option<Collector> {
        let format = self.format?;
        let sparse = match self.collector.take() {
            Some(collector) => self.sparse.insert(collector.finish()),
            None => return None,
        };
        let read = native::read(format, &*sparse);
        let more = sparse.wants_more().filter(|_| passes < MOST_PASSES);
        self.insight.native = Some(read);
        more
    }

    /// Takes what another pass kept.
    pub(super) fn another_pass(&mut self, collector: Collector) {
        self.collector = Some(collector);
    }

    /// What was seen, if anything.
    pub(super) fn finish(mut self) -> Option<Box<Insight>> {
        self.insight.marks = self.scanner.finish();
        (self.insight != Insight::default()).then(|| Box::new(self.insight))
    }
}

/// Whether an installer puts the member where commands lie.
fn is_script(path: &str) -> bool {
    let mut parts = path.split('/');
    parts.next().is_some_and(|top| top.ends_with(".data")) && parts.next() == Some("scripts")
}
