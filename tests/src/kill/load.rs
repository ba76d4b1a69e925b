// The load on each backend.

use std::io::Write;

use audit_diesel::prelude::*;
use diesel::connection::{Connection, SimpleConnection};
use diesel::prelude::*;
use uuid::Uuid;

pub use self::backend::NAME;
use self::backend::Conn;
use self::backend::entities::*;
use self::backend::schema::{accounts, notes};
use super::{CLOSED, COMMITTING, DONE, state_after};
use crate::faulty::{Faulty, Moment};

type Link = Faulty<Conn>;

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // The reader is gone: so is the reason to go on.
    if out.write_all(format!("{line}\n").as_bytes()).is_err() {
        std::process::exit(0);
    }
    out.flush().unwrap();
}

fn settings() -> &'static str {
    match NAME {
        // What a killed client leaves does not depend on the server's flushes.
        "postgres" => "SET synchronous_commit = off; SET deadlock_timeout = '50ms'",
        "mysql" => "SET SESSION innodb_lock_wait_timeout = 20",
        _ => "PRAGMA busy_timeout = 20000; PRAGMA synchronous = OFF",
    }
}

struct Load {
    link: Link,
    dice: u64,
    accounts: Vec<i64>,
    notes: Vec<Note>,
}

/// Runs until killed.
pub fn work(url: &str, seed: u64) {
    let mut conn = Conn::establish(url).unwrap();
    let _ = conn.batch_execute(settings());
    let mut link = Faulty::new(conn, url);
    let mut state = CLOSED;
    link.watch(move |moment, text| match moment {
        Moment::Before if text == "COMMIT" => say(COMMITTING),
        Moment::Before => {}
        Moment::After => {
            let now = state_after(text, state);
            if now != state || text == "COMMIT" {
                say(now);
            }
            state = now;
        }
    });
    let mut load = Load { link, dice: seed | 1, accounts: Vec::new(), notes: Vec::new() };
    load.refresh();
    say(CLOSED);
    loop {
        load.step();
    }
}

impl Load {
    fn roll(&mut self, sides: usize) -> usize {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        usize::try_from(self.dice % sides as u64).unwrap()
    }

    /// What there is to write to: others write too.
    fn refresh(&mut self) {
        let link = &mut self.link;
        self.accounts = accounts::table.select(accounts::id).load(link).unwrap();
        self.notes = notes::table.select(Note::as_select()).load(link).unwrap();
    }

    fn account(&mut self) -> i64 {
        let at = self.roll(self.accounts.len().max(1));
        self.accounts.get(at).copied().unwrap_or(0)
    }

    fn step(&mut self) {
        if self.roll(20) == 0 {
            self.refresh();
        }
        let operation = Uuid::now_v7();
        let ctx = ctx().operation(operation);
        let seeds: Vec<u64> = (0..1 + self.roll(6)).map(|_| self.roll(usize::MAX) as u64).collect();
        let subjects: Vec<[i64; 3]> = seeds.iter().map(|_| [self.account(), self.account(), self.account()]).collect();
        let note = self.roll(self.notes.len().max(1));
        let note = self.notes.get(note).cloned();
        let calls: Vec<_> = seeds.into_iter().zip(subjects).collect();
        let one = |link: &mut Link, ctx: &AuditContext, (seed, ids): &(u64, [i64; 3])| {
            helper(link, ctx, *seed, ids, note.as_ref())
        };
        let result = match self.roll(4) {
            0 => one(&mut self.link, &ctx, &calls[0]),
            // The caller's transaction.
            1 => self.link.transaction(|link| calls.iter().map(|call| one(link, &ctx, call)).sum()),
            // One that swallows what fails. What succeeded before may be gone then (a deadlock ends the
            // whole transaction), so nothing is told of it.
            2 => self.link.transaction(|link| {
                let done: Vec<_> = calls.iter().map(|call| one(link, &ctx, call)).collect();
                Ok(done.into_iter().sum::<Result<usize, _>>().unwrap_or(0))
            }),
            _ => audit_diesel::transaction(&mut self.link, &ctx, |link, ctx| {
                calls.iter().map(|call| one(link, ctx, call)).sum()
            }),
        };
        match result {
            Ok(0) => {}
            Ok(_) => say(&format!("{DONE}{operation}")),
            // What others deleted, changed or hold is no reason to stop.
            Err(AuditError::Database(failure)) if !is_expected(failure.kind) => panic!("{NAME}: {failure}"),
            Err(_) => {}
        }
    }
}

fn is_expected(kind: audit_diesel::FailureKind) -> bool {
    use audit_diesel::FailureKind::{Busy, Deadlock, Other, Serialization, StaleSnapshot};
    // `Other`: PostgreSQL's refusal of all that follows a failed statement in a caller's transaction.
    matches!(kind, Busy | Deadlock | Other | Serialization | StaleSnapshot)
}

/// One helper of all there are; how many records it surely left audit rows for.
fn helper(
    link: &mut Link,
    ctx: &AuditContext,
    seed: u64,
    ids: &[i64; 3],
    note: Option<&Note>,
) -> Result<usize, AuditError> {
    let id = ids[0];
    let text = seed.to_string();
    let new = || new_account(&text);
    let rename = || AccountChanges { name: Some(text.clone()), ..Default::default() };
    let mail = |a: &mut Account| a.email = Some(format!("{text}@example.com"));
    let new_note = || NewNote { title: text.clone(), weight: 0.5, views: 1 };
    let tag = accounts::name.like(format!("{}%", seed % 1_000));
    match seed % 20 {
        0..=2 => Account::audited_insert(link, ctx, new()).map(|_| 1),
        3 => Account::audited_insert_many(link, ctx, [new(), new(), new()]).map(|all| all.len()),
        4..=5 => Account::audited_update(link, ctx, id, rename()).map(|_| 1),
        6 => Account::audited_update_many(link, ctx, *ids, rename()).map(|_| 0),
        7 => Account::audited_update_where(link, ctx, tag, rename()).map(|_| 0),
        8..=9 => Account::audited_edit(link, ctx, id, mail).map(|_| 1),
        10 => Account::audited_edit_many(link, ctx, *ids, mail).map(|_| 0),
        11 => Account::audited_edit_where(link, ctx, tag, mail).map(|_| 0),
        12 => Account::audited_soft_delete(link, ctx, id).map(|_| 0),
        13 => Account::audited_soft_delete_many(link, ctx, ids[..2].iter().copied()).map(|_| 0),
        14 => Account::audited_restore(link, ctx, id).map(|_| 0),
        15 => Account::audited_restore_many(link, ctx, *ids).map(|_| 0),
        16 => Account::audited_delete(link, ctx, id).map(|_| 1),
        17 => Account::audited_delete_where(link, ctx, tag).map(|all| all.len()),
        18 => Note::audited_insert_many(link, ctx, [new_note(), new_note()]).map(|all| all.len()),
        _ => match note {
            None => Note::audited_insert(link, ctx, new_note()).map(|_| 1),
            Some(note) => Note::audited_update(link, ctx, note.key(), NoteChanges { title: Some(text), ..Default::default() })
                .map(|_| 1),
        },
    }
}
