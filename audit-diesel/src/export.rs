//! The log as a file: CSV and JSON Lines.
//!
//! Both hold the rows of a [`LogQuery`], in its order, with the same masks (the log holds nothing
//! unmasked), and are written as they are read: in constant memory, whatever their number.

mod csv;
mod json;
mod out;

use std::io::{BufWriter, Write};

use crate::backend::AuditConnection;
use crate::error::AuditError;
use crate::log::LogQuery;
use out::BUFFER;

impl LogQuery {
    /// Writes the rows as CSV (RFC 4180: comma, CRLF, quotes doubled), in UTF-8 and with a header
    /// of the columns' names in `audit_log`; returns their number.
    ///
    /// Times are RFC 3339 in UTC with microseconds, UUIDs are lowercase with hyphens, values are
    /// the JSON that is stored. CSV has no null: what is absent is an empty cell, and so is an empty
    /// text (an empty text of a value is `""`, quotes included). Who must tell the two apart takes
    /// [`Self::export_jsonl`].
    ///
    /// **Formulas.** A spreadsheet runs a cell that begins with `=`, `+`, `-`, `@`, a tab, a line
    /// break or a full-width form of these, also behind blanks. Such a cell gets an apostrophe in
    /// front, and so does one that begins with an apostrophe. To have the text back, take one leading
    /// apostrophe away wherever there is one. JSON in `old_value`, `new_value` and `context` needs
    /// none: a text begins with its quote there, and a negative number is left a number, in which
    /// no formula can hide. (See OWASP, "CSV Injection".)
    ///
    /// # Errors
    /// Those of [`LogQuery::load`], and [`AuditError::Export`] where the writer fails. What was
    /// written before stays written.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use audit_diesel::{Actor, AuditContext, AuditLog};
    /// # use diesel::prelude::*;
    /// # let mut conn = SqliteConnection::establish(":memory:")?;
    /// # audit_diesel::migrate(&mut conn)?;
    /// let ctx = AuditContext::new(Actor::user("u_42")).tenant("acme");
    /// let mut file = Vec::new(); // or a `File`
    /// let rows = AuditLog::query(&ctx).oldest_first().export_csv(&mut conn, &mut file)?;
    /// assert_eq!(rows, 0);
    /// assert!(file.starts_with(b"seq,id,change_id,operation_id,tenant_id,"));
    /// # Ok(()) }
    /// # #[cfg(not(feature = "sqlite"))] fn main() {}
    /// ```
    pub fn export_csv<C: AuditConnection>(
        &self,
        conn: &mut C,
        writer: impl Write,
    ) -> Result<u64, AuditError> {
        let rows = self.stream(conn)?;
        let mut out = csv::Csv::new(writer)?;
        let mut written = 0;
        for row in rows {
            out.row(&row?)?;
            written += 1;
        }
        out.finish()?;
        Ok(written)
    }

    /// Writes the rows as JSON Lines: one object a line, in UTF-8, with the columns' names in
    /// `audit_log` as keys, all of them in every line; returns their number.
    ///
    /// `old_value`, `new_value` and `context` are the stored JSON itself, character by character, so
    /// that no number loses a digit on the way; a reader that takes numbers for doubles may still
    /// lose them. (Text that somebody stored by hand and that is no JSON is `{"$invalid":"…"}`.)
    ///
    /// # Errors
    /// As [`Self::export_csv`].
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use audit_diesel::{Actor, AuditContext, AuditLog};
    /// # use diesel::prelude::*;
    /// # let mut conn = SqliteConnection::establish(":memory:")?;
    /// # audit_diesel::migrate(&mut conn)?;
    /// # let ctx = AuditContext::new(Actor::user("u_42")).tenant("acme");
    /// AuditLog::event("shop.opened").write(&mut conn, &ctx)?;
    /// let mut file = Vec::new();
    /// AuditLog::query(&ctx).export_jsonl(&mut conn, &mut file)?;
    /// let line = String::from_utf8(file)?;
    /// assert!(line.contains(r#""action":"shop.opened","field_name":null,"#) && line.ends_with("}\n"));
    /// # Ok(()) }
    /// # #[cfg(not(feature = "sqlite"))] fn main() {}
    /// ```
    pub fn export_jsonl<C: AuditConnection>(
        &self,
        conn: &mut C,
        writer: impl Write,
    ) -> Result<u64, AuditError> {
        let rows = self.stream(conn)?;
        let mut out = BufWriter::with_capacity(BUFFER, writer);
        let mut written = 0;
        for row in rows {
            json::line(&row?, &mut out).map_err(AuditError::Export)?;
            written += 1;
        }
        out.flush().map_err(AuditError::Export)?;
        Ok(written)
    }
}
