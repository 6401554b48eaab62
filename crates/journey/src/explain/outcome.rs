//! Why nobody answered, what a script did wrong, and who hung up.

use super::{Ending, Evidence, Fault, Verdict};
use crate::Event;
use crate::story::{Leg, Story, Told};
use crate::timeline::{out_of_reach, word};
use cordboard_app::Cause;
use cordboard_base::LegId;
use cordboard_call::{Disposition, LegState, OutOfReach};

/// Whether somebody has answered the caller.
pub(super) fn was_answered(story: &Story<'_>) -> bool {
    let ended = story
        .entries
        .iter()
        .any(|entry| matches!(entry.event, Event::Ended { disposition: Disposition::Answered, .. }));
    ended || story.legs.values().any(|leg| !leg.outgoing && leg.was_up())
}

/// The script's own fault.
pub(super) fn script_errors(story: &Story<'_>, verdicts: &mut Vec<Verdict>) {
    for entry in story.entries {
        if let Event::ScriptError(error) = &entry.event {
            let text = format!("the dialplan has failed at {error}");
            let evidence = vec![Evidence { at_us: entry.at_us, text: format!("script error {error}") }];
            verdicts.push(Verdict { fault: Fault::ScriptError, text, evidence });
        }
    }
}

/// Why a call that nobody answered was not.
pub(super) fn unanswered(story: &Story<'_>, verdicts: &mut Vec<Verdict>) {
    not_reached(story, verdicts);
    let called: Vec<(&LegId, &Leg<'_>)> = story.legs.iter().filter(|(_, leg)| leg.outgoing).collect();
    for (id, leg) in &called {
        verdicts.extend(of_leg(story, **id, leg));
    }
    if verdicts.is_empty() && called.is_empty() {
        verdicts.extend(no_route(story));
    }
}

fn not_reached(story: &Story<'_>, verdicts: &mut Vec<Verdict>) {
    for entry in story.entries {
        let Event::OutOfReach { who, trunk, why } = &entry.event else { continue };
        let evidence = vec![Evidence { at_us: entry.at_us, text: out_of_reach(who, *trunk, *why) }];
        let (fault, text) = match (why, trunk) {
            (OutOfReach::Offline, false) => (
                Fault::NotRegistered,
                format!(
                    "{who} has no phone registered: `cordboard phones` shows it, and `cordboard log` why it is gone"
                ),
            ),
            (OutOfReach::Offline, true) => (
                Fault::TrunkUnreachable,
                format!(
                    "trunk {who} is offline: none of its servers answers, or it has not let us register; see `cordboard trunks`"
                ),
            ),
            (OutOfReach::Full, _) => (Fault::TrunkFull, format!("all channels of trunk {who} are in use")),
            (OutOfReach::Unknown, _) => (Fault::NoRoute, out_of_reach(who, *trunk, *why)),
        };
        verdicts.push(Verdict { fault, text, evidence });
    }
}

fn of_leg(story: &Story<'_>, id: LegId, leg: &Leg<'_>) -> Option<Verdict> {
    let name = story.name(id);
    let invite = leg.messages.iter().find(|told| told.sent && told.is_request("INVITE"))?;
    let answered = leg.messages.iter().any(|told| !told.sent && told.sip.status().is_some());
    let evidence = |told: &Told<'_>| {
        let way = if told.sent { "→" } else { "←" };
        Evidence { at_us: told.at_us, text: format!("{way} {name} ({}): {}", told.peer, told.sip.first) }
    };
    if !answered {
        let fault = if leg.trunk { Fault::TrunkUnreachable } else { Fault::PhoneUnreachable };
        let (kind, copies) = (if leg.trunk { "trunk" } else { "phone" }, invite.again_us.len() + 1);
        let text = format!(
            "{kind} {name} at {} has not answered our INVITE at all ({copies} sent): it is down, its address is wrong, or a \
             firewall drops what we send",
            invite.peer
        );
        return Some(Verdict { fault, text, evidence: vec![evidence(invite)] });
    }
    let (fault, told, text) = match leg.refusal() {
        Some(told) if !told.sent => {
            let (fault, what) = match told.sip.status().unwrap_or(0) {
                486 | 600 => (Fault::Busy, "is busy"),
                480 | 408 | 487 => (Fault::NoAnswer, "did not answer"),
                404 | 484 | 604 => (Fault::NoRoute, "does not know the number"),
                503 | 500 | 502 | 504 if leg.trunk => (Fault::TrunkUnreachable, "can't take the call"),
                _ => (Fault::Declined, "declined"),
            };
            // What is ours: the ringing was ended by us, and the phone confirms it.
            let gave_up = told.sip.status() == Some(487);
            let text =
                if gave_up { rang(story, id, leg) } else { format!("{name} {what} ({})", told.sip.first) };
            (fault, told.clone(), text)
        }
        Some(_) | None => (Fault::NoAnswer, invite.clone(), rang(story, id, leg)),
    };
    Some(Verdict { fault, text, evidence: vec![evidence(&told)] })
}

fn rang(story: &Story<'_>, id: LegId, leg: &Leg<'_>) -> String {
    let at = |wanted: LegState| leg.states.iter().find(|(_, state)| *state == wanted).map(|(at, _)| *at);
    let since = at(LegState::Ringing).or_else(|| at(LegState::Trying)).unwrap_or(0);
    let until = at(LegState::Ended).unwrap_or_else(|| story.end_us());
    let seconds = (until.saturating_sub(since) + 500_000) / 1_000_000;
    let by_caller = story
        .entries
        .iter()
        .any(|entry| matches!(entry.event, Event::Ended { disposition: Disposition::Cancelled, .. }));
    let end = if by_caller { "and the caller gave up" } else { "and the time for ringing was over" };
    format!("{} rang for {seconds} s without an answer, {end}", story.name(id))
}

/// Nobody was called: the dialplan has nothing for the number.
fn no_route(story: &Story<'_>) -> Option<Verdict> {
    let ended = story.entries.iter().find_map(|entry| {
        if let Event::Ended { cause, .. } = &entry.event { Some((entry.at_us, *cause)) } else { None }
    });
    let (at_us, cause) = ended.filter(|(_, cause)| matches!(*cause, Cause::UNALLOCATED | Cause::NO_ROUTE))?;
    let (dialed, context) = story.entries.iter().find_map(|entry| {
        if let Event::Began { dialed, context, .. } = &entry.event { Some((dialed, context)) } else { None }
    })?;
    let text =
        format!("no route of context {context} takes {dialed}: `cordboard routes --why {dialed}` shows why");
    let evidence = vec![Evidence { at_us, text: format!("the call was refused: {cause}") }];
    Some(Verdict { fault: Fault::NoRoute, text, evidence })
}

/// Who hung up first, and why.
pub(super) fn ending(story: &Story<'_>) -> Option<Ending> {
    if let Some(entry) = story.entries.iter().find(|entry| matches!(entry.event, Event::Refused(_))) {
        let text = "no call came of it".to_owned();
        return Some(Ending { text: text.clone(), evidence: vec![Evidence { at_us: entry.at_us, text }] });
    }
    let (at_us, how, cause, by) = story.entries.iter().rev().find_map(|entry| {
        let Event::Ended { disposition, cause, by, .. } = &entry.event else { return None };
        Some((entry.at_us, *disposition, *cause, by))
    })?;
    let mut last: Vec<(i64, LegId, &Told<'_>)> = Vec::new();
    for (id, leg) in &story.legs {
        let ends = |told: &&Told<'_>| told.is_request("BYE") || told.is_request("CANCEL");
        last.extend(leg.messages.iter().filter(ends).map(|told| (told.at_us, *id, told)));
    }
    // Of the last who were connected, the first to go: what comes after it follows from it.
    let mut first = last.iter().filter(|(_, _, told)| !told.sent).max_by_key(|(at, ..)| *at);
    if by == "system" {
        first = None;
    }
    let mut evidence = Vec::new();
    let text = match first {
        Some((at, id, told)) => {
            let (name, method) = (story.name(*id), told.sip.method());
            evidence.push(Evidence { at_us: *at, text: format!("← {name} ({}): {method}", told.peer) });
            let gave_up = if method == "CANCEL" { "gave up before it was answered" } else { "hung up first" };
            format!("{name} {gave_up}; the call was {}, cause {cause}", word(how))
        }
        None if by == "system" => format!("the exchange ended it; it was {}, cause {cause}", word(how)),
        None => format!("the {by} ended it; it was {}, cause {cause}", word(how)),
    };
    evidence.push(Evidence { at_us, text: format!("the call was over: {}, {cause}, by {by}", word(how)) });
    Some(Ending { text, evidence })
}
