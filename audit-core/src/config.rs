//! Keys, clock and limits.

use core::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::token_key::MIN_KEY_BYTES;

mod env;

pub use env::EnvError;

pub use crate::token_key::TokenKey;

/// Default of [`AuditConfig::max_value_bytes`]: 64 KiB.
pub const DEFAULT_MAX_VALUE_BYTES: usize = 64 * 1024;

/// What an app configures once and hands to every context; cheap to clone.
///
/// Nothing is global: [`AuditContext::new`](crate::AuditContext::new) uses the defaults,
/// [`AuditConfig::context`] these.
///
/// ```
/// use audit_core::{Actor, AuditConfig};
///
/// let config = AuditConfig::builder()
///     .token_key("2026", b"thirty-two bytes from a key store")
///     .max_value_bytes(16 * 1024)
///     .build();
/// let ctx = config.context(Actor::user("u_42"));
/// assert_eq!(ctx.config_ref().max_value_bytes(), 16 * 1024);
/// ```
#[derive(Clone)]
pub struct AuditConfig(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    keys: Vec<TokenKey>,
    cursor_keys: Vec<Vec<u8>>,
    clock: Option<Clock>,
    max_value_bytes: usize,
    enabled: bool,
}

type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

impl Default for Inner {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            cursor_keys: Vec::new(),
            clock: None,
            max_value_bytes: DEFAULT_MAX_VALUE_BYTES,
            enabled: true,
        }
    }
}

/// No key, the system's clock, values up to 64 KiB, enabled.
impl Default for AuditConfig {
    fn default() -> Self {
        static DEFAULT: std::sync::LazyLock<Arc<Inner>> = std::sync::LazyLock::new(Arc::default);
        Self(DEFAULT.clone())
    }
}

/// Shows the ids of keys, never a key.
impl fmt::Debug for AuditConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditConfig")
            .field("token_keys", &self.0.keys)
            .field("cursor_keys", &self.0.cursor_keys.len())
            .field("own_clock", &self.0.clock.is_some())
            .field("max_value_bytes", &self.0.max_value_bytes)
            .field("enabled", &self.0.enabled)
            .finish()
    }
}

impl AuditConfig {
    /// Starts from the defaults.
    pub fn builder() -> AuditConfigBuilder {
        AuditConfigBuilder(Inner::default())
    }

    /// The time, in UTC, cut to microseconds, which every backend's columns keep.
    pub fn now(&self) -> DateTime<Utc> {
        let now = self.0.clock.as_ref().map_or_else(Utc::now, |clock| clock());
        DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
    }

    /// Most bytes of JSON text of a value that are stored; see [`crate::encode::truncate`].
    pub fn max_value_bytes(&self) -> usize {
        self.0.max_value_bytes
    }

    /// False where entity writes leave stamps but no audit rows.
    pub fn is_enabled(&self) -> bool {
        self.0.enabled
    }

    /// The key that new tokens are made with.
    pub fn token_key(&self) -> Option<&TokenKey> {
        self.0.keys.first()
    }

    /// The HMAC-SHA256 (RFC 2104) that guards a position in a listing: for adapters.
    ///
    /// # Errors
    /// A key that cannot be used, see [`AuditConfigBuilder::cursor_key`].
    #[doc(hidden)]
    pub fn sign_cursor(&self, message: &[u8]) -> Result<[u8; 32], CursorKeyError> {
        let mac = match self.0.cursor_keys.first() {
            Some(key) => cursor_mac(key, message)?,
            None => cursor_mac(process_key()?, message)?,
        };
        Ok(mac.finalize().into_bytes().into())
    }

    /// True where one of the cursor keys made `code` of `message`. Takes the same time wherever
    /// they differ: for adapters.
    ///
    /// # Errors
    /// As [`AuditConfig::sign_cursor`].
    #[doc(hidden)]
    pub fn verify_cursor(&self, message: &[u8], code: &[u8]) -> Result<bool, CursorKeyError> {
        if self.0.cursor_keys.is_empty() {
            let mac = cursor_mac(process_key()?, message)?;
            return Ok(mac.verify_slice(code).is_ok());
        }
        for key in &self.0.cursor_keys {
            if cursor_mac(key, message)?.verify_slice(code).is_ok() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The tokens that the mask `token` has made of `value` under any of the keys, the current
    /// one first: what to search for. A key that cannot be used (see
    /// [`AuditConfigBuilder::token_key`]) makes none.
    ///
    /// ```
    /// use audit_core::AuditConfig;
    ///
    /// let config = AuditConfig::builder().token_key("k1", [7; 32]).token_key("k0", [6; 32]).build();
    /// let tokens = config.tokens("ada@example.com");
    /// assert!(tokens[0].starts_with("h1:k1:") && tokens[1].starts_with("h1:k0:"));
    /// ```
    pub fn tokens(&self, value: &str) -> Vec<String> {
        self.0
            .keys
            .iter()
            .filter_map(|key| key.token(value).ok())
            .collect()
    }
}

/// Why no cursor can be signed or checked.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CursorKeyError {
    /// The key of the configuration is shorter than 16 bytes.
    Short,
    /// There is no key, and the system's random source fails.
    NoRandom,
}

fn cursor_mac(key: &[u8], message: &[u8]) -> Result<Hmac<Sha256>, CursorKeyError> {
    if key.len() < MIN_KEY_BYTES {
        return Err(CursorKeyError::Short);
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| CursorKeyError::Short)?;
    mac.update(message);
    Ok(mac)
}

/// The key of a process that was given none.
fn process_key() -> Result<&'static [u8], CursorKeyError> {
    static KEY: std::sync::LazyLock<Option<[u8; 32]>> = std::sync::LazyLock::new(|| {
        let mut key = [0; 32];
        getrandom::fill(&mut key).ok().map(|()| key)
    });
    KEY.as_ref()
        .map(<[u8; 32]>::as_slice)
        .ok_or(CursorKeyError::NoRandom)
}

/// Builds an [`AuditConfig`].
#[derive(Clone)]
#[must_use]
pub struct AuditConfigBuilder(Inner);

/// Shows no key.
impl fmt::Debug for AuditConfigBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AuditConfigBuilder")
            .field(&AuditConfig(Arc::new(self.0.clone())))
            .finish()
    }
}

impl AuditConfigBuilder {
    /// Adds a key for the mask `token`. New tokens are made with the first; the further ones are
    /// those that older tokens were made with.
    ///
    /// The id is of ASCII letters, digits, `_`, `-` and `.`, the key of 16 bytes or more, from a
    /// random source and best 32. With any other, the mask fails, and with it the write.
    pub fn token_key(mut self, id: impl Into<String>, key: impl AsRef<[u8]>) -> Self {
        let key = TokenKey::new(id.into(), key.as_ref().to_vec());
        self.0.keys.push(key);
        self
    }

    /// Adds a key that guards the cursors of the log's pages against forgery. New cursors are made
    /// with the first; those of the further ones are still taken, so that a key can be changed.
    ///
    /// 16 bytes or more, from a random source and best 32; with fewer, no page is read. Without
    /// one, each process makes a random key when it starts: then a cursor ends with its process,
    /// and several processes behind one address would refuse each other's. Give them one key.
    ///
    /// ```
    /// use audit_core::AuditConfig;
    ///
    /// let config = AuditConfig::builder().cursor_key(b"thirty-two bytes from a key store").build();
    /// assert!(format!("{config:?}").contains("cursor_keys: 1"));
    /// ```
    pub fn cursor_key(mut self, key: impl AsRef<[u8]>) -> Self {
        self.0.cursor_keys.push(key.as_ref().to_vec());
        self
    }

    /// Replaces the system's clock, for tests.
    pub fn clock(mut self, clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        self.0.clock = Some(Arc::new(clock));
        self
    }

    /// Sets the most bytes of JSON text of a value that are stored. Default 65,536.
    pub fn max_value_bytes(mut self, bytes: usize) -> Self {
        self.0.max_value_bytes = bytes;
        self
    }

    /// Switches audit rows of entity writes off (`false`); stamps are written all the same.
    ///
    /// The trail tells of it: the first such write of a process leaves the event `audit.disabled`
    /// in the same transaction, in each database that it writes to, or is refused. To know whether
    /// it is there costs each write one read by index. What became of a write whose commit was not
    /// answered cannot be told from rows that it did not leave. [`Self::from_env`] reads the switch
    /// from the environment.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.0.enabled = enabled;
        self
    }

    /// The configuration.
    pub fn build(self) -> AuditConfig {
        AuditConfig(Arc::new(self.0))
    }
}

#[cfg(test)]
mod tests;
