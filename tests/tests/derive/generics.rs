//! Entities with parameters: bounds come from the fields that mention them, forms keep what they
//! use.

use audit_diesel::prelude::*;
use audit_diesel::{Entity, StoredEntity};
use diesel::sqlite::Sqlite;

use crate::support::changes;

diesel::table! {
    boxes (id) {
        id -> BigInt,
        content -> Text,
        spare -> Nullable<Text>,
        label -> Text,
    }
}

#[derive(Audited, Clone)]
#[diesel(table_name = boxes)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
#[audit(new = NewBox, changes = BoxChanges)]
struct Boxed<T, const N: usize = 3>
where
    T: Clone,
{
    id: i64,
    content: T,
    #[audit(mask = "last4")]
    spare: Option<T>,
    label: Label<N>,
}

/// No parameter of the entity is in its form for changes: none is generated.
#[derive(Audited)]
#[audit(name = "tagged", crate = audit_diesel, new = NewTagged)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Tagged<T> {
    id: i64,
    name: String,
    #[audit(skip, no_form)]
    tag: T,
}

mod label {
    use diesel::backend::Backend;
    use diesel::deserialize::{self, FromSql, FromSqlRow};
    use diesel::expression::AsExpression;
    use diesel::serialize::{self, Output, ToSql};
    use diesel::sql_types::Text;

    #[derive(
        Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, AsExpression, FromSqlRow,
    )]
    #[diesel(sql_type = Text)]
    pub struct Label<const N: usize>(pub String);

    impl<const N: usize, DB: Backend> ToSql<Text, DB> for Label<N>
    where
        String: ToSql<Text, DB>,
    {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
            self.0.to_sql(out)
        }
    }

    impl<const N: usize, DB: Backend> FromSql<Text, DB> for Label<N>
    where
        String: FromSql<Text, DB>,
    {
        fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
            String::from_sql(bytes).map(Self)
        }
    }
}
use label::Label;

fn boxed(content: &str) -> Boxed<String> {
    Boxed {
        id: 1,
        content: content.into(),
        spare: None,
        label: Label("l".into()),
    }
}

#[test]
fn a_generic_entity_is_one() {
    let (before, after) = (boxed("a"), boxed("b"));
    assert_eq!(changes(&before, &after), ["content: \"a\" -> \"b\""]);
    fn stored<E: StoredEntity<Sqlite>>(entity: &E) -> E::Id {
        entity.id()
    }
    assert_eq!(stored(&before), 1);
    assert_eq!(Boxed::<String>::record_id(&7), "7");
    assert!(format!("{before:?}").contains("content"));
}

#[test]
fn forms_are_generic_in_what_they_use() {
    let new: NewBox<String> = serde_json::from_str(r#"{"content":"x","label":"l"}"#).unwrap();
    assert!(format!("{new:?}").contains('x'));
    let changes = BoxChanges::<_, 3> {
        content: Some("y".to_owned()),
        ..Default::default()
    };
    assert_eq!(changes.spare, None);
    let NewTagged { name } = NewTagged { name: "n".into() };
    let tagged = Tagged {
        id: 1,
        name,
        tag: 5_u8,
    };
    assert_eq!((tagged.id, tagged.name.as_str(), tagged.tag), (1, "n", 5));
}
