// An entity by hand that lets reserved input through and forgets that it is deleted.

use super::backend::{Backend, Conn, Database, NAME};
use audit_diesel::__private::{
    ColumnWalk, FieldWalk, Flag, Get, HotTexts, PutResult, ReadColumns, ReadResult, Sink, Version,
};
use audit_diesel::{ChangesForm, CleanError, Entity, EntityMeta, NewForm, StoredEntity};
use audit_diesel::{ReservedInput, Stripped, testing};
use serde_json::Value;

include!("vault.rs");

#[derive(Debug)]
struct Blind(Vault);

impl Audited for Blind {
    const META: &'static EntityMeta = Vault::META;

    fn walk<'a, W: FieldWalk<'a>>(before: &'a Self, after: &'a Self, walk: &mut W) {
        Vault::walk(&before.0, &after.0, walk);
    }
    fn clean_json(bytes: &[u8]) -> Result<(Value, Stripped), CleanError> {
        let cleaned = Vault::clean_json(bytes)?;
        Ok((serde_json::from_slice(bytes).unwrap(), cleaned.1))
    }
    fn strip_reserved(_: &mut Value) -> Stripped {
        Stripped::default()
    }
    fn reject_reserved(_: &Value) -> Result<(), ReservedInput> {
        Ok(())
    }
}

impl Entity for Blind {
    type Table = vaults::table;
    type Id = i64;
    type Tenant = String;

    fn table() -> Self::Table {
        vaults::table
    }
    fn id(&self) -> i64 {
        self.0.id
    }
    fn record_id(id: &i64) -> String {
        Vault::record_id(id)
    }
    fn tenant(&self) -> Option<&String> {
        Entity::tenant(&self.0)
    }
    fn version(&self) -> Option<i64> {
        Entity::version(&self.0)
    }
    // `is_deleted` stays false.
    fn hot_texts() -> &'static HotTexts {
        Vault::hot_texts()
    }
}

macro_rules! columns {
    ($walk:ident: $($role:ident $field:ident $($kind:ident ($($more:tt)?))?),*) => {$(
        let field = Get::new(|blind: &Self| &blind.0.$field, None);
        $(let field = $kind::new(field $(, $more)?);)?
        $walk.$role::<vaults::$field>(field)?;
    )*};
}

impl StoredEntity<Backend> for Blind {
    fn read<R: ReadColumns<Backend>>(row: &mut R) -> ReadResult<Self> {
        Vault::read(row).map(Self)
    }
    fn walk_columns<W: ColumnWalk<Backend, Self>>(w: &mut W) -> PutResult {
        columns! { w:
            column id, column tenant_id, column label, column passphrase, column tax_number,
            column card_number, column contact, column lookup, column profile, column key_file,
            column answer, column pin, column memo, column draft, version version Version(),
            created_at created_at, created_by created_by, updated_at updated_at,
            updated_by updated_by, flag is_deleted Flag(true), deleted_at deleted_at,
            deleted_by deleted_by
        }
        Ok(())
    }
    fn put_key<'b, S: Sink<'b, Backend>>(id: &'b i64, sink: &mut S) -> PutResult {
        <Vault as StoredEntity<Backend>>::put_key(id, sink)
    }
    fn put_tenant<'b, S: Sink<'b, Backend>>(tenant: &'b String, sink: &mut S) -> PutResult {
        <Vault as StoredEntity<Backend>>::put_tenant(tenant, sink)
    }
}

#[derive(Debug, Deserialize)]
struct New(NewVault);

#[derive(Debug, Deserialize)]
struct Changes(VaultChanges);

impl AuditedForm for Changes {
    type Entity = Blind;
    fn apply(&self, blind: &mut Blind) {
        self.0.apply(&mut blind.0);
    }
}

impl NewForm<Blind, Backend> for New {
    fn put_values<'b, S: Sink<'b, Backend>>(&'b self, sink: &mut S) -> PutResult {
        NewForm::<Vault, Backend>::put_values(&self.0, sink)
    }
}

impl ChangesForm<Blind, Backend> for Changes {
    fn put_values<'b, S: Sink<'b, Backend>>(&'b self, sink: &mut S) -> PutResult {
        ChangesForm::<Vault, Backend>::put_values(&self.0, sink)
    }
}

#[test]
fn reserved_input_that_gets_through_is_found() {
    let database = Database::new();
    let mut conn: Conn = database.connect();
    create_vaults(&mut conn, NAME);
    let report = testing::contract(|| New(new_vault()), || Changes(vault_changes()))
        .unplanted("pin")
        .report(&mut conn);
    for finding in [
        "`clean_json` lets the reserved key `created_by` through",
        "`strip_reserved` lets the reserved key `created_by` through",
        "`reject_reserved` lets the reserved key `deletedById` through, written",
        "`clean_json` lets the reserved key `passphrase` through",
        "after the soft delete, the record is not deleted",
        "a deleted record was updated",
    ] {
        assert!(
            report.findings.iter().any(|found| found.contains(finding)),
            "expected {finding:?}:\n{report}"
        );
    }
}
