//! The options of a call of the verb, and what they make of a room's settings.

use crate::settings::{Announce, Pin, RoomSettings};
use cordboard_app::{Destination, Value};
use serde::{Deserialize, Serialize};

/// The options, as far as they were given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Wishes {
    pub(crate) pin: Option<Pin>,
    pub(crate) admin_pin: Option<Pin>,
    pub(crate) admin: bool,
    pub(crate) marked: Option<bool>,
    pub(crate) wait_marked: Option<bool>,
    pub(crate) end_marked: Option<bool>,
    pub(crate) muted: Option<bool>,
    pub(crate) record: Option<bool>,
    pub(crate) music: Option<String>,
    pub(crate) announce: Option<Announce>,
    pub(crate) count: Option<bool>,
    pub(crate) count_all: Option<bool>,
    pub(crate) max: Option<u32>,
    pub(crate) quiet: bool,
    pub(crate) timeout_ms: u32,
    pub(crate) limit_ms: Option<u32>,
    pub(crate) invite: Vec<Destination>,
    /// Somebody in the room called it in: it needs no PIN. No option of scripts.
    pub(crate) invited: bool,
}

impl Wishes {
    pub(crate) fn of(options: &Value) -> Self {
        let truth = |key: &str| options.entry(key).truth();
        let pin = |key: &str| options.entry(key).text().and_then(|text| Pin::try_from(text.to_owned()).ok());
        Self {
            pin: pin("pin"),
            admin_pin: pin("admin_pin"),
            admin: truth("admin").unwrap_or(false),
            marked: truth("marked"),
            wait_marked: truth("wait_marked"),
            end_marked: truth("end_marked"),
            muted: truth("muted"),
            record: truth("record"),
            music: options.entry("music").text().map(str::to_owned),
            announce: options.entry("announce").text().and_then(Announce::of),
            count: truth("count"),
            count_all: truth("count_all"),
            max: options.entry("max").int().and_then(|max| u32::try_from(max).ok()),
            quiet: truth("quiet").unwrap_or(false),
            timeout_ms: options.entry("timeout").seconds_ms().unwrap_or(0),
            limit_ms: options.entry("limit").seconds_ms(),
            invite: options.entry("invite").destinations(),
            invited: truth("invited").unwrap_or(false),
        }
    }

    /// The room's settings with these wishes in their place.
    pub(crate) fn over(&self, room: &RoomSettings) -> RoomSettings {
        let mut room = room.clone();
        room.pin = self.pin.clone().or(room.pin);
        room.admin_pin = self.admin_pin.clone().or(room.admin_pin);
        room.max = self.max.unwrap_or(room.max);
        room.record = self.record.unwrap_or(room.record);
        room.announce = self.announce.unwrap_or(room.announce);
        room.count = self.count.unwrap_or(room.count);
        room.count_all = self.count_all.unwrap_or(room.count_all);
        room.music = self.music.clone().unwrap_or(room.music);
        room.wait_marked = self.wait_marked.unwrap_or(room.wait_marked);
        room.end_marked = self.end_marked.unwrap_or(room.end_marked);
        room.muted = self.muted.unwrap_or(room.muted);
        room.limit_min = self.limit_ms.map_or(room.limit_min, |ms| ms.div_ceil(60_000));
        room
    }
}
