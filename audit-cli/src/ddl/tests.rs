use super::*;

const CREATE: &str = "CREATE TABLE \"a (b\" (\n  id INTEGER PRIMARY KEY AUTOINCREMENT, -- the, key\n  \
        \"cre,ated\" VARCHAR(10, 2) DEFAULT 'x,)''y' NULL /* , ) */,\n  [flag] TEXT CHECK (flag IN ('Y', 'N')) \
        NOT NULL ON CONFLICT IGNORE,\n  plain, -- last\n  FOREIGN KEY (plain) REFERENCES b(id)) STRICT";

#[test]
fn columns_are_found_in_any_text() {
    let names: Vec<String> = columns(CREATE, Dialect::Sqlite)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["id", "cre,ated", "flag", "plain"]);
    assert!(
        columns("CREATE TABLE x (a 'open", Dialect::Sqlite).len() < 2,
        "no panic on half a text"
    );
}

fn edit(
    definition: &str,
    kind: &str,
    not_null: Option<bool>,
    default: Option<&str>,
    mysql: bool,
) -> String {
    let edit = Edit {
        kind: Some(kind.to_owned()).filter(|kind| !kind.is_empty()),
        not_null,
        default: default.map(str::to_owned),
    };
    let dialect = if mysql {
        Dialect::Mysql
    } else {
        Dialect::Sqlite
    };
    edited(definition, &edit, dialect)
}

#[test]
fn definitions_change_where_they_are_told_to() {
    assert_eq!(edit("TEXT", "", Some(true), None, false), "TEXT NOT NULL");
    assert_eq!(
        edit(
            "TEXT -- kept\n NULL -- too\n UNIQUE",
            "",
            Some(true),
            None,
            false
        ),
        "TEXT NOT NULL -- kept\n -- too\n UNIQUE"
    );
    assert_eq!(edit("", "", Some(true), None, false), " NOT NULL");
    assert_eq!(
        edit("TEXT NULL DEFAULT NULL", "", Some(true), None, false),
        "TEXT NOT NULL"
    );
    assert_eq!(
        edit(
            "TEXT NOT NULL ON CONFLICT IGNORE CHECK (x IS NOT NULL)",
            "",
            Some(false),
            None,
            false
        ),
        "TEXT CHECK (x IS NOT NULL)"
    );
    assert_eq!(
        edit(
            "varchar(20) COLLATE utf8mb4_general_ci DEFAULT NULL COMMENT 'it''s NOT NULL'",
            "",
            Some(true),
            None,
            true
        ),
        "varchar(20) COLLATE utf8mb4_general_ci NOT NULL COMMENT 'it''s NOT NULL'"
    );
    assert_eq!(
        edit(
            "char(1) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL DEFAULT 'N'",
            "tinyint(1)",
            None,
            Some("0"),
            true
        ),
        "tinyint(1) DEFAULT 0 NOT NULL"
    );
    assert_eq!(
        edit(
            "datetime NOT NULL DEFAULT current_timestamp() ON UPDATE CURRENT_TIMESTAMP",
            "datetime(6)",
            None,
            None,
            true
        ),
        "datetime(6) NOT NULL DEFAULT current_timestamp(6) ON UPDATE CURRENT_TIMESTAMP(6)"
    );
    assert_eq!(
        edit("int(11) DEFAULT -1.5 UNIQUE", "", None, Some(""), true),
        "int(11) UNIQUE"
    );
    for (literal, mysql) in [("b'0'", true), ("_utf8mb4'x'", true), ("x'00'", false)] {
        let definition = format!("bit(1) DEFAULT {literal} UNIQUE");
        assert_eq!(
            edit(&definition, "int", None, Some("0"), mysql),
            "int DEFAULT 0 UNIQUE"
        );
    }
    assert_eq!(
        edit(
            "int REFERENCES u(id) ON DELETE SET NULL ON UPDATE SET DEFAULT",
            "",
            Some(true),
            Some(""),
            false
        ),
        "int NOT NULL REFERENCES u(id) ON DELETE SET NULL ON UPDATE SET DEFAULT"
    );
    assert_eq!(
        edit("timestamp NOT NULL", "", Some(false), None, true),
        "timestamp NULL"
    );
}

#[test]
fn a_table_is_rebuilt_around_its_comments() {
    let edits = [
        (
            "CRE,ATED".to_owned(),
            Edit {
                not_null: Some(true),
                ..Edit::default()
            },
        ),
        (
            "plain".to_owned(),
            Edit {
                kind: Some("INTEGER".into()),
                ..Edit::default()
            },
        ),
    ];
    let new = rebuilt(
        CREATE,
        "\"new\"",
        &edits,
        &["\"x\" TEXT NOT NULL".to_owned()],
    )
    .unwrap();
    assert!(
        new.starts_with("CREATE TABLE \"new\" (\n  id INTEGER"),
        "{new}"
    );
    assert!(
        new.contains("\"cre,ated\" VARCHAR(10, 2) NOT NULL DEFAULT 'x,)''y'"),
        "{new}"
    );
    assert!(
        new.contains("plain INTEGER,\n    \"x\" TEXT NOT NULL, -- last\n"),
        "{new}"
    );
    assert!(new.ends_with("REFERENCES b(id)) STRICT"), "{new}");
    assert_eq!(rebuilt("nonsense", "n", &[], &[]), None);
}

proptest::proptest! {
    /// Whatever a catalog holds, nothing of this panics, and what is not told to change stays.
    #[test]
    fn any_text_is_survived(
        text in "(CREATE|TABLE|NOT|NULL|DEFAULT|ON|CONFLICT|CHARACTER|COLLATE|[a-z]{1,3}|[(),'\"`\\[\\] .\\-+*/]|é|--|\n|[0-9]){0,40}",
        not_null in proptest::option::of(proptest::bool::ANY),
        kind in proptest::option::of("[a-z]{1,6}(\\(6\\))?"),
        default in proptest::option::of("[01]?"),
    ) {
        let change = Edit { kind, not_null, default };
        let create = format!("CREATE TABLE t ({text})");
        let _ = rebuilt(&text, "n", &[], &["x".to_owned()]);
        for dialect in [Dialect::Sqlite, Dialect::Mysql] {
            let _ = columns(&text, dialect);
            let _ = edited(&text, &change, dialect);
            for (name, definition) in columns(&create, dialect) {
                let same = edited(&definition, &Edit::default(), dialect);
                let squeezed = |text: &str| text.split_whitespace().collect::<String>();
                proptest::prop_assert_eq!(squeezed(&same), squeezed(&definition));
                let _ = rebuilt(&create, "n", &[(name, change.clone())], &[]);
            }
        }
    }
}
