//! The office-wide part: who sits where, on the disk before anybody hears of it, and the logout at a time of day.
//!
//! ```text
//!  Sit ─▶ Commit (the phone's row; the row of the phone that is left goes) ─▶ Written ─▶ Desk to the exchange, Answer
//!  Leave, or the time has come ─▶ Commit ─▶ Written ─▶ Desk without a guest
//! ```
//! What could not be written has not happened.

use crate::KIND;
use crate::settings::{Office, clock};
use crate::talk::{Answer, Request};
use cordboard_app::{Answered, AskId, Asker, Change, Guest, Level, Moment, Service, ServiceOutput, Value};
use cordboard_base::Time;
use core::time::Duration;
use jiff::{Span, Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Logins at once, at most: more than an office has desks. A further one is refused.
const SEATS_MAX: usize = 5_000;

/// Everybody who sits at a desk that is not the own one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Desks {
    office: Office,
    /// By the user whose phone it is.
    seats: BTreeMap<String, Seat>,
    commits: BTreeMap<u64, Pending>,
    next_commit: u64,
    deadline: Option<Time>,
    #[serde(skip)]
    out: VecDeque<ServiceOutput>,
}

/// A login, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Seat {
    user: String,
    since_unix_s: i64,
}

/// What is being written, and who waits for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Pending {
    ask: Option<AskId>,
    moved: bool,
    /// What each phone will have.
    seats: BTreeMap<String, Option<Seat>>,
}

impl Service for Desks {
    const KIND: &'static str = KIND;

    fn out(&mut self) -> &mut VecDeque<ServiceOutput> {
        &mut self.out
    }

    fn configured(&mut self, _at: Moment, settings: &str) -> Result<(), serde_json::Error> {
        self.office = serde_json::from_str(settings)?;
        self.tell_all();
        Ok(())
    }

    fn kept(&mut self, _at: Moment, key: String, row: &str) {
        match serde_json::from_str::<Seat>(row) {
            Ok(seat) => self.seat(key, Some(seat)),
            Err(error) => self.log(Level::Warn, format!("{key} not understood: {error}")),
        }
    }

    fn asked(&mut self, at: Moment, ask: AskId, _asker: &Asker, request: &Value) -> Answered {
        match request.request(KIND)? {
            Request::Sit { phone, user } => self.sit(at, ask, phone, user),
            Request::Leave { phone } => self.write(Some(ask), false, [(phone, None)].into()),
        }
        Ok(None)
    }

    fn written(&mut self, _at: Moment, number: u64, failed: Option<String>) {
        let Some(Pending { ask, moved, seats }) = self.commits.remove(&number) else { return };
        let answer = if failed.is_some() { Answer::Failed } else { Answer::Done { moved } };
        if failed.is_none() {
            for (phone, seat) in seats {
                // Two logins of one person at once: the later one is on the disk, and counts.
                self.seat(phone, seat);
            }
        }
        if let Some(ask) = ask {
            self.answer(ask, answer);
        }
    }

    fn tick(&mut self, at: Moment) {
        self.log_out_late(at);
    }

    fn settle(&mut self, at: Moment) {
        self.plan(at);
    }

    fn next_deadline(&self) -> Option<Time> {
        self.deadline
    }
}

impl Desks {
    fn log(&mut self, level: Level, text: String) {
        self.out.push_back(ServiceOutput::Log { level, text });
    }

    fn answer(&mut self, ask: AskId, answer: Answer) {
        self.out.push_back(ServiceOutput::Answer { ask, value: Ok(Value::of(&answer)) });
    }

    fn sit(&mut self, at: Moment, ask: AskId, phone: String, user: String) {
        let phones = &self.office.settings.phones;
        let may = phones.is_empty() || phones.contains(&phone) || phone == user;
        if !may || (self.seats.len() >= SEATS_MAX && !self.seats.contains_key(&phone)) {
            return self.answer(ask, Answer::Refused);
        }
        let left = self.seats.iter().filter(|(desk, seat)| seat.user == user && **desk != phone);
        let mut seats: BTreeMap<String, Option<Seat>> = left.map(|(desk, _)| (desk.clone(), None)).collect();
        let moved = !seats.is_empty();
        // At the own phone it is a logout of whoever sits there, and everywhere else.
        let seat = (phone != user).then(|| Seat { user, since_unix_s: at.unix_s() });
        seats.insert(phone, seat);
        self.write(Some(ask), moved, seats);
    }

    fn write(&mut self, ask: Option<AskId>, moved: bool, seats: BTreeMap<String, Option<Seat>>) {
        let change = |(phone, seat): (&String, &Option<Seat>)| match seat {
            Some(seat) => Change::Keep {
                key: phone.clone(),
                row: serde_json::to_string(seat).unwrap_or_default(),
                expires_unix_s: i64::MAX,
            },
            None => Change::Forget { key: phone.clone() },
        };
        let changes = seats.iter().map(change).collect();
        let number = self.next_commit;
        self.next_commit = self.next_commit.wrapping_add(1);
        self.commits.insert(number, Pending { ask, moved, seats });
        self.out.push_back(ServiceOutput::Commit { number, changes });
    }

    /// Who sits at a phone from now on.
    fn seat(&mut self, phone: String, seat: Option<Seat>) {
        let (event, user) = match &seat {
            Some(seat) => ("hotdesk login", seat.user.clone()),
            None => match self.seats.get(&phone) {
                Some(seat) => ("hotdesk logout", seat.user.clone()),
                None => return,
            },
        };
        self.log(Level::Info, format!("{event}: {user} at {phone}"));
        match seat {
            Some(seat) => drop(self.seats.insert(phone.clone(), seat)),
            None => drop(self.seats.remove(&phone)),
        }
        self.tell(phone);
    }

    fn tell(&mut self, phone: String) {
        let settings = &self.office.settings;
        let guest = self.seats.get(&phone).map(|seat| Guest {
            user: seat.user.clone(),
            at_home: settings.at_home,
            for_owner: settings.for_owner,
        });
        self.out.push_back(ServiceOutput::Desk { phone, guest });
    }

    fn tell_all(&mut self) {
        let phones: Vec<String> = self.seats.keys().cloned().collect();
        phones.into_iter().for_each(|phone| self.tell(phone));
    }

    /// When a login is over by itself.
    fn ends(&self, seat: &Seat) -> Option<i64> {
        let (hour, minute) = clock(&self.office.settings.logout_at)?;
        let zone = TimeZone::get(&self.office.time_zone).unwrap_or(TimeZone::UTC);
        let time = jiff::civil::Time::new(hour, minute, 0, 0).ok()?;
        let today = Timestamp::from_second(seat.since_unix_s).ok()?.to_zoned(zone.clone()).date();
        (0..=1).find_map(|days| {
            let date = today.checked_add(Span::new().days(days)).ok()?;
            let at = date.to_datetime(time).to_zoned(zone.clone()).ok()?.timestamp().as_second();
            (at > seat.since_unix_s).then_some(at)
        })
    }

    fn log_out_late(&mut self, at: Moment) {
        let late =
            self.seats.iter().filter(|(_, seat)| self.ends(seat).is_some_and(|ends| ends <= at.unix_s()));
        let seats: BTreeMap<String, Option<Seat>> = late.map(|(phone, _)| (phone.clone(), None)).collect();
        if !seats.is_empty() {
            self.write(None, false, seats);
        }
    }

    /// When the next login is over. What is being written has its turn when it is written.
    fn plan(&mut self, at: Moment) {
        let writes = |phone: &String| self.commits.values().any(|pending| pending.seats.contains_key(phone));
        let ends = self
            .seats
            .iter()
            .filter(|(phone, _)| !writes(phone))
            .filter_map(|(_, seat)| self.ends(seat))
            .min();
        self.deadline = ends.map(|ends| {
            let left = ends.saturating_sub(at.unix_s());
            at.now + Duration::from_secs(u64::try_from(left).unwrap_or(0))
        });
    }
}
