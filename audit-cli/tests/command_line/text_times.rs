//! Texts under names that older schemas give to times.

use super::support::{Backend, Db, on_each_backend};

on_each_backend! {
    a_text_of_an_old_times_name_is_told_of
    a_name_of_two_meanings_is_told_of_with_both
    nothing_is_added_beside_a_text_that_may_be_it
    a_table_with_an_ordinary_text_is_none_to_check
    what_is_no_stamp_is_left_out_of_a_check
    texts_of_times_keep_their_names_where_nothing_is_renamed
}

fn add(db: &Db, kind: &str, values: &[&str]) {
    db.exec(&format!(
        "CREATE TABLE t (id INT PRIMARY KEY, created {kind}, modified {kind})"
    ));
    for (id, value) in values.iter().enumerate() {
        db.exec(&format!(
            "INSERT INTO t (id, created, modified) VALUES ({id}, {value}, '2024-01-02 03:04:05')"
        ));
    }
}

fn a_text_of_an_old_times_name_is_told_of(db: &Db) {
    add(db, "varchar(40)", &["'2024-01-01'", "'jane'", "NULL"]);
    let run = db.audit(&["columns", "t"]).ends(1);
    let name = db.quoted("created");
    assert!(
        run.out.contains("! `created` is `")
            && run
                .out
                .contains("its name is that of an older `created_at`"),
        "{run:?}"
    );
    let of = db.quoted("t");
    let to = db.quoted("created_at");
    let rename = format!("ALTER TABLE {of} RENAME COLUMN {name} TO {to}");
    assert!(run.out.contains(&rename), "{run:?}");
    let is_sqlite = db.backend == Backend::Sqlite;
    assert_eq!(
        run.out.contains("1 of its 2 values are no times"),
        is_sqlite,
        "{run:?}"
    );
    // `modified` holds times: SQLite sees that, and elsewhere its type would have to be another.
    let renamed = run.out.contains("`modified` is `updated_at`");
    assert_eq!(renamed, is_sqlite, "{run:?}");
    // Who has not named tables sees it too, if the table has a stamp.
    db.audit(&["init"]).ends(0);
    let check = db.audit(&["check"]).ends(i32::from(is_sqlite));
    let sees = check.out.contains("  - `created` is `");
    assert_eq!(sees, is_sqlite, "{check:?}");
    let check = db.audit(&["check", "t"]).ends(1);
    assert!(
        check.out.contains("if neither, say `--leave t.created`"),
        "{check:?}"
    );
    // What it says to do is done.
    let left = db
        .audit(&["columns", "t", "--leave", "created", "--leave", "modified"])
        .ends(1);
    assert!(!left.out.contains("an older"), "{left:?}");
    db.exec("UPDATE t SET created = NULL WHERE created = 'jane'");
    db.exec(&rename);
    if !is_sqlite {
        let (name, to) = (db.quoted("modified"), db.quoted("updated_at"));
        db.exec(&format!("ALTER TABLE {of} RENAME COLUMN {name} TO {to}"));
    }
    db.audit(&["columns", "t", "--apply"]).ends(0);
    db.audit(&["columns", "t"]).ends(0);
    let both = db.pick(
        "created_at || ' ' || updated_at",
        "created_at::text || ' ' || updated_at::text",
        "CAST(concat(created_at, ' ', updated_at) AS CHAR)",
    );
    assert_eq!(
        db.text(&format!("SELECT {both} AS v FROM t WHERE id = 0")),
        db.pick(
            "2024-01-01 00:00:00 2024-01-02 03:04:05",
            "2024-01-01 00:00:00+00 2024-01-02 03:04:05+00",
            "2024-01-01 00:00:00.000000 2024-01-02 03:04:05.000000"
        )
    );
}

fn nothing_is_added_beside_a_text_that_may_be_it(db: &Db) {
    add(db, "varchar(40)", &["'jane'"]);
    let leave = ["--leave", "modified"];
    let apply = [&["columns", "t", "--apply"][..], &leave].concat();
    // However often it is run.
    for _ in 0..2 {
        let run = db.audit(&apply).ends(1);
        assert!(run.out.contains("! `created` is `"), "{run:?}");
        assert!(!run.out.contains("it lacks `created_at`"), "{run:?}");
        assert!(!run.out.contains("What would run then"), "{run:?}");
        assert!(run.out.contains("-- No statements are shown: "), "{run:?}");
        let json = [&["columns", "t", "--format", "json"][..], &leave].concat();
        let plan = db.audit(&json).ends(1).json();
        assert_eq!(plan["findings"][0]["remedy"], "blocked", "{plan}");
        assert_eq!(plan["statements"].as_array().unwrap().len(), 0, "{plan}");
        for column in ["created_at", "created_by", "updated_at"] {
            assert!(db.try_exec(&format!("SELECT {column} FROM t")).is_err());
        }
    }
    // Where no such stamp is wanted, no name is in the way.
    let unwanted = [&["columns", "t", "--leave", "created_at"][..], &leave].concat();
    let run = db.audit(&unwanted).ends(1);
    assert!(!run.out.contains("an older"), "{run:?}");
    // Who will not have it as a stamp has one beside it, and it is asked no more.
    let left = [&apply[..], &["--leave", "created"]].concat();
    db.audit(&left).ends(0);
    db.exec("SELECT created, created_at FROM t");
    db.audit(&["columns", "t"]).ends(0);
}

fn a_name_of_two_meanings_is_told_of_with_both(db: &Db) {
    db.exec("CREATE TABLE t (id INT PRIMARY KEY, deleted text)");
    let run = db.audit(&["columns", "t"]).ends(1);
    assert!(
        run.out
            .contains("that of an older `deleted_at` or `is_deleted`"),
        "{run:?}"
    );
    db.exec("INSERT INTO t VALUES (1, 'Y')");
    let run = db.audit(&["columns", "t"]).ends(1);
    assert!(run.out.contains("if yes and no, `ALTER TABLE"), "{run:?}");
    let soft = db
        .audit(&["columns", "t", "--soft-delete", "--apply"])
        .ends(1);
    for added in ["deleted_at", "is_deleted"] {
        assert!(
            !soft.out.contains(&format!("it lacks `{added}`")),
            "{soft:?}"
        );
    }
    // Of two meanings one may be another column's.
    db.exec("ALTER TABLE t ADD COLUMN is_deleted int");
    let run = db.audit(&["columns", "t"]).ends(1);
    assert!(run.out.contains("that of an older `deleted_at`"), "{run:?}");
    assert!(!run.out.contains("or `is_deleted`") && !run.out.contains("if yes and no"));
    // The standard's own is there: nothing is added beside it.
    let time = db.pick("TEXT", "timestamptz", "datetime(6)");
    db.exec(&format!("ALTER TABLE t ADD COLUMN deleted_at {time}"));
    let run = db.audit(&["columns", "t"]).ends(1);
    assert!(!run.out.contains("that of an older"), "{run:?}");
}

fn a_table_with_an_ordinary_text_is_none_to_check(db: &Db) {
    db.audit(&["init"]).ends(0);
    db.exec("CREATE TABLE todo (id INT PRIMARY KEY, label varchar(40), deleted text)");
    db.audit(&["check"]).ends(0);
    db.exec("INSERT INTO todo VALUES (1, 'buy milk', 'no'), (2, 'sell it', NULL)");
    let check = db.audit(&["check"]).ends(0);
    assert!(!check.out.contains("todo"), "{check:?}");
    let all = db.audit(&["check", "--all"]).ends(1);
    assert!(
        all.out.contains("; if neither, say `--leave todo.deleted`"),
        "{all:?}"
    );
}

fn what_is_no_stamp_is_left_out_of_a_check(db: &Db) {
    db.audit(&["init"]).ends(0);
    db.exec("CREATE TABLE todo (id INT PRIMARY KEY, deleted text, n INT)");
    db.exec("INSERT INTO todo VALUES (1, 'maybe', 2)");
    let leave = ["--leave", "deleted"];
    db.audit(&[&["columns", "todo", "--apply"][..], &leave].concat())
        .ends(0);
    let check = db.audit(&["check"]).ends(1);
    assert!(check.out.contains("todo: 1 finding"), "{check:?}");
    for args in [
        &["check", "--leave", "todo.deleted"][..],
        &["check", "todo", "--leave", "todo.deleted"],
    ] {
        let check = db.audit(args).ends(0);
        assert!(check.out.contains("todo: fine"), "{check:?}");
    }
    // What it asks for can be left out too, and a slip of the finger leaves nothing out.
    db.exec("ALTER TABLE todo DROP COLUMN created_by");
    let args = [
        "check",
        "--leave",
        "todo.deleted",
        "--leave",
        "todo.created_by",
    ];
    db.audit(&args).ends(0);
    for (slip, said) in [
        ("todos.deleted", "no table that is looked at"),
        ("deleted", "no table that is looked at"),
        (
            "todo.delete",
            "`--leave todo.delete`: `todo` has no such column",
        ),
    ] {
        let run = db.audit(&["check", "--leave", slip]).ends(2);
        assert!(run.err.contains(said), "{run:?}");
    }
}

/// The values say what the name does not, and nothing is said to be renamed.
fn texts_of_times_keep_their_names_where_nothing_is_renamed(db: &Db) {
    add(db, "varchar(40)", &["'2024-01-02 03:04:05'", "'jane'"]);
    let run = db.audit(&["columns", "t", "--no-rename"]).ends(1);
    assert!(!run.out.contains("RENAME COLUMN"), "{run:?}");
    assert!(
        run.out
            .contains(" older `created_at`, but 1 of its 2 values are no times: it stays"),
        "{run:?}"
    );
    assert!(run.out.contains("it lacks `created_at`"), "{run:?}");
    assert!(!run.out.contains("it lacks `updated_at`"), "{run:?}");
    db.exec("DELETE FROM t WHERE created = 'jane'");
    db.audit(&["columns", "t", "--no-rename", "--apply"])
        .ends(0);
    db.audit(&["columns", "t", "--no-rename"]).ends(0);
    for added in ["created_at", "updated_at"] {
        assert!(db.try_exec(&format!("SELECT {added} FROM t")).is_err());
    }
    let seconds = db.pick(
        "strftime('%s', created)",
        "extract(epoch FROM created)::bigint::text",
        "CAST(timestampdiff(SECOND, '1970-01-01', created) AS CHAR)",
    );
    assert_eq!(
        db.text(&format!("SELECT {seconds} AS v FROM t")),
        "1704164645"
    );
    db.exec("DROP TABLE t");
    add(db, "varchar(40)", &[]);
    let run = db.audit(&["columns", "t", "--no-rename"]).ends(1);
    let told = run
        .out
        .contains("but it has no value that is a time: it stays");
    // On SQLite times are texts as a rule.
    assert_eq!(told, db.backend != Backend::Sqlite, "{run:?}");
}

#[cfg(feature = "sqlite")]
#[test]
fn a_text_of_times_is_the_stamp_on_sqlite() {
    let db = Db::new(Backend::Sqlite);
    db.exec(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, created TEXT NOT NULL, modified, deleted TEXT);
         INSERT INTO t VALUES (1, '2024-01-02T03:04:05Z', NULL, '2024-02-02 00:00:00'), (2, '2024-01-02', 1700000000, NULL);
         CREATE TABLE none (id INTEGER PRIMARY KEY, created TEXT);",
    );
    db.audit(&["columns", "t", "--apply"]).ends(0);
    db.audit(&["columns", "t"]).ends(0);
    assert_eq!(
        db.texts("SELECT printf('%s %s %d', strftime('%s', created_at), strftime('%s', deleted_at), is_deleted) AS v FROM t ORDER BY id"),
        ["1704164645 1706832000 1", "1704153600  0"]
    );
    assert_eq!(
        db.text("SELECT strftime('%s', updated_at) AS v FROM t WHERE id = 2"),
        "1700000000"
    );
    db.audit(&["columns", "none", "--apply"]).ends(0);
    assert!(db.try_exec("SELECT created FROM none").is_err());
}
