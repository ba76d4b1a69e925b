#[derive(Audited)]
#[diesel(table_name = stock, primary_key(warehouse, sku))]
#[audit(exempt(created_at, updated_at, deleted_at), crate = framework::audit)]
#[audit(new = NewStock, changes = StockChanges)]
pub struct Stock {
    #[audit(id = "client")]
    pub warehouse: i32,
    pub sku: String,
    #[audit(version)]
    pub revision: i32,
    pub amount: i64,
    #[audit(kinds("user", "api_key"))]
    pub created_by: i64,
    #[audit(updated_by)]
    pub editor: Option<Uuid>,
    #[audit(active_flag)]
    pub active: bool,
    pub deleted_by: Option<i64>,
}

// ---- expands to ----

///The values of a new [`Stock`] that are not the server's.
#[derive(framework::audit::__private::serde::Deserialize)]
#[serde(crate = "framework::audit::__private::serde")]
pub struct NewStock {
    ///`warehouse` of [`Stock`].
    pub warehouse: i32,
    ///`sku` of [`Stock`].
    pub sku: String,
    ///`amount` of [`Stock`].
    pub amount: i64,
}
///Changes of a [`Stock`]; what is `None` stays.
#[derive(framework::audit::__private::serde::Deserialize)]
#[serde(crate = "framework::audit::__private::serde")]
pub struct StockChanges {
    ///`amount` of [`Stock`].
    #[serde(default, deserialize_with = "framework::audit::__private::some")]
    pub amount: ::core::option::Option<i64>,
}
const _: () = {
    use framework::audit as _a;
    use _a::__private as _p;
    const META: &_a::EntityMeta = &_a::EntityMeta::new(
            "stock",
            "Stock",
            &[
                _p::field::<stock::warehouse>("warehouse").set(&[_p::KEY, _p::INPUT]),
                _p::field::<stock::sku>("sku").set(&[_p::KEY, _p::INPUT]),
                _p::field::<stock::revision>("revision").set(&[_p::VERSION]),
                _p::field::<stock::amount>("amount"),
                _p::field::<stock::created_by>("created_by")
                    .set(&[_p::CREATED_BY, _p::Kinds(&["user", "api_key"])]),
                _p::field::<stock::editor>("editor").set(&[_p::UPDATED_BY]),
                _p::field::<stock::active>("active").set(&[_p::ACTIVE_FLAG]),
                _p::field::<stock::deleted_by>("deleted_by").set(&[_p::DELETED_BY]),
            ],
        )
        .key_source(_a::KeySource::Client);
    #[automatically_derived]
    impl _a::Audited for Stock {
        const META: &'static _a::EntityMeta = META;
        fn walk<'__w, __W: _p::FieldWalk<'__w>>(
            old: &'__w Self,
            new: &'__w Self,
            w: &mut __W,
        ) {
            w.field::<i32>(&old.warehouse, &new.warehouse);
            w.field::<String>(&old.sku, &new.sku);
            w.field::<i32>(&old.revision, &new.revision);
            w.field::<i64>(&old.amount, &new.amount);
            w.field::<i64>(&old.created_by, &new.created_by);
            w.field::<Option<Uuid>>(&old.editor, &new.editor);
            w.field::<bool>(&old.active, &new.active);
            w.field::<Option<i64>>(&old.deleted_by, &new.deleted_by);
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for Stock {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            _p::debug_entity(self, f)
        }
    }
    const _: () = _p::assert_columns!(stock::table, META, "Stock");
    #[automatically_derived]
    impl _a::Entity for Stock {
        type Table = stock::table;
        type Id = (i32, String);
        type Tenant = _a::NoTenant;
        fn table() -> Self::Table {
            stock::table
        }
        fn id(&self) -> Self::Id {
            (
                ::core::clone::Clone::clone(&self.warehouse),
                ::core::clone::Clone::clone(&self.sku),
            )
        }
        fn record_id(id: &Self::Id) -> ::std::string::String {
            _p::record_id(&[_a::ValueRef::Value(&id.0), _a::ValueRef::Value(&id.1)])
        }
        fn version(&self) -> ::core::option::Option<::core::primitive::i64> {
            ::core::option::Option::Some(_p::version!(revision).of(self))
        }
        fn is_deleted(&self) -> ::core::primitive::bool {
            _p::active!(active).of(self)
        }
        fn hot_texts() -> &'static _p::HotTexts {
            static HOT: _p::HotTexts = _p::HotTexts::new();
            &HOT
        }
    }
    #[automatically_derived]
    impl _a::SoftDelete for Stock {}
    #[automatically_derived]
    impl Stock {
        ///The key of a [`Stock`] as it was at `version`.
        pub fn key(id: (i32, String), version: ::core::primitive::i64) -> _a::Key<Self> {
            _a::Key::__new(id, ::core::option::Option::Some(version))
        }
        ///The key of a [`Stock`] at whatever version: goes round the optimistic lock.
        pub fn key_any_version(id: (i32, String)) -> _a::Key<Self> {
            _a::Key::__new(id, ::core::option::Option::None)
        }
    }
    #[automatically_derived]
    impl<__DB> _a::StoredEntity<__DB> for Stock
    where
        __DB: _a::AuditBackend,
        i32: _p::Stored<stock::warehouse, __DB>,
        String: _p::Stored<stock::sku, __DB>,
        i32: _p::Stored<stock::revision, __DB>,
        i64: _p::Stored<stock::amount, __DB>,
        i64: _p::Stored<stock::created_by, __DB>,
        Option<Uuid>: _p::Stored<stock::editor, __DB>,
        bool: _p::Stored<stock::active, __DB>,
        Option<i64>: _p::Stored<stock::deleted_by, __DB>,
        stock::table: _p::QueryFragment<__DB>,
    {
        fn read<__R: _p::ReadColumns<__DB>>(row: &mut __R) -> _p::ReadResult<Self> {
            ::core::result::Result::Ok(Self {
                warehouse: row.next::<stock::warehouse, _>()?,
                sku: row.next::<stock::sku, _>()?,
                revision: row.next::<stock::revision, _>()?,
                amount: row.next::<stock::amount, _>()?,
                created_by: row.next::<stock::created_by, _>()?,
                editor: row.next::<stock::editor, _>()?,
                active: row.next::<stock::active, _>()?,
                deleted_by: row.next::<stock::deleted_by, _>()?,
            })
        }
        fn walk_columns<__W: _p::ColumnWalk<__DB, Self>>(w: &mut __W) -> _p::PutResult {
            w.column::<stock::warehouse>(_p::get!(warehouse))?;
            w.column::<stock::sku>(_p::get!(sku))?;
            w.version::<stock::revision>(_p::version!(revision))?;
            w.column::<stock::amount>(_p::get!(amount))?;
            w.created_by::<stock::created_by>(_p::get!(created_by))?;
            w.updated_by::<stock::editor>(_p::get!(editor))?;
            w.flag::<stock::active>(_p::active!(active))?;
            w.deleted_by::<stock::deleted_by>(_p::get!(deleted_by))?;
            ::core::result::Result::Ok(())
        }
        fn put_key<'__b, __S: _p::Sink<'__b, __DB>>(
            id: &'__b Self::Id,
            sink: &mut __S,
        ) -> _p::PutResult {
            sink.put::<stock::warehouse, _>(&id.0)?;
            sink.put::<stock::sku, _>(&id.1)?;
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
    impl ::core::fmt::Debug for NewStock {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            _p::FormDebug::new(f, "NewStock")
                .value("warehouse", _a::ValueRef::Value(&self.warehouse))
                .value("sku", _a::ValueRef::Value(&self.sku))
                .value("amount", _a::ValueRef::Value(&self.amount))
                .finish()
        }
    }
    #[automatically_derived]
    impl _a::AuditedForm for NewStock {
        type Entity = Stock;
        fn apply(&self, entity: &mut Stock) {
            _p::assign(&mut entity.amount, &self.amount);
        }
    }
    #[automatically_derived]
    impl<__DB> _a::NewForm<Stock, __DB> for NewStock
    where
        __DB: _a::AuditBackend,
        i32: _p::Binds<stock::warehouse, __DB>,
        String: _p::Binds<stock::sku, __DB>,
        i64: _p::Binds<stock::amount, __DB>,
    {
        fn put_values<'__b, __S: _p::Sink<'__b, __DB>>(
            &'__b self,
            sink: &mut __S,
        ) -> _p::PutResult {
            sink.put::<stock::warehouse, _>(&self.warehouse)?;
            sink.put::<stock::sku, _>(&self.sku)?;
            sink.put::<stock::amount, _>(&self.amount)?;
            ::core::result::Result::Ok(())
        }
        fn client_id(&self) -> ::core::option::Option<(i32, String)> {
            ::core::option::Option::Some((
                ::core::clone::Clone::clone(&self.warehouse),
                ::core::clone::Clone::clone(&self.sku),
            ))
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for StockChanges {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            _p::FormDebug::new(f, "StockChanges")
                .value("amount", _a::ValueRef::Value(&self.amount))
                .finish()
        }
    }
    #[automatically_derived]
    impl ::core::default::Default for StockChanges {
        fn default() -> Self {
            Self {
                amount: ::core::option::Option::None,
            }
        }
    }
    #[automatically_derived]
    impl _a::AuditedForm for StockChanges {
        type Entity = Stock;
        fn apply(&self, entity: &mut Stock) {
            if let ::core::option::Option::Some(value) = &self.amount {
                _p::assign(&mut entity.amount, value);
            }
        }
    }
    #[automatically_derived]
    impl<__DB> _a::ChangesForm<Stock, __DB> for StockChanges
    where
        __DB: _a::AuditBackend,
        i64: _p::Binds<stock::amount, __DB>,
    {
        fn put_values<'__b, __S: _p::Sink<'__b, __DB>>(
            &'__b self,
            sink: &mut __S,
        ) -> _p::PutResult {
            _p::put_set::<stock::amount, _, _, _>(&self.amount, sink)?;
            ::core::result::Result::Ok(())
        }
    }
};
