//! `confbridge.conf` and `meetme.conf`: conference rooms. ConfBridge's rooms are opened by the dialplan; only those of MeetMe are
//! named in a file. Profiles of bridges and users are options of `ch.conference`, which the dialplan's translation fills in.

use super::{Files, Names, line, quoted_key};
use crate::quoted::{is_name, quoted};
use crate::report::Report;
use std::fmt::Write;

/// Reads the rooms.
pub(super) fn read(files: &Files, names: &mut Names, report: &mut Report) -> String {
    let mut text = "# Conference rooms. Others are opened by the dialplan, by any name.\n".to_owned();
    if let Some(rooms) = files.meetme.as_ref().and_then(|conf| conf.section("rooms")) {
        for entry in rooms.all("conf") {
            let mut fields = entry.value.split(',').map(str::trim);
            let (room, pin, admin) = (
                fields.next().unwrap_or_default(),
                fields.next().unwrap_or_default(),
                fields.next().unwrap_or_default(),
            );
            if !is_name(room) || room.contains('.') {
                report.lost(&entry.place, room, "a room can't be called so");
                continue;
            }
            if names.rooms.insert(room.to_owned(), pin.to_owned()).is_some() {
                continue;
            }
            report.count("conference rooms", 1);
            let _infallible = write!(text, "\n[room.{}]\n", quoted_key(room));
            for (key, pin) in [("pin", pin), ("admin_pin", admin)] {
                if !pin.is_empty() && pin.len() <= 16 && pin.chars().all(|c| c.is_ascii_digit()) {
                    line(&mut text, key, &quoted(pin));
                }
            }
        }
    }
    let profiles =
        files.rooms.iter().flat_map(|conf| conf.real()).filter(|section| section.name != "general");
    for profile in profiles {
        let keys = profile.entries.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect();
        names.profiles.insert(profile.name.clone(), keys);
        let why = "what a profile says stands in the options of ch.conference(…) where the dialplan names it";
        report.note(&profile.place, &format!("[{}]", profile.name), why);
    }
    text
}
