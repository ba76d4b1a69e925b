//! Keys as text are canonical and reversible.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;

#[test]
fn keys_read_as_themselves() {
    assert_eq!(record_id(&[ValueRef::Value(&"inv-7")]), "inv-7");
    assert_eq!(record_id(&[ValueRef::Value(&r#"["a",1]"#)]), r#"["a",1]"#);
    assert_eq!(record_id(&[ValueRef::Value(&r"C:\dir")]), r"C:\dir");
    assert_eq!(record_id(&[ValueRef::Value(&-5_i64)]), "-5");
    assert_eq!(
        record_id(&[ValueRef::Value(&u128::MAX)]),
        r#"{"$i":"340282366920938463463374607431768211455"}"#
    );
    assert_eq!(
        record_id(&[ValueRef::Display(&Uuid::from_u128(1))]),
        "00000000-0000-0000-0000-000000000001"
    );
    assert_eq!(
        record_id(&[ValueRef::Value(&Uuid::from_u128(1))]),
        "00000000-0000-0000-0000-000000000001"
    );
    assert_eq!(
        record_id(&[ValueRef::Value(&"a\0"), ValueRef::Value(&1)]),
        r#"[{"$s":"a\\0"},1]"#
    );
    assert_eq!(record_id(&[ValueRef::Value(&None::<i32>)]), "null");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn text_keys_are_reversible(a in "[\\x00\\\\0a\"\\[]{0,5}", b in "[\\x00\\\\0a\"\\[]{0,5}") {
        let (x, y) = (record_id(&[ValueRef::Value(&a)]), record_id(&[ValueRef::Value(&b)]));
        prop_assert!(!x.contains('\0'));
        prop_assert_eq!(x == y, a == b);
        prop_assert_eq!(record_id_parts(&x, 1).unwrap(), [Decoded::Text(a)]);
    }

    #[test]
    fn composite_keys_are_reversible(a in any::<String>(), b in any::<i64>(), c in proptest::collection::vec(any::<u8>(), 1..4)) {
        let id = record_id(&[ValueRef::Value(&a), ValueRef::Value(&b), ValueRef::Value(&c)]);
        let parts = record_id_parts(&id, 3).unwrap();
        prop_assert_eq!(parts, [Decoded::Text(a), Decoded::Int(b.into()), Decoded::Bytes(c)]);
        prop_assert!(record_id_parts(&id, 2).is_err());
    }
}
