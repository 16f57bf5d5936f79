//! How far the reading of the files is, for those who watch.
//!
//! Only the source of the bytes is wrapped: whoever reads them knows nothing of it.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::archive::source::ReadAt;
use crate::remote::surroundings::{Event, Progress};

/// A report about every so many bytes is enough for a bar, and costs nothing beside reading them.
const STEP_BYTES: u64 = 1 << 20;

/// The reading of several files.
#[derive(Clone)]
pub(super) struct Reading(Arc<Total>);

struct Total {
    progress: Arc<dyn Progress>,
    what: String,
    done: AtomicU64,
    size_bytes: u64,
}

/// A file whose reading is watched.
struct Watched {
    file: File,
    total: Arc<Total>,
    /// Bytes of this file that count: what is read twice counts once.
    left: AtomicU64,
}

impl Reading {
    /// Reads `files` files of `size_bytes` in all, and tells `progress` of it.
    pub(super) fn new(progress: &Arc<dyn Progress>, files: usize, size_bytes: u64) -> Self {
        let plural = if files == 1 { "" } else { "s" };
        let total = Total {
            progress: Arc::clone(progress),
            what: format!("reading {files} file{plural}"),
            done: AtomicU64::new(0),
            size_bytes,
        };
        Self(Arc::new(total))
    }

    /// Takes one of the files when it was opened.
    pub(super) fn watch(&self, file: File) -> Box<dyn ReadAt> {
        let size_bytes = ReadAt::size(&file).unwrap_or_default();
        Box::new(Watched { file, total: Arc::clone(&self.0), left: AtomicU64::new(size_bytes) })
    }

    /// Nothing more is read, although some files may have been left off where they were bad.
    pub(super) fn finish(self) {
        self.0.tell(self.0.size_bytes);
    }
}

impl Total {
    fn add(&self, count: u64) {
        let before = self.done.fetch_add(count, Ordering::Relaxed);
        let now = before + count;
        // The last word is that of `finish`.
        if before / STEP_BYTES != now / STEP_BYTES && now < self.size_bytes {
            self.tell(now);
        }
    }

    fn tell(&self, done: u64) {
        self.progress.event(Event::Bytes { what: &self.what, done, total: Some(self.size_bytes) });
    }
}

impl ReadAt for Watched {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let count = ReadAt::read_at(&self.file, buffer, offset)?;
        let read = count as u64;
        let update = |left: u64| Some(left.saturating_sub(read));
        let left = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, update).unwrap_or_default();
        self.total.add(read.min(left));
        Ok(count)
    }

    fn size(&self) -> io::Result<u64> {
        ReadAt::size(&self.file)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Watcher(Mutex<Vec<(u64, Option<u64>)>>);

    impl Progress for Watcher {
        fn event(&self, event: Event<'_>) {
            let Event::Bytes { what: "reading 2 files", done, total } = event else { panic!("{event:?}") };
            self.0.lock().expect("no panic").push((done, total));
        }
    }

    fn file(size_bytes: usize) -> File {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(&vec![0; size_bytes]).expect("written");
        file
    }

    #[test]
    fn what_is_read_twice_counts_once_and_the_end_is_told() {
        let watcher = Arc::new(Watcher::default());
        let progress: Arc<dyn Progress> = Arc::<Watcher>::clone(&watcher);
        let reading = Reading::new(&progress, 2, 4 << 20);
        let (one, two) = (reading.watch(file(3 << 20)), reading.watch(file(1 << 20)));
        let mut buffer = vec![0; 1 << 20];
        for offset in [2 << 20, 0, 1 << 20, 2 << 20, 0] {
            assert_eq!(one.read_at(&mut buffer, offset).expect("read"), 1 << 20);
        }
        two.read_at(&mut buffer[..10], 0).expect("read");
        drop((one, two));
        reading.finish();
        let total = Some(4 << 20);
        let told = watcher.0.lock().expect("no panic").clone();
        assert_eq!(told, [(1 << 20, total), (2 << 20, total), (3 << 20, total), (4 << 20, total)]);
    }
}
