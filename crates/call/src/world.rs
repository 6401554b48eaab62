//! What all calls share: the office, the source of unguessable values, the way out, and who asked what.

use crate::inner::News;
use crate::program::stack::StackId;
use crate::{Fact, Office, Output, QueryId};
use cordboard_app::{CallInfo, Cause, Connect, Destination};
use cordboard_base::{CallId, Deadlines, LegId, Source, Time};
use cordboard_media::{Command, MixId, MixSettings, PlayId, StreamSeed};
use cordboard_sip::session::{LegCommand, Reason};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Mixes at once: far more than an office has rooms.
const MIXES_MAX: usize = 4_096;

/// Shared by all calls of a shard. A call's turn has it at hand.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct World {
    pub(crate) source: Source,
    pub(crate) office: Office,
    /// Drained by `poll` after every input.
    pub(crate) outputs: VecDeque<Output>,
    /// Which call waits for which answer.
    pub(crate) queries: BTreeMap<QueryId, CallId>,
    next_query: u64,
    next_play: u32,
    next_recording: u32,
    /// Where a leg is now, if not in the call that it was made in.
    #[serde(with = "cordboard_base::pairs")]
    pub(crate) homes: BTreeMap<LegId, CallId>,
    /// Mixes by name, with how many legs take part in each.
    #[serde(default)]
    mixes: BTreeMap<String, (MixId, u32)>,
    /// Mixes that a service keeps there: it counts as one who takes part.
    #[serde(default)]
    held_mixes: BTreeSet<String>,
    #[serde(default)]
    next_mix: u64,
    /// The sessions by which mixes are sent to multicast groups.
    #[serde(default)]
    multicasts: BTreeMap<String, Vec<LegId>>,
    #[serde(default)]
    next_multicast: u16,
    /// Names of mixes whose recordings are not complete: that can be after the mix is over.
    #[serde(default)]
    recorded_mixes: BTreeMap<MixId, String>,
    /// When each call wants to be woken.
    pub(crate) due: Deadlines<CallId>,
    /// Calls whose programs have more to do, since when; each in turn.
    #[serde(default)]
    pub(crate) turns: Deadlines<CallId>,
    /// What a turn asks of other calls; done when it is over.
    pub(crate) errands: VecDeque<Errand>,
}

/// Something that takes two calls, done between turns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Errand {
    /// Attended transfer: the partner of `consultation` takes the place of `referrer` in the call `at`.
    Join {
        /// The call whose leg was sent REFER.
        at: CallId,
        /// The leg that was sent REFER; it leaves.
        referrer: LegId,
        /// The referrer's other leg; it leaves too.
        consultation: LegId,
    },
    /// An INVITE with Replaces: the leg of the call `new` takes the place of `old`.
    Replace {
        /// The call that the INVITE made.
        new: CallId,
        /// The leg that leaves.
        old: LegId,
    },
    /// A program wants its leg connected with a party of another call.
    Connect {
        /// Its call.
        at: CallId,
        /// Its stack.
        stack: StackId,
        /// With whom.
        whom: Connect,
    },
    /// A route of the dialplan is to be asked who rings.
    Reach {
        /// The call that rings.
        by: CallId,
        /// The call that the route's program drives.
        call: CallId,
        /// What the program sees.
        info: Box<CallInfo>,
        /// By which extensions it came to be, its own the last.
        path: Vec<Destination>,
    },
    /// What has become of that.
    Inner {
        /// The call that the route's program drives.
        call: CallId,
        /// The call that rings.
        by: CallId,
        /// What.
        news: News,
    },
    /// Nobody waits any more for whom a route leads to.
    Release {
        /// The call that the route's program drives.
        call: CallId,
        /// The call that rang.
        by: CallId,
        /// Why.
        cause: Cause,
        /// What phones that ring are told.
        reason: Reason,
    },
    /// The recording of a message is complete, and its leg has left the call that takes it.
    Message {
        /// The call that takes it.
        call: CallId,
        /// The recording.
        number: u32,
        /// Its file within the data directory.
        file: String,
        /// How much it holds, in ms.
        ms: u64,
        /// Why it could not be written.
        failure: Option<String>,
    },
}

impl World {
    pub(crate) fn new(source: Source, office: Office) -> Self {
        Self {
            source,
            office,
            outputs: VecDeque::new(),
            queries: BTreeMap::new(),
            next_query: 0,
            next_play: 0,
            next_recording: 0,
            homes: BTreeMap::new(),
            mixes: BTreeMap::new(),
            held_mixes: BTreeSet::new(),
            next_mix: 0,
            multicasts: BTreeMap::new(),
            next_multicast: 0,
            recorded_mixes: BTreeMap::new(),
            due: Deadlines::default(),
            turns: Deadlines::default(),
            errands: VecDeque::new(),
        }
    }

    pub(crate) fn leg(&mut self, leg: LegId, command: LegCommand) {
        self.outputs.push_back(Output::Leg(leg, command));
    }

    pub(crate) fn media(&mut self, command: Command) {
        self.outputs.push_back(Output::Media(command));
    }

    pub(crate) fn fact(&mut self, call: CallId, fact: Fact) {
        self.outputs.push_back(Output::Fact(call, fact));
    }

    /// A new question of `call`'s.
    pub(crate) fn query(&mut self, call: CallId) -> QueryId {
        let query = QueryId(self.next_query);
        self.next_query = self.next_query.wrapping_add(1);
        self.queries.insert(query, call);
        query
    }

    pub(crate) fn play_id(&mut self) -> PlayId {
        let id = PlayId(self.next_play);
        self.next_play = self.next_play.wrapping_add(1);
        id
    }

    pub(crate) fn recording_number(&mut self) -> u32 {
        self.next_recording = self.next_recording.wrapping_add(1);
        self.next_recording
    }

    /// RFC 3550 §5.1 wants all three random.
    pub(crate) fn stream_seed(&mut self) -> StreamSeed {
        let bits = self.source.next_u64();
        let [a, b, c, d, e, f, g, h] = bits.to_be_bytes();
        StreamSeed {
            ssrc: u32::from_be_bytes([a, b, c, d]),
            // The first sequence number stays below 2¹⁵: SRTP's roll-over guess needs the room (RFC 3711 §3.3.1).
            sequence: u16::from_be_bytes([e & 0x7f, f]),
            timestamp: self.source.next_u32() ^ u32::from_be_bytes([0, 0, g, h]),
        }
    }

    /// One leg more takes part in the mix of that name; it is made for the first. `None`: there are too many.
    pub(crate) fn enter_mix(&mut self, name: &str) -> Option<MixId> {
        let mix = self.mix(name)?;
        if let Some((_, legs)) = self.mixes.get_mut(name) {
            *legs = legs.saturating_add(1);
        }
        Some(mix)
    }

    /// The mix of a name; it is made if there is none.
    pub(crate) fn mix(&mut self, name: &str) -> Option<MixId> {
        if let Some((mix, _)) = self.mixes.get(name) {
            return Some(*mix);
        }
        if self.mixes.len() >= MIXES_MAX {
            return None;
        }
        self.next_mix = self.next_mix.wrapping_add(1);
        let mix = MixId(self.next_mix);
        self.mixes.insert(name.to_owned(), (mix, 0));
        self.media(Command::Mix { mix, settings: MixSettings::default() });
        Some(mix)
    }

    /// A leg takes part no longer; with the last one the mix ends.
    pub(crate) fn left_mix(&mut self, name: &str) {
        let Some((mix, legs)) = self.mixes.get_mut(name) else { return };
        *legs = legs.saturating_sub(1);
        if *legs == 0 {
            let mix = *mix;
            self.mixes.remove(name);
            self.end_multicasts(name);
            self.media(Command::EndMix { mix });
        }
    }

    /// A service keeps a mix there, or no longer.
    pub(crate) fn hold_mix(&mut self, name: &str, held: bool) {
        if !held {
            if self.held_mixes.remove(name) {
                self.left_mix(name);
            }
        } else if !self.held_mixes.contains(name) && self.enter_mix(name).is_some() {
            self.held_mixes.insert(name.to_owned());
        }
    }

    /// A session that is no call's: no call has this number.
    pub(crate) fn group_leg(&mut self) -> LegId {
        self.next_multicast = self.next_multicast.wrapping_add(1);
        LegId { call: CallId(0), index: self.next_multicast }
    }

    /// A mix is sent by these sessions.
    pub(crate) fn sends_to_groups(&mut self, name: &str, legs: Vec<LegId>) {
        self.multicasts.insert(name.to_owned(), legs);
    }

    /// A mix is sent to no group any more.
    pub(crate) fn end_multicasts(&mut self, name: &str) {
        for leg in self.multicasts.remove(name).unwrap_or_default() {
            self.media(Command::Close { leg });
        }
    }

    /// The mix of a name, if somebody takes part in it.
    pub(crate) fn known_mix(&self, name: &str) -> Option<MixId> {
        self.mixes.get(name).map(|(mix, _)| *mix)
    }

    /// What a mix is called.
    pub(crate) fn mix_name(&self, mix: MixId) -> Option<&str> {
        self.mixes.iter().find(|(_, (id, _))| *id == mix).map(|(name, _)| name.as_str())
    }

    /// A mix is recorded from now on: its name is kept until its file is complete.
    pub(crate) fn records_mix(&mut self, mix: MixId, name: &str) {
        self.recorded_mixes.insert(mix, name.to_owned());
    }

    /// A mix's file is complete. What the mix was called.
    pub(crate) fn recorded_mix(&mut self, mix: MixId) -> Option<String> {
        self.recorded_mixes.remove(&mix)
    }

    /// The call that a leg belongs to now.
    pub(crate) fn home(&self, leg: LegId) -> CallId {
        self.homes.get(&leg).copied().unwrap_or(leg.call)
    }

    /// Forgets everything that names `call`.
    pub(crate) fn forget(&mut self, call: CallId) {
        self.queries.retain(|_, asker| *asker != call);
        self.homes.retain(|_, home| *home != call);
        self.due.cancel(&call);
        self.turns.cancel(&call);
    }

    /// Notes when `call` wants to be woken next, and since when it waits for its turn.
    pub(crate) fn wake(&mut self, call: CallId, at: Option<Time>, turn: Option<Time>) {
        for (deadlines, at) in [(&mut self.due, at), (&mut self.turns, turn)] {
            match at {
                Some(at) => deadlines.set(call, at),
                None => {
                    deadlines.cancel(&call);
                }
            }
        }
    }
}
