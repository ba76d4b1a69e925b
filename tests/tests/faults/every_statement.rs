// Every helper, failing at every one of its statements in every way.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use audit_diesel::prelude::*;
use audit_diesel::{Outcome, outcome};
use audit_tests::faulty::{Fault, Faulty, Injected};
use audit_tests::oracle::Oracle;
use diesel::prelude::*;
use uuid::Uuid;

use super::backend::entities::*;
use super::backend::schema::accounts;
use super::backend::{Conn, Database, NAME};
use super::oracle::catch_up;

type Link = Faulty<Conn>;

/// The records that a helper is let loose on.
struct Subject {
    live: Vec<i64>,
    deleted: Vec<i64>,
    /// All their names begin with this.
    tag: String,
    note: Note,
}

impl Subject {
    fn new(conn: &mut Conn) -> Self {
        let tag = Uuid::now_v7().to_string();
        let forms: Vec<_> = (0..4).map(|n| new_account(&format!("{tag} {n}"))).collect();
        let ids: Vec<i64> = Account::audited_insert_many(conn, &ctx(), forms).unwrap().iter().map(|a| a.id).collect();
        Account::audited_soft_delete_many(conn, &ctx(), ids[2..].iter().copied()).unwrap();
        let note = Note::audited_insert(conn, &ctx(), new_note()).unwrap();
        Self { live: ids[..2].to_vec(), deleted: ids[2..].to_vec(), tag, note }
    }

    /// The names of the records, for the forms that take a filter.
    fn named(&self) -> String {
        format!("{}%", self.tag)
    }
}

fn new_note() -> NewNote {
    NewNote { title: "before".into(), weight: 1.5, views: 3 }
}

fn rename(name: &str) -> AccountChanges {
    AccountChanges { name: Some(name.into()), ..Default::default() }
}

struct Case {
    /// Statements on SQLite, PostgreSQL and MySQL/MariaDB: on its own, and inside a transaction.
    alone: [usize; 3],
    nested: [usize; 3],
    /// The audit rows that it leaves; 0 also where it is to be refused.
    rows: usize,
    run: fn(&mut Link, &AuditContext, &Subject) -> Result<(), AuditError>,
}

/// Where the helper is called from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scene {
    Alone,
    /// Inside a transaction of the caller's, who passes the error on or goes on without a word.
    Callers { swallows: bool },
    /// Inside [`audit_diesel::transaction`], the same two.
    Operation { swallows: bool },
}

const SCENES: [Scene; 5] = [
    Scene::Alone,
    Scene::Callers { swallows: false },
    Scene::Callers { swallows: true },
    Scene::Operation { swallows: false },
    Scene::Operation { swallows: true },
];

/// How a call ended.
#[derive(Debug)]
enum Ended {
    Well,
    Failed(AuditError),
    Panicked,
}

fn guarded<T>(body: impl FnOnce() -> Result<T, AuditError>) -> Ended {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(_)) => Ended::Well,
        Ok(Err(error)) => Ended::Failed(error),
        Err(panic) if panic.is::<Injected>() => Ended::Panicked,
        Err(panic) => resume_unwind(panic),
    }
}

fn index() -> usize {
    ["sqlite", "postgres", "mysql"].iter().position(|name| *name == NAME).unwrap()
}

/// Statements that `audit_diesel::transaction` adds to what is inside: BEGIN, COMMIT, before it the
/// fence (a statement on SQLite and PostgreSQL, a savepoint and its release on MySQL/MariaDB), and on
/// SQLite the write lock.
fn around() -> usize {
    [4, 3, 4][index()]
}

/// Statements by which a helper finds out that a transaction of the caller's is still there, before
/// anything else: SQLite refuses a BEGIN in one.
fn ahead() -> usize {
    usize::from(NAME == "sqlite")
}

struct Lab {
    database: Database,
    other: Conn,
    link: Link,
    oracle: Oracle,
    subject: Subject,
    /// A record that each next write edits.
    next: i64,
    ran: usize,
}

impl Lab {
    fn new() -> Self {
        let database = Database::new();
        let mut other = database.connect();
        let link = Faulty::new(database.connect(), &database.url());
        let subject = Subject::new(&mut other);
        let next = Account::audited_insert(&mut other, &ctx(), new_account("next")).unwrap().id;
        Self { database, other, link, oracle: Oracle::default(), subject, next, ran: 0 }
    }

    fn reconnect(&mut self) {
        self.link.reconnect(self.database.connect());
    }

    /// Runs the case; what it sent, how it ended, and how the helper inside ended.
    fn call(
        &mut self,
        case: &Case,
        scene: Scene,
        ctx: &AuditContext,
        faults: &[(usize, Fault)],
    ) -> (Vec<String>, Ended, Ended) {
        let (link, it) = (&mut self.link, &self.subject);
        let mut inner = Ended::Well;
        let mut after = |ended: Ended, swallows: bool| -> Result<bool, AuditError> {
            let failed = !matches!(ended, Ended::Well);
            inner = ended;
            if failed && !swallows { Err(diesel::result::Error::RollbackTransaction.into()) } else { Ok(failed) }
        };
        match scene {
            Scene::Alone => {
                link.arm(faults);
                let ended = guarded(|| (case.run)(link, ctx, it));
                (link.disarm(), ended, Ended::Well)
            }
            Scene::Callers { swallows } => {
                let mut sent = Vec::new();
                let outer = guarded(|| {
                    link.transaction(|link| {
                        link.arm(faults);
                        let ended = guarded(|| (case.run)(link, ctx, it));
                        sent = link.disarm();
                        if after(ended, swallows)? {
                            let _ = guarded(|| Note::audited_insert(link, &self::ctx(), new_note()));
                        }
                        Ok::<_, AuditError>(())
                    })
                });
                (sent, outer, inner)
            }
            Scene::Operation { swallows } => {
                link.arm(faults);
                let outer = guarded(|| {
                    audit_diesel::transaction(link, ctx, |link, ctx| {
                        let ended = guarded(|| (case.run)(link, ctx, it));
                        if after(ended, swallows)? {
                            let _ = guarded(|| Note::audited_insert(link, ctx, new_note()));
                        }
                        Ok::<_, AuditError>(())
                    })
                });
                (link.disarm(), outer, inner)
            }
        }
    }

    fn agree(&mut self, at: &str) {
        let faults = catch_up(&mut self.oracle, &mut self.other);
        assert!(faults.is_empty(), "{at}: half a change is left:\n{}", faults.join("\n"));
    }

    /// Runs the case with faults and holds what is left against what was promised.
    fn check(&mut self, case: &Case, scene: Scene, faults: &[(usize, Fault)]) -> Vec<String> {
        self.ran += 1;
        let operation = Uuid::now_v7();
        let ctx = ctx().operation(operation);
        let (sent, ended, inner) = self.call(case, scene, &ctx, faults);
        let at = format!("{NAME}, {scene:?}, {faults:?} of {sent:?}, ended {ended:?}, inside {inner:?}");
        self.agree(&at);
        let rows = self.oracle.rows_of(operation);
        let hit = faults.first().and_then(|(n, fault)| Some((sent.get(n - 1)?.as_str(), *fault)));
        let whole = rows == case.rows;
        // The answer to the last word may be lost on the way: to a COMMIT, or by a panic behind it.
        let in_doubt = match hit {
            Some(("COMMIT", fault)) => fault.cuts() || fault == Fault::PanicAfter,
            Some((text, Fault::PanicAfter)) => text.starts_with("RELEASE"),
            _ => false,
        };
        assert!(rows == 0 || whole, "{at}: {rows} of {} audit rows", case.rows);
        match &ended {
            Ended::Well if matches!(inner, Ended::Well) => assert!(whole, "{at}: said Ok, {rows} rows"),
            Ended::Well => {
                assert!(matches!(scene, Scene::Callers { swallows: true }), "{at}: a false Ok");
                assert!(rows == 0 || in_doubt, "{at}: failed and wrote {rows} rows");
            }
            Ended::Failed(AuditError::CommitUnknown { operation: told, recorded: true }) => {
                assert_eq!(*told, operation, "{at}");
                assert!(in_doubt, "{at}: nothing in doubt here");
                let truth = if rows > 0 { Outcome::Committed } else { Outcome::NotCommitted };
                assert_eq!(outcome(&mut self.other, operation).unwrap(), truth, "{at}");
                let committed = hit.is_some_and(|(_, fault)| fault == Fault::AnswerLost);
                assert_eq!(rows > 0, committed && case.rows > 0, "{at}");
            }
            Ended::Failed(_) => assert_eq!(rows, 0, "{at}: failed and wrote"),
            Ended::Panicked => assert!(rows == 0 || in_doubt, "{at}: panicked and wrote {rows} rows"),
        }
        if hit.is_some_and(|(text, fault)| text == "COMMIT" && fault.cuts()) && scene != (Scene::Callers { swallows: true }) {
            assert!(matches!(ended, Ended::Failed(AuditError::CommitUnknown { .. })), "{at}: a lost COMMIT");
        }
        self.follow_up(&at, faults);
        if rows > 0 {
            self.subject = Subject::new(&mut self.other);
        }
        sent
    }

    /// The connection is clean, or marked so that no pool takes it back.
    fn follow_up(&mut self, at: &str, faults: &[(usize, Fault)]) {
        let Some(depth) = self.link.depth() else {
            self.reconnect();
            return;
        };
        assert_eq!(depth, 0, "{at}: a transaction is left open");
        let operation = Uuid::now_v7();
        let next = Account::audited_edit(&mut self.link, &ctx().operation(operation), self.next, |a| {
            a.name = operation.to_string();
        });
        self.agree(&format!("{at}, the next write"));
        let rows = self.oracle.rows_of(operation);
        match next {
            Ok(_) => assert_eq!(rows, 1, "{at}: the next write was lost"),
            Err(error) => {
                assert!(self.link.is_cut(), "{at}: the next write failed: {error}");
                assert_eq!(rows, 0, "{at}: {faults:?}");
            }
        }
        if self.link.is_cut() {
            self.reconnect();
        }
    }
}

fn explore(case: &Case) {
    let mut lab = Lab::new();
    for scene in SCENES {
        // Twice: Diesel asks more of PostgreSQL and MySQL before a text is prepared, not of us.
        lab.check(case, scene, &[]);
        let sent = lab.check(case, scene, &[]);
        let expected = match scene {
            Scene::Alone => case.alone[index()],
            Scene::Callers { .. } => case.nested[index()] + ahead(),
            Scene::Operation { .. } => case.nested[index()] + ahead() + around(),
        };
        assert_eq!(sent.len(), expected, "{NAME}, {scene:?}: the statements are {sent:?}");
        for n in 1..=sent.len() {
            for fault in Fault::ALL {
                lab.check(case, scene, &[(n, fault)]);
            }
            if matches!(scene, Scene::Callers { swallows: false } | Scene::Operation { swallows: false }) {
                continue;
            }
            // And the rollback that follows fails as well.
            for (first, second) in [
                (Fault::Refused, Fault::Unsent),
                (Fault::Unsent, Fault::Refused),
                (Fault::Panic, Fault::Unsent),
                (Fault::Unsent, Fault::Panic),
                (Fault::Refused, Fault::Disconnect),
            ] {
                lab.check(case, scene, &[(n, first), (n + 1, second)]);
            }
        }
    }
    eprintln!("{NAME}: {} runs", lab.ran);
}

macro_rules! cases {
    ($($name:ident: alone $alone:expr, nested $nested:expr, rows $rows:literal, $run:expr;)*) => {
        $(
            #[test]
            fn $name() {
                explore(&Case { alone: $alone, nested: $nested, rows: $rows, run: $run });
            }
        )*
    };
}

// Statements on [SQLite, PostgreSQL, MySQL/MariaDB].
cases! {
    insert: alone [6, 4, 5], nested [6, 4, 7], rows 1, |conn, ctx, _| {
        Account::audited_insert(conn, ctx, new_account("x")).map(drop)
    };
    insert_with_a_key_of_ours: alone [6, 4, 5], nested [6, 4, 7], rows 1, |conn, ctx, _| {
        Note::audited_insert(conn, ctx, new_note()).map(drop)
    };
    insert_many: alone [8, 4, 7], nested [8, 4, 9], rows 2, |conn, ctx, _| {
        Account::audited_insert_many(conn, ctx, [new_account("x"), new_account("y")]).map(drop)
    };
    insert_many_with_keys_of_ours: alone [6, 4, 5], nested [6, 4, 7], rows 2, |conn, ctx, _| {
        Note::audited_insert_many(conn, ctx, [new_note(), new_note()]).map(drop)
    };
    update: alone [7, 4, 6], nested [7, 4, 8], rows 1, |conn, ctx, it| {
        Account::audited_update(conn, ctx, it.live[0], rename("other")).map(drop)
    };
    update_of_nothing: alone [4, 3, 3], nested [4, 3, 5], rows 0, |conn, ctx, it| {
        Account::audited_update(conn, ctx, it.live[0], rename(&format!("{} 0", it.tag))).map(drop)
    };
    update_with_a_version: alone [7, 4, 6], nested [7, 4, 8], rows 2, |conn, ctx, it| {
        let changes = NoteChanges { title: Some("after".into()), weight: Some(2.5), ..Default::default() };
        Note::audited_update(conn, ctx, it.note.key(), changes).map(drop)
    };
    edit: alone [7, 5, 6], nested [7, 5, 8], rows 2, |conn, ctx, it| {
        Account::audited_edit(conn, ctx, it.live[0], |a| {
            a.email = Some("x@example.com".into());
            a.tax_number = None;
        }).map(drop)
    };
    try_edit: alone [7, 5, 6], nested [7, 5, 8], rows 1, |conn, ctx, it| {
        Account::audited_try_edit(conn, ctx, it.live[0], |a| {
            a.name.push('!');
            Ok::<_, AuditError>(())
        }).map(drop)
    };
    soft_delete: alone [7, 4, 6], nested [7, 4, 8], rows 1, |conn, ctx, it| {
        Account::audited_soft_delete(conn, ctx, it.live[0]).map(drop)
    };
    soft_delete_of_a_deleted_one: alone [4, 3, 3], nested [4, 3, 5], rows 0, |conn, ctx, it| {
        Account::audited_soft_delete(conn, ctx, it.deleted[0]).map(drop)
    };
    restore: alone [7, 4, 6], nested [7, 4, 8], rows 1, |conn, ctx, it| {
        Account::audited_restore(conn, ctx, it.deleted[0]).map(drop)
    };
    delete: alone [6, 5, 5], nested [6, 5, 7], rows 1, |conn, ctx, it| {
        Account::audited_delete(conn, ctx, it.live[0]).map(drop)
    };
    update_many: alone [7, 5, 6], nested [7, 5, 8], rows 2, |conn, ctx, it| {
        Account::audited_update_many(conn, ctx, it.live.clone(), rename("other")).map(drop)
    };
    update_where: alone [7, 5, 6], nested [7, 5, 8], rows 2, |conn, ctx, it| {
        Account::audited_update_where(conn, ctx, accounts::name.like(it.named()), rename("other")).map(drop)
    };
    edit_many: alone [8, 5, 7], nested [8, 5, 9], rows 2, |conn, ctx, it| {
        Account::audited_edit_many(conn, ctx, it.live.clone(), |a| a.name.push('!')).map(drop)
    };
    edit_where: alone [8, 5, 7], nested [8, 5, 9], rows 2, |conn, ctx, it| {
        Account::audited_edit_where(conn, ctx, accounts::name.like(it.named()), |a| a.name.push('!')).map(drop)
    };
    try_edit_many: alone [8, 5, 7], nested [8, 5, 9], rows 2, |conn, ctx, it| {
        Account::audited_try_edit_many(conn, ctx, it.live.clone(), |a| {
            a.name.push('!');
            Ok::<_, AuditError>(())
        }).map(drop)
    };
    try_edit_where: alone [8, 5, 7], nested [8, 5, 9], rows 2, |conn, ctx, it| {
        Account::audited_try_edit_where(conn, ctx, accounts::name.like(it.named()), |a| {
            a.name.push('!');
            Ok::<_, AuditError>(())
        }).map(drop)
    };
    soft_delete_many: alone [7, 5, 6], nested [7, 5, 8], rows 2, |conn, ctx, it| {
        Account::audited_soft_delete_many(conn, ctx, it.live.clone()).map(drop)
    };
    soft_delete_where: alone [7, 5, 6], nested [7, 5, 8], rows 2, |conn, ctx, it| {
        Account::audited_soft_delete_where(conn, ctx, accounts::name.like(it.named())).map(drop)
    };
    restore_many: alone [7, 5, 6], nested [7, 5, 8], rows 2, |conn, ctx, it| {
        Account::audited_restore_many(conn, ctx, it.deleted.clone()).map(drop)
    };
    restore_where: alone [7, 5, 6], nested [7, 5, 8], rows 2, |conn, ctx, it| {
        Account::audited_restore_where(conn, ctx, accounts::name.like(it.named())).map(drop)
    };
    delete_many: alone [6, 5, 5], nested [6, 5, 7], rows 2, |conn, ctx, it| {
        Account::audited_delete_many(conn, ctx, it.live.clone()).map(drop)
    };
    delete_where: alone [6, 5, 5], nested [6, 5, 7], rows 4, |conn, ctx, it| {
        Account::audited_delete_where(conn, ctx, accounts::name.like(it.named())).map(drop)
    };
}

/// What the exploration says of a helper that is not one of ours.
fn verdict(case: Case) -> String {
    let panic = catch_unwind(AssertUnwindSafe(|| explore(&case))).expect_err("the defect was not noticed");
    panic.downcast_ref::<String>().cloned().unwrap_or_default()
}

#[test]
fn a_change_without_its_audit_rows_is_noticed() {
    let said = verdict(Case {
        alone: [1; 3],
        nested: [1; 3],
        rows: 0,
        run: |conn, _, it| {
            let one = accounts::table.find(it.live[0]);
            diesel::update(one).set(accounts::name.eq("unseen")).execute(conn)?;
            Ok(())
        },
    });
    assert!(said.contains("half a change is left"), "{said}");
}

#[test]
fn audit_rows_in_a_transaction_of_their_own_are_noticed() {
    let (n, statements) = (index(), [7, 5, 6]);
    let two = [statements[n] * 2; 3];
    let said = verdict(Case {
        alone: two,
        nested: two,
        rows: 2,
        run: |conn, ctx, it| {
            Account::audited_edit(conn, ctx, it.live[0], |a| a.name.push('!'))?;
            Account::audited_edit(conn, ctx, it.live[1], |a| a.name.push('!')).map(drop)
        },
    });
    // Two helpers one after the other are two transactions: a fault between them leaves one.
    assert!(said.contains("1 of 2 audit rows"), "{said}");
}

#[test]
fn another_number_of_statements_is_noticed() {
    let said = verdict(Case {
        alone: [7; 3],
        nested: [6; 3],
        rows: 1,
        run: |conn, ctx, _| Account::audited_insert(conn, ctx, new_account("x")).map(drop),
    });
    assert!(said.contains("the statements are"), "{said}");
}

#[test]
fn a_transaction_left_open_by_a_panic_is_noticed() {
    // Diesel's own `transaction` does not survive one.
    let mut lab = Lab::new();
    lab.link.arm(&[(2, Fault::Panic)]);
    let ended = guarded(|| {
        let one = accounts::table.find(lab.subject.live[0]);
        lab.link.transaction(|link| {
            diesel::update(one).set(accounts::name.eq("lost")).execute(link)?;
            Ok::<_, AuditError>(())
        })
    });
    assert!(matches!(ended, Ended::Panicked));
    lab.link.disarm();
    let noticed = catch_unwind(AssertUnwindSafe(|| lab.follow_up("Diesel's own", &[]))).is_err();
    assert!(noticed);
}
