//! Whether the machine's clock can be believed before something is written that bears its date.
//!
//! It is doubtful where it is behind the newest entry, or far ahead of it, or off head office's clock. A person can say that it is right
//! all the same: that is kept, with the time it was said at, which then stands in the place of the newest entry's. A clock that
//! agrees with head office's is never doubtful, so a box without a person needs nobody.

use crate::kernel::{Clock, Code, Fault, Instant, Result, Zone, uptime};
use crate::store::{Snapshot, Unit};
use rusqlite::named_params;
use serde_json::json;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How far the clock may be behind the newest entry, or off head office's.
pub const CLOCK_OFF_MS_MAX: i64 = 10 * 60 * 1_000;
/// How far it may be ahead of the newest entry: so long a store may lie unused.
pub const CLOCK_AHEAD_MS_MAX: i64 = 60 * DAY_MS;
/// How long head office's clock is remembered after the connection ended.
const OFFICE_KEPT_MS: i64 = DAY_MS;
const DAY_MS: i64 = 86_400_000;

/// What is kept of the clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Believed {
    /// What the clock said when it was last confirmed, by a person or by head office, and the time of the newest entry then.
    confirmed: Option<(Instant, Instant)>,
    /// How far head office's clock was ahead of it, and when that was.
    office: Option<(i64, Instant)>,
    /// How far ahead of it head office's clock may be, because a person said so.
    accepted_ms: i64,
}

/// Why the clock is doubtful.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// It is behind the newest entry, or what was confirmed last, or far ahead of that.
    Entries(Instant),
    /// Head office's clock says something else.
    Office(Instant),
}

impl Doubt {
    /// The refusal, with both times, as people at the book's place read them.
    pub(super) fn fault(self, machine: Instant, zone: &Zone) -> Fault {
        let (key, other, says) = match self {
            Doubt::Entries(newest) => ("newest_at", newest, "the newest entry is of"),
            Doubt::Office(office) => ("office_at", office, "head office's says"),
        };
        let message = format!(
            "This computer's clock says {}, but {says} {}. Set the clock, or confirm that it is right.",
            machine.show(zone),
            other.show(zone)
        );
        Fault::new(Code::ClockDoubtful, message).with(json!({ "clock_at": machine, key: other }))
    }
}

/// What is known of the clock.
#[derive(Debug, Default)]
pub(super) struct ClockWatch {
    believed: Mutex<Believed>,
    /// What head office's clock said in this process, and the uptime then.
    office: Mutex<Option<(Instant, Duration)>>,
}

impl ClockWatch {
    /// With what the store keeps.
    pub(super) fn read(snapshot: &Snapshot) -> Result<ClockWatch> {
        let believed = snapshot.maybe(
            "SELECT confirmed_at, confirmed_newest_at, office_ahead_ms, office_at, accepted_ahead_ms FROM device_clock",
            [],
            |row| {
                let confirmed: (Option<Instant>, Option<Instant>) = (row.get(0)?, row.get(1)?);
                let office: (Option<i64>, Option<Instant>) = (row.get(2)?, row.get(3)?);
                Ok(Believed {
                    confirmed: confirmed.0.zip(confirmed.1),
                    office: office.0.zip(office.1),
                    accepted_ms: row.get(4)?,
                })
            },
        )?;
        Ok(ClockWatch { believed: Mutex::new(believed.unwrap_or_default()), office: Mutex::default() })
    }

    fn believed(&self) -> MutexGuard<'_, Believed> {
        self.believed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Head office said what time it is, at that uptime.
    pub(super) fn heard(&self, office: Instant, heard_at: Duration) {
        *self.office.lock().unwrap_or_else(PoisonError::into_inner) = Some((office, heard_at));
    }

    /// How far head office's clock is ahead of this machine's, as it was heard in this process.
    fn heard_ahead_ms(&self, machine: Instant) -> Option<i64> {
        let (office, heard_at) = (*self.office.lock().unwrap_or_else(PoisonError::into_inner))?;
        let since_ms = uptime().saturating_sub(heard_at).as_millis();
        let now = office.0.saturating_add(i64::try_from(since_ms).unwrap_or(i64::MAX));
        Some(now.saturating_sub(machine.0))
    }

    /// As an earlier process heard it. A clock that was set since is another one.
    fn kept_ahead_ms(&self, machine: Instant) -> Option<i64> {
        let (ahead_ms, at) = self.believed().office?;
        (0..OFFICE_KEPT_MS).contains(&machine.0.saturating_sub(at.0)).then_some(ahead_ms)
    }

    fn is_accepted(&self, ahead_ms: i64) -> bool {
        let off_ms = ahead_ms.saturating_sub(self.believed().accepted_ms);
        ahead_ms.saturating_abs().min(off_ms.saturating_abs()) <= CLOCK_OFF_MS_MAX
    }

    /// What the clock is measured by: the newest entry, unless the clock was confirmed since.
    fn reference(&self, newest: Option<Instant>) -> Option<Instant> {
        match (newest, self.believed().confirmed) {
            (Some(newest), Some((confirmed, of))) if newest <= of => Some(confirmed),
            (newest, _) => newest,
        }
    }

    /// Why the clock is doubtful, if it is.
    pub(super) fn doubt(&self, clock: &Clock, machine: Instant) -> Option<Doubt> {
        let heard = self.heard_ahead_ms(machine);
        let ahead_ms = heard.or_else(|| self.kept_ahead_ms(machine));
        if let Some(ahead_ms) = ahead_ms.filter(|ahead_ms| !self.is_accepted(*ahead_ms)) {
            return Some(Doubt::Office(Instant(machine.0.saturating_add(ahead_ms))));
        }
        if heard.is_some() {
            return None;
        }
        self.doubt_by_entries(clock, machine)
    }

    fn doubt_by_entries(&self, clock: &Clock, machine: Instant) -> Option<Doubt> {
        let reference = self.reference(clock.newest())?;
        let ahead_ms = machine.0.saturating_sub(reference.0);
        let is_near = (-CLOCK_OFF_MS_MAX..=CLOCK_AHEAD_MS_MAX).contains(&ahead_ms);
        (!is_near).then_some(Doubt::Entries(reference))
    }

    /// What is to be kept where the clock is right: since a person says so, or because nothing speaks against it. Nothing where what
    /// is kept will do.
    pub(super) fn to_keep(&self, clock: &Clock, machine: Instant, confirmed: bool) -> Option<Believed> {
        let kept = *self.believed();
        let doubt = self.doubt(clock, machine);
        let mut believed = kept;
        if let (Some(Doubt::Office(office)), true) = (doubt, confirmed) {
            believed.accepted_ms = office.0.saturating_sub(machine.0);
        }
        if let Some(newest) = clock.newest().filter(|_| doubt.is_none() || confirmed) {
            // While the newest entry lies ahead, what was confirmed has to move on with the days.
            let is_old = kept.confirmed.is_some_and(|(at, of)| newest <= of && machine.0.saturating_sub(at.0) > DAY_MS);
            if is_old || self.doubt_by_entries(clock, machine).is_some() {
                believed.confirmed = Some((machine, newest));
            }
        }
        (believed != kept).then_some(believed)
    }

    /// What is to be kept of head office's clock for the time after the connection; nothing where what is kept will do.
    pub(super) fn office_to_keep(&self, clock: &Clock, machine: Instant) -> Option<Believed> {
        let ahead_ms = self.heard_ahead_ms(machine)?;
        let as_it_was = *self.believed();
        let kept = self.to_keep(clock, machine, false).unwrap_or(as_it_was);
        let is_known = kept.office.is_some_and(|(was_ms, at)| {
            was_ms.saturating_sub(ahead_ms).saturating_abs() < CLOCK_OFF_MS_MAX / 10
                && (0..OFFICE_KEPT_MS / 2).contains(&machine.0.saturating_sub(at.0))
        });
        let believed = if is_known { kept } else { Believed { office: Some((ahead_ms, machine)), ..kept } };
        (believed != as_it_was).then_some(believed)
    }

    /// What was written down, and saved.
    pub(super) fn believe(&self, believed: Believed) {
        *self.believed() = believed;
    }
}

impl Believed {
    /// Writes it down.
    pub(super) fn write(&self, unit: &mut Unit) -> Result<()> {
        let (confirmed, office) = (self.confirmed.unzip(), self.office.unzip());
        unit.execute(
            "UPDATE device_clock SET accepted_ahead_ms = :accepted, confirmed_at = :confirmed,
                 confirmed_newest_at = :newest, office_ahead_ms = :ahead, office_at = :office",
            named_params! {
                ":confirmed": confirmed.0, ":newest": confirmed.1, ":ahead": office.0, ":office": office.1,
                ":accepted": self.accepted_ms,
            },
        )?;
        Ok(())
    }
}
