//! Comparing two states of an entity on their raw, typed values.

use crate::encode::ValueRef;
use crate::meta::FieldMeta;
use crate::walk::{FieldWalk, Recorded, ShownBy};

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
#[derive(Default)]
pub(crate) struct Compare {
    index: u32,
    set: u128,
}

impl Compare {
    #[inline(always)]
    pub(crate) fn differing(self) -> FieldSet {
        FieldSet(self.set)
    }

    #[inline(always)]
    fn mark(&mut self, same: bool) {
        self.set |= u128::from(!same) << self.index;
        self.index += 1;
    }
}

impl<'a> FieldWalk<'a> for Compare {
    #[inline(always)]
    fn field<T: PartialEq + Recorded>(&mut self, before: &'a T, after: &'a T) {
        self.mark(before == after);
    }
    #[inline(always)]
    fn field_by<T: Recorded>(&mut self, before: &'a T, after: &'a T, eq: fn(&T, &T) -> bool) {
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
pub(crate) struct Collect<'a> {
    index: usize,
    wanted: FieldSet,
    pub(crate) pairs: Vec<(usize, ValueRef<'a>, ValueRef<'a>)>,
}

impl<'a> Collect<'a> {
    pub(crate) fn new(wanted: FieldSet) -> Self {
        Self {
            index: 0,
            wanted,
            pairs: Vec::with_capacity(wanted.len()),
        }
    }

    fn take(&mut self, before: ValueRef<'a>, after: ValueRef<'a>) {
        if self.wanted.contains(self.index) {
            self.pairs.push((self.index, before, after));
        }
        self.index += 1;
    }
}

impl<'a> FieldWalk<'a> for Collect<'a> {
    fn field<T: PartialEq + Recorded>(&mut self, before: &'a T, after: &'a T) {
        self.take(ValueRef::Value(before), ValueRef::Value(after));
    }
    fn field_by<T: Recorded>(&mut self, before: &'a T, after: &'a T, _: fn(&T, &T) -> bool) {
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
    pub(crate) before: &'a E,
    pub(crate) after: &'a E,
    pub(crate) differing: FieldSet,
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
