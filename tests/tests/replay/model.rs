// The model: every state that a record was ever in, and which rows of them are left. Knows nothing
// of how a replay finds out.

use proptest::prelude::*;
use proptest::sample::select;

/// The business columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    pub title: &'static str,
    pub price: Option<i64>,
    pub weight: f64,
    pub hint: Option<&'static str>,
    pub seen: i32,
}

impl Look {
    pub fn json(&self, column: &str) -> String {
        match column {
            "title" => audit_core::encode::to_json(self.title),
            "price" => audit_core::encode::to_json(&self.price),
            "weight" => audit_core::encode::to_json(&self.weight),
            "hint" => audit_core::encode::to_json(&self.hint),
            other => panic!("{other}"),
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct Patch {
    pub title: Option<&'static str>,
    pub price: Option<Option<i64>>,
    pub weight: Option<f64>,
    pub hint: Option<Option<&'static str>>,
    pub seen: Option<i32>,
    pub cache: Option<Option<&'static str>>,
}

impl Patch {
    pub fn apply_to(&self, ware: &mut Ware) {
        let own = |text: Option<&str>| text.map(str::to_owned);
        if let Some(title) = self.title {
            ware.title = title.to_owned();
        }
        ware.price = self.price.unwrap_or(ware.price);
        ware.weight = self.weight.unwrap_or(ware.weight);
        if let Some(hint) = self.hint {
            ware.hint = own(hint);
        }
        ware.seen = self.seen.unwrap_or(ware.seen);
        if let Some(cache) = self.cache {
            ware.cache = own(cache);
        }
    }
}

#[derive(Debug, Clone)]
pub enum Act {
    Insert(Look),
    Edit(Patch),
    SoftDelete,
    Restore,
    Delete,
    /// With a new hint, in the place of the one that only its mask is left of.
    Undelete(&'static str),
    /// The n-th row-bearing write, counted from the last.
    RevertChange(usize),
    RevertTo(i64),
}

#[derive(Debug, Clone)]
pub struct Step {
    pub act: Act,
    pub at: i64,
    pub user: u32,
}

#[derive(Debug, Clone)]
pub struct Plan {
    pub steps: Vec<Step>,
    pub cutoff: Option<i64>,
    /// When the past is asked for.
    pub now: i64,
    pub stride: usize,
}

/// A record at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    pub look: Look,
    pub cache: Option<&'static str>,
    pub created: (i64, u32),
    pub updated: (i64, u32),
    pub deleted: Option<(i64, u32)>,
}

/// One write and what it left; no state where it removed the record.
#[derive(Debug, Clone)]
pub struct Commit {
    pub at: i64,
    /// It left a row.
    pub recorded: bool,
    /// The row is still there.
    pub left: bool,
    /// It began a life of the record.
    pub begins: bool,
    pub state: Option<State>,
}

#[derive(Debug, Default)]
pub struct Model {
    pub commits: Vec<Commit>,
    cutoff: Option<i64>,
}

impl Model {
    pub fn now(&self) -> Option<&State> {
        self.commits.last().and_then(|commit| commit.state.as_ref())
    }

    pub fn push(&mut self, at: i64, recorded: bool, begins: bool, state: Option<State>) {
        self.commits.push(Commit {
            at,
            recorded,
            left: recorded,
            begins,
            state,
        });
    }

    /// Whether the write is taken; a write that changes nothing is.
    pub fn step(&mut self, step: &Step) -> bool {
        let by = (step.at, step.user);
        let mut state = match (self.now().cloned(), &step.act) {
            (None, Act::Insert(look)) => {
                let state = State {
                    look: look.clone(),
                    cache: None,
                    created: by,
                    updated: by,
                    deleted: None,
                };
                self.push(step.at, true, true, Some(state));
                return true;
            }
            (None, Act::Undelete(hint)) => return self.undelete(hint, by),
            (None, _) | (Some(_), Act::Insert(_) | Act::Undelete(_)) => return false,
            (Some(_), Act::RevertChange(n)) => return self.revert_change(*n, by),
            (Some(_), Act::RevertTo(seconds)) => return self.revert_to(*seconds, by),
            (Some(state), _) => state,
        };
        let before = state.clone();
        let mut recorded = true;
        match &step.act {
            Act::Edit(_) if state.deleted.is_some() => return false,
            Act::Edit(patch) => {
                let look = &mut state.look;
                look.title = patch.title.unwrap_or(look.title);
                look.price = patch.price.unwrap_or(look.price);
                look.weight = patch.weight.unwrap_or(look.weight);
                look.hint = patch.hint.unwrap_or(look.hint);
                recorded = Look { seen: 0, ..look.clone() } != Look { seen: 0, ..before.look.clone() };
                look.seen = patch.seen.unwrap_or(look.seen);
                state.cache = patch.cache.unwrap_or(state.cache);
            }
            Act::SoftDelete => state.deleted = state.deleted.or(Some(by)),
            Act::Restore => state.deleted = None,
            Act::Delete => {
                self.push(step.at, true, false, None);
                return true;
            }
            _ => return false,
        }
        if state != before {
            state.updated = by;
            self.push(step.at, recorded, false, Some(state));
        }
        true
    }

    /// The last state before a removal, that the trail tells of.
    fn undelete(&mut self, hint: &'static str, by: (i64, u32)) -> bool {
        let Some(mut state) = self.commits.iter().rev().nth(1).and_then(|c| c.state.clone()) else {
            return false;
        };
        state.look.hint = state.look.hint.map(|_| hint);
        state.cache = None;
        state.updated = by;
        self.push(by.0, true, true, Some(state));
        true
    }

    /// The writes of the life that lasts, by place.
    fn life(&self) -> usize {
        self.commits.iter().rposition(|commit| commit.begins).unwrap_or(0)
    }

    fn hint_moved(&self, after: usize) -> bool {
        let states = self.commits[after..].iter().filter_map(|c| c.state.as_ref());
        let hints: Vec<_> = states.map(|state| state.look.hint).collect();
        hints.windows(2).any(|pair| pair[0] != pair[1])
    }

    fn replace(&mut self, look: Look, by: (i64, u32)) -> bool {
        let Some(mut state) = self.now().cloned() else { return false };
        if state.look != look {
            state.look = look;
            state.updated = by;
            self.push(by.0, true, false, Some(state));
        }
        true
    }

    fn revert_to(&mut self, seconds: i64, by: (i64, u32)) -> bool {
        let Some(place) = self.at(by.0, seconds) else { return false };
        let (Some(then), Some(now)) = (self.commits[place].state.clone(), self.now()) else {
            return false;
        };
        if place < self.life() || then.deleted.is_some() || now.deleted.is_some() {
            return false;
        }
        let mut look = then.look.clone();
        look.seen = now.look.seen;
        if look.hint.is_some() {
            if self.hint_moved(place) {
                return false;
            }
            look.hint = now.look.hint;
        }
        self.replace(look, by)
    }

    fn revert_change(&mut self, n: usize, by: (i64, u32)) -> bool {
        let recorded = self.commits.iter().enumerate().filter(|(_, c)| c.recorded);
        let Some(place) = recorded.map(|(place, _)| place).rev().nth(n) else {
            return false;
        };
        if place <= self.life() {
            return false;
        }
        let state = |place: usize| self.commits[place].state.clone().unwrap();
        let (old, new, now) = (state(place - 1), state(place), self.now().cloned().unwrap());
        if old.deleted.is_some() != new.deleted.is_some() {
            let flips = self.commits[place..].windows(2).any(|pair| {
                let deleted = |c: &Commit| c.state.as_ref().is_some_and(|s| s.deleted.is_some());
                deleted(&pair[0]) != deleted(&pair[1])
            });
            if flips {
                return false;
            }
            let mut back = now;
            back.deleted = old.deleted.is_some().then_some(by);
            back.updated = by;
            self.push(by.0, true, false, Some(back));
            return true;
        }
        if now.deleted.is_some() {
            return false;
        }
        let mut look = now.look.clone();
        let mut fits = true;
        macro_rules! take_back {
            ($field:ident, $sure:expr) => {
                if old.look.$field != new.look.$field && now.look.$field != old.look.$field {
                    fits &= now.look.$field == new.look.$field && $sure;
                    look.$field = old.look.$field;
                }
            };
        }
        take_back!(title, true);
        take_back!(price, true);
        take_back!(weight, true);
        // Only that there was none is known of a hint, and no mask tells one from another.
        if old.look.hint != new.look.hint && old.look.hint.is_some() {
            return false;
        }
        take_back!(hint, !self.hint_moved(place));
        fits && self.replace(look, by)
    }

    /// The last write that a record had before it was removed, or until now: its stamp is seen
    /// whether it left a row or not.
    fn seals(&self, place: usize) -> bool {
        match self.commits.get(place + 1) {
            None => self.commits[place].state.is_some(),
            Some(next) => next.state.is_none() && next.left,
        }
    }

    /// The write that made what is true of an instant: of the recorded writes, and of those whose
    /// stamp is seen, the last that is stamped at or before.
    pub fn at(&self, now: i64, seconds: i64) -> Option<usize> {
        if now <= seconds && self.now().is_some() {
            return Some(self.commits.len() - 1);
        }
        self.commits
            .iter()
            .enumerate()
            .rposition(|(place, commit)| {
                commit.at <= seconds && (commit.recorded || self.seals(place))
            })
    }

    /// Whether a row, or the record's own stamp, that is left tells of the write and nothing before
    /// it is needed.
    pub fn told(&self, place: usize, now: i64, seconds: i64) -> Option<bool> {
        if self.seals(place) && (self.commits[place].at <= seconds || now <= seconds) {
            return Some(true);
        }
        for commit in self.commits[..=place].iter().rev() {
            if commit.left {
                return Some(true);
            }
            if commit.begins {
                break;
            }
        }
        Some(false)
    }

    /// The record that a write was about has left no row.
    pub fn in_lost_life(&self, place: usize) -> bool {
        let from = (0..=place).rev().find(|i| self.commits[*i].begins).unwrap_or(0);
        let after = &self.commits[place + 1..];
        let to = after.iter().position(|c| c.begins).map(|n| place + 1 + n);
        to.is_some_and(|to| self.commits[from..to].iter().all(|commit| !commit.left))
    }

    /// Removes rows as retention does; false where there is nothing to ask any more.
    pub fn purge(&mut self, cutoff: i64) -> bool {
        self.cutoff = Some(cutoff);
        for commit in &mut self.commits {
            commit.left &= commit.at >= cutoff;
        }
        true
    }

    pub fn purged(&self) -> bool {
        self.commits.iter().any(|commit| commit.recorded && !commit.left)
    }

    pub fn nothing_left(&self) -> bool {
        self.now().is_none() && self.commits.iter().all(|commit| !commit.left)
    }

    /// A clock that went back across the cutoff leaves holes: rows that are gone between rows that
    /// are left. From when on there are none.
    pub fn sure_from(&self) -> i64 {
        let gone = |commit: &Commit| commit.recorded && !commit.left;
        let Some(last) = self.commits.iter().rposition(gone) else {
            return i64::MIN;
        };
        let left = self.commits[..last].iter().filter(|commit| commit.left);
        // Of a removal that left no row, the record's last row tells that it was still there.
        let removal = |commit: &Commit| gone(commit) && commit.state.is_none();
        let untold = i64::from(self.commits[..=last].iter().any(removal));
        left.map(|commit| commit.at + untold).max().unwrap_or(i64::MIN)
    }

    /// Before, at and after each write.
    pub fn instants(&self) -> Vec<i64> {
        let mut instants: Vec<i64> = self
            .commits
            .iter()
            .flat_map(|commit| [commit.at - 1, commit.at])
            .chain([10_000])
            .collect();
        instants.sort_unstable();
        instants.dedup();
        instants
    }
}

const TITLES: [&str; 4] = ["", "Lamp", "lamp", "L\u{e9}"];
/// Every text that a history may hold.
const TEXTS: [&str; 9] = ["", "Lamp", "lamp", "L\u{e9}", "left", "right", "hot", "anew", "again"];
const PRICES: [Option<i64>; 3] = [None, Some(0), Some(i64::MAX)];
const WEIGHTS: [f64; 4] = [0.0, 0.1, 1e16, -2.5e300];
const HINTS: [Option<&str>; 3] = [None, Some("left"), Some("right")];
const CACHES: [Option<&str>; 2] = [None, Some("hot")];

fn look() -> impl Strategy<Value = Look> {
    let parts = (
        select(&TITLES[..]),
        select(&PRICES[..]),
        select(&WEIGHTS[..]),
        select(&HINTS[..]),
        0..3_i32,
    );
    parts.prop_map(|(title, price, weight, hint, seen)| Look {
        title,
        price,
        weight,
        hint,
        seen,
    })
}

fn patch() -> impl Strategy<Value = Patch> {
    use proptest::option::weighted;
    let parts = (
        weighted(0.4, select(&TITLES[..])),
        weighted(0.3, select(&PRICES[..])),
        weighted(0.2, select(&WEIGHTS[..])),
        weighted(0.2, select(&HINTS[..])),
        weighted(0.3, 0..3_i32),
        weighted(0.2, select(&CACHES[..])),
    );
    parts.prop_map(|(title, price, weight, hint, seen, cache)| Patch {
        title,
        price,
        weight,
        hint,
        seen,
        cache,
    })
}

fn plan() -> impl Strategy<Value = Plan> {
    let act = prop_oneof![
        3 => look().prop_map(Act::Insert),
        9 => patch().prop_map(Act::Edit),
        2 => Just(Act::SoftDelete),
        2 => Just(Act::Restore),
        2 => Just(Act::Delete),
        2 => select(&["anew", "again"][..]).prop_map(Act::Undelete),
        4 => (0..5_usize).prop_map(Act::RevertChange),
        3 => (90..260_i64).prop_map(Act::RevertTo),
    ];
    // The clock goes on, stands still, or goes back.
    let tick = prop_oneof![6 => 1..20_i64, 2 => Just(0_i64), 1 => -30..0_i64];
    let step = (act, tick, 1..4_u32);
    (
        look(),
        proptest::collection::vec(step, 0..14),
        proptest::option::weighted(0.7, 90..260_i64),
        prop_oneof![4 => Just(5_000_i64), 1 => 80..300_i64],
        0..3_usize,
    )
        .prop_map(|(first, rest, cutoff, now, stride)| {
            let mut at = 100;
            let mut steps = vec![Step {
                act: Act::Insert(first),
                at,
                user: 1,
            }];
            for (act, tick, user) in rest {
                at += tick;
                steps.push(Step { act, at, user });
            }
            Plan {
                steps,
                cutoff,
                now,
                stride,
            }
        })
}
