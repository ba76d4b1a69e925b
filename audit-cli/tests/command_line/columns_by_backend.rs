//! `audit columns` on what only one of the backends has.

#[cfg(feature = "sqlite")]
mod sqlite {
    use crate::support::{Backend, Db};

    /// Everything that hangs on a table is there after it was rebuilt.
    #[test]
    fn a_rebuilt_table_keeps_what_hangs_on_it() {
        let db = Db::new(Backend::Sqlite);
        db.exec(
            "CREATE TABLE users (id INTEGER PRIMARY KEY);
             CREATE TABLE log (what TEXT);
             CREATE TABLE docs (id INTEGER PRIMARY KEY AUTOINCREMENT, -- a key, with (
                title TEXT COLLATE NOCASE UNIQUE, \"createdBy\" TEXT, owner INTEGER REFERENCES users(id) ON DELETE CASCADE,
                parent INTEGER REFERENCES docs(id), twice INT GENERATED ALWAYS AS (id * 2) STORED,
                CHECK (title <> ''));
             CREATE TABLE pages (id INTEGER PRIMARY KEY, doc INTEGER NOT NULL REFERENCES docs(id) ON DELETE CASCADE);
             CREATE INDEX docs_by ON docs (\"createdBy\" DESC) WHERE \"createdBy\" > '';
             CREATE TRIGGER docs_told AFTER UPDATE ON docs BEGIN INSERT INTO log VALUES (new.\"createdBy\"); END;
             CREATE TRIGGER pages_told AFTER INSERT ON pages BEGIN UPDATE docs SET title = title || '!' WHERE id = new.doc; END;
             CREATE VIEW titles AS SELECT title, \"createdBy\" FROM docs;
             INSERT INTO users VALUES (1);
             INSERT INTO docs (id, title, \"createdBy\", owner, parent) VALUES (1, 'a', NULL, 1, NULL), (2, 'b', 'jane', 1, 1), (90, 'gone', 'x', 1, 1);
             DELETE FROM docs WHERE id = 90;
             INSERT INTO pages (id, doc) VALUES (1, 1);",
        );
        db.audit(&["columns", "docs", "--apply"]).ends(0);
        db.audit(&["columns", "docs"]).ends(0);
        assert_eq!(
            db.texts(
                "SELECT id || title || created_by || owner || twice AS v FROM docs ORDER BY id"
            ),
            ["1a!system:migration12", "2bjane14"]
        );
        assert_eq!(
            db.texts("SELECT what AS v FROM log WHERE what IS NOT NULL"),
            Vec::<String>::new(),
            "a trigger fired"
        );
        assert_eq!(
            db.texts("SELECT name AS v FROM sqlite_schema WHERE name LIKE 'docs%' AND type IN ('index', 'trigger') ORDER BY name"),
            ["docs_by", "docs_told"]
        );
        assert!(
            db.text("SELECT sql AS v FROM sqlite_schema WHERE name = 'docs_by'")
                .contains("created_by")
        );
        assert!(
            db.text("SELECT sql AS v FROM sqlite_schema WHERE name = 'pages'")
                .contains("REFERENCES docs(id)")
        );
        assert!(
            db.text("SELECT sql AS v FROM sqlite_schema WHERE name = 'docs'")
                .contains("-- a key, with (")
        );
        assert_eq!(
            db.texts("SELECT created_by AS v FROM titles WHERE title = 'b'"),
            ["jane"]
        );
        // The key of the record that was deleted is not given out again.
        db.exec(
            "PRAGMA foreign_keys = ON; INSERT INTO docs (title, created_by, created_at, updated_at, updated_by) \
             VALUES ('new', 'x', 1, 1, 'x'); INSERT INTO pages (id, doc) VALUES (2, 91);",
        );
        assert_eq!(
            db.texts("SELECT title AS v FROM docs WHERE id = 91"),
            ["new!"]
        );
        assert!(db.try_exec("INSERT INTO docs (title, created_by, created_at, updated_at, updated_by) VALUES ('A!', 'x', 1, 1, 'x')").is_err());
        db.exec("PRAGMA foreign_keys = ON; DELETE FROM docs WHERE id = 91");
        assert_eq!(
            db.texts("SELECT CAST(id AS TEXT) AS v FROM pages"),
            ["1"],
            "the cascade goes on"
        );
        assert_eq!(
            db.texts(
                "SELECT name AS v FROM sqlite_schema WHERE name LIKE 'audit^_new%' ESCAPE '^'"
            ),
            Vec::<String>::new()
        );
    }

    #[test]
    fn strict_tables_and_tables_without_rowid_stay_so() {
        let db = Db::new(Backend::Sqlite);
        db.exec(
            "CREATE TABLE a (code TEXT PRIMARY KEY, created_by TEXT, deleted INT) STRICT, WITHOUT ROWID;
             CREATE TABLE b (code TEXT PRIMARY KEY, created_by TEXT);
             INSERT INTO a VALUES ('x', NULL, 1); INSERT INTO b (rowid, code) VALUES (77, 'y');",
        );
        for table in ["a", "b"] {
            db.audit(&["columns", table, "--apply"]).ends(0);
            db.audit(&["columns", table]).ends(0);
        }
        let sql = db.text("SELECT sql AS v FROM sqlite_schema WHERE name = 'a'");
        assert!(
            sql.ends_with("STRICT, WITHOUT ROWID") && sql.contains("\"is_deleted\" INT"),
            "{sql}"
        );
        assert_eq!(db.text("SELECT CAST(rowid AS TEXT) AS v FROM b"), "77");
    }

    #[test]
    fn a_rebuild_that_fails_leaves_the_table_as_it_was() {
        let db = Db::new(Backend::Sqlite);
        db.exec(
            "CREATE TABLE flags (id INTEGER PRIMARY KEY, is_deleted TEXT CHECK (is_deleted IN ('Y', 'N')));
             INSERT INTO flags VALUES (1, 'Y');",
        );
        let before = db.text("SELECT group_concat(sql, ';') AS v FROM sqlite_schema");
        let run = db
            .audit(&["columns", "flags", "--apply", "--readers-are-safe"])
            .ends(3);
        assert!(
            run.err.contains("failed") && run.err.contains("check constraint"),
            "{run:?}"
        );
        assert_eq!(
            db.text("SELECT group_concat(sql, ';') AS v FROM sqlite_schema"),
            before
        );
        assert_eq!(db.text("SELECT is_deleted AS v FROM flags"), "Y");
    }

    #[test]
    fn a_column_of_each_kind_of_time_is_read() {
        let db = Db::new(Backend::Sqlite);
        db.exec(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, created_at INTEGER, updated_at DATETIME);
             INSERT INTO t VALUES (1, 1700000000, '2023-11-14T22:13:20Z'), (2, 1700000000000, 1700000000),
                (3, '2023-11-14 22:13:20', '2023-11-14'), (4, 1700000000000000, '2023-11-14 22:13');",
        );
        db.audit(&["columns", "t", "--apply"]).ends(0);
        assert_eq!(
            db.texts("SELECT DISTINCT CAST(created_at AS TEXT) AS v FROM t"),
            ["1700000000000000"]
        );
        assert_eq!(
            db.texts(
                "SELECT strftime('%s', updated_at) || typeof(updated_at) AS v FROM t ORDER BY id"
            ),
            [
                "1700000000text",
                "1700000000text",
                "1699920000text",
                "1699999980text"
            ]
        );
        db.audit(&["columns", "t"]).ends(0);
        db.exec("UPDATE t SET created_at = 5");
        db.audit(&["columns", "t", "--apply"]).ends(1);
    }

    #[test]
    fn a_table_of_sqlites_own_is_refused() {
        let db = Db::new(Backend::Sqlite);
        db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT); ANALYZE");
        for table in ["sqlite_sequence", "SQLite_sequence", "sqlite_schema"] {
            for args in [
                &["columns", table][..],
                &["check", table],
                &["baseline", table, "--actor", "a:b"],
            ] {
                let run = db.audit(args).ends(2);
                assert!(run.err.contains("a table of SQLite's own"), "{run:?}");
            }
        }
    }

    #[test]
    fn printing_locks_nothing() {
        let db = Db::new(Backend::Sqlite);
        db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, \"createdBy\" TEXT); INSERT INTO t VALUES (1, NULL)");
        let mut readonly = std::fs::metadata(db.path()).unwrap().permissions();
        readonly.set_readonly(true);
        db.exec("PRAGMA journal_mode = DELETE");
        std::fs::set_permissions(db.path(), readonly).unwrap();
        let run = db.audit(&["columns", "t"]).ends(1);
        assert!(run.out.contains("RENAME COLUMN"), "{run:?}");
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use crate::support::{Backend, Db};

    /// A role of the server, gone with the value.
    struct Role<'a>(&'a Db, String);

    impl<'a> Role<'a> {
        fn new(db: &'a Db, name: &str) -> Self {
            let role = Self(db, format!("audit_test_cli_{name}_{}", std::process::id()));
            db.exec(&format!("CREATE ROLE {}", role.1));
            role
        }
    }

    impl Drop for Role<'_> {
        fn drop(&mut self) {
            let role = &self.1;
            let _ = self
                .0
                .try_exec(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
        }
    }

    #[test]
    fn a_table_of_a_schema_is_named_with_it() {
        let db = Db::new(Backend::Postgres);
        db.exec(
            "CREATE SCHEMA app; CREATE TABLE app.users (id int PRIMARY KEY, created_by text);
             CREATE SCHEMA \"we.ird\"; CREATE TABLE \"we.ird\".\"a.b\" (id int PRIMARY KEY, created_by text);",
        );
        assert!(db.audit(&["check"]).ends(1).out.contains("app.users: "));
        for table in ["app.users", "we.ird.a.b"] {
            db.audit(&["columns", table, "--apply", "--soft-delete"])
                .ends(0);
            db.audit(&["columns", table]).ends(0);
        }
        db.audit(&["columns", "users"]).ends(2);
    }

    /// A role without rights sees what it may, and is told what it may not.
    #[test]
    fn a_table_that_may_not_be_read_hides_no_other() {
        let db = Db::new(Backend::Postgres);
        db.audit(&["init"]).ends(0);
        let user = Role::new(&db, "limited");
        let role = &user.1;
        db.exec(&format!(
            "CREATE TABLE closed (id int PRIMARY KEY, created_by text); CREATE TABLE open (id int PRIMARY KEY, created_by text);
             GRANT SELECT, INSERT ON audit_log TO {role}; GRANT SELECT ON open TO {role};",
        ));
        let limited = format!("{}?options=-crole%3D{role}", db.url);
        let run = crate::support::audit_with(&[("DATABASE_URL", &limited)], &["check"]);
        let read =
            crate::support::audit_with(&[("DATABASE_URL", &limited)], &["log", "--all-tenants"]);
        let apply = crate::support::audit_with(
            &[("DATABASE_URL", &limited)],
            &["columns", "open", "--apply"],
        );
        let run = run.ends(1);
        assert!(
            run.out
                .contains("closed: 1 finding\n  - its rows cannot be read"),
            "{run:?}"
        );
        assert!(
            run.out.contains("open: ") && run.out.contains("lacks `created_at`"),
            "{run:?}"
        );
        read.ends(0);
        let apply = apply.ends(3);
        assert!(
            apply
                .err
                .contains("permission denied, a right of this user")
                && !apply.err.contains("audited_"),
            "{apply:?}"
        );
        assert_eq!(db.text("SELECT count(*)::text AS v FROM information_schema.columns WHERE table_name = 'open'"), "2");
    }

    #[test]
    fn a_lost_connection_is_no_finding_of_a_table() {
        let db = Db::new(Backend::Postgres);
        db.audit(&["init"]).ends(0);
        let user = Role::new(&db, "gone");
        let role = &user.1;
        db.exec(&format!(
            "CREATE TABLE t (id int PRIMARY KEY, created_by text); INSERT INTO t VALUES (1, 'x');
             CREATE FUNCTION gone() RETURNS boolean LANGUAGE sql SECURITY DEFINER AS 'SELECT pg_terminate_backend(pg_backend_pid())';
             ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (gone());
             GRANT SELECT, INSERT ON audit_log TO {role}; GRANT SELECT ON t TO {role};",
        ));
        let limited = format!("{}?options=-crole%3D{role}", db.url);
        let env = [("DATABASE_URL", &*limited)];
        for args in [&["check"][..], &["columns", "t"]] {
            let run = crate::support::audit_with(&env, args).ends(3);
            assert!(run.err.contains("the connection is lost"), "{run:?}");
        }
    }

    #[test]
    fn what_hinders_a_change_rolls_all_of_it_back() {
        let db = Db::new(Backend::Postgres);
        db.exec(
            "CREATE TABLE t (id int PRIMARY KEY, created_at date, \"createdBy\" text);
             ALTER TABLE t ADD CHECK (created_at + 1 > '2000-01-01'); INSERT INTO t VALUES (1, '2024-01-01', NULL);",
        );
        let run = db.audit(&["columns", "t", "--apply"]).ends(3);
        assert!(
            run.err.contains("statement ")
                && run.err.contains("--database-messages")
                && run
                    .err
                    .contains("`created_at` is read by the CHECK `t_created_at_check`"),
            "{run:?}"
        );
        let told = db
            .audit(&["columns", "t", "--apply", "--database-messages"])
            .ends(3);
        assert!(told.err.contains("operator does not exist"), "{told:?}");
        db.exec("SELECT \"createdBy\" FROM t");
    }

    #[test]
    fn every_type_that_can_be_a_stamp_becomes_one() {
        let db = Db::new(Backend::Postgres);
        for (kind, value, seconds) in [
            ("timestamp(0)", "'2024-01-01 00:00:00'", "1704067200"),
            (
                "timestamp(3) with time zone",
                "'2024-01-01 00:00:00+01'",
                "1704063600",
            ),
            ("date", "'2024-01-01'", "1704067200"),
            ("bigint DEFAULT 0", "1704067200000", "1704067200"),
            ("numeric", "1704067200", "1704067200"),
            (
                "text DEFAULT ''",
                "' 2024-01-01T00:00:00+01:00 '",
                "1704063600",
            ),
            ("char(10)", "'1704067200'", "1704067200"),
        ] {
            db.exec(&format!(
                "DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, created_at {kind}); INSERT INTO t VALUES (1, {value})"
            ));
            db.audit(&["columns", "t", "--apply"]).ends(0);
            let got = db.text("SELECT extract(epoch FROM created_at)::bigint::text AS v FROM t");
            assert_eq!(got, seconds, "{kind}");
            db.audit(&["columns", "t"]).ends(0);
        }
        for (kind, bad) in [
            ("text", "'now'"),
            ("text", "'infinity'"),
            ("text", "'01/02/2024'"),
            ("date", "'infinity'"),
            ("bigint", "0"),
        ] {
            db.exec(&format!(
                "DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, created_at {kind}); INSERT INTO t VALUES (1, {bad})"
            ));
            let run = db.audit(&["columns", "t", "--apply"]).ends(1);
            assert!(
                run.out.contains("1 of 1 rows cannot be converted"),
                "{kind} {bad}: {run:?}"
            );
        }
        for (kind, value) in [
            ("int", "1"),
            ("bit(1)", "B'1'"),
            ("text", "'Yes'"),
            ("char(3)", "'y'"),
        ] {
            db.exec(&format!(
                "DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, is_deleted {kind}); INSERT INTO t VALUES (1, {value})"
            ));
            db.audit(&["columns", "t", "--apply"]).ends(0);
            assert_eq!(
                db.text("SELECT is_deleted::text AS v FROM t"),
                "true",
                "{kind}"
            );
        }
        db.exec("DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, created_by smallint, updated_by jsonb)");
        let run = db.audit(&["columns", "t", "--apply"]).ends(1);
        assert!(
            run.out
                .contains("`updated_by` is `jsonb`, which cannot be converted"),
            "{run:?}"
        );
    }

    /// `DEFAULT NULL` of a type with a length is kept as an expression; it is no default for all that.
    #[test]
    fn no_default_stays_none_and_another_is_of_the_new_type() {
        let db = Db::new(Backend::Postgres);
        db.exec(
            "CREATE TABLE t (id int PRIMARY KEY, date_created varchar(40) DEFAULT NULL, updated_at varchar(40) DEFAULT 'NULL')",
        );
        db.audit(&["columns", "t", "--apply"]).ends(0);
        assert_eq!(
            db.texts("SELECT coalesce(column_default, '-')::text AS v FROM information_schema.columns WHERE table_name = 't' AND column_name LIKE '%_at' ORDER BY column_name"),
            ["-", "now()"]
        );
    }

    #[test]
    fn put_off_checks_and_triggers_do_not_hinder() {
        let db = Db::new(Backend::Postgres);
        db.exec(
            "CREATE TABLE users (id int PRIMARY KEY); INSERT INTO users VALUES (7);
             CREATE TABLE t (id int PRIMARY KEY, created_by_id int REFERENCES users DEFERRABLE INITIALLY DEFERRED);
             INSERT INTO t VALUES (1, NULL);
             CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
             CREATE TRIGGER touched BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION nothing();",
        );
        let run = db
            .audit(&["columns", "t", "--apply", "--backfill-actor", "user:7"])
            .ends(0);
        assert!(
            run.out.contains(
                "note: the UPDATE that fills columns fires the table's triggers: `touched`"
            ),
            "{run:?}"
        );
    }
}

#[cfg(feature = "mysql")]
mod mysql {
    use crate::support::{Backend, Db};

    #[test]
    fn a_script_says_its_texts_in_any_session() {
        let db = Db::new(Backend::Mysql);
        db.exec(r"CREATE TABLE t (id int PRIMARY KEY, createdBy varchar(99) COMMENT 'it''s a\\b')");
        let script = db.audit(&["columns", "t"]).ends(1).out;
        // In double quotes is a text again, too, which would be a name there.
        db.exec(&format!(
            "SET sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES,STRICT_TRANS_TABLES';\n{script}\nSELECT \"it\\\"s\""
        ));
        db.audit(&["columns", "t"]).ends(0);
        assert_eq!(
            db.text("SELECT column_comment AS v FROM information_schema.columns WHERE table_schema = DATABASE() AND column_name = 'created_by'"),
            r"it's a\b"
        );
    }

    #[test]
    fn reserved_words_and_engines() {
        let db = Db::new(Backend::Mysql);
        db.exec("CREATE TABLE `order` (`key` int PRIMARY KEY, `created` datetime DEFAULT current_timestamp() COMMENT 'when, exactly?')");
        db.exec("INSERT INTO `order` (`key`) VALUES (1)");
        db.audit(&["columns", "order", "--apply", "--soft-delete"])
            .ends(0);
        db.audit(&["columns", "order"]).ends(0);
        let shown = db.text("SELECT CAST(concat(column_type, column_default, column_comment) AS CHAR) AS v FROM information_schema.columns WHERE table_name = 'order' AND table_schema = DATABASE() AND column_name = 'created_at'");
        assert_eq!(
            shown.to_lowercase(),
            "datetime(6)current_timestamp(6)when, exactly?"
        );
        db.exec("CREATE TABLE old (id int PRIMARY KEY, created_by varchar(255) NOT NULL) ENGINE = MyISAM");
        let run = db.audit(&["columns", "old", "--apply"]).ends(1);
        assert!(run.out.contains("ENGINE = InnoDB"), "{run:?}");
    }

    #[test]
    fn a_column_that_updates_itself_does_not() {
        let db = Db::new(Backend::Mysql);
        db.exec("CREATE TABLE t (id int PRIMARY KEY, updated_at timestamp(6) NOT NULL DEFAULT current_timestamp(6) ON UPDATE current_timestamp(6))");
        db.exec("INSERT INTO t VALUES (1, '2020-01-01 00:00:00')");
        db.audit(&["columns", "t", "--apply"]).ends(0);
        assert!(
            db.text("SELECT CAST(updated_at AS CHAR) AS v FROM t")
                .starts_with("2020-01-01 00:00:00")
        );
    }

    /// A row of a session in another zone has the time that it is, or none.
    #[test]
    fn a_default_time_is_utc_or_as_it_was() {
        let db = Db::new(Backend::Mysql);
        let stamps = "created_by varchar(255) NOT NULL DEFAULT 'x', updated_by varchar(255) NOT NULL DEFAULT 'x', updated_at datetime(6) NOT NULL DEFAULT '2000-01-01'";
        for (created, default) in [
            ("date_created varchar(40)", None),
            ("created_at bigint DEFAULT NULL", None),
            ("date_created varchar(40) DEFAULT 'NULL'", Some("utc")),
            ("created bigint DEFAULT 7", Some("utc")),
            (
                "created timestamp NOT NULL DEFAULT current_timestamp ON UPDATE current_timestamp",
                Some("utc"),
            ),
            (
                "created_at datetime NOT NULL DEFAULT current_timestamp",
                Some("local"),
            ),
        ] {
            db.exec("DROP TABLE IF EXISTS t");
            db.exec(&format!(
                "CREATE TABLE t (id int PRIMARY KEY, {created}, {stamps})"
            ));
            db.audit(&["columns", "t", "--apply"]).ends(0);
            db.audit(&["columns", "t"]).ends(0);
            let zone = "SET time_zone = '+07:00'";
            let inserted = db.try_exec(&format!("{zone}; INSERT INTO t (id) VALUES (1)"));
            let Some(default) = default else {
                assert!(
                    inserted.is_err() || db.texts("SELECT 'x' AS v FROM t").is_empty(),
                    "{created}: a time that nobody gave"
                );
                continue;
            };
            inserted.unwrap();
            // Diesel's session is in UTC.
            let hours = db.text("SELECT CAST(round(timestampdiff(MINUTE, utc_timestamp(6), created_at) / 60) AS CHAR) AS v FROM t");
            let expected = if default == "utc" { "0" } else { "7" };
            assert_eq!(hours, expected, "{created}");
        }
    }

    #[test]
    fn tenants_compare_in_binary() {
        let db = Db::new(Backend::Mysql);
        db.exec("CREATE TABLE t (id int PRIMARY KEY, tenant_id varchar(50) COLLATE utf8mb4_general_ci NOT NULL)");
        db.exec("INSERT INTO t VALUES (1, 'acme')");
        db.audit(&["columns", "t", "--apply"]).ends(0);
        let shown = db.text("SELECT CAST(collation_name AS CHAR) AS v FROM information_schema.columns WHERE table_name = 't' AND table_schema = DATABASE() AND column_name = 'tenant_id'");
        assert_eq!(shown, "utf8mb4_bin");
        db.audit(&["columns", "t"]).ends(0);
    }

    /// DDL commits itself: whichever statement is the last to run, the next run does the rest.
    #[test]
    fn a_run_that_breaks_off_anywhere_is_finished_by_the_next() {
        let mut cut = 0;
        loop {
            let db = Db::new(Backend::Mysql);
            db.exec(
                "CREATE TABLE t (id int PRIMARY KEY, date_created varchar(40) DEFAULT 'x', last_modified bigint, deleted enum('Y','N') NOT NULL, creator_id int, tenantId text)",
            );
            db.exec("INSERT INTO t VALUES (1, '2024-01-02T03:04:05Z', 1700000000, 'Y', 5, 'acme'), (2, '1704164645', 1700000000123, 'N', NULL, 'acme')");
            let args = ["columns", "t", "--backfill-actor", "user:9"];
            let plan = db
                .audit(&[&args[..], &["--format", "json"]].concat())
                .ends(1)
                .json();
            let statements = plan["statements"].as_array().unwrap();
            if cut > statements.len() {
                assert!(cut > 10, "a plan of {cut} statements tests little");
                return;
            }
            for statement in &statements[..cut] {
                db.exec(statement.as_str().unwrap());
            }
            db.audit(&[&args[..], &["--apply"]].concat()).ends(0);
            db.audit(&args).ends(0);
            assert_eq!(
                db.texts("SELECT CAST(concat_ws(' ', created_at, unix_timestamp(updated_at), is_deleted, created_by_id, tenant_id) AS CHAR) AS v FROM t ORDER BY id"),
                ["2024-01-02 03:04:05.000000 1700000000.000000 1 5 acme", "2024-01-02 03:04:05.000000 1700000000.123000 0 9 acme"],
                "cut after {cut}"
            );
            cut += 1;
        }
    }
}
