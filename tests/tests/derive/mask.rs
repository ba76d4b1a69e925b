//! `mask`: by name, and by the app's own type. Masked is what is shown, never compared.

use audit_diesel::Audited;

use crate::support::changes;

mod masks {
    use audit_diesel::{Mask, MaskError, MaskOut};

    pub struct Initial;

    impl Mask for Initial {
        fn mask(value: &str, out: &mut MaskOut<'_>) -> Result<(), MaskError> {
            out.push_str(value.get(..1).unwrap_or_default());
            Ok(())
        }
    }
}

#[derive(Audited, Clone)]
#[audit(name = "things", crate = audit_diesel)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Thing {
    id: i64,
    #[audit(mask = "last4")]
    tax_number: Option<String>,
    #[audit(mask = "redact")]
    password: String,
    #[audit(mask = masks::Initial)]
    nickname: String,
}

#[test]
fn the_trail_sees_the_mask() {
    let before = Thing {
        id: 1,
        tax_number: Some("DE123456781111".into()),
        password: "one".into(),
        nickname: "Ada".into(),
    };
    let after = Thing {
        tax_number: Some("DE123456782222".into()),
        password: "two".into(),
        nickname: "Alan".into(),
        ..before.clone()
    };
    assert_eq!(
        changes(&before, &after),
        [
            "tax_number: \"****1111\" -> \"****2222\"",
            "password: \"***\" -> \"***\"",
            "nickname: \"A\" -> \"A\"",
        ]
    );
}
