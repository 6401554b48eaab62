//! The service against a model of its programs, and the settings.

use crate::keys::Act;
use crate::service::Rooms;
use crate::settings::Settings;
use crate::talk::{Answer, Place, Request, Told, Word};
use crate::wishes::Wishes;
use cordboard_app::{AskId, Asker, Hosted, Identity, ServiceInput, ServiceOutput, Value};
use cordboard_base::{CallId, Time};
use proptest::prelude::*;
use std::collections::{BTreeMap, VecDeque};

/// Programs as the service sees them.
#[derive(Default)]
struct Model {
    rooms: Rooms,
    /// Where each call was told to be.
    places: BTreeMap<u64, Option<Place>>,
    joined: BTreeMap<u64, bool>,
    /// What was told and has not been heard yet: a program has its answer before.
    words: VecDeque<(u64, Word)>,
    now: Time,
}

impl Model {
    fn ask(&mut self, call: u64, request: &Request) -> Answer {
        let caller = Identity { number: call.to_string(), name: String::new() };
        let asker = Asker { call: CallId(call), caller, user: None, lang: "en".to_owned() };
        let (ask, request) = (AskId(1), Value::of(request));
        self.rooms.handle(self.now, 0, ServiceInput::Asked { ask, asker, request });
        let mut answer = None;
        while let Some(output) = self.rooms.poll() {
            if let ServiceOutput::Answer { value, .. } = &output {
                answer = value.as_ref().unwrap().to::<Answer>();
            } else if let ServiceOutput::Tell { call, message } = output {
                self.words.push_back((call.0, message.to::<Told>().unwrap().conference));
            }
        }
        answer.unwrap()
    }

    /// Everybody hears what was told.
    fn settle(&mut self) {
        while let Some((call, word)) = self.words.pop_front() {
            self.told(call, word);
        }
    }

    fn told(&mut self, call: u64, word: Word) {
        match word {
            Word::Place(place) => self.place(call, place),
            Word::LeaderLeft => self.place(call, Place::Waits),
            Word::Go { .. } => self.leave(call),
            Word::Held(_) | Word::Say(_) | Word::Play(_) => {}
        }
    }

    fn place(&mut self, call: u64, place: Place) {
        if !self.places.contains_key(&call) {
            return;
        }
        self.places.insert(call, Some(place));
        let joins = place != Place::Waits;
        if self.joined.insert(call, joins) != Some(joins)
            && let Answer::Place(place) = self.ask(call, &Request::Here { talks: joins })
        {
            self.place(call, place);
        }
    }

    fn enter(&mut self, call: u64, wishes: Wishes, admin: bool) {
        if self.places.contains_key(&call) {
            return;
        }
        let (room, wishes) = ("main".to_owned(), Box::new(wishes));
        if let Answer::Seat(seat) = self.ask(call, &Request::Enter { room, wishes, admin, name: None }) {
            self.places.insert(call, None);
            let talks = !seat.waits;
            self.joined.insert(call, talks);
            if let Answer::Place(place) = self.ask(call, &Request::Here { talks }) {
                self.place(call, place);
            }
        }
    }

    fn leave(&mut self, call: u64) {
        if self.places.remove(&call).is_some() {
            self.joined.remove(&call);
            self.ask(call, &Request::Leave);
        }
    }

    fn check(&self) {
        let talking = self.joined.values().filter(|joined| **joined).count();
        for (call, place) in &self.places {
            let wanted = match (self.joined[call], talking) {
                (false, _) => Place::Waits,
                (true, 1) => Place::Alone,
                (true, _) => Place::InCompany,
            };
            assert_eq!(*place, Some(wanted), "{call} of {:?}", self.places);
        }
    }
}

#[derive(Clone, Debug)]
enum Move {
    Enter { call: u64, admin: bool, waits: bool, ends: bool },
    Leave(u64),
    Act(u64, Act),
}

fn moves() -> impl Strategy<Value = Move> {
    let acts = prop_oneof![
        Just(Act::Count),
        Just(Act::Lock),
        Just(Act::KickLast),
        Just(Act::MuteAll),
        Just(Act::Record),
        Just(Act::End)
    ];
    prop_oneof![
        4 => (1..8u64, any::<bool>(), any::<bool>(), any::<bool>())
            .prop_map(|(call, admin, waits, ends)| Move::Enter { call, admin, waits, ends }),
        3 => (1..8u64).prop_map(Move::Leave),
        1 => ((1..8u64), acts).prop_map(|(call, act)| Move::Act(call, act)),
    ]
}

proptest! {
    #[test]
    fn whatever_they_do_who_is_alone_is_told_so_and_nobody_else(all in prop::collection::vec(moves(), 0..60)) {
        let mut model = Model::default();
        for one in all {
            match one {
                Move::Enter { call, admin, waits, ends } => {
                    let wishes = Wishes { wait_marked: Some(waits), end_marked: Some(ends), ..Wishes::default() };
                    model.enter(call, wishes, admin);
                }
                Move::Leave(call) => model.leave(call),
                Move::Act(call, act) => drop(model.ask(call, &Request::Act(act))),
            }
            model.settle();
            model.check();
            let snapshot = model.rooms.snapshot();
            let mut again = Rooms::default();
            prop_assert!(again.restore(&snapshot));
            prop_assert_eq!(again.snapshot(), snapshot);
        }
        for call in 1..8 {
            model.leave(call);
        }
        model.settle();
        let is_empty = matches!(model.ask(1, &Request::List), Answer::Rooms(rooms) if rooms.is_empty());
        prop_assert!(is_empty);
    }
}

#[test]
fn only_administrators_act() {
    let mut model = Model::default();
    model.enter(1, Wishes::default(), true);
    model.enter(2, Wishes::default(), false);
    let said = |model: &mut Model, call, act| {
        let answer = model.ask(call, &Request::Act(act));
        if let Answer::Said(names) = answer { names } else { panic!("{answer:?}") }
    };
    for act in [Act::Lock, Act::KickLast, Act::MuteAll, Act::Extend, Act::Record, Act::End] {
        assert_eq!(said(&mut model, 2, act), Vec::<String>::new(), "{act:?}");
    }
    assert_eq!(said(&mut model, 2, Act::Count), ["conf-thereare", "digits/2", "conf-peopleinconf"]);
    assert_eq!(said(&mut model, 1, Act::Lock), ["conf-lockednow"]);
    let invite = Request::Invite { number: "103".to_owned(), known_user: true };
    assert_eq!(model.ask(2, &invite), Answer::Said(vec!["conf-invitefailed".to_owned()]));
    assert_eq!(model.ask(1, &invite), Answer::Said(Vec::new()));
}

#[test]
fn an_outside_number_is_called_in_by_the_trunk_for_it_and_with_its_prefix() {
    use crate::talk::invited;
    use cordboard_app::Destination;
    let trunk = |number: &str| Destination::Trunk { trunk: "itsp".to_owned(), number: number.to_owned() };
    assert_eq!(invited("101", true, None, "9"), Some(Destination::User("101".to_owned())));
    assert_eq!(invited("95550100", false, Some("itsp"), "9"), Some(trunk("5550100")));
    for number in ["5550100", "9", "9*1", ""] {
        assert_eq!(invited(number, false, Some("itsp"), "9"), None, "{number}");
    }
    assert_eq!(invited("95550100", false, None, "9"), None);
}

#[test]
fn settings_are_checked_where_they_stand() {
    let read = |text: &str| serde_json::from_str::<Settings>(text).map_err(|error| error.to_string());
    assert!(read("{}").is_ok());
    assert!(read(r#"{"room":{"main":{"pin":"2468","max":4096}}}"#).is_ok());
    for (text, wrong) in [
        (r#"{"room":{"main":{"pin":"24a8"}}}"#, "a PIN is"),
        (r#"{"room":{"main":{"max":0}}}"#, "must be 1 to 4096"),
        (r#"{"room":{"main":{"max":4097}}}"#, "must be 1 to 4096"),
        (r#"{"room":{"the main one":{}}}"#, "a room's name"),
        (r#"{"room":{"main":{"colour":"red"}}}"#, "unknown field"),
        (r#"{"wrong_pins_max":2}"#, "must be 3 to 1000"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains(wrong), "{text}: {error}");
    }
}

#[test]
fn a_room_of_no_name_is_none() {
    let mut model = Model::default();
    for room in ["", "../../etc", "main room", &"x".repeat(41)] {
        let look = Request::Look { room: room.to_owned(), wishes: Box::default() };
        assert!(matches!(model.ask(1, &look), Answer::Refused(crate::talk::Refusal::NoRoom)), "{room}");
    }
}
