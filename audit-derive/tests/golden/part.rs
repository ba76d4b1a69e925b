#[derive(AuditedPart)]
#[diesel(table_name = users)]
pub struct Address {
    pub street: String,
    #[audit(mask = "redact")]
    #[diesel(column_name = zip_code)]
    pub zip: Option<String>,
}

// ---- expands to ----

const _: () = {
    use ::audit_diesel as _a;
    use _a::__private as _p;
    #[automatically_derived]
    impl _a::AuditedPart for Address {
        const FIELDS: &'static [_a::FieldMeta] = &[
            _p::field::<users::street>("street"),
            _p::field::<users::zip_code>("zip").set(&[_p::REDACT]),
        ];
        fn walk<'__w, __W: _p::FieldWalk<'__w>>(
            old: &'__w Self,
            new: &'__w Self,
            w: &mut __W,
        ) {
            w.field::<String>(&old.street, &new.street);
            w.field::<Option<String>>(&old.zip, &new.zip);
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for Address {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            _p::FormDebug::new(f, "Address")
                .value("street", _a::ValueRef::Value(&self.street))
                .masked("zip")
                .finish()
        }
    }
    #[automatically_derived]
    impl<__DB> _a::StoredPart<__DB> for Address
    where
        __DB: _a::AuditBackend,
        String: _p::Stored<users::street, __DB>,
        Option<String>: _p::Stored<users::zip_code, __DB>,
    {
        fn read<__R: _p::ReadColumns<__DB>>(row: &mut __R) -> _p::ReadResult<Self> {
            ::core::result::Result::Ok(Self {
                street: row.next::<users::street, _>()?,
                zip: row.next::<users::zip_code, _>()?,
            })
        }
        fn walk_columns<__W: _p::ColumnWalk<__DB, Self>>(w: &mut __W) -> _p::PutResult {
            w.column::<users::street>(_p::get!(street))?;
            w.column::<users::zip_code>(_p::get!(zip))?;
            ::core::result::Result::Ok(())
        }
    }
};
