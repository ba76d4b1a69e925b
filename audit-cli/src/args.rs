//! The command line, as clap reads it.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Make, check, read, export and prune an audit log.
#[derive(Debug, Parser)]
#[command(
    name = "audit",
    version,
    about,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = "\
Exit codes:
  0  done, or nothing to complain of
  1  findings: `check` and `columns` found something that falls short
  2  wrong usage
  3  the database could not be reached, or refused
  4  the output could not be written

Examples:
  export DATABASE_URL=sqlite://app.db        # keeps passwords out of the list of processes
  audit init
  audit check
  audit columns accounts --apply
  audit log --table accounts --record 42 --all-tenants",
    after_long_help = "\
Exit codes:
  0  done, or nothing to complain of
  1  findings: `check` and `columns` found something that falls short
  2  wrong usage
  3  the database could not be reached, or refused
  4  the output could not be written

Examples:
  export DATABASE_URL=sqlite://app.db        # keeps passwords out of the list of processes
  audit init
  audit check
  audit columns accounts --apply
  audit log --table accounts --record 42 --all-tenants"
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// sqlite://path, postgres://user@host/database or mysql://user@host/database.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "DATABASE_URL",
        hide_env_values = true,
        help_heading = "Options of every command"
    )]
    pub(crate) database_url: Option<String>,
    /// How to print.
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "table",
        help_heading = "Options of every command"
    )]
    pub(crate) format: Format,
    /// Colours: on a terminal, unless NO_COLOR is set.
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "auto",
        value_name = "WHEN",
        help_heading = "Options of every command"
    )]
    pub(crate) color: Color,
    /// Show the database's own messages in errors; they may quote values of records.
    #[arg(long, global = true, help_heading = "Options of every command")]
    pub(crate) database_messages: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// One JSON document.
    Json,
    /// RFC 4180, safe to open in a spreadsheet.
    Csv,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(Init),
    Check(Check),
    Columns(Columns),
    Log(Log),
    Export(Export),
    Purge(Purge),
    #[command(subcommand)]
    Hold(Hold),
    Baseline(Baseline),
    Completions(Completions),
}

/// Make the audit log, or mend its guards; run it again at will.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  audit init --database-url sqlite://app.db    # makes the file if it is not there
  audit init --print > audit_log.sql           # the SQL, without connecting
  audit init --by-month                        # PostgreSQL: one partition a month")]
pub(crate) struct Init {
    /// Keep the log in one partition a month, so that a purge drops whole months: a row goes with its
    /// month. A log that is there becomes the first partition and goes when all of it is too old.
    /// PostgreSQL only; it cannot be undone.
    #[arg(long)]
    pub(crate) by_month: bool,
    /// Print the SQL for the URL's kind of database and do nothing.
    #[arg(long)]
    pub(crate) print: bool,
}

/// Tell what of the audit log and of the application's tables falls short.
///
/// Without names, every table is looked at that has at least one column like a stamp. Rows are
/// counted, so that a large table takes as long as a full scan of it.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit code 1 when something falls short.

Examples:
  audit check
  audit check accounts crm.orders
  audit check --all --except spatial_ref_sys --format json")]
pub(crate) struct Check {
    /// Tables to look at, `schema.table` where it is not in the search path.
    #[arg(value_name = "TABLE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) tables: Vec<String>,
    /// Look at tables without any stamp too.
    #[arg(long, conflicts_with = "tables")]
    pub(crate) all: bool,
    /// A table to leave out, given once per table.
    #[arg(long, value_name = "TABLE")]
    pub(crate) except: Vec<String>,
    /// A column that is no stamp, or not to be asked for, given once per column.
    #[arg(long, value_name = "TABLE.COLUMN")]
    pub(crate) leave: Vec<String>,
}

/// Print the ALTERs that bring a table up to the standard, or apply them.
///
/// New columns are nullable at first, then filled, then NOT NULL. Columns under older names
/// (`createdBy`, `creator_id`, `date_modified`, ...) are renamed, types converted where every row
/// can be, and an index of the tenant and the deleted flag is made. On SQLite and PostgreSQL all of
/// it is one transaction; on MySQL and MariaDB a run that broke off is finished by the next. On
/// SQLite the table is rebuilt where a column has to change.
///
/// Rows without a time get that of the run, or of `--backfill-time COLUMN`; rows without an actor
/// get `--backfill-actor`; both are said in the script.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit code 1 when the table lacks something and nothing was applied.

Examples:
  audit columns accounts                       # print
  audit columns accounts --apply
  audit columns orders --soft-delete --tenant --backfill-tenant acme
  audit columns crm.notes --backfill-time created_on --leave legacy_by")]
pub(crate) struct Columns {
    /// The table, `schema.table` where it is not in the search path.
    #[arg(value_name = "TABLE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) table: String,
    /// Change the table. Without it, the script is printed.
    #[arg(long)]
    pub(crate) apply: bool,
    /// Add a soft delete: is_deleted, deleted_at, deleted_by.
    #[arg(long)]
    pub(crate) soft_delete: bool,
    /// Add tenant_id.
    #[arg(long)]
    pub(crate) tenant: bool,
    /// Add version, the optimistic lock.
    #[arg(long)]
    pub(crate) version_column: bool,
    /// Who wrote rows of which that is not known: `kind` or `kind:id`.
    #[arg(long, value_name = "ACTOR", default_value = "system:migration")]
    pub(crate) backfill_actor: String,
    /// When rows were written of which that is not known: `now`, or a column to take it from.
    #[arg(long, value_name = "now|COLUMN", default_value = "now", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) backfill_time: String,
    /// The tenant of rows that have none.
    #[arg(long, value_name = "TENANT")]
    pub(crate) backfill_tenant: Option<String>,
    /// Rename nothing: stamps of older names are brought to their types under these.
    #[arg(long)]
    pub(crate) no_rename: bool,
    /// Rename, convert and fill columns although a trigger, a view, a routine or the like has a word of that
    /// name: it means something else, or is changed at the same time.
    #[arg(long)]
    pub(crate) readers_are_safe: bool,
    /// A column to leave as it is or not to add, given once per column.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) leave: Vec<String>,
}

/// Which rows of the log.
#[derive(Debug, Args)]
pub(crate) struct Filters {
    #[command(flatten)]
    pub(crate) whose: Whose,
    /// Of one entity, by its audit name; the table's, unless the application names it otherwise.
    #[arg(long, value_name = "NAME")]
    pub(crate) table: Option<String>,
    /// Of one record, by its primary key; composite keys are a JSON array.
    #[arg(
        long,
        value_name = "KEY",
        requires = "table",
        allow_hyphen_values = true
    )]
    pub(crate) record: Option<String>,
    /// Take a table of which the log has no row, or none any more, and the database no table.
    #[arg(long, requires = "table")]
    pub(crate) allow_unknown_table: bool,
    /// Of one column.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) field: Option<String>,
    /// By one actor: `kind` or `kind:id`, such as user:u_42.
    #[arg(long, value_name = "ACTOR")]
    pub(crate) by: Option<String>,
    /// Of one action: insert, update, delete, restore, baseline, undelete or an event's name.
    #[arg(long, value_name = "ACTION")]
    pub(crate) action: Option<String>,
    /// Under one request id.
    #[arg(long, value_name = "ID")]
    pub(crate) request: Option<String>,
    /// Of one business operation.
    #[arg(long, value_name = "UUID")]
    pub(crate) operation: Option<uuid::Uuid>,
    /// From then on: RFC 3339, or a date, whose day is included.
    #[arg(long, value_name = "TIME|DATE")]
    pub(crate) from: Option<String>,
    /// Until before then: RFC 3339, or a date, whose day is included.
    #[arg(long, value_name = "TIME|DATE")]
    pub(crate) to: Option<String>,
    /// Of one day.
    #[arg(long, value_name = "DATE", conflicts_with_all = ["from", "to"])]
    pub(crate) day: Option<chrono::NaiveDate>,
    /// The time zone of dates and of the times that are shown, by its IANA name.
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub(crate) zone: chrono_tz::Tz,
    /// The oldest first.
    #[arg(long)]
    pub(crate) oldest: bool,
}

/// Whose rows; one of these has to be said.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Whose {
    /// Of this tenant.
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<String>,
    /// Of no tenant: entities and events that have none.
    #[arg(long)]
    pub(crate) no_tenant: bool,
    /// Of everybody.
    #[arg(long)]
    pub(crate) all_tenants: bool,
}

/// Show rows of the audit log, the newest first.
#[derive(Debug, Args)]
#[command(after_help = "\
Where there is more, stderr names the cursor of the next page. With `--all-tenants`, the table and
the CSV have a column of the tenant; JSON always says it.

Examples:
  audit log --all-tenants --limit 20
  audit log --tenant acme --table accounts --record 42 --changes
  audit log --tenant acme --by user:u_42 --day 2026-03-29 --zone Europe/Berlin
  audit log --no-tenant --from 2026-03-01 --to 2026-03-31 --format csv | head")]
pub(crate) struct Log {
    #[command(flatten)]
    pub(crate) filters: Filters,
    /// Whole changes, all fields of one together.
    #[arg(long)]
    pub(crate) changes: bool,
    /// Most rows, or changes, of a page.
    #[arg(
        long,
        value_name = "ROWS",
        default_value = "100",
        allow_hyphen_values = true
    )]
    pub(crate) limit: u64,
    /// Go on where a page ended.
    #[arg(long, value_name = "CURSOR")]
    pub(crate) cursor: Option<String>,
}

/// Write rows of the audit log to a file or to stdout, all of them, in constant memory.
#[derive(Debug, Args)]
#[command(after_help = "\
A file appears under its name only once it is whole; it can be read by its owner alone.

Examples:
  audit export --csv --tenant acme --from 2026-01-01 --to 2026-03-31 -o q1.csv
  audit export --jsonl --all-tenants --oldest | zstd > audit.jsonl.zst")]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) kind: ExportKind,
    #[command(flatten)]
    pub(crate) filters: Filters,
    /// The file, which must not be there yet; stdout without it.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Put the file in the place of one that is there.
    #[arg(long, requires = "output")]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct ExportKind {
    /// RFC 4180, safe to open in a spreadsheet.
    #[arg(long)]
    pub(crate) csv: bool,
    /// JSON Lines: one object a row.
    #[arg(long)]
    pub(crate) jsonl: bool,
}

/// Delete what is older than a number of days, except what a legal hold covers.
///
/// It works in short transactions and can be killed at any time: the next run goes on from there.
/// Its start is an event of the log (`audit.purge.start`), and so is what it has done, at its end. A
/// run that is killed has no end: what it had deleted is in no event's count.
#[derive(Debug, Args)]
#[command(after_help = "\
From cron:
  15 3 * * *  audit purge --older-than-days 30 --actor system:cron --format json

Examples:
  audit purge --older-than-days 365 --actor user:u_42 --dry-run
  audit purge --older-than-days 30 --actor system:cron --keep-tenant acme=365
  audit purge --older-than-days 30 --actor system:cron --keep-table invoices=forever")]
pub(crate) struct Purge {
    /// Days that rows are kept where nothing else is said: 1 to 36500.
    #[arg(
        long,
        value_name = "DAYS",
        env = "AUDIT_RETENTION_DAYS",
        hide_env_values = true,
        allow_hyphen_values = true
    )]
    pub(crate) older_than_days: String,
    /// Who purges: `kind` or `kind:id`.
    #[arg(long, value_name = "ACTOR", default_value = "system:audit")]
    pub(crate) actor: String,
    /// Count and delete nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Other days for a tenant, or `forever`; given once per tenant.
    #[arg(long, value_name = "TENANT=DAYS")]
    pub(crate) keep_tenant: Vec<String>,
    /// Other days for a table, or `forever`; given once per table.
    #[arg(long, value_name = "TABLE=DAYS")]
    pub(crate) keep_table: Vec<String>,
    /// Other days for a table of a tenant; given once per pair.
    #[arg(long, num_args = 3, value_names = ["TENANT", "TABLE", "DAYS"], allow_hyphen_values = true)]
    pub(crate) keep_tenant_table: Vec<String>,
    /// Only rows of this tenant.
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<String>,
    /// Take rules that keep tables of which the log has no row yet and the database no table, such as
    /// the targets of events that have not happened yet.
    #[arg(long)]
    pub(crate) allow_unknown_tables: bool,
    /// Of a log by month, also delete rows of months that are not over by the limit.
    #[arg(long)]
    pub(crate) within_months: bool,
    /// Delete without asking; needed on a terminal.
    #[arg(long)]
    pub(crate) yes: bool,
}

/// Legal holds: what a purge must not delete.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  audit hold add --tenant acme --table invoices --reason 'Case 17/2026' --actor user:counsel
  audit hold list
  audit hold release 0197f3c2-1111-7aaa-8bbb-123456789abc --actor user:counsel")]
pub(crate) enum Hold {
    /// Place a hold; what it does not name, it covers all of.
    #[command(after_help = "\
Examples:
  audit hold add --tenant acme --reason 'Case 17/2026' --actor user:counsel
  audit hold add --table invoices --record 42 --reason audit --actor user:counsel
  audit hold add --until 2027-01-01T00:00:00Z --reason 'Case 18/2026' --actor user:counsel")]
    Add(HoldAdd),
    /// List the holds that are active.
    #[command(after_help = "\
Examples:
  audit hold list --tenant acme
  audit hold list --all --format json")]
    List(HoldList),
    /// End a hold; that it was there stays on record.
    #[command(after_help = "\
Examples:
  audit hold release 0197f3c2-1111-7aaa-8bbb-123456789abc --actor user:counsel")]
    Release(HoldRelease),
}

#[derive(Debug, Args)]
pub(crate) struct HoldAdd {
    /// The case, the authority, the ticket.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Who places it: `kind` or `kind:id`.
    #[arg(long, value_name = "ACTOR")]
    pub(crate) actor: String,
    /// Only rows of this tenant.
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<String>,
    /// Only rows about this table.
    #[arg(long, value_name = "NAME")]
    pub(crate) table: Option<String>,
    /// Only rows about this record.
    #[arg(
        long,
        value_name = "KEY",
        requires = "table",
        allow_hyphen_values = true
    )]
    pub(crate) record: Option<String>,
    /// Take a table of which the log has no row yet and the database no table.
    #[arg(long, requires = "table")]
    pub(crate) allow_unknown_table: bool,
    /// When it ends by itself, in RFC 3339.
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<chrono::DateTime<chrono::FixedOffset>>,
}

#[derive(Debug, Args)]
pub(crate) struct HoldList {
    /// Only this tenant's.
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<String>,
    /// Those that were released or have ended too.
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct HoldRelease {
    /// The hold's id, as `hold list` shows it.
    pub(crate) id: uuid::Uuid,
    /// Who releases it: `kind` or `kind:id`.
    #[arg(long, value_name = "ACTOR")]
    pub(crate) actor: String,
}

/// Record every row of a table as it is now, for a table that had no trail before.
///
/// Each record without one gets an entry `baseline` with the whole record, in batches; run it again
/// where it broke off. Columns whose names speak of a secret have to be said something about.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  audit baseline accounts --actor system:migration
  audit baseline users --actor system:migration --mask iban=last4 --skip password_hash
  audit baseline users --actor system:migration --skip password_hash --plain token_hint")]
pub(crate) struct Baseline {
    /// The table, `schema.table` where it is not in the search path.
    #[arg(value_name = "TABLE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) table: String,
    /// Who does it: `kind` or `kind:id`.
    #[arg(long, value_name = "ACTOR")]
    pub(crate) actor: String,
    /// Record only what a mask leaves: redact, last4, pan or email; given once per column.
    #[arg(long, value_name = "COLUMN=MASK")]
    pub(crate) mask: Vec<String>,
    /// Record nothing of a column; given once per column.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) skip: Vec<String>,
    /// Record a column in clear text, whatever its name says; given once per column.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) plain: Vec<String>,
    /// The entity's audit name; the table's without it.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// The column of the tenant; `tenant_id` where there is one.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) tenant_column: Option<String>,
    /// Why, for the trail.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Records of a transaction.
    #[arg(long, value_name = "RECORDS", default_value = "500", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) batch: u32,
}

/// Print the completions of a shell.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  audit completions bash > ~/.local/share/bash-completion/completions/audit
  audit completions fish > ~/.config/fish/completions/audit.fish")]
pub(crate) struct Completions {
    pub(crate) shell: clap_complete::Shell,
}
