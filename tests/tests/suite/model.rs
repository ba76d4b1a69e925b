// Random histories against a model in memory, which knows the rules and nothing of the adapter:
// after each case the entities, their stamps and every row of the trail are as the model says.

use audit_diesel::prelude::*;
use audit_tests::clock::Clock;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};

use super::backend::entities::*;
use super::backend::look;
use super::backend::schema::accounts;
use super::backend::{Conn, Database, NAME};

/// What a client may change; `None` leaves the column alone.
#[derive(Debug, Clone, Default)]
struct Patch {
    name: Option<&'static str>,
    email: Option<Option<&'static str>>,
    tax: Option<Option<&'static str>>,
    password: Option<&'static str>,
}

#[derive(Debug, Clone)]
enum Act {
    Insert(&'static str),
    InsertMany(usize),
    Update(usize, Patch),
    /// And the skipped column.
    Edit(usize, Patch, Option<Option<&'static str>>),
    Flip(usize, bool),
    Delete(usize),
    UpdateMany(Vec<usize>, Patch),
    FlipMany(Vec<usize>, bool),
    DeleteMany(Vec<usize>),
    /// All without an email.
    UpdateWhere(Patch),
    FlipWhere(bool),
}

#[derive(Debug, Clone)]
struct Step {
    act: Act,
    /// 0 and 1 are tenants, 2 is all of them.
    tenant: usize,
    user: u32,
}

#[derive(Debug, Clone)]
enum Event {
    One(Step),
    /// Several as one operation, which in the end is given up or not.
    Operation(Vec<Step>, bool),
}

const TENANTS: [&str; 2] = ["acme", "ACME"];
const NAMES: [&str; 6] = ["", "a", "A", "a ", "é", "e\u{301}"];
const TAXES: [&str; 4] = [
    "short",
    "DE123456789012",
    "XX123456789012",
    "DE1234567890123",
];

fn patch() -> impl Strategy<Value = Patch> {
    (
        proptest::option::of(select(&NAMES[..])),
        proptest::option::of(proptest::option::of(select(&NAMES[..]))),
        proptest::option::of(proptest::option::of(select(&TAXES[..]))),
        proptest::option::weighted(0.2, select(&["one", "two"][..])),
    )
        .prop_map(|(name, email, tax, password)| Patch {
            name,
            email,
            tax,
            password,
        })
}

fn step() -> impl Strategy<Value = Step> {
    let slot = 0..6_usize;
    let slots = proptest::collection::vec(0..6_usize, 0..4);
    let act = prop_oneof![
        4 => select(&NAMES[..]).prop_map(Act::Insert),
        1 => (0..4_usize).prop_map(Act::InsertMany),
        6 => (slot.clone(), patch()).prop_map(|(s, p)| Act::Update(s, p)),
        4 => (slot.clone(), patch(), proptest::option::of(proptest::option::of(select(&NAMES[..]))))
            .prop_map(|(s, p, t)| Act::Edit(s, p, t)),
        4 => (slot.clone(), any::<bool>()).prop_map(|(s, d)| Act::Flip(s, d)),
        1 => slot.prop_map(Act::Delete),
        2 => (slots.clone(), patch()).prop_map(|(s, p)| Act::UpdateMany(s, p)),
        2 => (slots.clone(), any::<bool>()).prop_map(|(s, d)| Act::FlipMany(s, d)),
        1 => slots.prop_map(Act::DeleteMany),
        1 => patch().prop_map(Act::UpdateWhere),
        1 => any::<bool>().prop_map(Act::FlipWhere),
    ];
    (
        act,
        prop_oneof![6 => Just(0), 2 => Just(1), 2 => Just(2_usize)],
        1..4_u32,
    )
        .prop_map(|(act, tenant, user)| Step { act, tenant, user })
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        5 => step().prop_map(Event::One),
        1 => (proptest::collection::vec(step(), 1..4), any::<bool>())
            .prop_map(|(steps, keep)| Event::Operation(steps, keep)),
    ];
    proptest::collection::vec(event, 1..25)
}

include!("model_rules.rs");

fn form(patch: &Patch) -> AccountChanges {
    let own = |text: Option<&str>| text.map(str::to_owned);
    let mut form = AccountChanges {
        name: own(patch.name),
        email: patch.email.map(own),
        tax_number: patch.tax.map(own),
        ..Default::default()
    };
    form.password_hash = own(patch.password);
    form
}

/// Does the step for real; the records it was about, as the helper returned them.
fn perform(
    conn: &mut Conn,
    ctx: &AuditContext,
    model: &Model,
    first: i64,
    act: &Act,
) -> Result<Vec<Account>, AuditError> {
    let no_mail = || accounts::id.ge(first).and(accounts::email.is_null());
    let one = |account| vec![account];
    match act {
        Act::Insert(name) => Account::audited_insert(conn, ctx, new_account(name)).map(one),
        Act::InsertMany(count) => Account::audited_insert_many(
            conn,
            ctx,
            NAMES.iter().take(*count).map(|n| new_account(n)),
        ),
        Act::Update(slot, patch) => {
            Account::audited_update(conn, ctx, model.id(*slot), form(patch)).map(one)
        }
        Act::Edit(slot, patch, search) => {
            let edit = |a: &mut Account| {
                form(patch).apply(a);
                if let Some(search) = search {
                    a.search_text = search.map(str::to_owned);
                }
            };
            Account::audited_edit(conn, ctx, model.id(*slot), edit).map(one)
        }
        Act::Flip(slot, true) => Account::audited_soft_delete(conn, ctx, model.id(*slot)).map(one),
        Act::Flip(slot, false) => Account::audited_restore(conn, ctx, model.id(*slot)).map(one),
        Act::Delete(slot) => Account::audited_delete(conn, ctx, model.id(*slot)).map(one),
        Act::UpdateMany(slots, patch) => {
            Account::audited_update_many(conn, ctx, model.ids(slots), form(patch))
        }
        Act::FlipMany(slots, true) => {
            Account::audited_soft_delete_many(conn, ctx, model.ids(slots))
        }
        Act::FlipMany(slots, false) => Account::audited_restore_many(conn, ctx, model.ids(slots)),
        Act::DeleteMany(slots) => Account::audited_delete_many(conn, ctx, model.ids(slots)),
        Act::UpdateWhere(patch) => Account::audited_update_where(conn, ctx, no_mail(), form(patch)),
        Act::FlipWhere(true) => Account::audited_soft_delete_where(conn, ctx, no_mail()),
        Act::FlipWhere(false) => Account::audited_restore_where(conn, ctx, no_mail()),
    }
}

fn refused(error: &AuditError) -> Option<Refused> {
    match error {
        AuditError::NotFound { .. } => Some(Refused::NotFound),
        AuditError::Deleted { .. } => Some(Refused::Deleted),
        AuditError::Context { .. } => Some(Refused::Tenant),
        _ => None,
    }
}

fn check(truth: bool, what: impl FnOnce() -> String) -> Result<(), TestCaseError> {
    if truth {
        Ok(())
    } else {
        Err(TestCaseError::fail(what()))
    }
}

fn as_record(a: &Account) -> Record {
    let user = |actor: &Actor| actor.id().unwrap().parse().unwrap();
    Record {
        id: a.id,
        tenant: TENANTS.iter().position(|t| *t == a.company_id).unwrap(),
        name: a.name.clone(),
        email: a.email.clone(),
        tax: a.tax_number.clone(),
        password: a.password_hash.clone(),
        search: a.search_text.clone(),
        created: (a.created_at, user(&a.created_by)),
        updated: (a.updated_at, user(&a.updated_by)),
        deleted: a
            .deleted_at
            .map(|at| (at, user(a.deleted_by.as_ref().unwrap()))),
    }
}

struct Case<'a> {
    conn: &'a mut Conn,
    clock: Clock,
    first: i64,
    model: Model,
}

impl Case<'_> {
    fn ctx(&self, step: &Step) -> AuditContext {
        let ctx = self.clock.ctx(step.user);
        match TENANTS.get(step.tenant) {
            Some(tenant) => ctx.tenant(*tenant),
            None => ctx.all_tenants(),
        }
    }

    fn step(&mut self, step: &Step, ctx: &AuditContext) -> Result<bool, TestCaseError> {
        let result = perform(self.conn, ctx, &self.model, self.first, &step.act);
        let made: Vec<i64> = result.iter().flatten().map(|a| a.id).collect();
        let expected = self.model.apply(step, &made, self.clock.now());
        match (&result, &expected) {
            (Ok(accounts), Ok(())) => {
                for account in accounts {
                    let Some(record) = self.model.records.iter().find(|r| r.id == account.id)
                    else {
                        continue;
                    };
                    let found = as_record(account);
                    check(found == *record, || {
                        format!("returned {found:?}, not {record:?}")
                    })?;
                }
            }
            (Err(error), Err(expected)) if refused(error).as_ref() == Some(expected) => {}
            _ => {
                let result = result.map(|accounts| accounts.len());
                check(false, || {
                    format!("{step:?}: {result:?}, and the model says {expected:?}")
                })?;
            }
        }
        Ok(expected.is_ok())
    }

    fn run(&mut self, events: &[Event]) -> Result<(), TestCaseError> {
        for event in events {
            self.clock.tick();
            match event {
                Event::One(step) => {
                    let ctx = self.ctx(step);
                    self.step(step, &ctx)?;
                }
                Event::Operation(steps, keep) => self.operation(steps, *keep)?,
            }
        }
        Ok(())
    }

    fn operation(&mut self, steps: &[Step], keep: bool) -> Result<(), TestCaseError> {
        use diesel::connection::TransactionManager;
        type Manager = <Conn as Connection>::TransactionManager;
        let before = self.model.clone();
        // A transaction of the caller's; each helper inside it is a savepoint.
        Manager::begin_transaction(self.conn).unwrap();
        for step in steps {
            let ctx = self.ctx(step);
            // One that is refused leaves the others as they are.
            self.step(step, &ctx)?;
        }
        if keep {
            Manager::commit_transaction(self.conn).unwrap();
        } else {
            Manager::rollback_transaction(self.conn).unwrap();
            self.model = before;
        }
        Ok(())
    }

    /// All of the table and of the trail that this case has made.
    fn compare(&mut self, seen: i64) -> Result<(), TestCaseError> {
        let stored = accounts::table
            .filter(accounts::id.ge(self.first))
            .order(accounts::id);
        let stored: Vec<Account> = stored.select(Account::as_select()).load(self.conn).unwrap();
        let found: Vec<Record> = stored.iter().map(as_record).collect();
        let mut expected = self.model.records.clone();
        expected.sort_by_key(|r| r.id);
        check(found == expected, || {
            format!("stored {found:#?}\nmodel {expected:#?}")
        })?;
        for (account, record) in stored.iter().zip(&expected) {
            check(account.is_deleted == record.deleted.is_some(), || {
                "flag".into()
            })?;
        }
        let rows = look::log(self.conn).split_off(seen as usize);
        check(rows.len() == self.model.trail.len(), || {
            let lines: Vec<_> = rows.iter().map(look::Row::line).collect();
            format!(
                "{} rows, model {}: {lines:#?} {:#?}",
                rows.len(),
                self.model.trail.len(),
                self.model.trail
            )
        })?;
        for (row, (id, tenant, action, field, old, new, at, user)) in
            rows.iter().zip(&self.model.trail)
        {
            let same = row.record_id == Some(id.to_string())
                && row.tenant_id.as_deref() == Some(TENANTS[*tenant])
                && row.table_name.as_deref() == Some("accounts")
                && row.action == *action
                && row.field_name.as_deref() == *field
                && row.before().unwrap_or(Value::Null) == *old
                && row.after().unwrap_or(Value::Null) == *new
                && row.changed_at == *at
                && row.actor_id == Some(user.to_string());
            check(same, || {
                format!(
                    "row {} {:?} by {:?}\nmodel {id} {action} {field:?} {old} {new} {at} {user}",
                    row.line(),
                    row.record_id,
                    row.actor_id
                )
            })?;
        }
        Ok(())
    }
}

#[test]
fn any_history_is_as_the_model_says() {
    let database = Database::new();
    let mut conn = database.connect();
    let cases = if NAME == "sqlite" { 150 } else { 15 };
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 300,
        ..Config::default()
    };
    let conn = std::cell::RefCell::new(&mut conn);
    let outcome = TestRunner::new(config).run(&events(), |events| {
        let conn = &mut **conn.borrow_mut();
        let last: Option<i64> = accounts::table
            .select(diesel::dsl::max(accounts::id))
            .first(conn)
            .unwrap();
        let seen = look::log_len(conn);
        // What other cases have left is out of the way.
        diesel::delete(accounts::table).execute(conn).unwrap();
        let first = last.unwrap_or(0) + 1;
        let mut case = Case {
            conn,
            clock: Clock::new(),
            first,
            model: Model::default(),
        };
        case.run(&events)?;
        case.compare(seen)
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
