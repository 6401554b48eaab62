//! From a name to hops: NAPTR → SRV → addresses (RFC 3263 §4, RFC 2782), as a pure function of what the resolver answered.
//! The shell asks what [`missing`] names until it names nothing more, then takes [`select`].

use crate::message::Host;
use cordboard_base::{Hop, Source, Transport};
use core::net::{IpAddr, SocketAddr};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Most hops of one name; further ones are left out. Nobody waits for the seventeenth.
pub const HOPS_MAX: usize = 16;

/// Most questions that one name leads to; further records are not followed.
pub const QUESTIONS_MAX: usize = 32;

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// A name or an address.
    pub host: Host,
    /// A port rules SRV out.
    pub port: Option<u16>,
    /// A transport rules NAPTR out.
    pub transport: Option<Transport>,
}

/// A question to the resolver. Names are in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Question {
    /// NAPTR records of a name.
    Naptr(String),
    /// SRV records of a name (`_sip._udp.example.com`).
    Srv(String),
    /// A and AAAA records of a name.
    Address(String),
}

/// A record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Record {
    /// NAPTR with flag `s`; others are to be left out.
    Naptr {
        /// Lowest first.
        order: u16,
        /// Lowest first within an order.
        preference: u16,
        /// `SIP+D2U`, `SIP+D2T`, `SIPS+D2T`.
        service: String,
        /// The name whose SRV records to ask.
        replacement: String,
    },
    /// SRV.
    Srv {
        /// Lowest first.
        priority: u16,
        /// Share within a priority.
        weight: u16,
        /// The port.
        port: u16,
        /// The name whose addresses to ask; `.` means that there is no such service.
        target: String,
    },
    /// A or AAAA.
    Address(IpAddr),
}

/// What was answered so far. A name without records has an empty list; one not asked yet has none.
pub type Answers = BTreeMap<Question, Vec<Record>>;

/// A service at a name, or a host to be asked for its addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Candidate {
    Service(Transport, String),
    Host(Transport, String, u16),
}

/// The questions that are still open; empty: [`select`] has all that it needs.
pub fn missing(target: &Target, answers: &Answers) -> Vec<Question> {
    if answers.len() >= QUESTIONS_MAX {
        return Vec::new();
    }
    let Host::Name(name) = &target.host else { return Vec::new() };
    let naptr = Question::Naptr(name.to_ascii_lowercase());
    if target.port.is_none() && target.transport.is_none() && !answers.contains_key(&naptr) {
        return vec![naptr];
    }
    let mut open = BTreeSet::new();
    let candidates = candidates(target, answers);
    for candidate in &candidates {
        match candidate {
            Candidate::Host(_, host, _) => {
                open.insert(Question::Address(host.clone()));
            }
            Candidate::Service(_, service) => {
                open.insert(Question::Srv(service.clone()));
                let known = answers.get(&Question::Srv(service.clone()));
                open.extend(known.into_iter().flatten().filter_map(srv_target).map(Question::Address));
            }
        }
    }
    if open.iter().all(|question| answers.contains_key(question)) && !has_service(&candidates, answers) {
        // RFC 3263 §4.2: no SRV records, so the name's own addresses.
        open.insert(Question::Address(name.to_ascii_lowercase()));
    }
    open.retain(|question| !answers.contains_key(question));
    open.into_iter().take(QUESTIONS_MAX.saturating_sub(answers.len())).collect()
}

/// The hops of a target, best first. The order among equals is drawn from `source` by weight, anew at every call.
pub fn select(target: &Target, answers: &Answers, source: &mut Source) -> Vec<Hop> {
    let transport = target.transport.unwrap_or_default();
    let port = target.port.unwrap_or(transport.default_port());
    let name = match &target.host {
        Host::Ip(ip) => return vec![Hop::new(transport, SocketAddr::new(*ip, port))],
        Host::Name(name) => name.to_ascii_lowercase(),
    };
    let mut hops = Vec::new();
    for candidate in candidates(target, answers) {
        match candidate {
            Candidate::Host(transport, host, port) => {
                push_addresses(&mut hops, answers, transport, &host, port)
            }
            Candidate::Service(transport, service) => {
                for (host, port) in ordered(answers.get(&Question::Srv(service)), source) {
                    push_addresses(&mut hops, answers, transport, &host, port);
                }
            }
        }
    }
    if hops.is_empty() {
        push_addresses(&mut hops, answers, transport, &name, port);
    }
    let mut seen = BTreeSet::new();
    hops.retain(|hop| seen.insert(*hop));
    hops.truncate(HOPS_MAX);
    hops
}

fn candidates(target: &Target, answers: &Answers) -> Vec<Candidate> {
    let Host::Name(name) = &target.host else { return Vec::new() };
    let name = name.to_ascii_lowercase();
    match (target.port, target.transport) {
        // RFC 3263 §4.1: a port without a transport means UDP.
        (Some(port), transport) => vec![Candidate::Host(transport.unwrap_or_default(), name, port)],
        (None, Some(transport)) => vec![Candidate::Service(transport, service_name(transport, &name))],
        (None, None) => {
            let offered = naptr_services(answers.get(&Question::Naptr(name.clone())));
            if !offered.is_empty() {
                return offered;
            }
            let all = [Transport::Udp, Transport::Tcp, Transport::Tls];
            all.map(|transport| Candidate::Service(transport, service_name(transport, &name))).to_vec()
        }
    }
}

fn service_name(transport: Transport, name: &str) -> String {
    match transport {
        Transport::Udp => format!("_sip._udp.{name}"),
        Transport::Tcp => format!("_sip._tcp.{name}"),
        Transport::Tls => format!("_sips._tcp.{name}"),
    }
}

/// The services that we can use, by order and preference (RFC 3263 §4.1).
fn naptr_services(records: Option<&Vec<Record>>) -> Vec<Candidate> {
    let mut list: Vec<(u16, u16, Transport, String)> = Vec::new();
    for record in records.into_iter().flatten() {
        let Record::Naptr { order, preference, service, replacement } = record else { continue };
        let transport = match service.to_ascii_uppercase().as_str() {
            "SIP+D2U" => Transport::Udp,
            "SIP+D2T" => Transport::Tcp,
            "SIPS+D2T" => Transport::Tls,
            _ => continue,
        };
        list.push((*order, *preference, transport, canonical(replacement)));
    }
    list.sort();
    list.into_iter().map(|(_, _, transport, name)| Candidate::Service(transport, name)).collect()
}

fn canonical(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// The host of an SRV record; `None`: no such service here.
fn srv_target(record: &Record) -> Option<String> {
    match record {
        Record::Srv { target, .. } => Some(canonical(target)).filter(|name| !name.is_empty()),
        Record::Naptr { .. } | Record::Address(_) => None,
    }
}

fn has_service(candidates: &[Candidate], answers: &Answers) -> bool {
    candidates.iter().any(|candidate| match candidate {
        Candidate::Host(..) => true,
        Candidate::Service(_, name) => answers
            .get(&Question::Srv(name.clone()))
            .is_some_and(|records| records.iter().any(|record| srv_target(record).is_some())),
    })
}

/// The targets of SRV records, by priority and, within one, drawn by weight (RFC 2782, "Usage rules").
fn ordered(records: Option<&Vec<Record>>, source: &mut Source) -> Vec<(String, u16)> {
    let mut by_priority: BTreeMap<u16, Vec<(u64, String, u16)>> = BTreeMap::new();
    for record in records.into_iter().flatten().take(QUESTIONS_MAX) {
        let Record::Srv { priority, weight, port, .. } = record else { continue };
        let Some(host) = srv_target(record) else { continue };
        by_priority.entry(*priority).or_default().push((u64::from(*weight), host, *port));
    }
    let mut order = Vec::new();
    for mut group in by_priority.into_values() {
        // Weights of zero first, so that they have their small chance.
        group.sort();
        while !group.is_empty() {
            let sum: u64 = group.iter().map(|(weight, ..)| weight).sum();
            let drawn = source.below(sum + 1);
            let mut running = 0;
            let index = group.iter().position(|(weight, ..)| {
                running += weight;
                running >= drawn
            });
            let (_, host, port) = group.remove(index.unwrap_or(0));
            order.push((host, port));
        }
    }
    order
}

fn push_addresses(hops: &mut Vec<Hop>, answers: &Answers, transport: Transport, host: &str, port: u16) {
    let literal = host.parse().ok().map(Record::Address);
    let known = answers.get(&Question::Address(host.to_owned()));
    for record in literal.iter().chain(known.into_iter().flatten()) {
        if let Record::Address(ip) = record {
            hops.push(Hop::new(transport, SocketAddr::new(*ip, port)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cordboard_base::SourceKey;

    fn source() -> Source {
        Source::new(SourceKey { seed: [1; 16], node: 0, epoch: 0 }, 0)
    }

    fn target(host: &str, port: Option<u16>, transport: Option<Transport>) -> Target {
        Target { host: Host::parse(host).unwrap(), port, transport }
    }

    fn srv(priority: u16, weight: u16, port: u16, target: &str) -> Record {
        Record::Srv { priority, weight, port, target: target.into() }
    }

    fn naptr(order: u16, preference: u16, service: &str, replacement: &str) -> Record {
        Record::Naptr { order, preference, service: service.into(), replacement: replacement.into() }
    }

    /// Resolves as the shell does, from a zone.
    fn resolve(target: &Target, zone: &[(Question, Vec<Record>)]) -> (Vec<String>, Vec<Question>) {
        let mut answers = Answers::new();
        let mut asked = Vec::new();
        loop {
            let open = missing(target, &answers);
            if open.is_empty() {
                break;
            }
            for question in open {
                let records = zone.iter().find(|(q, _)| *q == question).map(|(_, r)| r.clone());
                asked.push(question.clone());
                assert!(answers.insert(question, records.unwrap_or_default()).is_none());
            }
        }
        let hops = select(target, &answers, &mut source());
        (hops.iter().map(ToString::to_string).collect(), asked)
    }

    fn a(name: &str, ip: &str) -> (Question, Vec<Record>) {
        (Question::Address(name.into()), vec![Record::Address(ip.parse().unwrap())])
    }

    fn s(name: &str, records: Vec<Record>) -> (Question, Vec<Record>) {
        (Question::Srv(name.into()), records)
    }

    #[test]
    fn an_address_is_asked_nobody() {
        let (hops, asked) = resolve(&target("192.0.2.1", None, Some(Transport::Tls)), &[]);
        assert_eq!((hops, asked.len()), (vec!["tls:192.0.2.1:5061".into()], 0));
    }

    #[test]
    fn a_port_rules_srv_out() {
        let (hops, asked) = resolve(&target("H.example", Some(5080), None), &[a("h.example", "192.0.2.1")]);
        assert_eq!(hops, ["udp:192.0.2.1:5080"]);
        assert_eq!(asked, [Question::Address("h.example".into())]);
    }

    #[test]
    fn naptr_leads_to_srv_leads_to_addresses() {
        let zone = [
            (
                Question::Naptr("h.example".into()),
                vec![
                    naptr(20, 0, "SIP+D2U", "_sip._udp.h.example"),
                    naptr(10, 5, "SIPS+D2T", "_sips._tcp.h.example."),
                    naptr(10, 1, "SIP+D2S", "_sip._sctp.h.example"),
                ],
            ),
            s("_sips._tcp.h.example", vec![srv(0, 0, 5061, "t.h.example.")]),
            s("_sip._udp.h.example", vec![srv(9, 0, 5060, "u.h.example"), srv(1, 0, 5070, "v.h.example")]),
            a("t.h.example", "192.0.2.1"),
            a("u.h.example", "192.0.2.2"),
            a("v.h.example", "2001:db8::3"),
        ];
        let (hops, _) = resolve(&target("h.example", None, None), &zone);
        assert_eq!(hops, ["tls:192.0.2.1:5061", "udp:[2001:db8::3]:5070", "udp:192.0.2.2:5060"]);
    }

    #[test]
    fn without_naptr_every_transport_is_asked_and_without_srv_the_name_itself() {
        let zone =
            [s("_sip._tcp.h.example", vec![srv(0, 0, 5060, "t.example")]), a("t.example", "192.0.2.7")];
        assert_eq!(resolve(&target("h.example", None, None), &zone).0, ["tcp:192.0.2.7:5060"]);
        let zone = [a("h.example", "192.0.2.8")];
        assert_eq!(resolve(&target("h.example", None, None), &zone).0, ["udp:192.0.2.8:5060"]);
        assert_eq!(
            resolve(&target("h.example", None, Some(Transport::Tcp)), &zone).0,
            ["tcp:192.0.2.8:5060"]
        );
    }

    #[test]
    fn a_dead_name_has_no_hops() {
        assert!(resolve(&target("h.example", None, None), &[]).0.is_empty());
        let zone = [s("_sip._udp.h.example", vec![srv(0, 0, 0, ".")])];
        assert!(resolve(&target("h.example", None, Some(Transport::Udp)), &zone).0.is_empty());
    }

    #[test]
    fn weights_are_shares() {
        let records = vec![srv(0, 75, 1, "a"), srv(0, 25, 2, "b"), srv(0, 0, 3, "c")];
        let mut source = source();
        let mut first = [0usize; 4];
        for _ in 0..4_000 {
            let order = ordered(Some(&records), &mut source);
            assert_eq!(order.len(), 3);
            first[usize::from(order[0].1)] += 1;
        }
        assert!((2_850..3_150).contains(&first[1]) && (850..1_150).contains(&first[2]), "{first:?}");
        assert!(first[3] > 0 && first[3] < 100, "{first:?}");
    }

    #[test]
    fn a_flood_of_records_is_cut_off() {
        let many = |count: u16| (0..count).map(|n| srv(n, 0, n, "h.example")).collect::<Vec<_>>();
        for (count, hops) in [(16, 16), (17, 16), (1_000, 16)] {
            let zone = [s("_sip._udp.h.example", many(count)), a("h.example", "192.0.2.1")];
            assert_eq!(resolve(&target("h.example", None, Some(Transport::Udp)), &zone).0.len(), hops);
        }
        let spread: Vec<Record> = (0..100).map(|n| srv(0, 0, 1, &format!("h{n}.example"))).collect();
        let zone = [s("_sip._udp.h.example", spread)];
        let (_, asked) = resolve(&target("h.example", None, Some(Transport::Udp)), &zone);
        assert_eq!(asked.len(), QUESTIONS_MAX);
    }
}
