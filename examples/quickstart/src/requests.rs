//! The file of requests: one JSON object a line, each what a web server would know of one request.
//!
//! Outside of `body` is what the server knows: who is signed in, for which tenant, under which
//! request id. `body` is what the client sent, and nothing in it is to be trusted.

use std::path::Path;

use audit_diesel::Actor;
use serde::Deserialize;
use serde_json::value::RawValue;

const SHIPPED: &str = include_str!("../requests.jsonl");

pub(crate) struct RequestFile {
    pub(crate) name: String,
    pub(crate) lines: Vec<Line>,
}

/// A line that is not empty.
pub(crate) struct Line {
    /// From 1.
    pub(crate) number: usize,
    /// The request, or what is wrong with the line.
    pub(crate) request: Result<Request, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    pub(crate) actor: Actor,
    #[serde(default)]
    pub(crate) on_behalf_of: Option<Actor>,
    #[serde(default)]
    pub(crate) tenant: Option<String>,
    #[serde(rename = "request", default)]
    pub(crate) request_id: Option<String>,
    #[serde(default)]
    pub(crate) reason: Option<String>,
    #[serde(rename = "do")]
    pub(crate) verb: Verb,
    pub(crate) entity: Kind,
    /// The name under which later lines speak of the record that this one creates.
    #[serde(rename = "as", default)]
    pub(crate) alias: Option<String>,
    #[serde(default)]
    pub(crate) record: Option<RecordRef>,
    /// As it was written: a parsed one would have lost the first of two equal keys.
    #[serde(default)]
    body: Option<Box<RawValue>>,
    /// What the line is there to show.
    #[serde(default)]
    pub(crate) note: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verb {
    Create,
    Edit,
    Delete,
    Restore,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Account,
    Order,
}

/// A record by its primary key, or by the name that an earlier line gave it.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    untagged,
    expecting = "`record` is neither a primary key nor a name that a line gives with `as`"
)]
pub(crate) enum RecordRef {
    Id(i64),
    Alias(String),
}

impl RequestFile {
    /// Reads `path`, or the shipped file.
    pub(crate) fn read(path: Option<&Path>) -> Result<Self, String> {
        let Some(path) = path else {
            let name = "examples/quickstart/requests.jsonl".to_owned();
            return Ok(Self::parse(name, SHIPPED.as_bytes()));
        };
        let name = path.display().to_string();
        let bytes = std::fs::read(path)
            .map_err(|error| format!("the requests file `{name}` cannot be read: {error}"))?;
        let file = Self::parse(name, &bytes);
        if file.lines.is_empty() {
            return Err(format!("the requests file `{}` has no requests", file.name));
        }
        Ok(file)
    }

    pub(crate) fn parse(name: String, bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let lines = bytes
            .split(|byte| *byte == b'\n')
            .enumerate()
            .filter(|(_, line)| !line.trim_ascii().is_empty())
            .map(|(index, line)| Line {
                number: index + 1,
                request: Request::parse(line),
            })
            .collect();
        Self { name, lines }
    }
}

impl Request {
    fn parse(line: &[u8]) -> Result<Self, String> {
        let text = str::from_utf8(line)
            .map_err(|error| format!("not UTF-8 after {} bytes", error.valid_up_to()))?;
        let request: Self = serde_json::from_str(text.trim()).map_err(|error| {
            // serde_json says the line of its own input, which is always 1 here.
            let place = format!(" at line {} column {}", error.line(), error.column());
            let message = error.to_string().replace(&place, "");
            format!("{message} (column {})", error.column())
        })?;
        let lacks = match request.verb {
            Verb::Create if request.body.is_none() => Some("body"),
            Verb::Edit if request.body.is_none() => Some("body"),
            Verb::Edit | Verb::Delete | Verb::Restore if request.record.is_none() => Some("record"),
            _ => None,
        };
        match lacks {
            Some(field) => Err(format!("`{}` needs a `{field}`", request.verb.name())),
            None => Ok(request),
        }
    }

    /// The bytes that the client sent. A `body` that is a JSON string holds them literally, so
    /// that it can also be no JSON at all.
    pub(crate) fn body(&self) -> Vec<u8> {
        let text = self.body.as_deref().map_or("{}", RawValue::get);
        serde_json::from_str::<String>(text)
            .unwrap_or_else(|_| text.to_owned())
            .into_bytes()
    }

    /// `edit order desk`
    pub(crate) fn title(&self) -> String {
        let record = match (&self.alias, &self.record) {
            (Some(alias), _) | (None, Some(RecordRef::Alias(alias))) => format!(" {alias}"),
            (None, Some(RecordRef::Id(id))) => format!(" {id}"),
            (None, None) => String::new(),
        };
        format!("{} {}{record}", self.verb.name(), self.entity.name())
    }
}

impl Verb {
    fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Edit => "edit",
            Self::Delete => "delete",
            Self::Restore => "restore",
        }
    }
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Order => "order",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(line: &str) -> String {
        Request::parse(line.as_bytes()).err().unwrap_or_default()
    }

    #[test]
    fn the_shipped_file_is_sound() {
        let file = RequestFile::read(None).unwrap();
        assert!(file.lines.len() >= 30);
        for line in file.lines {
            assert!(
                line.request.is_ok(),
                "line {}: {:?}",
                line.number,
                line.request.err()
            );
        }
    }

    #[test]
    fn lines_keep_their_numbers() {
        let file = RequestFile::parse("x".into(), b"\xEF\xBB\xBF\n\r\n{}\n\n[1]\n");
        let numbers: Vec<_> = file.lines.iter().map(|line| line.number).collect();
        assert_eq!(numbers, [3, 5]);
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(
            error(r#"{"do":"create","entity":"account","body":{}}"#),
            "missing field `actor` (column 44)"
        );
        assert!(error("{").starts_with("EOF while parsing"));
        assert!(error(r#"{"actor":"user:1","do":"drop"}"#).contains("unknown variant `drop`"));
        let no_record = r#"{"actor":"user:1","do":"delete","entity":"order"}"#;
        let no_key = r#"{"actor":"user:1","do":"delete","entity":"order","record":1.5}"#;
        assert!(
            error(no_key).starts_with("`record` is neither"),
            "{}",
            error(no_key)
        );
        assert_eq!(error(no_record), "`delete` needs a `record`");
    }

    #[test]
    fn a_body_stays_as_it_was_sent() {
        let line = |body: &str| {
            format!(r#"{{"actor":"user:1","do":"create","entity":"order","body":{body}}}"#)
        };
        let body = |text: &str| Request::parse(line(text).as_bytes()).unwrap().body();
        assert_eq!(body(r#"{"a":1, "a":2}"#), br#"{"a":1, "a":2}"#);
        assert_eq!(body(r#""{\"a\":""#), br#"{"a":"#);
    }
}
