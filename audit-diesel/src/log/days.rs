//! Days as people mean them: in a time zone, with its changes of the clock.

use chrono::{DateTime, MappedLocalTime, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc};

use crate::error::QueryError;

/// The first instant of a day in a zone.
///
/// Midnight, where the zone has one. Where clocks go forward over it, the day begins at the first
/// time that they show; where they go back over it, at the first of the two midnights. So each
/// instant belongs to one day, and a day that a zone leaves out (Samoa, 30 December 2011) is empty.
pub(super) fn start_of<Z: TimeZone>(day: NaiveDate, zone: &Z) -> Result<DateTime<Utc>, QueryError> {
    let midnight = day.and_hms_opt(0, 0, 0).ok_or(QueryError::Time)?;
    if let Some(start) = earliest(midnight, zone) {
        return Ok(start);
    }
    // The times that a gap leaves out are one interval around midnight: find its end, to the
    // second. No zone has skipped more than a day.
    let (mut missing, mut shown) = (0_i64, 3600);
    while earliest(midnight + TimeDelta::seconds(shown), zone).is_none() {
        (missing, shown) = (shown, shown + 3600);
        if shown > 48 * 3600 {
            return Err(QueryError::Time);
        }
    }
    while shown - missing > 1 {
        let middle = i64::midpoint(missing, shown);
        if earliest(midnight + TimeDelta::seconds(middle), zone).is_none() {
            missing = middle;
        } else {
            shown = middle;
        }
    }
    earliest(midnight + TimeDelta::seconds(shown), zone).ok_or(QueryError::Time)
}

fn earliest<Z: TimeZone>(local: NaiveDateTime, zone: &Z) -> Option<DateTime<Utc>> {
    match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(at) => Some(at.to_utc()),
        MappedLocalTime::Ambiguous(one, other) => Some(one.to_utc().min(other.to_utc())),
        MappedLocalTime::None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(day: &str, zone: chrono_tz::Tz) -> String {
        let start = start_of(day.parse().unwrap(), &zone).unwrap();
        start.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }

    #[test]
    fn a_day_starts_at_its_first_instant() {
        use chrono_tz::{America, Europe, Pacific};
        for (day, zone, expected) in [
            ("2026-03-29", Europe::Berlin, "2026-03-28T23:00:00Z"),
            ("2026-03-30", Europe::Berlin, "2026-03-29T22:00:00Z"),
            // Clocks went from 00:00 to 01:00.
            ("2018-11-04", America::Sao_Paulo, "2018-11-04T03:00:00Z"),
            ("2018-11-05", America::Sao_Paulo, "2018-11-05T02:00:00Z"),
            // Clocks went from 24:00 back to 23:00: that day has 25 hours.
            ("2018-02-17", America::Sao_Paulo, "2018-02-17T02:00:00Z"),
            ("2018-02-18", America::Sao_Paulo, "2018-02-18T03:00:00Z"),
            // Clocks went from 01:00 back to 00:00: two midnights.
            ("2018-11-04", America::Havana, "2018-11-04T04:00:00Z"),
            // From 00:01 back to 23:01 of the day before.
            ("2010-11-07", America::St_Johns, "2010-11-07T02:30:00Z"),
            // From 00:01 to 01:01.
            ("2010-03-14", America::St_Johns, "2010-03-14T03:30:00Z"),
            // 30 December 2011 was left out: it is empty.
            ("2011-12-29", Pacific::Apia, "2011-12-29T10:00:00Z"),
            ("2011-12-30", Pacific::Apia, "2011-12-30T10:00:00Z"),
            ("2011-12-31", Pacific::Apia, "2011-12-30T10:00:00Z"),
        ] {
            assert_eq!(start(day, zone), expected, "{day} in {zone}");
        }
    }

    /// Days follow each other without a gap or an overlap, in every zone, and start on their date.
    #[test]
    fn days_tile_the_time() {
        for zone in chrono_tz::TZ_VARIANTS {
            for (from, days) in [("1970-01-01", 40), ("2010-10-01", 600)] {
                let mut day: NaiveDate = from.parse().unwrap();
                let mut last = start_of(day, &zone).unwrap();
                for _ in 0..days {
                    day = day.succ_opt().unwrap();
                    let next = start_of(day, &zone).unwrap();
                    let hours = (next - last).num_minutes();
                    assert!((0..=49 * 60).contains(&hours), "{day} {zone} {hours}");
                    assert!(
                        next.with_timezone(&zone).date_naive() >= day,
                        "{day} {zone}"
                    );
                    let before = next - TimeDelta::seconds(1);
                    assert!(
                        before.with_timezone(&zone).date_naive() < day,
                        "{day} {zone}"
                    );
                    last = next;
                }
            }
        }
    }
}
