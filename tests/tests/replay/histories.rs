// Random histories against a model in memory that keeps every state a record was ever in. What a
// replay says of any instant must be true, and must be said wherever the rows that are left tell.

include!("wares.rs");
include!("model.rs");

use audit_diesel::{AsOf, Past, Refill, Side, Unknown};
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::hand::{Hand, at};

fn check(truth: bool, what: impl FnOnce() -> String) -> Result<(), TestCaseError> {
    if truth {
        Ok(())
    } else {
        Err(TestCaseError::fail(what()))
    }
}

/// How many histories: the environment's word, or few enough for every run.
pub fn cases() -> u32 {
    let given = std::env::var("AUDIT_TEST_HISTORIES").ok();
    match given {
        Some(number) => number.parse().expect("AUDIT_TEST_HISTORIES is a number"),
        None if NAME == "sqlite" => 300,
        None => 50,
    }
}

pub struct Case<'a> {
    pub conn: &'a mut Conn,
    pub hand: Hand,
    pub sku: String,
    pub model: Model,
}

impl Case<'_> {
    /// Does a step for real and in the model; whether both took it.
    pub fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let ctx = self.hand.ctx(step.at, step.user);
        let (conn, sku) = (&mut *self.conn, self.sku.as_str());
        let done = match &step.act {
            Act::Insert(look) => {
                let new = NewWare {
                    sku: sku.into(),
                    title: look.title.into(),
                    price: look.price,
                    weight: look.weight,
                    hint: look.hint.map(str::to_owned),
                    seen: look.seen,
                };
                Ware::audited_insert(conn, &ctx, new).map(|_| ())
            }
            Act::Edit(patch) => {
                Ware::audited_edit(conn, &ctx, sku, |w| patch.apply_to(w)).map(|_| ())
            }
            Act::SoftDelete => Ware::audited_soft_delete(conn, &ctx, sku).map(|_| ()),
            Act::Restore => Ware::audited_restore(conn, &ctx, sku).map(|_| ()),
            Act::Delete => Ware::audited_delete(conn, &ctx, sku).map(|_| ()),
            Act::Undelete(hint) => {
                let lost = self.model.commits.iter().rev().nth(1);
                let lost = lost.and_then(|commit| commit.state.as_ref());
                let mut refill = Refill::new().null("cache");
                if lost.is_some_and(|state| state.look.hint.is_some()) {
                    refill = refill.set("hint", hint);
                }
                Ware::audited_undelete_with(conn, &ctx, sku, refill).map(|_| ())
            }
            Act::RevertChange(n) => {
                let sets = Ware::history(conn, &ctx, sku).unwrap();
                let Some(set) = sets.iter().rev().nth(*n) else {
                    return Ok(());
                };
                let change = Revert::ChangeSet(set.first().unwrap().change_id);
                Ware::audited_revert(conn, &ctx, sku, change).map(|_| ())
            }
            Act::RevertTo(seconds) => {
                Ware::audited_revert(conn, &ctx, sku, Revert::To(at(*seconds))).map(|_| ())
            }
        };
        let expected = self.model.step(step);
        check(done.is_ok() == expected, || {
            format!(
                "{step:?}: {done:?}, and the model says {expected}: {:#?}",
                self.model
            )
        })?;
        let stored: Vec<Ware> = wares::table
            .filter(wares::sku.eq(&self.sku))
            .select(Ware::as_select())
            .load(self.conn)
            .unwrap();
        let found = stored.first().map(as_state);
        check(found.as_ref() == self.model.now(), || {
            format!("{step:?} left {found:#?}, and the model says {:#?}", self.model.now())
        })
    }

    pub fn as_of(&mut self, now: i64, seconds: i64) -> Result<AsOf<Ware>, TestCaseError> {
        let ctx = self.hand.ctx(now, 9);
        Ware::as_of(self.conn, &ctx, self.sku.as_str(), at(seconds))
            .map_err(|error| TestCaseError::fail(error.to_string()))
    }
}

fn as_state(ware: &Ware) -> State {
    let known = |text: &str| *TEXTS.iter().find(|known| **known == text).unwrap();
    let seconds = |time: DateTime<Utc>| (time - at(0)).num_seconds();
    let user = |actor: &Actor| actor.id().unwrap().parse().unwrap();
    State {
        look: Look {
            title: known(&ware.title),
            price: ware.price,
            weight: ware.weight,
            hint: ware.hint.as_deref().map(known),
            seen: ware.seen,
        },
        cache: ware.cache.as_deref().map(known),
        created: (seconds(ware.created_at), user(&ware.created_by)),
        updated: (seconds(ware.updated_at), user(&ware.updated_by)),
        deleted: ware
            .deleted_at
            .map(|time| (seconds(time), user(ware.deleted_by.as_ref().unwrap()))),
    }
}

/// Equal, also where a database has spelt a number in its own way.
fn same(json: &str, truth: &str) -> bool {
    let number = |text: &str| text.parse::<f64>().ok();
    json == truth || (json.len() > 15 && number(json).is_some() && number(json) == number(truth))
}

/// Everything that is said of a record is so.
pub fn is_true(past: &Past<Ware>, state: &State) -> Result<(), TestCaseError> {
    let said = |name: &str, truth: String| match past.json(name) {
        Ok(json) => check(same(json, &truth), || {
            format!("{name} is said to be {json}, and was {truth}")
        }),
        Err(_) => Ok(()),
    };
    let json = audit_core::encode::to_json::<Option<i64>>;
    let text = audit_core::encode::to_json::<Option<&str>>;
    let time = |seconds: i64| audit_core::encode::to_json(&at(seconds));
    let user = |user: u32| format!("\"user:{user}\"");
    said("title", text(&Some(state.look.title)))?;
    said("price", json(&state.look.price))?;
    said("weight", audit_core::encode::to_json(&state.look.weight))?;
    said("seen", state.look.seen.to_string())?;
    said("hint", text(&state.look.hint))?;
    said("cache", text(&state.cache))?;
    said("created_at", time(state.created.0))?;
    said("created_by", user(state.created.1))?;
    said("updated_at", time(state.updated.0))?;
    said("updated_by", user(state.updated.1))?;
    said("is_deleted", state.deleted.is_some().to_string())?;
    let deleted = |part: Option<String>| part.unwrap_or_else(|| "null".into());
    said("deleted_at", deleted(state.deleted.map(|d| time(d.0))))?;
    said("deleted_by", deleted(state.deleted.map(|d| user(d.1))))?;
    // What is masked or skipped is never told.
    let hint = past.json("hint").ok();
    check(hint.is_none_or(|hint| hint == "null"), || {
        format!("the masked hint is told: {hint:?}")
    })?;
    check(past.json("cache") == Err(Unknown::Skipped), || {
        "the skipped cache is told".into()
    })?;
    let flag_known = past.json("is_deleted").is_ok();
    check(!flag_known || past.is_deleted() == state.deleted.is_some(), || {
        format!("deleted: {}", past.is_deleted())
    })
}

/// Everything that rows tell is said.
pub fn is_complete(past: &Past<Ware>, state: &State) -> Result<(), TestCaseError> {
    for name in ["title", "price", "weight", "is_deleted", "created_at"] {
        let unknown = past.field(name).unwrap().unknown();
        check(unknown.is_none(), || format!("{name}: {unknown:?}"))?;
    }
    let hint = past.json("hint");
    check(
        hint == state.look.hint.map_or(Ok("null"), |_| Err(Unknown::Masked)),
        || format!("hint: {hint:?}"),
    )
}

fn judge(model: &Model, now: i64, seconds: i64, said: &AsOf<Ware>) -> Result<(), TestCaseError> {
    let truth = model.at(now, seconds);
    let told = truth.and_then(|place| model.told(place, now, seconds));
    match (said, truth.map(|place| &model.commits[place].state)) {
        (AsOf::Record(past), Some(Some(state))) => {
            is_true(past, state)?;
            // In a history with a hole it may show that something is missing.
            if told == Some(true) && model.sure_from() == i64::MIN {
                is_complete(past, state)?;
            }
            Ok(())
        }
        (AsOf::Deleted, Some(None)) | (AsOf::NotYet, None) => Ok(()),
        // Of a record that lived and died before the oldest row, nothing is left to tell; and where
        // no row is left, `created_at` alone tells when a record came.
        (AsOf::NotYet, Some(state)) => check(
            told == Some(false)
                && (model.in_lost_life(truth.unwrap())
                    || state.as_ref().is_some_and(|state| state.created.0 > seconds)),
            || format!("said to be not there yet: {state:?}"),
        ),
        (AsOf::BeyondRetention, _) => check(told != Some(true) && model.purged(), || {
            format!("said to be beyond retention: {truth:?}, told {told:?}")
        }),
        (said, truth) => check(false, || format!("said {said:?}, and it was {truth:?}")),
    }
}

fn history(case: &mut Case<'_>, plan: &Plan) -> Result<(), TestCaseError> {
    for step in &plan.steps {
        case.step(step)?;
    }
    if case.model.commits.is_empty() {
        return Ok(());
    }
    let instants = case.model.instants();
    // Twice: with all rows, and with those that retention left.
    for round in 0..2 {
        if round == 1 {
            let Some(cutoff) = plan.cutoff else { break };
            if !case.model.purge(cutoff) {
                break;
            }
            purge(case.conn, &case.sku, at(cutoff));
            if case.model.nothing_left() {
                break;
            }
        }
        for seconds in &instants {
            if *seconds < case.model.sure_from() {
                continue;
            }
            let said = case.as_of(plan.now, *seconds)?;
            judge(&case.model, plan.now, *seconds, &said).map_err(|error| {
                let trail = Ware::history(case.conn, &case.hand.ctx(plan.now, 9), case.sku.as_str());
                let trail = trail.unwrap().iter().map(|c| c.to_string()).collect::<Vec<_>>();
                TestCaseError::fail(format!(
                    "at {seconds}, purged {round}: {error}\n{:#?}\n{}",
                    case.model,
                    trail.join("\n")
                ))
            })?;
        }
        differences(case, plan, &instants)?;
    }
    Ok(())
}

/// Between any two instants, what is said to differ does, and what is said to be the same is.
fn differences(case: &mut Case<'_>, plan: &Plan, instants: &[i64]) -> Result<(), TestCaseError> {
    for (n, from) in instants.iter().enumerate() {
        let Some(to) = instants.get(n + 1 + plan.stride % 3) else {
            continue;
        };
        if *from < case.model.sure_from() {
            continue;
        }
        let ctx = case.hand.ctx(plan.now, 9);
        let said = Ware::diff_between(case.conn, &ctx, case.sku.as_str(), at(*from), at(*to));
        let said = said.map_err(|error| TestCaseError::fail(error.to_string()))?;
        let state = |seconds| {
            let place = case.model.at(plan.now, seconds)?;
            case.model.commits[place].state.clone()
        };
        let (old, new) = (state(*from), state(*to));
        for column in ["title", "price", "weight", "hint"] {
            if said.unknown().iter().any(|(name, _)| *name == column) {
                continue;
            }
            let value = |state: &Option<State>| state.as_ref().map(|s| s.look.json(column));
            let (old, new) = (value(&old), value(&new));
            let what = || format!("{column} from {from} to {to}: {old:?} -> {new:?}, said {said}");
            let Some(field) = said.field(column) else {
                // A lost life before the first row counts as none.
                let lost = said.from() == audit_diesel::Presence::NotYet;
                check(old == new || lost, what)?;
                continue;
            };
            let shows = |side: &Side, truth: &Option<String>| match side {
                Side::NoRecord => true,
                Side::Value(json) => truth.as_ref().is_some_and(|truth| same(json, truth)),
                Side::Hidden(_) => column == "hint" && truth.as_deref() != Some("null"),
                _ => false,
            };
            check(shows(&field.old, &old) && shows(&field.new, &new), what)?;
            if column != "hint" {
                check(field.old != field.new, what)?;
            }
        }
    }
    Ok(())
}

#[test]
fn what_is_said_of_the_past_was_so() {
    let (_database, mut conn) = database();
    let config = Config {
        cases: cases(),
        failure_persistence: None,
        max_shrink_iters: 2_000,
        ..Config::default()
    };
    let conn = std::cell::RefCell::new(&mut conn);
    let next = std::cell::Cell::new(0_u32);
    let outcome = TestRunner::new(config).run(&plan(), |plan| {
        next.set(next.get() + 1);
        let mut case = Case {
            conn: &mut conn.borrow_mut(),
            hand: Hand::new(),
            sku: format!("w{}", next.get()),
            model: Model::default(),
        };
        history(&mut case, &plan)
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
