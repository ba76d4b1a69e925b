//! When the daily job runs next.

use chrono::{
    DateTime, Days, LocalResult, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Timelike,
    Utc,
};

/// The first instant after `after` at which the clocks of `zone` show `time`, once a day: where a
/// day has no such time (clocks go forward over it), the next instant that it has; where it has it
/// twice, the first. `None` at the end of the calendar.
pub(super) fn next_run<Z: TimeZone>(
    zone: &Z,
    time: NaiveTime,
    after: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    // What the clocks show may lie past the end of the calendar, where chrono's own reading panics.
    let offset = zone.offset_from_utc_datetime(&after.naive_utc()).fix();
    let today = after.naive_utc().checked_add_offset(offset)?.date();
    // Yesterday's run may have been put off past midnight; two days ahead are more than enough.
    let first = today.checked_sub_days(Days::new(1))?;
    (0..4)
        .filter_map(|day| first.checked_add_days(Days::new(day)))
        .filter_map(|day| instant(zone, day.and_time(time)))
        .find(|run| *run > after)
}

fn instant<Z: TimeZone>(zone: &Z, local: NaiveDateTime) -> Option<DateTime<Utc>> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(run) => Some(run.to_utc()),
        LocalResult::Ambiguous(first, second) => Some(first.to_utc().min(second.to_utc())),
        // The longest gap there was is a day (Samoa, 2011); they begin and end on full minutes.
        LocalResult::None => {
            let minute = local
                - TimeDelta::nanoseconds(i64::from(local.nanosecond()))
                - TimeDelta::seconds(i64::from(local.second()));
            (1..=26 * 60)
                .map(|minutes| minute + TimeDelta::minutes(minutes))
                .find_map(|later| zone.from_local_datetime(&later).earliest())
                .map(|run| run.to_utc())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::FixedOffset;

    #[test]
    fn it_is_the_next_one_and_never_the_same_again() {
        let zone = FixedOffset::east_opt(2 * 3600).unwrap();
        let three = NaiveTime::from_hms_opt(3, 0, 0).unwrap();
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let next = |after| next_run(&zone, three, at(after)).unwrap();
        assert_eq!(next("2026-05-01T00:59:59Z"), at("2026-05-01T01:00:00Z"));
        assert_eq!(next("2026-05-01T01:00:00Z"), at("2026-05-02T01:00:00Z"));
        assert_eq!(next("2026-12-31T23:30:00Z"), at("2027-01-01T01:00:00Z"));
        assert_eq!(next_run(&zone, three, DateTime::<Utc>::MAX_UTC), None);
    }
}
