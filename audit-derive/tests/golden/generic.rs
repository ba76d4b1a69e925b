#[derive(Audited)]
#[diesel(table_name = boxes)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
#[audit(new = NewBox, changes = BoxChanges)]
pub struct Boxed<T: Clone, K>
where
    K: Copy,
{
    pub id: K,
    pub content: T,
    pub spare: Option<T>,
    #[audit(skip, eq = always)]
    pub unseen: Option<K>,
    #[audit(skip)]
    pub weight: Grams<K>,
}

// ---- expands to ----

///The values of a new [`Boxed`] that are not the server's.
#[derive(::audit_diesel::__private::serde::Deserialize)]
#[serde(
    crate = "::audit_diesel::__private::serde",
    bound(
        deserialize = "T: ::audit_diesel::__private::serde::Deserialize<'de>, Option < T >: ::audit_diesel::__private::serde::Deserialize<'de>, Option < K >: ::audit_diesel::__private::serde::Deserialize<'de>, Grams < K >: ::audit_diesel::__private::serde::Deserialize<'de>"
    )
)]
pub struct NewBox<T: Clone, K>
where
    K: Copy,
{
    ///`content` of [`Boxed`].
    pub content: T,
    ///`spare` of [`Boxed`].
    #[serde(default)]
    pub spare: Option<T>,
    ///`unseen` of [`Boxed`].
    #[serde(
        default,
        deserialize_with = "::audit_diesel::__private::masked_field::<NewBox < T , K >, 0, _, _>"
    )]
    pub unseen: Option<K>,
    ///`weight` of [`Boxed`].
    #[serde(
        deserialize_with = "::audit_diesel::__private::masked_field::<NewBox < T , K >, 1, _, _>"
    )]
    pub weight: Grams<K>,
}
///Changes of a [`Boxed`]; what is `None` stays.
#[derive(::audit_diesel::__private::serde::Deserialize)]
#[serde(
    crate = "::audit_diesel::__private::serde",
    bound(
        deserialize = "T: ::audit_diesel::__private::serde::Deserialize<'de>, Option < T >: ::audit_diesel::__private::serde::Deserialize<'de>, Option < K >: ::audit_diesel::__private::serde::Deserialize<'de>, Grams < K >: ::audit_diesel::__private::serde::Deserialize<'de>"
    )
)]
pub struct BoxChanges<T: Clone, K>
where
    K: Copy,
{
    ///`content` of [`Boxed`].
    #[serde(default, deserialize_with = "::audit_diesel::__private::some")]
    pub content: ::core::option::Option<T>,
    ///`spare` of [`Boxed`].
    #[serde(default, deserialize_with = "::audit_diesel::__private::double_option")]
    pub spare: ::core::option::Option<Option<T>>,
    ///`unseen` of [`Boxed`].
    #[serde(
        default,
        deserialize_with = "::audit_diesel::__private::masked_double_option_field::<BoxChanges < T , K >, 0, _, _>"
    )]
    pub unseen: ::core::option::Option<Option<K>>,
    ///`weight` of [`Boxed`].
    #[serde(
        default,
        deserialize_with = "::audit_diesel::__private::masked_option_field::<BoxChanges < T , K >, 1, _, _>"
    )]
    pub weight: ::core::option::Option<Grams<K>>,
}
const _: () = {
    use ::audit_diesel as _a;
    use _a::__private as _p;
    const META: &_a::EntityMeta = &_a::EntityMeta::new(
        "boxes",
        "Boxed",
        &[
            _p::field::<boxes::id>("id").set(&[_p::KEY]),
            _p::field::<boxes::content>("content"),
            _p::field::<boxes::spare>("spare"),
            _p::field::<boxes::unseen>("unseen").set(&[_p::SKIPPED]),
            _p::field::<boxes::weight>("weight").set(&[_p::SKIPPED]),
        ],
    );
    #[automatically_derived]
    impl<T: Clone, K> _a::Audited for Boxed<T, K>
    where
        K: Copy,
        K: ::core::cmp::PartialEq + _p::serde::Serialize,
        T: ::core::cmp::PartialEq + _p::serde::Serialize,
        Option<T>: ::core::cmp::PartialEq + _p::serde::Serialize,
        Grams<K>: ::core::cmp::PartialEq,
    {
        const META: &'static _a::EntityMeta = META;
        fn walk<'__w, __W: _p::FieldWalk<'__w>>(
            old: &'__w Self,
            new: &'__w Self,
            w: &mut __W,
        ) {
            w.field::<K>(&old.id, &new.id);
            w.field::<T>(&old.content, &new.content);
            w.field::<Option<T>>(&old.spare, &new.spare);
            w.skipped_by::<Option<K>>(&old.unseen, &new.unseen, always);
            w.skipped::<Grams<K>>(&old.weight, &new.weight);
        }
    }
    #[automatically_derived]
    impl<T: Clone, K> ::core::fmt::Debug for Boxed<T, K>
    where
        K: Copy,
        K: ::core::cmp::PartialEq + _p::serde::Serialize,
        T: ::core::cmp::PartialEq + _p::serde::Serialize,
        Option<T>: ::core::cmp::PartialEq + _p::serde::Serialize,
        Grams<K>: ::core::cmp::PartialEq,
    {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            _p::debug_entity(self, f)
        }
    }
    const _: () = _p::assert_columns!(boxes::table, META, "Boxed");
    #[automatically_derived]
    impl<T: Clone, K> _a::Entity for Boxed<T, K>
    where
        K: Copy,
        K: ::core::cmp::PartialEq + _p::serde::Serialize,
        T: ::core::cmp::PartialEq + _p::serde::Serialize,
        Option<T>: ::core::cmp::PartialEq + _p::serde::Serialize,
        Grams<K>: ::core::cmp::PartialEq,
        K: ::core::clone::Clone,
    {
        type Table = boxes::table;
        type Id = K;
        type Tenant = _a::NoTenant;
        fn table() -> Self::Table {
            boxes::table
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
    impl<T: Clone, K, __DB> _a::StoredEntity<__DB> for Boxed<T, K>
    where
        K: Copy,
        K: ::core::cmp::PartialEq + _p::serde::Serialize,
        T: ::core::cmp::PartialEq + _p::serde::Serialize,
        Option<T>: ::core::cmp::PartialEq + _p::serde::Serialize,
        Grams<K>: ::core::cmp::PartialEq,
        __DB: _a::AuditBackend,
        K: _p::Stored<boxes::id, __DB>,
        T: _p::Stored<boxes::content, __DB>,
        Option<T>: _p::Stored<boxes::spare, __DB>,
        Option<K>: _p::Stored<boxes::unseen, __DB>,
        Grams<K>: _p::Stored<boxes::weight, __DB>,
        K: ::core::clone::Clone,
        boxes::table: _p::QueryFragment<__DB>,
    {
        fn read<__R: _p::ReadColumns<__DB>>(row: &mut __R) -> _p::ReadResult<Self> {
            ::core::result::Result::Ok(Self {
                id: row.next::<boxes::id, _>()?,
                content: row.next::<boxes::content, _>()?,
                spare: row.next::<boxes::spare, _>()?,
                unseen: row.next::<boxes::unseen, _>()?,
                weight: row.next::<boxes::weight, _>()?,
            })
        }
        fn walk_columns<__W: _p::ColumnWalk<__DB, Self>>(w: &mut __W) -> _p::PutResult {
            w.column::<boxes::id>(_p::get!(id))?;
            w.column::<boxes::content>(_p::get!(content))?;
            w.column::<boxes::spare>(_p::get!(spare))?;
            w.column::<boxes::unseen>(_p::get!(unseen))?;
            w.column::<boxes::weight>(_p::get!(weight))?;
            ::core::result::Result::Ok(())
        }
        fn put_key<'__b, __S: _p::Sink<'__b, __DB>>(
            id: &'__b Self::Id,
            sink: &mut __S,
        ) -> _p::PutResult {
            sink.put::<boxes::id, _>(id)?;
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
    impl<T: Clone, K> ::core::fmt::Debug for NewBox<T, K>
    where
        K: Copy,
        T: _p::serde::Serialize,
        Option<T>: _p::serde::Serialize,
    {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            _p::FormDebug::new(f, "NewBox")
                .value("content", _a::ValueRef::Value(&self.content))
                .value("spare", _a::ValueRef::Value(&self.spare))
                .masked("unseen")
                .masked("weight")
                .finish()
        }
    }
    #[automatically_derived]
    impl<T: Clone, K> _p::MaskedInput for NewBox<T, K>
    where
        K: Copy,
    {
        const FIELDS: &'static [&'static ::core::primitive::str] = &["unseen", "weight"];
    }
    #[automatically_derived]
    impl<T: Clone, K> _a::AuditedForm for NewBox<T, K>
    where
        K: Copy,
        K: ::core::cmp::PartialEq + _p::serde::Serialize,
        T: ::core::cmp::PartialEq + _p::serde::Serialize,
        Option<T>: ::core::cmp::PartialEq + _p::serde::Serialize,
        Grams<K>: ::core::cmp::PartialEq,
        T: ::core::clone::Clone,
        Option<T>: ::core::clone::Clone,
        Option<K>: ::core::clone::Clone,
        Grams<K>: ::core::clone::Clone,
    {
        type Entity = Boxed<T, K>;
        fn apply(&self, entity: &mut Boxed<T, K>) {
            _p::assign(&mut entity.content, &self.content);
            _p::assign(&mut entity.spare, &self.spare);
            _p::assign(&mut entity.unseen, &self.unseen);
            _p::assign(&mut entity.weight, &self.weight);
        }
    }
    #[automatically_derived]
    impl<T: Clone, K, __DB> _a::NewForm<Boxed<T, K>, __DB> for NewBox<T, K>
    where
        K: Copy,
        K: ::core::cmp::PartialEq + _p::serde::Serialize,
        T: ::core::cmp::PartialEq + _p::serde::Serialize,
        Option<T>: ::core::cmp::PartialEq + _p::serde::Serialize,
        Grams<K>: ::core::cmp::PartialEq,
        T: ::core::clone::Clone,
        Option<T>: ::core::clone::Clone,
        Option<K>: ::core::clone::Clone,
        Grams<K>: ::core::clone::Clone,
        __DB: _a::AuditBackend,
        K: ::core::clone::Clone,
        T: _p::Binds<boxes::content, __DB>,
        Option<T>: _p::Binds<boxes::spare, __DB>,
        Option<K>: _p::Binds<boxes::unseen, __DB>,
        Grams<K>: _p::Binds<boxes::weight, __DB>,
    {
        fn put_values<'__b, __S: _p::Sink<'__b, __DB>>(
            &'__b self,
            sink: &mut __S,
        ) -> _p::PutResult {
            sink.put::<boxes::content, _>(&self.content)?;
            sink.put::<boxes::spare, _>(&self.spare)?;
            sink.put::<boxes::unseen, _>(&self.unseen)?;
            sink.put::<boxes::weight, _>(&self.weight)?;
            ::core::result::Result::Ok(())
        }
    }
    #[automatically_derived]
    impl<T: Clone, K> ::core::fmt::Debug for BoxChanges<T, K>
    where
        K: Copy,
        T: _p::serde::Serialize,
        Option<T>: _p::serde::Serialize,
    {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            _p::FormDebug::new(f, "BoxChanges")
                .value("content", _a::ValueRef::Value(&self.content))
                .value("spare", _a::ValueRef::Value(&self.spare))
                .masked("unseen")
                .masked("weight")
                .finish()
        }
    }
    #[automatically_derived]
    impl<T: Clone, K> _p::MaskedInput for BoxChanges<T, K>
    where
        K: Copy,
    {
        const FIELDS: &'static [&'static ::core::primitive::str] = &["unseen", "weight"];
    }
    #[automatically_derived]
    impl<T: Clone, K> ::core::default::Default for BoxChanges<T, K>
    where
        K: Copy,
    {
        fn default() -> Self {
            Self {
                content: ::core::option::Option::None,
                spare: ::core::option::Option::None,
                unseen: ::core::option::Option::None,
                weight: ::core::option::Option::None,
            }
        }
    }
    #[automatically_derived]
    impl<T: Clone, K> _a::AuditedForm for BoxChanges<T, K>
    where
        K: Copy,
        K: ::core::cmp::PartialEq + _p::serde::Serialize,
        T: ::core::cmp::PartialEq + _p::serde::Serialize,
        Option<T>: ::core::cmp::PartialEq + _p::serde::Serialize,
        Grams<K>: ::core::cmp::PartialEq,
        T: ::core::clone::Clone,
        Option<T>: ::core::clone::Clone,
        Option<K>: ::core::clone::Clone,
        Grams<K>: ::core::clone::Clone,
    {
        type Entity = Boxed<T, K>;
        fn apply(&self, entity: &mut Boxed<T, K>) {
            if let ::core::option::Option::Some(value) = &self.content {
                _p::assign(&mut entity.content, value);
            }
            if let ::core::option::Option::Some(value) = &self.spare {
                _p::assign(&mut entity.spare, value);
            }
            if let ::core::option::Option::Some(value) = &self.unseen {
                _p::assign(&mut entity.unseen, value);
            }
            if let ::core::option::Option::Some(value) = &self.weight {
                _p::assign(&mut entity.weight, value);
            }
        }
    }
    #[automatically_derived]
    impl<T: Clone, K, __DB> _a::ChangesForm<Boxed<T, K>, __DB> for BoxChanges<T, K>
    where
        K: Copy,
        K: ::core::cmp::PartialEq + _p::serde::Serialize,
        T: ::core::cmp::PartialEq + _p::serde::Serialize,
        Option<T>: ::core::cmp::PartialEq + _p::serde::Serialize,
        Grams<K>: ::core::cmp::PartialEq,
        T: ::core::clone::Clone,
        Option<T>: ::core::clone::Clone,
        Option<K>: ::core::clone::Clone,
        Grams<K>: ::core::clone::Clone,
        __DB: _a::AuditBackend,
        K: ::core::clone::Clone,
        T: _p::Binds<boxes::content, __DB>,
        Option<T>: _p::Binds<boxes::spare, __DB>,
        Option<K>: _p::Binds<boxes::unseen, __DB>,
        Grams<K>: _p::Binds<boxes::weight, __DB>,
    {
        fn put_values<'__b, __S: _p::Sink<'__b, __DB>>(
            &'__b self,
            sink: &mut __S,
        ) -> _p::PutResult {
            _p::put_set::<boxes::content, _, _, _>(&self.content, sink)?;
            _p::put_set::<boxes::spare, _, _, _>(&self.spare, sink)?;
            _p::put_set::<boxes::unseen, _, _, _>(&self.unseen, sink)?;
            _p::put_set::<boxes::weight, _, _, _>(&self.weight, sink)?;
            ::core::result::Result::Ok(())
        }
    }
};
