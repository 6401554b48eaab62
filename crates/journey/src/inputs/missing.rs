//! What programs were answered, and what a call went by that no journey holds.

use super::{Answer, Gap, Inputs};
use crate::{Entry, Event};
use cordboard_base::CallId;
use cordboard_call::OutOfReach;
use std::collections::BTreeSet;

/// Answers that are taken over at most, all in all.
const ANSWERS_MAX: usize = 2_000;

/// Steps that go by what no journey holds (mostly what others have left in the office), what that is, and whether nothing can be told
/// without it.
const DEPENDS: [(&str, &str, bool); 9] = [
    ("run voicemail_main", "what the mailbox held", true),
    ("run dictate", "what was dictated before", true),
    ("run unpark", "who was parked", true),
    ("run park", "who was parked", false),
    ("run spy", "who talked", true),
    ("run queue", "who waited, and which agents were free", false),
    ("run conference", "who else was in the room", false),
    ("run park_or_retrieve", "who was parked", true),
    ("detect_machine", "whether a machine or a person had answered", false),
];

impl Inputs {
    pub(super) fn rest(&mut self, all: &[&Entry], family: &BTreeSet<CallId>) {
        for entry in all {
            let after_us = entry.at_us.saturating_sub(self.began_us);
            let mut gap = |what: String, is_the_end| self.gaps.push(Gap { after_us, what, is_the_end });
            match &entry.event {
                Event::Answered { what, value } if self.answers.len() < ANSWERS_MAX => {
                    if value.is_none() {
                        gap(
                            format!("what `{what}` was is not kept: it may be a secret, or is too long"),
                            false,
                        );
                    }
                    self.answers.push(Answer { what: what.clone(), value: value.clone() });
                }
                Event::OutOfReach { who, trunk, why: OutOfReach::Offline } => {
                    self.offline.push((who.clone(), *trunk));
                }
                Event::OutOfReach { who, trunk: true, why: OutOfReach::Full } => {
                    gap(format!("that all channels of trunk {who} were in use"), false);
                }
                Event::Transferred { to, .. } if to.is_empty() => {
                    gap("a transfer to who was on the line already, or a pickup".to_owned(), true);
                }
                // Who has answered behind a route, and comes from the call in which that ran.
                Event::Joined { from, .. } if family.contains(from) => {}
                Event::Moved { to, .. } if family.contains(to) => {}
                Event::Joined { from, .. } => gap(format!("what came from call {from}"), true),
                Event::Moved { to, .. } => gap(format!("what went on in call {to}"), true),
                Event::Met { call, mix } => gap(format!("what call {call} did in {mix}"), false),
                Event::Step { what, .. } => {
                    if let Some((missing, is_the_end)) = depends(what) {
                        gap(missing.to_owned(), is_the_end);
                    }
                }
                Event::Silent { .. } => gap("that no audio came any more".to_owned(), true),
                Event::Missing { entries } => gap(format!("{entries} entries that were lost"), true),
                Event::Answered { .. }
                | Event::OutOfReach { .. }
                | Event::Transferred { .. }
                | Event::Began { .. }
                | Event::Refused(_)
                | Event::Routed { .. }
                | Event::Leg { .. }
                | Event::Message { .. }
                | Event::Digit { .. }
                | Event::Read { .. }
                | Event::Codec { .. }
                | Event::Bridged { .. }
                | Event::Mixed { .. }
                | Event::Recorded { .. }
                | Event::Mailed { .. }
                | Event::Inside { .. }
                | Event::Emergency { .. }
                | Event::Said { .. }
                | Event::ScriptError(_)
                | Event::Figures { .. }
                | Event::Latched { .. }
                | Event::Ended { .. } => {}
            }
        }
    }
}

/// What a step goes by that no journey holds.
fn depends(step: &str) -> Option<(&'static str, bool)> {
    let step = step.split(" on ").next().unwrap_or(step);
    DEPENDS.iter().find(|(run, ..)| *run == step).map(|(_, missing, is_the_end)| (*missing, *is_the_end))
}
