//! Whether the indexes of `audit_log` are those of the migration, by which its queries are served.

use super::columns::MIGRATE;

/// An index as the migration makes it: its name, and what it is of in the words of the dialect.
pub(super) type Expected = (&'static str, &'static str);

/// An index as it is.
pub(super) struct Found<'a> {
    pub(super) name: &'a str,
    /// What it is of, in the words of the dialect. Bounds and collations of its own, which the
    /// migration has none of, are part of it.
    pub(super) of: String,
    /// False where it is there by name alone (PostgreSQL).
    pub(super) valid: bool,
}

/// How a dialect treats its indexes.
pub(super) struct Habits {
    /// Queries name the index, so that another one of the same columns does not serve them.
    pub(super) named: bool,
    /// What follows the name in `DROP INDEX`.
    pub(super) drop: &'static str,
}

/// Compares the indexes with those of the migration. One too many is the app's own.
pub(super) fn judge(
    expected: &[Expected],
    found: &[Found<'_>],
    habits: &Habits,
    findings: &mut Vec<String>,
) {
    for (name, of) in expected {
        let serves = |index: &&Found<'_>| {
            index.valid && index.of == *of && (index.name == *name || !habits.named)
        };
        if found.iter().any(|index| serves(&index)) {
            continue;
        }
        let drop = format!(
            "run `DROP INDEX {name}{}`, then `audit_diesel::migrate(&mut conn)`",
            habits.drop
        );
        findings.push(match found.iter().find(|index| index.name == *name) {
            None if habits.named => format!(
                "`audit_log` has no index `{name}`, which queries of the log name, so that they \
                 fail: {MIGRATE}"
            ),
            None => format!(
                "`audit_log` has no index `{name}`, so that queries of the log read all of it: \
                 {MIGRATE}"
            ),
            Some(index) if index.of == *of => format!(
                "the index `{name}` of `audit_log` is invalid and serves no query, since its \
                 making was broken off or a partition lacks it: {drop}"
            ),
            Some(index) => format!(
                "the index `{name}` of `audit_log` is of `{}` and not, as queries of the log need \
                 it, of `{of}`: {drop}",
                index.of
            ),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPECTED: [Expected; 1] = [("an_idx", "a, b")];

    fn finds(found: &[(&str, &str, bool)], named: bool) -> Vec<String> {
        let found: Vec<Found<'_>> = found
            .iter()
            .map(|(name, of, valid)| Found {
                name,
                of: (*of).to_owned(),
                valid: *valid,
            })
            .collect();
        let mut findings = Vec::new();
        let habits = Habits { named, drop: "" };
        judge(&EXPECTED, &found, &habits, &mut findings);
        findings
    }

    #[test]
    fn another_name_serves_only_where_queries_name_none() {
        let found = [("other_idx", "a, b", true)];
        assert!(finds(&found, false).is_empty());
        assert!(finds(&found, true)[0].contains("no index `an_idx`"));
    }

    #[test]
    fn an_index_that_is_made_anew_meanwhile_is_no_finding() {
        assert!(finds(&[("an_idx", "a, b", true), ("new", "a, b", false)], false).is_empty());
        assert!(finds(&[("an_idx", "a, b", false), ("new", "a, b", true)], false).is_empty());
        assert!(finds(&[("an_idx", "a, b", false)], false)[0].contains("is invalid"));
    }

    #[test]
    fn the_order_of_its_columns_is_part_of_an_index() {
        let text = &finds(&[("an_idx", "b, a", true)], false)[0];
        assert!(text.contains("is of `b, a` and not"), "{text}");
        assert!(text.contains("run `DROP INDEX an_idx`, then"), "{text}");
    }
}
