//! A program's leg in a mix. The mix lasts as long as somebody takes part in it; who hears it is worked out with all else that legs
//! hear (`settle.rs`).

use super::stack::StackId;
use crate::Fact;
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
        let reply = if self.take_part(w, subject, wanted) {
            Reply::Ok
        } else {
            Reply::Failed("there are too many mixes".to_owned())
        };
        self.reply(id, reply);
    }

    /// Says a leg into a mix, or changes how; it leaves another one for it. `false`: there are too many mixes.
    pub(crate) fn take_part(&mut self, w: &mut World, leg: LegId, wanted: JoinMix) -> bool {
        let present = self.legs.get(&leg).and_then(|leg| leg.mix.as_ref());
        if present.is_some_and(|(_, joined)| joined.mix != wanted.mix) {
            self.leave_mix(w, leg);
        }
        let present = self.legs.get(&leg).and_then(|leg| leg.mix.as_ref()).map(|(mix, _)| *mix);
        let Some(mix) = present.or_else(|| w.enter_mix(&wanted.mix)) else { return false };
        if present.is_none() {
            w.fact(self.id, Fact::Mixed { leg, mix: wanted.mix.clone() });
        }
        w.media(Command::SayInto { mix, leg, input: wanted.says });
        w.media(Command::HearingVolume { leg, gain_db: wanted.hearing_db });
        if let Some(leg) = self.legs.get_mut(&leg) {
            leg.mix = Some((mix, wanted));
        }
        true
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
