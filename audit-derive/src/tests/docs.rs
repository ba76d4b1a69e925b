//! The attribute reference is printed from the tables that the parser reads: `BLESS=1` refreshes
//! `src/docs/*.md`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::meaning::USUAL_NAMES;
use crate::symbol::{MASKS, Position, SYMBOLS};
use audit_names::{LET_THROUGH, SECRETS};

fn table(out: &mut String, position: Position) {
    out.push_str("| attribute | |\n|---|---|\n");
    for symbol in SYMBOLS
        .iter()
        .filter(|symbol| symbol.at.contains(&position))
    {
        writeln!(out, "| `#[audit({})]` | {} |", symbol.form, symbol.help).unwrap();
    }
}

fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<_> = words.into_iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

fn audited() -> String {
    let mut out = String::from("# On the struct\n\n");
    table(&mut out, Position::Entity);
    out.push_str("\n# On a field\n\n");
    table(&mut out, Position::EntityField);
    write!(
        out,
        "\nMasks: {}, or a path to a type with `Mask`.\n",
        list(MASKS.iter().copied())
    )
    .unwrap();
    out.push_str(
        "\n# Inferred from names\n\n| name of the field or its column | role |\n|---|---|\n",
    );
    for (name, role) in USUAL_NAMES {
        writeln!(out, "| `{name}` | `{}` |", role.word()).unwrap();
    }
    out.push_str(
        "\nA role that is given by an attribute ends inference for it; `not_a_stamp` ends it for \
         its field.\n\n# Names that say secret\n\n",
    );
    let secrets: Vec<_> = SECRETS.iter().map(|words| words.join("_")).collect();
    writeln!(
        out,
        "Among the words of the field's or its column's name, in any case, singular or plural: \
         {}; and `pass` as the whole name. Such a field needs a mask, `skip` or `plain`, and is set by code alone unless it is \
         `input`. Let through are names whose last word is {}, and fields of a type that is a \
         `bool` or a time.",
        list(secrets.iter().map(String::as_str)),
        list(LET_THROUGH.iter().copied()),
    )
    .unwrap();
    out
}

fn two(struct_position: Position, field_position: Position) -> String {
    let mut out = String::from("# On the struct\n\n");
    table(&mut out, struct_position);
    out.push_str("\n# On a field\n\n");
    table(&mut out, field_position);
    out
}

#[test]
fn the_reference_is_as_the_tables_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/docs");
    for (name, text) in [
        ("audited.md", audited()),
        ("audited_part.md", two(Position::Part, Position::PartField)),
        ("audited_form.md", two(Position::Form, Position::FormField)),
    ] {
        let path = folder.join(name);
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, &text).unwrap();
        }
        let recorded = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(recorded, text, "run the tests with BLESS=1");
    }
}
