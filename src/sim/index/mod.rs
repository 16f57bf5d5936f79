//! A Python index.

use super::clock::Clock;
use super::oidc::jwt::Key;
use super::{Request, Response, Service};

/// A Python index.
#[derive(Debug)]
pub struct Index {
    name: &'static str,
}

impl Index {
    /// An empty index that answers as PyPI does.
    pub fn pypi(_clock: Clock, _key: Key) -> Self {
        Self { name: "index" }
    }

    /// An empty index that answers as TestPyPI does.
    pub fn test_pypi(_clock: Clock, _key: Key) -> Self {
        Self { name: "test-index" }
    }
}

impl Service for Index {
    fn name(&self) -> &'static str {
        self.name
    }

    fn handle(&mut self, _request: &Request) -> Response {
        Response::of(404, "text/plain; charset=utf-8", "404 Not Found")
    }

    fn lag(&mut self, _reads: u32) {}

    fn corrupt(&mut self, _files: u32) {}
}
