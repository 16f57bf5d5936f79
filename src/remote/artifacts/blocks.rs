//! Bytes on their way to the store: cut into blocks while they are made, hashed, some blocks under way at once.
//!
//! A block that arrives twice is the same block, so a block is sent again when its reply is lost; what was sent counts
//! only when a list of all blocks is committed, and that happens once every byte was made without a fault.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use reqwest::Method;
use tokio::sync::mpsc;
use url::Url;

use super::write::{PackBytes, UploadError};
use super::{Repeat, patiently};
use crate::model::digest::{Hasher, Hashes};
use crate::remote::error::RemoteError;
use crate::remote::http::Http;
use crate::remote::http::answer::Answer;
use crate::remote::http::call::{Call, Part};

const STORE: &str = "the artifact store";
/// The size of all blocks but the last.
const BLOCK_BYTES: usize = 8 << 20;
/// So many blocks are under way at once.
const IN_FLIGHT: usize = 5;
/// The store's interface that this was written for.
const VERSION: &str = "2026-02-06";

/// Where one artifact's bytes go: the signed address, for whom it is, and of which kind they are.
#[derive(Clone)]
pub(super) struct Store {
    pub(super) http: Http,
    pub(super) url: Url,
    pub(super) what: String,
    pub(super) media_type: String,
}

impl Store {
    /// Sends what `pack` writes, block by block. Nothing of it counts before [`Self::commit`].
    pub(super) async fn send(&self, pack: PackBytes) -> Result<(Hashes, Vec<String>), UploadError> {
        let (sender, mut made) = mpsc::channel(1);
        let packing = tokio::task::spawn_blocking(move || {
            let mut blocks = Blocks { sender, waiting: BytesMut::new(), hasher: Hasher::new() };
            pack(&mut blocks)?;
            Ok(blocks.finish()?)
        });
        let mut under_way = FuturesUnordered::new();
        let mut ids = Vec::new();
        let mut is_open = true;
        while is_open || !under_way.is_empty() {
            tokio::select! {
                block = made.recv(), if is_open && under_way.len() < IN_FLIGHT => match block {
                    Some(block) => {
                        under_way.push(self.put_block(ids.len(), block));
                        ids.push(id(ids.len()));
                    }
                    None => is_open = false,
                },
                Some(sent) = under_way.next(), if !under_way.is_empty() => sent?,
            }
        }
        match packing.await {
            Ok(Ok(hashes)) => Ok((hashes, ids)),
            Ok(Err(error)) => Err(UploadError::Pack(error)),
            Err(error) => Err(UploadError::Pack(error.into())),
        }
    }

    /// Makes these blocks, in this order, what is stored.
    pub(super) async fn commit(&self, ids: &[String]) -> Result<(), RemoteError> {
        let listed: String = ids.iter().map(|id| format!("<Latest>{id}</Latest>")).collect();
        let body = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>{listed}</BlockList>");
        let call = self
            .call(self.what.clone(), &[("comp", "blocklist")])
            .header("content-type", "application/xml")
            .header("x-ms-blob-content-type", self.media_type.clone());
        self.created(call.carrying(vec![Part::Bytes(body.into())])).await
    }

    async fn put_block(&self, number: usize, block: Bytes) -> Result<(), RemoteError> {
        // Each block is a transfer of its own to whoever watches.
        let what = format!("{}, block {}", self.what, number + 1);
        let call = self.call(what, &[("comp", "block"), ("blockid", &id(number))]);
        let call = call.header("content-type", "application/octet-stream").carrying(vec![Part::Bytes(block)]);
        self.created(call).await
    }

    fn call(&self, what: String, pairs: &[(&str, &str)]) -> Call {
        let mut url = self.url.clone();
        url.query_pairs_mut().extend_pairs(pairs);
        Call::new(Method::PUT, STORE, what, url).header("x-ms-version", VERSION)
    }

    async fn created(&self, call: Call) -> Result<(), RemoteError> {
        let stored = |answer: &Answer| match answer.status {
            201 => Ok(()),
            status => {
                let kind = if answer.is_page() { "a page of HTML" } else { "something else" };
                Err(answer.unexpected("that it is stored (status 201)", format!("{kind} (status {status})")))
            }
        };
        patiently(&self.http, &call, Repeat::Always, stored).await
    }
}

/// Ids of one length, in base64, as the store wants them.
fn id(number: usize) -> String {
    STANDARD.encode(format!("block-{number:06}"))
}

/// Cuts what is written into blocks.
struct Blocks {
    sender: mpsc::Sender<Bytes>,
    waiting: BytesMut,
    hasher: Hasher,
}

impl Blocks {
    fn send(&mut self) -> io::Result<()> {
        let block = std::mem::take(&mut self.waiting).freeze();
        let gone = |_| io::Error::new(io::ErrorKind::BrokenPipe, "the upload was broken off");
        self.sender.blocking_send(block).map_err(gone)
    }

    fn finish(mut self) -> io::Result<Hashes> {
        if !self.waiting.is_empty() {
            self.send()?;
        }
        Ok(self.hasher.finish())
    }
}

impl Write for Blocks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.waiting.is_empty() {
            self.waiting.reserve(BLOCK_BYTES);
        }
        let count = bytes.len().min(BLOCK_BYTES - self.waiting.len());
        self.hasher.update(&bytes[..count]);
        self.waiting.extend_from_slice(&bytes[..count]);
        if self.waiting.len() == BLOCK_BYTES {
            self.send()?;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
