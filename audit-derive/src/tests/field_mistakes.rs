//! What is wrong with one field, and where the mistake is shown.

use super::support::{field, help};

#[test]
fn sound_fields_have_no_mistakes() {
    for sound in [
        "x: String",
        "#[audit(plain)] token: String",
        "#[audit(mask = \"redact\", hide_null, was = \"y\", was = \"z\")] x: Option<String>",
        "#[audit(mask = my::Mask<A, B>)] x: String",
        "#[audit(skip, no_form)] #[audit(eq = same::<T>)] password: String",
        "#[audit(mask_at(\"/card/number\" = \"pan\", \"/a~1b/*\" = Own),)] x: Value",
        "#[audit(via = \"display\", ignore)] x: Money",
        "#[audit(mask = \"token\", input, form(validate(length(min = 1)), serde(default)))] pin: String",
        "token_count: i32, token_expires: String, has_password: bool, otp_at: T, api_key_id: i64",
        "token_policy: String, pin_length: i32, secret_rotated: Option<DateTime<Utc>>",
        "#[audit(not_a_stamp)] created_at: String",
        "#[audit(version)] revision: i64, #[audit(tenant)] r#type: String",
        "is_deleted: bool, deleted_at: T, #[audit(deleted_by, kinds(\"user\", \"api_key\"))] d: i64",
        "#[audit] x: String",
        "#[audit()] x: String",
        "#[audit[]] x: String",
    ] {
        let expected: &[&str] = match sound {
            "#[audit] x: String" => &["audit: `audit` expects a list in parentheses"],
            "#[audit()] x: String" => &["audit(): `audit` is an empty list"],
            "#[audit[]] x: String" => &["audit[]: `audit` is an empty list"],
            _ => &[],
        };
        assert_eq!(field(sound), expected, "{sound}");
    }
}

#[test]
fn unknown_words_are_named_with_the_nearest() {
    assert_eq!(
        field("#[audit(maks = \"last4\")] x: String"),
        ["maks: unknown attribute `maks` on a field of an entity"]
    );
    assert!(help("#[audit(maks = \"last4\")] x: String").starts_with("did you mean `mask`? "));
    assert!(
        help("#[audit(frobnicate)] x: String").starts_with("a field of an entity takes `plain`, ")
    );
    assert_eq!(
        help("#[audit(encrypt)] x: String"),
        "write `mask = \"token\"` to see changes and never the value"
    );
    assert_eq!(
        field("#[audit(new = X)] x: String"),
        ["new: `new` belongs on an entity, not on a field of an entity"]
    );
    assert_eq!(
        field("#[audit(mask = \"lst4\")] x: String"),
        ["\"lst4\": unknown mask `lst4`"]
    );
    assert_eq!(
        help("#[audit(mask = \"lst4\")] x: String"),
        "did you mean `last4`? known are `redact`, `last4`, `pan`, `email` and `token`"
    );
    assert_eq!(
        field("#[audit(id = \"serial\")] id: i64"),
        ["\"serial\": unknown key source `serial`"]
    );
    assert_eq!(
        field("#[audit(via = \"debug\")] x: X"),
        ["\"debug\": unknown value of `via` `debug`"]
    );
}

#[test]
fn values_have_their_form() {
    for (attrs, expected) in [
        ("skip = true", "skip: `skip` takes no value"),
        ("tenant(x)", "tenant: `tenant` takes no value"),
        ("mask", "mask: `mask` expects a value"),
        ("mask =", "mask: `mask =` lacks its value"),
        (
            "mask = 4",
            "4: `mask` expects the name of a mask or a path to a type",
        ),
        (
            "mask = \"pan\"x",
            "\"pan\"x: `mask` expects the name of a mask or a path to a type",
        ),
        (
            "mask = &T",
            "&: `mask` expects the name of a mask or a path to a type",
        ),
        ("eq = \"same\"", "\"same\": `eq` expects a path"),
        (
            "via = display",
            "display: `via` expects text in double quotes",
        ),
        ("was = \"\"", "\"\": `was` is empty"),
        (
            "was = \"a\", was = \"a\"",
            "\"a\": `was = \"a\"` is given twice",
        ),
        (
            "mask_at = \"pan\"",
            "mask_at: `mask_at` expects a list in parentheses",
        ),
        ("mask_at()", "mask_at: `mask_at` is an empty list"),
        (
            "mask_at(card = \"pan\")",
            "card: `mask_at` expects a JSON path in double quotes, `=` and a mask",
        ),
        (
            "mask_at(\"card\" = \"pan\")",
            "\"card\": `card` is no JSON path (RFC 6901)",
        ),
        (
            "mask_at(\"/a~2\" = \"pan\")",
            "\"/a~2\": `/a~2` is no JSON path (RFC 6901): `~` stands alone",
        ),
        (
            "mask_at(\"/a\")",
            "\"/a\": a JSON path lacks its `=` and mask",
        ),
        (
            "mask_at(\"/a\" = \"pan\", \"/a\" = \"email\")",
            "\"/a\": `/a` is masked twice",
        ),
        (
            "form(3)",
            "3: `form` expects attributes as they stand between `#[` and `]`",
        ),
        (
            "created_by, kinds(user)",
            "user: `kinds` expects actor kinds in double quotes",
        ),
        (
            "created_by, kinds(\"User\")",
            "\"User\": `User` is no actor kind",
        ),
        (
            "created_by, kinds(\"a\", \"a\")",
            "\"a\": kind `a` is given twice",
        ),
        ("\"skip\"", "\"skip\": expected a word of `#[audit(..)]`"),
        (
            "serde::skip",
            "serde: expected a word of `#[audit(..)]`, not a path",
        ),
        // Not also that the group was not read to its end.
        ("eq = a::<(b c) d>, skip", "a: `eq` expects a path"),
        ("eq = a::<(b c)>, skip", "c: unexpected token, expected `)`"),
        ("skip ignore", "ignore: expected `,`"),
    ] {
        assert_eq!(
            field(&format!("#[audit({attrs})] x: String")),
            [expected],
            "{attrs}"
        );
    }
}

#[test]
fn contradictions_are_shown_at_the_second_word() {
    for (attrs, expected) in [
        ("skip, skip", "skip: `skip` is given twice"),
        (
            "mask = \"pan\", mask = \"pan\"",
            "mask: `mask` is given twice",
        ),
        ("plain, mask = \"pan\"", "mask: `mask` contradicts `plain`"),
        (
            "mask_at(\"/a\" = \"pan\"), ignore",
            "ignore: `ignore` contradicts `mask_at`",
        ),
        ("no_form, server", "server: `server` contradicts `no_form`"),
        ("tenant, version", "version: `version` contradicts `tenant`"),
        (
            "hide_null, hide_null, mask = \"pan\"",
            "hide_null: `hide_null` is given twice",
        ),
        ("eq = a, eq = b", "eq: `eq` is given twice"),
        (
            "hide_null",
            "hide_null: `hide_null` on `x`, which has no mask",
        ),
        (
            "skip, hide_null",
            "hide_null: `hide_null` on `x`, which has no mask",
        ),
        (
            "skip, via = \"display\"",
            "via: `via` on `x`, which is skipped and never stored",
        ),
        (
            "mask_at(\"/a\" = \"pan\"), via = \"display\"",
            "via: `via` contradicts `mask_at`: a `Display` text has no JSON paths",
        ),
        (
            "mask_at(\"/a\" = \"pan\")",
            "mask_at: `mask_at` on `x`, which is text and has no JSON paths",
        ),
        (
            "no_form, form(a)",
            "form: `form` contradicts `no_form`: `x` is in no form",
        ),
        (
            "not_a_stamp, tenant",
            "not_a_stamp: `not_a_stamp` contradicts `tenant`",
        ),
    ] {
        assert_eq!(
            field(&format!("#[audit({attrs})] x: String")),
            [expected],
            "{attrs}"
        );
    }
    let apart = field("#[audit(skip)] #[audit(ignore)] x: String");
    assert_eq!(apart, ["ignore: `ignore` contradicts `skip`"]);
}

#[test]
fn stamps_and_keys_take_no_policy() {
    for (text, expected) in [
        (
            "#[audit(tenant, skip)] x: T",
            "skip: `skip` on `x`, which is the stamp `tenant`",
        ),
        (
            "#[audit(plain)] tenant_id: T",
            "plain: `plain` on `tenant_id`, which is the stamp `tenant`",
        ),
        (
            "#[audit(version, input)] x: T",
            "input: `input` on `x`, which is a stamp and in no form",
        ),
        (
            "#[audit(form(a))] tenant_id: T",
            "form: `form` on `tenant_id`, which is a stamp and in no form",
        ),
        (
            "#[audit(kinds(\"user\"))] x: T",
            "kinds: `kinds` on `x`, which holds no actor",
        ),
        (
            "#[audit(id = \"client\")] x: T",
            "id: `id` on `x`, which is not the primary key",
        ),
    ] {
        assert_eq!(field(text), [expected], "{text}");
    }
}

#[test]
fn input_undoes_what_there_is_to_undo() {
    for (text, name) in [
        ("#[audit(input)] x: String", "x"),
        ("#[audit(mask = \"redact\", input)] x: String", "x"),
        ("#[audit(input)] password_reset: bool", "password_reset"),
        (
            "#[diesel(embed)] #[audit(input)] address: Address",
            "address",
        ),
    ] {
        let expected = format!("input: `input` on `{name}`, which is read from input anyway");
        assert_eq!(field(text), [expected], "{text}");
    }
    for sound in [
        "#[audit(skip, input)] password: String",
        "#[diesel(column_name = pin)] #[audit(plain, input)] number: i32",
    ] {
        assert_eq!(field(sound), [""; 0], "{sound}");
    }
}

#[test]
fn names_that_say_secret_need_a_decision() {
    assert_eq!(
        field("apiKey: String"),
        ["apiKey: `apiKey` sounds secret and would be stored in clear text"]
    );
    assert_eq!(
        field("#[diesel(column_name = card_number)] number: String"),
        ["number: `number` (column `card_number`) sounds secret and would be stored in clear text"]
    );
    assert_eq!(
        field("#[audit(ignore)] iban: String"),
        ["ignore: `ignore` on `iban`, which sounds secret, stores it in clear text"]
    );
    assert_eq!(
        field("#[audit(ignored)] iban: String").len(),
        1,
        "a faulty field is not judged"
    );
}

#[test]
fn an_embedded_part_speaks_for_itself() {
    assert_eq!(
        field("#[diesel(embed)] #[audit(skip, was = \"y\", no_form)] address: Address"),
        [
            "skip: `skip` on the embedded `address`, which is several columns",
            "was: `was` on the embedded `address`, which is several columns"
        ]
    );
}

#[test]
fn all_mistakes_are_shown_and_nothing_else() {
    assert_eq!(
        field(
            "#[audit(maks = \"pan\", (oops), skip = 1, mask_at(x y, \"/a\" = \"pam\", \"b\"), no_form)] a: String,
             #[audit(created_bye)] author: String,
             #[audit(tenant, tenant)] t: String,
             #[audit(skip)] #[audit[mask { }]] pin: String,
             token: String"
        ),
        [
            "maks: unknown attribute `maks` on a field of an entity",
            "(: expected a word of `#[audit(..)]`",
            "skip: `skip` takes no value",
            "x: `mask_at` expects a JSON path in double quotes, `=` and a mask",
            "\"pam\": unknown mask `pam`",
            "\"b\": `b` is no JSON path (RFC 6901)",
            "created_bye: unknown attribute `created_bye` on a field of an entity",
            "tenant: `tenant` is given twice",
            "mask: `mask` expects a value",
            "token: `token` sounds secret and would be stored in clear text",
        ]
    );
}

#[test]
fn foreign_words_are_led_home() {
    for (word, heir) in crate::symbol::HEIRS {
        assert_eq!(help(&format!("#[audit({word})] x: String")), *heir);
    }
}

#[test]
fn what_the_compiler_refuses_anyway_is_passed_over() {
    assert_eq!(field("_: String"), [""; 0]);
}
