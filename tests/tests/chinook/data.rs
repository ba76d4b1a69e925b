//! The data set, or where it is not there, one of the same shape.

use std::io::Write;
use std::path::PathBuf;

use serde_json::{Value, json};

/// The rows of the tables that the test is about, under the data set's own names.
pub struct Data {
    pub employees: Vec<Value>,
    pub customers: Vec<Value>,
    pub tracks: Vec<Value>,
    pub invoices: Vec<Value>,
    pub lines: Vec<Value>,
}

const VARIABLE: &str = "AUDIT_CHINOOK";

/// `AUDIT_CHINOOK` names the file, or says `generated`; else it is looked for beside the
/// repository. A run on CI does not do without it unasked.
pub fn load() -> Data {
    let asked = std::env::var(VARIABLE).ok();
    if asked.as_deref() == Some("generated") {
        return generated();
    }
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/chinook.json");
    let path = asked.as_ref().map_or(beside, PathBuf::from);
    match std::fs::read(&path) {
        Ok(bytes) => parsed(&bytes),
        Err(error) => {
            let what = format!(
                "the Chinook data set is not at {}: {error}\nset {VARIABLE} to a copy of it \
                 (github.com/lerocha/chinook-database, ChinookData.json), or to `generated`",
                path.display()
            );
            assert!(
                asked.is_none() && std::env::var_os("CI").is_none(),
                "{what}"
            );
            // Past the capture of a passing test's output: this is to be seen.
            let _ = writeln!(
                std::io::stderr(),
                "\nNOTE: {what}\nrunning on generated data instead\n"
            );
            generated()
        }
    }
}

fn parsed(bytes: &[u8]) -> Data {
    let text = std::str::from_utf8(bytes).expect("UTF-8");
    let mut tables: Value =
        serde_json::from_str(text.trim_start_matches('\u{feff}')).expect("JSON");
    let mut table = |name: &str, least: usize| -> Vec<Value> {
        let Value::Array(rows) = tables[name].take() else {
            panic!("no table {name}")
        };
        assert!(rows.len() >= least, "only {} rows of {name}", rows.len());
        rows
    };
    Data {
        employees: table("Employee", 8),
        customers: table("Customer", 59),
        tracks: table("Track", 3503),
        invoices: table("Invoice", 412),
        lines: table("InvoiceLine", 2240),
    }
}

fn generated() -> Data {
    let names = [
        "José",
        "Анна",
        "李雷",
        "Zoë \"Z\"",
        "O'Neil",
        "Müller\\",
        "\u{1f3b8}",
        "ﬁ",
    ];
    let name = |n: usize| format!("{} {n}", names[n % names.len()]);
    let phone = |n: usize| {
        if n.is_multiple_of(4) {
            format!("+{n}")
        } else {
            format!("+1 (780) 428-{n:04}")
        }
    };
    let email = |n: usize| {
        if n.is_multiple_of(5) {
            format!("{n}")
        } else {
            format!("person{n}@example.com")
        }
    };
    let date = |n: usize| {
        format!(
            "20{:02}-{:02}-{:02}T00:00:00",
            n % 30,
            n % 12 + 1,
            n % 28 + 1
        )
    };
    let price = |n: usize| if n.is_multiple_of(3) { 1.99 } else { 0.99 };
    Data {
        employees: (1..=8)
            .map(|n| {
                json!({"EmployeeId": n, "LastName": name(n), "FirstName": name(n + 1), "Title": "Agent",
                    "ReportsTo": (n > 1).then_some(1), "BirthDate": date(n), "City": name(n + 2),
                    "Phone": phone(n), "Fax": phone(n + 1), "Email": email(n)})
            })
            .collect(),
        customers: (1..=59)
            .map(|n| {
                json!({"CustomerId": n, "FirstName": name(n), "LastName": name(n + 1), "Company": "",
                    "Address": format!("{n} Kai"), "City": name(n + 2), "Country": name(n + 3), "Phone": phone(n),
                    "Fax": phone(n + 1), "Email": email(n), "SupportRepId": n % 8 + 1})
            })
            .collect(),
        tracks: (1..=3503)
            .map(|n| {
                json!({"TrackId": n, "Name": name(n), "AlbumId": n / 10, "Composer": name(n / 7),
                    "Milliseconds": n * 97, "Bytes": n * 1_000_003, "UnitPrice": price(n)})
            })
            .collect(),
        invoices: (1..=412)
            .map(|n| {
                json!({"InvoiceId": n + 1000, "CustomerId": n % 59 + 1, "InvoiceDate": date(n), "BillingCity": name(n),
                    "BillingState": "", "Total": n as f64 / 4.0})
            })
            .collect(),
        lines: (1..=2240)
            .map(|n| {
                json!({"InvoiceLineId": n, "InvoiceId": n % 412 + 1001, "TrackId": n % 3503 + 1, "UnitPrice": price(n),
                    "Quantity": n % 3 + 1})
            })
            .collect(),
    }
}
