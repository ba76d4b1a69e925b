//! What a diff makes of its two states: the rows of the trail, masked.

use core::fmt;

use crate::config::AuditConfig;
use crate::diff::{Changes, Collect, Diff, FieldChange, FieldSet};
use crate::encode::ValueRef;
use crate::entity::Audited;
use crate::mask::MaskFailure;
use crate::meta::{FieldMeta, Policy, Role};
use crate::record::masked;

impl<'a, E: Audited> Diff<'a, E> {
    /// Every field whose typed value differs, stamps and skipped fields included.
    #[inline]
    pub fn differing(&self) -> FieldSet {
        self.differing
    }

    /// True where nothing that the trail records has changed. Makes JSON of the fields whose
    /// typed values differ, since two values that encode the same are the same.
    pub fn is_empty(&self) -> bool {
        let (pairs, _) = self.data_pairs();
        pairs
            .iter()
            .all(|(_, field, ..)| matches!(field.policy, Policy::Ignored))
    }

    /// The changes, masked, in the order of the fields.
    ///
    /// # Errors
    /// [`MaskFailure`] when a mask fails or panics, or `token` has no key.
    pub fn changes(&self, config: &AuditConfig) -> Result<Changes, MaskFailure> {
        if self.differing.is_empty() {
            return Ok(Changes {
                rows: Vec::new(),
                touched: false,
            });
        }
        let (pairs, skipped) = self.data_pairs();
        let touched = skipped || !pairs.is_empty();
        if pairs
            .iter()
            .all(|(_, field, ..)| matches!(field.policy, Policy::Ignored))
        {
            return Ok(Changes {
                rows: Vec::new(),
                touched,
            });
        }
        let rows = pairs
            .into_iter()
            .map(|(values, field, old, new)| {
                Ok(FieldChange {
                    field,
                    old: masked(field, values.0, old, config)?,
                    new: masked(field, values.1, new, config)?,
                })
            })
            .collect::<Result<_, MaskFailure>>()?;
        Ok(Changes { rows, touched })
    }

    /// The recordable data fields that really differ, with the JSON of both values, and whether a
    /// skipped one differs.
    #[allow(clippy::type_complexity, reason = "one private caller's tuple")]
    fn data_pairs(
        &self,
    ) -> (
        Vec<(
            (ValueRef<'a>, ValueRef<'a>),
            &'static FieldMeta,
            String,
            String,
        )>,
        bool,
    ) {
        let fields = E::META.fields;
        let mut wanted = FieldSet::EMPTY;
        let mut skipped = false;
        for index in self.differing.iter() {
            match fields.get(index) {
                Some(f) if f.role != Role::Data => {}
                Some(f) if matches!(f.policy, Policy::Skipped) => skipped = true,
                _ => wanted.insert(index),
            }
        }
        let mut collect = Collect::new(wanted);
        E::walk(self.before, self.after, &mut collect);
        let pairs = collect
            .pairs
            .into_iter()
            .filter_map(|(index, before, after)| {
                let field = fields.get(index)?;
                let (mut old, mut new) = (String::new(), String::new());
                before.encode(&mut old);
                after.encode(&mut new);
                (old != new).then_some(((before, after), field, old, new))
            })
            .collect();
        (pairs, skipped)
    }
}

/// Shows which fields differ, and no values.
impl<E: Audited> fmt::Debug for Diff<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self
            .differing
            .iter()
            .filter_map(|i| E::META.fields.get(i))
            .map(|m| m.name);
        f.debug_struct("Diff")
            .field("entity", &E::META.name)
            .field("differing", &names.collect::<Vec<_>>())
            .finish()
    }
}
