//! Comparing two states of an entity on their raw, typed values.

use core::fmt;

use serde::Serialize;

use crate::config::AuditConfig;
use crate::encode::ValueRef;
use crate::entity::Audited;
use crate::mask::MaskFailure;
use crate::meta::{FieldMeta, Policy, Role};
use crate::record;

/// What is stored of a value without `Serialize`. A function, since the compiler cannot tell by its
/// type alone whether an `Option` is meant.
#[doc(hidden)]
pub type ShownBy<T> = for<'v> fn(&'v T) -> ValueRef<'v>;

/// Sees the fields of two states of an entity, one call a field, in the table's order.
///
/// The derive picks the method by the field's attributes; apps do not call these.
#[doc(hidden)]
pub trait FieldWalk<'a> {
    /// A field with `PartialEq` and `Serialize`.
    fn field<T: PartialEq + Serialize>(&mut self, before: &'a T, after: &'a T);
    /// A field compared by a function of the app (`eq = path`).
    fn field_by<T: Serialize>(&mut self, before: &'a T, after: &'a T, eq: fn(&T, &T) -> bool);
    /// A field stored as its `Display` text (`via = "display"`), which `shown` gives.
    fn display<T: PartialEq>(&mut self, before: &'a T, after: &'a T, shown: ShownBy<T>);
    /// Both `via = "display"` and `eq = path`.
    fn display_by<T>(
        &mut self,
        before: &'a T,
        after: &'a T,
        shown: ShownBy<T>,
        eq: fn(&T, &T) -> bool,
    );
    /// A field that is never stored (`skip`).
    fn skipped<T: PartialEq>(&mut self, before: &'a T, after: &'a T);
    /// Both `skip` and `eq = path`.
    fn skipped_by<T>(&mut self, before: &'a T, after: &'a T, eq: fn(&T, &T) -> bool);
}

/// A set of field indices. Diesel's tables end at 128 columns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct FieldSet(u128);

impl FieldSet {
    /// No field.
    pub const EMPTY: Self = Self(0);

    /// True when it holds no field.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// True when it holds the field at `index`.
    pub const fn contains(self, index: usize) -> bool {
        index < 128 && self.0 & (1 << index) != 0
    }

    /// Adds the field at `index`.
    pub const fn insert(&mut self, index: usize) {
        self.0 |= 1 << index;
    }

    /// Number of fields in the set.
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// The indices in ascending order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            let index = rest.trailing_zeros() as usize;
            rest &= rest.wrapping_sub(1);
            (index < 128).then_some(index)
        })
    }

    /// The bits, as a map key.
    #[doc(hidden)]
    pub const fn bits(self) -> u128 {
        self.0
    }
}

/// Marks the fields whose typed values differ. `==` alone: what differs but encodes the same is
/// found when it is encoded.
struct Compare {
    index: u32,
    set: u128,
}

impl Compare {
    #[inline(always)]
    fn mark(&mut self, same: bool) {
        self.set |= u128::from(!same) << self.index;
        self.index += 1;
    }
}

impl<'a> FieldWalk<'a> for Compare {
    #[inline(always)]
    fn field<T: PartialEq + Serialize>(&mut self, before: &'a T, after: &'a T) {
        self.mark(before == after);
    }
    #[inline(always)]
    fn field_by<T: Serialize>(&mut self, before: &'a T, after: &'a T, eq: fn(&T, &T) -> bool) {
        self.mark(eq(before, after));
    }
    #[inline(always)]
    fn display<T: PartialEq>(&mut self, before: &'a T, after: &'a T, _: ShownBy<T>) {
        self.mark(before == after);
    }
    #[inline(always)]
    fn display_by<T>(
        &mut self,
        before: &'a T,
        after: &'a T,
        _: ShownBy<T>,
        eq: fn(&T, &T) -> bool,
    ) {
        self.mark(eq(before, after));
    }
    #[inline(always)]
    fn skipped<T: PartialEq>(&mut self, before: &'a T, after: &'a T) {
        self.mark(before == after);
    }
    #[inline(always)]
    fn skipped_by<T>(&mut self, before: &'a T, after: &'a T, eq: fn(&T, &T) -> bool) {
        self.mark(eq(before, after));
    }
}

/// Keeps the values of the fields in a set.
struct Collect<'a> {
    index: usize,
    wanted: FieldSet,
    pairs: Vec<(usize, ValueRef<'a>, ValueRef<'a>)>,
}

impl<'a> Collect<'a> {
    fn take(&mut self, before: ValueRef<'a>, after: ValueRef<'a>) {
        if self.wanted.contains(self.index) {
            self.pairs.push((self.index, before, after));
        }
        self.index += 1;
    }
}

impl<'a> FieldWalk<'a> for Collect<'a> {
    fn field<T: PartialEq + Serialize>(&mut self, before: &'a T, after: &'a T) {
        self.take(ValueRef::Value(before), ValueRef::Value(after));
    }
    fn field_by<T: Serialize>(&mut self, before: &'a T, after: &'a T, _: fn(&T, &T) -> bool) {
        self.take(ValueRef::Value(before), ValueRef::Value(after));
    }
    fn display<T: PartialEq>(&mut self, before: &'a T, after: &'a T, shown: ShownBy<T>) {
        self.take(shown(before), shown(after));
    }
    fn display_by<T>(
        &mut self,
        before: &'a T,
        after: &'a T,
        shown: ShownBy<T>,
        _: fn(&T, &T) -> bool,
    ) {
        self.take(shown(before), shown(after));
    }
    fn skipped<T: PartialEq>(&mut self, _: &'a T, _: &'a T) {
        self.index += 1;
    }
    fn skipped_by<T>(&mut self, _: &'a T, _: &'a T, _: fn(&T, &T) -> bool) {
        self.index += 1;
    }
}

/// What differs between two states of one record.
///
/// Holds the two states and a set of field indices: making it allocates nothing. The changes
/// themselves come out masked.
#[derive(Clone, Copy)]
pub struct Diff<'a, E> {
    before: &'a E,
    after: &'a E,
    differing: FieldSet,
}

/// One changed field, as the trail stores it: JSON text, masked where the field is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FieldChange {
    /// The field.
    pub field: &'static FieldMeta,
    /// Its value before, as JSON text.
    pub old: String,
    /// Its value after, as JSON text.
    pub new: String,
}

/// A diff made into what is stored of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Changes {
    /// A row each, in the order of the fields. Empty also where only ignored or skipped fields
    /// changed.
    pub rows: Vec<FieldChange>,
    /// Some business column is not what it was, recorded or not.
    pub touched: bool,
}

impl<'a, E: Audited> Diff<'a, E> {
    #[inline]
    pub(crate) fn new(before: &'a E, after: &'a E) -> Self {
        let mut compare = Compare { index: 0, set: 0 };
        E::walk(before, after, &mut compare);
        Self {
            before,
            after,
            differing: FieldSet(compare.set),
        }
    }

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
                    old: record::masked(field, values.0, old, config)?,
                    new: record::masked(field, values.1, new, config)?,
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
        let mut collect = Collect {
            index: 0,
            wanted,
            pairs: Vec::with_capacity(wanted.len()),
        };
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

/// Sees each storable field of one state, with its index.
pub(crate) fn each_value<'a, E: Audited>(entity: &'a E, mut see: impl FnMut(usize, ValueRef<'a>)) {
    let mut wanted = FieldSet::EMPTY;
    for index in 0..E::META.fields.len().min(128) {
        wanted.insert(index);
    }
    let mut collect = Collect {
        index: 0,
        wanted,
        pairs: Vec::with_capacity(wanted.len()),
    };
    E::walk(entity, entity, &mut collect);
    for (index, value, _) in collect.pairs {
        see(index, value);
    }
}
