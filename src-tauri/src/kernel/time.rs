//! Instants, business dates, time zones, and the clock that never goes back.

use super::{Code, Fault, Result, shown};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment, in UTC milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, description = "UTC milliseconds since 1970")]
pub struct Instant(pub i64);

impl Instant {
    /// As people read it, in that time zone: `2026-11-23 08:15`.
    pub fn show(self, zone: &Zone) -> String {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(stamp) => stamp.to_zoned(zone.0.clone()).strftime("%Y-%m-%d %H:%M").to_string(),
            Err(_) => self.0.to_string(),
        }
    }

    /// For file names, in UTC: `20261123-081500`.
    pub fn stamp(self) -> String {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(stamp) => stamp.strftime("%Y%m%d-%H%M%S").to_string(),
            Err(_) => self.0.to_string(),
        }
    }
}

/// The day that the business books something on: a date without a time, as `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BusinessDate(Date);

/// The years that anything can be booked in.
const YEARS: Range<i16> = 1900..2200;

impl BusinessDate {
    /// Parses `YYYY-MM-DD` from 1900 to 2199; `bad_date` otherwise.
    pub fn parse(text: &str) -> Result<BusinessDate> {
        if text.len() != 10 {
            return Err(not_a_date(text));
        }
        BusinessDate::stored(text)?.bookable()
    }

    /// Reads a date that was stored. What can't be booked can still be read: it may have been written elsewhere.
    ///
    /// # Errors
    /// `bad_date` for what is no date of the calendar.
    pub fn stored(text: &str) -> Result<BusinessDate> {
        text.parse().map(BusinessDate).map_err(|cause: jiff::Error| not_a_date(text).because(cause))
    }

    /// The date, where something can be booked on it.
    ///
    /// # Errors
    /// `bad_date` outside of 1900 to 2199.
    pub fn bookable(self) -> Result<BusinessDate> {
        if YEARS.contains(&self.0.year()) {
            return Ok(self);
        }
        let message = format!("{self} is outside of what can be booked: {} to {}.", YEARS.start, YEARS.end - 1);
        Err(Fault::new(Code::BadDate, message))
    }

    /// Its year, month from 1 to 12, and day of the month.
    pub fn parts(self) -> (i16, u8, u8) {
        let number = |part: i8| u8::try_from(part).unwrap_or_default(); // a calendar's are above zero
        (self.0.year(), number(self.0.month()), number(self.0.day()))
    }

    /// The first and the last day that can be booked.
    pub fn bounds() -> (String, String) {
        (format!("{}-01-01", YEARS.start), format!("{}-12-31", YEARS.end - 1))
    }

    /// The date so many days later, or earlier where `days` is negative; it stays within the calendar.
    #[must_use]
    pub fn plus_days(self, days: i32) -> BusinessDate {
        BusinessDate(self.0.saturating_add(jiff::Span::new().days(days)))
    }
}

fn not_a_date(text: &str) -> Fault {
    Fault::new(Code::BadDate, format!("“{}” is not a date as YYYY-MM-DD.", shown(text)))
}

impl fmt::Display for BusinessDate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, out)
    }
}

impl Serialize for BusinessDate {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for BusinessDate {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(from)?;
        BusinessDate::parse(&text).map_err(|fault| de::Error::custom(fault.to_serde()))
    }
}

impl JsonSchema for BusinessDate {
    fn schema_name() -> Cow<'static, str> {
        "BusinessDate".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date" })
    }
    fn inline_schema() -> bool {
        true
    }
}

/// A time zone of the IANA database, which is built in: an edge box may have none installed.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone(TimeZone);

impl Zone {
    /// Parses a name such as `Africa/Nairobi`; `bad_time_zone` otherwise.
    pub fn parse(name: &str) -> Result<Zone> {
        TimeZone::get(name).map(Zone).map_err(|cause| {
            Fault::new(Code::BadTimeZone, format!("“{}” is not a time zone such as Africa/Nairobi.", shown(name)))
                .because(cause)
        })
    }

    /// The zone that this machine is set to, by name; `UTC` when it can't be told.
    pub fn of_this_machine() -> String {
        TimeZone::system().iana_name().unwrap_or("UTC").to_owned()
    }

    /// The date at that moment here; whether anything can be booked on it is another question.
    pub fn date_at(&self, instant: Instant) -> BusinessDate {
        // Past either end of the calendar only its first day is left to say.
        let stamp = jiff::Timestamp::from_millisecond(instant.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        BusinessDate(stamp.to_zoned(self.0.clone()).date())
    }

    /// The first moment of that date here.
    pub fn start_of(&self, date: BusinessDate) -> Instant {
        match date.0.to_zoned(self.0.clone()) {
            Ok(zoned) => Instant(zoned.timestamp().as_millisecond()),
            Err(_) => Instant(0),
        }
    }
}

/// Two clocks: the machine's own, which says what day it is, and the hybrid one, which says what came after what.
///
/// The hybrid one is the machine's, but never before the newest entry: a machine whose clock was set back goes on in order (the
/// physical part of Kulkarni et al., *Logical Physical Clocks*, 2014). A day that it says may be one that never was here.
#[derive(Debug)]
pub struct Clock {
    newest: AtomicI64,
    ahead_ms: AtomicI64,
}

const NONE: i64 = i64::MIN;

impl Default for Clock {
    fn default() -> Clock {
        Clock { newest: AtomicI64::new(NONE), ahead_ms: AtomicI64::new(0) }
    }
}

impl Clock {
    /// What the machine's clock says.
    pub fn machine(&self) -> Instant {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
        let machine = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX),
        };
        Instant(machine.saturating_add(self.ahead_ms.load(Ordering::Relaxed)))
    }

    /// The time of the next entry: the machine's, but never before the newest one.
    pub fn for_order(&self) -> Instant {
        self.machine().max(Instant(self.newest.load(Ordering::Relaxed)))
    }

    /// The time of the newest entry of this device, if there is one.
    pub fn newest(&self) -> Option<Instant> {
        let newest = self.newest.load(Ordering::Relaxed);
        (newest != NONE).then_some(Instant(newest))
    }

    /// Tells it the time of an entry that was made here.
    pub fn made_at(&self, instant: Instant) {
        self.newest.fetch_max(instant.0, Ordering::Relaxed);
    }

    /// Sets the machine's time ahead by so many milliseconds (back, where negative), as a wrong clock would be.
    pub fn shift(&self, milliseconds: i64) {
        self.ahead_ms.store(milliseconds, Ordering::Relaxed);
    }
}

/// How long ago the machine was started. Nobody sets this clock, and it goes on while the machine sleeps, when that of
/// `std::time::Instant` stands still.
#[cfg(unix)]
pub fn uptime() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    #[cfg(target_os = "linux")]
    const CLOCK: ClockId = ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    const CLOCK: ClockId = ClockId::Monotonic;
    clock_gettime(CLOCK).try_into().unwrap_or_default()
}

/// How long ago this was asked first. Elsewhere `std::time::Instant` goes on while the machine sleeps.
#[cfg(not(unix))]
pub fn uptime() -> Duration {
    static FIRST: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    FIRST.elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_never_goes_back_and_the_machine_s_clock_may() {
        let clock = Clock::default();
        assert_eq!(clock.newest(), None);
        let first = clock.for_order();
        clock.made_at(first);
        clock.shift(-86_400_000);
        assert_eq!(clock.for_order(), first, "a clock set back by a day goes on from the newest entry");
        assert!(clock.machine() < first);
        clock.shift(86_400_000);
        assert!(clock.for_order().0 >= first.0 + 86_400_000);
        assert_eq!(clock.newest(), Some(first), "to look at the clock makes no entry");
    }

    #[test]
    fn a_day_that_cant_be_booked_can_be_read() {
        let far = BusinessDate::stored("2201-01-01").unwrap();
        assert_eq!(far.bookable().unwrap_err().code, Code::BadDate);
        assert!(BusinessDate::stored("2201-02-30").is_err());
        assert!(BusinessDate::stored("1999-02-28").unwrap().bookable().is_ok());
    }

    #[test]
    fn the_business_date_is_the_date_where_the_book_is() {
        let midnight_utc = Instant(1_795_392_000_000); // 2026-11-23T00:00:00Z
        assert_eq!(Zone::parse("America/Lima").unwrap().date_at(midnight_utc).to_string(), "2026-11-22");
        assert_eq!(Zone::parse("Asia/Manila").unwrap().date_at(midnight_utc).to_string(), "2026-11-23");
    }

    #[test]
    fn only_dates_of_the_calendar_are_dates() {
        for text in ["2026-02-29", "2026-1-01", "26-01-01", "2026-01-01T00", "1899-12-31", "today", "2026-01-0\0"] {
            assert_eq!(BusinessDate::parse(text).unwrap_err().code, Code::BadDate, "{text}");
        }
        for text in ["1899-12-31", "2200-01-01"] {
            let message = BusinessDate::parse(text).unwrap_err().message;
            assert!(message.contains("1900 to 2199"), "it is a date, but not one to book on: {message}");
        }
        assert_eq!(BusinessDate::parse("2028-02-29").unwrap().to_string(), "2028-02-29");
    }
}
