// Compiled once for each backend, as `super::backend`.

use std::collections::HashMap;
use std::time::Instant;

use audit_diesel::prelude::*;
use audit_diesel::{Entity, NewForm, StoredEntity};
use audit_tests::clock::Clock;
use diesel::prelude::*;
use serde_json::{Map, Value, json};

use self::backend::{Conn, Database, TYPES, look};
use crate::data::{self, Data};
use crate::entities::*;
use crate::model::{Expected, Kept, Stored, Table, plain};
use crate::schema::{customers, employees, invoice_lines, invoices, tables, tracks};

struct Store {
    clock: Clock,
    employees: Table,
    customers: Table,
    tracks: Table,
    invoices: Table,
    lines: Table,
    trail: Vec<Expected>,
}

fn table(name: &'static str, columns: &'static [(&'static str, Kept)]) -> Table {
    Table {
        name,
        key: columns[0].0,
        columns,
        records: Vec::new(),
    }
}

/// `TrackId` -> `track_id`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// Inserts rows through the generated form, which reads them as a client's JSON; what is stored is
/// what the rows say.
fn insert<E, F>(
    conn: &mut Conn,
    ctx: &AuditContext,
    clock: &Clock,
    table: &mut Table,
    trail: &mut Vec<Expected>,
    rows: &[Value],
) -> Vec<E>
where
    E: Stored + Entity + StoredEntity<backend::Backend>,
    F: NewForm<E, backend::Backend> + serde::de::DeserializeOwned,
{
    let at = clock.tick();
    let forms: Vec<F> = rows
        .iter()
        .map(|row| serde_json::from_value(row.clone()).unwrap())
        .collect();
    let made: Vec<E> = E::audited_insert_many(conn, ctx, forms).unwrap();
    assert_eq!(made.len(), rows.len());
    for (entity, row) in made.iter().zip(rows) {
        let key = E::record_id(&entity.id());
        let mut values = Map::new();
        for (name, value) in row.as_object().unwrap() {
            let name = snake(name);
            if table.columns.iter().any(|(column, _)| *column == name) {
                values.insert(name, value.clone());
            }
        }
        // Keys that the client does not make.
        if let Some((_, id)) = entity.columns().iter().find(|(name, _)| *name == table.key) {
            values.insert(table.key.to_owned(), id.clone());
        }
        trail.push(table.insert(key, values, at, ctx.actor_ref()));
    }
    made
}

fn load(conn: &mut Conn, data: &Data) -> Store {
    use Kept::*;
    let mut store = Store {
        clock: Clock::new(),
        employees: table(
            "employees",
            &[
                ("employee_id", Plain),
                ("last_name", Plain),
                ("first_name", Plain),
                ("title", Plain),
                ("reports_to", Plain),
                ("birth_date", Skipped),
                ("city", Plain),
                ("phone", Last4),
                ("fax", Ignored),
                ("email", Plain),
            ],
        ),
        customers: table(
            "customers",
            &[
                ("customer_id", Plain),
                ("first_name", Plain),
                ("last_name", Plain),
                ("company", Plain),
                ("address", Plain),
                ("city", Plain),
                ("country", Plain),
                ("phone", Last4),
                ("fax", Redacted),
                ("email", Email),
                ("support_rep_id", Plain),
            ],
        ),
        tracks: table(
            "tracks",
            &[
                ("track_id", Plain),
                ("name", Plain),
                ("album_id", Plain),
                ("composer", Plain),
                ("milliseconds", Plain),
                ("bytes", Plain),
                ("unit_price", Plain),
            ],
        ),
        invoices: table(
            "invoices",
            &[
                ("invoice_id", Plain),
                ("customer_id", Plain),
                ("invoice_date", Plain),
                ("billing_city", Plain),
                ("billing_state", Plain),
                ("total", Plain),
            ],
        ),
        lines: table(
            "invoice_lines",
            &[
                ("invoice_line_id", Plain),
                ("invoice_id", Plain),
                ("track_id", Plain),
                ("unit_price", Plain),
                ("quantity", Plain),
            ],
        ),
        trail: Vec::new(),
    };
    let Store {
        clock,
        employees,
        customers,
        tracks,
        invoices,
        lines,
        trail,
    } = &mut store;
    let ctx = clock
        .config()
        .context(Actor::job("import"))
        .request_id("chinook");
    insert::<Employee, NewEmployee>(conn, &ctx, clock, employees, trail, &data.employees);
    insert::<Customer, NewCustomer>(conn, &ctx, clock, customers, trail, &data.customers);
    insert::<Track, NewTrack>(conn, &ctx, clock, tracks, trail, &data.tracks);
    let made: Vec<Invoice> =
        insert::<_, NewInvoice>(conn, &ctx, clock, invoices, trail, &data.invoices);
    let ids: HashMap<i64, i64> = data
        .invoices
        .iter()
        .zip(&made)
        .map(|(row, invoice)| (row["InvoiceId"].as_i64().unwrap(), invoice.invoice_id))
        .collect();
    let rows: Vec<Value> = data
        .lines
        .iter()
        .map(|row| {
            let mut row = row.clone();
            row["InvoiceId"] = json!(ids[&row["InvoiceId"].as_i64().unwrap()]);
            row
        })
        .collect();
    insert::<Line, NewLine>(conn, &ctx, clock, lines, trail, &rows);
    store
}

fn key<T: std::str::FromStr>(table: &Table, n: usize) -> T {
    table.records[n].key.parse().ok().unwrap()
}

/// The records of which one in ten is.
fn tenth(table: &Table) -> Vec<usize> {
    (0..table.records.len()).filter(|n| n % 10 == 3).collect()
}

fn hundredth(table: &Table) -> Vec<usize> {
    (0..table.records.len()).filter(|n| n % 100 == 13).collect()
}

fn text(table: &Table, n: usize, column: &str) -> String {
    table.records[n].values[column].as_str().unwrap().to_owned()
}

/// Each kind of record through another of the helpers.
fn edit(conn: &mut Conn, store: &mut Store) {
    let Store {
        clock,
        employees,
        customers,
        tracks,
        invoices,
        lines,
        trail,
    } = store;
    let ctx = |n: u32| clock.config().context(Actor::user(n));

    for n in tenth(employees) {
        let at = clock.tick();
        let fax = text(employees, n, "fax") + " ext. 1";
        let form = EmployeeChanges {
            fax: Some(fax.clone()),
            ..Default::default()
        };
        Employee::audited_update(conn, &ctx(1), key::<i32>(employees, n), form).unwrap();
        trail.extend(employees.change(n, &[("fax", json!(fax))], at, &Actor::user(1)));
        let at = clock.tick();
        let form: EmployeeChanges =
            serde_json::from_value(json!({"ReportsTo": null, "Title": "CEO", "Fax": "none"}))
                .unwrap();
        Employee::audited_update(conn, &ctx(2), key::<i32>(employees, n), form).unwrap();
        let patch = [
            ("reports_to", Value::Null),
            ("title", json!("CEO")),
            ("fax", json!("none")),
        ];
        trail.extend(employees.change(n, &patch, at, &Actor::user(2)));
    }
    for n in tenth(customers) {
        let at = clock.tick();
        let city = text(customers, n, "city");
        let phone = "00".to_owned() + &text(customers, n, "phone");
        let email = text(customers, n, "email").replace("@", ".new@");
        let form = CustomerChanges {
            city: Some(city.clone()),
            phone: Some(phone.clone()),
            email: Some(email.clone()),
            fax: Some(String::new()),
            ..Default::default()
        };
        Customer::audited_update(conn, &ctx(3), key::<i32>(customers, n), form).unwrap();
        let patch = [
            ("city", json!(city)),
            ("phone", json!(phone)),
            ("email", json!(email)),
            ("fax", json!("")),
        ];
        trail.extend(customers.change(n, &patch, at, &Actor::user(3)));
    }
    let chosen = tenth(tracks);
    for chunk in chosen.chunks(100) {
        let at = clock.tick();
        let ids = chunk.iter().map(|n| key::<i32>(tracks, *n));
        let price: bigdecimal::BigDecimal = "1.29".parse().unwrap();
        Track::audited_edit_many(conn, &ctx(4), ids, |track| {
            track.name.push_str(" (Remastered)");
            if track.unit_price != price && track.milliseconds % 2 == 0 {
                track.unit_price = price.clone();
            }
        })
        .unwrap();
        for n in chunk {
            let mut patch = vec![("name", json!(text(tracks, *n, "name") + " (Remastered)"))];
            if tracks.records[*n].values["milliseconds"].as_i64().unwrap() % 2 == 0 {
                patch.push(("unit_price", json!("1.29")));
            }
            trail.extend(tracks.change(*n, &patch, at, &Actor::user(4)));
        }
    }
    let chosen = tenth(invoices);
    let at = clock.tick();
    let ids = chosen.iter().map(|n| key::<i64>(invoices, *n));
    let form = InvoiceChanges {
        billing_state: Some("ÅÄÖ".into()),
        ..Default::default()
    };
    Invoice::audited_update_many(conn, &ctx(5), ids, form).unwrap();
    for n in chosen {
        trail.extend(invoices.change(n, &[("billing_state", json!("ÅÄÖ"))], at, &Actor::user(5)));
    }
    for n in tenth(lines) {
        let at = clock.tick();
        let id = key::<audit_diesel::sql_types::Id>(lines, n);
        Line::audited_edit(conn, &ctx(6), id, |line| line.quantity += 1).unwrap();
        let quantity = lines.records[n].values["quantity"].as_i64().unwrap() + 1;
        trail.extend(lines.change(n, &[("quantity", json!(quantity))], at, &Actor::user(6)));
    }
}

fn soft_delete(conn: &mut Conn, store: &mut Store) {
    let Store {
        clock,
        customers,
        tracks,
        invoices,
        lines,
        trail,
        ..
    } = store;
    let actor = Actor::user(7);
    let ctx = clock.config().context(actor.clone());
    for n in hundredth(customers) {
        let at = clock.tick();
        Customer::audited_soft_delete(conn, &ctx, key::<i32>(customers, n)).unwrap();
        trail.push(customers.soft_delete(n, at, &actor));
    }
    for n in hundredth(invoices) {
        let at = clock.tick();
        Invoice::audited_soft_delete(conn, &ctx, key::<i64>(invoices, n)).unwrap();
        trail.push(invoices.soft_delete(n, at, &actor));
    }
    let at = clock.tick();
    let chosen = hundredth(tracks);
    Track::audited_soft_delete_many(conn, &ctx, chosen.iter().map(|n| key::<i32>(tracks, *n)))
        .unwrap();
    trail.extend(chosen.iter().map(|n| tracks.soft_delete(*n, at, &actor)));
    for n in hundredth(lines) {
        let at = clock.tick();
        let id = key::<audit_diesel::sql_types::Id>(lines, n);
        Line::audited_soft_delete(conn, &ctx, id).unwrap();
        trail.push(lines.soft_delete(n, at, &actor));
    }
}

/// Everything that is stored, against the model.
fn compare<E: Stored + Entity>(stored: Vec<E>, table: &Table) {
    assert_eq!(stored.len(), table.records.len(), "{}", table.name);
    let found: HashMap<String, &E> = stored.iter().map(|e| (E::record_id(&e.id()), e)).collect();
    for record in &table.records {
        let entity = found[&record.key];
        assert_eq!(
            entity.stamps(),
            record.stamps,
            "{} {}",
            table.name,
            record.key
        );
        for (column, value) in entity.columns() {
            let (found, expected) = (plain(column, &value), plain(column, &record.values[column]));
            assert_eq!(found, expected, "{} {} {column}", table.name, record.key);
        }
    }
}

fn spelled(column: Option<&str>, value: Option<Value>) -> Option<Value> {
    match (column, value?) {
        (Some(column), value) => Some(plain(column, &value)),
        (None, Value::Object(whole)) => {
            let plain = |(column, value): (String, Value)| {
                let value = plain(&column, &value);
                (column, value)
            };
            Some(Value::Object(whole.into_iter().map(plain).collect()))
        }
        (None, value) => Some(value),
    }
}

#[test]
fn the_whole_store() {
    let data = data::load();
    let database = Database::new();
    let conn = &mut database.connect();
    look::run(conn, &tables(TYPES));
    let start = Instant::now();
    let mut store = load(conn, &data);
    let loaded = start.elapsed();
    edit(conn, &mut store);
    soft_delete(conn, &mut store);
    let written = start.elapsed();

    compare::<Employee>(
        employees::table
            .select(Employee::as_select())
            .load(conn)
            .unwrap(),
        &store.employees,
    );
    compare::<Customer>(
        customers::table
            .select(Customer::as_select())
            .load(conn)
            .unwrap(),
        &store.customers,
    );
    compare::<Track>(
        tracks::table.select(Track::as_select()).load(conn).unwrap(),
        &store.tracks,
    );
    compare::<Invoice>(
        invoices::table
            .select(Invoice::as_select())
            .load(conn)
            .unwrap(),
        &store.invoices,
    );
    compare::<Line>(
        invoice_lines::table
            .select(Line::as_select())
            .load(conn)
            .unwrap(),
        &store.lines,
    );

    let rows = look::log(conn);
    assert_eq!(rows.len(), store.trail.len());
    for (row, expected) in rows.iter().zip(&store.trail) {
        let found = Expected {
            table: expected.table,
            record: row.record_id.clone().unwrap(),
            action: expected.action,
            field: expected.field,
            old: spelled(expected.field, row.before()),
            new: spelled(expected.field, row.after()),
            at: row.changed_at,
            actor: Actor::from_parts(&row.actor_kind, row.actor_id.as_deref()),
        };
        let names = (
            row.table_name.as_deref(),
            row.action.as_str(),
            row.field_name.as_deref(),
        );
        assert_eq!(
            names,
            (Some(expected.table), expected.action, expected.field),
            "{expected:?}"
        );
        assert_eq!(found, *expected);
        let import = expected.action == "insert";
        assert_eq!(row.request_id.as_deref(), import.then_some("chinook"));
    }
    let sets: std::collections::HashSet<_> = rows.iter().map(|row| row.change_id).collect();
    let records = data.employees.len()
        + data.customers.len()
        + data.tracks.len()
        + data.invoices.len()
        + data.lines.len();
    assert!(
        sets.len() > records + records / 10,
        "{} change sets of {records} records",
        sets.len()
    );
    println!(
        "{} rows of trail; loaded in {loaded:?}, written in {written:?}, all {:?}",
        rows.len(),
        start.elapsed()
    );
}
