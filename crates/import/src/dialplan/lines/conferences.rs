//! Conference rooms, with the profiles that they are entered by.

use super::{Done, line};
use crate::dialplan::dial::{Options, options};
use crate::dialplan::scope::{Scope, Why};
use crate::quoted::quoted;

impl Scope<'_> {
    /// `ConfBridge(room,bridge,user)`, `MeetMe(room,options,pin)`
    pub(super) fn conference(&mut self, app: &str, args: &[String]) -> Result<Done, Why> {
        let arg = |at: usize| args.get(at).map_or("", String::as_str);
        let room = self.value(&self.constant(arg(0)).unwrap_or_else(|| arg(0).to_owned()))?;
        if room.plain.as_deref() == Some("") {
            return Err("the room has to be said".to_owned());
        }
        let mut chosen: Options = Vec::new();
        if app == "meetme" {
            let flags = [
                ('a', "admin", "true"),
                ('A', "marked", "true"),
                ('w', "wait_marked", "true"),
                ('x', "end_marked", "true"),
                ('m', "muted", "true"),
                ('r', "record", "true"),
                ('q', "quiet", "true"),
                ('i', "announce", "\"names\""),
            ];
            let known = |flag: char| flags.iter().find(|(known, ..)| *known == flag);
            for (flag, _) in crate::dialplan::dial::letters(arg(1)) {
                match known(flag) {
                    Some((_, key, value)) => chosen.push((key, (*value).to_owned())),
                    None if "cdDMTP1ps".contains(flag) => {}
                    None => self.report.lost(
                        &self.place,
                        &self.source,
                        &format!("the option {flag} of MeetMe is not there: without it"),
                    ),
                }
            }
            if arg(2).chars().all(|c| c.is_ascii_digit()) && !arg(2).is_empty() {
                chosen.push(("pin", quoted(arg(2))));
            }
        } else {
            for profile in [arg(1), arg(2)].into_iter().filter(|name| !name.is_empty()) {
                self.profile(profile, &mut chosen);
            }
        }
        line(format!("ch.conference({}{});", self.as_text(&room), options(&chosen)))
    }

    pub(super) fn profile(&mut self, name: &str, chosen: &mut Options) {
        let Some(keys) = self.world.names.profiles.get(name).cloned() else {
            return self.report.lost(
                &self.place,
                &self.source,
                &format!("there is no profile `{name}`: without it"),
            );
        };
        for (key, value) in keys {
            let yes = crate::conf::is_yes(&value);
            let truth = if yes { "true" } else { "false" }.to_owned();
            match key.as_str() {
                "admin" | "marked" | "wait_marked" | "end_marked" | "quiet" if yes => {
                    let known = ["admin", "marked", "wait_marked", "end_marked", "quiet"];
                    chosen.extend(known.iter().find(|known| **known == key).map(|known| (*known, truth)));
                }
                "startmuted" => chosen.push(("muted", truth)),
                "record_conference" => chosen.push(("record", truth)),
                "announce_user_count" => chosen.push(("count", truth)),
                "announce_join_leave" if yes => chosen.push(("announce", quoted("names"))),
                "music_on_hold_class" => chosen.push(("music", quoted(&value))),
                "pin" => chosen.push(("pin", quoted(&value))),
                "max_members" => chosen.push(("max", value.clone())),
                "timeout" => chosen.push(("timeout", value.clone())),
                "type"
                | "admin"
                | "marked"
                | "wait_marked"
                | "end_marked"
                | "quiet"
                | "announce_join_leave"
                | "dsp_drop_silence"
                | "denoise"
                | "music_on_hold_when_empty"
                | "talk_detection_events"
                | "jitterbuffer"
                | "mixing_interval"
                | "internal_sample_rate"
                | "template"
                | "dtmf_passthrough" => {}
                other => self.report.lost(
                    &self.place,
                    &self.source,
                    &format!("{other} = {value} of the profile {name} is not there"),
                ),
            }
        }
    }
}
