//! JSON web tokens of the simulated issuer.
//!
//! They look as GitHub's do, `RS256` in the header included. The signature is a keyed hash that issuer and
//! verifier share: clients must not look into it, and the verifier here refuses every token but the issuer's own.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// How many hashes of 32 bytes make a signature as long as RSA's with 2048 bits.
const BLOCKS: u8 = 8;

/// The issuer's key, shared with who verifies.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

/// Why a token does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::sim) enum JwtError {
    /// It is not three parts of base64 with JSON in the first two.
    #[error("it is malformed")]
    Malformed,
    /// Its signature is not the issuer's.
    #[error("its signature is not the issuer's")]
    Signature,
}

impl Default for Key {
    fn default() -> Self {
        Self(Sha256::digest(b"the key of the simulated issuer").into())
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Key {
    /// A token with these claims.
    pub(in crate::sim) fn sign(&self, claims: &Value) -> String {
        let header = json!({ "alg": "RS256", "kid": "simulated", "typ": "JWT", "x5t": "simulated" });
        let message = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
        let signature = encode(self.signature(&message));
        format!("{message}.{signature}")
    }

    /// The claims of a token of this issuer. Says nothing about times and audience.
    ///
    /// # Errors
    /// When the token is malformed or signed by someone else.
    pub(in crate::sim) fn verify(&self, token: &str) -> Result<Map<String, Value>, JwtError> {
        let (message, signature) = token.rsplit_once('.').ok_or(JwtError::Malformed)?;
        let claims = claims(token)?;
        let signature = decode(signature)?;
        if signature == self.signature(message) { Ok(claims) } else { Err(JwtError::Signature) }
    }

    fn signature(&self, message: &str) -> Vec<u8> {
        let block = |number: u8| {
            let hash =
                Sha256::new().chain_update(self.0).chain_update([number]).chain_update(message.as_bytes());
            <[u8; 32]>::from(hash.finalize())
        };
        (0..BLOCKS).flat_map(block).collect()
    }
}

/// The claims as they stand in the token, whoever signed it.
///
/// # Errors
/// When the token is malformed.
pub(in crate::sim) fn claims(token: &str) -> Result<Map<String, Value>, JwtError> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, _signature] = parts[..] else { return Err(JwtError::Malformed) };
    let object = |part: &str| {
        serde_json::from_slice::<Map<String, Value>>(&decode(part)?).map_err(|_source| JwtError::Malformed)
    };
    let header = object(header)?;
    if header.get("alg").and_then(Value::as_str) != Some("RS256") {
        return Err(JwtError::Signature);
    }
    object(claims)
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(text: &str) -> Result<Vec<u8>, JwtError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_source| JwtError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_come_back_from_a_token() {
        let key = Key::default();
        let claims = json!({ "aud": "pypi", "exp": 5 });
        assert_eq!(Value::Object(key.verify(&key.sign(&claims)).expect("good")), claims);
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let key = Key::default();
        let token = key.sign(&json!({ "sub": "repo:octo-org/sample" }));
        for at in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).expect("ASCII");
            // The last character of a part may carry bits that mean nothing; base64 here refuses them when set.
            assert!(key.verify(&changed).is_err(), "{at}");
            assert!(key.verify(&token[..at]).is_err(), "{at}");
        }
    }

    #[test]
    fn a_token_of_another_key_does_not_count() {
        let token = Key([7; 32]).sign(&json!({}));
        assert_eq!(Key::default().verify(&token), Err(JwtError::Signature));
    }

    #[test]
    fn a_token_without_signature_does_not_count() {
        let token = format!("{}.{}.", encode(r#"{"alg":"none"}"#), encode("{}"));
        assert_eq!(Key::default().verify(&token), Err(JwtError::Signature));
    }
}
