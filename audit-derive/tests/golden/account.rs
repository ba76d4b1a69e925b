#[derive(Audited, Queryable, Selectable, Identifiable, Clone)]
#[diesel(table_name = accounts)]
#[audit(new = NewAccount, changes = AccountChanges)]
pub struct Account {
    pub id: i64,
    #[audit(tenant)]
    pub company_id: String,
    pub name: String,
    pub email: Option<String>,
    #[audit(mask = "last4")]
    pub tax_number: Option<String>,
    #[audit(mask = "redact")]
    pub password_hash: String,
    #[audit(skip, no_form)]
    pub search_text: Option<String>,
    pub created_at: DateTime<Utc>,
    pub created_by: Actor,
    pub updated_at: DateTime<Utc>,
    pub updated_by: Actor,
    pub is_deleted: bool,
    pub deleted_at: Option<DateTime<Utc>>,
    pub deleted_by: Option<Actor>,
}

// ---- expands to ----

///The values of a new [`Account`] that are not the server's.
#[derive(::audit_diesel::__private::serde::Deserialize)]
#[serde(crate = "::audit_diesel::__private::serde")]
pub struct NewAccount {
    ///`name` of [`Account`].
    pub name: String,
    ///`email` of [`Account`].
    #[serde(default)]
    pub email: Option<String>,
    ///`tax_number` of [`Account`].
    #[serde(
        default,
        deserialize_with = "::audit_diesel::__private::masked_field::<NewAccount, 0, _, _>"
    )]
    pub tax_number: Option<String>,
    ///`password_hash` of [`Account`].
    #[serde(skip)]
    pub password_hash: ::audit_diesel::Server<String>,
}
///Changes of a [`Account`]; what is `None` stays.
#[derive(::audit_diesel::__private::serde::Deserialize)]
#[serde(crate = "::audit_diesel::__private::serde")]
pub struct AccountChanges {
    ///`name` of [`Account`].
    #[serde(default, deserialize_with = "::audit_diesel::__private::some")]
    pub name: ::core::option::Option<String>,
    ///`email` of [`Account`].
    #[serde(default, deserialize_with = "::audit_diesel::__private::double_option")]
    pub email: ::core::option::Option<Option<String>>,
    ///`tax_number` of [`Account`].
    #[serde(
        default,
        deserialize_with = "::audit_diesel::__private::masked_double_option_field::<AccountChanges, 0, _, _>"
    )]
    pub tax_number: ::core::option::Option<Option<String>>,
    ///`password_hash` of [`Account`].
    #[serde(skip)]
    pub password_hash: ::core::option::Option<String>,
}
const _: () = {
    use ::audit_diesel as _a;
    use _a::__private as _p;
    const META: &_a::EntityMeta = &_a::EntityMeta::new(
        "accounts",
        "Account",
        &[
            _p::field::<accounts::id>("id").set(&[_p::KEY]),
            _p::field::<accounts::company_id>("company_id").set(&[_p::TENANT]),
            _p::field::<accounts::name>("name"),
            _p::field::<accounts::email>("email"),
            _p::field::<accounts::tax_number>("tax_number").set(&[_p::LAST4]),
            _p::field::<accounts::password_hash>("password_hash")
                .set(&[_p::REDACT, _p::SERVER]),
            _p::field::<accounts::search_text>("search_text")
                .set(&[_p::SKIPPED, _p::NO_FORM]),
            _p::field::<accounts::created_at>("created_at").set(&[_p::CREATED_AT]),
            _p::field::<accounts::created_by>("created_by").set(&[_p::CREATED_BY]),
            _p::field::<accounts::updated_at>("updated_at").set(&[_p::UPDATED_AT]),
            _p::field::<accounts::updated_by>("updated_by").set(&[_p::UPDATED_BY]),
            _p::field::<accounts::is_deleted>("is_deleted").set(&[_p::DELETED_FLAG]),
            _p::field::<accounts::deleted_at>("deleted_at").set(&[_p::DELETED_AT]),
            _p::field::<accounts::deleted_by>("deleted_by").set(&[_p::DELETED_BY]),
        ],
    );
    #[automatically_derived]
    impl _a::Audited for Account {
        const META: &'static _a::EntityMeta = META;
        fn walk<'__w, __W: _p::FieldWalk<'__w>>(
            old: &'__w Self,
            new: &'__w Self,
            w: &mut __W,
        ) {
            w.field::<i64>(&old.id, &new.id);
            w.field::<String>(&old.company_id, &new.company_id);
            w.field::<String>(&old.name, &new.name);
            w.field::<Option<String>>(&old.email, &new.email);
            w.field::<Option<String>>(&old.tax_number, _p::text(&new.tax_number));
            w.field::<String>(&old.password_hash, &new.password_hash);
            w.skipped::<Option<String>>(&old.search_text, &new.search_text);
            w.field::<DateTime<Utc>>(&old.created_at, &new.created_at);
            w.field::<Actor>(&old.created_by, &new.created_by);
            w.field::<DateTime<Utc>>(&old.updated_at, &new.updated_at);
            w.field::<Actor>(&old.updated_by, &new.updated_by);
            w.field::<bool>(&old.is_deleted, &new.is_deleted);
            w.field::<Option<DateTime<Utc>>>(&old.deleted_at, &new.deleted_at);
            w.field::<Option<Actor>>(&old.deleted_by, &new.deleted_by);
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for Account {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            _p::debug_entity(self, f)
        }
    }
    const _: () = _p::assert_columns!(accounts::table, META, "Account");
    #[automatically_derived]
    impl _a::Entity for Account {
        type Table = accounts::table;
        type Id = i64;
        type Tenant = String;
        fn table() -> Self::Table {
            accounts::table
        }
        fn id(&self) -> Self::Id {
            ::core::clone::Clone::clone(&self.id)
        }
        fn record_id(id: &Self::Id) -> ::std::string::String {
            _p::record_id(&[_a::ValueRef::Value(id)])
        }
        fn is_deleted(&self) -> ::core::primitive::bool {
            _p::deleted!(is_deleted).of(self)
        }
        fn tenant(&self) -> ::core::option::Option<&Self::Tenant> {
            ::core::option::Option::Some(&self.company_id)
        }
        fn hot_texts() -> &'static _p::HotTexts {
            static HOT: _p::HotTexts = _p::HotTexts::new();
            &HOT
        }
    }
    #[automatically_derived]
    impl _a::SoftDelete for Account {}
    #[automatically_derived]
    impl _a::IntoKey<Account> for i64 {
        fn into_key(self) -> _a::Key<Account> {
            _a::Key::__new(self, ::core::option::Option::None)
        }
    }
    #[automatically_derived]
    impl _a::IntoKey<Account> for &i64 {
        fn into_key(self) -> _a::Key<Account> {
            _a::Key::__new(
                ::core::clone::Clone::clone(self),
                ::core::option::Option::None,
            )
        }
    }
    #[automatically_derived]
    impl<__DB> _a::StoredEntity<__DB> for Account
    where
        __DB: _a::AuditBackend,
        i64: _p::Stored<accounts::id, __DB>,
        String: _p::Stored<accounts::company_id, __DB>,
        String: _p::Stored<accounts::name, __DB>,
        Option<String>: _p::Stored<accounts::email, __DB>,
        Option<String>: _p::Stored<accounts::tax_number, __DB>,
        String: _p::Stored<accounts::password_hash, __DB>,
        Option<String>: _p::Stored<accounts::search_text, __DB>,
        DateTime<Utc>: _p::Stored<accounts::created_at, __DB>,
        Actor: _p::Stored<accounts::created_by, __DB>,
        DateTime<Utc>: _p::Stored<accounts::updated_at, __DB>,
        Actor: _p::Stored<accounts::updated_by, __DB>,
        bool: _p::Stored<accounts::is_deleted, __DB>,
        Option<DateTime<Utc>>: _p::Stored<accounts::deleted_at, __DB>,
        Option<Actor>: _p::Stored<accounts::deleted_by, __DB>,
        accounts::table: _p::QueryFragment<__DB>,
    {
        fn read<__R: _p::ReadColumns<__DB>>(row: &mut __R) -> _p::ReadResult<Self> {
            ::core::result::Result::Ok(Self {
                id: row.next::<accounts::id, _>()?,
                company_id: row.next::<accounts::company_id, _>()?,
                name: row.next::<accounts::name, _>()?,
                email: row.next::<accounts::email, _>()?,
                tax_number: row.next::<accounts::tax_number, _>()?,
                password_hash: row.next::<accounts::password_hash, _>()?,
                search_text: row.next::<accounts::search_text, _>()?,
                created_at: row.next::<accounts::created_at, _>()?,
                created_by: row.next::<accounts::created_by, _>()?,
                updated_at: row.next::<accounts::updated_at, _>()?,
                updated_by: row.next::<accounts::updated_by, _>()?,
                is_deleted: row.next::<accounts::is_deleted, _>()?,
                deleted_at: row.next::<accounts::deleted_at, _>()?,
                deleted_by: row.next::<accounts::deleted_by, _>()?,
            })
        }
        fn walk_columns<__W: _p::ColumnWalk<__DB, Self>>(w: &mut __W) -> _p::PutResult {
            w.column::<accounts::id>(_p::get!(id))?;
            w.column::<accounts::company_id>(_p::get!(company_id))?;
            w.column::<accounts::name>(_p::get!(name))?;
            w.column::<accounts::email>(_p::get!(email))?;
            w.column::<accounts::tax_number>(_p::get!(tax_number))?;
            w.column::<accounts::password_hash>(_p::get!(password_hash))?;
            w.column::<accounts::search_text>(_p::get!(search_text))?;
            w.created_at::<accounts::created_at>(_p::get!(created_at))?;
            w.created_by::<accounts::created_by>(_p::get!(created_by))?;
            w.updated_at::<accounts::updated_at>(_p::get!(updated_at))?;
            w.updated_by::<accounts::updated_by>(_p::get!(updated_by))?;
            w.flag::<accounts::is_deleted>(_p::deleted!(is_deleted))?;
            w.deleted_at::<accounts::deleted_at>(_p::get!(deleted_at))?;
            w.deleted_by::<accounts::deleted_by>(_p::get!(deleted_by))?;
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
            sink.put::<accounts::company_id, _>(tenant)?;
            ::core::result::Result::Ok(())
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for NewAccount {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            _p::FormDebug::new(f, "NewAccount")
                .value("name", _a::ValueRef::Value(&self.name))
                .value("email", _a::ValueRef::Value(&self.email))
                .masked("tax_number")
                .masked("password_hash")
                .finish()
        }
    }
    #[automatically_derived]
    impl _p::MaskedInput for NewAccount {
        const FIELDS: &'static [&'static ::core::primitive::str] = &["tax_number"];
    }
    #[automatically_derived]
    impl _a::AuditedForm for NewAccount {
        type Entity = Account;
        fn apply(&self, entity: &mut Account) {
            _p::assign(&mut entity.name, &self.name);
            _p::assign(&mut entity.email, &self.email);
            _p::assign(&mut entity.tax_number, &self.tax_number);
            if let ::core::option::Option::Some(value) = self.password_hash.as_set() {
                _p::assign(&mut entity.password_hash, value);
            }
        }
    }
    #[automatically_derived]
    impl<__DB> _a::NewForm<Account, __DB> for NewAccount
    where
        __DB: _a::AuditBackend,
        String: _p::Binds<accounts::name, __DB>,
        Option<String>: _p::Binds<accounts::email, __DB>,
        Option<String>: _p::Binds<accounts::tax_number, __DB>,
        String: _p::Binds<accounts::password_hash, __DB>,
    {
        fn put_values<'__b, __S: _p::Sink<'__b, __DB>>(
            &'__b self,
            sink: &mut __S,
        ) -> _p::PutResult {
            sink.put::<accounts::name, _>(&self.name)?;
            sink.put::<accounts::email, _>(&self.email)?;
            sink.put::<accounts::tax_number, _>(&self.tax_number)?;
            if let ::core::option::Option::Some(value) = self.password_hash.as_set() {
                sink.put::<accounts::password_hash, _>(value)?;
            }
            ::core::result::Result::Ok(())
        }
        fn missing(&self) -> ::core::option::Option<&'static ::core::primitive::str> {
            if self.password_hash.as_set().is_none() {
                return ::core::option::Option::Some("password_hash");
            }
            ::core::option::Option::None
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for AccountChanges {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            _p::FormDebug::new(f, "AccountChanges")
                .value("name", _a::ValueRef::Value(&self.name))
                .value("email", _a::ValueRef::Value(&self.email))
                .masked("tax_number")
                .masked("password_hash")
                .finish()
        }
    }
    #[automatically_derived]
    impl _p::MaskedInput for AccountChanges {
        const FIELDS: &'static [&'static ::core::primitive::str] = &["tax_number"];
    }
    #[automatically_derived]
    impl ::core::default::Default for AccountChanges {
        fn default() -> Self {
            Self {
                name: ::core::option::Option::None,
                email: ::core::option::Option::None,
                tax_number: ::core::option::Option::None,
                password_hash: ::core::option::Option::None,
            }
        }
    }
    #[automatically_derived]
    impl _a::AuditedForm for AccountChanges {
        type Entity = Account;
        fn apply(&self, entity: &mut Account) {
            if let ::core::option::Option::Some(value) = &self.name {
                _p::assign(&mut entity.name, value);
            }
            if let ::core::option::Option::Some(value) = &self.email {
                _p::assign(&mut entity.email, value);
            }
            if let ::core::option::Option::Some(value) = &self.tax_number {
                _p::assign(&mut entity.tax_number, value);
            }
            if let ::core::option::Option::Some(value) = &self.password_hash {
                _p::assign(&mut entity.password_hash, value);
            }
        }
    }
    #[automatically_derived]
    impl<__DB> _a::ChangesForm<Account, __DB> for AccountChanges
    where
        __DB: _a::AuditBackend,
        String: _p::Binds<accounts::name, __DB>,
        Option<String>: _p::Binds<accounts::email, __DB>,
        Option<String>: _p::Binds<accounts::tax_number, __DB>,
        String: _p::Binds<accounts::password_hash, __DB>,
    {
        fn put_values<'__b, __S: _p::Sink<'__b, __DB>>(
            &'__b self,
            sink: &mut __S,
        ) -> _p::PutResult {
            _p::put_set::<accounts::name, _, _, _>(&self.name, sink)?;
            _p::put_set::<accounts::email, _, _, _>(&self.email, sink)?;
            _p::put_set::<accounts::tax_number, _, _, _>(&self.tax_number, sink)?;
            _p::put_set::<accounts::password_hash, _, _, _>(&self.password_hash, sink)?;
            ::core::result::Result::Ok(())
        }
    }
};
