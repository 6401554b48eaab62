//! Recording something and, where that is wanted, hearing it and recording it again: messages, greetings, names, comments.
//!
//! ```text
//!  name drawn ─▶ Drafting ─▶ Saying ─▶ Taking ──#, silence, full──▶ Review ──1──▶ recorded
//!      ▲                                 │  │                        │2 Listening   ▲
//!      └──────────── too short, 3, * ────┘  └─0─▶ Operator ──1───────┴──────────────┘
//! ```
//! A hang-up keeps what was said.

use crate::desk::{self, KEYS, TRIES};
use crate::request::Request;
use crate::speech::{file, prompts};
use crate::{Part, Uuid};
use cordboard_app::{MessageEnd, PlayResult, Reply, Step, TakeMessage};
use serde::{Deserialize, Serialize};

/// What is to be recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wish {
    pub(crate) lang: String,
    /// The folder within the data directory.
    pub(crate) folder: String,
    /// Said before the beep.
    pub(crate) says: Vec<String>,
    pub(crate) min_ms: u32,
    pub(crate) max_ms: u32,
    pub(crate) silence_ms: u32,
    /// Whether it is heard and judged before it is kept.
    pub(crate) review: bool,
    /// Whether it can be marked as urgent.
    pub(crate) urgent: bool,
    /// Whether `0` leads to the operator.
    pub(crate) operator: bool,
    /// Whether `*` gives it up, instead of beginning anew.
    pub(crate) gives_up: bool,
}

/// A recording in the making.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Recorder {
    wish: Wish,
    state: State,
    /// Its name.
    pub(crate) id: Uuid,
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
    Taking,
    Review,
    Listening,
    Operator,
}

/// Where it stands.
#[derive(Debug)]
pub(crate) enum Progress {
    /// It goes on.
    Step(Step),
    /// There is a recording.
    Recorded { audio: Part, urgent: bool, leave: Leave },
    /// There is none.
    Nothing(Leave),
}

/// What the one who spoke does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Leave {
    Stays,
    Operator,
    HungUp,
    /// The disk is full.
    Failed,
}

impl Recorder {
    pub(crate) fn start(wish: Wish) -> (Self, Step) {
        let (id, state) = (Uuid::drawn(0, 0), State::High);
        let recorder = Self { wish, state, id, file: None, taken: None, urgent: false, tries: 0, repeats: 0 };
        (recorder, desk::draw())
    }

    pub(crate) fn resume(&mut self, reply: &Reply) -> Progress {
        if let Reply::HungUp(_) = reply {
            return self.leave(Leave::HungUp);
        }
        match &self.state {
            State::High => {
                self.state = State::Low(desk::number(reply));
                Progress::Step(desk::draw())
            }
            State::Low(high) => {
                self.id = Uuid::drawn(*high, desk::number(reply));
                let file = format!("{}/{}", self.wish.folder, self.id);
                let instead_of = self.file.replace(format!("{file}.wav"));
                self.taken = None;
                self.state = State::Drafting;
                Progress::Step(desk::ask(&Request::Draft { file: format!("{file}.wav"), instead_of }))
            }
            State::Drafting if self.wish.says.is_empty() => self.take(),
            State::Drafting => {
                self.state = State::Saying;
                let says = core::mem::take(&mut self.wish.says);
                Progress::Step(desk::play(prompts(&self.wish.lang, &says), KEYS))
            }
            State::Saying => self.take(),
            State::Taking => self.taken(reply),
            State::Review => self.review_key(reply),
            State::Listening => self.listened(reply),
            State::Operator => self.operator_key(reply),
        }
    }

    fn take(&mut self) -> Progress {
        self.state = State::Taking;
        let ends = if self.wish.operator { "#0" } else { "#" };
        Progress::Step(Step::TakeMessage(TakeMessage {
            file: format!("{}/{}", self.wish.folder, self.id),
            beep: true,
            max_ms: self.wish.max_ms,
            silence_ms: self.wish.silence_ms,
            ends: ends.to_owned(),
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
        Progress::Step(desk::draw())
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
        Progress::Step(desk::key(prompts(&self.wish.lang, &names)))
    }

    fn review_key(&mut self, reply: &Reply) -> Progress {
        let Some(key) = pressed(reply) else {
            self.repeats += 1;
            return if self.repeats < TRIES { self.review(&[]) } else { self.leave(Leave::Stays) };
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
        let audio = self.taken.iter().map(|part| file(part, 0)).collect();
        Progress::Step(desk::play(audio, KEYS))
    }

    /// A key while it plays is one of the menu's.
    fn listened(&mut self, reply: &Reply) -> Progress {
        if let Reply::Played(PlayResult::Interrupted(key), _) = reply {
            self.state = State::Review;
            let end = cordboard_app::DigitsEnd::Full;
            return self.review_key(&Reply::Digits { digits: key.to_string(), end });
        }
        self.review(&[])
    }

    fn ask_operator(&mut self) -> Progress {
        self.state = State::Operator;
        Progress::Step(desk::key(prompts(&self.wish.lang, &["vm-saveoper"])))
    }

    fn operator_key(&mut self, reply: &Reply) -> Progress {
        if pressed(reply) == Some('2') {
            self.taken = None;
        }
        // What is not thrown away is kept.
        self.leave(Leave::Operator)
    }
}

/// The key in a reply.
pub(crate) fn pressed(reply: &Reply) -> Option<char> {
    if let Reply::Digits { digits, .. } = reply { digits.chars().next() } else { None }
}
