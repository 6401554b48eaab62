//! A provider by hand: what the trunks send, and what becomes of its answers.

mod calls;
mod reaching;
mod registering;
mod whatever;

use super::*;
use crate::message::{Method, NameAddr, Request, Response, Uri, name, parse_datagram};
use crate::session::Credentials;
use cordboard_base::{Interface, Networks, Prefix, SourceKey};
use core::time::Duration;
use proptest::prelude::*;

const NOW: Time = Time::from_secs(1_000);

fn hop(text: &str) -> Hop {
    Hop::new(Transport::Udp, text.parse().unwrap())
}

fn one() -> Hop {
    hop("198.51.100.1:5060")
}

fn two() -> Hop {
    hop("198.51.100.2:5060")
}

fn locals() -> Locals {
    let interface = Interface {
        address: "192.168.1.5".parse().unwrap(),
        bits: 24,
        external: Some("203.0.113.7".parse().unwrap()),
    };
    let networks = Networks { interfaces: vec![interface], local: Vec::new() };
    Locals { networks, udp: Some(5_060), tcp: Some(5_060), tls: None }
}

fn servers(list: &[&str]) -> Vec<Server> {
    list.iter().map(|text| Server::parse(text).unwrap()).collect()
}

fn registering() -> TrunkSettings {
    TrunkSettings {
        servers: servers(&["198.51.100.1", "198.51.100.2"]),
        domain: "itsp.example".into(),
        credentials: Some(Credentials { username: "4420".into(), password: "s3cret".into() }),
        register: true,
        register_s: 600,
        number: "+442079460000".into(),
        ..TrunkSettings::default()
    }
}

fn static_trunk(list: &[&str]) -> TrunkSettings {
    TrunkSettings { servers: servers(list), ..TrunkSettings::default() }
}

struct World {
    trunks: Trunks,
    now: Time,
}

#[derive(Debug)]
struct Sent {
    id: TrunkRequestId,
    hop: Hop,
    request: Request,
}

impl Sent {
    fn header(&self, name: &str) -> &str {
        self.request.headers.first(name).unwrap_or("")
    }

    fn response(&self, status: u16) -> Response {
        self.request.response(status)
    }
}

fn world(list: &[(&str, TrunkSettings)]) -> World {
    let source = Source::new(SourceKey { seed: [8; 16], node: 0, epoch: 1 }, 6);
    let mut world = World { trunks: Trunks::new(locals(), source), now: NOW };
    world.configure(list);
    world
}

impl World {
    fn configure(&mut self, list: &[(&str, TrunkSettings)]) {
        let settings = list.iter().map(|(name, settings)| ((*name).to_owned(), settings.clone())).collect();
        self.trunks.configure(self.now, locals(), settings);
    }

    fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.trunks.poll()).collect()
    }

    /// Requests sent since the last look; facts and questions are dropped.
    fn sent(&mut self) -> Vec<Sent> {
        let requests = self.outputs().into_iter().filter_map(|output| match output {
            Output::Send { id, hop, request } => Some(Sent { id, hop, request: *request }),
            Output::Resolve { .. } | Output::Fact { .. } => None,
        });
        let list: Vec<Sent> = requests.collect();
        for sent in &list {
            let mut whole = sent.request.clone();
            whole.headers.push_front(name::VIA, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1");
            parse_datagram(&whole.to_bytes()).unwrap();
        }
        list
    }

    #[track_caller]
    fn one(&mut self) -> Sent {
        let mut sent = self.sent();
        assert_eq!(sent.len(), 1, "{sent:?}");
        sent.remove(0)
    }

    fn facts(&mut self) -> Vec<Fact> {
        let facts = self.outputs().into_iter().filter_map(|output| match output {
            Output::Fact { fact, .. } => Some(fact),
            Output::Send { .. } | Output::Resolve { .. } => None,
        });
        facts.collect()
    }

    fn questions(&mut self) -> Vec<(QuestionId, String)> {
        let questions = self.outputs().into_iter().filter_map(|output| match output {
            Output::Resolve { id, host, .. } => Some((id, host)),
            Output::Send { .. } | Output::Fact { .. } => None,
        });
        questions.collect()
    }

    fn respond(&mut self, sent: &Sent, response: Response) {
        let outcome = Outcome::Final(Box::new(response), sent.hop);
        self.trunks.handle_response(self.now, sent.id, &outcome);
    }

    fn fail(&mut self, sent: &Sent) {
        self.trunks.handle_response(self.now, sent.id, &Outcome::TimedOut);
    }

    fn accept(&mut self, sent: &Sent, expires_s: u32) {
        let mut response = sent.response(200);
        response.headers.push(name::CONTACT, "<sip:else@203.0.113.99>;expires=9");
        response.headers.push(name::CONTACT, format!("{};expires={expires_s}", sent.header(name::CONTACT)));
        self.respond(sent, response);
    }

    fn challenge(&mut self, sent: &Sent, nonce: &str, more: &str) {
        let mut response = sent.response(401);
        let value = format!("Digest realm=\"itsp\", nonce=\"{nonce}\", algorithm=MD5, qop=\"auth\"{more}");
        response.headers.push(name::WWW_AUTHENTICATE, value);
        self.respond(sent, response);
    }

    fn pass(&mut self, secs: u64) {
        let end = self.now + Duration::from_secs(secs);
        while let Some(at) = self.trunks.next_deadline().filter(|at| *at <= end) {
            self.now = at.max(self.now);
            self.trunks.handle_timeout(self.now);
        }
        self.now = end;
    }

    fn usable(&self, name: &str) -> bool {
        self.trunks.usable(self.now, name)
    }
}
