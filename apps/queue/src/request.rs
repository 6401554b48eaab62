//! What programs ask of the service, and what they are told.

use cordboard_app::{Destination, Identity, Value};
use serde::{Deserialize, Serialize};

/// What a program asks. Scripts and the command line ask by a map: [`Request::of`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// To stand in the line of a queue. → [`Answer::Order`]
    Join(Box<Join>),
    /// What is to be done. → [`Answer::Order`]
    Next,
    /// How the ringing went, or the talk. → [`Answer::Order`]
    Report(Outcome),
    /// Who answered has hung up while it heard what the call is about. → [`Answer::Done`]
    Dumped {
        /// Which of those that were rung; `None`: the only one.
        who: Option<Destination>,
    },
    /// The caller leaves for a moment and keeps its place; or is back. → [`Answer::Order`]
    Away(bool),
    /// The caller has gone: hung up, or left by a key. → [`Answer::Done`]
    Left {
        /// The key.
        key: Option<char>,
    },
    /// The caller wants to be called back at this number; `None`: at its own. → [`Answer::Done`], [`Answer::Refused`]
    Callback {
        /// Digits.
        number: Option<String>,
    },
    /// The agent has answered a call that calls a caller back. → [`Answer::CallBack`], [`Answer::Refused`]
    CallBack {
        /// Whom.
        number: u64,
    },
    /// About members. → [`Answer::Member`], [`Answer::Refused`]
    Member {
        /// The queue, by its name or number; `None`: all that it is a member of.
        queue: Option<String>,
        /// Whose.
        who: Destination,
        /// What.
        what: Change,
    },
    /// Members of a queue, callers, figures. → a plain value
    List {
        /// One queue; `None`: all.
        queue: Option<String>,
        /// What of it.
        what: Listed,
    },
    /// Takes a caller out of its queue. → [`Answer::Done`]
    Withdraw {
        /// The call, as `cordboard calls` prints it.
        call: String,
    },
}

/// Who wants to join, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    /// By its name or number.
    pub queue: String,
    /// Callers of a higher one come first.
    pub priority: i64,
    /// The longest wait, in ms; 0: none.
    pub timeout_ms: u32,
    /// The least penalty of members that may be rung.
    pub penalty_min: Option<u32>,
    /// The greatest.
    pub penalty_max: Option<u32>,
    /// It is not offered to be called back.
    #[serde(default)]
    pub no_callback: bool,
}

/// What is done with a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Change {
    Add {
        penalty: u32,
        name: String,
        /// Whose telephone says whether it is free, if not its own.
        #[serde(default)]
        state_of: Option<String>,
    },
    Remove,
    /// Logs in, or out if it is in.
    Toggle,
    Pause {
        reason: String,
    },
    Resume,
    /// Pauses, or resumes if it is paused.
    TogglePause {
        reason: String,
    },
}

/// What is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Listed {
    Waiting,
    Agents,
    All,
}

/// What the program of a caller does next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Order {
    /// Waits until it is told to ask again.
    Wait(Room),
    /// Plays this, then asks again.
    Say(Vec<String>, Room),
    /// Rings these, then reports.
    Ring(Box<Attempt>),
    /// The caller is no longer in the queue.
    Leave(Box<Farewell>),
}

/// What a caller hears and can do while it waits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// The class of music.
    pub music: String,
    /// Keys that leave the queue, and the numbers that they lead to.
    pub exits: Vec<(char, String)>,
    /// The context of these numbers.
    pub exit_context: String,
    /// How a caller asks to be called back; `None`: it can't be.
    pub callback: Option<Offer>,
}

/// How a caller asks to be called back. It can be, at one number at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The key.
    pub key: char,
    /// Whether its own number may be called.
    pub own: bool,
    /// Whether it may give another one.
    pub another: bool,
}

/// An attempt to have a caller answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// Whom to ring, together.
    pub whom: Vec<Destination>,
    /// How long, in ms.
    pub ring_ms: u32,
    /// What the caller hears, and the keys that count meanwhile.
    pub room: Room,
    /// What agents' displays show.
    pub shown: Identity,
    /// What the one who answers hears before the caller is connected.
    pub announce: Vec<String>,
    /// Whether it must press 1 to take the call.
    pub accepts: bool,
}

/// How an attempt went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// Somebody answered, and the talk is over; the caller is still there.
    Answered {
        /// Whether the agent hung up.
        by_agent: bool,
    },
    /// Nobody did in time.
    NoAnswer,
    /// All were busy or declined.
    Busy,
    /// Nobody could be reached.
    Unavailable,
}

/// Why a caller is no longer in the queue: what `ch.queue` yields as `status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs, reason = "documented at the verb")]
pub enum Status {
    Answered,
    Continue,
    Timeout,
    Full,
    JoinEmpty,
    LeaveEmpty,
    JoinUnavail,
    LeaveUnavail,
    Withdraw,
    Callback,
}

impl Status {
    /// As scripts see it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Continue => "continue",
            Self::Timeout => "timeout",
            Self::Full => "full",
            Self::JoinEmpty => "joinempty",
            Self::LeaveEmpty => "leaveempty",
            Self::JoinUnavail => "joinunavail",
            Self::LeaveUnavail => "leaveunavail",
            Self::Withdraw => "withdraw",
            Self::Callback => "callback",
        }
    }
}

/// What there is to say of a caller's time in a queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Farewell {
    /// Why it is over.
    pub status: Status,
    /// Who answered.
    pub by: Option<Destination>,
    /// Seconds in the line.
    pub waited_s: u64,
    /// Seconds of talk.
    pub talked_s: u64,
    /// Its last position.
    pub position: usize,
}

impl Farewell {
    pub(crate) fn at_the_door(status: Status) -> Self {
        Self { status, by: None, waited_s: 0, talked_s: 0, position: 0 }
    }
}

/// What a program is answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// To whoever waits.
    Order(Order),
    /// To whoever calls back.
    CallBack(Box<CallBack>),
    /// To whoever changes members: how it stands now.
    Member {
        /// The queues that were changed.
        queues: Vec<String>,
        /// Whether it is a member of them.
        is_in: bool,
        /// Whether it is paused there.
        is_paused: bool,
    },
    /// It is done.
    Done,
    /// It can't be done.
    Refused(String),
}

/// A caller to be called back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallBack {
    /// Whom.
    pub to: Destination,
    /// How long, in ms.
    pub ring_ms: u32,
    /// Whether it must press 1.
    pub confirm: bool,
    /// The language that it heard when it called.
    pub lang: String,
    /// The number, as it was confirmed.
    pub number: String,
}

impl Request {
    /// A request as it comes: a program's own, or a map of a script's or the command line's:
    /// `#{ do: "add", queue: "sales", who: user("101"), penalty: 2 }`.
    pub fn of(value: &Value) -> Result<Self, String> {
        if let Some(request) = value.to::<Self>() {
            return Ok(request);
        }
        let text = |key: &str| value.entry(key).text().map(str::to_owned);
        let word = text("do").ok_or("a queue is asked by a map with an entry `do`")?;
        let queue = text("queue");
        let list = |what| Ok(Self::List { queue: queue.clone(), what });
        let what = match word.as_str() {
            "waiting" => return list(Listed::Waiting),
            "agents" => return list(Listed::Agents),
            "list" => return list(Listed::All),
            "withdraw" => return Ok(Self::Withdraw { call: text("call").ok_or("which call?")? }),
            "add" => {
                let penalty = value.entry("penalty").int().unwrap_or(0);
                let penalty = u32::try_from(penalty).map_err(|_| "a penalty is not below 0")?;
                let state_of = text("state_of").filter(|user| !user.is_empty());
                Change::Add { penalty, name: text("name").unwrap_or_default(), state_of }
            }
            "remove" => Change::Remove,
            "pause" => Change::Pause { reason: text("reason").unwrap_or_default() },
            "resume" => Change::Resume,
            other => return Err(format!("a queue can't {other}")),
        };
        let Value::Destination(who) = value.entry("who") else {
            return Err("a member is a destination: user(\"101\")".to_owned());
        };
        Ok(Self::Member { queue, who: (**who).clone(), what })
    }
}
