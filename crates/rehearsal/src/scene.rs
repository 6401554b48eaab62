//! One test's state: its clock, its world once somebody calls, the people in it.

use crate::configuration::{Changes, overlay, settings};
use crate::debugger::Debugger;
use crate::fault::{Fault, fault};
use crate::house::House;
use crate::person::Person;
use cordboard_dialplan::{RouteTaken, WatchedStep};
use cordboard_sim::{Handset, Seat, World, seat_address};
use core::time::Duration;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// When tests begin that set no clock: a Monday.
const BEGINS: &str = "2026-11-23 10:00:00";
/// The farthest that a clock is moved on within a test.
const MOVED_MAX: Duration = Duration::from_secs(400 * 86_400);

/// Phones of a user beyond the first.
const FURTHER_PHONES_MAX: u32 = 7;
/// Where their seats begin: behind those of all users.
const FURTHER_PHONES: u32 = 60_000;

/// What somebody did or saw, for the story of a failed test: when, and in words.
pub(crate) type Deed = (cordboard_base::Time, String);

pub(crate) struct Scene {
    house: RefCell<Rc<House>>,
    /// What this test has changed of the configuration.
    changes: RefCell<Changes>,
    /// Set by the clock before there is a world, in microseconds since the Unix epoch.
    begins_us: Cell<i64>,
    world: OnceCell<World>,
    people: RefCell<BTreeMap<usize, Person>>,
    pub(crate) steps: RefCell<Vec<WatchedStep>>,
    pub(crate) routes: RefCell<Vec<RouteTaken>>,
    pub(crate) deeds: RefCell<Vec<Deed>>,
    /// A script error is meant.
    pub(crate) errs: Cell<bool>,
    /// Who may stop what runs.
    debugger: OnceCell<Debugger>,
}

impl Scene {
    pub(crate) fn new(house: &Rc<House>) -> Rc<Self> {
        let scene = Self {
            house: RefCell::new(Rc::clone(house)),
            changes: RefCell::default(),
            begins_us: Cell::new(0),
            world: OnceCell::new(),
            people: RefCell::new(BTreeMap::new()),
            steps: RefCell::default(),
            routes: RefCell::default(),
            deeds: RefCell::default(),
            errs: Cell::new(false),
            debugger: OnceCell::new(),
        };
        let begins = BEGINS.parse::<DateTime>().ok().and_then(|at| scene.unix_us(at));
        scene.begins_us.set(begins.unwrap_or_default());
        // What an earlier test has left behind is not this one's.
        house.scripts.take_steps();
        house.watch.take_routes();
        Rc::new(scene)
    }

    /// The office of this test.
    pub(crate) fn house(&self) -> Rc<House> {
        Rc::clone(&self.house.borrow())
    }

    /// A file of the configuration is another one, for this test alone.
    pub(crate) fn configure(&self, file: &str, otherwise: &rhai::Map) -> Result<(), Fault> {
        if self.begun().is_some() {
            return Err(fault(
                "a test's configuration is set before anything happens in it: before the first call",
            ));
        }
        let house = self.house();
        let Some(configuration) = house.configuration() else {
            return Err(fault("this office has no files of configuration"));
        };
        let file = file.trim_end_matches(".toml");
        let files = configuration.files();
        if !files.iter().any(|known| known == file) {
            let known: Vec<&str> = files.iter().map(String::as_str).collect();
            let unknown = fault(format!("the configuration has no file \"{file}\"")).like(file, &known);
            return Err(unknown.wants(known.join(", ")));
        }
        let mut changes = self.changes.borrow().clone();
        overlay(changes.entry(file.to_owned()).or_default(), &settings(otherwise)?);
        let (setup, configured) = configuration.changed(&changes).map_err(fault)?;
        let changed = house.configured(setup, configured).map_err(|findings| {
            let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
            fault("the dialplan does not load with it").but(told.join("\n"))
        })?;
        // What the top level did is no call's.
        changed.scripts.take_steps();
        changed.watch.take_routes();
        self.house.replace(Rc::new(changed));
        self.changes.replace(changes);
        self.tells(format!("{file}.toml is otherwise"));
        Ok(())
    }

    /// The world; it begins when it is first asked for.
    pub(crate) fn world(&self) -> &World {
        self.world.get_or_init(|| {
            let world = self.house().world(self.begins_us.get());
            if let Some(debugger) = self.debugger.get().cloned() {
                world.between(move || debugger.between());
            }
            world
        })
    }

    /// Somebody looks on, from the beginning of the world.
    pub(crate) fn debugged_by(&self, debugger: &Debugger) {
        self.debugger.get_or_init(|| debugger.clone());
    }

    /// The world, if it has begun.
    pub(crate) fn begun(&self) -> Option<&World> {
        self.world.get()
    }

    fn zone(&self) -> TimeZone {
        TimeZone::get(&self.house().setup.time_zone).unwrap_or(TimeZone::UTC)
    }

    fn unix_us(&self, at: DateTime) -> Option<i64> {
        at.to_zoned(self.zone()).ok().map(|zoned| zoned.timestamp().as_microsecond())
    }

    /// Now, as clocks on the office's walls show it.
    pub(crate) fn clock(&self) -> DateTime {
        let unix_us = match self.begun() {
            Some(world) => {
                self.begins_us.get() + i64::try_from(world.now().as_micros()).unwrap_or(0) - 1_000_000
            }
            None => self.begins_us.get(),
        };
        let stamp = jiff::Timestamp::from_microsecond(unix_us).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        stamp.to_zoned(self.zone()).datetime()
    }

    /// It is this time from now on: `2026-12-24 18:00`, or `18:00` for the next time that it is so.
    pub(crate) fn set_clock(&self, text: &str) -> Result<(), Fault> {
        let wanted = self.moment(text)?;
        let us = self.unix_us(wanted).ok_or_else(|| fault(format!("there is no such time: {text}")))?;
        let Some(world) = self.begun() else {
            self.begins_us.set(us);
            return Ok(());
        };
        let now = self.unix_us(self.clock()).unwrap_or(0);
        let ahead = u64::try_from(us - now).map_err(|_| {
            fault("time does not go back: set the clock before the first call").but(self.clock().to_string())
        })?;
        let span = Duration::from_micros(ahead);
        if span > MOVED_MAX {
            return Err(fault("a test lasts 400 days at most"));
        }
        world.run_for(span);
        Ok(())
    }

    fn moment(&self, text: &str) -> Result<DateTime, Fault> {
        let text = text.trim();
        let has_date = text.contains('-');
        if let Some(time) = text.parse::<jiff::civil::Time>().ok().filter(|_| !has_date) {
            let now = self.clock();
            let today = now.date().to_datetime(time);
            let tomorrow = || now.date().tomorrow().map(|day| day.to_datetime(time));
            return if today >= now {
                Ok(today)
            } else {
                tomorrow().map_err(|error| fault(error.to_string()))
            };
        }
        text.parse::<DateTime>()
            .map_err(|_| fault(format!("\"{text}\" is no time: write \"2026-12-24 18:00\" or \"18:00\"")))
    }

    /// Lets things happen until something is so.
    pub(crate) fn wait(&self, limit: Duration, mut is_so: impl FnMut() -> bool) -> bool {
        self.world().wait_until(limit, |_| is_so())
    }

    /// A user's phone.
    pub(crate) fn phone(self: &Rc<Self>, user: &str) -> Result<Person, Fault> {
        let house = self.house();
        let address = house.seat_of(user);
        let handset = address.and_then(|address| self.world().seat(address));
        handset.map(|handset| self.person(&handset, user)).ok_or_else(|| {
            let users: Vec<&str> = house.seats.iter().map(|seat| seat.user.as_str()).collect();
            fault(format!("there is no user \"{user}\" in users.toml")).like(user, &users)
        })
    }

    /// A user's second phone, third and so on: it registers when it is first named.
    pub(crate) fn further_phone(self: &Rc<Self>, user: &str, number: i64) -> Result<Person, Fault> {
        let first = self.phone(user)?;
        if number == 1 {
            return Ok(first);
        }
        let house = self.house();
        let place = house.seats.iter().position(|seat| seat.user == user);
        let further = u32::try_from(number - 2).ok().filter(|at| *at < FURTHER_PHONES_MAX);
        let (Some(seat), Some(at)) = (place.and_then(|place| house.seats.get(place)), further) else {
            return Err(fault(format!(
                "{user} has no phone {number}: it may have {}",
                FURTHER_PHONES_MAX + 1
            )));
        };
        let nth = u32::try_from(place.unwrap_or(0)).unwrap_or(0);
        let index = FURTHER_PHONES.saturating_add(nth * FURTHER_PHONES_MAX).saturating_add(at);
        let seat = Seat { address: seat_address(index), ..seat.clone() };
        let handset = self.world().further_seat(seat).ok_or_else(|| fault("there is no place for it"))?;
        let is_new = handset.shown() == 0;
        let person = self.person(&handset, &format!("{user}'s phone {number}"));
        if is_new {
            person.registers(true)?;
        }
        Ok(person)
    }

    /// Whoever uses a phone.
    pub(crate) fn person(self: &Rc<Self>, handset: &Handset, name: &str) -> Person {
        let mut people = self.people.borrow_mut();
        people.entry(handset.index()).or_insert_with(|| Person::new(self, handset, name)).clone()
    }

    /// What the scripts have done since somebody looked is the scene's.
    pub(crate) fn collect(&self) {
        self.steps.borrow_mut().extend(self.house().scripts.take_steps());
        self.routes.borrow_mut().extend(self.house().watch.take_routes());
    }

    /// Somebody does something.
    pub(crate) fn tells(&self, deed: String) {
        let now = self.begun().map_or(cordboard_base::Time::ZERO, World::now);
        self.deeds.borrow_mut().push((now, deed));
    }
}
