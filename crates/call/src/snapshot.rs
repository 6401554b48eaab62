//! Calls as data: `restore(snapshot(x))` behaves as `x`. Scripts are replayed from the log of their replies; that is the
//! programs' own concern, hidden in their [`AppState`].

use crate::Counts;
use crate::call::{Apps, Call};
use crate::program::stack::StackId;
use crate::state::State;
use crate::world::World;
use cordboard_app::{AppState, Programs};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// All calls of a shard, as plain data.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallsState {
    /// Raised when the data changes its shape.
    pub version: u32,
    pub(crate) world: World,
    pub(crate) counts: Counts,
    pub(crate) calls: Vec<CallData>,
}

impl CallsState {
    /// The present shape.
    pub const VERSION: u32 = 1;
}

/// One call with its programs' states.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CallData {
    state: State,
    /// Which dialplan it began with.
    programs: String,
    apps: Vec<(StackId, Vec<AppState>)>,
}

impl CallData {
    pub(crate) fn of(call: &Call) -> Self {
        let states =
            |apps: &Vec<Box<dyn cordboard_app::App>>| apps.iter().map(|app| app.snapshot()).collect();
        Self {
            state: call.state.clone(),
            programs: call.programs.version().to_owned(),
            apps: call.apps.iter().map(|(id, apps)| (*id, states(apps))).collect(),
        }
    }

    /// The call again, and whether all its programs are.
    pub(crate) fn restore(
        self,
        by_version: &dyn Fn(&str) -> Option<Rc<dyn Programs>>,
        fallback: Rc<dyn Programs>,
    ) -> (Call, bool) {
        let found = by_version(&self.programs);
        let mut whole = found.is_some() || self.apps.is_empty();
        let programs = found.unwrap_or(fallback);
        let mut apps = Apps::new();
        for (id, states) in self.apps {
            let restored: Vec<_> = states.iter().filter_map(|state| programs.restore(state).ok()).collect();
            whole = whole && restored.len() == states.len();
            apps.insert(id, restored);
        }
        if !whole {
            apps.clear();
        }
        (Call { state: self.state, programs, apps }, whole)
    }
}
