//! A call that was, run again through the present dialplan: everybody does what was kept of them, at the same moments. Nothing of a
//! live system is read or written.
//!
//! ```text
//!  journey ─▶ Inputs ─▶ people who act by a plan ─▶ World ─▶ entries ─▶ Course ─▶ beside that of the journey
//!                       answers that were given ──▶ programs
//! ```

mod answers;
mod people;

use crate::house::House;
use answers::Answers;
use cordboard_base::CallId;
use cordboard_journey::{Caller, Course, Entry, Event, Gap, Inputs, InputsError, Line};
use cordboard_sim::{Handset, World};
use core::time::Duration;
use people::People;
use serde::Serialize;
use std::rc::Rc;

/// Trunks that are to be known as dead are dead for so long before the call.
const DEAD_FOR: Duration = Duration::from_secs(400);
/// Registrations that are to be gone are removed so long before the call.
const GONE_FOR: Duration = Duration::from_secs(2);
/// So much longer than the call was its replay may be; then the caller hangs up.
const LONGER: Duration = Duration::from_secs(300);
/// The longest call that is run again.
const LONGEST: Duration = Duration::from_secs(86_400);
/// After the end everything has its last word.
const LAST_WORDS: Duration = Duration::from_secs(40);

/// Two runs of one call.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Replay {
    /// Line by line: what was, and what would be now.
    pub rows: Vec<(Option<Line>, Option<Line>)>,
    /// What could not be run again as it was, or was not known.
    pub gaps: Vec<Gap>,
    /// Since when nothing can be compared any more, in microseconds since the call began.
    pub known_until_us: Option<i64>,
}

/// What a replay comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The call would go the same way.
    Same,
    /// It would go another way.
    Different,
    /// It would go the same way as far as that can be told.
    Unknown,
}

impl Replay {
    /// How it comes out.
    pub fn verdict(&self) -> Verdict {
        if self.differences().next().is_some() {
            return Verdict::Different;
        }
        if self.known_until_us.is_some() { Verdict::Unknown } else { Verdict::Same }
    }

    /// The rows that have one side only.
    pub fn differences(&self) -> impl Iterator<Item = &(Option<Line>, Option<Line>)> {
        self.rows.iter().filter(|(then, now)| then.is_none() || now.is_none())
    }
}

/// Why a call can't be run again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// The journey does not suffice.
    #[error(transparent)]
    Inputs(#[from] InputsError),
    /// The office has changed.
    #[error("there is no user {0} any more")]
    NoUser(String),
    /// The office has changed.
    #[error("there is no trunk {0} any more")]
    NoTrunk(String),
    /// It lasts longer than is run again.
    #[error("it took longer than a day")]
    TooLong,
}

impl House {
    /// Runs a call of a journey again.
    pub fn replay(&self, entries: &[Entry], call: CallId) -> Result<Replay, ReplayError> {
        let inputs = Inputs::of(entries, call)?;
        let took = Duration::from_micros(inputs.took_us.unsigned_abs());
        if took > LONGEST {
            return Err(ReplayError::TooLong);
        }
        let answers = Rc::new(Answers::new(self.scripts(), &inputs, entries));
        let is_dead = inputs.offline.iter().any(|(_, trunk)| *trunk);
        let before = if is_dead { DEAD_FOR } else { GONE_FOR };
        let before_us = i64::try_from(before.as_micros()).unwrap_or(0);
        let world = self.world_as_it_is(inputs.began_us.saturating_sub(before_us), Rc::clone(&answers) as _);
        let begins = world.now() + before;
        let caller = self.caller(&world, &inputs.caller)?;
        self.absent(&world, &inputs);
        world.run_for(begins.since(world.now()));
        let mut people = People::new(self, &world, caller, &inputs);
        people.act(took + LONGER);
        world.wait_until(LAST_WORDS, |world| world.call_count() == 0);
        world.run_for(Duration::from_millis(100));
        Ok(self.compared(&inputs, entries, &world.entries(), people.gaps, &answers))
    }

    fn caller(&self, world: &World, caller: &Caller) -> Result<Handset, ReplayError> {
        match caller {
            Caller::User(user) => {
                let address = self.seat_of(user).ok_or_else(|| ReplayError::NoUser(user.clone()))?;
                world.seat(address).ok_or_else(|| ReplayError::NoUser(user.clone()))
            }
            Caller::Outside { trunk, number, name } => {
                let line = self.line(trunk).filter(|(name, _)| self.has_trunk(name));
                let (_, line) = line.ok_or_else(|| ReplayError::NoTrunk(trunk.clone()))?;
                let ip = line.address.ip().to_string();
                Ok(match number.is_empty() || number == "anonymous" {
                    // RFC 3323 §4.1.1.3
                    true => world.outsider(line.address, "anonymous", "Anonymous", "anonymous.invalid"),
                    false => world.outsider(line.address, number, name, &ip),
                })
            }
        }
    }

    /// Whoever was not there then is not there now.
    fn absent(&self, world: &World, inputs: &Inputs) {
        for (who, is_trunk) in &inputs.offline {
            match is_trunk {
                true => {
                    if let Some((_, line)) = self.line(who) {
                        world.gateway_lives(line.address, false);
                    }
                }
                false => {
                    if let Some(phone) = self.seat_of(who).and_then(|address| world.seat(address)) {
                        phone.acts(cordboard_phone::Command::Unregister);
                    }
                }
            }
        }
    }

    fn compared(
        &self,
        inputs: &Inputs,
        then: &[Entry],
        now: &[Entry],
        gaps: Vec<Gap>,
        answers: &Answers,
    ) -> Replay {
        let again = now.iter().find(|entry| matches!(entry.event, Event::Began { .. }));
        let mut left = Course::of(then, inputs.call);
        let mut right = again.map(|entry| Course::of(now, entry.call)).unwrap_or_default();
        if !then.iter().any(|entry| matches!(entry.event, Event::Routed { .. })) {
            // Journeys of an earlier version do not say which route it was.
            right.lines.retain(|line| !line.text.starts_with("route "));
        }
        let known_until_us = inputs.known_until().map(|gap| gap.after_us);
        if let Some(known_until_us) = known_until_us {
            left = left.until(known_until_us);
            right = right.first(left.lines.len());
        }
        let mut all = inputs.gaps.clone();
        all.extend(gaps);
        all.extend(answers.unknown());
        Replay { rows: left.beside(&right), gaps: all, known_until_us }
    }
}

#[cfg(test)]
mod tests;
