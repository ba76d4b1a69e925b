#[derive(AuditedForm)]
#[audit(entity = crate::model::UserAccount)]
pub struct Rename<'a> {
    pub name: &'a str,
    pub note: Option<Option<String>>,
    #[audit(null)]
    #[diesel(column_name = e_mail)]
    pub email: Option<String>,
}

// ---- expands to ----

const _: () = {
    use ::audit_diesel as _a;
    use _a::__private as _p;
    const _: () = ::core::assert!(
        ! (_p::is_reserved(< crate ::model::UserAccount as _a::Audited > ::META,
        "name")),
        "`Rename::name` is a reserved field of `UserAccount`: the server alone writes it\nhelp: remove the field"
    );
    const _: () = ::core::assert!(
        ! (_p::is_reserved(< crate ::model::UserAccount as _a::Audited > ::META,
        "note")),
        "`Rename::note` is a reserved field of `UserAccount`: the server alone writes it\nhelp: remove the field"
    );
    const _: () = ::core::assert!(
        ! (_p::is_reserved(< crate ::model::UserAccount as _a::Audited > ::META, "email")
        || _p::is_reserved(< crate ::model::UserAccount as _a::Audited > ::META,
        "e_mail")),
        "`Rename::email` is a reserved field of `UserAccount`: the server alone writes it\nhelp: remove the field"
    );
    #[automatically_derived]
    impl<'a> _a::AuditedForm for Rename<'a> {
        type Entity = crate::model::UserAccount;
        fn apply(&self, entity: &mut crate::model::UserAccount) {
            _p::assign(&mut _p::at::<user_accounts::name, _>(entity).name, &self.name);
            if let ::core::option::Option::Some(value) = &self.note {
                _p::assign(&mut _p::at::<user_accounts::note, _>(entity).note, value);
            }
            _p::assign(
                &mut _p::at::<user_accounts::e_mail, _>(entity).email,
                &self.email,
            );
        }
    }
    #[automatically_derived]
    impl<'a, __DB> _a::NewForm<crate::model::UserAccount, __DB> for Rename<'a>
    where
        __DB: _a::AuditBackend,
        &'a str: _p::Binds<user_accounts::name, __DB>,
        Option<String>: _p::Binds<user_accounts::note, __DB>,
        Option<String>: _p::Binds<user_accounts::e_mail, __DB>,
    {
        fn put_values<'__b, __S: _p::Sink<'__b, __DB>>(
            &'__b self,
            sink: &mut __S,
        ) -> _p::PutResult {
            sink.put::<user_accounts::name, _>(&self.name)?;
            _p::put_set::<user_accounts::note, _, _, _>(&self.note, sink)?;
            sink.put::<user_accounts::e_mail, _>(&self.email)?;
            ::core::result::Result::Ok(())
        }
    }
    #[automatically_derived]
    impl<'a, __DB> _a::ChangesForm<crate::model::UserAccount, __DB> for Rename<'a>
    where
        __DB: _a::AuditBackend,
        &'a str: _p::Binds<user_accounts::name, __DB>,
        Option<String>: _p::Binds<user_accounts::note, __DB>,
        Option<String>: _p::Binds<user_accounts::e_mail, __DB>,
    {
        fn put_values<'__b, __S: _p::Sink<'__b, __DB>>(
            &'__b self,
            sink: &mut __S,
        ) -> _p::PutResult {
            sink.put::<user_accounts::name, _>(&self.name)?;
            _p::put_set::<user_accounts::note, _, _, _>(&self.note, sink)?;
            sink.put::<user_accounts::e_mail, _>(&self.email)?;
            ::core::result::Result::Ok(())
        }
    }
};
