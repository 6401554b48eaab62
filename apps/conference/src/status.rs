//! `ch.conference_status`: in which rooms somebody is, and how many are there.

use crate::KIND;
use crate::manual::STATUS;
use crate::summary::{RoomSummary, list, listed};
use cordboard_app::say::{Grammar, audio, grammar};
use cordboard_app::{CallInfo, Machine, Manual, PlayList, Query, Reply, RouteError, Step, Value, Verb};
use cordboard_base::Time;
use cordboard_media::Audio;
use serde::{Deserialize, Serialize};

/// Rooms that are told of, the fullest first: nobody listens to more.
pub(crate) const TOLD_MAX: usize = 10;
/// Between two rooms, in ms.
const PAUSE_MS: u32 = 500;
/// Any of these ends it.
const KEYS: &str = "0123456789*#";

/// The application.
#[derive(Clone, Copy, Debug, Default)]
pub struct ConferenceStatus;

impl Verb for ConferenceStatus {
    type Machine = Program;

    fn manual(&self) -> &'static Manual {
        &STATUS
    }

    fn begin(&self, info: &CallInfo, _arguments: &Value) -> Result<Self::Machine, RouteError> {
        Ok(Program { lang: info.lang.clone(), state: State::Start })
    }

    fn prompts(&self) -> Vec<&'static str> {
        vec!["conf-room", "conf-thereare", "conf-peopleinconf", "conf-norooms", "an-error-has-occurred"]
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    Start,
    Asking,
    /// What it yields afterwards.
    Saying(i64),
}

/// What runs for a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    lang: String,
    state: State,
}

impl Machine for Program {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        match (self.state, reply) {
            (State::Saying(rooms), _) => Step::Done(Value::Int(rooms)),
            (State::Start | State::Asking, Reply::HungUp(_)) => Step::Done(Value::Int(0)),
            (State::Start, _) => {
                self.state = State::Asking;
                Step::Ask(Query::Service { kind: KIND.to_owned(), request: list() })
            }
            (State::Asking, Reply::Value(answer)) => match listed(&answer) {
                Some(rooms) => self.say(&rooms),
                None => self.fail(),
            },
            (State::Asking, _) => self.fail(),
        }
    }
}

impl Program {
    fn fail(&mut self) -> Step {
        self.state = State::Saying(0);
        let items = audio(["an-error-has-occurred".to_owned()], &self.lang);
        Step::Play(PlayList { items, interrupt: KEYS.to_owned() })
    }

    fn say(&mut self, rooms: &[RoomSummary]) -> Step {
        self.state = State::Saying(i64::try_from(rooms.len()).unwrap_or(i64::MAX));
        let grammar = grammar(&self.lang);
        let mut fullest: Vec<&RoomSummary> = rooms.iter().collect();
        fullest.sort_by_key(|room| core::cmp::Reverse(room.participants.len()));
        let mut items = Vec::new();
        for room in fullest.into_iter().take(TOLD_MAX) {
            items.extend(audio(told(grammar, &room.room, room.participants.len()), &self.lang));
            items.push(Audio::Silence(PAUSE_MS));
        }
        if items.is_empty() {
            items = audio(["conf-norooms".to_owned()], &self.lang);
        }
        Step::Play(PlayList { items, interrupt: KEYS.to_owned() })
    }
}

/// "In conference m, a, i, n, there are two people in the conference."
fn told(grammar: &dyn Grammar, room: &str, count: usize) -> Vec<String> {
    let mut said = vec!["conf-room".to_owned()];
    said.extend(grammar.spell(room));
    said.push("conf-thereare".to_owned());
    said.extend(grammar.number(i64::try_from(count).unwrap_or(i64::MAX)));
    said.push("conf-peopleinconf".to_owned());
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::ParticipantSummary;
    use crate::talk::Answer;
    use cordboard_app::Application;

    fn room(name: &str, count: usize) -> RoomSummary {
        let participants = vec![ParticipantSummary::default(); count];
        RoomSummary { room: name.to_owned(), participants, ..RoomSummary::default() }
    }

    /// What is said of these rooms, and the outcome.
    fn heard(answer: Reply) -> (Vec<String>, Step) {
        let info = CallInfo { lang: "en".to_owned(), ..CallInfo::default() };
        let mut program = ConferenceStatus.start(&info, &Value::List(Vec::new())).unwrap();
        assert!(matches!(program.resume(Time::ZERO, Reply::Start), Step::Ask(_)));
        let mut program = ConferenceStatus.restore(&program.snapshot()).unwrap();
        let step = program.resume(Time::ZERO, answer);
        let Step::Play(list) = step else { return (Vec::new(), step) };
        let names = list.items.into_iter().filter_map(|item| match item {
            Audio::Prompt { name, .. } => Some(name),
            Audio::File { .. } | Audio::Music(_) | Audio::Silence(_) | Audio::Tone(_) => None,
        });
        (names.collect(), program.resume(Time::ZERO, Reply::Ok))
    }

    #[test]
    fn the_fullest_room_comes_first_and_each_is_spelt() {
        let rooms = Answer::Rooms(vec![room("a", 1), room("40", 12)]);
        let (said, done) = heard(Reply::Value(Value::of(&rooms)));
        let wanted = [
            "conf-room",
            "digits/4",
            "digits/0",
            "conf-thereare",
            "digits/12",
            "conf-peopleinconf",
            "conf-room",
            "letters/a",
            "conf-thereare",
            "digits/1",
            "conf-peopleinconf",
        ];
        assert_eq!((said, done), (wanted.map(str::to_owned).to_vec(), Step::Done(Value::Int(2))));
    }

    #[test]
    fn empty_rooms_failures_and_hang_ups_are_no_silence() {
        let (said, done) = heard(Reply::Value(Value::of(&Answer::Rooms(Vec::new()))));
        assert_eq!(said, ["conf-norooms"]);
        assert_eq!(done, Step::Done(Value::Int(0)));
        assert_eq!(heard(Reply::Failed("no".to_owned())).0, ["an-error-has-occurred"]);
        let (said, done) = heard(Reply::HungUp(cordboard_app::Cause::NORMAL));
        assert_eq!((said.len(), done), (0, Step::Done(Value::Int(0))));
    }

    #[test]
    fn of_many_rooms_ten_are_told() {
        let rooms = |count: usize| Answer::Rooms((0..count).map(|n| room(&n.to_string(), 1)).collect());
        let told = |count| {
            let (said, _) = heard(Reply::Value(Value::of(&rooms(count))));
            said.iter().filter(|name| *name == "conf-thereare").count()
        };
        assert_eq!((told(TOLD_MAX), told(TOLD_MAX + 1)), (TOLD_MAX, TOLD_MAX));
    }
}
