//! A key of the mask `token`, and the token that it makes of a value.

use core::fmt;

use base64::Engine as _;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::mask_error::MaskError;

/// Least length of a token key. A short key can be guessed from one known value and its token
/// (RFC 2104 §3 discourages keys shorter than the hash; 16 bytes are out of reach of guessing).
pub(crate) const MIN_KEY_BYTES: usize = 16;

/// A key of the mask `token`. `Debug` shows its id alone.
#[derive(Clone)]
pub struct TokenKey {
    id: String,
    bytes: Vec<u8>,
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl TokenKey {
    pub(crate) fn new(id: String, bytes: Vec<u8>) -> Self {
        Self { id, bytes }
    }

    /// The name under which tokens refer to the key.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `h1:<key id>:<HMAC-SHA256 of the value>` (RFC 2104; base64url without padding).
    ///
    /// # Errors
    /// A key that cannot be used, see [`AuditConfigBuilder::token_key`](crate::AuditConfigBuilder::token_key).
    pub fn token(&self, value: &str) -> Result<String, MaskError> {
        let id_fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if self.id.is_empty() || !self.id.chars().all(id_fits) {
            return Err(MaskError::new(
                "the id of the token key must be ASCII letters, digits, `_`, `-` and `.`",
            ));
        }
        if self.bytes.len() < MIN_KEY_BYTES {
            return Err(MaskError::new(
                "the token key is shorter than 16 bytes; make it 32",
            ));
        }
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.bytes)
            .map_err(|_| MaskError::new("the token key has a length that HMAC does not take"))?;
        mac.update(value.as_bytes());
        let code =
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        Ok(format!("h1:{}:{code}", self.id))
    }
}
