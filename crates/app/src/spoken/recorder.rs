//! Recording something and, where that is wanted, hearing it and recording it again: messages, greetings, names, comments.
//!
//! ```text
//!  name drawn ─▶ Drafting ─▶ Saying ─▶ Taking ──#, silence, full──▶ Review ──1──▶ recorded
//!      ▲                                 │  │                        │2 Listening   ▲
//!      └──────────── too short, 3, * ────┘  └─0─▶ Operator ──1───────┴──────────────┘
//! ```
//! A hang-up keeps what was said.

use super::{Part, Uuid, draw, number, pressed, typed};
use crate::say::audio;
use crate::{MessageEnd, PlayList, PlayResult, Query, ReadDigits, Reply, Step, TakeMessage, Value};
use cordboard_media::Audio;
use serde::{Deserialize, Serialize};

/// For a key after a menu, in ms: what Asterisk's users know.
const KEY_MS: u32 = 6_000;
/// A menu is said so often to somebody who does nothing, and so often something is recorded again that was too short.
const TRIES: u8 = 3;
/// Every key.
const KEYS: &str = "0123456789*#";

/// What a service is asked that keeps what is spoken; its own requests have a variant of this shape. Whatever it answers, what is
/// spoken then is not lost: it is not kept, if it can't be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Draft {
    /// A file is about to be recorded: should nothing come of it, it is deleted.
    Draft {
        /// Its name.
        file: String,
        /// The one that it takes the place of.
        instead_of: Option<String>,
    },
}

/// What is to be recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// The service that keeps it: it is told of every [`Draft`].
    pub service: String,
    /// The language of what is said.
    pub lang: String,
    /// The folder within the data directory.
    pub folder: String,
    /// Said before the beep.
    pub says: Vec<String>,
    /// What is shorter, in ms, is none.
    pub min_ms: u32,
    /// It is no longer, in ms.
    pub max_ms: u32,
    /// So long a silence ends it, in ms; 0: none does.
    pub silence_ms: u32,
    /// Whether it is heard and judged before it is kept.
    pub review: bool,
    /// Whether it can be marked as urgent.
    pub urgent: bool,
    /// Whether `0` leads to the operator.
    pub operator: bool,
    /// Whether it is kept all the same if who spoke says nothing to it.
    pub unjudged: bool,
    /// Whether `*` gives it up, instead of beginning anew.
    pub gives_up: bool,
    /// Prompts in the place of the beep; of none there is silence. `None`: the beep.
    #[serde(default)]
    pub beep: Option<Vec<String>>,
    /// How much louder it is kept than it was said, in dB.
    #[serde(default)]
    pub gain_db: i8,
}

/// A recording in the making.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorder {
    wish: Wish,
    state: State,
    /// Its name.
    pub id: Uuid,
    file: Option<String>,
    taken: Option<Part>,
    urgent: bool,
    tries: u8,
    /// How often the present menu was said in vain.
    repeats: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    High,
    Low(i64),
    Drafting,
    Saying,
    /// What stands for the beep plays.
    Beeping,
    Taking,
    Review,
    Listening,
    Operator,
}

/// Where it stands.
#[derive(Debug)]
pub enum Progress {
    /// It goes on.
    Step(Step),
    /// There is a recording.
    Recorded {
        /// It.
        audio: Part,
        /// Whether it was marked as urgent.
        urgent: bool,
        /// And then.
        leave: Leave,
    },
    /// There is none.
    Nothing(Leave),
}

/// What the one who spoke does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Leave {
    /// Goes on here.
    Stays,
    /// Wants the operator.
    Operator,
    /// Is gone.
    HungUp,
    /// The disk is full.
    Failed,
}

impl Recorder {
    /// A recording, and its first step.
    pub fn start(wish: Wish) -> (Self, Step) {
        let (id, state) = (Uuid::drawn(0, 0), State::High);
        let recorder = Self { wish, state, id, file: None, taken: None, urgent: false, tries: 0, repeats: 0 };
        (recorder, draw())
    }

    /// Goes on with the reply to the step before.
    pub fn resume(&mut self, reply: &Reply) -> Progress {
        if let Reply::HungUp(_) = reply {
            return self.leave(Leave::HungUp);
        }
        match &self.state {
            State::High => {
                self.state = State::Low(number(reply));
                Progress::Step(draw())
            }
            State::Low(high) => {
                self.id = Uuid::drawn(*high, number(reply));
                let file = format!("{}/{}", self.wish.folder, self.id);
                let instead_of = self.file.replace(format!("{file}.wav"));
                self.taken = None;
                self.state = State::Drafting;
                let draft = Draft::Draft { file: format!("{file}.wav"), instead_of };
                let (kind, request) = (self.wish.service.clone(), Value::of(&draft));
                Progress::Step(Step::Ask(Query::Service { kind, request }))
            }
            State::Drafting if self.wish.says.is_empty() => self.beep(),
            State::Drafting => {
                self.state = State::Saying;
                let says = core::mem::take(&mut self.wish.says);
                Progress::Step(play(audio(says, &self.wish.lang)))
            }
            State::Saying => self.beep(),
            State::Beeping => self.take(),
            State::Taking => self.taken(reply),
            State::Review => self.review_key(reply),
            State::Listening => self.listened(reply),
            State::Operator => self.operator_key(reply),
        }
    }

    fn beep(&mut self) -> Progress {
        match &self.wish.beep {
            Some(names) if !names.is_empty() => {
                let items = audio(names.clone(), &self.wish.lang);
                self.state = State::Beeping;
                Progress::Step(Step::Play(PlayList { items, interrupt: String::new() }))
            }
            Some(_) | None => self.take(),
        }
    }

    fn take(&mut self) -> Progress {
        self.state = State::Taking;
        let ends = if self.wish.operator { "#0" } else { "#" };
        Progress::Step(Step::TakeMessage(TakeMessage {
            file: format!("{}/{}", self.wish.folder, self.id),
            beep: self.wish.beep.is_none(),
            max_ms: self.wish.max_ms,
            silence_ms: self.wish.silence_ms,
            ends: ends.to_owned(),
            gain_db: self.wish.gain_db,
        }))
    }

    fn taken(&mut self, reply: &Reply) -> Progress {
        let Reply::Taken { file, ms, end } = reply else { return Progress::Nothing(Leave::Failed) };
        let enough = !file.is_empty() && *ms >= self.wish.min_ms.max(1);
        self.taken = enough.then(|| Part { file: file.clone(), ms: u64::from(*ms) });
        match end {
            MessageEnd::HungUp => self.leave(Leave::HungUp),
            MessageEnd::Failed(_) if !enough => Progress::Nothing(Leave::Failed),
            MessageEnd::Digit('0') if self.wish.operator && !enough => Progress::Nothing(Leave::Operator),
            MessageEnd::Digit('0') if self.wish.operator => self.ask_operator(),
            // Nobody is there.
            MessageEnd::Silence if !enough => Progress::Nothing(Leave::Stays),
            MessageEnd::Digit(_) | MessageEnd::Silence | MessageEnd::Full | MessageEnd::Failed(_)
                if !enough =>
            {
                self.again(&["vm-tooshort"])
            }
            MessageEnd::Digit(_) | MessageEnd::Silence | MessageEnd::Full | MessageEnd::Failed(_) => {
                if self.wish.review { self.review(&[]) } else { self.leave(Leave::Stays) }
            }
        }
    }

    /// Once more, in another file: a file is never written twice.
    fn again(&mut self, says: &[&str]) -> Progress {
        self.tries += 1;
        if self.tries >= TRIES && self.taken.is_none() {
            return Progress::Nothing(Leave::Stays);
        }
        self.wish.says = says.iter().map(|name| (*name).to_owned()).collect();
        self.state = State::High;
        Progress::Step(draw())
    }

    /// It is over; what there is is kept.
    fn leave(&mut self, leave: Leave) -> Progress {
        match self.taken.take() {
            Some(audio) => Progress::Recorded { audio, urgent: self.urgent, leave },
            None => Progress::Nothing(leave),
        }
    }

    fn review(&mut self, says: &[&str]) -> Progress {
        self.state = State::Review;
        let mut names = says.to_vec();
        names.push("vm-review");
        if self.wish.urgent {
            names.push(if self.urgent { "vm-review-nonurgent" } else { "vm-review-urgent" });
        }
        if self.wish.operator {
            names.push("vm-reachoper");
        }
        Progress::Step(self.key(&names))
    }

    fn review_key(&mut self, reply: &Reply) -> Progress {
        let Some(key) = pressed(reply) else {
            self.repeats += 1;
            return match self.repeats < TRIES {
                true => self.review(&[]),
                false if self.wish.unjudged => self.leave(Leave::Stays),
                false => Progress::Nothing(Leave::Stays),
            };
        };
        self.repeats = 0;
        match key {
            '1' => self.leave(Leave::Stays),
            '2' => self.listen(),
            '3' => {
                self.tries = 0;
                self.again(&[])
            }
            '4' if self.wish.urgent => {
                self.urgent = !self.urgent;
                self.review(&[if self.urgent { "vm-marked-urgent" } else { "vm-marked-nonurgent" }])
            }
            '0' if self.wish.operator => self.ask_operator(),
            '*' if self.wish.gives_up => Progress::Nothing(Leave::Stays),
            '*' => self.again(&["vm-deleted"]),
            _ => self.review(&["vm-sorry"]),
        }
    }

    fn listen(&mut self) -> Progress {
        self.state = State::Listening;
        let file = |part: &Part| Audio::File { path: part.file.clone(), from_ms: 0 };
        Progress::Step(play(self.taken.iter().map(file).collect()))
    }

    /// A key while it plays is one of the menu's.
    fn listened(&mut self, reply: &Reply) -> Progress {
        if let Reply::Played(PlayResult::Interrupted(key), _) = reply {
            self.state = State::Review;
            return self.review_key(&typed(*key));
        }
        self.review(&[])
    }

    fn ask_operator(&mut self) -> Progress {
        self.state = State::Operator;
        Progress::Step(self.key(&["vm-saveoper"]))
    }

    fn operator_key(&mut self, reply: &Reply) -> Progress {
        if pressed(reply) == Some('2') {
            self.taken = None;
        }
        // What is not thrown away is kept.
        self.leave(Leave::Operator)
    }

    /// Asks for one key.
    fn key(&self, names: &[&str]) -> Step {
        let prompt = audio(names.iter().map(|name| (*name).to_owned()), &self.wish.lang);
        let (max, end) = (1, String::new());
        Step::Read(ReadDigits {
            prompt,
            max,
            timeout_ms: KEY_MS,
            digit_timeout_ms: KEY_MS,
            end,
            secret: false,
        })
    }
}

fn play(items: Vec<Audio>) -> Step {
    Step::Play(PlayList { items, interrupt: KEYS.to_owned() })
}
