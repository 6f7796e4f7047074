//! Days, weeks and months of a time zone's calendar.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use penstock_config::Period;

use crate::store::Window;

/// The day, week or month that `now_ms` is in. Days have 23 or 25 hours where clocks change, and weeks begin on
/// Monday. What lies outside the calendar (before the year -9999, after 9999) is one window for itself.
pub fn calendar(period: Period, zone: &TimeZone, now_ms: u64) -> Window {
    within(period, zone, now_ms).unwrap_or(Window::Until {
        start_ms: 0,
        end_ms: u64::MAX,
    })
}

fn within(period: Period, zone: &TimeZone, now_ms: u64) -> Option<Window> {
    let now = Timestamp::from_millisecond(i64::try_from(now_ms).ok()?).ok()?;
    let today = zone.to_datetime(now).date();
    let (first, next) = match period {
        Period::Day => (today, today.tomorrow().ok()?),
        Period::Week => {
            let since_monday = i64::from(today.weekday().to_monday_zero_offset());
            let monday = days(today, -since_monday)?;
            (monday, days(monday, 7)?)
        }
        Period::Month => (today.first_of_month(), today.last_of_month().tomorrow().ok()?),
    };
    Some(Window::Until {
        start_ms: midnight(first, zone)?,
        end_ms: midnight(next, zone)?,
    })
}

fn days(date: Date, count: i64) -> Option<Date> {
    date.checked_add(SignedDuration::from_hours(count.checked_mul(24)?))
        .ok()
}

/// The first moment of a day, which is not midnight where clocks go forward at midnight.
fn midnight(date: Date, zone: &TimeZone) -> Option<u64> {
    let first = date.to_zoned_datetime(zone.clone()).ok()?;
    u64::try_from(first.timestamp().as_millisecond()).ok()
}
