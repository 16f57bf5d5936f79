//! GitHub's place in the world until its simulator moves in: every request is answered with 501.

use std::sync::{Arc, Mutex};

use super::{Request, Response, Service};

/// The state that the three front services share.
#[derive(Debug)]
pub struct Github;

impl Github {
    /// A repository without releases.
    pub fn new(_repository: &str) -> Self {
        Self
    }

    /// Tells the origins of the front services, which answers name.
    pub fn set_origins(&mut self, _uploads: &str, _storage: &str) {}
}

macro_rules! front {
    ($front:ident, $name:literal, $doc:literal $(, $base_path:ident)?) => {
        #[doc = $doc]
        #[derive(Debug)]
        pub struct $front;

        impl $front {
            /// A front on `shared`.
            pub fn new(_shared: Arc<Mutex<Github>> $(, $base_path: &str)?) -> Self {
                Self
            }
        }

        impl Service for $front {
            fn name(&self) -> &'static str {
                $name
            }

            fn handle(&mut self, _request: &Request) -> Response {
                Response::empty(501)
            }

            fn lag(&mut self, _reads: u32) {}

            fn corrupt(&mut self, _files: u32) {}
        }
    };
}

front!(Api, "github", "The REST API.", _base_path);
front!(Uploads, "uploads", "Where assets are sent to.");
front!(Storage, "storage", "Where assets and artifacts are fetched from.");
