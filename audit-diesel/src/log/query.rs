//! A query of the log, put together call by call.

use audit_core::{Actor, AuditContext, ContextError, MAX_RECORD_ID, StampMisfit};
use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use uuid::Uuid;

use super::change_sets::{self, ChangePage};
use super::cursor::{Cursor, Listing, Position, Seal};
use super::days;
use super::filters::{Filters, Tenant};
use super::read::{Page, Plan};
use super::shape::Shape;
use super::stream::{FIRST, LogStream, Reader};
use crate::backend::AuditConnection;
use crate::entity::{Entity, TenantOf};
use crate::error::{AuditError, QueryError};
use crate::field_names::FieldNames;
use crate::key::IntoKey;
use crate::trail::{AuditEntry, ChangeSet};
use crate::write::tenant_of;

/// Most rows of [`LogQuery::limit`].
pub const MAX_LIMIT: u64 = 10_000;

/// Rows of a page, or change sets, where no limit is set.
pub const PAGE: u64 = 100;

/// A query of `audit_log`, from [`AuditLog::query`](super::AuditLog::query).
///
/// Every filter is optional and all of them must hold; of a filter that is set twice the last
/// holds. A mistake in one shows when the query runs, before any SQL, as
/// [`AuditError::Query`].
///
/// What its combinations cost, and what its pages promise: see [`crate::log`].
#[derive(Debug, Clone)]
#[must_use = "a query does nothing until it is read"]
pub struct LogQuery {
    ctx: AuditContext,
    /// Whose context it is, for errors.
    entity: &'static str,
    filters: Filters,
    /// Of the entity that the rows are of, where one was named.
    names: FieldNames,
    /// What [`Self::field`] was called with.
    field: Option<String>,
    newest_first: bool,
    limit: Option<u64>,
    after: Option<Cursor>,
    problem: Option<Problem>,
}

/// A mistake in a filter, kept until the query runs.
#[derive(Debug, Clone)]
enum Problem {
    Query(QueryError),
    Context(ContextError),
    Misfit(&'static str, StampMisfit),
}

impl LogQuery {
    pub(super) fn new(ctx: &AuditContext) -> Self {
        Self {
            filters: Filters::of(Tenant::of(ctx)),
            ctx: ctx.clone(),
            entity: "audit_log",
            names: FieldNames::NONE,
            field: None,
            newest_first: true,
            limit: None,
            after: None,
            problem: None,
        }
    }

    /// Rows of one entity, by its audit name (`#[audit(name = "..")]`, or its table's name), or of
    /// one kind of events' targets.
    ///
    /// The log outlives tables, and events name what they like: a name that was never used finds
    /// nothing. [`AuditLog::knows_table`](super::AuditLog::knows_table) tells one that nobody knows.
    pub fn table(mut self, table: impl Into<String>) -> Self {
        self.filters.table = self.text("table", table.into(), MAX_TABLE, false);
        self.names = FieldNames::NONE;
        self.with_names()
    }

    /// Rows of one record, by the text of its primary key as
    /// [`record_id`](audit_core::record_id()) writes it; the table must be named too.
    pub fn record(mut self, record: impl Into<String>) -> Self {
        self.filters.record = self.text("record", record.into(), MAX_RECORD_ID, true);
        self
    }

    /// Rows of an entity: its table and its tenant, each in the form in which the log holds it, and
    /// [`field`](Self::field) by any of its names.
    ///
    /// An entity without a tenant column has its rows without a tenant, whatever the context says;
    /// that of one with a tenant column is read as the column's type reads it, as
    /// [`history`](crate::AuditedRead::history) does.
    ///
    /// ```
    /// # use audit_diesel::{AuditContext, AuditLog, Entity, LogQuery};
    /// # use chrono::{DateTime, Utc};
    /// fn renamed<Account: Entity>(ctx: &AuditContext, since: DateTime<Utc>) -> LogQuery {
    ///     // With `#[audit(was = "title")] name: String`, the rows of `title` are among them.
    ///     AuditLog::query(ctx).table_of::<Account>().field("name").since(since)
    /// }
    /// ```
    pub fn table_of<E: Entity>(mut self) -> Self {
        self.entity = E::META.name;
        match tenant_of::<E>(&self.ctx) {
            Ok(Some(tenant)) => self.filters.tenant = Tenant::Is(tenant.text()),
            Ok(None) if E::Tenant::PRESENT => self.filters.tenant = Tenant::Any,
            Ok(None) => self.filters.tenant = Tenant::Null,
            Err(AuditError::Context { source, .. }) => {
                self.problem.get_or_insert(Problem::Context(source));
            }
            Err(AuditError::Misfit { column, source, .. }) => {
                self.problem.get_or_insert(Problem::Misfit(column, source));
            }
            // No other error can come of a tenant; refusing is right for any.
            Err(_) => {
                let source = ContextError::TenantMissing;
                self.problem.get_or_insert(Problem::Context(source));
            }
        }
        self = self.table(E::META.name);
        self.names = FieldNames::of(E::META);
        self.with_names()
    }

    /// Rows of one record of an entity: [`table_of`](Self::table_of), and its key.
    pub fn record_of<E: Entity>(self, key: impl IntoKey<E>) -> Self {
        self.table_of::<E>()
            .record(E::record_id(&key.into_key().id))
    }

    /// Rows of one column.
    ///
    /// Of an entity ([`table_of`](Self::table_of), [`record_of`](Self::record_of)) the field may be
    /// called by its column, by its name in Rust or by a former name (`#[audit(was = "..")]`), and
    /// the rows under all of its names are found. Any other name, and a query that knows no entity,
    /// finds the rows under that name alone, as it is stored: that of a column that is gone, for one.
    pub fn field(mut self, column: impl Into<String>) -> Self {
        self.field = self.text("field", column.into(), MAX_TEXT, false);
        self.with_names()
    }

    /// Fills in under which names the rows of the field are stored.
    fn with_names(mut self) -> Self {
        let names = self.field.as_ref().map(|name| self.names.stored(name));
        self.filters.field = names.unwrap_or_default();
        self
    }

    /// Rows of what one actor did; an actor without an id is that kind without an id.
    pub fn changed_by(mut self, actor: Actor) -> Self {
        let text = actor.as_str().to_owned();
        self.filters.actor = self
            .text("changed_by", text, MAX_TEXT, false)
            .map(|_| actor);
        self
    }

    /// Rows of one action: `insert`, `update`, `delete`, `restore`, `baseline`, `undelete`, or an
    /// event's name.
    pub fn action(mut self, action: impl Into<String>) -> Self {
        self.filters.action = self.text("action", action.into(), MAX_TEXT, false);
        self
    }

    /// Rows written under one request id, in the form in which
    /// [`AuditContext::request_id`] keeps it.
    pub fn request(mut self, id: impl Into<String>) -> Self {
        let id = id.into();
        self.filters.request = if id.contains('\0') {
            self.text("request", id, MAX_TEXT, true)
        } else {
            let ctx = AuditContext::new(Actor::system()).request_id(id);
            ctx.request_id_ref().map(str::to_owned)
        };
        self
    }

    /// Rows of one business action ([`crate::transaction`]), of any number of records.
    pub fn operation(mut self, id: Uuid) -> Self {
        self.filters.operation = Some(id);
        self
    }

    /// Rows from an instant on, to before another: `from <= changed_at < to`.
    pub fn between(self, from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        self.since(from).until(to)
    }

    /// Rows from an instant on.
    pub fn since(mut self, from: DateTime<Utc>) -> Self {
        self.filters.from = self.time(from);
        self
    }

    /// Rows from before an instant.
    pub fn until(mut self, to: DateTime<Utc>) -> Self {
        self.filters.until = self.time(to);
        self
    }

    /// Rows of whole days, the first and the last included, as a time zone counts them.
    ///
    /// A day begins at its first instant there: at midnight, or where clocks go forward over it, at
    /// the first time that they show; where they go back over it, at the first of two midnights. So
    /// days may have 23 or 25 hours, and each instant belongs to one day.
    ///
    /// ```
    /// use audit_diesel::{Actor, AuditContext, AuditLog};
    /// use chrono::{NaiveDate, Utc};
    ///
    /// let ctx = AuditContext::new(Actor::user("u_42")).tenant("acme");
    /// let march = |day| NaiveDate::from_ymd_opt(2026, 3, day).unwrap();
    /// let query = AuditLog::query(&ctx).between_days(march(1), march(31), Utc);
    /// # let _ = query;
    /// ```
    pub fn between_days(mut self, first: NaiveDate, last: NaiveDate, zone: impl TimeZone) -> Self {
        let range = last
            .succ_opt()
            .ok_or(QueryError::Time)
            .and_then(|end| Ok((days::start_of(first, &zone)?, days::start_of(end, &zone)?)));
        match range {
            Ok((from, until)) => return self.between(from, until),
            Err(problem) => self.refuse(problem),
        }
        self
    }

    /// The newest row comes first. So it is unless [`Self::oldest_first`] is called.
    pub fn newest_first(mut self) -> Self {
        self.newest_first = true;
        self
    }

    /// The oldest row comes first.
    pub fn oldest_first(mut self) -> Self {
        self.newest_first = false;
        self
    }

    /// At most so many rows, 1 to [`MAX_LIMIT`].
    ///
    /// Without one, a page has [`PAGE`] rows, and [`load`](Self::load), [`stream`](Self::stream)
    /// and the exports read everything that the filters leave.
    pub fn limit(mut self, rows: u64) -> Self {
        if (1..=MAX_LIMIT).contains(&rows) {
            self.limit = Some(rows);
        } else {
            self.refuse(QueryError::Limit { max: MAX_LIMIT });
        }
        self
    }

    /// Goes on where a page of the same query ended ([`Page::next`], [`ChangePage::next`]): the same
    /// filters, order and tenant, but any limit.
    pub fn after(mut self, cursor: impl Into<Cursor>) -> Self {
        self.after = Some(cursor.into());
        self
    }

    /// All rows at once, or the first [`Self::limit`].
    ///
    /// Without a limit, memory is the caller's concern; [`Self::stream`] needs little.
    ///
    /// # Errors
    /// [`AuditError::Query`] where the query makes no sense or reads too much,
    /// [`AuditError::Context`] where the context's tenant does not fit, an error of the database.
    pub fn load<C: AuditConnection>(&self, conn: &mut C) -> Result<Vec<AuditEntry>, AuditError> {
        let (plan, start) = self.plan(Listing::Rows)?;
        plan.fetch(conn, start, self.limit.map(|n| n as usize))
    }

    /// One page, of [`Self::limit`] or [`PAGE`] rows.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn page<C: AuditConnection>(&self, conn: &mut C) -> Result<Page, AuditError> {
        let (plan, start) = self.plan(Listing::Rows)?;
        let limit = self.limit.unwrap_or(PAGE) as usize;
        // One row more tells whether there is a next page.
        let mut entries = plan.fetch(conn, start, Some(limit + 1))?;
        let more = entries.len() > limit;
        entries.truncate(limit);
        let next = match entries.last() {
            Some(last) if more => Some(self.sign(Listing::Rows, Position::of(last))?),
            _ => None,
        };
        Ok(Page { entries, next })
    }

    /// All rows, or the first [`Self::limit`], one by one and in constant memory: a SELECT for up
    /// to a thousand of them, fewer where rows are large.
    ///
    /// It reads in pages, so it holds no transaction open, and promises what pages promise.
    ///
    /// # Errors
    /// As [`Self::load`]; an error of the database also later, as the last item.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use audit_diesel::{Actor, AuditContext, AuditLog};
    /// # use diesel::prelude::*;
    /// # let mut conn = SqliteConnection::establish(":memory:")?;
    /// # audit_diesel::migrate(&mut conn)?;
    /// let ctx = AuditContext::new(Actor::system()).all_tenants();
    /// for entry in AuditLog::query(&ctx).oldest_first().stream(&mut conn)? {
    ///     println!("{}", entry?.seq);
    /// }
    /// # Ok(()) }
    /// # #[cfg(not(feature = "sqlite"))] fn main() {}
    /// ```
    pub fn stream<'c, C: AuditConnection>(
        &self,
        conn: &'c mut C,
    ) -> Result<LogStream<'c, C>, AuditError> {
        let (plan, start) = self.plan(Listing::Rows)?;
        let limit = self.limit.map(|n| n as usize);
        Ok(LogStream::new(conn, Reader::new(plan, start, limit, FIRST)))
    }

    /// How many rows the filters leave; order, limit and cursor do not matter.
    ///
    /// The database goes through them all to count them.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn count<C: AuditConnection>(&self, conn: &mut C) -> Result<u64, AuditError> {
        self.checked()?.count(conn)
    }

    /// A page of change sets, [`Self::limit`] or [`PAGE`] of them: the rows of each change together,
    /// never cut by the page's end.
    ///
    /// A change set holds those of its rows that the filters leave. A page may hold a few sets more
    /// than the limit, where writers wrote at the same time and their rows are mixed.
    ///
    /// Those of an entity ([`table_of`](Self::table_of), [`record_of`](Self::record_of)) know its
    /// fields by all of their names: [`ChangeSet::field`].
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn change_sets<C: AuditConnection>(&self, conn: &mut C) -> Result<ChangePage, AuditError> {
        let (plan, start) = self.plan(Listing::ChangeSets)?;
        let wanted = self.limit.unwrap_or(PAGE) as usize;
        let (rows, next) = change_sets::read(conn, &plan, start, wanted)?;
        let change_sets = rows.into_iter().map(|rows| ChangeSet::of(rows, self.names));
        let change_sets = change_sets.collect();
        let next = next
            .map(|place| self.sign(Listing::ChangeSets, place))
            .transpose()?;
        Ok(ChangePage { change_sets, next })
    }

    fn plan(&self, listing: Listing) -> Result<(Plan, Option<Position>), AuditError> {
        let plan = self.checked()?;
        let start = match &self.after {
            Some(cursor) => Some(self.seal(listing).open(cursor)?),
            None => None,
        };
        Ok((plan, start))
    }

    /// Says what is wrong with the query, if anything is.
    fn checked(&self) -> Result<Plan, AuditError> {
        let entity = self.entity;
        match &self.problem {
            None => {}
            Some(Problem::Query(problem)) => return Err((*problem).into()),
            Some(Problem::Context(source)) => {
                let source = *source;
                return Err(AuditError::Context { entity, source });
            }
            Some(Problem::Misfit(column, source)) => {
                let source = source.clone();
                return Err(AuditError::Misfit {
                    entity,
                    column,
                    source,
                });
            }
        }
        self.ctx
            .validate()
            .map_err(|source| AuditError::Context { entity, source })?;
        if let (Some(from), Some(until)) = (self.filters.from, self.filters.until)
            && from >= until
        {
            return Err(QueryError::EmptyRange.into());
        }
        Ok(Plan {
            shape: Shape::of(&self.filters)?,
            filters: self.filters.clone(),
            newest_first: self.newest_first,
        })
    }

    fn seal(&self, listing: Listing) -> Seal<'_> {
        Seal {
            config: self.ctx.config_ref(),
            filters: &self.filters,
            newest_first: self.newest_first,
            listing,
        }
    }

    fn sign(&self, listing: Listing, place: Position) -> Result<Cursor, AuditError> {
        Ok(self.seal(listing).sign(place)?)
    }

    fn refuse(&mut self, problem: QueryError) {
        self.problem.get_or_insert(Problem::Query(problem));
    }

    fn text(
        &mut self,
        filter: &'static str,
        text: String,
        max: usize,
        may_be_empty: bool,
    ) -> Option<String> {
        if text.contains('\0') {
            self.refuse(QueryError::Nul { filter });
        } else if text.is_empty() && !may_be_empty {
            self.refuse(QueryError::Empty { filter });
        } else if text.len() > max && text.chars().count() > max {
            self.refuse(QueryError::TooLong { filter, max });
        }
        Some(text)
    }

    /// The bound to the microsecond, which is what the log keeps: rounded up, so that the same rows
    /// lie before and behind it.
    fn time(&mut self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let years = 1000..=9999;
        let micros =
            at.timestamp_micros() + i64::from(!at.timestamp_subsec_nanos().is_multiple_of(1000));
        let rounded = DateTime::from_timestamp_micros(micros);
        match rounded {
            Some(rounded) if years.contains(&chrono::Datelike::year(&rounded)) => Some(rounded),
            _ => {
                self.refuse(QueryError::Time);
                None
            }
        }
    }
}

/// Characters of the columns of `audit_log`; those of MySQL/MariaDB are the shortest.
const MAX_TABLE: usize = 100;
const MAX_TEXT: usize = 255;
