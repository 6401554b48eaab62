//! In-call features: digits of those who talk that are for the exchange (`typing.rs`). A code takes one end of a talk aside, to a program of its own,
//! while the other end hears music: see `aside.rs`; how the program calls somebody else meanwhile is in `consult.rs`.
//!
//! Only users of ours transfer: whoever is outside would dial at the office's cost.

pub(crate) mod aside;
pub(crate) mod consult;
pub(crate) mod typing;

use crate::leg::{Leg, reason_of};
use crate::state::State;
use crate::transfer::Transfer;
use crate::world::World;
use cordboard_app::{Cause, Value};
use cordboard_base::{LegId, Time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use typing::Pressed;

/// Between two digits of the recording's code at most, as Asterisk has it.
const CODE_GAP_MS: u32 = 1_000;

/// The codes of in-call features, and what their programs are told. An empty code is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OfficeFeatures {
    /// Blind transfer.
    pub blind: String,
    /// Attended transfer.
    pub attended: String,
    /// Ends the talk.
    pub disconnect: String,
    /// The other one hears music until the same code is typed again.
    pub hold: String,
    /// Parks the other one.
    pub park: String,
    /// The number in the context of whoever parks that the other one goes to then.
    pub park_to: String,
    /// Between two digits of a code at most, in ms.
    pub gap_ms: u32,
    /// During a consultation: back to the partner.
    pub abort: String,
    /// The partner is connected.
    pub complete: String,
    /// All three talk.
    pub three_way: String,
    /// The other of the two.
    pub swap: String,
    /// Between two digits of the number at most, in ms.
    pub digit_timeout_ms: u32,
    /// How often a number may be dialled.
    pub attempts: u8,
    /// How long a consulted party may ring, in ms.
    pub answer_timeout_ms: u32,
}

impl Default for OfficeFeatures {
    fn default() -> Self {
        Self {
            blind: "##".to_owned(),
            attended: "*2".to_owned(),
            disconnect: "**".to_owned(),
            hold: "*9".to_owned(),
            park: "#72".to_owned(),
            park_to: "700".to_owned(),
            gap_ms: CODE_GAP_MS,
            abort: "*3".to_owned(),
            complete: "*4".to_owned(),
            three_way: "*5".to_owned(),
            swap: "*6".to_owned(),
            digit_timeout_ms: 3_000,
            attempts: 3,
            answer_timeout_ms: 15_000,
        }
    }
}

/// Which ends of a talk may use a feature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ends {
    caller: bool,
    callee: bool,
}

/// What those who talk may do by digits, as the program that connected them says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rights {
    transfer: Ends,
    disconnect: Ends,
    #[serde(default)]
    park: Ends,
    #[serde(default)]
    hold: Ends,
}

impl Rights {
    /// `transfer: true`, or `"caller"`, `"callee"`; the same for `disconnect`, `park` and `hold`.
    pub(crate) fn of(extra: &BTreeMap<String, Value>) -> Self {
        let ends = |key: &str| match extra.get(key) {
            Some(Value::Bool(both)) => Ends { caller: *both, callee: *both },
            Some(value) => match value.text() {
                Some("caller") => Ends { caller: true, callee: false },
                Some("callee") => Ends { caller: false, callee: true },
                Some("both") => Ends { caller: true, callee: true },
                Some(_) | None => Ends::default(),
            },
            None => Ends::default(),
        };
        let [transfer, disconnect, park, hold] = ["transfer", "disconnect", "park", "hold"].map(ends);
        Self { transfer, disconnect, park, hold }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Feature {
    Record,
    Disconnect,
    Blind,
    Attended,
    Park,
    Hold,
}

impl State {
    /// A digit of somebody who talks: perhaps a part of a feature's code.
    pub(crate) fn code_digit(&mut self, w: &mut World, now: Time, from: LegId, pressed: Pressed) {
        let Some(partner) = self.partner(from).filter(|_| self.aside.is_none()) else { return };
        if !self.both_up(from, partner) {
            return;
        }
        let all: Vec<(String, Feature)> =
            self.codes_of(w, from).map(|(code, feature)| (code.to_owned(), feature)).collect();
        let codes: Vec<String> = all.iter().map(|(code, _)| code.clone()).collect();
        let gap_ms = w.office.features.gap_ms;
        let Some(code) = self.typed_code(w, now, (from, pressed), (&codes, gap_ms)) else {
            return;
        };
        match all.iter().find(|(known, _)| *known == code).map(|(_, feature)| *feature) {
            Some(Feature::Record) => self.toggle_recording(w, from, partner),
            Some(Feature::Disconnect) => self.disconnect(w, now, from),
            Some(Feature::Blind) => self.set_aside(w, from, partner, "blind"),
            Some(Feature::Attended) => self.set_aside(w, from, partner, "attended"),
            Some(Feature::Park) => self.park_partner(w, now, from, partner),
            Some(Feature::Hold) => self.toggle_hold(from),
            None => {}
        }
    }

    fn both_up(&self, from: LegId, partner: LegId) -> bool {
        [from, partner].iter().all(|leg| self.legs.get(leg).is_some_and(Leg::is_up))
    }

    /// Whether a leg that talks may type any code.
    fn may_type(&self, w: &World, from: LegId) -> bool {
        match &self.aside {
            Some(aside) => {
                let consult = aside.consult.as_ref().filter(|_| aside.transferer == from);
                consult.is_some_and(|consult| consult.codes.iter().any(|code| !code.is_empty()))
            }
            None => {
                let up = self.partner(from).is_some_and(|partner| self.both_up(from, partner));
                up && self.codes_of(w, from).next().is_some()
            }
        }
    }

    /// What a leg may type.
    fn codes_of<'a>(&self, w: &'a World, from: LegId) -> impl Iterator<Item = (&'a str, Feature)> + use<'a> {
        let (recording, features) = (&w.office.recording, &w.office.features);
        let is_incoming = |leg: LegId| self.legs.get(&leg).is_some_and(Leg::is_incoming);
        // Of two who have both called, as after one has fetched or picked up the other, the one that this call is of.
        let calls = match self.subject() {
            Some(subject) if subject == from || is_incoming(subject) => subject == from,
            Some(_) | None => is_incoming(from),
        };
        let may = |ends: Ends| if calls { ends.caller } else { ends.callee };
        let ours =
            self.legs.get(&from).is_some_and(|leg| leg.user().is_some() && !leg.owner.context.is_empty());
        let records =
            self.record_on_demand && may(Ends { caller: recording.by_caller, callee: recording.by_callee });
        let leads = ours && self.transfer.is_none();
        let (transfers, parks) = (leads && may(self.rights.transfer), leads && may(self.rights.park));
        let all = [
            (&recording.code, Feature::Record, records),
            (&features.disconnect, Feature::Disconnect, may(self.rights.disconnect)),
            (&features.blind, Feature::Blind, transfers),
            (&features.attended, Feature::Attended, transfers),
            (&features.park, Feature::Park, parks),
            (&features.hold, Feature::Hold, may(self.rights.hold)),
        ];
        let usable = all.into_iter().filter(|(code, _, may)| *may && !code.is_empty());
        usable.map(|(code, feature, _)| (code.as_str(), feature))
    }

    /// Puts the other one on hold, or takes it back. Who is held holds nobody.
    fn toggle_hold(&mut self, from: LegId) {
        let Some(bridge) = &mut self.bridge else { return };
        bridge.held_by = match bridge.held_by {
            None => Some(from),
            Some(holder) if holder == from => None,
            held => held,
        };
    }

    /// The partner goes to where calls are parked. Whoever has typed the code stays to hear in which place, and to come back to if
    /// there is none.
    fn park_partner(&mut self, w: &mut World, now: Time, from: LegId, partner: LegId) {
        let number = w.office.features.park_to.clone();
        let transfer = Transfer {
            referrer: from,
            subject: partner,
            number: number.clone(),
            rang: false,
            elsewhere: None,
        };
        self.begin_transfer(w, now, transfer, number);
    }

    /// Ends the talk, as if the one who was called had hung up: the program goes on with its caller.
    fn disconnect(&mut self, w: &mut World, now: Time, from: LegId) {
        let talk = self.main.and_then(|main| self.stacks.get(&main)).and_then(|stack| stack.talk());
        let leg = talk.map_or(from, |talk| talk.leg);
        self.end_legs(w, now, &[leg], Cause::NORMAL, reason_of(Cause::NORMAL));
    }
}

/// What the program of a transfer is told.
fn arguments(features: &OfficeFeatures, mode: &str) -> Value {
    let text = |text: &str| Value::Text(text.to_owned());
    let ms = |ms: u32| Value::Int(i64::from(ms));
    Value::List(vec![Value::Map(BTreeMap::from([
        ("mode".to_owned(), text(mode)),
        ("abort".to_owned(), text(&features.abort)),
        ("complete".to_owned(), text(&features.complete)),
        ("three_way".to_owned(), text(&features.three_way)),
        ("swap".to_owned(), text(&features.swap)),
        ("digit_timeout_ms".to_owned(), ms(features.digit_timeout_ms)),
        ("answer_timeout_ms".to_owned(), ms(features.answer_timeout_ms)),
        ("attempts".to_owned(), Value::Int(i64::from(features.attempts))),
    ]))])
}
