//! Working days: the clocks of complaints, advice and reports count no weekends and no bank
//! holidays.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use pagewarden_rules::Nation;

/// The working days of a nation, in a time zone.
#[derive(Clone, Debug)]
pub struct Calendar {
    nation: Nation,
    zone: TimeZone,
}

impl Calendar {
    /// Makes the calendar of a practice. An unknown time zone falls back to that of London, where
    /// all four nations keep the same time.
    #[must_use]
    pub fn new(nation: Nation, timezone: &str) -> Self {
        let zone = TimeZone::get(timezone)
            .or_else(|_| TimeZone::get("Europe/London"))
            .unwrap_or(TimeZone::UTC);
        Calendar { nation, zone }
    }

    /// Returns the end of the last of so many working days after a time: 18:30, when surgeries
    /// close.
    #[must_use]
    pub fn after_working_days(&self, from: Timestamp, days: u32) -> Timestamp {
        let date = working_days(self.nation, from.to_zoned(self.zone.clone()).date(), days);
        let closing = date.at(18, 30, 0, 0).to_zoned(self.zone.clone());
        closing.map_or(from, |zoned| zoned.timestamp())
    }

    /// Returns `true` if the surgery is open: on a working day, from 08:00 to 18:30.
    #[must_use]
    pub fn is_open(&self, at: Timestamp) -> bool {
        let here = at.to_zoned(self.zone.clone());
        let open = Time::constant(8, 0, 0, 0)..Time::constant(18, 30, 0, 0);
        is_working_day(self.nation, here.date()) && open.contains(&here.time())
    }

    /// Returns the next 08:00, on whatever day.
    #[must_use]
    pub fn next_morning(&self, from: Timestamp) -> Timestamp {
        let here = from.to_zoned(self.zone.clone());
        let days = i64::from(here.time() >= Time::constant(8, 0, 0, 0));
        let morning = here
            .date()
            .checked_add(Span::new().days(days))
            .map(|date| date.at(8, 0, 0, 0));
        morning
            .and_then(|morning| morning.to_zoned(self.zone.clone()))
            .map_or(from, |zoned| zoned.timestamp())
    }

    /// Returns the day of a time by the practice's calendar.
    #[must_use]
    pub fn date(&self, at: Timestamp) -> Date {
        at.to_zoned(self.zone.clone()).date()
    }

    /// Returns when a day begins by the practice's clock.
    #[must_use]
    pub fn begins(&self, day: Date) -> Timestamp {
        let begins = day.to_zoned(self.zone.clone());
        begins.map_or(Timestamp::MIN, |begins| begins.timestamp())
    }

    /// Returns a date as the practice's calendar shows it.
    #[must_use]
    pub fn local_date(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone())
            .strftime("%-d %B %Y")
            .to_string()
    }

    /// Returns a time within a few weeks as the practice's clock shows it, without the year.
    #[must_use]
    pub fn soon(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone())
            .strftime("%a %-d %b %H:%M")
            .to_string()
    }

    /// Returns a time as the practice's clock shows it.
    #[must_use]
    pub fn local(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone())
            .strftime("%a %d %b %Y %H:%M")
            .to_string()
    }
}

/// Returns the date so many working days after a date.
#[must_use]
pub fn working_days(nation: Nation, from: Date, days: u32) -> Date {
    let mut date = from;
    let mut left = days;
    while left > 0 {
        let Ok(next) = date.tomorrow() else {
            return date;
        };
        date = next;
        if is_working_day(nation, date) {
            left -= 1;
        }
    }
    date
}

fn is_working_day(nation: Nation, date: Date) -> bool {
    !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) && !is_bank_holiday(nation, date)
}

/// The standing rules only: a day proclaimed for one year, such as a coronation, shortens no clock
/// by being unknown.
fn is_bank_holiday(nation: Nation, date: Date) -> bool {
    let scotland = nation == Nation::Scotland;
    let ireland = nation == Nation::NorthernIreland;
    let (year, month, day) = (date.year(), date.month(), date.day());
    let monday = date.weekday() == Weekday::Monday;
    let easter_in = |days: i64| {
        easter(year)
            .checked_add(Span::new().days(days))
            .is_ok_and(|d| d == date)
    };
    easter_in(-2)
        || (!scotland && easter_in(1))
        || substituted(date, 1, 1)
        || (scotland && substituted_second(date, 1, 2))
        || (ireland && (substituted(date, 3, 17) || substituted(date, 7, 12)))
        || (monday && month == 5 && (day <= 7 || day > 24))
        || (monday && month == 8 && if scotland { day <= 7 } else { day > 24 })
        || (scotland && substituted(date, 11, 30))
        || substituted(date, 12, 25)
        || substituted_second(date, 12, 26)
}

/// A holiday on a weekend is kept on the Monday after.
fn substituted(date: Date, month: i8, day: i8) -> bool {
    let Ok(holiday) = Date::new(date.year(), month, day) else {
        return false;
    };
    let moved = match holiday.weekday() {
        Weekday::Saturday => 2,
        Weekday::Sunday => 1,
        Weekday::Monday
        | Weekday::Tuesday
        | Weekday::Wednesday
        | Weekday::Thursday
        | Weekday::Friday => 0,
    };
    holiday
        .checked_add(Span::new().days(moved))
        .is_ok_and(|kept| kept == date)
}

/// The second of two holidays in a row moves past the first one's substitute.
fn substituted_second(date: Date, month: i8, day: i8) -> bool {
    let Ok(holiday) = Date::new(date.year(), month, day) else {
        return false;
    };
    let moved = match holiday.weekday() {
        Weekday::Saturday | Weekday::Sunday => 2,
        Weekday::Monday => 1,
        Weekday::Tuesday | Weekday::Wednesday | Weekday::Thursday | Weekday::Friday => 0,
    };
    holiday
        .checked_add(Span::new().days(moved))
        .is_ok_and(|kept| kept == date)
}

/// Easter Sunday by the anonymous Gregorian computation.
fn easter(year: i16) -> Date {
    let year_wide = i32::from(year);
    let (golden, century, rest) = (year_wide % 19, year_wide / 100, year_wide % 100);
    let moon =
        (19 * golden + century - century / 4 - (century - (century + 8) / 25 + 1) / 3 + 15) % 30;
    let week = (32 + 2 * (century % 4) + 2 * (rest / 4) - moon - rest % 4) % 7;
    let shift = (golden + 11 * moon + 22 * week) / 451;
    let days = moon + week - 7 * shift + 114;
    let part = |value: i32| i8::try_from(value).unwrap_or(1);
    Date::new(year, part(days / 31), part(days % 31 + 1)).unwrap_or(Date::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn bank_holidays_are_those_the_governments_list() {
        // gov.uk/bank-holidays lists these for 2026 and 2027.
        let england = [
            date(2026, 1, 1),
            date(2026, 4, 3),
            date(2026, 4, 6),
            date(2026, 5, 4),
            date(2026, 5, 25),
            date(2026, 8, 31),
            date(2026, 12, 25),
            date(2026, 12, 28),
            date(2027, 1, 1),
            date(2027, 3, 26),
            date(2027, 3, 29),
            date(2027, 5, 3),
            date(2027, 5, 31),
            date(2027, 8, 30),
            date(2027, 12, 27),
            date(2027, 12, 28),
        ];
        for day in england {
            assert!(is_bank_holiday(Nation::England, day), "{day}");
        }
        for day in [date(2026, 1, 2), date(2026, 8, 3), date(2026, 11, 30)] {
            assert!(
                is_bank_holiday(Nation::Scotland, day) && !is_bank_holiday(Nation::England, day),
                "{day}"
            );
        }
        assert!(!is_bank_holiday(Nation::Scotland, date(2026, 4, 6)));
        for day in [date(2026, 3, 17), date(2026, 7, 13)] {
            assert!(is_bank_holiday(Nation::NorthernIreland, day), "{day}");
        }
        assert!(!is_bank_holiday(Nation::England, date(2026, 11, 23)));
    }

    #[test]
    fn three_working_days_step_over_christmas() {
        assert_eq!(
            working_days(Nation::England, date(2026, 12, 24), 3),
            date(2026, 12, 31)
        );
        assert_eq!(
            working_days(Nation::England, date(2026, 11, 20), 3),
            date(2026, 11, 25)
        );
    }

    #[test]
    fn a_clock_ends_when_the_surgery_closes() {
        let calendar = Calendar::new(Nation::England, "Europe/London");
        let from: Timestamp = "2026-07-03T22:30:00Z".parse().unwrap();
        assert_eq!(
            calendar.after_working_days(from, 1).to_string(),
            "2026-07-06T17:30:00Z"
        );
    }

    #[test]
    fn a_surgery_is_open_in_its_hours_and_opens_at_eight() {
        let calendar = Calendar::new(Nation::England, "Europe/London");
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        // British summer time.
        assert!(
            calendar.is_open(at("2026-07-03T07:00:00Z"))
                && calendar.is_open(at("2026-07-03T17:29:00Z"))
        );
        assert!(
            !calendar.is_open(at("2026-07-03T06:59:00Z"))
                && !calendar.is_open(at("2026-07-03T17:30:00Z"))
        );
        // A Saturday, and a bank holiday.
        assert!(
            !calendar.is_open(at("2026-07-04T11:00:00Z"))
                && !calendar.is_open(at("2026-08-31T11:00:00Z"))
        );
        assert_eq!(
            calendar.next_morning(at("2026-07-03T22:00:00Z")),
            at("2026-07-04T07:00:00Z")
        );
        assert_eq!(
            calendar.next_morning(at("2026-07-04T02:00:00Z")),
            at("2026-07-04T07:00:00Z")
        );
        assert_eq!(
            calendar.next_morning(at("2026-07-04T07:00:00Z")),
            at("2026-07-05T07:00:00Z")
        );
    }
}
