//! What the reading commands share: whose rows, which, and in what order.

use audit_diesel::{Actor, AuditConfig, AuditContext, AuditLog, LogQuery};
use chrono::{DateTime, NaiveDate, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use super::known;
use crate::args::{Filters, Whose};
use crate::database::{Database, on};
use crate::failure::{Failure, Result};

/// An actor of the command line, which has to be one of a kind.
pub(super) fn actor(option: &str, given: &str) -> Result<Actor> {
    let (kind, id) = match given.split_once(':') {
        Some((kind, id)) => (kind, Some(id)),
        None => (given, None),
    };
    Actor::new(kind, id).map_err(|error| {
        Failure::Usage(format!(
            "`{option}`: {error}; an actor is `kind` or `kind:id`, such as `user:u_42` or `system:cron`"
        ))
    })
}

/// A context of an actor's, for one tenant or for all.
pub(super) fn context(actor: Actor, tenant: Option<&str>) -> Result<AuditContext> {
    let ctx = AuditContext::new(actor);
    let ctx = match tenant {
        Some(tenant) => ctx.tenant(tenant),
        None => ctx.all_tenants(),
    };
    // The actor was looked at when it was made.
    ctx.validate()
        .map_err(|error| Failure::Usage(format!("`--tenant`: {error}")))?;
    Ok(ctx)
}

/// Cursors pass from one process to the next, and from an operator to himself: he who could forge
/// one can read the table as it is. So the key is no secret.
const CURSOR_KEY: &[u8] = b"audit-cli: cursors of the command line";

/// The query that the options ask for.
pub(super) fn query(filters: &Filters) -> Result<LogQuery> {
    let Filters {
        whose: Whose {
            tenant,
            all_tenants,
            ..
        },
        table,
        allow_unknown_table: _,
        record,
        field,
        by,
        action,
        request,
        operation,
        from,
        to,
        day,
        zone,
        oldest,
    } = filters;
    let config = AuditConfig::builder().cursor_key(CURSOR_KEY).build();
    let mut ctx = config.context(Actor::system());
    if let Some(tenant) = tenant {
        ctx = ctx.tenant(tenant);
    } else if *all_tenants {
        ctx = ctx.all_tenants();
    }
    ctx.validate()
        .map_err(|error| Failure::Usage(format!("`--tenant`: {error}")))?;
    let mut query = AuditLog::query(&ctx);
    if let Some(table) = table {
        query = query.table(table);
    }
    if let Some(record) = record {
        query = query.record(record);
    }
    if let Some(field) = field {
        query = query.field(field);
    }
    if let Some(by) = by {
        if by.is_empty() {
            return Err(Failure::Usage("`--by` names nobody".to_owned()));
        }
        // What is no actor text is asked for as it is: older rows may hold it.
        query = query.changed_by(Actor::parse(by));
    }
    if let Some(action) = action {
        query = query.action(action);
    }
    if let Some(request) = request {
        query = query.request(request);
    }
    if let Some(operation) = operation {
        query = query.operation(*operation);
    }
    if let Some(day) = day {
        query = query.between_days(*day, *day, *zone);
    }
    if let Some(from) = from {
        query = query.since(moment("--from", from, *zone, false)?);
    }
    if let Some(to) = to {
        query = query.until(moment("--to", to, *zone, true)?);
    }
    Ok(if *oldest { query.oldest_first() } else { query })
}

/// Refuses a table that nobody knows: nothing would be found, as if there were nothing to find.
pub(super) fn refuse_unknown_table(database: &mut Database, filters: &Filters) -> Result<()> {
    let Some(table) = filters
        .table
        .as_ref()
        .filter(|_| !filters.allow_unknown_table)
    else {
        return Ok(());
    };
    on!(database, conn => known::refuse_unknown(
        conn,
        "--table",
        table,
        "give an entity's audit name, or say `--allow-unknown-table` of one whose rows were all purged",
    ))
}

/// A time, or the start of a day or of the one after it.
fn moment(option: &str, given: &str, zone: Tz, next_day: bool) -> Result<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(given) {
        return Ok(time.with_timezone(&Utc));
    }
    let day = given.parse::<NaiveDate>().ok().and_then(|day| {
        let day = if next_day { day.succ_opt()? } else { day };
        start_of(day, zone)
    });
    day.ok_or_else(|| {
        Failure::Usage(format!(
            "`{option}` is neither a time nor a date: write `2026-03-29T12:00:00Z`, \
             `2026-03-29T14:00:00+02:00` or `2026-03-29`"
        ))
    })
}

/// The first instant of a day: midnight, or where clocks go forward over it, what they show next.
fn start_of(day: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    let midnight = day.and_hms_opt(0, 0, 0)?;
    // Changes of clocks are whole quarters of an hour, and Samoa once left out a whole day.
    (0..=100).find_map(|quarters| {
        let local = midnight.checked_add_signed(TimeDelta::minutes(15 * quarters))?;
        Some(
            zone.from_local_datetime(&local)
                .earliest()?
                .with_timezone(&Utc),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(given: &str, zone: Tz, next: bool) -> String {
        moment("--from", given, zone, next).unwrap().to_rfc3339()
    }

    #[test]
    fn dates_are_whole_days_of_the_zone() {
        let berlin = chrono_tz::Europe::Berlin;
        assert_eq!(at("2026-03-29", berlin, false), "2026-03-28T23:00:00+00:00");
        assert_eq!(at("2026-03-29", berlin, true), "2026-03-29T22:00:00+00:00");
        assert_eq!(
            at("2026-03-29T12:00:00+02:00", berlin, true),
            "2026-03-29T10:00:00+00:00"
        );
        // Clocks went from 00:00 to 01:00.
        assert_eq!(
            at("2018-11-04", chrono_tz::America::Sao_Paulo, false),
            "2018-11-04T03:00:00+00:00"
        );
        for wrong in [
            "",
            "yesterday",
            "2026-02-30",
            "2026-03-29 12:00",
            "+262143-12-31",
        ] {
            assert!(moment("--to", wrong, berlin, true).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_actor_has_a_kind() {
        assert_eq!(
            actor("--actor", "system:cron").unwrap().as_str(),
            "system:cron"
        );
        for wrong in ["", ":", "user:", "Jane", "unknown:x", "user:a\u{7}"] {
            assert!(actor("--actor", wrong).is_err(), "{wrong}");
        }
    }
}
