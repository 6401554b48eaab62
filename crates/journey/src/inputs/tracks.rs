//! What each leg did, and when: of the caller its deeds, of those who were called theirs.

use super::{Callee, Deed, Does, Gap, Since};
use crate::sip::Sip;
use crate::{Entry, Event, LegEnd};
use cordboard_base::{CallId, LegId};
use cordboard_call::LegState;
use std::collections::BTreeMap;

/// Deeds of one person that are taken over at most.
const DEEDS_MAX: usize = 500;

/// So long after one leg the others end too when the call does, in microseconds.
const LEFT_US: i64 = 500_000;

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
    /// It has put the other end on hold.
    is_holding: bool,
    /// Keys since digits were last read: when, since when it counts, which.
    typed: Vec<(i64, Since, Option<char>)>,
    deeds: Vec<Deed>,
}

#[derive(Debug, Default)]
pub(super) struct Tracks {
    legs: BTreeMap<LegId, Track>,
    /// In the order in which they were called.
    order: Vec<LegId>,
    pub(super) gaps: Vec<Gap>,
}

impl Tracks {
    /// Of a call and its parts.
    pub(super) fn of(all: &[&Entry], call: CallId, began_us: i64) -> Self {
        let mut tracks = Self::default();
        let mut reads: Vec<i64> = Vec::new();
        for entry in all {
            let at_us = entry.at_us;
            match &entry.event {
                Event::Step { what, .. } if what.starts_with("read") => reads.push(at_us),
                Event::Leg { leg, who, outgoing, state, .. } => {
                    tracks.state(at_us, *leg, (who, *outgoing), *state);
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
                Event::Ended { legs, .. } if entry.call != call => tracks.part_ends(at_us, legs),
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
                | Event::Mailed { .. }
                | Event::Inside { .. }
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

    fn state(&mut self, at_us: i64, leg: LegId, (who, outgoing): (&str, bool), state: LegState) {
        if !self.legs.contains_key(&leg) {
            self.order.push(leg);
        }
        let talk_us = self.talk_us(at_us);
        let track = self.legs.entry(leg).or_default();
        track.outgoing = outgoing;
        who.clone_into(&mut track.who);
        track.holds(at_us, talk_us, state);
        track.state(at_us, state);
    }

    /// Who has answered in a part of the call has left it.
    fn part_ends(&mut self, at_us: i64, legs: &[LegEnd]) {
        let silent = |end: &&LegEnd| self.legs.get(&end.leg).is_some_and(|track| track.answered_us.is_none());
        let silent: Vec<LegEnd> = legs.iter().filter(silent).cloned().collect();
        self.ends(at_us, "", &silent);
    }

    /// Where no messages are kept, the end of the call says who hung up, and why who was called did not answer.
    fn ends(&mut self, at_us: i64, by: &str, legs: &[LegEnd]) {
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

    /// When somebody who was called had answered by then, the last one.
    fn talk_us(&self, at_us: i64) -> Option<i64> {
        let talks = self.legs.values().filter(|track| track.outgoing).filter_map(|track| track.answered_us);
        talks.filter(|talk_us| *talk_us <= at_us).max()
    }

    pub(super) fn caller(&self, leg: LegId) -> Vec<Deed> {
        let Some(track) = self.legs.get(&leg) else { return Vec::new() };
        let mut deeds = track.deeds.clone();
        if let Some(at_us) = track.hung_up_us {
            let (since, from_us) = match (track.since(at_us, &[]), self.talk_us(at_us)) {
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
    pub(super) fn callees(&self) -> Vec<Callee> {
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

    /// Whether it puts the other end on hold now, or takes it back.
    fn holds(&mut self, at_us: i64, talk_us: Option<i64>, state: LegState) {
        let does = match state {
            LegState::Holding if !self.is_holding => Does::Holds,
            LegState::Talking if self.is_holding => Does::Resumes,
            LegState::Trying
            | LegState::Ringing
            | LegState::Talking
            | LegState::Holding
            | LegState::Ended => return,
        };
        self.is_holding = does == Does::Holds;
        let (since, from_us) = match talk_us.filter(|_| !self.outgoing) {
            Some(talk_us) => (Since::Talk, talk_us),
            None => self.since(at_us, &[]),
        };
        self.deeds.push(Deed { since, after_us: at_us.saturating_sub(from_us), does });
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
