//! An engine as plain data. Samples are left out, they are asked for again; sockets are the shell's.

use super::mixes::MixState;
use super::session::{Session, State};
use super::timers::Due;
use super::{Engine, EngineConfig};
use cordboard_base::{Deadlines, Time};
use serde::{Deserialize, Serialize};

/// The version of [`EngineState`]; another one is not restored.
pub const STATE_VERSION: u16 = 5;

/// All that an engine knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EngineState {
    /// [`STATE_VERSION`] of who wrote it.
    pub version: u16,
    config: EngineConfig,
    generation: u32,
    sessions: Vec<State>,
    mixes: Vec<(crate::MixId, MixState)>,
    timers: Deadlines<Due>,
    ignored: u64,
}

impl EngineState {
    /// The slots in use with their legs: for a shell that has to give them their sockets again.
    pub fn slots(&self) -> impl Iterator<Item = (crate::SlotId, cordboard_base::LegId)> {
        self.sessions.iter().map(|state| (state.slot, state.leg))
    }
}

impl Engine {
    /// The engine's state; `poll` must have been drained.
    pub fn snapshot(&self) -> EngineState {
        EngineState {
            version: STATE_VERSION,
            config: self.config,
            generation: self.slots.generation(),
            sessions: self.slots.iter().map(Session::kept).collect(),
            mixes: self.mixes.state(),
            timers: self.timers.clone(),
            ignored: self.ignored,
        }
    }

    /// An engine that goes on where the other stood. `now` is on the clock of the state's times; what became due in between
    /// is done at the next tick. Samples of running plays are asked for at once.
    pub fn restore(state: EngineState, now: Time) -> Self {
        let mut engine = Self::new(state.config);
        engine.timers = state.timers;
        engine.ignored = state.ignored;
        engine.slots.restore_generation(state.generation);
        let indices: Vec<u32> = state.sessions.iter().map(|session| session.slot.index).collect();
        for session in state.sessions {
            engine.slots.put(Box::new(Session::of(session)));
        }
        let mixes: Vec<_> = state.mixes.iter().map(|(id, _)| *id).collect();
        engine.restore_mixes(state.mixes);
        for &index in &indices {
            engine.wire(index);
        }
        for &index in &indices {
            engine.rewant(index);
            engine.load_for(now, index);
            engine.start_generating(now, index);
        }
        for id in mixes {
            engine.load_for_mix(now, id);
        }
        engine
    }
}
