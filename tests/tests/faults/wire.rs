// A wire between client and server that breaks at a COMMIT, so that the error is the client library's
// own. SQLite has no wire; its lost answers are played at every statement in `every_statement`.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use audit_diesel::prelude::*;
use audit_diesel::{Outcome, outcome};
use diesel::Connection;
use uuid::Uuid;

use super::backend::entities::*;
use super::backend::{Conn, Database, NAME};
use super::oracle::check;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Cut {
    /// The COMMIT does not arrive, and the server is told that the client is gone.
    Before,
    /// It arrives, the answer does not.
    After,
    /// It does not arrive, and the server does not know yet that the client is gone.
    Unnoticed,
}

/// Forwards one connection; it ends the server's side of an unnoticed cut when it is dropped.
struct Wire {
    url: String,
    armed: Arc<AtomicBool>,
    _release: mpsc::Sender<()>,
}

impl Wire {
    fn new(url: &str, cut: Cut) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap();
        let (authority, path) = rest.split_once('/').unwrap();
        let (user, host) = authority.rsplit_once('@').unwrap();
        let port = if NAME == "postgres" { 5432 } else { 3306 };
        let server = if host.contains(':') { host.to_owned() } else { format!("{host}:{port}") };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let armed = Arc::new(AtomicBool::new(false));
        let (release, released) = mpsc::channel();
        let flag = Arc::clone(&armed);
        std::thread::spawn(move || forward(&listener, &server, cut, &flag, &released));
        // In clear: the wire looks for a word in it.
        let clear = match (NAME, path.contains('?')) {
            ("postgres", false) => "?sslmode=disable",
            ("postgres", true) => "&sslmode=disable",
            _ => "",
        };
        Self { url: format!("{scheme}://{user}@127.0.0.1:{port}/{path}{clear}"), armed, _release: release }
    }
}

fn forward(
    listener: &TcpListener,
    server: &str,
    cut: Cut,
    armed: &AtomicBool,
    released: &mpsc::Receiver<()>,
) {
    let (mut client, _) = listener.accept().unwrap();
    let mut up = TcpStream::connect(server).unwrap();
    let (mut down, mut back) = (up.try_clone().unwrap(), client.try_clone().unwrap());
    let withheld = Arc::new(AtomicBool::new(false));
    let withhold = Arc::clone(&withheld);
    std::thread::spawn(move || {
        let mut bytes = [0; 16 << 10];
        while let Ok(n @ 1..) = down.read(&mut bytes) {
            if withhold.load(Ordering::SeqCst) || back.write_all(&bytes[..n]).is_err() {
                break;
            }
        }
        let _ = back.shutdown(Shutdown::Both);
    });
    let mut bytes = [0; 16 << 10];
    while let Ok(n @ 1..) = client.read(&mut bytes) {
        let commit = armed.load(Ordering::SeqCst) && bytes[..n].windows(6).any(|word| word == b"COMMIT");
        if commit {
            match cut {
                Cut::Before => break,
                Cut::After => withheld.store(true, Ordering::SeqCst),
                Cut::Unnoticed => {
                    let _ = client.shutdown(Shutdown::Both);
                    let _ = released.recv();
                    break;
                }
            }
        }
        if up.write_all(&bytes[..n]).is_err() {
            break;
        }
    }
    let _ = up.shutdown(Shutdown::Both);
    let _ = client.shutdown(Shutdown::Both);
}

/// Asks until it is known: the server takes a moment to notice.
fn settled(conn: &mut Conn, operation: Uuid) -> Outcome {
    for _ in 0..2_000 {
        match outcome(conn, operation).unwrap() {
            Outcome::Pending => std::thread::sleep(std::time::Duration::from_millis(2)),
            told => return told,
        }
    }
    panic!("{NAME}: pending for ever")
}

#[test]
fn the_outcome_of_a_lost_commit_is_told() {
    let database = Database::new();
    let mut other = database.connect();
    let id = Account::audited_insert(&mut other, &ctx(), new_account("x")).unwrap().id;
    for cut in [Cut::Before, Cut::After, Cut::Unnoticed] {
        for whole in [false, true] {
            let at = format!("{NAME}, {cut:?}, whole {whole}");
            let operation = Uuid::now_v7();
            let context = ctx().operation(operation);
            let wire = Wire::new(&database.url(), cut);
            let mut conn = Conn::establish(&wire.url).expect(&at);
            wire.armed.store(true, Ordering::SeqCst);
            let rename = |a: &mut Account| a.name = operation.to_string();
            let error = if whole {
                audit_diesel::transaction(&mut conn, &context, |conn, ctx| {
                    Account::audited_insert(conn, ctx, new_account("y"))?;
                    Account::audited_edit(conn, ctx, id, rename)
                })
            } else {
                Account::audited_edit(&mut conn, &context, id, rename)
            }
            .map(|_| ())
            .expect_err(&at);
            assert!(
                matches!(error, AuditError::CommitUnknown { operation: told, recorded: true } if told == operation),
                "{at}: {error:?}"
            );
            if cut == Cut::Unnoticed {
                assert_eq!(outcome(&mut other, operation).unwrap(), Outcome::Pending, "{at}");
            }
            drop(wire);
            let told = settled(&mut other, operation);
            let expected = if cut == Cut::After { Outcome::Committed } else { Outcome::NotCommitted };
            assert_eq!(told, expected, "{at}");
            let (oracle, faults) = check(&mut other);
            assert!(faults.is_empty(), "{at}: {faults:?}");
            let rows = if cut == Cut::After { 1 + usize::from(whole) } else { 0 };
            assert_eq!(oracle.rows_of(operation), rows, "{at}");
            let next = Account::audited_edit(&mut conn, &ctx(), id, |a| a.name.push('!'));
            assert!(next.is_err(), "{at}: the connection is gone");
        }
    }
}
