//! A talk that somebody listens to: both legs are said into a mix that the listener is a part of. The two go on hearing each other
//! as before, but for those who are to hear the listener: they hear the mix, which is the other one and the listener.
//!
//! | way | hears the mix |
//! |---|---|
//! | listen | the listener alone |
//! | whisper | the leg that is listened to, too |
//! | barge | both |

use crate::state::State;
use crate::world::World;
use cordboard_app::Overhear;
use cordboard_base::LegId;
use cordboard_media::{Command, MixId, MixInput};
use serde::{Deserialize, Serialize};

/// Who listens to one call at once: a leg is said into eight mixes at most. A further one hears nothing.
const LISTENERS_MAX: usize = 4;

/// Somebody listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Overheard {
    /// Whose talk it is.
    target: LegId,
    mix: MixId,
    name: String,
    how: Overhear,
    /// The legs that are said into the mix.
    said: Vec<LegId>,
}

impl State {
    /// Begins, changes the way, or ends.
    pub(crate) fn overhear(&mut self, w: &mut World, target: LegId, name: &str, how: Option<Overhear>) {
        let Some(how) = how else { return self.not_overheard(w, name) };
        if let Some(overheard) = self.overheard.iter_mut().find(|overheard| overheard.name == name) {
            overheard.how = how;
            return;
        }
        let Some(mix) = w.known_mix(name).filter(|_| self.overheard.len() < LISTENERS_MAX) else { return };
        self.overheard.push(Overheard { target, mix, name: name.to_owned(), how, said: Vec::new() });
    }

    fn not_overheard(&mut self, w: &mut World, name: &str) {
        if let Some(at) = self.overheard.iter().position(|overheard| overheard.name == name) {
            let ended = self.overheard.remove(at);
            silence(w, ended.mix, &ended.said);
        }
    }

    /// Says those who talk now into the mixes of those who listen; who has left is out.
    pub(crate) fn settle_overheard(&mut self, w: &mut World) {
        if self.overheard.is_empty() {
            return;
        }
        let mut all = core::mem::take(&mut self.overheard);
        all.retain(|overheard| {
            let lasts = w.known_mix(&overheard.name) == Some(overheard.mix);
            let stays = lasts && self.is_live(overheard.target);
            if !stays {
                silence(w, overheard.mix, &overheard.said);
            }
            stays
        });
        for overheard in &mut all {
            let partner = self.partner(overheard.target);
            let talk: Vec<LegId> = partner.into_iter().chain(partner.map(|_| overheard.target)).collect();
            let gone: Vec<LegId> = overheard.said.iter().filter(|leg| !talk.contains(leg)).copied().collect();
            silence(w, overheard.mix, &gone);
            for leg in talk.iter().filter(|leg| !overheard.said.contains(leg)) {
                let input = Some(MixInput::default());
                w.media(Command::SayInto { mix: overheard.mix, leg: *leg, input });
            }
            overheard.said = talk;
        }
        self.overheard = all;
    }

    /// The mix that a leg which talks hears in place of its partner.
    pub(crate) fn whispered(&self, leg: LegId) -> Option<MixId> {
        let hears = |overheard: &&Overheard| match overheard.how {
            Overhear::Listen => false,
            Overhear::Whisper => overheard.target == leg,
            Overhear::Barge => overheard.said.contains(&leg),
        };
        self.overheard.iter().find(hears).map(|overheard| overheard.mix)
    }
}

fn silence(w: &mut World, mix: MixId, legs: &[LegId]) {
    for leg in legs {
        w.media(Command::SayInto { mix, leg: *leg, input: None });
    }
}
