//! A program's leg in a mix. The mix lasts as long as somebody takes part in it; who hears it is worked out with all else that legs
//! hear (`settle.rs`).

use super::stack::StackId;
use crate::state::State;
use crate::world::World;
use cordboard_app::{JoinMix, Reply};
use cordboard_base::LegId;
use cordboard_media::{Command, MixId};

impl State {
    /// Joins, changes how, or leaves.
    pub(crate) fn step_join(&mut self, w: &mut World, id: StackId, subject: LegId, wanted: Option<JoinMix>) {
        let Some(wanted) = wanted else {
            self.leave_mix(w, subject);
            return self.reply(id, Reply::Ok);
        };
        let present = self.legs.get(&subject).and_then(|leg| leg.mix.as_ref());
        if present.is_some_and(|(_, joined)| joined.mix != wanted.mix) {
            self.leave_mix(w, subject);
        }
        let present = self.legs.get(&subject).and_then(|leg| leg.mix.as_ref()).map(|(mix, _)| *mix);
        let Some(mix) = present.or_else(|| w.enter_mix(&wanted.mix)) else {
            return self.reply(id, Reply::Failed("there are too many mixes".to_owned()));
        };
        w.media(Command::SayInto { mix, leg: subject, input: wanted.says });
        w.media(Command::HearingVolume { leg: subject, gain_db: wanted.hearing_db });
        if let Some(leg) = self.legs.get_mut(&subject) {
            leg.mix = Some((mix, wanted));
        }
        self.reply(id, Reply::Ok);
    }

    /// Takes a leg out of the mix that it is in, if it is in one.
    pub(crate) fn leave_mix(&mut self, w: &mut World, leg: LegId) {
        if let Some(leg) = self.legs.get_mut(&leg) {
            leg.leave_mix(w);
        }
    }

    /// The mix that a leg hears.
    pub(crate) fn heard_mix(&self, leg: LegId) -> Option<MixId> {
        let (mix, joined) = self.legs.get(&leg)?.mix.as_ref()?;
        joined.hears.then_some(*mix)
    }
}
