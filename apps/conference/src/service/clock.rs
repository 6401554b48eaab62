//! The end of a room: warnings before it, and names that nobody needs any more.

use super::Rooms;
use crate::room::Room;
use cordboard_app::ServiceOutput;
use cordboard_app::say::grammar;
use cordboard_base::Time;
use core::time::Duration;

/// So many minutes before its end a room is told.
const WARNINGS_MIN: [u32; 2] = [5, 1];

impl Rooms {
    /// Rooms whose time is nearly over are told, those whose time is over are ended.
    pub(super) fn pass_time(&mut self, now: Time) {
        while let Some((_, file)) = self.old_names.pop_front_if(|(at, _)| *at <= now) {
            self.out.push_back(ServiceOutput::Unlink { file });
        }
        let due: Vec<String> = self
            .rooms
            .iter()
            .filter(|(_, room)| next_of(room).is_some_and(|at| at <= now))
            .map(|(name, _)| name.clone())
            .collect();
        for name in due {
            let Some(room) = self.rooms.get_mut(&name) else { continue };
            if room.closes.is_some_and(|closes| closes <= now) {
                room.closes = None;
                self.end(&name);
                continue;
            }
            let Some((min, _)) = next_warning(room) else { continue };
            room.warned_min = Some(min);
            let mut says = vec!["conf-ending".to_owned()];
            says.extend(grammar(&room.lang).duration(u64::from(min) * 60));
            let says: Vec<&str> = says.iter().map(String::as_str).collect();
            self.announce(&name, &says);
        }
    }
}

/// The next warning that is due before a room's end: how many minutes before, and when.
pub(super) fn next_warning(room: &Room) -> Option<(u32, Time)> {
    let closes = room.closes?;
    let open_for = closes.since(room.opened);
    WARNINGS_MIN
        .into_iter()
        .filter(|min| room.warned_min.is_none_or(|warned| *min < warned))
        .map(|min| (min, Duration::from_secs(u64::from(min) * 60)))
        .find(|(_, before)| *before < open_for)
        .map(|(min, before)| (min, room.opened + (open_for - before)))
}

pub(super) fn next_of(room: &Room) -> Option<Time> {
    let closes = room.closes?;
    Some(next_warning(room).map_or(closes, |(_, at)| at.min(closes)))
}
