//! SQLite: the file, and what is none.

#[cfg(feature = "sqlite")]
mod sqlite {
    use super::super::support::{Backend, Db, audit_with};

    #[test]
    fn only_init_makes_a_file() {
        let db = Db::new(Backend::Sqlite);
        std::fs::remove_file(db.path()).unwrap();
        for command in ["check", "columns"] {
            let args = if command == "columns" {
                vec!["columns", "x"]
            } else {
                vec![command]
            };
            let run = db.audit(&args).ends(3);
            assert!(run.err.contains("is not there"), "{run:?}");
            assert!(!db.path().exists(), "{command} made the file");
        }
        db.audit(&["init"]).ends(0);
        assert!(db.path().exists());
    }

    #[test]
    fn what_is_no_database_is_said_to_be_none() {
        let db = Db::new(Backend::Sqlite);
        std::fs::write(
            db.path(),
            "something else entirely, and long enough to have a header of its own",
        )
        .unwrap();
        let run = db.audit(&["check"]).ends(3);
        assert!(run.err.contains("not a SQLite database"), "{run:?}");
        let dir = format!("sqlite://{}", std::env::temp_dir().display());
        let run = audit_with(&[], &["check", "--database-url", &dir]).ends(3);
        assert!(run.err.contains("is a directory"), "{run:?}");
    }
}
