#[derive(Audited)]
#[diesel(table_name = tags)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Tag {
    id: i32,
}

// ---- expands to ----

const _: () = {
    use ::audit_diesel as _a;
    use _a::__private as _p;
    const META: &_a::EntityMeta = &_a::EntityMeta::new(
        "tags",
        "Tag",
        &[_p::field::<tags::id>("id").set(&[_p::KEY])],
    );
    #[automatically_derived]
    impl _a::Audited for Tag {
        const META: &'static _a::EntityMeta = META;
        fn walk<'__w, __W: _p::FieldWalk<'__w>>(
            old: &'__w Self,
            new: &'__w Self,
            w: &mut __W,
        ) {
            w.field::<i32>(&old.id, &new.id);
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for Tag {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            _p::debug_entity(self, f)
        }
    }
    const _: () = _p::assert_columns!(tags::table, META, "Tag");
    #[automatically_derived]
    impl _a::Entity for Tag {
        type Table = tags::table;
        type Id = i32;
        type Tenant = _a::NoTenant;
        fn table() -> Self::Table {
            tags::table
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
    impl _a::IntoKey<Tag> for i32 {
        fn into_key(self) -> _a::Key<Tag> {
            _a::Key::__new(self, ::core::option::Option::None)
        }
    }
    #[automatically_derived]
    impl _a::IntoKey<Tag> for &i32 {
        fn into_key(self) -> _a::Key<Tag> {
            _a::Key::__new(
                ::core::clone::Clone::clone(self),
                ::core::option::Option::None,
            )
        }
    }
    #[automatically_derived]
    impl<__DB> _a::StoredEntity<__DB> for Tag
    where
        __DB: _a::AuditBackend,
        i32: _p::Stored<tags::id, __DB>,
        tags::table: _p::QueryFragment<__DB>,
    {
        fn read<__R: _p::ReadColumns<__DB>>(row: &mut __R) -> _p::ReadResult<Self> {
            ::core::result::Result::Ok(Self {
                id: row.next::<tags::id, _>()?,
            })
        }
        fn walk_columns<__W: _p::ColumnWalk<__DB, Self>>(w: &mut __W) -> _p::PutResult {
            w.column::<tags::id>(_p::get!(id))?;
            ::core::result::Result::Ok(())
        }
        fn put_key<'__b, __S: _p::Sink<'__b, __DB>>(
            id: &'__b Self::Id,
            sink: &mut __S,
        ) -> _p::PutResult {
            sink.put::<tags::id, _>(id)?;
            ::core::result::Result::Ok(())
        }
        fn put_tenant<'__b, __S: _p::Sink<'__b, __DB>>(
            tenant: &'__b Self::Tenant,
            sink: &mut __S,
        ) -> _p::PutResult {
            match *tenant {}
        }
    }
};
