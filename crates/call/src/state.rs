//! A call as data: its legs, its programs' stacks, its bridge, and what its record will say. The methods that change it stand
//! with the behaviour that they belong to: ringing in `dial`, connecting in `bridge`, programs in `program`, and so on.

use crate::bridge::Bridge;
use crate::leg::Leg;
use crate::program::stack::{Role, Stack, StackId, Wait};
use crate::transfer::Transfer;
use crate::transfer::attended::Finding;
use crate::world::World;
use crate::{Fact, LegRecord, QueryId, RecordingRecord};
use cordboard_app::{CallInfo, Cause, Destination, Identity, Level, RecordingInfo, Then, Value};
use cordboard_base::{CallId, Few, FewDeadlines, LegId, Time};
use cordboard_sip::message::Headers;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Legs that a call may have at once. Ring groups of a big office fit; a script that dials in a loop does not grow.
pub(crate) const LEGS_MAX: usize = 64;

/// Legs that a call remembers for its record; of a script that dials again and again the oldest are forgotten.
pub(crate) const LEG_RECORDS_MAX: usize = 256;

/// A call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) id: CallId,
    pub(crate) info: CallInfo,
    /// The header fields of its INVITE.
    pub(crate) headers: Headers,
    pub(crate) phase: Phase,
    pub(crate) legs: Few<LegId, Leg>,
    /// Records of legs that were moved to another call.
    pub(crate) moved: Vec<LegRecord>,
    pub(crate) next_index: u16,
    pub(crate) stacks: Few<StackId, Stack>,
    pub(crate) next_stack: u16,
    /// The stack that drives the call now; the others unwind.
    pub(crate) main: Option<StackId>,
    /// A program that is to be started when the turn comes to it.
    pub(crate) wanted: Option<Wanted>,
    /// What runs instead of the route of the number that was dialled.
    #[serde(default)]
    pub(crate) runs: Option<(String, Value)>,
    /// Programs that are to be started.
    #[serde(default)]
    pub(crate) beside: Vec<Beside>,
    /// Set in a call that only finds out who rings for another one.
    #[serde(default)]
    pub(crate) inner: Option<Box<crate::inner::Inner>>,
    /// What becomes of who answers, in a call that the office makes of itself and nobody has answered yet.
    #[serde(default)]
    pub(crate) then: Option<Then>,
    pub(crate) bridge: Option<Bridge>,
    /// Those who listen to the talk.
    #[serde(default)]
    pub(crate) overheard: Vec<crate::overhear::Overheard>,
    pub(crate) transfer: Option<Transfer>,
    /// Whom a blindly transferred leg goes back to, if it reaches nobody.
    #[serde(default)]
    pub(crate) returns: Option<Box<crate::transfer::back::Returns>>,
    /// Who transferred the call last, for Referred-By; `None` if nobody did, or hides.
    pub(crate) referred_by: Option<Identity>,
    /// References whose Replaces is being looked up.
    pub(crate) finding: BTreeMap<QueryId, Finding>,
    /// Questions of programs whose answers are told.
    #[serde(default)]
    pub(crate) followed: std::collections::BTreeSet<QueryId>,
    /// Exported variables: every program of the call sees them. Plain ones are their stack's.
    pub(crate) exported: BTreeMap<String, Value>,
    pub(crate) tags: BTreeMap<String, String>,
    /// Recordings that are complete.
    pub(crate) recordings: Vec<RecordingRecord>,
    /// Those that the dialplan is still to be told of.
    pub(crate) recorded: Vec<RecordingInfo>,
    /// Whether those who talk may have it recorded.
    pub(crate) record_on_demand: bool,
    /// What else they may do by digits.
    #[serde(default)]
    pub(crate) rights: crate::feature::Rights,
    /// The talk that is set aside.
    #[serde(default)]
    pub(crate) aside: Option<Box<crate::feature::aside::Aside>>,
    /// Whom to call back.
    #[serde(default)]
    pub(crate) recall: Option<Box<crate::feature::consult::Recall>>,
    /// Class of music for holds; `None`: the office's.
    pub(crate) music_class: Option<String>,
    /// What the caller's display shows as the other end, set by the program.
    pub(crate) connected: Option<Identity>,
    pub(crate) timers: FewDeadlines<Timer>,
    /// Since when a program that yielded, or used up its steps, waits for the call's turn.
    #[serde(default)]
    pub(crate) turn: Option<Time>,
    pub(crate) began: Time,
    pub(crate) answered: Option<Time>,
    pub(crate) answered_by: Option<Destination>,
    pub(crate) error: Option<String>,
    pub(crate) end: Option<End>,
    /// What was typed where a PIN was asked for.
    #[serde(default)]
    pub(crate) typed: crate::program::typed::Typed,
}

/// How far a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Phase {
    /// Waits for its port and for the endpoint to hand the INVITE over.
    Opening { adopted: bool },
    /// Waits for [`crate::Input::Replace`].
    Replacing { adopted: bool, old: Option<LegId> },
    /// A program drives it, or two legs talk.
    Live,
    /// Every leg has been told to go.
    Ending,
}

/// Why the call ends, as its record will say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct End {
    pub(crate) cause: Cause,
    pub(crate) by: EndBy,
}

/// Who hung up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum EndBy {
    Caller,
    Callee,
    System,
}

/// A program to be started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Wanted {
    pub(crate) subject: LegId,
    pub(crate) context: String,
    pub(crate) number: String,
    /// How often the call has been entered anew so far.
    pub(crate) enters: u16,
    /// Plain variables that it begins with: those of the program that entered it.
    pub(crate) vars: BTreeMap<String, Value>,
}

/// A program to be started on a leg.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Beside {
    pub(crate) subject: LegId,
    pub(crate) role: Role,
    pub(crate) run: Run,
}

/// Which.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Run {
    App {
        app: String,
        args: Value,
    },
    /// In the name of the leg that it drives.
    Route {
        context: String,
        number: String,
        /// Whether a program has led there, and not somebody's fingers.
        #[serde(default)]
        entered: bool,
    },
}

/// What a call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Timer {
    /// A stack's wait, read, echo, …
    Step(StackId),
    /// The stage of a stack's dial.
    RingStage(StackId),
    /// A single ringing leg, or one that is screened.
    RingLeg(LegId),
    /// The longest time of a stack's talk.
    TalkLimit(StackId),
    /// The longest time of the call.
    CallLimit,
    /// An unwinding program's budget.
    Unwind(StackId),
    /// A port is to be opened or closed by then.
    Port(LegId),
    /// Files of a leg's recordings are to be complete by then.
    Recordings(LegId),
    /// A leg that was told to go is to be gone by then.
    Leave(LegId),
    /// The next digit of a code is to come by then.
    Code(LegId),
    /// [`crate::Input::Replace`] is to come by then.
    Replace,
}

impl State {
    pub(crate) fn new(id: CallId, info: CallInfo, headers: Headers, now: Time, replaces: bool) -> Self {
        Self {
            id,
            info,
            headers,
            phase: if replaces {
                Phase::Replacing { adopted: false, old: None }
            } else {
                Phase::Opening { adopted: false }
            },
            legs: Few::new(),
            moved: Vec::new(),
            next_index: 1,
            stacks: Few::new(),
            next_stack: 0,
            followed: Default::default(),
            main: None,
            wanted: None,
            runs: None,
            beside: Vec::new(),
            inner: None,
            then: None,
            bridge: None,
            overheard: Vec::new(),
            transfer: None,
            returns: None,
            referred_by: None,
            finding: BTreeMap::new(),
            exported: BTreeMap::new(),
            tags: BTreeMap::new(),
            recordings: Vec::new(),
            recorded: Vec::new(),
            record_on_demand: false,
            rights: Default::default(),
            aside: None,
            recall: None,
            music_class: None,
            connected: None,
            timers: FewDeadlines::default(),
            turn: None,
            began: now,
            answered: None,
            answered_by: None,
            error: None,
            typed: crate::program::typed::Typed::default(),
            end: None,
        }
    }

    /// The id of the leg that called.
    pub(crate) fn first_leg(&self) -> LegId {
        LegId { call: self.id, index: 0 }
    }

    /// The leg that the main stack drives.
    pub(crate) fn subject(&self) -> Option<LegId> {
        self.main.and_then(|id| self.stacks.get(&id)).map(|stack| stack.subject)
    }

    /// The stack that acts on a leg now; one that asks it something comes before the one that drives the call.
    pub(crate) fn driver(&self, leg: LegId) -> Option<StackId> {
        let acting = self.acting(leg);
        acting.into_iter().max_by_key(|id| self.stacks.get(id).map(|stack| stack.role))
    }

    /// Every stack that acts on a leg.
    pub(crate) fn acting(&self, leg: LegId) -> Vec<StackId> {
        let acts = |(id, stack): &(&StackId, &Stack)| {
            let live = stack.hung.is_none() && (stack.role != Role::Drives || self.main == Some(**id));
            live && stack.subject == leg
        };
        self.stacks.iter().filter(acts).map(|(id, _)| *id).collect()
    }

    /// The wait of the stack that acts on a leg.
    pub(crate) fn wait_of(&self, leg: LegId) -> Option<(StackId, &Wait)> {
        let id = self.driver(leg)?;
        self.stacks.get(&id).map(|stack| (id, &stack.wait))
    }

    /// The stack for which a leg rings, or is asked.
    pub(crate) fn dialler(&self, leg: LegId) -> Option<StackId> {
        self.stacks.iter().find(|(_, stack)| stack.dials_leg(leg)).map(|(id, _)| *id)
    }

    /// The leg for whose program a leg rings.
    pub(crate) fn dials_for(&self, leg: LegId) -> Option<&Leg> {
        let stack = self.stacks.get(&self.dialler(leg)?)?;
        self.legs.get(&stack.subject)
    }

    /// The call as a program on this leg sees it, which dials a number.
    pub(crate) fn info_of(&self, leg: LegId, context: String, dialed: String) -> CallInfo {
        let mut info = CallInfo { context, dialed, ..self.info.clone() };
        if let Some(leg) = self.legs.get(&leg) {
            info.caller = leg.party.clone();
            info.privacy = leg.privacy;
            info.user = leg.owner.user().cloned();
            info.phone = leg.owner.phone.clone();
            info.trunk = leg.owner.trunk().cloned();
        }
        info
    }

    /// Makes room for one more leg; whether there is any.
    pub(crate) fn has_room(&mut self) -> bool {
        if self.legs.len() >= LEG_RECORDS_MAX {
            let oldest = self.legs.values().find(|leg| leg.is_over() && !leg.is_incoming()).map(|leg| leg.id);
            oldest.map(|id| self.legs.remove(&id));
        }
        let present = self.legs.values().filter(|leg| !leg.is_over()).count();
        present < LEGS_MAX && self.legs.len() < LEG_RECORDS_MAX
    }

    /// Legs that can be talked to.
    pub(crate) fn live_legs(&self) -> Vec<LegId> {
        self.legs.values().filter(|leg| leg.is_live()).map(|leg| leg.id).collect()
    }

    pub(crate) fn is_live(&self, leg: LegId) -> bool {
        self.legs.get(&leg).is_some_and(Leg::is_live)
    }

    /// Notes why the call ends, unless that is known already.
    pub(crate) fn note_end(&mut self, cause: Cause, by: EndBy) {
        self.end.get_or_insert(End { cause, by });
    }

    pub(crate) fn log(&self, w: &mut World, level: Level, text: impl Into<String>) {
        w.fact(self.id, Fact::Log { level, text: text.into() });
    }

    /// The class of music for a leg that a program lets wait. The call's own goes before the one that the program names, as Asterisk
    /// has it (channel, argument, queue, office); "" names none.
    pub(crate) fn music_for(&self, w: &World, named: String) -> Option<String> {
        if named.is_empty() {
            return self.hold_music(w);
        }
        let own = self.music_class.clone().filter(|class| !class.is_empty());
        Some(own.unwrap_or(named))
    }

    /// The class of music for a leg that waits; `None`: silence.
    pub(crate) fn hold_music(&self, w: &World) -> Option<String> {
        let class = self.music_class.as_ref().unwrap_or(&w.office.music);
        Some(class.clone()).filter(|class| !class.is_empty())
    }
}
