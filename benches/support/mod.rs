//! What the benchmarks share among themselves and with the tests.

#![expect(dead_code, unused_imports, reason = "each benchmark uses some of it, and the tests use the rest")]

#[path = "../../tests/it/support/corpus.rs"]
pub(crate) mod corpus;
pub(crate) mod process;
#[path = "../../tests/it/support/tools.rs"]
pub(crate) mod tools;
#[path = "../../tests/it/support/workflow_files.rs"]
pub(crate) mod workflow_files;
