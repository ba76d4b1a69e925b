#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(new = NewAccount, exempt(created_at, created_by))]
struct Account<T> {
    id: i64,
    #[audit(maks = "last4")]
    tax_number: NotSerialize,
    name: T,
    updated_at: DateTime<Utc>,
    #[audit(updated_bye)]
    editor: Actor,
}

// ---- expands to ----

// error: unknown attribute `maks` on a field of an entity
// error: help: did you mean `mask`? a field of an entity takes `plain`, `skip`, `ignore`, `mask`, `mask_at`, `hide_null`, `eq`, `via`, `was`, `no_form`, `server`, `input`, `form`, `not_a_stamp`, `tenant`, `created_at`, `created_by`, `updated_at`, `updated_by`, `deleted_at`, `deleted_by`, `deleted_flag`, `active_flag`, `version`, `id` and `kinds`
// error: unknown attribute `updated_bye` on a field of an entity
// error: help: did you mean `updated_by`? a field of an entity takes `plain`, `skip`, `ignore`, `mask`, `mask_at`, `hide_null`, `eq`, `via`, `was`, `no_form`, `server`, `input`, `form`, `not_a_stamp`, `tenant`, `created_at`, `created_by`, `updated_at`, `updated_by`, `deleted_at`, `deleted_by`, `deleted_flag`, `active_flag`, `version`, `id` and `kinds`
///The values of a new [`Account`] that are not the server's.
struct NewAccount<T> {
    ///`tax_number` of [`Account`].
    tax_number: NotSerialize,
    ///`name` of [`Account`].
    name: T,
}
const _: () = {
    use ::audit_diesel as _a;
    use _a::__private as _p;
    const META: &_a::EntityMeta = &_a::EntityMeta::new(
        "accounts",
        "Account",
        &[
            _p::field::<accounts::id>("id").set(&[_p::KEY]),
            _p::field::<accounts::tax_number>("tax_number"),
            _p::field::<accounts::name>("name"),
            _p::field::<accounts::updated_at>("updated_at").set(&[_p::UPDATED_AT]),
            _p::field::<accounts::editor>("editor").set(&[_p::UPDATED_BY]),
        ],
    );
    #[automatically_derived]
    impl<T> _a::Audited for Account<T>
    where
        T: ::core::cmp::PartialEq + _p::serde::Serialize,
    {
        const META: &'static _a::EntityMeta = META;
        fn walk<'__w, __W: _p::FieldWalk<'__w>>(
            old: &'__w Self,
            new: &'__w Self,
            w: &mut __W,
        ) {
            w.field::<i64>(&old.id, &new.id);
            w.field::<T>(&old.name, &new.name);
            w.field::<DateTime<Utc>>(&old.updated_at, &new.updated_at);
        }
    }
    #[automatically_derived]
    impl<T> ::core::fmt::Debug for Account<T>
    where
        T: ::core::cmp::PartialEq + _p::serde::Serialize,
    {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            _p::debug_entity(self, f)
        }
    }
    const _: () = _p::assert_columns!(accounts::table, META, "Account");
    #[automatically_derived]
    impl<T> _a::Entity for Account<T>
    where
        T: ::core::cmp::PartialEq + _p::serde::Serialize,
    {
        type Table = accounts::table;
        type Id = i64;
        type Tenant = _a::NoTenant;
        fn table() -> Self::Table {
            accounts::table
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
    impl<T> _a::SoftDelete for Account<T>
    where
        T: ::core::cmp::PartialEq + _p::serde::Serialize,
    {}
    #[automatically_derived]
    impl<T> _a::IntoKey<Account<T>> for i64
    where
        T: ::core::cmp::PartialEq + _p::serde::Serialize,
    {
        fn into_key(self) -> _a::Key<Account<T>> {
            _a::Key::__new(self, ::core::option::Option::None)
        }
    }
    #[automatically_derived]
    impl<T> _a::IntoKey<Account<T>> for &i64
    where
        T: ::core::cmp::PartialEq + _p::serde::Serialize,
    {
        fn into_key(self) -> _a::Key<Account<T>> {
            _a::Key::__new(
                ::core::clone::Clone::clone(self),
                ::core::option::Option::None,
            )
        }
    }
    #[automatically_derived]
    impl<T, __DB> _a::StoredEntity<__DB> for Account<T>
    where
        T: ::core::cmp::PartialEq + _p::serde::Serialize,
        __DB: _a::AuditBackend,
        i64: _p::Stored<accounts::id, __DB>,
        T: _p::Stored<accounts::name, __DB>,
        DateTime<Utc>: _p::Stored<accounts::updated_at, __DB>,
        accounts::table: _p::QueryFragment<__DB>,
    {
        fn read<__R: _p::ReadColumns<__DB>>(row: &mut __R) -> _p::ReadResult<Self> {
            ::core::unreachable!()
        }
        fn walk_columns<__W: _p::ColumnWalk<__DB, Self>>(w: &mut __W) -> _p::PutResult {
            w.column::<accounts::id>(_p::get!(id))?;
            w.column::<accounts::name>(_p::get!(name))?;
            w.updated_at::<accounts::updated_at>(_p::get!(updated_at))?;
            ::core::result::Result::Ok(())
        }
        fn put_key<'__b, __S: _p::Sink<'__b, __DB>>(
            id: &'__b Self::Id,
            sink: &mut __S,
        ) -> _p::PutResult {
            sink.put::<accounts::id, _>(id)?;
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
    impl<T> ::core::fmt::Debug for NewAccount<T>
    where
        T: _p::serde::Serialize,
    {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            _p::FormDebug::new(f, "NewAccount")
                .value("name", _a::ValueRef::Value(&self.name))
                .finish()
        }
    }
    impl<'__de, T> _p::serde::Deserialize<'__de> for NewAccount<T> {
        fn deserialize<__D: _p::serde::Deserializer<'__de>>(
            _: __D,
        ) -> ::core::result::Result<Self, __D::Error> {
            ::core::unreachable!()
        }
    }
    #[automatically_derived]
    impl<T> _a::AuditedForm for NewAccount<T>
    where
        T: ::core::cmp::PartialEq + _p::serde::Serialize,
        T: ::core::clone::Clone,
    {
        type Entity = Account<T>;
        fn apply(&self, entity: &mut Account<T>) {
            _p::assign(&mut entity.name, &self.name);
        }
    }
    #[automatically_derived]
    impl<T, __DB> _a::NewForm<Account<T>, __DB> for NewAccount<T>
    where
        T: ::core::cmp::PartialEq + _p::serde::Serialize,
        T: ::core::clone::Clone,
        __DB: _a::AuditBackend,
        T: _p::Binds<accounts::name, __DB>,
    {
        fn put_values<'__b, __S: _p::Sink<'__b, __DB>>(
            &'__b self,
            sink: &mut __S,
        ) -> _p::PutResult {
            sink.put::<accounts::name, _>(&self.name)?;
            ::core::result::Result::Ok(())
        }
    }
};
