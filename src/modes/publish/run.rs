//! What one run remembers between its looks: what it sent, and what it read of files that cannot change.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::PublishError;
use crate::archive::{self, PackedCrate};
use crate::model::artifact::Artifact;
use crate::model::digest::Sha256;
use crate::model::target::RegistryName;
use crate::remote::disk::read::DiskRead;
use crate::report::Finding;

/// The memory of a run. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Run(Arc<Memory>);

#[derive(Debug, Default)]
struct Memory {
    sent: Mutex<BTreeMap<(RegistryName, String), Sent>>,
    crates: Mutex<HashMap<Sha256, Arc<PackedCrate>>>,
    lockstep: Mutex<Option<Vec<Finding>>>,
}

/// What is known of a file that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// The registry said that it took it.
    Taken,
    /// It said nothing, or nothing that is sure.
    Maybe,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Run {
    pub(super) fn remember(&self, registry: &RegistryName, artifact: &Artifact, sent: Sent) {
        let key = (registry.clone(), artifact.file_name.to_string());
        locked(&self.0.sent).insert(key, sent);
    }

    /// Of a file that did not go out after all.
    pub(super) fn forget(&self, registry: &RegistryName, artifact: &Artifact) {
        locked(&self.0.sent).remove(&(registry.clone(), artifact.file_name.to_string()));
    }

    /// Whether this run sent anything that may be somewhere.
    pub(super) fn sent_any(&self) -> bool {
        !locked(&self.0.sent).is_empty()
    }

    /// Whether and how this run sent the file.
    pub(super) fn sent(&self, registry: &RegistryName, artifact: &Artifact) -> Option<Sent> {
        locked(&self.0.sent).get(&(registry.clone(), artifact.file_name.to_string())).copied()
    }

    /// What is in a packed crate, read once.
    pub(super) fn packed(
        &self,
        disk: &DiskRead,
        artifact: &Artifact,
        path: &Path,
    ) -> Result<Arc<PackedCrate>, PublishError> {
        if let Some(known) = locked(&self.0.crates).get(&artifact.sha256) {
            return Ok(Arc::clone(known));
        }
        let packed = match archive::packed_crate(&disk.open(path)?, artifact) {
            Ok(packed) => packed,
            // Bytes that are the vetted ones did not change: then the reader cannot make sense of them.
            Err(source) if disk.hashes(path)?.sha256 == artifact.sha256 => {
                return Err(PublishError::Crate { file: path.to_path_buf(), source });
            }
            Err(_) => return Err(PublishError::Changed { file: path.to_path_buf() }),
        };
        let packed = Arc::new(packed);
        locked(&self.0.crates).insert(artifact.sha256, Arc::clone(&packed));
        Ok(packed)
    }

    /// What `find` finds, the first time.
    pub(super) fn lockstep(
        &self,
        find: impl FnOnce() -> Result<Vec<Finding>, PublishError>,
    ) -> Result<Vec<Finding>, PublishError> {
        let mut known = locked(&self.0.lockstep);
        match &*known {
            Some(findings) => Ok(findings.clone()),
            None => Ok(known.insert(find()?).clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::model::artifact::{ArtifactKind, FileName};
    use crate::model::digest::Hashes;

    #[test]
    fn a_crate_that_cannot_be_read_did_not_change() {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(b"no archive").expect("written");
        let name: FileName = "sample-1.0.0.crate".parse().expect("a name");
        let packed = |vetted: &str| {
            let kind = ArtifactKind::of_file_name(&name);
            let artifact = Artifact::new(name.clone(), Hashes::of(vetted.as_bytes()), kind);
            Run::default().packed(&DiskRead::default(), &artifact, file.path())
        };
        assert!(matches!(packed("no archive"), Err(PublishError::Crate { .. })));
        assert!(matches!(packed("other bytes"), Err(PublishError::Changed { .. })));
    }
}
