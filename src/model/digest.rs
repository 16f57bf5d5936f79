//! Digests, and the hasher that computes all of them in one pass over the bytes.

use std::fmt;
use std::str::FromStr;

use blake2::digest::consts::U32;
use sha2::Digest as _;

/// A SHA-256 digest; its text form is 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sha256([u8; 32]);

/// A BLAKE2b digest of 256 bits, which PyPI's upload form asks for beside SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Blake2b256([u8; 32]);

/// Why a text is no digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no digest of 64 hexadecimal digits")]
pub struct DigestError {
    text: String,
}

impl Sha256 {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// Takes a digest that some hasher computed.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 raw bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 12 hexadecimal digits, for tables that people read.
    pub fn short(&self) -> String {
        self.to_string()[..12].to_owned()
    }
}

impl Blake2b256 {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(blake2::Blake2b::<U32>::digest(bytes).into())
    }
}

/// What one pass over a file's bytes yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hashes {
    /// How many bytes there were.
    pub size_bytes: u64,
    /// SHA-256 of all bytes.
    pub sha256: Sha256,
}

/// Computes [`Hashes`] while bytes pass by.
#[derive(Clone, Default)]
pub struct Hasher {
    size_bytes: u64,
    sha256: sha2::Sha256,
}

impl Hasher {
    /// A hasher that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.size_bytes += bytes.len() as u64;
        self.sha256.update(bytes);
    }

    /// The digests of all that passed.
    pub fn finish(self) -> Hashes {
        Hashes { size_bytes: self.size_bytes, sha256: Sha256(self.sha256.finalize().into()) }
    }
}

/// Computes a [`Blake2b256`] while bytes pass by: beside a [`Hasher`], for files that are to be uploaded.
#[derive(Clone, Default)]
pub struct Blake2bHasher(blake2::Blake2b<U32>);

impl Blake2bHasher {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all that passed.
    pub fn finish(self) -> Blake2b256 {
        Blake2b256(self.0.finalize().into())
    }
}

impl Hashes {
    /// The digests of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(bytes);
        hasher.finish()
    }
}

fn write_hex(bytes: &[u8; 32], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

fn read_hex(text: &str) -> Result<[u8; 32], DigestError> {
    let error = || DigestError { text: text.chars().take(80).collect() };
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return Err(error());
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = [pair[0], pair[1]].map(|digit| (digit as char).to_digit(16));
        *byte = u8::try_from(high.zip(low).map(|(high, low)| high * 16 + low).ok_or_else(error)?)
            .expect("two hexadecimal digits make one byte");
    }
    Ok(bytes)
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{self}")
    }
}

impl FromStr for Sha256 {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        read_hex(text).map(Self)
    }
}

impl fmt::Display for Blake2b256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

impl fmt::Debug for Blake2b256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "blake2b256:{self}")
    }
}

impl FromStr for Blake2b256 {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        read_hex(text).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The digests of `abc`, from FIPS 180-4 and from RFC 7693's reference implementation.
    #[test]
    fn published_vectors_hold() {
        let hashes = Hashes::of(b"abc");
        assert_eq!(hashes.size_bytes, 3);
        assert_eq!(
            hashes.sha256.to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        let mut hasher = Blake2bHasher::default();
        hasher.update(b"a");
        hasher.update(b"bc");
        let blake2b256 = hasher.finish();
        assert_eq!(
            blake2b256.to_string(),
            "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"
        );
        assert_eq!(blake2b256, Blake2b256::of(b"abc"));
    }

    #[test]
    fn text_comes_back_and_bad_text_is_refused() {
        let digest = Sha256::of(b"x");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert_eq!(digest.to_string().to_uppercase().parse(), Ok(digest));
        let half_of_an_umlaut = format!("{}ö", "0".repeat(62));
        for bad in ["", "00", &"g".repeat(64), &half_of_an_umlaut, &"+".repeat(64)] {
            assert!(bad.parse::<Sha256>().is_err(), "{bad}");
        }
    }
}
