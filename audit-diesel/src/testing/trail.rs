//! Assertions on a trail that was read back.

use audit_core::Actor;
use chrono::{DateTime, Utc};

use crate::trail::{AuditEntry, ChangeSet};

/// One line for each row of a trail: `insert *`, `update name "Ada" -> "Ada L."`.
///
/// A row of a whole record is its action and `*`; a field's is action, column, old and new value
/// in the (masked) JSON that is stored, `-` where there is none.
pub fn trail_lines(changes: &[ChangeSet]) -> Vec<String> {
    changes
        .iter()
        .flat_map(ChangeSet::entries)
        .map(line)
        .collect()
}

fn line(entry: &AuditEntry) -> String {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    match &entry.field_name {
        None => format!("{} *", entry.action),
        Some(field) => format!(
            "{} {field} {} -> {}",
            entry.action,
            value(&entry.old_value),
            value(&entry.new_value)
        ),
    }
}

/// Asserts that a trail is these lines, each as [`trail_lines`] writes it.
///
/// # Panics
/// Where it is not, showing both.
///
/// ```
/// # fn demo(changes: &[audit_diesel::ChangeSet]) {
/// use audit_diesel::testing::assert_trail;
/// assert_trail(changes, &["insert *", r#"update name "Ada" -> "Ada L.""#, "delete *"]);
/// # }
/// # demo_none();
/// # fn demo_none() { audit_diesel::testing::assert_trail(&[], &[]); }
/// ```
#[track_caller]
pub fn assert_trail(changes: &[ChangeSet], expected: &[&str]) {
    TrailAssert::of(changes).lines(expected);
}

/// Asserts one thing after the other of a trail.
///
/// ```
/// # use audit_diesel::{Actor, ChangeSet};
/// # fn demo(changes: &[ChangeSet]) {
/// use audit_diesel::testing::TrailAssert;
/// TrailAssert::of(changes)
///     .changes(2)
///     .lines(&["insert *", r#"update name "Ada" -> "Ada L.""#])
///     .all_by(&Actor::user("u_42"))
///     .all_in_request("req-7")
///     .one_operation();
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct TrailAssert<'a> {
    changes: &'a [ChangeSet],
}

impl<'a> TrailAssert<'a> {
    /// About these changes, which `history` returns.
    pub fn of(changes: &'a [ChangeSet]) -> Self {
        Self { changes }
    }

    /// So many change sets.
    ///
    /// # Panics
    /// Where there are more or fewer.
    #[track_caller]
    pub fn changes(self, count: usize) -> Self {
        if self.changes.len() != count {
            self.fail(&format!(
                "expected {count} change sets, found {}",
                self.changes.len()
            ));
        }
        self
    }

    /// These rows and no others, see [`trail_lines`].
    ///
    /// # Panics
    /// Where they differ.
    #[track_caller]
    pub fn lines(self, expected: &[&str]) -> Self {
        let found = trail_lines(self.changes);
        if found != expected {
            let at = found
                .iter()
                .zip(expected)
                .take_while(|(a, b)| a == b)
                .count();
            let line = |line: Option<&str>| line.unwrap_or("nothing").to_owned();
            self.fail(&format!(
                "row {} differs\n  expected: {}\n     found: {}",
                at + 1,
                line(expected.get(at).copied()),
                line(found.get(at).map(String::as_str)),
            ));
        }
        self
    }

    /// All by one actor.
    ///
    /// # Panics
    /// Where a row is another's.
    #[track_caller]
    pub fn all_by(self, actor: &Actor) -> Self {
        self.each("actor", &actor.to_string(), |entry| {
            Some(entry.actor.to_string())
        })
    }

    /// All in one request.
    ///
    /// # Panics
    /// Where a row is of another or of none.
    #[track_caller]
    pub fn all_in_request(self, id: &str) -> Self {
        self.each("request id", id, |entry| entry.request_id.clone())
    }

    /// All for one reason.
    ///
    /// # Panics
    /// Where a row has another or none.
    #[track_caller]
    pub fn all_because(self, reason: &str) -> Self {
        self.each("reason", reason, |entry| entry.reason.clone())
    }

    /// All at one instant, by the application's clock.
    ///
    /// # Panics
    /// Where a row is of another.
    #[track_caller]
    pub fn all_at(self, instant: DateTime<Utc>) -> Self {
        self.each("time", &instant.to_rfc3339(), |entry| {
            Some(entry.changed_at.to_rfc3339())
        })
    }

    /// All in one business action.
    ///
    /// # Panics
    /// Where there are several.
    #[track_caller]
    pub fn one_operation(self) -> Self {
        let operation = |entry: &AuditEntry| entry.operation_id.to_string();
        let first = self
            .changes
            .iter()
            .flat_map(ChangeSet::entries)
            .next()
            .map(operation);
        match first {
            Some(first) => self.each("operation", &first, |entry| Some(operation(entry))),
            None => self,
        }
    }

    #[track_caller]
    fn each(self, what: &str, expected: &str, of: impl Fn(&AuditEntry) -> Option<String>) -> Self {
        for entry in self.changes.iter().flat_map(ChangeSet::entries) {
            let found = of(entry);
            if found.as_deref() != Some(expected) {
                self.fail(&format!(
                    "{what} of `{}`\n  expected: {expected}\n     found: {}",
                    line(entry),
                    found.as_deref().unwrap_or("none")
                ));
            }
        }
        self
    }

    #[track_caller]
    #[allow(clippy::panic, reason = "an assertion of a test")]
    fn fail(self, why: &str) -> ! {
        let mut all = String::new();
        for line in trail_lines(self.changes) {
            all.push_str("\n  ");
            all.push_str(&line);
        }
        if all.is_empty() {
            all.push_str(" empty");
        }
        panic!("the trail is not as expected: {why}\nthe whole trail:{all}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn entry(action: &str, field: Option<&str>) -> AuditEntry {
        AuditEntry {
            seq: 1,
            id: Uuid::nil(),
            change_id: Uuid::nil(),
            operation_id: Uuid::nil(),
            tenant_id: None,
            table_name: Some("accounts".into()),
            record_id: Some("1".into()),
            action: action.into(),
            field_name: field.map(str::to_owned),
            old_value: field.map(|_| "1".to_owned()),
            new_value: field.map(|_| "2".to_owned()),
            actor: Actor::user(42),
            on_behalf_of: None,
            changed_at: DateTime::UNIX_EPOCH,
            recorded_at: DateTime::UNIX_EPOCH,
            request_id: Some("req-7".into()),
            reason: None,
            context: None,
        }
    }

    fn trail() -> Vec<ChangeSet> {
        let mut update = entry("update", Some("name"));
        update.change_id = Uuid::max();
        ChangeSet::group([entry("insert", None), update])
    }

    #[track_caller]
    fn panics(
        expected: &str,
        assertion: impl for<'t> FnOnce(TrailAssert<'t>) -> TrailAssert<'t> + std::panic::UnwindSafe,
    ) {
        let panic = std::panic::catch_unwind(|| {
            assertion(TrailAssert::of(&trail()));
        })
        .unwrap_err();
        let text = panic.downcast_ref::<String>().unwrap();
        assert!(text.contains(expected), "{text}");
        assert!(
            text.ends_with("the whole trail:\n  insert *\n  update name 1 -> 2"),
            "{text}"
        );
    }

    #[test]
    fn what_holds_passes() {
        TrailAssert::of(&trail())
            .changes(2)
            .lines(&["insert *", "update name 1 -> 2"])
            .all_by(&Actor::user(42))
            .all_in_request("req-7")
            .all_at(DateTime::UNIX_EPOCH)
            .one_operation();
        assert_trail(&[], &[]);
    }

    #[test]
    fn what_does_not_hold_is_told() {
        panics("expected 3 change sets, found 2", |trail| trail.changes(3));
        panics(
            "row 2 differs\n  expected: nothing\n     found: update",
            |trail| trail.lines(&["insert *"]),
        );
        panics(
            "row 1 differs\n  expected: delete *\n     found: insert *",
            |trail| trail.lines(&["delete *", "update name 1 -> 2"]),
        );
        panics(
            "row 3 differs\n  expected: delete *\n     found: nothing",
            |trail| trail.lines(&["insert *", "update name 1 -> 2", "delete *"]),
        );
        panics("actor of `insert *`", |trail| {
            trail.all_by(&Actor::user(43))
        });
        panics("request id of `insert *`", |trail| {
            trail.all_in_request("req-8")
        });
        panics(
            "reason of `insert *`\n  expected: x\n     found: none",
            |trail| trail.all_because("x"),
        );
        panics("time of `insert *`", |trail| {
            trail.all_at(DateTime::<Utc>::MAX_UTC)
        });
        let mut other = entry("delete", None);
        other.operation_id = Uuid::max();
        let changes = ChangeSet::group([entry("insert", None), other]);
        let panic = std::panic::catch_unwind(|| {
            TrailAssert::of(&changes).one_operation();
        });
        assert!(panic.is_err());
    }
}
