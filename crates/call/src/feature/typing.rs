//! What is typed while two talk. A digit that may be the beginning of a feature's code is withheld from the other end until it is
//! decided what it is.
//!
//! ```text
//!  digit ──a code may begin so──▶ withheld ──the code is complete──▶ swallowed
//!    │                               │
//!    └─ no code does ─▶ passed on ◀──┴── another digit with which none does, or none in time
//! ```
//! What is passed on keeps its order, and each digit its length. Where nobody may type a code nothing is withheld: then the media engine
//! passes digits on by itself, while they are still pressed.

use crate::state::{State, Timer};
use crate::world::World;
use cordboard_base::{LegId, Time};
use cordboard_media::Command;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// Between two digits that are passed on, in ms.
const PASSED_GAP_MS: u16 = 50;

/// A digit and how long it was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pressed {
    pub(crate) digit: char,
    pub(crate) ms: u16,
    /// The other end has heard it already: it was down when digits began to be withheld.
    #[serde(default)]
    pub(crate) is_heard: bool,
}

/// What a leg has typed that is the beginning of a code: never longer than the longest one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Typing {
    pressed: Vec<Pressed>,
    /// When the last of it came.
    at: Time,
}

impl Typing {
    fn text(&self) -> String {
        self.pressed.iter().map(|pressed| pressed.digit).collect()
    }
}

impl State {
    /// Adds a digit to what a leg has typed; the code that is complete with it. What begins none goes to whom it talks with.
    pub(crate) fn typed_code(
        &mut self,
        w: &mut World,
        now: Time,
        (from, pressed): (LegId, Pressed),
        (codes, gap_ms): (&[String], u32),
    ) -> Option<String> {
        let gap = Duration::from_millis(u64::from(gap_ms));
        let leg = self.legs.get_mut(&from)?;
        let mut typing = core::mem::take(&mut leg.typing);
        let mut passed = Vec::new();
        if now.since(typing.at) > gap {
            passed.append(&mut typing.pressed);
        }
        typing.pressed.push(pressed);
        let begins = |text: &str| codes.iter().any(|code| code.starts_with(text));
        while !typing.pressed.is_empty() && !begins(&typing.text()) {
            passed.push(typing.pressed.remove(0));
        }
        let typed = typing.text();
        let complete = codes.contains(&typed);
        if complete || typed.is_empty() {
            self.timers.cancel(&Timer::Code(from));
        } else {
            leg.typing = Typing { at: now, ..typing };
            // One that comes after just so long still counts.
            self.timers.set(Timer::Code(from), now + gap + Duration::from_micros(1));
        }
        self.pass_on(w, from, &passed);
        complete.then_some(typed)
    }

    /// No more has come in time: what was typed is no code.
    pub(crate) fn code_timer(&mut self, w: &mut World, from: LegId) {
        let Some(leg) = self.legs.get_mut(&from) else { return };
        let typing = core::mem::take(&mut leg.typing);
        self.pass_on(w, from, &typing.pressed);
    }

    /// Gives digits that were withheld to whom a leg talks with.
    fn pass_on(&self, w: &mut World, from: LegId, passed: &[Pressed]) {
        let Some(partner) = self.partner(from) else { return };
        if self.legs.get(&from).is_none_or(|leg| !leg.withholds) {
            return;
        }
        for Pressed { digit, ms, .. } in passed.iter().filter(|pressed| !pressed.is_heard) {
            let (digits, duration_ms) = (digit.to_string(), *ms);
            w.media(Command::SendDigits { leg: partner, digits, duration_ms, gap_ms: PASSED_GAP_MS });
        }
    }

    /// Has digits withheld from whom a leg talks with, as long as it may type a code.
    pub(crate) fn settle_digits(&mut self, w: &mut World, id: LegId) {
        let wanted = self.partner(id).is_some() && self.may_type(w, id);
        let Some(leg) = self.legs.get_mut(&id).filter(|leg| leg.is_audible() && leg.withholds != wanted)
        else {
            return;
        };
        leg.withholds = wanted;
        w.media(Command::WithholdDigits { leg: id, withheld: wanted });
    }
}
