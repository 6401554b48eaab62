//! Who is in the mix, and what follows for the others: recording, music for who is alone, leaders.

use super::{Rooms, mix_of};
use crate::room::Presence;
use crate::talk::{Place, Status, Word};
use cordboard_app::ServiceOutput;
use cordboard_base::CallId;
use cordboard_media::MixSettings;

/// Who hears so many speakers at once understands none.
const SPEAKERS_MAX: u16 = 3;

impl Rooms {
    /// The mix has its first: it gets its settings, and is recorded from now on.
    pub(super) fn open(&mut self, name: &str) {
        let Some(room) = self.rooms.get_mut(name) else { return };
        room.announcements.clear();
        room.recording = room.settings.record;
        let (levelled, records) = (room.settings.levelled, room.recording);
        let settings = MixSettings { speakers_max: SPEAKERS_MAX, levelled, tells_talkers: true };
        self.out.push_back(ServiceOutput::Mix { mix: mix_of(name), settings });
        if records {
            self.record(name, true);
        }
    }

    /// A marked one has come: whoever waits comes in.
    pub(super) fn call_in(&mut self, name: &str) {
        let Some(room) = self.rooms.get(name) else { return };
        let waiting = room.participants.iter().filter(|p| p.presence == Presence::Waiting);
        let waiting: Vec<CallId> = waiting.map(|p| p.call).collect();
        for call in waiting {
            self.tell(call, Word::Place(Place::InCompany));
        }
    }

    /// One less in the mix: who is left alone hears music.
    pub(super) fn left_mix(&mut self, name: &str) {
        let Some(room) = self.rooms.get_mut(name) else { return };
        if room.talking() == 0 {
            room.announcements.clear();
            room.recording = false;
        }
        if let Some(lone) = room.lone() {
            self.tell(lone, Word::Place(Place::Alone));
        }
    }

    /// The last marked one has left.
    pub(super) fn leaderless(&mut self, name: &str) {
        let Some(room) = self.rooms.get(name) else { return };
        let others: Vec<(CallId, bool, bool)> = room
            .participants
            .iter()
            .filter(|p| p.presence == Presence::Talking || p.end_marked)
            .map(|p| (p.call, p.end_marked, p.wait_marked))
            .collect();
        for (call, ends, waits) in others {
            if ends {
                self.send_away(call, Status::Ended, "conf-leaderhasleft");
            } else if waits {
                self.tell(call, Word::LeaderLeft);
            }
        }
    }
}
