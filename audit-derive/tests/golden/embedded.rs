#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
#[audit(new = NewUser, changes = UserChanges)]
pub struct User {
    pub id: i64,
    #[diesel(embed)]
    pub address: Address,
    pub name: String,
    #[diesel(embed)]
    #[audit(no_form)]
    pub billing: Billing,
}

// ---- expands to ----

///The values of a new [`User`] that are not the server's.
#[derive(::audit_diesel::__private::serde::Deserialize)]
#[serde(crate = "::audit_diesel::__private::serde")]
pub struct NewUser {
    ///`address` of [`User`].
    #[serde(
        deserialize_with = "::audit_diesel::__private::masked_field::<NewUser, 0, _, _>"
    )]
    pub address: Address,
    ///`name` of [`User`].
    pub name: String,
}
///Changes of a [`User`]; what is `None` stays.
#[derive(::audit_diesel::__private::serde::Deserialize)]
#[serde(crate = "::audit_diesel::__private::serde")]
pub struct UserChanges {
    ///`address` of [`User`].
    #[serde(
        default,
        deserialize_with = "::audit_diesel::__private::masked_option_field::<UserChanges, 0, _, _>"
    )]
    pub address: ::core::option::Option<Address>,
    ///`name` of [`User`].
    #[serde(default, deserialize_with = "::audit_diesel::__private::some")]
    pub name: ::core::option::Option<String>,
}
const _: () = {
    use ::audit_diesel as _a;
    use _a::__private as _p;
    const META: &_a::EntityMeta = &_a::EntityMeta::new(
        "users",
        "User",
        {
            const GROUPS: &[&[_a::FieldMeta]] = &[
                &[_p::field::<users::id>("id").set(&[_p::KEY])],
                <Address as _a::AuditedPart>::FIELDS,
                &[_p::field::<users::name>("name")],
                <Billing as _a::AuditedPart>::FIELDS,
            ];
            &_p::flatten::<{ _p::total(GROUPS) }>(GROUPS)
        },
    );
    #[automatically_derived]
    impl _a::Audited for User {
        const META: &'static _a::EntityMeta = META;
        fn walk<'__w, __W: _p::FieldWalk<'__w>>(
            old: &'__w Self,
            new: &'__w Self,
            w: &mut __W,
        ) {
            w.field::<i64>(&old.id, &new.id);
            <Address as _a::AuditedPart>::walk(&old.address, &new.address, w);
            w.field::<String>(&old.name, &new.name);
            <Billing as _a::AuditedPart>::walk(&old.billing, &new.billing, w);
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for User {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            _p::debug_entity(self, f)
        }
    }
    const _: () = _p::assert_columns!(users::table, META, "User");
    #[automatically_derived]
    impl _a::Entity for User {
        type Table = users::table;
        type Id = i64;
        type Tenant = _a::NoTenant;
        fn table() -> Self::Table {
            users::table
        }
        fn id(&self) -> Self::Id {
            ::core::clone::Clone::clone(&self.id)
        }
        fn record_id(id: &Self::Id) -> ::std::string::String {
            _p::record_id(&[_a::ValueRef::Value(id)])
        }
        fn hot_texts() -> &'static _p::HotTexts {
            static HOT: _p::HotTexts = _p::HotTexts::new();
            &HOT
        }
    }
    #[automatically_derived]
    impl _a::IntoKey<User> for i64 {
        fn into_key(self) -> _a::Key<User> {
            _a::Key::__new(self, ::core::option::Option::None)
        }
    }
    #[automatically_derived]
    impl _a::IntoKey<User> for &i64 {
        fn into_key(self) -> _a::Key<User> {
            _a::Key::__new(
                ::core::clone::Clone::clone(self),
                ::core::option::Option::None,
            )
        }
    }
    #[automatically_derived]
    impl<__DB> _a::StoredEntity<__DB> for User
    where
        __DB: _a::AuditBackend,
        i64: _p::Stored<users::id, __DB>,
        Address: _a::StoredPart<__DB>,
        String: _p::Stored<users::name, __DB>,
        Billing: _a::StoredPart<__DB>,
        users::table: _p::QueryFragment<__DB>,
    {
        fn read<__R: _p::ReadColumns<__DB>>(row: &mut __R) -> _p::ReadResult<Self> {
            ::core::result::Result::Ok(Self {
                id: row.next::<users::id, _>()?,
                address: <Address as _a::StoredPart<__DB>>::read(row)?,
                name: row.next::<users::name, _>()?,
                billing: <Billing as _a::StoredPart<__DB>>::read(row)?,
            })
        }
        fn walk_columns<__W: _p::ColumnWalk<__DB, Self>>(w: &mut __W) -> _p::PutResult {
            w.column::<users::id>(_p::get!(id))?;
            w.part(|e| &e.address)?;
            w.column::<users::name>(_p::get!(name))?;
            w.part(|e| &e.billing)?;
            ::core::result::Result::Ok(())
        }
        fn put_key<'__b, __S: _p::Sink<'__b, __DB>>(
            id: &'__b Self::Id,
            sink: &mut __S,
        ) -> _p::PutResult {
            sink.put::<users::id, _>(id)?;
            ::core::result::Result::Ok(())
        }
        fn put_tenant<'__b, __S: _p::Sink<'__b, __DB>>(
            tenant: &'__b Self::Tenant,
            sink: &mut __S,
        ) -> _p::PutResult {
            match *tenant {}
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for NewUser {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            _p::FormDebug::new(f, "NewUser")
                .masked("address")
                .value("name", _a::ValueRef::Value(&self.name))
                .finish()
        }
    }
    #[automatically_derived]
    impl _p::MaskedInput for NewUser {
        const FIELDS: &'static [&'static ::core::primitive::str] = &["address"];
    }
    #[automatically_derived]
    impl _a::AuditedForm for NewUser {
        type Entity = User;
        fn apply(&self, entity: &mut User) {
            _p::assign(&mut entity.address, &self.address);
            _p::assign(&mut entity.name, &self.name);
        }
    }
    #[automatically_derived]
    impl<__DB> _a::NewForm<User, __DB> for NewUser
    where
        __DB: _a::AuditBackend,
        Address: _a::StoredPart<__DB>,
        String: _p::Binds<users::name, __DB>,
    {
        fn put_values<'__b, __S: _p::Sink<'__b, __DB>>(
            &'__b self,
            sink: &mut __S,
        ) -> _p::PutResult {
            <Address as _a::StoredPart<__DB>>::put_fields(&self.address, sink)?;
            sink.put::<users::name, _>(&self.name)?;
            ::core::result::Result::Ok(())
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for UserChanges {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            _p::FormDebug::new(f, "UserChanges")
                .masked("address")
                .value("name", _a::ValueRef::Value(&self.name))
                .finish()
        }
    }
    #[automatically_derived]
    impl _p::MaskedInput for UserChanges {
        const FIELDS: &'static [&'static ::core::primitive::str] = &["address"];
    }
    #[automatically_derived]
    impl ::core::default::Default for UserChanges {
        fn default() -> Self {
            Self {
                address: ::core::option::Option::None,
                name: ::core::option::Option::None,
            }
        }
    }
    #[automatically_derived]
    impl _a::AuditedForm for UserChanges {
        type Entity = User;
        fn apply(&self, entity: &mut User) {
            if let ::core::option::Option::Some(value) = &self.address {
                _p::assign(&mut entity.address, value);
            }
            if let ::core::option::Option::Some(value) = &self.name {
                _p::assign(&mut entity.name, value);
            }
        }
    }
    #[automatically_derived]
    impl<__DB> _a::ChangesForm<User, __DB> for UserChanges
    where
        __DB: _a::AuditBackend,
        Address: _a::StoredPart<__DB>,
        String: _p::Binds<users::name, __DB>,
    {
        fn put_values<'__b, __S: _p::Sink<'__b, __DB>>(
            &'__b self,
            sink: &mut __S,
        ) -> _p::PutResult {
            if let ::core::option::Option::Some(part) = &self.address {
                <Address as _a::StoredPart<__DB>>::put_fields(part, sink)?;
            }
            _p::put_set::<users::name, _, _, _>(&self.name, sink)?;
            ::core::result::Result::Ok(())
        }
    }
    const _: () = {
        let mut fields = <Address as _a::AuditedPart>::FIELDS;
        while let [first, rest @ ..] = fields {
            ::core::assert!(
                ::core::matches!(first.form, _a::FormUse::Input),
                "`address` is in the forms, and a field of it sounds secret\nhelp: mark `address` with `#[audit(no_form)]`, or the field of the part with `#[audit(input)]`"
            );
            fields = rest;
        }
    };
};
