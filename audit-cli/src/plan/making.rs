//! A plan as it is made: what is known of the table so far, and what was found.

use super::model::{Finding, Held, Plan, Remedy, Wishes};
use super::text_times::TextTime;
use crate::kind::Conversion;
use crate::quote::same_name;
use crate::standard::Role;

/// What the counting of rows found out about a column's type.
pub(super) struct Verdict {
    pub(super) role: Role,
    pub(super) conversion: Option<Conversion>,
    pub(super) unfit: bool,
    pub(super) failing: u64,
    pub(super) nulls: u64,
}

/// A plan as it is made.
pub(super) struct Making<'a> {
    pub(super) wishes: &'a Wishes,
    pub(super) held: Vec<Held>,
    pub(super) plan: Plan,
    /// SQLite: the table's times are texts.
    pub(super) text_time: bool,
    pub(super) verdicts: Vec<Verdict>,
    /// Texts under the names of roles that no other column has.
    pub(super) undecided: Vec<TextTime>,
}

impl Making<'_> {
    pub(super) fn find(&mut self, code: &'static str, column: &str, text: String, remedy: Remedy) {
        self.plan.findings.push(Finding {
            code,
            column: Some(column.to_owned()).filter(|column| !column.is_empty()),
            text,
            remedy,
        });
    }

    pub(super) fn holder(&self, role: Role) -> Option<&Held> {
        self.held.iter().find(|held| held.role == role)
    }

    pub(super) fn verdict(&self, role: Role) -> Option<&Verdict> {
        self.verdicts.iter().find(|verdict| verdict.role == role)
    }

    pub(super) fn is_left(&self, name: &str) -> bool {
        let dialect = self.plan.table.dialect;
        self.wishes
            .leave
            .iter()
            .any(|left| same_name(dialect, left, name))
    }

    /// True where a column is there that may have to become the one of a role.
    pub(super) fn is_undecided(&self, role: Role) -> bool {
        self.undecided.iter().any(|text| text.may_be(role))
    }
}
