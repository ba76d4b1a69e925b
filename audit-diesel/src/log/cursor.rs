//! Places in a listing, as text that a client can carry and cannot make up.

use core::fmt;

use audit_core::AuditConfig;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};

use super::filters::Filters;
use crate::error::QueryError;
use crate::trail::AuditEntry;

/// Where a page of a query ended, as URL-safe text.
///
/// It holds a place in the order and an HMAC-SHA256 (RFC 2104) of that place together with the
/// tenant, every filter and the order of the query: what was altered, or comes from another query
/// or tenant, is [`QueryError::Cursor`]. The limit may differ from page to page. The key is
/// [`AuditConfigBuilder::cursor_key`](audit_core::AuditConfigBuilder::cursor_key).
///
/// ```
/// use audit_diesel::Cursor;
/// let from_a_client = Cursor::from("AYAAZ3");
/// assert_eq!(from_a_client.as_str(), "AYAAZ3");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Takes any text; whether it is a cursor shows when the query runs.
impl From<String> for Cursor {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// Takes any text; whether it is a cursor shows when the query runs.
impl From<&str> for Cursor {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// A row's place in the orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) at: DateTime<Utc>,
    pub(super) seq: i64,
}

impl Position {
    pub(super) fn of(entry: &AuditEntry) -> Self {
        Self {
            at: entry.changed_at,
            seq: entry.seq,
        }
    }
}

/// What a listing is of: a place between two rows may lie inside of a change set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listing {
    Rows = 1,
    ChangeSets = 2,
}

const VERSION: u8 = 1;
const CODE: usize = 32;
const LENGTH: usize = 1 + 8 + 8 + CODE;

/// Signs and checks the cursors of one query.
pub(super) struct Seal<'a> {
    pub(super) config: &'a AuditConfig,
    pub(super) filters: &'a Filters,
    pub(super) newest_first: bool,
    pub(super) listing: Listing,
}

impl Seal<'_> {
    pub(super) fn sign(&self, position: Position) -> Result<Cursor, QueryError> {
        let head = head(position);
        let code = self.config.sign_cursor(&self.message(&head))?;
        let mut bytes = head.to_vec();
        bytes.extend(code);
        Ok(Cursor(URL_SAFE_NO_PAD.encode(bytes)))
    }

    pub(super) fn open(&self, cursor: &Cursor) -> Result<Position, QueryError> {
        let bytes = URL_SAFE_NO_PAD
            .decode(&cursor.0)
            .map_err(|_| QueryError::Cursor)?;
        let bytes: [u8; LENGTH] = bytes.try_into().map_err(|_| QueryError::Cursor)?;
        let (head, code) = bytes.split_at(LENGTH - CODE);
        if !self.config.verify_cursor(&self.message(head), code)? {
            return Err(QueryError::Cursor);
        }
        let number = |at: usize| -> Option<i64> {
            let bytes = head.get(at..at + 8)?;
            Some(i64::from_be_bytes(bytes.try_into().ok()?))
        };
        let position = match (head.first(), number(1), number(9)) {
            (Some(&VERSION), Some(micros), Some(seq)) => {
                DateTime::from_timestamp_micros(micros).map(|at| Position { at, seq })
            }
            _ => None,
        };
        position.ok_or(QueryError::Cursor)
    }

    fn message(&self, head: &[u8]) -> Vec<u8> {
        let mut message = b"audit_log cursor\0".to_vec();
        message.extend(head);
        message.push(self.listing as u8);
        message.push(u8::from(self.newest_first));
        self.filters.put(&mut message);
        message
    }
}

fn head(position: Position) -> [u8; LENGTH - CODE] {
    let mut head = [0; LENGTH - CODE];
    head[0] = VERSION;
    head[1..9].copy_from_slice(&position.at.timestamp_micros().to_be_bytes());
    head[9..].copy_from_slice(&position.seq.to_be_bytes());
    head
}

#[cfg(test)]
mod tests {
    use super::super::filters::Tenant;
    use super::*;

    fn seal<'a>(config: &'a AuditConfig, filters: &'a Filters) -> Seal<'a> {
        Seal {
            config,
            filters,
            newest_first: true,
            listing: Listing::Rows,
        }
    }

    fn position() -> Position {
        Position {
            at: DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap(),
            seq: 42,
        }
    }

    #[test]
    fn no_single_bit_may_differ() {
        let config = AuditConfig::default();
        let filters = Filters::of(Tenant::Is("acme".into()));
        let seal = seal(&config, &filters);
        let cursor = seal.sign(position()).unwrap();
        assert_eq!(seal.open(&cursor), Ok(position()));
        let bytes = URL_SAFE_NO_PAD.decode(&cursor.0).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut forged = bytes.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            let forged = Cursor(URL_SAFE_NO_PAD.encode(forged));
            assert_eq!(seal.open(&forged), Err(QueryError::Cursor), "bit {bit}");
        }
        for length in 0..cursor.0.len() {
            let cut = Cursor(cursor.0[..length].to_owned());
            assert_eq!(seal.open(&cut), Err(QueryError::Cursor), "{length}");
        }
        for text in [
            format!("{cursor}A"),
            format!("{cursor}="),
            format!(" {cursor}"),
            cursor.0.to_lowercase(),
            "\u{0}".into(),
            "ä".repeat(33),
        ] {
            assert_eq!(seal.open(&Cursor(text)), Err(QueryError::Cursor));
        }
    }

    #[test]
    fn the_whole_query_is_sealed() {
        let config = AuditConfig::default();
        let of = |change: &dyn Fn(&mut Filters)| {
            let mut filters = Filters::of(Tenant::Is("acme".into()));
            change(&mut filters);
            filters
        };
        let time = |micros| DateTime::from_timestamp_micros(micros);
        // Also pairs whose texts run into each other.
        let queries = [
            of(&|_| {}),
            of(&|f| f.tenant = Tenant::Null),
            of(&|f| f.tenant = Tenant::Any),
            of(&|f| f.tenant = Tenant::Is(String::new())),
            of(&|f| f.tenant = Tenant::Is("Acme".into())),
            of(&|f| f.table = Some("ab".into())),
            of(&|f| f.record = Some("ab".into())),
            of(&|f| f.field = vec!["ab".into()]),
            of(&|f| f.action = Some("ab".into())),
            of(&|f| f.request = Some("ab".into())),
            of(&|f| (f.table, f.record) = (Some("a".into()), Some("b".into()))),
            of(&|f| (f.table, f.record) = (Some("ab".into()), Some("".into()))),
            of(&|f| (f.table, f.record) = (Some("".into()), Some("ab".into()))),
            of(&|f| f.actor = Some(audit_core::Actor::user(1))),
            of(&|f| f.actor = Some(audit_core::Actor::parse("user"))),
            of(&|f| f.actor = Some(audit_core::Actor::service(1))),
            of(&|f| f.operation = Some(uuid::Uuid::nil())),
            of(&|f| f.from = time(1)),
            of(&|f| f.until = time(1)),
            of(&|f| f.until = time(2)),
        ];
        for (i, one) in queries.iter().enumerate() {
            let cursor = seal(&config, one).sign(position()).unwrap();
            for (j, other) in queries.iter().enumerate() {
                let opened = seal(&config, other).open(&cursor);
                assert_eq!(opened.is_ok(), i == j, "{one:?}\n{other:?}");
            }
            let turned = Seal {
                newest_first: false,
                ..seal(&config, one)
            };
            assert_eq!(turned.open(&cursor), Err(QueryError::Cursor));
            let sets = Seal {
                listing: Listing::ChangeSets,
                ..seal(&config, one)
            };
            assert_eq!(sets.open(&cursor), Err(QueryError::Cursor));
        }
    }

    #[test]
    fn keys_decide_and_can_be_changed() {
        let filters = Filters::of(Tenant::Null);
        let key = |keys: &[&[u8]]| {
            keys.iter()
                .fold(AuditConfig::builder(), |b, key| b.cursor_key(key))
                .build()
        };
        let (old, new, both) = (
            key(&[&[1; 32]]),
            key(&[&[2; 32]]),
            key(&[&[2; 32], &[1; 32]]),
        );
        let cursor = seal(&old, &filters).sign(position()).unwrap();
        assert_eq!(seal(&old, &filters).open(&cursor), Ok(position()));
        assert_eq!(seal(&both, &filters).open(&cursor), Ok(position()));
        assert_eq!(seal(&new, &filters).open(&cursor), Err(QueryError::Cursor));
        assert_eq!(
            seal(&AuditConfig::default(), &filters).open(&cursor),
            Err(QueryError::Cursor)
        );
        let cursor = seal(&both, &filters).sign(position()).unwrap();
        assert_eq!(seal(&new, &filters).open(&cursor), Ok(position()));
        let short = key(&[&[1; 15]]);
        assert_eq!(
            seal(&short, &filters).sign(position()),
            Err(QueryError::CursorKey)
        );
    }
}
