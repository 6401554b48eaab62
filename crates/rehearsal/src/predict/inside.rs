//! From what the office has seen and ordered to a list of events. Nothing is taken from the wire or from the phones: what is told
//! here is what the exchange has decided.

use super::Wording;
use super::enact::Enacted;
use super::event::{End, Event, Heard, Rung, What};
use crate::outcome::Source;
use crate::words;
use cordboard_app::{Cause, Destination, Note, Query, Step, Value};
use cordboard_base::{LegId, Time};
use cordboard_call::{Disposition, Fact, LegState, OutOfReach};
use cordboard_journey::What as Seen;
use cordboard_media::{Audio, Play, PlayEnd};
use cordboard_sim::{Order, Ordered};
use std::collections::BTreeMap;

/// Events of a prediction at most: who hears the time every ten seconds for an hour needs no more.
const EVENTS_MAX: usize = 1_000;
/// The first of the ringback tone's frequencies, and of that for message takers' beep.
const RINGBACK_HZ: u16 = 425;
const BEEP_HZ: u16 = 1_000;

/// A leg that the office has called.
struct Called {
    who: String,
    rings: Option<Time>,
    talks: Option<Time>,
    over: bool,
}

struct Teller<'a> {
    enacted: &'a Enacted,
    wording: &'a Wording,
    caller: Option<LegId>,
    legs: BTreeMap<LegId, Called>,
    /// Why legs ended, as the record has it.
    causes: BTreeMap<LegId, Cause>,
    /// At one moment: routes, steps, the rest in order.
    events: Vec<(Time, u8, What)>,
    end: Option<End>,
}

/// What has happened, and how it ended.
pub(super) fn events(enacted: &Enacted, wording: &Wording) -> (Vec<Event>, Option<End>) {
    let mut teller = Teller {
        enacted,
        wording,
        caller: None,
        legs: BTreeMap::new(),
        causes: BTreeMap::new(),
        events: Vec::new(),
        end: None,
    };
    teller.steps();
    teller.routes();
    enacted.world.look_seen(|seen| {
        let seen = seen.get(enacted.seen_before..).unwrap_or_default();
        for seen in seen {
            if let Seen::Ended(end) = &seen.what {
                teller.causes.extend(end.legs.iter().map(|leg| (leg.leg, leg.cause)));
            }
        }
        seen.iter().for_each(|seen| teller.seen(seen.at, &seen.what));
    });
    enacted.world.look_orders(|orders| {
        teller.heard(orders.get(enacted.orders_before..).unwrap_or_default());
    });
    for (at, what) in &enacted.deeds {
        teller.events.push((*at, 3, what.clone()));
    }
    let Teller { mut events, end, .. } = teller;
    events.sort_by_key(|(at, order, _)| (*at, *order));
    events.truncate(EVENTS_MAX);
    let event = |(at, _, what): (Time, u8, What)| Event { at_ms: ms(enacted, at), what };
    (events.into_iter().map(event).collect(), end)
}

fn ms(enacted: &Enacted, at: Time) -> u64 {
    span_ms(enacted.began, at)
}

fn span_ms(from: Time, to: Time) -> u64 {
    u64::try_from(to.since(from).as_millis()).unwrap_or(u64::MAX)
}

impl Teller<'_> {
    fn push(&mut self, at: Time, what: What) {
        self.events.push((at, 2, what));
    }

    /// The first route is taken at once; each further one where a script has gone on elsewhere, or begun.
    fn routes(&mut self) {
        for (place, route) in self.enacted.routes.iter().enumerate() {
            let what = What::Route {
                context: route.context.clone(),
                pattern: route.pattern.clone(),
                number: route.info.dialed.clone(),
                place: route.place.clone().into(),
            };
            let at = if place == 0 { self.enacted.began } else { route.at.max(self.enacted.began) };
            // A route that is gone on with comes after the steps that led there.
            self.events.push((at, if place == 0 { 0 } else { 1 }, what));
        }
    }

    fn steps(&mut self) {
        for step in &self.enacted.steps {
            let Some(does) = does(&step.step, step.answer.as_ref()) else { continue };
            self.events.push((step.at, 1, What::Step { place: Source::from(step.place.clone()), does }));
        }
    }

    fn seen(&mut self, at: Time, seen: &Seen) {
        match seen {
            Seen::Fact(_, fact) => self.fact(at, fact),
            Seen::OutOfReach { whom, why, .. } => {
                let why = match why {
                    OutOfReach::Unknown => "unknown",
                    OutOfReach::Offline => match **whom {
                        Destination::Trunk { .. } => "the trunk is down",
                        Destination::User(_) | Destination::Extension { .. } => "no phone is there",
                    },
                    OutOfReach::Full => "all lines are taken",
                };
                self.push(at, What::Unreached { who: words::destination(whom), why: why.to_owned() });
            }
            Seen::Refused(refused) => {
                let cause = Cause::of_status(refused.status).to_string();
                let (disposition, by) = ("failed", "system".to_owned());
                self.end.get_or_insert(End { at_ms: ms(self.enacted, at), disposition, cause, by });
            }
            Seen::Ended(end) => {
                let is_callers = self.caller.is_none_or(|leg| leg.call == end.call);
                if is_callers && self.end.is_none() {
                    self.end = Some(End {
                        at_ms: ms(self.enacted, at),
                        disposition: disposition(end.disposition),
                        cause: end.cause.to_string(),
                        by: end.by.clone(),
                    });
                }
            }
            Seen::Message { .. }
            | Seen::Figures { .. }
            | Seen::Latched { .. }
            | Seen::Silent { .. }
            | Seen::Mailed(_)
            | Seen::Said { .. }
            | Seen::Lost(_) => {}
        }
    }

    #[allow(clippy::wildcard_enum_match_arm, reason = "other facts are of no interest to who calls")]
    fn fact(&mut self, at: Time, fact: &Fact) {
        match fact {
            Fact::LegState { leg, state, outgoing: false, .. } => {
                let is_first = self.caller.is_none();
                self.caller = self.caller.or(Some(*leg));
                if *state == LegState::Talking && self.caller == Some(*leg) && !self.is_answered() {
                    self.push(at, What::Answered);
                } else if is_first {
                    self.caller = Some(*leg);
                }
            }
            Fact::LegState { leg, who, state, outgoing: true, .. } => {
                let who = who.as_ref().map(words::destination).unwrap_or_default();
                self.leg(at, *leg, who, *state);
            }
            Fact::Mixed { leg, mix } if Some(*leg) == self.caller => {
                self.push(at, What::Joins { mix: mix.clone() });
            }
            Fact::Emergency { number, .. } => {
                self.push(at, What::Emergency { number: number.clone() });
            }
            Fact::Note(Note::ScriptError(message)) => {
                self.push(at, What::ScriptError { message: message.clone() });
            }
            _ => {}
        }
    }

    fn is_answered(&self) -> bool {
        self.events.iter().any(|(.., what)| *what == What::Answered)
    }

    fn leg(&mut self, at: Time, leg: LegId, who: String, state: LegState) {
        let cause = self.causes.get(&leg).copied();
        let called = self.legs.entry(leg).or_insert(Called { who, rings: None, talks: None, over: false });
        let who = called.who.clone();
        match state {
            LegState::Trying | LegState::Holding => {}
            LegState::Ringing => called.rings = called.rings.or(Some(at)),
            LegState::Talking => {
                if called.talks.is_none() {
                    called.talks = Some(at);
                    let rang = called.rings.unwrap_or(at);
                    self.push(rang, What::Rings { who, ms: span_ms(rang, at), then: Rung::Answered });
                }
            }
            LegState::Ended if called.over => {}
            LegState::Ended => {
                called.over = true;
                let (rings, talks) = (called.rings, called.talks);
                let is_refused = cause.is_some_and(|cause| cause == Cause::BUSY || cause == Cause::REJECTED);
                match (rings, talks) {
                    (_, Some(talks)) => {
                        self.push(talks, What::Talks { with: who, ms: span_ms(talks, at) });
                    }
                    (Some(rang), None) if span_ms(rang, at) > 0 => {
                        let then = if is_refused { Rung::Refused } else { Rung::Ends };
                        self.push(rang, What::Rings { who, ms: span_ms(rang, at), then });
                    }
                    (Some(_) | None, None) => {
                        let why = cause.map_or_else(|| "gone".to_owned(), |cause| cause.to_string());
                        self.push(at, What::Unreached { who, why });
                    }
                }
            }
        }
    }

    /// What is played to the caller. Silence is nothing.
    fn heard(&mut self, orders: &[Order]) {
        let caller = self.caller;
        let own = || orders.iter().filter(|order| Some(order.leg) == caller);
        // The end of a play is told when the next one has been ordered already.
        let mut ends = BTreeMap::new();
        for order in own() {
            if let Ordered::Ended { play, end, head } = &order.what {
                ends.insert(*play, (order.at, end, head));
            }
        }
        for order in own() {
            let Ordered::Plays(play) = &order.what else { continue };
            let end = ends.get(&play.id).map(|(_, end, head)| {
                let last = usize::try_from(head.item).unwrap_or(usize::MAX);
                (last, **end == PlayEnd::Finished, matches!(end, PlayEnd::Missing(_)))
            });
            let to = ends.get(&play.id).map(|(at, ..)| *at);
            self.played(order.at, to, play, end);
        }
    }

    fn played(&mut self, from: Time, to: Option<Time>, play: &Play, end: Option<(usize, bool, bool)>) {
        let mut heard = Vec::new();
        for (place, item) in play.items.iter().enumerate() {
            let whole = match end {
                Some((last, whole, missing)) => {
                    if place > last || (place == last && missing) {
                        break;
                    }
                    place < last || whole
                }
                None => false,
            };
            heard.extend(name_of(item).map(|(name, lang)| {
                let words = self.wording.of(&name, lang);
                Heard { name, words, whole }
            }));
        }
        if !heard.is_empty() {
            self.push(from, What::Hears { heard, ms: to.map(|to| span_ms(from, to)) });
        }
    }
}

/// What somebody hears, and in which language.
fn name_of(item: &Audio) -> Option<(String, &str)> {
    match item {
        Audio::Prompt { name, lang } => Some((name.clone(), lang)),
        Audio::File { .. } => Some(("a recording".to_owned(), "")),
        Audio::Music(class) => Some((format!("music \"{class}\""), "")),
        Audio::Silence(_) => None,
        Audio::Tone(tone) => match tone.frequencies_hz {
            [RINGBACK_HZ, _] => Some(("ringback".to_owned(), "")),
            [BEEP_HZ, 0] => Some(("a beep".to_owned(), "")),
            [one, 0] => Some((format!("a tone of {one} Hz"), "")),
            [one, two] => Some((format!("a tone of {one} and {two} Hz"), "")),
        },
    }
}

fn disposition(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Answered => "answered",
        Disposition::Busy => "busy",
        Disposition::NoAnswer => "no-answer",
        Disposition::Failed => "failed",
        Disposition::Cancelled => "cancelled",
    }
}

/// A step in words, if it says something to who asks what will happen.
fn does(step: &Step, answer: Option<&Value>) -> Option<String> {
    match step {
        Step::Note(
            Note::SetVar { .. } | Note::Tag { .. } | Note::Mark(_) | Note::Log { .. } | Note::Event { .. },
        )
        | Step::Ask(
            Query::Now
            | Query::TimeZone
            | Query::WallTime(_)
            | Query::WallTimeIn { .. }
            | Query::HasRoute { .. }
            | Query::Var(_)
            | Query::Record
            | Query::Header(_),
        )
        | Step::Yield
        | Step::Done(_) => None,
        Step::Ask(Query::DbWrite { .. }) => Some(words::step(step)),
        Step::Ask(query) => {
            let says = match (query, answer) {
                (Query::Hours(_), Some(answer)) => match answer.entry("open").truth() {
                    Some(true) => "open".to_owned(),
                    Some(false) => "closed".to_owned(),
                    None => words::value(answer),
                },
                (Query::Holiday(_), Some(Value::Unit)) => "no".to_owned(),
                (_, Some(Value::Unit)) => "nothing".to_owned(),
                (_, Some(answer)) => words::value(answer),
                (_, None) => return Some(words::step(step)),
            };
            Some(format!("{}: {says}", words::step(step)))
        }
        Step::Answer
        | Step::Progress
        | Step::Ringing
        | Step::Hangup(_)
        | Step::Dial(_)
        | Step::Enter { .. }
        | Step::Run { .. }
        | Step::Play(_)
        | Step::Read(_)
        | Step::Wait { .. }
        | Step::WaitSilence { .. }
        | Step::DetectMachine(_)
        | Step::Echo { .. }
        | Step::Tone(_)
        | Step::Music(_)
        | Step::Record(_)
        | Step::ControlRecording { .. }
        | Step::SendDigits { .. }
        | Step::Note(_)
        | Step::Await(_)
        | Step::Join(_)
        | Step::TakeMessage(_)
        | Step::Connect(_)
        | Step::Transfer(_) => Some(words::step(step)),
    }
}
