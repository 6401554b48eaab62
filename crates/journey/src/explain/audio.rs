//! Audio that did not come: never, no longer, or without the keys.

use super::{Evidence, Fault, Verdict};
use crate::sdp::{Audio, is_private};
use crate::story::{Leg, Story};
use crate::{Entry, Event};
use cordboard_base::{Direction, LegId};
use cordboard_media::Second;

/// Shorter talks prove nothing: the first packets may be late, and people say "wrong number" in less.
const TALK_MIN_S: usize = 3;
/// Time-outs of prompts without a single key, from which on it is no longer somebody who does not want to press one.
const TIMEOUTS_MIN: usize = 2;

/// So long a talk with nothing but silence from one side is no pause of somebody who listens.
const MUTE_MIN_S: usize = 10;
/// In dBov without its sign. A-law has nothing below 69; a room with a telephone in it is above 60.
const MUTE_BELOW_DBOV: u8 = 66;

/// Whether both sides have agreed that the peer sends.
fn should_send(leg: &Leg<'_>, at_us: i64) -> bool {
    let sends = |audio: &Audio| audio.port != 0 && audio.direction.sends();
    let theirs = leg.audio(false, at_us).is_none_or(|audio| sends(&audio));
    // What we describe as receiving.
    let ours = leg.audio(true, at_us).is_none_or(|audio| audio.port != 0 && audio.direction.receives());
    theirs && ours
}

/// Legs from which nothing came while they talked.
fn silent_legs(story: &Story<'_>) -> Vec<LegId> {
    let is_silent = |leg: &Leg<'_>| {
        let talk = leg.talk();
        let last = talk.last().map_or(0, |(at, _)| *at);
        talk.len() >= TALK_MIN_S
            && talk.iter().all(|(_, second)| second.received == 0)
            && leg.seconds.iter().all(|(_, second)| second.received == 0)
            && should_send(leg, last)
    };
    story.order.iter().filter(|id| story.legs.get(id).is_some_and(is_silent)).copied().collect()
}

/// One-way audio, or none.
pub(super) fn silent(story: &Story<'_>, verdicts: &mut Vec<Verdict>) {
    let silent = silent_legs(story);
    let heard = story.legs.values().any(|leg| leg.talk().iter().any(|(_, second)| second.received > 0));
    let fault = if heard { Fault::OneWayAudio } else { Fault::NoAudio };
    for id in silent {
        let Some(leg) = story.legs.get(&id) else { continue };
        let (name, talk) = (story.name(id), leg.talk());
        let sent: u64 = talk.iter().map(|(_, second)| u64::from(second.sent)).sum();
        let at_us = talk.first().map_or(0, |(at, _)| *at);
        let strangers: u64 = talk.iter().map(|(_, second)| u64::from(second.strangers)).sum();
        let mut text = format!("{name} did not send a single packet of audio in {} s of talk", talk.len());
        let mut evidence = vec![Evidence {
            at_us,
            text: format!("audio of {name}: 0 packets came, {sent} went, for {} s", talk.len()),
        }];
        if let Some((place, said)) = private_place(leg) {
            let gone =
                if sent > 0 { format!(": {sent} packets went there and to nobody") } else { String::new() };
            text.push_str(&format!(
                ", and said that its own is to go to {place}, a private address{gone}. Its network lets no audio out, or a router \
                 between it and us does not"
            ));
            evidence.push(said);
        } else {
            text.push_str(": its microphone, its network or a firewall keeps it, not the exchange");
        }
        if strangers > 0 {
            text.push_str(&format!(
                "; {strangers} packets came from addresses that are not its own and were dropped"
            ));
        }
        evidence.sort_by_key(|evidence| evidence.at_us);
        verdicts.push(Verdict { fault, text, evidence });
    }
}

/// Where a leg has its audio sent, if that is a private address and its SIP comes from elsewhere.
fn private_place(leg: &Leg<'_>) -> Option<(String, Evidence)> {
    leg.messages.iter().filter(|told| !told.sent).find_map(|told| {
        let audio = Audio::of(&told.sip)?;
        let address = audio.address.filter(|ip| is_private(*ip))?;
        if address.to_canonical() == told.peer.ip().to_canonical() {
            return None;
        }
        let place = format!("{address}:{}", audio.port);
        let text = format!("{} from {} describes {place}", told.in_short(), told.peer);
        Some((place, Evidence { at_us: told.at_us, text }))
    })
}

/// Audio that came, and then came no more until the call was ended for it.
pub(super) fn stopped(story: &Story<'_>, verdicts: &mut Vec<Verdict>) {
    for (id, leg) in &story.legs {
        let Some(silent_us) = leg.silent_us else { continue };
        let Some((last, _)) = leg.seconds.iter().rev().find(|(_, second)| second.received > 0) else {
            continue;
        };
        let (name, quiet_s) = (story.name(*id), silent_us.saturating_sub(*last) / 1_000_000);
        let text = format!(
            "the audio of {name} stopped, and the call was ended {quiet_s} s later because nothing came any more: \
             the phone lost its network or its power, or a router forgot the connection"
        );
        let evidence = vec![
            Evidence { at_us: *last, text: format!("the last packet of {name} came in this second") },
            Evidence { at_us: silent_us, text: format!("nothing had come from {name} for {quiet_s} s") },
        ];
        verdicts.push(Verdict { fault: Fault::AudioStopped, text, evidence });
    }
    // The time-out of a leg that never sent anything: it is told as that.
    let never = |(id, leg): (&LegId, &Leg<'_>)| {
        let nothing = leg.seconds.iter().all(|(_, second)| second.received == 0);
        (leg.silent_us.is_some() && nothing).then_some(*id)
    };
    for id in story.legs.iter().filter_map(never) {
        let name = story.name(id);
        if verdicts.iter().any(|verdict| verdict.text.starts_with(&format!("{name} did not send"))) {
            continue;
        }
        let at_us = story.legs.get(&id).and_then(|leg| leg.silent_us).unwrap_or(0);
        let text = format!("{name} did not send a single packet of audio until the call was ended for it");
        let evidence = vec![Evidence { at_us, text: format!("nothing had come from {name}") }];
        verdicts.push(Verdict { fault: Fault::NoAudio, text, evidence });
    }
}

/// Audio that came all the time, and was silence from the first second of a talk to the last. Who talks to a program may well say
/// nothing, and who is in a conference.
pub(super) fn microphones(story: &Story<'_>, verdicts: &mut Vec<Verdict>) {
    for (id, leg) in &story.legs {
        let talks = |entry: &&Entry| matches!(&entry.event, Event::Bridged { a, b } if a == id || b == id);
        let since = story.entries.iter().find(talks).map(|entry| entry.at_us);
        let Some(since_us) = since else { continue };
        let talk: Vec<(i64, Second)> =
            leg.talk().into_iter().filter(|(at, second)| *at >= since_us && second.received > 0).collect();
        let levels: Vec<u8> = talk.iter().filter_map(|(_, second)| second.below_dbov).collect();
        let Some(loudest) = levels.iter().min().copied() else { continue };
        if talk.len() < MUTE_MIN_S || levels.len() < talk.len() || loudest < MUTE_BELOW_DBOV {
            continue;
        }
        let (name, seconds) = (story.name(*id), talk.len());
        let packets: u64 = talk.iter().map(|(_, second)| u64::from(second.received)).sum();
        let text = format!(
            "{name} sent {packets} packets of audio in {seconds} s of talk, and all of them were silence (−{loudest} dBov at the \
             loudest): its microphone is muted, broken or not plugged in; the network is not the cause"
        );
        let at_us = talk.first().map_or(since_us, |(at, _)| *at);
        let seen = format!(
            "audio of {name}: {packets} packets came in {seconds} s, none louder than −{loudest} dBov"
        );
        let evidence = vec![Evidence { at_us, text: seen }];
        verdicts.push(Verdict { fault: Fault::SilentMicrophone, text, evidence });
    }
}

/// A program that waited for keys, and a caller whose keys can't come, or never came.
pub(super) fn keys(story: &Story<'_>, verdicts: &mut Vec<Verdict>) {
    for (id, leg) in &story.legs {
        if leg.digits > 0 || !leg.was_up() {
            continue;
        }
        let timeouts: Vec<i64> = story
            .entries
            .iter()
            .filter(|entry| {
                matches!(&entry.event, Event::Read { leg, count: 0, timed_out: true, .. } if leg == id)
            })
            .map(|entry| entry.at_us)
            .collect();
        let (Some(first), Some(last)) = (timeouts.first(), timeouts.last()) else { continue };
        let name = story.name(*id);
        let agreed = |sent: bool| leg.audio(sent, *last).map(|audio| audio.events);
        let without = agreed(false) == Some(false) || agreed(true) == Some(false);
        let text = if without {
            format!(
                "{name} was asked for keys and none arrived: telephone-event (RFC 4733) was not agreed on, so its keys are tones \
                 in its audio at best; set its DTMF mode to RFC 2833"
            )
        } else if timeouts.len() >= TIMEOUTS_MIN {
            format!(
                "{name} was asked for keys {} times and none arrived, though telephone-event is agreed on: it sends its keys in \
                 another way (SIP INFO, tones), or nobody pressed any",
                timeouts.len()
            )
        } else {
            continue;
        };
        let mut evidence =
            vec![Evidence { at_us: *first, text: "a prompt waited for a key in vain".to_owned() }];
        if let Some(audio) = leg.audio(false, *last).filter(|_| without) {
            let at_us = leg.messages.iter().find(|told| !told.sent).map_or(*first, |told| told.at_us);
            evidence.insert(0, Evidence { at_us, text: format!("{name} describes {}", audio.in_short()) });
        }
        verdicts.push(Verdict { fault: Fault::KeysLost, text, evidence });
    }
}

/// Whether a leg's audio went wrong: what may have a gateway as its cause.
pub(super) fn has_failed(story: &Story<'_>, id: LegId) -> bool {
    silent_legs(story).contains(&id)
        || story.legs.get(&id).is_some_and(|leg| {
            let described = leg.audio(false, story.end_us()).map(|audio| audio.direction);
            leg.silent_us.is_some() && described != Some(Direction::Inactive)
        })
}
