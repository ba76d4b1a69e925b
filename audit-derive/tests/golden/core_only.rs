#[derive(Audited)]
#[audit(name = "settings", changes = SettingsChanges)]
#[audit(exempt(created_at, created_by, updated_by), debug = false)]
pub struct Settings {
    #[audit(id = "client")]
    pub id: String,
    #[audit(eq = same_theme)]
    pub theme: Theme,
    #[audit(via = "display")]
    pub price: Money,
    pub updated_at: SystemTime,
}

// ---- expands to ----

///Changes of a [`Settings`]; what is `None` stays.
#[derive(::audit_core::__private::serde::Deserialize)]
#[serde(crate = "::audit_core::__private::serde")]
pub struct SettingsChanges {
    ///`theme` of [`Settings`].
    #[serde(default, deserialize_with = "::audit_core::__private::some")]
    pub theme: ::core::option::Option<Theme>,
    ///`price` of [`Settings`].
    #[serde(default, deserialize_with = "::audit_core::__private::some")]
    pub price: ::core::option::Option<Money>,
}
const _: () = {
    use ::audit_core as _a;
    use _a::__private as _p;
    const META: &_a::EntityMeta = &_a::EntityMeta::new(
            "settings",
            "Settings",
            &[
                _a::FieldMeta::new("id").set(&[_p::KEY, _p::INPUT]),
                _a::FieldMeta::new("theme"),
                _a::FieldMeta::new("price"),
                _a::FieldMeta::new("updated_at").set(&[_p::UPDATED_AT]),
            ],
        )
        .key_source(_a::KeySource::Client);
    #[automatically_derived]
    impl _a::Audited for Settings {
        const META: &'static _a::EntityMeta = META;
        fn walk<'__w, __W: _p::FieldWalk<'__w>>(
            old: &'__w Self,
            new: &'__w Self,
            w: &mut __W,
        ) {
            w.field::<String>(&old.id, &new.id);
            w.field_by::<Theme>(&old.theme, &new.theme, same_theme);
            w.display::<Money>(&old.price, &new.price, _p::shown::<Money>);
            w.field::<SystemTime>(&old.updated_at, &new.updated_at);
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for SettingsChanges {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            _p::FormDebug::new(f, "SettingsChanges")
                .value("theme", _a::ValueRef::Value(&self.theme))
                .masked("price")
                .finish()
        }
    }
    #[automatically_derived]
    impl ::core::default::Default for SettingsChanges {
        fn default() -> Self {
            Self {
                theme: ::core::option::Option::None,
                price: ::core::option::Option::None,
            }
        }
    }
    #[automatically_derived]
    impl _a::AuditedForm for SettingsChanges {
        type Entity = Settings;
        fn apply(&self, entity: &mut Settings) {
            if let ::core::option::Option::Some(value) = &self.theme {
                _p::assign(&mut entity.theme, value);
            }
            if let ::core::option::Option::Some(value) = &self.price {
                _p::assign(&mut entity.price, value);
            }
        }
    }
};
