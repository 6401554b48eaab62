//! Random commands on both ends over a wire that loses, delays and doubles: nothing panics, every leg ends exactly once,
//! nothing is left behind, and an endpoint that is restored from its state in the middle behaves as if nothing had happened.

use crate::wire::*;
use cordboard_base::{LegId, Time};
use cordboard_sip::endpoint::{Command, Endpoint, Event, State};
use cordboard_sip::message::{Message, NameAddr};
use cordboard_sip::session::{LegCommand, LegEvent, NewLeg, Reason};
use core::time::Duration;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What one end does next.
#[derive(Clone, Debug)]
enum Op {
    Call { late: bool, timer: bool, require: bool },
    Provisional(bool),
    Accept(bool),
    Reject,
    Offer,
    Answer,
    Refuse,
    Identity,
    Info,
    Refer,
    ReferReply(bool),
    ReferNotify(bool),
    End,
    Nothing,
}

#[derive(Clone, Debug)]
struct Step {
    end: usize,
    /// Which of that end's legs, counted from the newest.
    leg: usize,
    op: Op,
    wait_ms: u64,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => any::<(bool, bool, bool)>().prop_map(|(late, timer, require)| Op::Call { late, timer, require }),
        3 => any::<bool>().prop_map(Op::Provisional),
        5 => any::<bool>().prop_map(Op::Accept),
        1 => Just(Op::Reject),
        4 => Just(Op::Offer),
        6 => Just(Op::Answer),
        1 => Just(Op::Refuse),
        2 => Just(Op::Identity),
        1 => Just(Op::Info),
        2 => Just(Op::Refer),
        2 => any::<bool>().prop_map(Op::ReferReply),
        2 => any::<bool>().prop_map(Op::ReferNotify),
        2 => Just(Op::End),
        1 => Just(Op::Nothing),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let wait = prop_oneof![4 => 0..50_u64, 3 => 50..2_000_u64, 1 => 2_000..40_000_u64];
    (0..2_usize, 0..3_usize, op(), wait).prop_map(|(end, leg, op, wait_ms)| Step { end, leg, op, wait_ms })
}

/// A run: the wire, and the legs that each end knows of with how often they ended.
struct Run {
    wire: Wire,
    legs: [BTreeMap<LegId, u32>; 2],
    next: u64,
    trace: Vec<String>,
}

impl Run {
    fn new(seed: u64, trouble: u64) -> Self {
        let mut wire = Wire::new();
        let mut state = seed | 1;
        wire.fate = Box::new(move |_, _: &Message| {
            // xorshift: the run depends on the seed alone.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let dice = state % 100;
            let wait = Duration::from_millis(1 + (state >> 32) % 1_500);
            match dice {
                d if d < trouble => Fate::Lost,
                d if d < 2 * trouble => Fate::Late(wait),
                d if d < 3 * trouble => Fate::Twice(wait),
                _ => Fate::Arrives,
            }
        });
        Self { wire, legs: [BTreeMap::new(), BTreeMap::new()], next: 1, trace: Vec::new() }
    }

    fn apply(&mut self, step: &Step) {
        let Step { end, leg: which, op, wait_ms } = step;
        if let Op::Call { late, timer, require } = op {
            let id = leg(self.next);
            self.next += 1;
            self.legs[*end].insert(id, 0);
            let mut new = NewLeg { session_expires: timer.then(|| Duration::from_secs(90)), ..new_leg(*end) };
            if *late {
                new.sdp = None;
            }
            if *require {
                new.headers.push(("Require".into(), "100rel".into()));
            }
            self.wire.command(*end, Command::Leg(id, LegCommand::Invite(Box::new(new))));
        } else if let (Some(command), Some(id)) =
            (command(op), self.legs[*end].keys().rev().nth(*which).copied())
        {
            self.wire.command(*end, Command::Leg(id, command));
        }
        self.serve();
        self.pass(Duration::from_millis(*wait_ms));
    }

    /// Lets time pass in small steps, adopting calls as they come.
    fn pass(&mut self, span: Duration) {
        let end = self.wire.now + span;
        while self.wire.now < end {
            let slice = Duration::from_millis(20).min(end.since(self.wire.now));
            self.wire.run(slice);
            self.serve();
        }
    }

    fn serve(&mut self) {
        for end in [A, B] {
            for event in self.wire.take(end) {
                self.trace.push(format!("{end} {event:?}"));
                match event {
                    Event::Invite { txn, .. } => {
                        let id = leg(self.next);
                        self.next += 1;
                        self.legs[end].insert(id, 0);
                        self.wire.command(end, Command::Adopt { txn, leg: id });
                    }
                    Event::Leg(id, LegEvent::Ended { .. } | LegEvent::Refused { .. }) => {
                        *self.legs[end].get_mut(&id).unwrap() += 1;
                    }
                    Event::Leg(id, _) => assert_eq!(self.legs[end][&id], 0, "an event after the end of {id}"),
                    Event::InviteCancelled(_) => {}
                    Event::Request { .. } | Event::Response { .. } => panic!("{event:?}"),
                }
            }
        }
    }

    /// Everybody hangs up, and everything comes to its end.
    fn finish(mut self) -> Vec<String> {
        for end in [A, B] {
            for id in self.legs[end].keys().copied().collect::<Vec<_>>() {
                self.wire.command(end, Command::Leg(id, LegCommand::End { reason: Reason::default() }));
            }
        }
        self.serve();
        for _ in 0..200 {
            self.wire.run(Duration::from_secs(2));
            self.serve();
            // A call that was still in the air is adopted late; it ends like the others.
            for end in [A, B] {
                let open: Vec<LegId> =
                    self.legs[end].iter().filter(|(_, n)| **n == 0).map(|(id, _)| *id).collect();
                for id in open {
                    self.wire.command(end, Command::Leg(id, LegCommand::End { reason: Reason::default() }));
                }
            }
            self.serve();
        }
        for (end, legs) in self.legs.iter().enumerate() {
            for (id, count) in legs {
                assert_eq!(*count, 1, "leg {id} of end {end} ended {count} times");
            }
        }
        self.wire.assert_empty();
        self.trace.extend(self.wire.log.iter().map(|(end, message)| format!("{end} {message:?}")));
        self.trace
    }
}

fn command(op: &Op) -> Option<LegCommand> {
    let headers = vec![];
    Some(match op {
        Op::Call { .. } | Op::Nothing => return None,
        Op::Provisional(media) => {
            LegCommand::Provisional { status: 183, sdp: media.then(|| sdp("early")), headers }
        }
        Op::Accept(media) => LegCommand::Accept { sdp: media.then(|| sdp("answer")), headers },
        Op::Reject => LegCommand::Reject { status: 486, reason: Reason::default(), headers },
        Op::Offer => LegCommand::Offer { sdp: sdp("offer"), headers },
        Op::Answer => LegCommand::Answer { sdp: sdp("answer") },
        Op::Refuse => LegCommand::Refuse { status: 488 },
        Op::Identity => {
            LegCommand::Identity { headers: vec![("P-Asserted-Identity".into(), "<sip:1@a>".into())] }
        }
        Op::Info => LegCommand::Info { content_type: "text/plain".into(), body: sdp("x") },
        Op::Refer => LegCommand::Refer { to: NameAddr::parse("<sip:103@x>").unwrap(), by: None },
        Op::ReferReply(yes) => LegCommand::ReferReply { status: if *yes { 202 } else { 603 } },
        Op::ReferNotify(done) => LegCommand::ReferNotify { status: if *done { 200 } else { 180 } },
        Op::End => LegCommand::End { reason: Reason::of_q850(16) },
    })
}

/// To text and back: the state is plain data.
fn through_text(end: &Endpoint, now: Time) -> Endpoint {
    let text = serde_json::to_string(&end.snapshot()).unwrap();
    let state: State = serde_json::from_str(&text).unwrap();
    Endpoint::restore(state, now)
}

fn play(steps: &[Step], seed: u64, trouble: u64, cuts: u64) -> Vec<String> {
    let mut run = Run::new(seed, trouble);
    for (n, step) in steps.iter().enumerate() {
        if cuts >> (n % 64) & 1 == 1 {
            for end in [A, B] {
                run.wire.ends[end] = through_text(&run.wire.ends[end], run.wire.now);
            }
        }
        run.apply(step);
    }
    run.finish()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_leg_ends_once_and_nothing_is_left(
        steps in prop::collection::vec(step(), 1..40),
        seed in any::<u64>(),
        trouble in 0..15_u64,
    ) {
        play(&steps, seed, trouble, 0);
    }

    #[test]
    fn a_restored_endpoint_goes_on_as_if_nothing_had_happened(
        steps in prop::collection::vec(step(), 1..20),
        seed in any::<u64>(),
        trouble in 0..10_u64,
        cuts in any::<u64>(),
    ) {
        let uncut = play(&steps, seed, trouble, 0);
        let cut = play(&steps, seed, trouble, cuts);
        prop_assert_eq!(uncut, cut);
    }

    #[test]
    fn mangled_messages_never_panic(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        which in 0..6_usize,
    ) {
        let mut solo = Solo::new();
        solo.leg(1, LegCommand::Invite(Box::new(new_leg(A))));
        let invite = solo.sent_request();
        let bytes = match which {
            0 => raw("INVITE", "1", "", 1, &["Supported: timer, 100rel", "Session-Expires: 90"], OFFER),
            1 => answer(&invite, 183, "x", Some(ANSWER)).to_bytes(),
            2 => answer(&invite, 200, "x", Some(ANSWER)).to_bytes(),
            3 => raw("REFER", "2", "1.0-x", 2, &["Refer-To: <sip:a@b>"], b""),
            4 => raw("CANCEL", "1", "", 1, &["Reason: Q.850;cause=16"], b""),
            _ => raw("NOTIFY", "3", "1.0-x", 2, &["Event: refer", "Subscription-State: active"], b"SIP/2.0 200 OK"),
        };
        let mut bytes = bytes.to_vec();
        for (at, byte) in cuts {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        solo.receive(bytes.into());
        solo.run(Duration::from_secs(1));
    }
}

/// The runs above are worth what they reach.
#[test]
fn random_runs_reach_every_event() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let steps = prop::collection::vec(step(), 30..60);
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let kinds = [
        "Provisional {",
        "Answered {",
        "Acknowledged {",
        "Refused {",
        "Offered {",
        "OfferAnswered {",
        "OfferFailed {",
        "Identity {",
        "Info {",
        "Referred {",
        "ReferProgress {",
        "by: Peer",
        "by: Us",
        "by: NoAck",
        "by: Lost",
        "by: Update",
        "by: Prack",
        "by: Provisional",
        "by: Invite",
        "InviteCancelled",
    ];
    for seed in 1..=300 {
        let steps = steps.new_tree(&mut runner).unwrap().current();
        for line in play(&steps, seed, seed % 20, 0) {
            for kind in kinds {
                *seen.entry(kind).or_default() += usize::from(line.contains(kind));
            }
        }
    }
    let missing: Vec<&&str> = kinds.iter().filter(|kind| seen.get(**kind).is_none_or(|n| *n == 0)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
