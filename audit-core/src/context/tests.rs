//! Context strings never break a row, and never pass for another.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn ctx() -> AuditContext {
    AuditContext::new(Actor::user("u"))
}

#[test]
fn what_is_set_is_what_is_read() {
    let id = Uuid::from_u128(7);
    let ctx = ctx()
        .tenant("acme")
        .request_id("r")
        .reason("why")
        .on_behalf_of(Actor::user("v"))
        .extra(json!({"agent": "a\0", "ip": "192.0.2.1"}))
        .operation(id)
        .config(AuditConfig::builder().max_value_bytes(5).build());
    assert_eq!(ctx.actor_ref(), &Actor::user("u"));
    assert_eq!(ctx.on_behalf_of_ref(), Some(&Actor::user("v")));
    assert_eq!(
        (ctx.tenant_ref(), ctx.is_all_tenants()),
        (Some("acme"), false)
    );
    assert_eq!(
        (ctx.request_id_ref(), ctx.reason_ref()),
        (Some("r"), Some("why"))
    );
    assert_eq!(
        ctx.extra_json(),
        Some(r#"{"agent":{"$s":"a\\0"},"ip":"192.0.2.1"}"#)
    );
    assert_eq!(
        (ctx.operation_ref(), ctx.config_ref().max_value_bytes()),
        (Some(id), 5)
    );
    assert_eq!(ctx.validate(), Ok(()));
    let ctx = ctx.all_tenants();
    assert_eq!((ctx.tenant_ref(), ctx.is_all_tenants()), (None, true));
    assert!(!ctx.tenant("b").is_all_tenants());
}

#[test]
fn bad_actors_and_tenants_are_refused() {
    let part = |part| move |ctx: AuditContext| (ctx.validate().unwrap_err(), part);
    for (text, error) in [
        ("", ContextError::Empty as fn(ContextPart) -> _),
        ("a\nb", ContextError::ControlCharacter),
        ("a\u{85}b", ContextError::ControlCharacter),
        (&"ä".repeat(128), ContextError::TooLong),
    ] {
        for (error_found, part) in [
            part(ContextPart::Tenant)(ctx().tenant(text)),
            part(ContextPart::Actor)(AuditContext::new(Actor::Unknown(text.into()))),
            part(ContextPart::OnBehalfOf)(ctx().on_behalf_of(Actor::Unknown(text.into()))),
        ] {
            assert_eq!(error_found, error(part));
            assert!(text.is_empty() || !error_found.to_string().contains(text));
        }
    }
    assert_eq!(
        AuditContext::new(Actor::user("")).validate(),
        Err(ContextError::Empty(ContextPart::Actor))
    );
    assert_eq!(
        AuditContext::new(Actor::Unknown("user:admin".into())).validate(),
        Err(ContextError::Misread(ContextPart::Actor))
    );
    assert_eq!(AuditContext::new(Actor::parse("Jane")).validate(), Ok(()));
    assert_eq!(ctx().tenant("ä".repeat(127)).validate(), Ok(()));
}

#[test]
fn odd_request_ids_are_hashed() {
    let stored = |id: &str| ctx().request_id(id).request_id_ref().unwrap().to_string();
    assert_eq!(stored(&"ä".repeat(100)), "ä".repeat(100));
    assert_eq!(stored(&"a".repeat(101)).len(), 66);
    // `printf 'a\nb' | sha256sum`
    assert_eq!(
        stored("a\nb"),
        "h:7e18f737311b2dc3b2f269dd78396b0351f14fb66efa879f768cb23181883c78"
    );
}

#[test]
fn debug_keeps_free_text_to_itself() {
    let ctx = ctx().reason("hunter2").extra(json!({"a": "hunter2"}));
    assert!(!format!("{ctx:?}").contains("hunter2"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn reasons_are_stored_reversibly(reason in prop_oneof![any::<String>(), "[\\x00\\\\0a]{0,6}"]) {
        let ctx = ctx().reason(reason.clone());
        let stored = ctx.reason_ref().unwrap();
        prop_assert!(!stored.contains('\0'));
        prop_assert_eq!(unescape_reason(stored), reason.as_str());
        if !reason.contains(['\0', '\\']) {
            prop_assert_eq!(stored, reason);
        }
    }

    #[test]
    fn stored_request_ids_fit(id in prop_oneof![any::<String>(), "[a\n]{90,110}", "ä{98,102}"]) {
        let ctx = ctx().request_id(id.clone());
        let stored = ctx.request_id_ref().unwrap();
        prop_assert!(stored.chars().count() <= MAX_REQUEST_ID && !stored.chars().any(char::is_control));
    }
}
