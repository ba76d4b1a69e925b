//! What the environment configures.

use core::fmt;
use std::ffi::OsStr;

use super::{AuditConfig, AuditConfigBuilder};

/// The variable that switches the rows of entity writes off.
const ENABLED: &str = "AUDIT_ENABLED";

/// A variable of the environment that cannot be read. Its value is not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EnvError {
    /// The variable's name.
    pub variable: &'static str,
}

impl fmt::Display for EnvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the environment variable `{}` is set to something that is neither yes nor no: set it \
             to `true`, `1`, `on` or `yes`, or to `false`, `0`, `off` or `no`, or remove it",
            self.variable
        )
    }
}

impl core::error::Error for EnvError {}

impl AuditConfig {
    /// The defaults, with what the environment says: [`AuditConfigBuilder::from_env`].
    ///
    /// # Errors
    /// A variable that is set to something else than it takes.
    pub fn from_env() -> Result<Self, EnvError> {
        Self::builder().from_env().map(AuditConfigBuilder::build)
    }
}

impl AuditConfigBuilder {
    /// Sets what the environment names. `AUDIT_ENABLED` is [`Self::enabled`]: `true`, `1`, `on` or
    /// `yes`; `false`, `0`, `off` or `no`. Letter case and white space around do not matter. A
    /// variable that is not set changes nothing; anything else, an empty text too, is refused, so
    /// that a slip of the pen does not switch a trail off, or on.
    ///
    /// ```
    /// use audit_core::AuditConfig;
    ///
    /// let config = AuditConfig::builder().token_key("2026", [7; 32]).from_env()?.build();
    /// assert!(config.is_enabled(), "unless AUDIT_ENABLED says otherwise");
    /// # Ok::<(), audit_core::config::EnvError>(())
    /// ```
    ///
    /// # Errors
    /// A variable that is set to something else than it takes.
    #[allow(clippy::wrong_self_convention, reason = "`from` is of the environment")]
    pub fn from_env(self) -> Result<Self, EnvError> {
        let value = std::env::var_os(ENABLED);
        Ok(match yes_or_no(ENABLED, value.as_deref())? {
            Some(enabled) => self.enabled(enabled),
            None => self,
        })
    }
}

fn yes_or_no(variable: &'static str, value: Option<&OsStr>) -> Result<Option<bool>, EnvError> {
    let Some(value) = value else {
        return Ok(None);
    };
    let word = value.to_str().map(|text| text.trim().to_ascii_lowercase());
    match word.as_deref() {
        Some("true" | "1" | "on" | "yes") => Ok(Some(true)),
        Some("false" | "0" | "off" | "no") => Ok(Some(false)),
        _ => Err(EnvError { variable }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<Option<bool>, EnvError> {
        yes_or_no(ENABLED, Some(OsStr::new(value)))
    }

    #[test]
    fn the_documented_words_and_no_others() {
        assert_eq!(yes_or_no(ENABLED, None), Ok(None));
        for word in ["true", "1", "on", "yes", "TRUE", "Yes", " on\r\n"] {
            assert_eq!(read(word), Ok(Some(true)), "{word:?}");
        }
        for word in ["false", "0", "off", "no", "FALSE", "Off", "\tno "] {
            assert_eq!(read(word), Ok(Some(false)), "{word:?}");
        }
        for word in [
            "",
            " ",
            "2",
            "00",
            "disabled",
            "tru",
            "truefalse",
            "y",
            "\u{ff11}",
            "-1",
        ] {
            assert_eq!(read(word), Err(EnvError { variable: ENABLED }), "{word:?}");
        }
        let message = read("hunter2").unwrap_err().to_string();
        assert!(message.contains("AUDIT_ENABLED") && !message.contains("hunter2"));
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_no_text_are_refused() {
        use std::os::unix::ffi::OsStrExt as _;
        let value = OsStr::from_bytes(b"true\xff");
        assert!(yes_or_no(ENABLED, Some(value)).is_err());
    }
}
