//! Numbers that nobody can foretell, for delimiters and the names of temporary files. Not for keys.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// A number that the operating system's randomness seeds: what keys the hash maps of every Rust program
/// against strangers who choose the keys.
pub(crate) fn number() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn numbers_do_not_repeat() {
        assert_eq!((0..1000).map(|_| number()).collect::<HashSet<_>>().len(), 1000);
    }
}
