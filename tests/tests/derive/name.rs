//! `name`: the stable audit name; without it, the table's.

use audit_diesel::Audited;

diesel::table! {
    persons (id) {
        id -> BigInt,
    }
}

#[derive(Audited)]
#[diesel(table_name = persons)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Person {
    id: i64,
}

mod renamed {
    use audit_diesel::Audited;

    #[derive(Audited)]
    #[diesel(table_name = super::persons)]
    #[audit(
        name = "people",
        exempt(created_at, created_by, updated_at, updated_by)
    )]
    pub struct Person {
        pub id: i64,
    }
}

diesel::table! {
    keywords (id) {
        id -> BigInt,
        #[sql_name = "type"]
        type_ -> Text,
        #[sql_name = "first-name"]
        first_name -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = keywords)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
#[allow(dead_code)]
struct Keyword {
    id: i64,
    #[diesel(column_name = type_)]
    kind: String,
    first_name: String,
}

#[test]
fn columns_are_called_what_they_are_called_in_sql() {
    let columns: Vec<_> = Keyword::META
        .fields
        .iter()
        .map(|field| field.column)
        .collect();
    assert_eq!(columns, ["id", "type", "first-name"]);
}

#[test]
fn the_table_names_the_entity_unless_it_is_named() {
    assert_eq!(Person::META.name, "persons");
    assert_eq!(renamed::Person::META.name, "people");
    assert_eq!(renamed::Person::META.type_name, "Person");
    assert_eq!(
        format!("{:?} {:?}", Person { id: 1 }, renamed::Person { id: 2 }),
        "Person { id: 1 } Person { id: 2 }"
    );
}
