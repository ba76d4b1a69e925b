//! The SELECTs on `audit_log`, as values.

use chrono::{DateTime, Utc};
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::result::QueryResult;

use super::filters::{Filters, Tenant};
use super::shape::Shape;
use super::sole_tenant::SoleTenant;
use crate::backend::{AuditBackend, Dialect};
use crate::exact;
use crate::hot_texts::HotTexts;
use crate::trail::COLUMNS;

/// Which piece of a query's order a SELECT reads.
///
/// Where the order is by time, what lies behind a row is read in two pieces, since no database
/// turns `(changed_at, seq) > (a, b)` into one search of an index that ends with the primary key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Piece {
    /// From the start.
    All,
    /// Behind a number, where the order is by `seq`.
    Behind(i64),
    /// The rest of the rows of one time.
    Ties(DateTime<Utc>, i64),
    /// Behind a time.
    Later(DateTime<Utc>),
}

/// `SELECT .. FROM audit_log WHERE .. ORDER BY .. [LIMIT ..]`
pub(super) struct Select<'a> {
    pub(super) filters: &'a Filters,
    /// Whose rows these are, where all tenants' are asked for and they are one's.
    pub(super) sole: Option<&'a SoleTenant>,
    pub(super) shape: Shape,
    pub(super) newest_first: bool,
    pub(super) piece: Piece,
    pub(super) limit: Option<i64>,
}

/// `SELECT COUNT(*) FROM audit_log WHERE ..`
pub(super) struct Count<'a> {
    pub(super) filters: &'a Filters,
    pub(super) shape: Shape,
}

macro_rules! query {
    ($name:ident) => {
        impl diesel::query_builder::QueryId for $name<'_> {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }
        impl diesel::query_builder::Query for $name<'_> {
            type SqlType = diesel::sql_types::Untyped;
        }
    };
}
query!(Select);
query!(Count);

/// The texts that stay prepared: the first that the process met. All combinations of filters
/// would be thousands, and Diesel's cache of statements never forgets.
static HOT: HotTexts = HotTexts::new();

impl Select<'_> {
    fn signature(&self) -> u64 {
        let piece = match self.piece {
            Piece::All => 0,
            Piece::Behind(_) => 1,
            Piece::Ties(..) => 2,
            Piece::Later(_) => 3,
        };
        let sole = match self.sole {
            None => 0,
            Some(SoleTenant(None)) => 1,
            Some(SoleTenant(Some(_))) => 2,
        };
        let rest = piece << 2 | u64::from(self.newest_first) << 1 | u64::from(self.limit.is_some());
        self.filters.signature() << 8 | sole << 4 | rest
    }

    /// True for the whole history of a record: few texts, and the ones that matter most.
    fn is_history(&self) -> bool {
        let f = self.filters;
        self.shape == Shape::Record
            && self.piece == Piece::All
            && self.limit.is_none()
            && f.field.is_empty()
            && f.action.is_none()
            && f.request.is_none()
            && f.actor.is_none()
            && f.from.is_none()
            && f.until.is_none()
    }
}

impl<DB: AuditBackend> QueryFragment<DB> for Select<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if !self.is_history() && !HOT.admit(self.signature()) {
            out.unsafe_to_cache_prepared();
        }
        out.push_sql("SELECT ");
        out.push_sql(COLUMNS);
        let mut conditions = Conditions::from_log(out.reborrow(), self.shape);
        conditions.filters(self.filters)?;
        // Not by the bytes: those that differ in spaces at the end are asked for too.
        match self.sole {
            None => {}
            Some(SoleTenant(None)) => conditions.null("tenant_id"),
            Some(SoleTenant(Some(tenant))) => {
                conditions.column("tenant_id");
                conditions.out.push_sql(" = ");
                DB::bind_text(&mut conditions.out, tenant)?;
            }
        }
        // The range's end that the piece already implies would only be a second, weaker bound.
        let (from, until) = (self.filters.from.as_ref(), self.filters.until.as_ref());
        match (&self.piece, self.newest_first) {
            (Piece::All, _) => conditions.range(from, until)?,
            (Piece::Behind(seq), newest) => {
                conditions.range(from, until)?;
                conditions.number("seq", if newest { " < " } else { " > " }, seq)?;
            }
            (Piece::Ties(at, seq), newest) => {
                conditions.time(" = ", at)?;
                conditions.number("seq", if newest { " < " } else { " > " }, seq)?;
            }
            (Piece::Later(at), true) => conditions.range(from, Some(at))?,
            (Piece::Later(at), false) => {
                conditions.time(" > ", at)?;
                conditions.range(None, until)?;
            }
        }
        self.push_order::<DB>(&mut out);
        if let Some(limit) = &self.limit {
            out.push_sql(" LIMIT ");
            DB::bind_i64(&mut out, limit)?;
        }
        Ok(())
    }
}

impl Select<'_> {
    fn push_order<DB: AuditBackend>(&self, out: &mut AstPass<'_, '_, DB>) {
        // PostgreSQL does not take `tenant_id IS NULL` for a constant, so the columns that are one
        // are named too: it then sees that the index has this order.
        let columns: &[&str] = match self.shape {
            _ if DB::DIALECT != Dialect::Postgres => &[],
            _ if self.filters.tenant == Tenant::Any && self.sole.is_none() => &[],
            Shape::Record => &["tenant_id"],
            Shape::Tenant => &["tenant_id"],
            Shape::Actor => &["tenant_id", "actor_kind", "actor_id"],
            Shape::Operation | Shape::Everything => &[],
        };
        let by_time: &[&str] = if self.shape.by_time() {
            &["changed_at"]
        } else {
            &[]
        };
        out.push_sql(" ORDER BY ");
        for (index, column) in columns.iter().chain(by_time).chain(&["seq"]).enumerate() {
            if index > 0 {
                out.push_sql(", ");
            }
            out.push_sql(column);
            if self.newest_first {
                out.push_sql(" DESC");
            }
        }
    }
}

impl<DB: AuditBackend> QueryFragment<DB> for Count<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        out.push_sql("SELECT COUNT(*)");
        let mut conditions = Conditions::from_log(out.reborrow(), self.shape);
        conditions.filters(self.filters)?;
        conditions.range(self.filters.from.as_ref(), self.filters.until.as_ref())
    }
}

/// Writes ` FROM audit_log WHERE a AND b ..`.
struct Conditions<'o, 'b, DB: AuditBackend> {
    out: AstPass<'o, 'b, DB>,
    shape: Shape,
    first: bool,
}

impl<'o, 'b, DB: AuditBackend> Conditions<'o, 'b, DB> {
    fn from_log(mut out: AstPass<'o, 'b, DB>, shape: Shape) -> Self {
        out.push_sql(" FROM audit_log");
        // MariaDB would rather read a tenant's rows from the first than search for the time in the
        // same index, as soon as it expects many of them.
        if DB::DIALECT == Dialect::Mysql {
            out.push_sql(" FORCE INDEX (");
            out.push_sql(shape.index());
            out.push_sql(")");
        }
        Self {
            out,
            shape,
            first: true,
        }
    }

    fn filters(&mut self, filters: &'b Filters) -> QueryResult<()> {
        match &filters.tenant {
            Tenant::Any => {}
            Tenant::Null => self.null("tenant_id"),
            Tenant::Is(tenant) => self.text("tenant_id", tenant)?,
        }
        for (column, text) in [
            ("table_name", &filters.table),
            ("record_id", &filters.record),
            ("action", &filters.action),
            ("request_id", &filters.request),
        ] {
            if let Some(text) = text {
                self.text(column, text)?;
            }
        }
        match filters.field.as_slice() {
            [] => {}
            [name] => self.text("field_name", name)?,
            names => {
                self.and();
                exact::one_of(&mut self.out, DB::DIALECT, "field_name", names)?;
            }
        }
        if let Some(actor) = &filters.actor {
            self.text("actor_kind", actor.kind())?;
            match actor.id() {
                Some(id) => self.text("actor_id", id)?,
                None => self.null("actor_id"),
            }
        }
        if let Some(operation) = &filters.operation {
            self.column("operation_id");
            self.out.push_sql(" = ");
            DB::bind_uuid(&mut self.out, operation)?;
        }
        Ok(())
    }

    fn range(
        &mut self,
        from: Option<&'b DateTime<Utc>>,
        until: Option<&'b DateTime<Utc>>,
    ) -> QueryResult<()> {
        if let Some(from) = from {
            self.time(" >= ", from)?;
        }
        if let Some(until) = until {
            self.time(" < ", until)?;
        }
        Ok(())
    }

    fn time(&mut self, compare: &str, at: &'b DateTime<Utc>) -> QueryResult<()> {
        self.column("changed_at");
        self.out.push_sql(compare);
        DB::bind_time(&mut self.out, at)
    }

    fn number(&mut self, column: &str, compare: &str, number: &'b i64) -> QueryResult<()> {
        self.and();
        self.out.push_sql(column);
        self.out.push_sql(compare);
        DB::bind_i64(&mut self.out, number)
    }

    fn null(&mut self, column: &str) {
        self.column(column);
        self.out.push_sql(" IS NULL");
    }

    fn text(&mut self, column: &'static str, text: &'b str) -> QueryResult<()> {
        self.column(column);
        exact::is(&mut self.out, DB::DIALECT, column, text)
    }

    /// Begins a condition on a column. SQLite, which mostly has no statistics to choose an index
    /// by, must not search by a column that is not of the shape's: a `+` keeps it from that.
    fn column(&mut self, column: &str) {
        self.and();
        if DB::DIALECT == Dialect::Sqlite && !self.shape.searches(column) {
            self.out.push_sql("+");
        }
        self.out.push_sql(column);
    }

    fn and(&mut self) {
        self.out
            .push_sql(if self.first { " WHERE " } else { " AND " });
        self.first = false;
    }
}
