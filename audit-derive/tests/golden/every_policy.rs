#[derive(Audited)]
#[diesel(table_name = crate::schema::cards)]
#[serde(rename_all = "camelCase")]
#[audit(exempt(created_at, created_by, updated_at, updated_by), name = "cards_v1", require_reason)]
#[audit(new = NewCard(derive(Clone), attr(serde(deny_unknown_fields))))]
pub(crate) struct Card {
    #[audit(id = "uuid_v7")]
    pub(crate) id: Uuid,
    #[audit(plain)]
    pub(crate) token_kind: String,
    #[audit(mask = "pan", hide_null, input)]
    pub(crate) card_number: Option<String>,
    #[audit(mask = masks::Holder)]
    #[serde(rename = "holder", alias = "owner")]
    pub(crate) holder_name: String,
    #[audit(mask_at("/card/number" = "pan", "/notes/*" = masks::Note))]
    pub(crate) details: serde_json::Value,
    #[audit(ignore, eq = close_enough)]
    pub(crate) score: f64,
    #[audit(skip, eq = ::core::cmp::PartialEq::eq)]
    pub(crate) seen_by: Reader,
    /// Where it was issued.
    #[audit(was = "office", was = "branch", form(validate(length(min = 1))))]
    #[diesel(column_name = issuing_branch)]
    pub(crate) r#where: Option<String>,
    #[audit(via = "display", server)]
    pub(crate) limit: Money,
    #[diesel(deserialize_as = LegacyText)]
    #[audit(no_form)]
    pub(crate) note: String,
}

// ---- expands to ----

///The values of a new [`Card`] that are not the server's.
#[derive(::audit_diesel::__private::serde::Deserialize)]
#[serde(crate = "::audit_diesel::__private::serde")]
#[derive(Clone)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCard {
    ///`token_kind` of [`Card`].
    #[serde(skip)]
    pub(crate) token_kind: ::audit_diesel::Server<String>,
    ///`card_number` of [`Card`].
    #[serde(
        default,
        deserialize_with = "::audit_diesel::__private::masked_field::<NewCard, 0, _, _>",
        rename = "cardNumber"
    )]
    pub(crate) card_number: Option<String>,
    ///`holder_name` of [`Card`].
    #[serde(
        deserialize_with = "::audit_diesel::__private::masked_field::<NewCard, 1, _, _>",
        rename = "holder",
        alias = "owner"
    )]
    pub(crate) holder_name: String,
    ///`details` of [`Card`].
    #[serde(
        deserialize_with = "::audit_diesel::__private::masked_field::<NewCard, 2, _, _>"
    )]
    pub(crate) details: serde_json::Value,
    ///`score` of [`Card`].
    pub(crate) score: f64,
    ///`seen_by` of [`Card`].
    #[serde(
        deserialize_with = "::audit_diesel::__private::masked_field::<NewCard, 3, _, _>",
        rename = "seenBy"
    )]
    pub(crate) seen_by: Reader,
    /// Where it was issued.
    #[serde(default)]
    #[validate(length(min = 1))]
    pub(crate) r#where: Option<String>,
    ///`limit` of [`Card`].
    #[serde(skip)]
    pub(crate) limit: ::audit_diesel::Server<Money>,
}
const _: () = {
    use ::audit_diesel as _a;
    use _a::__private as _p;
    use _a::mask as _m;
    const META: &_a::EntityMeta = &_a::EntityMeta::new(
            "cards_v1",
            "Card",
            &[
                _p::field::<crate::schema::cards::id>("id").set(&[_p::KEY]),
                _p::field::<crate::schema::cards::token_kind>("token_kind")
                    .set(&[_p::Named("tokenKind"), _p::SERVER]),
                _p::field::<crate::schema::cards::card_number>("card_number")
                    .set(&[_p::Named("cardNumber"), _p::PAN, _p::HideNull]),
                _p::field::<crate::schema::cards::holder_name>("holder_name")
                    .set(&[_p::Named("holder"), _p::mask::<masks::Holder>("Holder")]),
                _p::field::<crate::schema::cards::details>("details")
                    .set(
                        &[
                            _p::mask_at(
                                &[
                                    ("/card/number", _a::MaskRef::of::<_m::Pan>("pan")),
                                    ("/notes/*", _a::MaskRef::of::<masks::Note>("Note")),
                                ],
                            ),
                        ],
                    )
                    .set(&[_p::Json]),
                _p::field::<crate::schema::cards::score>("score").set(&[_p::IGNORED]),
                _p::field::<crate::schema::cards::seen_by>("seen_by")
                    .set(&[_p::Named("seenBy"), _p::SKIPPED]),
                _p::field::<crate::schema::cards::issuing_branch>("where")
                    .set(&[_p::Was(&["office", "branch"])]),
                _p::field::<crate::schema::cards::limit>("limit").set(&[_p::SERVER]),
                _p::field::<crate::schema::cards::note>("note").set(&[_p::NO_FORM]),
            ],
        )
        .key_source(_a::KeySource::UuidV7)
        .require_reason();
    #[automatically_derived]
    impl _a::Audited for Card {
        const META: &'static _a::EntityMeta = META;
        fn walk<'__w, __W: _p::FieldWalk<'__w>>(
            old: &'__w Self,
            new: &'__w Self,
            w: &mut __W,
        ) {
            w.field::<Uuid>(&old.id, &new.id);
            w.field::<String>(&old.token_kind, &new.token_kind);
            w.field::<Option<String>>(&old.card_number, _p::text(&new.card_number));
            w.field::<String>(&old.holder_name, &new.holder_name);
            w.field::<serde_json::Value>(&old.details, &new.details);
            w.field_by::<f64>(&old.score, &new.score, close_enough);
            w.skipped_by::<
                    Reader,
                >(&old.seen_by, &new.seen_by, ::core::cmp::PartialEq::eq);
            w.field::<Option<String>>(&old.r#where, &new.r#where);
            w.display::<Money>(&old.limit, &new.limit, _p::shown::<Money>);
            w.field::<String>(&old.note, &new.note);
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for Card {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            _p::debug_entity(self, f)
        }
    }
    const _: () = _p::assert_columns!(crate ::schema::cards::table, META, "Card");
    #[automatically_derived]
    impl _a::Entity for Card {
        type Table = crate::schema::cards::table;
        type Id = Uuid;
        type Tenant = _a::NoTenant;
        fn table() -> Self::Table {
            crate::schema::cards::table
        }
        fn id(&self) -> Self::Id {
            ::core::clone::Clone::clone(&self.id)
        }
        fn record_id(id: &Self::Id) -> ::std::string::String {
            _p::record_id(&[_a::ValueRef::Value(id)])
        }
        fn new_id() -> ::core::option::Option<Self::Id> {
            ::core::option::Option::Some(
                <Uuid as ::core::convert::From<_p::Uuid>>::from(_p::new_uuid()),
            )
        }
        fn hot_texts() -> &'static _p::HotTexts {
            static HOT: _p::HotTexts = _p::HotTexts::new();
            &HOT
        }
    }
    #[automatically_derived]
    impl _a::IntoKey<Card> for Uuid {
        fn into_key(self) -> _a::Key<Card> {
            _a::Key::__new(self, ::core::option::Option::None)
        }
    }
    #[automatically_derived]
    impl _a::IntoKey<Card> for &Uuid {
        fn into_key(self) -> _a::Key<Card> {
            _a::Key::__new(
                ::core::clone::Clone::clone(self),
                ::core::option::Option::None,
            )
        }
    }
    #[automatically_derived]
    impl<__DB> _a::StoredEntity<__DB> for Card
    where
        __DB: _a::AuditBackend,
        Uuid: _p::Stored<crate::schema::cards::id, __DB>,
        String: _p::Stored<crate::schema::cards::token_kind, __DB>,
        Option<String>: _p::Stored<crate::schema::cards::card_number, __DB>,
        String: _p::Stored<crate::schema::cards::holder_name, __DB>,
        serde_json::Value: _p::Stored<crate::schema::cards::details, __DB>,
        f64: _p::Stored<crate::schema::cards::score, __DB>,
        Reader: _p::Stored<crate::schema::cards::seen_by, __DB>,
        Option<String>: _p::Stored<crate::schema::cards::issuing_branch, __DB>,
        Money: _p::Stored<crate::schema::cards::limit, __DB>,
        LegacyText: _p::Stored<crate::schema::cards::note, __DB>,
        String: _p::Binds<crate::schema::cards::note, __DB>,
        crate::schema::cards::table: _p::QueryFragment<__DB>,
    {
        fn read<__R: _p::ReadColumns<__DB>>(row: &mut __R) -> _p::ReadResult<Self> {
            ::core::result::Result::Ok(Self {
                id: row.next::<crate::schema::cards::id, _>()?,
                token_kind: row.next::<crate::schema::cards::token_kind, _>()?,
                card_number: row.next::<crate::schema::cards::card_number, _>()?,
                holder_name: row.next::<crate::schema::cards::holder_name, _>()?,
                details: row.next::<crate::schema::cards::details, _>()?,
                score: row.next::<crate::schema::cards::score, _>()?,
                seen_by: row.next::<crate::schema::cards::seen_by, _>()?,
                r#where: row.next::<crate::schema::cards::issuing_branch, _>()?,
                limit: row.next::<crate::schema::cards::limit, _>()?,
                note: _p::next_as!(row, crate ::schema::cards::note, LegacyText, String)?,
            })
        }
        fn walk_columns<__W: _p::ColumnWalk<__DB, Self>>(w: &mut __W) -> _p::PutResult {
            w.column::<crate::schema::cards::id>(_p::get!(id))?;
            w.column::<crate::schema::cards::token_kind>(_p::get!(token_kind))?;
            w.column::<crate::schema::cards::card_number>(_p::get!(card_number))?;
            w.column::<crate::schema::cards::holder_name>(_p::get!(holder_name))?;
            w.column::<crate::schema::cards::details>(_p::get!(details))?;
            w.column::<crate::schema::cards::score>(_p::get!(score))?;
            w.column::<crate::schema::cards::seen_by>(_p::get!(seen_by))?;
            w.column::<crate::schema::cards::issuing_branch>(_p::get!(r#where))?;
            w.column::<crate::schema::cards::limit>(_p::get_text!(limit))?;
            w.column::<crate::schema::cards::note>(_p::get!(note))?;
            ::core::result::Result::Ok(())
        }
        fn put_key<'__b, __S: _p::Sink<'__b, __DB>>(
            id: &'__b Self::Id,
            sink: &mut __S,
        ) -> _p::PutResult {
            sink.put::<crate::schema::cards::id, _>(id)?;
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
    impl ::core::fmt::Debug for NewCard {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            _p::FormDebug::new(f, "NewCard")
                .masked("token_kind")
                .masked("card_number")
                .masked("holder_name")
                .masked("details")
                .value("score", _a::ValueRef::Value(&self.score))
                .masked("seen_by")
                .value("where", _a::ValueRef::Value(&self.r#where))
                .masked("limit")
                .finish()
        }
    }
    #[automatically_derived]
    impl _p::MaskedInput for NewCard {
        const FIELDS: &'static [&'static ::core::primitive::str] = &[
            "cardNumber",
            "holder",
            "details",
            "seenBy",
        ];
    }
    #[automatically_derived]
    impl _a::AuditedForm for NewCard {
        type Entity = Card;
        fn apply(&self, entity: &mut Card) {
            if let ::core::option::Option::Some(value) = self.token_kind.as_set() {
                _p::assign(&mut entity.token_kind, value);
            }
            _p::assign(&mut entity.card_number, &self.card_number);
            _p::assign(&mut entity.holder_name, &self.holder_name);
            _p::assign(&mut entity.details, &self.details);
            _p::assign(&mut entity.score, &self.score);
            _p::assign(&mut entity.seen_by, &self.seen_by);
            _p::assign(&mut entity.r#where, &self.r#where);
            if let ::core::option::Option::Some(value) = self.limit.as_set() {
                _p::assign(&mut entity.limit, value);
            }
        }
    }
    #[automatically_derived]
    impl<__DB> _a::NewForm<Card, __DB> for NewCard
    where
        __DB: _a::AuditBackend,
        String: _p::Binds<crate::schema::cards::token_kind, __DB>,
        Option<String>: _p::Binds<crate::schema::cards::card_number, __DB>,
        String: _p::Binds<crate::schema::cards::holder_name, __DB>,
        serde_json::Value: _p::Binds<crate::schema::cards::details, __DB>,
        f64: _p::Binds<crate::schema::cards::score, __DB>,
        Reader: _p::Binds<crate::schema::cards::seen_by, __DB>,
        Option<String>: _p::Binds<crate::schema::cards::issuing_branch, __DB>,
        Money: _p::Binds<crate::schema::cards::limit, __DB>,
    {
        fn put_values<'__b, __S: _p::Sink<'__b, __DB>>(
            &'__b self,
            sink: &mut __S,
        ) -> _p::PutResult {
            if let ::core::option::Option::Some(value) = self.token_kind.as_set() {
                sink.put::<crate::schema::cards::token_kind, _>(value)?;
            }
            sink.put::<crate::schema::cards::card_number, _>(&self.card_number)?;
            sink.put::<crate::schema::cards::holder_name, _>(&self.holder_name)?;
            sink.put::<crate::schema::cards::details, _>(&self.details)?;
            sink.put::<crate::schema::cards::score, _>(&self.score)?;
            sink.put::<crate::schema::cards::seen_by, _>(&self.seen_by)?;
            sink.put::<crate::schema::cards::issuing_branch, _>(&self.r#where)?;
            if let ::core::option::Option::Some(value) = self.limit.as_set() {
                sink.put::<crate::schema::cards::limit, _>(value)?;
            }
            ::core::result::Result::Ok(())
        }
        fn missing(&self) -> ::core::option::Option<&'static ::core::primitive::str> {
            if self.token_kind.as_set().is_none() {
                return ::core::option::Option::Some("token_kind");
            }
            if self.limit.as_set().is_none() {
                return ::core::option::Option::Some("limit");
            }
            ::core::option::Option::None
        }
    }
};
