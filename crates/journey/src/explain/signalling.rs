//! SIP that went wrong: refusals, codecs, ACKs, and gateways that mean well.

use super::{Evidence, Fault, Verdict, audio, outcome};
use crate::Event;
use crate::sdp::{Audio, is_private};
use crate::sip::{Sip, is};
use crate::story::{Story, Told};
use core::net::IpAddr;

/// Copies of a 2xx without an ACK from which on it is no accident of the network (about 4 s after the first).
const COPIES_MIN: usize = 4;

fn shown(told: &Told<'_>, name: &str) -> Evidence {
    let way = if told.sent { "→" } else { "←" };
    let again =
        if told.again_us.is_empty() { String::new() } else { format!(", {} times", told.again_us.len() + 1) };
    Evidence { at_us: told.at_us, text: format!("{way} {name} ({}): {}{again}", told.peer, told.sip.first) }
}

/// An INVITE that was refused before it was a call.
pub(super) fn refused(story: &Story<'_>, verdicts: &mut Vec<Verdict>) {
    for entry in story.entries {
        let Event::Refused(refused) = &entry.event else { continue };
        let (from, address) = (&refused.from, &refused.address);
        let (fault, text) = match (refused.status, refused.why.as_str()) {
            (503, _) => (
                Fault::TooManyCalls,
                format!("{from} could not call: too many calls at once, its own or all together"),
            ),
            (_, "unknown user") => (
                Fault::PhoneRefused,
                format!(
                    "the phone at {address} calls as `{from}`, a user that does not exist: correct its user name"
                ),
            ),
            (_, "wrong password") => (
                Fault::PhoneRefused,
                format!(
                    "authentication of {from} at {address} failed: the phone has another password than `cordboard phones` shows"
                ),
            ),
            (status, "") => (
                Fault::PhoneRefused,
                format!(
                    "the call of {from} at {address} was refused with {status}: it may not call, or shows no credentials"
                ),
            ),
            (_, why) => (Fault::PhoneRefused, format!("authentication of {from} at {address} failed: {why}")),
        };
        let text_of = format!("{} was answered {}", refused.dialed, refused.status);
        verdicts.push(Verdict {
            fault,
            text,
            evidence: vec![Evidence { at_us: entry.at_us, text: text_of }],
        });
    }
}

/// A trunk that does not take our credentials, or us.
pub(super) fn trunk_refuses(story: &Story<'_>, verdicts: &mut Vec<Verdict>) {
    if outcome::was_answered(story) {
        return;
    }
    for (id, leg) in story.legs.iter().filter(|(_, leg)| leg.outgoing && leg.trunk) {
        let invites = leg.messages.iter().filter(|told| told.sent && told.is_request("INVITE"));
        let with_proof = invites.filter(|told| has_proof(&told.sip)).count();
        let status = |told: &&Told<'_>| {
            !told.sent && told.sip.method() == "INVITE" && matches!(told.sip.status(), Some(401 | 403 | 407))
        };
        let refusals: Vec<&Told<'_>> = leg.messages.iter().filter(status).collect();
        let challenges = refusals.iter().filter(|told| told.sip.status() != Some(403)).count();
        let forbidden = refusals.iter().find(|told| told.sip.status() == Some(403));
        let name = story.name(*id);
        let text = if let Some(told) = forbidden {
            let proof = if with_proof > 0 {
                "although we proved our account"
            } else {
                "and did not ask for credentials"
            };
            format!(
                "trunk {name} forbids the call ({}) {proof}: the account, the number or the caller's number is not allowed there",
                told.sip.first
            )
        } else if challenges > 1 || (challenges == 1 && with_proof == 0) {
            let why = if with_proof > 0 {
                "our user name or password is wrong"
            } else {
                "it asks for credentials, and trunks.toml has none for it"
            };
            format!("trunk {name} does not accept our credentials: {why}")
        } else {
            continue;
        };
        let evidence = refusals.iter().map(|told| shown(told, &name)).collect();
        verdicts.push(Verdict { fault: Fault::TrunkRefused, text, evidence });
    }
}

fn has_proof(sip: &Sip<'_>) -> bool {
    sip.headers().any(|(name, _)| is(name, "Authorization", "Proxy-Authorization"))
}

fn refuses_codecs(told: &&Told<'_>) -> bool {
    matches!(told.sip.status(), Some(488 | 606 | 415)) && told.sip.method() == "INVITE"
}

/// Nobody could agree on a codec.
pub(super) fn codecs(story: &Story<'_>, verdicts: &mut Vec<Verdict>) {
    if outcome::was_answered(story) {
        return;
    }
    // Whom we called says so itself; what the caller is told follows from it.
    let outgoing = story.legs.iter().filter(|(_, leg)| leg.outgoing);
    let incoming = story.legs.iter().filter(|(_, leg)| !leg.outgoing);
    for (id, leg) in outgoing.chain(incoming) {
        let Some(told) = leg.messages.iter().find(refuses_codecs) else { continue };
        let name = story.name(*id);
        let offers =
            |sent| leg.audio(sent, told.at_us).map_or_else(|| "nothing".to_owned(), |audio| audio.codecs());
        let text = if told.sent {
            format!("{name} offered {} and the office allows none of them to it", offers(false))
        } else {
            format!("{name} refused the codecs that we offered it ({})", offers(true))
        };
        let text = format!(
            "{text}: let `codecs` of cordboard.toml, users.toml or trunks.toml and the phone's list have one in common"
        );
        verdicts.push(Verdict { fault: Fault::CodecMismatch, text, evidence: vec![shown(told, &name)] });
        return;
    }
}

/// A 2xx that was never acknowledged.
pub(super) fn lost_acks(story: &Story<'_>, verdicts: &mut Vec<Verdict>) {
    for (id, leg) in &story.legs {
        let answers = leg.messages.iter().filter(|told| told.sent && told.answers("INVITE", 2));
        for told in answers.filter(|told| told.again_us.len() + 1 >= COPIES_MIN) {
            let number = told.sip.cseq().map(|(number, _)| number);
            let acked = leg.messages.iter().any(|ack| {
                !ack.sent && ack.is_request("ACK") && ack.sip.cseq().map(|(number, _)| number) == number
            });
            if acked {
                continue;
            }
            let name = story.name(*id);
            let copies = told.again_us.len() + 1;
            let last_s = told.again_us.last().map_or(0, |last| last.saturating_sub(told.at_us)) / 1_000_000;
            let contact = told.sip.header("Contact", "m").unwrap_or("");
            let text = format!(
                "the ACK of {name} never came: our 200 went {copies} times in {last_s} s, and the call is given up after 32 s. {name} \
                 sends its ACK to our Contact {contact}; that must be an address it reaches (`external_ipv4` in cordboard.toml where \
                 a router stands before us), or a firewall or SIP ALG drops it"
            );
            let mut evidence = vec![shown(told, &name)];
            evidence.extend(
                told.again_us.last().map(|at| Evidence { at_us: *at, text: "→ the last copy".to_owned() }),
            );
            verdicts.push(Verdict { fault: Fault::LostAck, text, evidence });
        }
    }
}

/// A gateway that rewrites some of the addresses in SIP and leaves the others: named where something went wrong with that leg, since
/// one that does it right does no harm.
pub(super) fn gateways(story: &Story<'_>, verdicts: &mut Vec<Verdict>) {
    let ack_lost = verdicts.iter().any(|verdict| verdict.fault == Fault::LostAck);
    for (id, leg) in &story.legs {
        let failed = audio::has_failed(story, *id) || ack_lost && !leg.outgoing;
        let Some((told, mix)) =
            leg.messages.iter().filter(|told| !told.sent).find_map(|told| Some((told, mix(told)?)))
        else {
            continue;
        };
        if !failed {
            continue;
        }
        let name = story.name(*id);
        let text = format!(
            "a router between {name} and us rewrites its SIP, and not all of it (SIP ALG): {mix}. Turn the ALG off in that router, or \
             use TCP or TLS; the exchange deals with the NAT itself"
        );
        verdicts.push(Verdict { fault: Fault::SipAlg, text, evidence: vec![shown(told, &name)] });
    }
}

/// The addresses of one message that do not fit each other: one is private, another is the public one that the packet came from. A
/// phone that does not know its NAT writes its private address everywhere, one that does writes the public one everywhere.
fn mix(told: &Told<'_>) -> Option<String> {
    let source = told.peer.ip().to_canonical();
    if is_private(source) {
        return None;
    }
    let audio = Audio::of(&told.sip);
    let is_request = told.sip.status().is_none();
    let named = [
        ("Via", is_request.then(|| told.sip.header("Via", "v").and_then(via_host)).flatten()),
        ("Contact", told.sip.header("Contact", "m").and_then(uri_host)),
        ("the description's origin", audio.as_ref().and_then(|audio| audio.origin)),
        ("the description's address", audio.as_ref().and_then(|audio| audio.address)),
    ];
    let known = || named.iter().filter_map(|(what, ip)| ip.map(|ip| (*what, ip.to_canonical())));
    let private: Vec<String> =
        known().filter(|(_, ip)| is_private(*ip)).map(|(what, ip)| format!("{what} says {ip}")).collect();
    let public: Vec<String> =
        known().filter(|(_, ip)| *ip == source).map(|(what, ip)| format!("{what} says {ip}")).collect();
    if private.is_empty() || public.is_empty() {
        return None;
    }
    Some(format!("in one message {}, but {}", private.join(", "), public.join(", ")))
}

/// The host of `SIP/2.0/UDP host:port;…`.
fn via_host(value: &str) -> Option<IpAddr> {
    host(value.split_whitespace().nth(1)?)
}

/// The host of `<sip:user@host:port;…>`.
fn uri_host(value: &str) -> Option<IpAddr> {
    let uri = value.split('<').nth(1).unwrap_or(value);
    let uri = uri.split('>').next().unwrap_or(uri);
    let rest = uri.split_once(':')?.1;
    host(rest.rsplit_once('@').map_or(rest, |(_, host)| host))
}

fn host(text: &str) -> Option<IpAddr> {
    let text = text.split([';', '?', ',', '>']).next().unwrap_or(text);
    if let Some(six) = text.strip_prefix('[') {
        return six.split(']').next()?.parse().ok();
    }
    text.split(':').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found_where_they_stand() {
        let four = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        assert_eq!(via_host("SIP/2.0/UDP 10.0.0.5:5060;branch=z"), four("10.0.0.5"));
        assert_eq!(via_host("SIP/2.0/UDP [2001:db8::5]:5060;branch=z"), four("2001:db8::5"));
        assert_eq!(via_host("SIP/2.0/UDP phone.example"), None);
        for contact in ["<sip:101@10.0.0.5:5060;ob>;expires=60", "sip:101@10.0.0.5", "\"A\" <sip:10.0.0.5>"] {
            assert_eq!(uri_host(contact), four("10.0.0.5"), "{contact}");
        }
        assert_eq!(uri_host("<sip:[2001:db8::5]:5060>"), four("2001:db8::5"));
        for nonsense in ["", "<", "*", "<sip", "<sip:@", ":@:@"] {
            assert_eq!((via_host(nonsense), uri_host(nonsense)), (None, None), "{nonsense}");
        }
    }
}
