//! A log with any number of rows, made by the database itself: for what depends on size.

/// The statement that fills `audit_log` with about so many rows, three to an operation.
///
/// Of every ten operations seven are of tenant `acme`, one is of none and two of one of 97 others;
/// 500 users act, and the system. Each record has a hundred rows. Besides: the record `probe` of
/// `acme` with about a hundred rows across the whole log; the record `hot` with a hundredth of the log;
/// and in the middle one operation with a tenth of the log, at one time ([`bulk`]).
pub fn sql(backend: &str, rows: u64) -> String {
    let operations = rows / 3;
    let records = (rows / 100).max(1);
    let (bulk_from, bulk_to) = (operations * 45 / 100, operations * 55 / 100);
    let (probe, hot) = ((operations / 37).max(1), 33);
    let id = |number: &str| match backend {
        "postgres" => format!("lpad(to_hex({number}), 32, '0')::uuid"),
        "mysql" => format!("unhex(lpad(hex({number}), 32, '0'))"),
        _ => format!("unhex(printf('%032x', {number}))"),
    };
    let (at, json) = match backend {
        "postgres" => (
            "timestamptz '2025-01-01Z' + at * interval '1.3 seconds'",
            "::jsonb",
        ),
        "mysql" => (
            "timestamp '2025-01-01 00:00:00' + INTERVAL at * 1300000 MICROSECOND",
            "",
        ),
        _ => ("1735689600000000 + at * 1300000", ""),
    };
    let digits = |name: &str| {
        let list: Vec<_> = (0..10).map(|n| format!("SELECT {n} AS {name}")).collect();
        format!("({}) of_{name}", list.join(" UNION ALL "))
    };
    let places = operations.to_string().len();
    let names: Vec<_> = (0..places).map(|place| format!("d{place}")).collect();
    let series: Vec<_> = names.iter().map(|name| digits(name)).collect();
    let number: Vec<_> = (0..)
        .zip(&names)
        .map(|(place, name)| format!("{name} * {}", 10_u64.pow(place)))
        .collect();
    format!(
        "INSERT INTO audit_log (id, change_id, operation_id, changed_at, tenant_id, table_name, record_id, action,
             field_name, old_value, new_value, actor_kind, actor_id, request_id)
         SELECT {id}, {change}, {operation}, {at}, tenant, 'accounts', record,
             CASE WHEN is_bulk = 1 THEN 'insert' ELSE 'update' END,
             CASE WHEN is_bulk = 1 THEN NULL WHEN k = 0 THEN 'name' WHEN k = 1 THEN 'email' ELSE 'stock' END,
             '\"an old value\"'{json}, '\"a new value\"'{json},
             CASE WHEN op % 10 = 6 AND is_bulk = 0 THEN 'system' ELSE 'user' END,
             CASE WHEN is_bulk = 1 THEN '1' WHEN op % 10 = 6 THEN NULL ELSE concat(op % 499, '') END,
             concat('req-', op)
         FROM (SELECT op, k, is_bulk, CASE WHEN is_bulk = 1 THEN {bulk_from} ELSE op END AS at,
                 CASE WHEN is_bulk = 1 OR op % {probe} = 0 OR op % 100 = {hot} OR op % 10 < 7 THEN 'acme'
                     WHEN op % 10 = 9 THEN NULL ELSE concat('t', op % 97) END AS tenant,
                 CASE WHEN is_bulk = 1 THEN concat('b', op, '-', k) WHEN op % {probe} = 0 THEN 'probe'
                     WHEN op % 100 = {hot} THEN 'hot' ELSE concat(op % {records}, '') END AS record
             FROM (SELECT op, k, CASE WHEN op >= {bulk_from} AND op < {bulk_to} THEN 1 ELSE 0 END AS is_bulk
                 FROM (SELECT {number} AS op
                     FROM {series}) ops,
                 (SELECT 0 AS k UNION ALL SELECT 1 UNION ALL SELECT 2) ks WHERE op < {operations}) raw_rows) filled
         ORDER BY op, k",
        id = id("3 * op + k + 1"),
        change = id("CASE WHEN is_bulk = 1 THEN 3 * op + k + 1 ELSE 3 * op + 1 END"),
        operation = id(&format!("2000000000 + CASE WHEN is_bulk = 1 THEN {bulk_from} ELSE op END")),
        series = series.join(", "),
        number = number.join(" + "),
    )
}

/// The id of the operation with a tenth of the log.
#[allow(
    dead_code,
    reason = "the benchmark, which has this file too, does not ask for it"
)]
pub fn bulk(rows: u64) -> u128 {
    2_000_000_000 + u128::from(rows / 3 * 45 / 100)
}

/// What lets the database choose its plans.
pub fn analyze(backend: &str) -> &'static str {
    match backend {
        "postgres" => "VACUUM ANALYZE audit_log",
        "mysql" => "ANALYZE TABLE audit_log",
        // Most applications never run it, so the plans must be good without.
        _ => "SELECT 1",
    }
}
