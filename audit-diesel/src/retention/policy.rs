//! How long the trail is kept.

use core::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;

use chrono::{DateTime, TimeDelta, Utc};

use crate::error::AuditError;

/// The environment variable that [`Retention::from_env`] reads.
pub const RETENTION_DAYS: &str = "AUDIT_RETENTION_DAYS";

/// Days that the trail is kept where nothing says otherwise.
pub const DEFAULT_DAYS: i64 = 30;

/// Most days: a hundred years. What is meant to stay longer is [`Keep::FOREVER`].
pub const MAX_DAYS: i64 = 36_500;

/// Most overrides of a [`Retention`]: each is part of the purge's statements.
pub const MAX_OVERRIDES: usize = 2_000;

/// How long rows are kept: a number of days, or for ever, which is more than any number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Keep(Option<i64>);

impl Ord for Keep {
    fn cmp(&self, other: &Self) -> Ordering {
        let length = |keep: &Self| keep.0.unwrap_or(i64::MAX);
        length(self).cmp(&length(other))
    }
}

impl PartialOrd for Keep {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Keep {
    /// Never purged.
    pub const FOREVER: Self = Self(None);

    /// Purged once older than `days` times 24 hours.
    ///
    /// # Errors
    /// [`AuditError::Retention`] for 0, negative numbers and more than [`MAX_DAYS`].
    ///
    /// ```
    /// use audit_diesel::retention::Keep;
    /// assert!(Keep::days(365).is_ok());
    /// for wrong in [0, -1, i64::MAX] {
    ///     assert!(Keep::days(wrong).is_err());
    /// }
    /// ```
    pub fn days(days: i64) -> Result<Self, AuditError> {
        Self::checked(days, "the number of days")
    }

    fn checked(days: i64, what: &str) -> Result<Self, AuditError> {
        let wrong = |why: &str| AuditError::Retention {
            what: format!(
                "{what} is {why}: give a whole number from 1 to {MAX_DAYS}; nothing was deleted"
            ),
        };
        match days {
            ..=-1 => Err(wrong("negative")),
            0 => Err(wrong("0, which would delete the whole trail")),
            1..=MAX_DAYS => Ok(Self(Some(days))),
            _ => Err(wrong("too large")),
        }
    }

    fn parse(text: &str, what: &str) -> Result<Self, AuditError> {
        match text.trim().parse::<i64>() {
            Ok(days) => Self::checked(days, what),
            Err(error) => {
                use std::num::IntErrorKind::{NegOverflow, PosOverflow};
                let why = match error.kind() {
                    PosOverflow => "too large",
                    NegOverflow => "negative",
                    _ => "not a whole number",
                };
                Err(AuditError::Retention {
                    what: format!(
                        "{what} is {why}: give a whole number from 1 to {MAX_DAYS}; nothing was \
                         deleted"
                    ),
                })
            }
        }
    }

    /// The days; `None` for ever.
    pub fn as_days(self) -> Option<i64> {
        self.0
    }

    /// Rows that changed before this are too old. Not a row that changed at this very instant.
    fn cutoff(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        now.checked_sub_signed(TimeDelta::try_days(self.0?)?)
    }
}

/// How long which rows of the trail are kept.
///
/// Of the rules that fit a row, the one for its tenant *and* table decides. Without one, a rule for
/// its tenant and a rule for its table both have to let it go: the longer of the two is kept.
/// Without either, the default decides.
///
/// ```
/// use audit_diesel::retention::{Keep, Retention};
/// # fn main() -> Result<(), audit_diesel::AuditError> {
/// let retention = Retention::new(Keep::days(30)?)
///     .tenant("acme", Keep::days(365)?)
///     .table("invoices", Keep::FOREVER)
///     .tenant_table("acme", "logins", Keep::days(7)?);
/// assert_eq!(retention.keep(Some("other"), Some("accounts")).as_days(), Some(30));
/// assert_eq!(retention.keep(Some("acme"), Some("accounts")).as_days(), Some(365));
/// assert_eq!(retention.keep(Some("acme"), Some("invoices")), Keep::FOREVER);
/// assert_eq!(retention.keep(Some("acme"), Some("logins")).as_days(), Some(7));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Retention {
    default: Keep,
    tenants: BTreeMap<String, Keep>,
    tables: BTreeMap<String, Keep>,
    both: BTreeMap<(String, String), Keep>,
    unknown_tables: bool,
}

/// 30 days for everything.
impl Default for Retention {
    fn default() -> Self {
        Self::new(Keep(Some(DEFAULT_DAYS)))
    }
}

impl Retention {
    /// The same for everything, until overridden.
    pub fn new(default: Keep) -> Self {
        Self {
            default,
            tenants: BTreeMap::new(),
            tables: BTreeMap::new(),
            both: BTreeMap::new(),
            unknown_tables: false,
        }
    }

    /// The default from the environment variable `AUDIT_RETENTION_DAYS`; 30 where it is not set.
    ///
    /// # Errors
    /// [`AuditError::Retention`] where it is set to anything but a whole number from 1 to
    /// [`MAX_DAYS`].
    ///
    /// ```
    /// use audit_diesel::retention::{Keep, Retention};
    /// # fn main() -> Result<(), audit_diesel::AuditError> {
    /// let retention = Retention::from_env()?.table("invoices", Keep::FOREVER);
    /// # let _ = retention;
    /// # Ok(()) }
    /// ```
    pub fn from_env() -> Result<Self, AuditError> {
        Self::of_variable(std::env::var_os(RETENTION_DAYS))
    }

    fn of_variable(value: Option<OsString>) -> Result<Self, AuditError> {
        let Some(value) = value else {
            return Ok(Self::default());
        };
        let what = format!("the environment variable `{RETENTION_DAYS}`");
        // What is not UTF-8 is no number either.
        Ok(Self::new(Keep::parse(&value.to_string_lossy(), &what)?))
    }

    /// How long a tenant's rows are kept.
    pub fn tenant(mut self, tenant: impl Into<String>, keep: Keep) -> Self {
        self.tenants.insert(tenant.into(), keep);
        self
    }

    /// How long the rows about a table's records are kept. A table goes by its audit name, which has no
    /// schema, and is another than the database's where the entity says `#[audit(name = "..")]`.
    ///
    /// Where this keeps rows longer than they would be kept without it, a purge that has something to
    /// delete refuses a name of which the log has no row and the database no table or view: a slip of
    /// the finger would delete what it was to keep. A name that a purge has known stays known. See
    /// [`Self::unknown_tables`] and [`Self::allow_unknown_tables`].
    pub fn table(mut self, table: impl Into<String>, keep: Keep) -> Self {
        self.tables.insert(table.into(), keep);
        self
    }

    /// How long the rows about a table's records are kept in one tenant.
    pub fn tenant_table(
        mut self,
        tenant: impl Into<String>,
        table: impl Into<String>,
        keep: Keep,
    ) -> Self {
        self.both.insert((tenant.into(), table.into()), keep);
        self
    }

    /// Takes rules for tables that neither the log nor the database knows: targets of events, of which
    /// none may have happened yet or lately, and tables of another database whose audit names are
    /// others.
    pub fn allow_unknown_tables(mut self) -> Self {
        self.unknown_tables = true;
        self
    }

    /// The tables of which rules keep any row longer than it would be kept without them: to mistake
    /// the name of one would lose rows.
    ///
    /// ```
    /// use audit_diesel::retention::{Keep, Retention};
    /// # fn main() -> Result<(), audit_diesel::AuditError> {
    /// let rules = Retention::default()
    ///     .table("invoices", Keep::FOREVER)
    ///     .table("jobs", Keep::days(7)?);
    /// assert!(rules.tables_kept_longer().eq(["invoices"]));
    /// # Ok(()) }
    /// # main().unwrap();
    /// ```
    pub fn tables_kept_longer(&self) -> impl Iterator<Item = &str> {
        let shortest = self.tenants.values().copied().fold(self.default, Keep::min);
        let tables = self
            .tables
            .iter()
            .filter(move |(_, keep)| **keep > shortest);
        let both = self.both.iter().filter(|((tenant, table), keep)| {
            **keep > self.of_both(self.tenants.get(tenant), self.tables.get(table))
        });
        let tables = tables.map(|(table, _)| table.as_str());
        tables.chain(both.map(|((_, table), _)| table.as_str()))
    }

    /// The names that a purge must know.
    pub(super) fn names_to_know(&self) -> BTreeSet<String> {
        if self.unknown_tables {
            return BTreeSet::new();
        }
        self.tables_kept_longer().map(str::to_owned).collect()
    }

    /// How long a row is kept.
    pub fn keep(&self, tenant: Option<&str>, table: Option<&str>) -> Keep {
        if let (Some(tenant), Some(table)) = (tenant, table)
            && let Some(keep) = self.both.get(&(tenant.to_owned(), table.to_owned()))
        {
            return *keep;
        }
        self.of_both(
            tenant.and_then(|tenant| self.tenants.get(tenant)),
            table.and_then(|table| self.tables.get(table)),
        )
    }

    fn of_both(&self, by_tenant: Option<&Keep>, by_table: Option<&Keep>) -> Keep {
        by_tenant.max(by_table).copied().unwrap_or(self.default)
    }

    /// What is too old at `now`.
    pub(super) fn cutoffs(&self, now: DateTime<Utc>) -> Result<Cutoffs, AuditError> {
        if self.tenants.len() + self.tables.len() + self.both.len() > MAX_OVERRIDES {
            return Err(AuditError::Retention {
                what: format!(
                    "there are more than {MAX_OVERRIDES} overrides: raise the default and give \
                     rules of their own to fewer tenants and tables; nothing was deleted"
                ),
            });
        }
        let grouped = |rules: &BTreeMap<String, Keep>| {
            let mut groups: BTreeMap<Option<DateTime<Utc>>, Vec<String>> = BTreeMap::new();
            for (name, keep) in rules {
                groups
                    .entry(keep.cutoff(now))
                    .or_default()
                    .push(name.clone());
            }
            groups.into_iter().collect()
        };
        let rules = self.tenants.values().chain(self.tables.values());
        let keeps = rules.chain(self.both.values()).chain([&self.default]);
        Ok(Cutoffs {
            default: self.default.cutoff(now),
            tenants: grouped(&self.tenants),
            tables: grouped(&self.tables),
            both: self
                .both
                .iter()
                .map(|((tenant, table), keep)| (tenant.clone(), table.clone(), keep.cutoff(now)))
                .collect(),
            latest: keeps.clone().filter_map(|keep| keep.cutoff(now)).max(),
            earliest: keeps.map(|keep| keep.cutoff(now)).min().flatten(),
        })
    }
}

/// Names whose rows are too old before an instant; `None` for never.
pub(super) type Groups = Vec<(Option<DateTime<Utc>>, Vec<String>)>;

/// The rules of a [`Retention`] at one instant.
#[derive(Debug, Clone)]
pub(super) struct Cutoffs {
    pub(super) default: Option<DateTime<Utc>>,
    pub(super) tenants: Groups,
    pub(super) tables: Groups,
    pub(super) both: Vec<(String, String, Option<DateTime<Utc>>)>,
    /// Nothing at or after this goes by any rule; `None` where nothing ever goes.
    pub(super) latest: Option<DateTime<Utc>>,
    /// All before this goes by every rule; `None` where something never goes.
    pub(super) earliest: Option<DateTime<Utc>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Retention, AuditError> {
        Retention::of_variable(Some(text.into()))
    }

    #[test]
    fn the_variable_is_a_whole_number_or_refused_by_name() {
        assert_eq!(Retention::of_variable(None).unwrap(), Retention::default());
        assert_eq!(of("365").unwrap().default.as_days(), Some(365));
        assert_eq!(of(" 7\n").unwrap().default.as_days(), Some(7));
        for (text, why) in [
            ("0", "0, which"),
            ("-1", "negative"),
            ("-99999999999999999999", "negative"),
            ("36501", "too large"),
            ("99999999999999999999", "too large"),
            ("", "not a whole number"),
            ("30d", "not a whole number"),
            ("1.5", "not a whole number"),
            ("forever", "not a whole number"),
            ("١", "not a whole number"),
        ] {
            let error = of(text).unwrap_err().to_string();
            assert!(
                error.contains("`AUDIT_RETENTION_DAYS` is ") && error.contains(why),
                "{text}: {error}"
            );
            assert!(error.contains("from 1 to 36500"), "{error}");
        }
    }

    #[test]
    fn a_table_is_kept_longer_where_any_row_of_it_is() {
        let days = |n| Keep::days(n).unwrap();
        let longer = |retention: &Retention| -> Vec<String> {
            retention.tables_kept_longer().map(str::to_owned).collect()
        };
        let rules = Retention::new(days(30));
        assert_eq!(longer(&rules.clone().table("x", days(30))), [""; 0]);
        assert_eq!(longer(&rules.clone().table("x", days(31))), ["x"]);
        // Than its tenant's rule, though not than the rest.
        let ever = Retention::new(Keep::FOREVER).tenant("a", days(7));
        assert_eq!(longer(&ever.clone().table("x", days(365))), ["x"]);
        assert_eq!(longer(&ever.clone().table("x", days(7))), [""; 0]);
        // Of one tenant: than what its rule and the table's say together.
        let both = |keep| rules.clone().tenant_table("a", "x", keep);
        assert_eq!(longer(&both(days(31))), ["x"]);
        assert_eq!(longer(&both(days(31)).tenant("a", days(31))), [""; 0]);
        assert_eq!(longer(&both(days(31)).table("x", days(20))), ["x"]);
        assert_eq!(longer(&both(days(8)).tenant("a", days(7))), ["x"]);
    }

    #[test]
    fn cutoffs_are_grouped_and_the_outer_ones_known() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let day = |n| now - TimeDelta::days(n);
        let keep = |n| Keep::days(n).unwrap();
        let retention = Retention::new(keep(30))
            .tenant("a", keep(90))
            .tenant("b", keep(90))
            .table("t", keep(7));
        let cutoffs = retention.cutoffs(now).unwrap();
        assert_eq!(
            cutoffs.tenants,
            [(Some(day(90)), vec!["a".to_owned(), "b".to_owned()])]
        );
        assert_eq!(cutoffs.latest, Some(day(7)));
        assert_eq!(cutoffs.earliest, Some(day(90)));
        let forever = Retention::new(Keep::FOREVER).table("t", keep(7));
        let cutoffs = forever.cutoffs(now).unwrap();
        assert_eq!((cutoffs.latest, cutoffs.earliest), (Some(day(7)), None));
    }

    #[test]
    fn too_many_overrides_are_refused() {
        let mut retention = Retention::default();
        for n in 0..=MAX_OVERRIDES {
            retention = retention.tenant(n.to_string(), Keep::FOREVER);
        }
        assert!(retention.cutoffs(Utc::now()).is_err());
    }
}
