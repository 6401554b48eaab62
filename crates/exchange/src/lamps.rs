//! Who is busy with what: the state of every user and trunk, made of the states of their legs. Lamps, `state()` and
//! `cordboard phones` read it.

use cordboard_app::{Destination, Identity};
use cordboard_base::{CallId, LegId};
use cordboard_call::LegState;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One leg of a user's, as a lamp shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lamp {
    pub(crate) state: LegState,
    /// The office calls the user (or the user called us).
    pub(crate) outgoing: bool,
    pub(crate) other: Identity,
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lamps {
    #[serde(with = "cordboard_base::pairs")]
    by_leg: BTreeMap<LegId, (Destination, Lamp)>,
    by_user: BTreeMap<String, BTreeSet<LegId>>,
    /// Legs that have answered for an extension which led to them.
    #[serde(default, with = "cordboard_base::pairs")]
    answering: BTreeMap<LegId, Destination>,
}

impl Lamps {
    /// Takes a leg's state; forgets it when it has ended.
    pub(crate) fn set(&mut self, leg: LegId, who: Destination, lamp: Lamp) {
        let user = user_of(&who).map(str::to_owned);
        if lamp.state == LegState::Ended {
            self.by_leg.remove(&leg);
            self.answering.remove(&leg);
            if let Some(user) = user
                && let Some(legs) = self.by_user.get_mut(&user)
            {
                legs.remove(&leg);
                if legs.is_empty() {
                    self.by_user.remove(&user);
                }
            }
            return;
        }
        self.by_leg.insert(leg, (who, lamp));
        if let Some(user) = user {
            self.by_user.entry(user).or_default().insert(leg);
        }
    }

    /// Whose leg it is.
    pub(crate) fn who(&self, leg: LegId) -> Option<&Destination> {
        self.by_leg.get(&leg).map(|(who, _)| who)
    }

    /// A leg answers for an extension.
    pub(crate) fn answers_for(&mut self, leg: LegId, who: Destination) {
        self.answering.insert(leg, who);
    }

    /// Whom a leg was rung for.
    pub(crate) fn rung(&self, leg: LegId) -> Option<&Destination> {
        self.answering.get(&leg).or_else(|| self.who(leg))
    }

    /// The legs of a user.
    pub(crate) fn of_user(&self, user: &str) -> impl Iterator<Item = (LegId, &Lamp)> {
        let legs = self.by_user.get(user).into_iter().flatten();
        legs.filter_map(|leg| self.by_leg.get(leg).map(|(_, lamp)| (*leg, lamp)))
    }

    /// How many calls a user is in.
    pub(crate) fn calls_of_user(&self, user: &str) -> usize {
        self.of_user(user).map(|(leg, _)| leg.call).collect::<BTreeSet<CallId>>().len()
    }

    /// `idle`, `ringing`, `busy` or `hold`.
    pub(crate) fn state_of_user(&self, user: &str) -> &'static str {
        let states: Vec<LegState> = self.of_user(user).map(|(_, lamp)| lamp.state).collect();
        if states.contains(&LegState::Talking) {
            "busy"
        } else if states.contains(&LegState::Holding) {
            "hold"
        } else if states.contains(&LegState::Ringing) || states.contains(&LegState::Trying) {
            "ringing"
        } else {
            "idle"
        }
    }
}

fn user_of(who: &Destination) -> Option<&str> {
    match who {
        Destination::User(user) => Some(user),
        Destination::Trunk { .. } | Destination::Extension { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lamp(state: LegState) -> Lamp {
        Lamp { state, outgoing: true, other: Identity::default() }
    }

    #[test]
    fn a_user_is_busy_while_any_leg_talks_and_idle_when_all_are_gone() {
        let mut lamps = Lamps::default();
        let leg = |index| LegId { call: CallId(1), index };
        let anna = || Destination::User("101".to_owned());
        lamps.set(leg(0), anna(), lamp(LegState::Ringing));
        assert_eq!(lamps.state_of_user("101"), "ringing");
        lamps.set(leg(1), anna(), lamp(LegState::Talking));
        assert_eq!((lamps.state_of_user("101"), lamps.calls_of_user("101")), ("busy", 1));
        lamps.set(leg(1), anna(), lamp(LegState::Ended));
        lamps.set(leg(0), anna(), lamp(LegState::Ended));
        assert_eq!(lamps.state_of_user("101"), "idle");
        assert_eq!(lamps, Lamps::default(), "nothing is left behind");
    }
}
