#[derive(AuditedForm)]
#[diesel(table_name = currencies, primary_key(code))]
#[audit(entity = Currency)]
struct NewCurrency {
    code: String,
    name: Option<String>,
}

// ---- expands to ----

const _: () = {
    use ::audit_diesel as _a;
    use _a::__private as _p;
    const _: () = ::core::assert!(
        ! (_p::is_reserved(< Currency as _a::Audited > ::META, "code")),
        "`NewCurrency::code` is a reserved field of `Currency`: the server alone writes it\nhelp: remove the field"
    );
    const _: () = ::core::assert!(
        ! (_p::is_reserved(< Currency as _a::Audited > ::META, "name")),
        "`NewCurrency::name` is a reserved field of `Currency`: the server alone writes it\nhelp: remove the field"
    );
    #[automatically_derived]
    impl _a::AuditedForm for NewCurrency {
        type Entity = Currency;
        fn apply(&self, entity: &mut Currency) {
            if let ::core::option::Option::Some(value) = &self.name {
                _p::assign(&mut _p::at::<currencies::name, _>(entity).name, value);
            }
        }
    }
    #[automatically_derived]
    impl<__DB> _a::NewForm<Currency, __DB> for NewCurrency
    where
        __DB: _a::AuditBackend,
        String: _p::Binds<currencies::code, __DB>,
        String: _p::Binds<currencies::name, __DB>,
    {
        fn put_values<'__b, __S: _p::Sink<'__b, __DB>>(
            &'__b self,
            sink: &mut __S,
        ) -> _p::PutResult {
            sink.put::<currencies::code, _>(&self.code)?;
            _p::put_set::<currencies::name, _, _, _>(&self.name, sink)?;
            ::core::result::Result::Ok(())
        }
        fn client_id(&self) -> ::core::option::Option<<Currency as _a::Entity>::Id> {
            ::core::option::Option::Some(
                ::core::convert::Into::into(::core::clone::Clone::clone(&self.code)),
            )
        }
    }
};
