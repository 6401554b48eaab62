#![allow(clippy::wildcard_enum_match_arm, reason = "tests look at a few commands of many")]

use super::*;
use crate::{MixInput, MixSettings, Play, PlayId, StreamSeed};
use cordboard_base::CallId;
use proptest::prelude::*;

const INPUT: MixInput = MixInput { gain_db: 0, muted: false };
const SETTINGS: MixSettings = MixSettings { speakers_max: 3, levelled: false, tells_talkers: false };

fn leg(call: u64, index: u16) -> LegId {
    LegId { call: CallId(call), index }
}

fn open(leg: LegId) -> Command {
    let seed = StreamSeed { ssrc: 1, sequence: 1, timestamp: 1 };
    Command::Open { leg, peer: "192.0.2.1".parse().unwrap(), video: false, seed }
}

fn hear(leg: LegId, source: Source) -> Command {
    Command::Hear { leg, source }
}

fn says(leg: LegId, mix: u64) -> Command {
    Command::SayInto { mix: MixId(mix), leg, input: Some(INPUT) }
}

fn make(mix: u64) -> Command {
    Command::Mix { mix: MixId(mix), settings: SETTINGS }
}

/// Takes commands that move nobody.
fn quietly(placement: &mut Placement, commands: &[Command]) {
    for command in commands {
        assert_eq!(placement.place(command).0, [], "{command:?}");
    }
}

#[test]
fn calls_go_where_there_is_room_and_their_legs_stay_together() {
    let mut placement = Placement::new(2);
    let workers: Vec<_> = [leg(1, 0), leg(1, 1), leg(2, 0), leg(3, 0), leg(2, 1)]
        .map(|leg| placement.place(&open(leg)).1.unwrap().0)
        .into();
    assert_eq!(workers, [0, 0, 1, 1, 1]);
    assert_eq!(placement.loads(), [2, 3]);
    placement.place(&Command::Close { leg: leg(2, 0) });
    placement.place(&Command::Close { leg: leg(3, 0) });
    assert_eq!(placement.loads(), [2, 1]);
}

#[test]
fn of_two_parties_that_come_together_the_smaller_moves() {
    let mut placement = Placement::new(2);
    quietly(&mut placement, &[open(leg(1, 0)), open(leg(1, 1)), open(leg(2, 0))]);
    quietly(&mut placement, &[hear(leg(1, 0), Source::Leg(leg(1, 1)))]);
    let (moves, worker) = placement.place(&hear(leg(1, 1), Source::Leg(leg(2, 0))));
    let party = Party { legs: vec![leg(2, 0)], mixes: vec![] };
    assert_eq!(moves, [Move { from: WorkerId(1), to: WorkerId(0), party }]);
    assert_eq!((worker, placement.loads()), (Some(WorkerId(0)), [3, 0].as_slice()));
}

#[test]
fn a_mix_without_anybody_moves_to_who_comes_and_then_all_come_to_it() {
    let mut placement = Placement::new(3);
    quietly(&mut placement, &[open(leg(1, 0)), open(leg(2, 0)), open(leg(3, 0)), open(leg(3, 1)), make(7)]);
    let (moves, _) = placement.place(&says(leg(2, 0), 7));
    let party = Party { legs: vec![], mixes: vec![MixId(7)] };
    assert_eq!(moves, [Move { from: WorkerId(2), to: WorkerId(1), party }]);
    let (moves, _) = placement.place(&hear(leg(1, 0), Source::Mix(MixId(7))));
    assert_eq!(moves[0].party.legs, [leg(1, 0)]);
    let into = Command::PlayInto {
        mix: MixId(7),
        play: Some(Play { id: PlayId(1), items: vec![], repeat: false, interrupt: String::new() }),
    };
    assert_eq!(placement.place(&into), (vec![], Some(WorkerId(1))));
}

#[test]
fn a_mix_moves_with_those_in_it() {
    let mut placement = Placement::new(2);
    quietly(&mut placement, &[open(leg(1, 0)), open(leg(2, 0)), open(leg(2, 1)), make(1), make(2)]);
    placement.place(&says(leg(1, 0), 1));
    placement.place(&says(leg(2, 0), 2));
    quietly(&mut placement, &[hear(leg(2, 1), Source::Leg(leg(2, 0)))]);
    let (moves, worker) = placement.place(&hear(leg(1, 0), Source::Mix(MixId(2))));
    let party = Party { legs: vec![leg(1, 0)], mixes: vec![MixId(1)] };
    assert_eq!(moves, [Move { from: WorkerId(0), to: WorkerId(1), party }]);
    assert_eq!(worker, Some(WorkerId(1)));
    assert_eq!(placement.place(&Command::EndMix { mix: MixId(1) }).1, Some(WorkerId(1)));
}

#[test]
fn who_was_to_be_heard_before_it_came_is_put_to_its_hearers() {
    let mut placement = Placement::new(3);
    quietly(&mut placement, &[open(leg(1, 0)), open(leg(2, 0)), hear(leg(2, 0), Source::Leg(leg(3, 0)))]);
    quietly(&mut placement, &[open(leg(3, 0))]);
    assert_eq!(placement.worker_of(leg(3, 0)), Some(WorkerId(1)));
    quietly(&mut placement, &[hear(leg(1, 0), Source::Mix(MixId(1)))]);
    quietly(&mut placement, &[make(1)]);
    assert_eq!(placement.place(&make(1)).1, Some(WorkerId(0)));
}

#[test]
fn commands_for_nobody_are_for_no_worker() {
    let mut placement = Placement::new(2);
    for command in [says(leg(1, 0), 1), hear(leg(1, 0), Source::Echo), Command::EndMix { mix: MixId(1) }] {
        assert_eq!(placement.place(&command), (vec![], None));
    }
    quietly(&mut placement, &[open(leg(1, 0))]);
    placement.gone(leg(1, 0));
    placement.gone(leg(1, 0));
    assert_eq!(placement, Placement::new(2), "nothing is left of anybody");
}

#[test]
fn a_worker_that_is_gone_is_given_no_call_as_long_as_there_is_another() {
    let mut placement = Placement::new(2);
    placement.retire(WorkerId(0));
    quietly(&mut placement, &[open(leg(1, 0)), open(leg(2, 0))]);
    assert_eq!(placement.loads(), [0, 2]);
    placement.retire(WorkerId(1));
    quietly(&mut placement, &[open(leg(3, 0))]);
    assert_eq!(placement.loads(), [1, 2]);
}

fn command() -> impl Strategy<Value = Command> {
    let legs = || (0u64..6, 0u16..2).prop_map(|(call, index)| leg(call, index));
    let source = prop_oneof![
        1 => Just(Source::Nothing),
        1 => Just(Source::Echo),
        5 => legs().prop_map(Source::Leg),
        3 => (0u64..4).prop_map(|mix| Source::Mix(MixId(mix))),
    ];
    prop_oneof![
        4 => legs().prop_map(open),
        2 => legs().prop_map(|leg| Command::Close { leg }),
        6 => (legs(), source).prop_map(|(leg, source)| hear(leg, source)),
        2 => (0u64..4).prop_map(make),
        1 => (0u64..4).prop_map(|mix| Command::EndMix { mix: MixId(mix) }),
        4 => (legs(), 0u64..4, any::<bool>()).prop_map(|(leg, mix, says)| {
            Command::SayInto { mix: MixId(mix), leg, input: says.then_some(INPUT) }
        }),
    ]
}

/// Who is told to hear whom, as plainly as can be.
#[derive(Default)]
struct Told {
    hears: BTreeMap<LegId, Source>,
    mixes: BTreeSet<MixId>,
    said_into: BTreeSet<(LegId, MixId)>,
}

impl Told {
    fn take(&mut self, command: &Command) {
        match command {
            Command::Open { leg, .. } => drop(self.hears.entry(*leg).or_insert(Source::Nothing)),
            Command::Close { leg } => {
                self.hears.remove(leg);
                self.said_into.retain(|(said, _)| said != leg);
            }
            Command::Hear { leg, source } => {
                self.hears.entry(*leg).and_modify(|hears| *hears = *source);
            }
            Command::Mix { mix, .. } => drop(self.mixes.insert(*mix)),
            Command::EndMix { mix } => {
                self.mixes.remove(mix);
                self.said_into.retain(|(_, into)| into != mix);
            }
            Command::SayInto { mix, leg, input: Some(_) } => {
                if self.mixes.contains(mix) && self.hears.contains_key(leg) {
                    self.said_into.insert((*leg, *mix));
                }
            }
            Command::SayInto { mix, leg, input: None } => drop(self.said_into.remove(&(*leg, *mix))),
            other => panic!("{other:?}"),
        }
    }
}

proptest! {
    #[test]
    fn whoever_hears_another_lives_with_it(commands in proptest::collection::vec(command(), 1..120)) {
        let (mut placement, mut told) = (Placement::new(3), Told::default());
        // Where the workers would have them, who do no more than what they are told.
        let mut lives: BTreeMap<LegId, WorkerId> = BTreeMap::new();
        for command in commands {
            let (moves, worker) = placement.place(&command);
            for Move { from, to, party } in moves {
                prop_assert_ne!(from, to);
                for leg in party.legs.into_iter().filter(|leg| told.hears.contains_key(leg)) {
                    prop_assert_eq!(lives.insert(leg, to), Some(from), "{:?} moved from where it was not", leg);
                }
            }
            told.take(&command);
            match &command {
                Command::Open { leg, .. } => drop(lives.entry(*leg).or_insert(worker.unwrap())),
                Command::Close { leg } => prop_assert_eq!(lives.remove(leg), worker),
                _ => {}
            }
            for (leg, source) in &told.hears {
                let own = placement.worker_of(*leg);
                prop_assert_eq!(own, lives.get(leg).copied());
                match source {
                    Source::Leg(heard) if told.hears.contains_key(heard) => {
                        prop_assert_eq!(own, placement.worker_of(*heard));
                    }
                    Source::Mix(mix) if told.mixes.contains(mix) => {
                        prop_assert_eq!(own, placement.mixes.get(mix).copied());
                    }
                    _ => {}
                }
            }
            for (leg, mix) in &told.said_into {
                prop_assert_eq!(placement.worker_of(*leg), placement.mixes.get(mix).copied());
            }
            prop_assert_eq!(placement.loads().iter().sum::<usize>(), told.hears.len());
        }
    }
}
