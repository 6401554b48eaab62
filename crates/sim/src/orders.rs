//! What the exchange has its media engine play, and what it is told of it: the office's own view of what is heard, without the
//! wire and the phones behind it.

use cordboard_base::{LegId, Time};
use cordboard_media::{Command, Event, Play, PlayEnd, PlayId, Playhead};

/// Something about a play to a leg of the office.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// When.
    pub at: Time,
    /// To whom.
    pub leg: LegId,
    /// What.
    pub what: Ordered,
}

/// What it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Ordered {
    /// This is to be played.
    Plays(Play),
    /// A play is over.
    Ended {
        /// Which.
        play: PlayId,
        /// How.
        end: PlayEnd,
        /// Where in its list.
        head: Playhead,
    },
}

impl Order {
    pub(crate) fn of_command(at: Time, command: &Command) -> Option<Self> {
        let Command::Play { leg, play } = command else { return None };
        Some(Self { at, leg: *leg, what: Ordered::Plays(play.clone()) })
    }

    pub(crate) fn of_event(at: Time, event: &Event) -> Option<Self> {
        let Event::Played { leg, play, end, at: head } = event else { return None };
        Some(Self { at, leg: *leg, what: Ordered::Ended { play: *play, end: end.clone(), head: *head } })
    }
}
