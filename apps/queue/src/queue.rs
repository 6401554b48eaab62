//! A queue: its members and its rules.

use crate::agent::{Agent, Device};
use crate::caller::Penalties;
use crate::settings::{Factor, MemberSettings, QueueSettings};
use crate::statistics::Figures;
use cordboard_app::Destination;
use cordboard_base::Time;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Queue {
    pub(crate) settings: QueueSettings,
    /// In order: those of the settings, then those who logged in.
    pub(crate) members: Vec<Member>,
    /// Who was rung last: where round-robin goes on.
    pub(crate) last_rung: Option<Destination>,
    pub(crate) figures: Figures,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) who: Destination,
    /// Whose telephone says whether it is free, if not its own.
    #[serde(default)]
    pub(crate) state_of: Option<String>,
    pub(crate) penalty: u32,
    pub(crate) name: String,
    pub(crate) origin: Origin,
    pub(crate) paused: Option<Pause>,
    /// Calls taken since the start.
    pub(crate) calls: u32,
    /// When the last of them ended.
    pub(crate) last_call: Option<Time>,
    pub(crate) figures: Figures,
}

/// Why it is a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Origin {
    /// The settings say so.
    Static,
    /// It logged in.
    Dynamic,
}

/// A pause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pause {
    pub(crate) reason: String,
    pub(crate) since_unix_s: i64,
}

impl Member {
    pub(crate) fn of(settings: &MemberSettings) -> Self {
        let MemberSettings { who, state_of, penalty, name } = settings;
        let member = Self::new(who.clone(), *penalty, name.clone(), Origin::Static);
        Self { state_of: state_of.clone(), ..member }
    }

    pub(crate) fn new(who: Destination, penalty: u32, name: String, origin: Origin) -> Self {
        Self {
            who,
            state_of: None,
            penalty,
            name,
            origin,
            paused: None,
            calls: 0,
            last_call: None,
            figures: Figures::default(),
        }
    }
}

impl Queue {
    pub(crate) fn member(&self, who: &Destination) -> Option<&Member> {
        self.members.iter().find(|member| member.who == *who)
    }

    pub(crate) fn member_mut(&mut self, who: &Destination) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.who == *who)
    }

    /// Members as the settings have them now; pauses and figures stay, so do those who logged in.
    pub(crate) fn configure(&mut self, settings: &QueueSettings) {
        let mut old = core::mem::take(&mut self.members);
        for wanted in &settings.member {
            let place = old.iter().position(|member| member.who == wanted.who);
            let mut member = place.map_or_else(|| Member::of(wanted), |place| old.remove(place));
            (member.penalty, member.origin) = (wanted.penalty, Origin::Static);
            member.name.clone_from(&wanted.name);
            member.state_of.clone_from(&wanted.state_of);
            self.members.push(member);
        }
        self.members.extend(old.into_iter().filter(|member| member.origin == Origin::Dynamic));
        self.settings = settings.clone();
    }

    /// The penalties of members that may be rung for a caller that has waited so long.
    pub(crate) fn penalties(&self, own: Penalties, waited_ms: u64) -> Penalties {
        let due = |after_s: u32| u64::from(after_s) * 1_000 <= waited_ms;
        let mut limits = own;
        for rule in self.settings.penalty_rule.iter().filter(|rule| due(rule.after_s)) {
            limits = Penalties { min: rule.min.or(limits.min), max: rule.max.or(limits.max) };
        }
        // Few members: none of them can be spared.
        let few = usize::try_from(self.settings.penalty_members_limit).unwrap_or(usize::MAX);
        if few > 0 && self.members.len() <= few { Penalties::default() } else { limits }
    }

    /// Whether there is nobody in the sense of these factors.
    pub(crate) fn is_empty_by(
        &self,
        factors: &BTreeSet<Factor>,
        penalties: Penalties,
        (now, agents): (Time, &BTreeMap<Destination, Agent>),
    ) -> bool {
        !self.members.iter().any(|member| {
            let agent = agents.get(&member.who).cloned().unwrap_or_default();
            let excluded = factors.iter().any(|factor| match factor {
                Factor::Paused => member.paused.is_some(),
                Factor::Penalty => !penalties.allow(member.penalty),
                Factor::Inuse => matches!(agent.device, Device::Busy | Device::Hold),
                Factor::Ringing => agent.device == Device::Ringing,
                Factor::Unavailable => agent.device == Device::Offline,
                Factor::Invalid => agent.device == Device::Invalid,
                Factor::Unknown => agent.device == Device::Unknown,
                Factor::Wrapup => agent.wrapped_up > now,
            });
            !excluded
        })
    }
}

impl Penalties {
    pub(crate) fn allow(self, penalty: u32) -> bool {
        self.min.is_none_or(|min| penalty >= min) && self.max.is_none_or(|max| penalty <= max)
    }
}
