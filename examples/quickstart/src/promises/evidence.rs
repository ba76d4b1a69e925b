//! Everything that the checks look at, read once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use audit_diesel::prelude::*;
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use uuid::Uuid;

use super::super::entities::{Account, Order};
use super::super::schema::{accounts, orders};
use super::super::{Conn, operator};
use super::facts::{Facts, record_of, table};
use crate::audit_log::{Row, audit_log};
use crate::outcome::{Handled, Record};
use crate::requests::Kind;
use crate::secrets::Secrets;

/// Keys of one query: well under every database's limit of binds.
const PIECE: usize = 500;

pub(super) struct Evidence<'h, 'f> {
    pub(super) handled: &'h [Handled<'f>],
    /// The records of this run that are in their tables.
    pub(super) stored: BTreeMap<Record, Facts>,
    pub(super) secrets: Secrets,
    /// The newest row before the run.
    start: i64,
    /// By `seq`: all rows of the records of this run, those of earlier runs included.
    rows: BTreeMap<i64, Row>,
    by_record: HashMap<Record, Vec<i64>>,
    by_operation: HashMap<Uuid, Vec<i64>>,
}

impl<'h, 'f> Evidence<'h, 'f> {
    pub(super) fn gather(
        conn: &mut Conn,
        start: i64,
        handled: &'h [Handled<'f>],
    ) -> Result<Self, AuditError> {
        let mut evidence = Self {
            handled,
            stored: BTreeMap::new(),
            secrets: Secrets::default(),
            start,
            rows: BTreeMap::new(),
            by_record: HashMap::new(),
            by_operation: HashMap::new(),
        };
        for handled in handled {
            match handled.request.entity {
                Kind::Account => evidence.secrets.add_request::<Account>(handled.request),
                Kind::Order => evidence.secrets.add_request::<Order>(handled.request),
            }
        }
        for kind in [Kind::Account, Kind::Order] {
            let records = handled
                .iter()
                .filter_map(|h| h.done().map(|done| done.record).or(h.target));
            let ids: BTreeSet<i64> = records.filter(|r| r.kind == kind).map(|r| r.id).collect();
            let ids: Vec<i64> = ids.into_iter().collect();
            for ids in ids.chunks(PIECE) {
                evidence.read_records(conn, kind, ids)?;
                evidence.read_rows(conn, kind, ids)?;
            }
        }
        evidence.read_new_rows(conn)?;
        evidence.index();
        Ok(evidence)
    }

    fn read_records(&mut self, conn: &mut Conn, kind: Kind, ids: &[i64]) -> Result<(), AuditError> {
        let ctx = operator();
        match kind {
            Kind::Account => {
                let query = Account::with_deleted(&ctx)?.filter(accounts::id.eq_any(ids));
                let found: Vec<Account> = query.load(conn)?;
                for account in found {
                    let noted = self.secrets.add_stored(&account);
                    noted.map_err(|error| DieselError::DeserializationError(error.into()))?;
                    let facts = Facts::of_account(account)?;
                    self.stored.insert(facts.record, facts);
                }
            }
            Kind::Order => {
                let query = Order::live(&ctx)?.filter(orders::id.eq_any(ids));
                let found: Vec<Order> = query.load(conn)?;
                for order in found {
                    let facts = Facts::of_order(order)?;
                    self.stored.insert(facts.record, facts);
                }
            }
        }
        Ok(())
    }

    /// The rows of these records, of whatever run.
    fn read_rows(&mut self, conn: &mut Conn, kind: Kind, ids: &[i64]) -> QueryResult<()> {
        let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
        let found: Vec<Row> = audit_log::table
            .filter(audit_log::table_name.eq(table(kind)))
            .filter(audit_log::record_id.eq_any(ids))
            .select(Row::as_select())
            .load(conn)?;
        self.rows
            .extend(found.into_iter().map(|row| (row.seq, row)));
        Ok(())
    }

    /// The rows of this run, whatever they are about. Others may be writing at the same time.
    fn read_new_rows(&mut self, conn: &mut Conn) -> QueryResult<()> {
        let operations: BTreeSet<Uuid> = self.handled.iter().map(|h| h.operation).collect();
        let found: Vec<Row> = audit_log::table
            .filter(audit_log::seq.gt(self.start))
            .select(Row::as_select())
            .load(conn)?;
        let ours = found
            .into_iter()
            .filter(|row| operations.contains(&row.operation_id.0));
        self.rows.extend(ours.map(|row| (row.seq, row)));
        Ok(())
    }

    fn index(&mut self) {
        for (seq, row) in &self.rows {
            if let Some(record) = record_of(row) {
                self.by_record.entry(record).or_default().push(*seq);
            }
            let operation = row.operation_id.0;
            self.by_operation.entry(operation).or_default().push(*seq);
        }
    }

    /// The rows of this run, oldest first.
    pub(super) fn new_rows(&self) -> impl DoubleEndedIterator<Item = &Row> {
        self.rows.range(self.start + 1..).map(|(_, row)| row)
    }

    /// All rows of a record, oldest first.
    pub(super) fn rows_of(&self, record: Record) -> impl DoubleEndedIterator<Item = &Row> {
        self.rows_at(self.by_record.get(&record))
    }

    /// The rows that a request has left.
    pub(super) fn rows_under(
        &self,
        handled: &Handled<'_>,
    ) -> impl DoubleEndedIterator<Item = &Row> {
        self.rows_at(self.by_operation.get(&handled.operation))
    }

    fn rows_at(&self, seqs: Option<&Vec<i64>>) -> impl DoubleEndedIterator<Item = &Row> {
        let seqs: Vec<i64> = seqs.cloned().unwrap_or_default();
        seqs.into_iter().filter_map(|seq| self.rows.get(&seq))
    }

    /// The records that were written to, each with its requests in order.
    pub(super) fn writers(&self) -> BTreeMap<Record, Vec<&'h Handled<'f>>> {
        let mut writers: BTreeMap<Record, Vec<_>> = BTreeMap::new();
        for handled in self.handled {
            if let Some(record) = handled.written() {
                writers.entry(record).or_default().push(handled);
            }
        }
        writers
    }
}
