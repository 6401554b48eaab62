//! What came into a call from outside, as far as it was kept: who called and when, what was typed, who was called and what they did
//! about it, what the database and web servers answered. With that it can be run again.

use crate::sip::Sip;
use crate::{Entry, Event};
use cordboard_app::Value;
use cordboard_base::{CallId, LegId};
use cordboard_call::{LegState, OutOfReach};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Deeds of one person that are taken over at most.
const DEEDS_MAX: usize = 500;
/// Answers that are taken over at most, all in all.
const ANSWERS_MAX: usize = 2_000;

/// Applications that go by what others have left in the office, what that is, and whether nothing can be told without it.
const DEPENDS: [(&str, &str, bool); 8] = [
    ("run voicemail_main", "what the mailbox held", true),
    ("run dictate", "what was dictated before", true),
    ("run unpark", "who was parked", true),
    ("run park", "who was parked", false),
    ("run spy", "who talked", true),
    ("run queue", "who waited, and which agents were free", false),
    ("run conference", "who else was in the room", false),
    ("run park_or_retrieve", "who was parked", true),
];

/// So long after one leg the others end too when the call does, in microseconds.
const LEFT_US: i64 = 500_000;

/// Why a call can't be run again at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputsError {
    /// There was never a program.
    #[error("it was refused with {0} before any script was asked: {1}")]
    Refused(u16, String),
    /// What is needed first is gone.
    #[error("its beginning is not kept any more")]
    NoBeginning,
    /// It goes on.
    #[error("it is not over yet, or its end was not kept")]
    NoEnd,
    /// Nobody called.
    #[error("nobody called: the exchange made this call itself")]
    NoCaller,
}

/// Who called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Caller {
    /// A user of the office.
    User(String),
    /// Somebody outside.
    Outside {
        /// The trunk.
        trunk: String,
        /// The caller's number; empty: hidden.
        number: String,
        /// The caller's name.
        name: String,
    },
}

/// Since when somebody counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Since {
    /// Since the call began; of somebody who was called: since it rang there.
    Began,
    /// Since it was answered.
    Answered,
    /// Since somebody who was called has answered; of several the last one.
    Talk,
    /// Since digits were asked for, for the nth time from 1 on.
    Read(usize),
}

/// What somebody does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Does {
    /// Presses a key.
    Presses(char),
    /// Picks up.
    Answers,
    /// Refuses with a status.
    Refuses(u16),
    /// Transfers the other end.
    Transfers(String),
    /// Hangs up, or gives up.
    HangsUp,
}

/// Something that somebody does, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// Since when it counts.
    pub since: Since,
    /// So long after that, in microseconds.
    pub after_us: i64,
    /// What.
    pub does: Does,
}

/// Somebody who was called, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callee {
    /// The user, or the trunk.
    pub who: String,
    /// What it did.
    pub deeds: Vec<Deed>,
}

/// An answer that a program was given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// To what.
    pub what: String,
    /// What it was; `None`: it is not kept. An error is a text.
    pub value: Option<Result<Value, String>>,
}

/// What can't be run again as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// When, in microseconds since the call began.
    pub after_us: i64,
    /// What, in words.
    pub what: String,
    /// Whether nothing after it can be compared.
    pub is_the_end: bool,
}

/// A message that the caller was let leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// How long it took, in microseconds.
    pub took_us: i64,
    /// Whether no key and no hang-up of the caller's ended it: silence did, or its greatest length.
    pub ended_itself: bool,
}

/// What came into a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inputs {
    /// The call.
    pub call: CallId,
    /// When it began, in microseconds since the Unix epoch.
    pub began_us: i64,
    /// How long it took, in microseconds.
    pub took_us: i64,
    /// Who called.
    pub caller: Caller,
    /// What was dialled.
    pub dialed: String,
    /// In which context.
    pub context: String,
    /// What the caller did.
    pub deeds: Vec<Deed>,
    /// Who was called, in order.
    pub callees: Vec<Callee>,
    /// Users without a phone, and trunks that did not answer.
    pub offline: Vec<(String, bool)>,
    /// Messages that were left.
    pub messages: Vec<Message>,
    /// What was answered to programs, in order.
    pub answers: Vec<Answer>,
    /// What is missing.
    pub gaps: Vec<Gap>,
}

impl Inputs {
    /// Of one call of a journey.
    pub fn of(entries: &[Entry], call: CallId) -> Result<Self, InputsError> {
        let own: Vec<&Entry> = entries.iter().filter(|entry| entry.call == call).collect();
        if let Some(refused) =
            own.iter().find_map(|entry| if let Event::Refused(it) = &entry.event { Some(it) } else { None })
        {
            return Err(InputsError::Refused(refused.status, refused.why.clone()));
        }
        let mut inputs = began(&own, call)?;
        let end = own
            .iter()
            .rev()
            .find(|entry| matches!(entry.event, Event::Ended { .. }))
            .ok_or(InputsError::NoEnd)?;
        inputs.took_us = end.at_us.saturating_sub(inputs.began_us);
        let tracks = Tracks::of(&own, inputs.began_us);
        inputs.deeds = tracks.caller(LegId { call, index: 0 });
        inputs.callees = tracks.callees();
        inputs.gaps = tracks.gaps;
        inputs.messages = messages(&own, LegId { call, index: 0 });
        inputs.rest(&own);
        Ok(inputs)
    }

    /// From when on nothing can be compared, in microseconds since the call began.
    pub fn known_until(&self) -> Option<&Gap> {
        self.gaps.iter().filter(|gap| gap.is_the_end).min_by_key(|gap| gap.after_us)
    }

    fn rest(&mut self, own: &[&Entry]) {
        for entry in own {
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
                Event::Joined { from, .. } => gap(format!("what came from call {from}"), true),
                Event::Moved { to, .. } => gap(format!("what went on in call {to}"), true),
                Event::Met { call, mix } => gap(format!("what call {call} did in {mix}"), false),
                Event::Step { what, .. } if depends(what).is_some() => {
                    if let Some((missing, is_the_end)) = depends(what) {
                        gap(missing.to_owned(), is_the_end);
                    }
                }
                Event::Silent { .. } => gap("that no audio came any more".to_owned(), true),
                Event::Step { what, .. } if what == "detect_machine" => {
                    gap("whether a machine or a person had answered".to_owned(), false);
                }
                Event::Missing { entries } => gap(format!("{entries} entries that were lost"), true),
                Event::Answered { .. }
                | Event::OutOfReach { .. }
                | Event::Transferred { .. }
                | Event::Step { .. }
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

/// From each taking of a message to whatever the program did next.
fn messages(own: &[&Entry], caller: LegId) -> Vec<Message> {
    /// A key or a hang-up ends it in the same moment.
    const MOMENT_US: i64 = 500_000;
    let mut messages = Vec::new();
    for (at, entry) in own.iter().enumerate() {
        if !matches!(&entry.event, Event::Step { what, .. } if what == "take_message") {
            continue;
        }
        let after = || own.iter().skip(at + 1);
        let next = after().find(|entry| matches!(entry.event, Event::Step { .. } | Event::Ended { .. }));
        let end_us = next.map_or(entry.at_us, |next| next.at_us);
        let ended_itself = !after().take_while(|later| later.at_us <= end_us + MOMENT_US).any(|later| {
            let near = later.at_us >= end_us - MOMENT_US;
            let key = matches!(&later.event, Event::Digit { leg, .. } if *leg == caller);
            let end = matches!(&later.event, Event::Ended { by, .. } if by == "caller");
            let bye = matches!(&later.event, Event::Message { leg, sent: false, text, .. }
                if *leg == Some(caller) && text.starts_with("BYE "));
            near && (key || end || bye)
        });
        messages.push(Message { took_us: end_us.saturating_sub(entry.at_us), ended_itself });
    }
    messages
}

/// What a step goes by that no journey holds.
fn depends(step: &str) -> Option<(&'static str, bool)> {
    let step = step.split(" on ").next().unwrap_or(step);
    DEPENDS.iter().find(|(run, ..)| *run == step).map(|(_, missing, is_the_end)| (*missing, *is_the_end))
}

/// All but what was done.
fn began(own: &[&Entry], call: CallId) -> Result<Inputs, InputsError> {
    for entry in own {
        let Event::Began { from, name, dialed, context, user, trunk } = &entry.event else { continue };
        let caller = match (user, trunk) {
            (Some(user), _) => Caller::User(user.clone()),
            (None, Some(trunk)) => {
                Caller::Outside { trunk: trunk.clone(), number: from.clone(), name: name.clone() }
            }
            (None, None) => return Err(InputsError::NoCaller),
        };
        return Ok(Inputs {
            call,
            began_us: entry.at_us,
            took_us: 0,
            caller,
            dialed: dialed.clone(),
            context: context.clone(),
            deeds: Vec::new(),
            callees: Vec::new(),
            offline: Vec::new(),
            messages: Vec::new(),
            answers: Vec::new(),
            gaps: Vec::new(),
        });
    }
    Err(InputsError::NoBeginning)
}

/// What one leg did, in microseconds since the Unix epoch.
#[derive(Debug, Default)]
struct Track {
    who: String,
    outgoing: bool,
    called_us: Option<i64>,
    answered_us: Option<i64>,
    refused: Option<(i64, u16)>,
    hung_up_us: Option<i64>,
    ended_us: Option<i64>,
    /// Keys since digits were last read: when, since when it counts, which.
    typed: Vec<(i64, Since, Option<char>)>,
    deeds: Vec<Deed>,
}

#[derive(Debug, Default)]
struct Tracks {
    legs: BTreeMap<LegId, Track>,
    /// In the order in which they were called.
    order: Vec<LegId>,
    gaps: Vec<Gap>,
}

impl Tracks {
    fn of(own: &[&Entry], began_us: i64) -> Self {
        let mut tracks = Self::default();
        let mut reads: Vec<i64> = Vec::new();
        for entry in own {
            let at_us = entry.at_us;
            match &entry.event {
                Event::Step { what, .. } if what.starts_with("read") => reads.push(at_us),
                Event::Leg { leg, who, outgoing, state, .. } => {
                    if !tracks.legs.contains_key(leg) {
                        tracks.order.push(*leg);
                    }
                    let track = tracks.legs.entry(*leg).or_default();
                    track.outgoing = *outgoing;
                    track.who.clone_from(who);
                    track.state(at_us, *state);
                }
                Event::Message { leg: Some(leg), sent: false, text, .. } => {
                    tracks.legs.entry(*leg).or_default().message(at_us, &Sip::of(text));
                }
                Event::Digit { leg, digit } => {
                    let track = tracks.legs.entry(*leg).or_default();
                    let since = track.since(at_us, &reads);
                    track.typed.push((at_us, since.0, *digit));
                }
                Event::Read { leg, digits, count, .. } => {
                    let track = tracks.legs.entry(*leg).or_default();
                    match digits {
                        Some(digits) => track.reads(digits, &reads, began_us),
                        None if *count > 0 => {
                            let what = "a PIN or a password that was typed is not kept".to_owned();
                            let after_us = at_us.saturating_sub(began_us);
                            tracks.gaps.push(Gap { after_us, what, is_the_end: true });
                            track.typed.clear();
                        }
                        None => {}
                    }
                }
                Event::Transferred { by, to, .. } if !to.is_empty() => {
                    tracks.legs.entry(*by).or_default().transfers(at_us, began_us, to);
                }
                Event::Ended { by, legs, .. } => tracks.ends(at_us, by, legs),
                Event::Step { .. }
                | Event::Message { .. }
                | Event::Transferred { .. }
                | Event::Began { .. }
                | Event::Refused(_)
                | Event::Routed { .. }
                | Event::Answered { .. }
                | Event::Codec { .. }
                | Event::Bridged { .. }
                | Event::Moved { .. }
                | Event::Joined { .. }
                | Event::Mixed { .. }
                | Event::Met { .. }
                | Event::Recorded { .. }
                | Event::Emergency { .. }
                | Event::Said { .. }
                | Event::ScriptError(_)
                | Event::OutOfReach { .. }
                | Event::Figures { .. }
                | Event::Latched { .. }
                | Event::Silent { .. }
                | Event::Missing { .. } => {}
            }
        }
        // What was typed last, and not read.
        tracks.legs.values_mut().for_each(|track| track.reads("", &reads, began_us));
        tracks
    }

    /// Where no messages are kept, the end of the call says who hung up, and why who was called did not answer.
    fn ends(&mut self, at_us: i64, by: &str, legs: &[crate::LegEnd]) {
        let any_message =
            self.legs.values().any(|track| track.hung_up_us.is_some() || track.refused.is_some());
        for end in legs {
            let Some(track) = self.legs.get_mut(&end.leg) else { continue };
            if any_message {
                continue;
            }
            if track.outgoing && track.answered_us.is_some() {
                // Who leaves while the caller is still there has hung up.
                let ended_us = track.ended_us.unwrap_or(at_us);
                let left = by == "callee" || at_us.saturating_sub(ended_us) > LEFT_US;
                track.hung_up_us = left.then_some(ended_us);
            } else if !track.outgoing {
                track.hung_up_us = (by == "caller").then_some(track.ended_us.unwrap_or(at_us));
            } else if let Some(ended_us) = track.ended_us {
                track.refused = Some((ended_us, end.cause.status()));
            }
        }
    }

    fn caller(&self, leg: LegId) -> Vec<Deed> {
        let Some(track) = self.legs.get(&leg) else { return Vec::new() };
        let mut deeds = track.deeds.clone();
        if let Some(at_us) = track.hung_up_us {
            let talks =
                self.legs.values().filter(|track| track.outgoing).filter_map(|track| track.answered_us);
            let talk_us = talks.filter(|talk_us| *talk_us <= at_us).max();
            let (since, from_us) = match (track.since(at_us, &[]), talk_us) {
                (_, Some(talk_us)) => (Since::Talk, talk_us),
                ((Since::Began, _), None) => (Since::Began, track.called_us.unwrap_or(at_us)),
                (since, None) => since,
            };
            deeds.push(Deed { since, after_us: at_us.saturating_sub(from_us), does: Does::HangsUp });
        }
        deeds.truncate(DEEDS_MAX);
        deeds
    }

    /// Of several phones of one user that ring at once, the one that counts.
    fn callees(&self) -> Vec<Callee> {
        let mut callees: Vec<(Callee, i64, Option<i64>)> = Vec::new();
        for leg in &self.order {
            let Some(track) = self.legs.get(leg).filter(|track| track.outgoing) else { continue };
            let Some(called_us) = track.called_us else { continue };
            let callee = Callee { who: track.who.clone(), deeds: track.callee(called_us) };
            let answers = |callee: &Callee| callee.deeds.iter().any(|deed| deed.does == Does::Answers);
            let twin = callees.iter_mut().find(|(other, _, ended_us)| {
                other.who == callee.who && ended_us.is_none_or(|ended_us| ended_us > called_us)
            });
            match twin {
                Some((other, ..)) if !answers(other) => *other = callee,
                Some(_) => {}
                None => callees.push((callee, called_us, track.ended_us)),
            }
        }
        callees.into_iter().map(|(callee, ..)| callee).collect()
    }
}

impl Track {
    fn state(&mut self, at_us: i64, state: LegState) {
        match state {
            LegState::Trying => self.called_us = self.called_us.or(Some(at_us)),
            LegState::Talking => self.answered_us = self.answered_us.or(Some(at_us)),
            LegState::Ended => self.ended_us = self.ended_us.or(Some(at_us)),
            LegState::Ringing | LegState::Holding => {}
        }
    }

    fn message(&mut self, at_us: i64, sip: &Sip<'_>) {
        match (sip.status(), sip.method()) {
            (None, "BYE" | "CANCEL") => self.hung_up_us = self.hung_up_us.or(Some(at_us)),
            // That it was cancelled is no refusal, and a challenge is answered.
            (Some(401 | 407 | 487), _) => {}
            (Some(status), "INVITE") if status >= 300 && self.answered_us.is_none() => {
                self.refused = self.refused.or(Some((at_us, status)));
            }
            (_, _) => {}
        }
    }

    fn transfers(&mut self, at_us: i64, began_us: i64, to: &str) {
        let (since, from_us) = self.since(at_us, &[]);
        let after_us = at_us.saturating_sub(if since == Since::Began { began_us } else { from_us });
        self.deeds.push(Deed { since, after_us, does: Does::Transfers(to.to_owned()) });
        // Its BYE belongs to the transfer.
        self.hung_up_us = None;
    }

    /// Since when something counts that is done then, and when that was.
    fn since(&self, at_us: i64, reads: &[i64]) -> (Since, i64) {
        let number = reads.iter().filter(|read| **read <= at_us).count();
        if let Some(read_us) = number.checked_sub(1).and_then(|last| reads.get(last)) {
            return (Since::Read(number), *read_us);
        }
        match self.answered_us.filter(|answered| *answered <= at_us) {
            Some(answered_us) => (Since::Answered, answered_us),
            None => (Since::Began, self.called_us.unwrap_or(at_us)),
        }
    }

    /// Digits were read: those that were typed since the last time are known now.
    fn reads(&mut self, digits: &str, reads: &[i64], began_us: i64) {
        let typed = std::mem::take(&mut self.typed);
        let mut unnamed = digits.chars();
        for (at_us, since, digit) in typed {
            let named = unnamed.next();
            let Some(digit) = digit.or(named) else { continue };
            let from_us = match since {
                Since::Began => began_us,
                Since::Answered | Since::Talk => self.answered_us.unwrap_or(began_us),
                Since::Read(number) => {
                    number.checked_sub(1).and_then(|at| reads.get(at)).copied().unwrap_or(began_us)
                }
            };
            self.deeds.push(Deed {
                since,
                after_us: at_us.saturating_sub(from_us),
                does: Does::Presses(digit),
            });
        }
    }

    fn callee(&self, called_us: i64) -> Vec<Deed> {
        let mut deeds = Vec::new();
        let since = Since::Began;
        if let Some(at_us) = self.answered_us {
            deeds.push(Deed { since, after_us: at_us.saturating_sub(called_us), does: Does::Answers });
        } else if let Some((at_us, status)) = self.refused {
            deeds.push(Deed {
                since,
                after_us: at_us.saturating_sub(called_us),
                does: Does::Refuses(status),
            });
        }
        deeds.extend(self.deeds.iter().cloned());
        if let (Some(at_us), Some(answered_us)) = (self.hung_up_us, self.answered_us) {
            let after_us = at_us.saturating_sub(answered_us);
            deeds.push(Deed { since: Since::Answered, after_us, does: Does::HangsUp });
        }
        deeds.truncate(DEEDS_MAX);
        deeds
    }
}
