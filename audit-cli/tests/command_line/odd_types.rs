//! `audit columns` on types that are rare for stamps, and on what is said of them.

#[cfg(feature = "mysql")]
mod mysql {
    use crate::support::{Backend, Db};

    /// The catalog writes its default as `b'0'`, which is more than one word.
    #[test]
    fn a_bit_with_a_default_becomes_a_flag() {
        let db = Db::new(Backend::Mysql);
        for (table, default) in [("a", "b'0'"), ("b", "b'1'"), ("c", "0")] {
            db.exec(&format!(
                "CREATE TABLE {table} (id int PRIMARY KEY, is_deleted bit(1) NOT NULL DEFAULT {default})"
            ));
            db.exec(&format!("INSERT INTO {table} VALUES (1, b'1'), (2, b'0')"));
            db.audit(&["columns", table, "--apply"]).ends(0);
            db.audit(&["columns", table]).ends(0);
            assert_eq!(
                db.texts(&format!(
                    "SELECT CAST(is_deleted AS CHAR) AS v FROM {table} ORDER BY id"
                )),
                ["1", "0"]
            );
        }
    }
}
