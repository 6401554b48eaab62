//! What an office's people do most, by the sample office of the real binary: softphones with real sockets, on loopback.
//!
//! What each party hears in detail is said by the simulation's scenarios; here it is that the same things happen with real sockets,
//! threads, files and clocks.

mod calls;
mod codes;
mod desk;
mod groups;
mod talking;
mod voicemail;
mod workers;

use crate::harness::crowd::{Crowd, Seat};
use crate::harness::exchange::Exchange;
use crate::harness::plan::Plan;
use cordboard_phone::Command;
use std::time::Duration;

/// What the phones of the users 101 to 106 say, in Hz: none is a harmonic of another, nor near a digit's or the music's.
pub(super) const VOICES: [u16; 6] = [500, 1_100, 1_700, 2_100, 2_500, 2_900];

/// The sample office with a phone for each user, all registered.
pub(super) struct Office {
    // Before the exchange: the phones are gone first.
    pub(super) crowd: Crowd,
    pub(super) exchange: Exchange,
    seats: Vec<Seat>,
}

impl Office {
    /// With these users' phones.
    pub(super) fn open(users: &[u16]) -> Self {
        Self::of(&Plan::sample(), users)
    }

    pub(super) fn of(plan: &Plan, users: &[u16]) -> Self {
        let exchange = Exchange::start(plan);
        let mut crowd = Crowd::new(&exchange);
        let phone = |user: u16| crowd.phone(&user.to_string(), VOICES[usize::from(user - 101)]);
        let seats: Vec<Seat> = (101..=106).map(phone).collect();
        let there: Vec<Seat> = users.iter().map(|user| seats[usize::from(*user - 101)]).collect();
        crowd.register(&there);
        Self { crowd, exchange, seats }
    }

    /// Whose phone stands where.
    pub(super) fn seat(&self, user: u16) -> Seat {
        self.seats[usize::from(user - 101)]
    }

    /// Dials.
    pub(super) fn calls(&mut self, user: u16, number: &str) {
        self.crowd.calls(self.seat(user), number);
    }

    /// Dials a code, hears that something is said to it, and hangs up.
    pub(super) fn dials_code(&mut self, user: u16, code: &str) {
        let seat = self.seat(user);
        self.crowd.calls(seat, code);
        self.crowd.talks(seat);
        self.crowd.hears_something(seat);
        self.crowd.hangs_up(seat);
    }

    /// Rings, and its display shows who calls.
    pub(super) fn rings(&mut self, user: u16, shows: &str) {
        let shown = self.crowd.rings(self.seat(user));
        assert_eq!(shown, shows, "the display of {user}");
    }

    /// Takes the call that rings.
    pub(super) fn answers(&mut self, user: u16) {
        self.crowd.answers(self.seat(user));
    }

    /// Is in a talk from now on.
    pub(super) fn talks(&mut self, user: u16) {
        self.crowd.talks(self.seat(user));
    }

    /// One calls another, who answers.
    pub(super) fn connects(&mut self, caller: u16, callee: u16) {
        self.crowd.connects(self.seat(caller), &callee.to_string(), self.seat(callee));
    }

    pub(super) fn presses(&mut self, user: u16, keys: &str) {
        self.crowd.presses(self.seat(user), keys);
    }

    pub(super) fn does(&mut self, user: u16, command: Command) {
        self.crowd.does(self.seat(user), command);
    }

    /// Two hear each other.
    pub(super) fn hear_each_other(&mut self, one: u16, other: u16) {
        self.hears(one, other);
        self.hears(other, one);
    }

    /// Hears what another says.
    pub(super) fn hears(&mut self, listener: u16, speaker: u16) {
        self.crowd.hears(self.seat(listener), VOICES[usize::from(speaker - 101)]);
    }

    pub(super) fn does_not_hear(&mut self, listener: u16, speaker: u16) {
        self.crowd.does_not_hear(self.seat(listener), VOICES[usize::from(speaker - 101)]);
    }

    pub(super) fn hears_something(&mut self, user: u16) {
        self.crowd.hears_something(self.seat(user));
    }

    pub(super) fn hangs_up(&mut self, user: u16) {
        self.crowd.hangs_up(self.seat(user));
    }

    /// Its call is over; says with which status it was refused.
    pub(super) fn is_over(&mut self, user: u16) -> Option<u16> {
        self.crowd.is_over(self.seat(user))
    }

    pub(super) fn has_rung(&self, user: u16) -> bool {
        self.crowd.has_rung(self.seat(user))
    }

    pub(super) fn goes_on(&mut self, ms: u64) {
        self.crowd.goes_on(Duration::from_millis(ms));
    }
}
