//! What one call costs the endpoint of an exchange: INVITE to BYE, both legs, UDP, without the phones' share.
//!
//! `cargo bench -p cordboard-sip --bench call` prints the median of the microseconds per call, which
//! other work on the machine hardly moves.

use cordboard_base::{CallId, Hop, Interface, LegId, Networks, SourceKey, Time, Transport};
use cordboard_sip::endpoint::{Command, Config, Endpoint, Event, Input, Output};
use cordboard_sip::message::{NameAddr, Uri};
use cordboard_sip::session::{LegCommand, LegEvent, NewLeg, Reason};
use core::net::SocketAddr;
use core::time::Duration;
use std::time::Instant;

const CALLS: u64 = 20_000;
/// As long as what a phone with eight codecs sends.
const SDP_BYTES: usize = 600;

fn endpoint(number: u8) -> Endpoint {
    let interface = Interface { address: [10, 0, 0, number].into(), bits: 24, external: None };
    let key = SourceKey { seed: [number; 16], node: 0, epoch: 1 };
    Endpoint::new(Config::new(key, 1, Networks { interfaces: vec![interface], local: vec![] }))
}

fn address(number: u8) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, number], 5060))
}

fn new_leg(from: u8, to: u8) -> Result<NewLeg, anyhow::Error> {
    let uri = |number: u8| Uri::parse(&format!("sip:10{number}@10.0.0.{number}:5060"));
    Ok(NewLeg {
        target: uri(to)?,
        hops: vec![Hop::new(Transport::Udp, address(to))],
        route: vec![],
        from: NameAddr::new(uri(from)?),
        to: NameAddr::new(uri(to)?),
        sdp: Some(vec![b'x'; SDP_BYTES].into()),
        headers: vec![("P-Asserted-Identity".into(), "\"Alice\" <sip:101@example.org>".into())],
        credentials: None,
        session_expires: Some(Duration::from_secs(1_800)),
    })
}

/// Three endpoints: phone 1, the exchange 2, phone 3.
struct World {
    ends: [Endpoint; 3],
    now: Time,
    spent: Duration,
    events: Vec<(usize, Event)>,
}

impl World {
    fn input(&mut self, end: usize, input: Input) {
        let mut todo = vec![(end, input)];
        while let Some((end, input)) = todo.pop() {
            let begun = Instant::now();
            self.ends[end].handle(self.now, input);
            let mut outputs = Vec::new();
            while let Some(output) = self.ends[end].poll() {
                outputs.push(output);
            }
            if end == 1 {
                self.spent += begun.elapsed();
            }
            let number = u8::try_from(end + 1).unwrap_or(0);
            let mut next = Vec::new();
            for output in outputs {
                match output {
                    Output::Event(event) => self.events.push((end, event)),
                    Output::Transmit { to, bytes } => {
                        let SocketAddr::V4(to) = to.remote else { continue };
                        let from = Hop::new(Transport::Udp, address(number));
                        next.push((usize::from(to.ip().octets()[3]) - 1, Input::Message { from, bytes }));
                    }
                }
            }
            todo.extend(next.into_iter().rev());
        }
    }

    fn leg(&mut self, end: usize, call: u64, index: u16, command: LegCommand) {
        let leg = LegId { call: CallId(call), index };
        self.input(end, Input::Command(Command::Leg(leg, command)));
    }

    fn adopt(&mut self, end: usize, call: u64, index: u16) {
        let leg = LegId { call: CallId(call), index };
        for (at, event) in core::mem::take(&mut self.events) {
            if let Event::Invite { txn, .. } = event
                && at == end
            {
                self.input(end, Input::Command(Command::Adopt { txn, leg }));
            }
        }
    }

    fn call(&mut self, call: u64) -> Result<(), anyhow::Error> {
        let sdp = || Some(vec![b'y'; SDP_BYTES].into());
        self.leg(0, call, 0, LegCommand::Invite(Box::new(new_leg(1, 2)?)));
        self.adopt(1, call, 0);
        self.leg(1, call, 1, LegCommand::Invite(Box::new(new_leg(2, 3)?)));
        self.adopt(2, call, 0);
        let ringing = || LegCommand::Provisional { status: 180, sdp: None, headers: vec![] };
        self.leg(2, call, 0, ringing());
        self.leg(1, call, 0, ringing());
        self.leg(2, call, 0, LegCommand::Accept { sdp: sdp(), headers: vec![] });
        self.leg(1, call, 0, LegCommand::Accept { sdp: sdp(), headers: vec![] });
        self.leg(0, call, 0, LegCommand::End { reason: Reason::of_q850(16) });
        self.leg(1, call, 1, LegCommand::End { reason: Reason::of_q850(16) });
        let ended =
            self.events.iter().filter(|(_, e)| matches!(e, Event::Leg(_, LegEvent::Ended { .. }))).count();
        anyhow::ensure!(ended == 4, "{:?}", self.events);
        self.events.clear();
        Ok(())
    }
}

fn main() -> Result<(), anyhow::Error> {
    let ends = [endpoint(1), endpoint(2), endpoint(3)];
    let mut world = World { ends, now: Time::from_secs(1), spent: Duration::ZERO, events: Vec::new() };
    let mut each = Vec::new();
    for call in 1..=CALLS {
        // 200 calls a second, so that the tables fill and empty as in life.
        world.now = world.now + Duration::from_millis(5);
        for end in 0..3 {
            if world.ends[end].next_deadline().is_some_and(|at| at <= world.now) {
                world.input(end, Input::Tick);
            }
        }
        let before = world.spent;
        world.call(call)?;
        each.push(world.spent.saturating_sub(before));
    }
    each.sort_unstable();
    let us = each.get(each.len() / 2).map_or(0.0, |median| median.as_secs_f64() * 1e6);
    println!("{us:.1} µs per call, {:?}", world.ends[1].load());
    Ok(())
}
