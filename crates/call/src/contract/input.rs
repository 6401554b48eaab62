//! What the call core takes.

use super::{OutOfReach, QueryId, Reach};
use cordboard_app::{CallInfo, Cause, Originate, PlayList, Value};
use cordboard_base::{CallId, Hop, LegId};
use cordboard_media::{MixSettings, RecordSettings};
use cordboard_sip::message::Request;
use cordboard_sip::session::LegEvent;
use cordboard_sip::trunk::Presentation;
use serde::{Deserialize, Serialize};

/// What the call core takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Input {
    /// An admitted, authenticated INVITE that the endpoint is about to adopt as `leg` (its `Incoming` event follows at once).
    New(Box<NewCall>),
    /// The office makes a call of itself. Told of by [`Output::Originated`].
    Originate {
        /// Its id.
        call: CallId,
        /// What its program will see, made of [`Originate::on_behalf_of`] by the exchange.
        info: Box<CallInfo>,
        /// Whom to ring, and what then.
        originate: Box<Originate>,
    },
    /// A program runs for a user and nobody hears it: a key of its phone has asked for what a code does. Over in
    /// [`crate::UNHEARD_TIME`] at the latest.
    Unheard {
        /// Its id.
        call: CallId,
        /// What its program sees: the user, its context, the route.
        info: Box<CallInfo>,
    },
    /// Somebody who has joined this mix listens to the talk of this leg; `None`: no longer.
    Overhear {
        /// Whose talk.
        leg: LegId,
        /// The mix, by its name.
        mix: String,
        /// In which way.
        how: Option<cordboard_app::Overhear>,
    },
    /// From a leg's session.
    Leg(LegId, LegEvent),
    /// From the media engine.
    Media(cordboard_media::Event),
    /// The answer to [`Output::Ask`].
    Answered {
        /// To which question.
        query: QueryId,
        /// The answer; an error's text where it could not be had.
        value: Result<Value, String>,
    },
    /// The answer to [`Output::Reach`].
    Reached {
        /// To which question.
        query: QueryId,
        /// How the destination is reached.
        reach: Result<Reach, OutOfReach>,
    },
    /// A service says something to the program that drives a call.
    Told {
        /// Which call.
        call: CallId,
        /// What.
        message: Value,
    },
    /// A service does something with a mix as a whole. Nothing happens if nobody takes part in it.
    Mix {
        /// Its name.
        mix: String,
        /// What.
        action: MixAction,
    },
    /// Ends a call from outside (command line, drain).
    Hangup {
        /// Which.
        call: CallId,
        /// Why.
        cause: Cause,
    },
    /// The answer to [`Output::FindDialog`].
    Found {
        /// To which question.
        query: QueryId,
        /// Whose dialog it is; `None`: of no leg of ours.
        leg: Option<LegId>,
    },
    /// Takes over the dialog that an INVITE's Replaces names (RFC 3891): `new` replaces `old` in whatever it is bridged with.
    Replace {
        /// The call that the new INVITE made; its program is not started.
        new: CallId,
        /// The leg that goes.
        old: LegId,
    },
}

/// A new incoming call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewCall {
    /// Its id, from which its first leg is `LegId { call, index: 0 }`.
    pub call: CallId,
    /// What its program will see: context, number, caller, user, trunk.
    pub info: CallInfo,
    /// The INVITE, for its headers and identities.
    pub request: Request,
    /// Where it came from.
    pub from: Hop,
    /// Codecs that the caller (a user, a trunk) may use, best first; empty: the office's.
    pub codecs: Vec<String>,
    /// Of a caller behind a trunk: how others are shown there. `None`: it is told of nobody.
    #[serde(default)]
    pub presentation: Option<Presentation>,
    /// An application with its arguments, which runs instead of the route that the number has.
    #[serde(default)]
    pub runs: Option<(String, Value)>,
    /// Set when the INVITE's Replaces names a leg of ours: no program is started, [`Input::Replace`] follows.
    pub replaces: bool,
}

/// What is done with a mix as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum MixAction {
    /// It is there though nobody takes part in it; or no longer. Any other action does nothing to a mix that is not there.
    Hold(bool),
    /// How it behaves from now on.
    Set(MixSettings),
    /// Plays to all who hear it; `None` ends that.
    Play(Option<PlayList>),
    /// Records it; `None` ends that.
    Record(Option<Box<RecordSettings>>),
    /// Sends it to these multicast groups, and to no others, as long as it lasts.
    Multicast(Vec<cordboard_media::MulticastStream>),
}
