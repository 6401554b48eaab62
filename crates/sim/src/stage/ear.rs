//! What a phone hears at this moment.

use super::Stage;
use super::playing::{Given, Playing};
use cordboard_base::LegId;
use cordboard_media::Source;

/// Something that is heard now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ear {
    /// Something that the exchange plays.
    Played(Given),
    /// The user of a phone, by its place in the world.
    Person(usize),
    /// Somebody of whom the world knows only the address.
    Stranger,
    /// Itself.
    Echo,
}

impl Stage {
    /// What a phone hears on a line of its, in no particular order.
    pub(crate) fn ear(&self, phone: usize, line: LegId) -> Vec<Ear> {
        let Some(leg) = self.leg_of((phone, line)) else { return Vec::new() };
        let receives = self.lines.get(&(phone, line)).and_then(|line| line.audio.as_ref());
        if !receives.is_some_and(|audio| audio.receives) {
            return Vec::new();
        }
        let Some(it) = self.office.get(&leg) else { return Vec::new() };
        if let Some(given) = it.playing.as_ref().and_then(Playing::current) {
            return vec![Ear::Played(given)];
        }
        match it.source {
            Source::Nothing => Vec::new(),
            Source::Echo => vec![Ear::Echo],
            Source::Leg(other) => self.voice(other).into_iter().collect(),
            Source::Mix(mix) => {
                let says = |(other, it): (&LegId, &super::office::OfficeLeg)| {
                    let said = it.said_into.get(&mix).is_some_and(|input| !input.muted);
                    (said && *other != leg).then_some(*other)
                };
                let voices = self.office.iter().filter_map(says).filter_map(|other| self.voice(other));
                let played =
                    self.mixes.get(&mix).and_then(|it| it.playing.as_ref()).and_then(Playing::current);
                voices.chain(played.map(Ear::Played)).collect()
            }
        }
    }

    /// Whose voice a leg brings.
    fn voice(&self, leg: LegId) -> Option<Ear> {
        if !self.office.get(&leg)?.audio.as_ref().is_some_and(|audio| audio.receives) {
            return None;
        }
        Some(self.line_of(leg).map_or(Ear::Stranger, |(phone, _)| Ear::Person(phone)))
    }

    /// A phone's lines that have media, newest last.
    pub(crate) fn lines_of(&self, phone: usize) -> Vec<LegId> {
        self.lines.keys().filter(|(of, _)| *of == phone).map(|(_, line)| *line).collect()
    }
}
