//! Applications of Asterisk that are a line or two here: what is said, heard, waited for, kept.

use super::dial::{Options, options};
use super::parse::split;
use super::places::recording_name;
use super::scope::{Scope, Why};
use crate::quoted::quoted;

/// What becomes of a priority.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Done {
    /// These lines; the next priority follows.
    Lines(Vec<String>),
    /// These lines, behind which nothing follows.
    Ends(Vec<String>),
}

fn line(text: impl Into<String>) -> Result<Done, Why> {
    Ok(Done::Lines(vec![text.into()]))
}

/// Applications that change nothing here: what they ask for is so anyhow, or nobody would notice.
const NOTHING: [&str; 15] = [
    "proceeding",
    "sipdtmfmode",
    "resetcdr",
    "nocdr",
    "forkcdr",
    "stopplaytones",
    "setamaflags",
    "setmusiconholdclass",
    "channelredirect",
    "jackhook",
    "keepalive",
    "checkgroup",
    "setaccount",
    "noprogress",
    "transmitsilence",
];

impl Scope<'_> {
    /// Prompts of a call: `a&b`.
    pub(super) fn prompts(&mut self, text: &str) -> Result<String, Why> {
        let text = self.constant(text).unwrap_or_else(|| text.to_owned());
        let mut names = Vec::new();
        for one in split(&text, '&').into_iter().filter(|one| !one.is_empty()) {
            let value = self.value(&one)?;
            names.push(match &value.plain {
                Some(name) => quoted(&self.prompt(name)),
                None => self.as_text(&value),
            });
        }
        Ok(match names.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        })
    }

    /// The name of a prompt, below the folder of the sounds.
    fn prompt(&mut self, name: &str) -> String {
        let bare = name.rsplit_once("/sounds/").map_or(name, |(_, name)| name);
        let bare = bare.strip_prefix("en/").unwrap_or(bare).trim_start_matches('/');
        if bare.starts_with("custom/") || name.starts_with('/') {
            let why = format!("copy this prompt to sounds/<language>/{bare}.wav");
            self.report.note(&self.place, name, &why);
        }
        bare.to_owned()
    }

    /// A priority that is neither a jump nor a call of a subroutine.
    pub(super) fn line(&mut self, app: &str, args: &[String], is_last: bool) -> Result<Done, Why> {
        let arg = |at: usize| args.get(at).map_or("", String::as_str);
        let whole = args.join(",");
        match app {
            "answer" => line("ch.answer();"),
            "progress" => line("ch.progress();"),
            "ringing" => line("ch.ringing();"),
            "hangup" => Ok(Done::Ends(vec![self.hangup(arg(0))?])),
            "busy" => Ok(Done::Ends(vec!["ch.hangup(\"busy\");".to_owned()])),
            "congestion" => Ok(Done::Ends(vec!["ch.hangup(\"congestion\");".to_owned()])),
            "wait" => {
                let seconds = self.seconds(arg(0))?;
                line(format!("ch.wait({seconds});"))
            }
            "playback" | "controlplayback" => self.playback(args),
            "noop" if whole.is_empty() => Ok(Done::Lines(Vec::new())),
            "noop" => line(format!("// NoOp: {}", whole.replace(['\n', '\r'], " "))),
            "verbose" | "log" => self.log(args),
            "dial" => self.dial(args, is_last),
            "queue" => self.queue(args, is_last),
            "page" => self.page(args),
            "addqueuemember" | "removequeuemember" | "pausequeuemember" | "unpausequeuemember" => {
                self.queue_member(app, args)
            }
            "pickup" | "pickupchan" => self.pickup(args),
            "chanspy" | "extenspy" => self.spy(app, args),
            "voicemail" => {
                let call = self.voicemail(args)?;
                Ok(Done::Lines(self.outcome("VMSTATUS", &call, false, true)))
            }
            "voicemailmain" => self.voicemail_main(args),
            "confbridge" | "meetme" => self.conference(app, args),
            "echo" => line("ch.echo();"),
            "milliwatt" => line("ch.tone(\"milliwatt\");"),
            "playtones" => self.tone(arg(0)),
            "saydigits" | "saynumber" | "sayalpha" | "sayphonetic" | "sayunixtime" | "datetime" => {
                self.say(app, args)
            }
            "set" | "mset" | "setvar" => self.set(args),
            "setglobalvar" => self.set(&[format!(
                "GLOBAL({})={}",
                arg(0).split('=').next().unwrap_or_default(),
                whole.split_once('=').map_or("", |(_, value)| value)
            )]),
            _ if NOTHING.contains(&app) => Ok(Done::Lines(Vec::new())),
            _ => self.line_of_call(app, args),
        }
    }

    fn line_of_call(&mut self, app: &str, args: &[String]) -> Result<Done, Why> {
        let arg = |at: usize| args.get(at).map_or("", String::as_str);
        match app {
            "musiconhold" => {
                let seconds = if arg(1).is_empty() { "86400".to_owned() } else { self.seconds(arg(1))? };
                Ok(Done::Lines(vec![
                    self.music(arg(0)),
                    format!("ch.wait({seconds});"),
                    "ch.music_stop();".to_owned(),
                ]))
            }
            "startmusiconhold" => line(self.music(arg(0))),
            "stopmusiconhold" => line("ch.music_stop();"),
            "setmusiconhold" => line(format!("ch.music_class = {};", quoted(arg(0)))),
            "authenticate" if arg(0).chars().all(|c| c.is_ascii_digit()) && !arg(0).is_empty() => {
                line(format!("if !ch.authenticate({}) {{ ch.hangup(); }}", quoted(arg(0))))
            }
            "read" => self.read(args),
            "park" => line("ch.park();"),
            "parkedcall" => {
                let place = self.value(if args.len() > 1 { arg(1) } else { arg(0) })?;
                line(format!("ch.unpark({});", self.as_text(&place)))
            }
            "mixmonitor" | "monitor" => self.record(app, args),
            "stopmixmonitor" | "stopmonitor" if self.used.locals.contains_key("recording") => {
                line("if type_of(recording) != \"()\" { recording.stop(); }")
            }
            "pausemonitor" if self.used.locals.contains_key("recording") => {
                line("if type_of(recording) != \"()\" { recording.pause(); }")
            }
            "unpausemonitor" if self.used.locals.contains_key("recording") => {
                line("if type_of(recording) != \"()\" { recording.resume(); }")
            }
            "senddtmf" => line(format!("ch.send_dtmf({});", quoted(arg(0)))),
            "waitforsilence" => {
                let ms = arg(0).parse::<u32>().unwrap_or(1_000);
                line(format!("ch.wait_silence({}.{:03});", ms / 1_000, ms % 1_000))
            }
            "dbdel" => {
                let (family, key) = self.database_key(arg(0))?;
                line(format!("db::del({family}, {key});"))
            }
            "directory" => Ok(Done::Lines(vec![
                "let found = ch.directory();".to_owned(),
                format!(
                    "if found.status == \"chosen\" {{ ch.enter({}, found.number); }}",
                    quoted(if arg(1).is_empty() { arg(0) } else { arg(1) })
                ),
            ])),
            "dictate" => line("ch.dictate();"),
            "userevent" => self.event(args),
            "amd" => Ok(Done::Lines(self.outcome("AMDSTATUS", "ch.amd()", false, false))),
            "sipaddheader" => {
                let (name, value) = arg(0).split_once(':').ok_or("a header field is written Name: value")?;
                let value = self.value(value.trim())?;
                self.header(name.trim(), &value)
            }
            "setcallerpres" | "sendrpid" => line(format!("ch.caller.privacy = {};", privacy(arg(0)))),
            "lookupcidname" => Ok(Done::Lines(vec![
                "let known = db::get(\"cidname\", ch.caller.number);".to_owned(),
                "if known != () { ch.caller.name = known; }".to_owned(),
            ])),
            _ => Err(self.why_not(app)),
        }
    }

    /// Why an application is not translated.
    fn why_not(&self, app: &str) -> Why {
        match app {
            "agi" | "eagi" | "deadagi" | "fastagi" => {
                "programs are not run: write what it does as a function here".to_owned()
            }
            "system" | "trysystem" => "no program of the system is run".to_owned(),
            "stasis" | "externalivr" => "no other program drives calls".to_owned(),
            "disa" => "put the PIN into etc/disa.toml and write ch.disa(\"name\")".to_owned(),
            "agentlogin" | "agentrequest" => "agents log in by ch.queue_login(…) and are rung".to_owned(),
            "" => "there is no application".to_owned(),
            other => format!("there is nothing like {other}(…)"),
        }
    }

    fn hangup(&mut self, cause: &str) -> Result<String, Why> {
        if cause.is_empty() {
            return Ok("ch.hangup();".to_owned());
        }
        match cause.parse::<u8>() {
            Ok(17) => Ok("ch.hangup(\"busy\");".to_owned()),
            Ok(16) => Ok("ch.hangup();".to_owned()),
            Ok(cause @ 1..=127) => Ok(format!("ch.hangup({cause});")),
            Ok(_) | Err(_) => {
                self.differs("the cause is not one of 1 to 127: a plain hang-up");
                Ok("ch.hangup();".to_owned())
            }
        }
    }

    fn playback(&mut self, args: &[String]) -> Result<Done, Why> {
        let files = args.first().map_or("", String::as_str);
        let early = args.iter().skip(1).any(|option| option.contains("noanswer"));
        let silence =
            |file: &str| file.strip_prefix("silence/").and_then(|seconds| seconds.parse::<u32>().ok());
        let mut lines = if early { vec!["ch.progress();".to_owned()] } else { Vec::new() };
        if let Some(seconds) = silence(files) {
            lines.push(format!("ch.wait({seconds});"));
            return Ok(Done::Lines(lines));
        }
        let spoken: Vec<String> =
            split(files, '&').into_iter().filter(|file| silence(file).is_none()).collect();
        let prompts = self.prompts(&spoken.join("&"))?;
        lines.push(format!("ch.play({prompts});"));
        Ok(Done::Lines(lines))
    }

    fn log(&mut self, args: &[String]) -> Result<Done, Why> {
        let (level, text) = match args {
            [one] => ("", one.clone()),
            [level, rest @ ..] => (level.as_str(), rest.join(",")),
            [] => ("", String::new()),
        };
        let verb = match level {
            "ERROR" => "error",
            "WARNING" | "NOTICE" => "warn",
            "DEBUG" => "debug",
            _ => "info",
        };
        let text = self.value(&text)?;
        line(format!("log::{verb}({});", self.as_text(&text)))
    }

    fn music(&self, class: &str) -> String {
        if class.is_empty() { "ch.music();".to_owned() } else { format!("ch.music({});", quoted(class)) }
    }

    fn tone(&mut self, name: &str) -> Result<Done, Why> {
        let ours = match name {
            "busy" | "congestion" | "dial" | "info" => name,
            "ring" => "ringback",
            _ => return Err(format!("there is no tone `{name}`")),
        };
        self.differs("the tone is played for five seconds before anything else is done");
        line(format!("ch.tone({}, #{{ seconds: 5 }});", quoted(ours)))
    }

    fn say(&mut self, app: &str, args: &[String]) -> Result<Done, Why> {
        let value = self.value(args.first().map_or("", String::as_str))?;
        let text =
            if value.kind == super::value::Kind::Int { value.code.clone() } else { self.as_text(&value) };
        line(match app {
            "saydigits" => format!("ch.say.digits({text});"),
            "saynumber" => format!("ch.say.number({text});"),
            "sayalpha" => format!("ch.say.spell({text});"),
            "sayphonetic" => format!("ch.say.phonetic({text});"),
            _ => match (
                value.plain.as_deref(),
                args.get(2).map(String::as_str).filter(|format| !format.is_empty()),
            ) {
                (Some(""), None) => "ch.say.time();".to_owned(),
                (Some(""), Some(format)) => format!("ch.say.time(now(), {});", quoted(format)),
                (_, None) => format!("ch.say.time({});", self.int(&value)),
                (_, Some(format)) => format!("ch.say.time({}, {});", self.int(&value), quoted(format)),
            },
        })
    }

    /// `VoiceMail(101@default&102,us)`, or of old `VoiceMail(u101)`.
    pub(super) fn voicemail(&mut self, args: &[String]) -> Result<String, Why> {
        let boxes = args.first().map_or("", String::as_str);
        let flags = args.get(1).map_or("", String::as_str).to_owned();
        let old: String = if flags.is_empty() {
            boxes.chars().take_while(|c| "sub".contains(*c)).collect()
        } else {
            String::new()
        };
        let boxes = boxes.get(old.len()..).unwrap_or(boxes);
        let flags =
            self.constant(&format!("{flags}{old}")).ok_or("the options have to stand in the dialplan")?;
        let mut numbers = Vec::new();
        for one in split(boxes, '&') {
            numbers.push(self.mailbox(&one)?);
        }
        let mut chosen: Options = Vec::new();
        let flags = super::dial::letters(&flags);
        let has = |flag: char| flags.iter().any(|(known, _)| *known == flag);
        if has('b') {
            chosen.push(("greet", quoted("busy")));
        } else if !has('u') {
            chosen.push(("greet", quoted("none")));
        }
        for (flag, key) in [('s', "skip_intro"), ('e', "early"), ('U', "urgent")] {
            if has(flag) {
                chosen.push((key, "true".to_owned()));
            }
        }
        for (flag, _) in flags.iter().filter(|(flag, _)| !"busUe".contains(*flag)) {
            self.report.lost(
                &self.place,
                &self.source,
                &format!("the option {flag} of VoiceMail is not there: without it"),
            );
        }
        let to =
            if let [one] = numbers.as_slice() { one.clone() } else { format!("[{}]", numbers.join(", ")) };
        let call = format!("ch.voicemail({to}{})", options(&chosen));
        Ok(call)
    }

    /// `101@default` → `"101"`
    fn mailbox(&mut self, text: &str) -> Result<String, Why> {
        let text = self.constant(text).unwrap_or_else(|| text.to_owned());
        let (number, context) =
            text.rsplit_once('@').filter(|(_, context)| !context.contains('}')).unwrap_or((&text, "default"));
        let (number, context) = (self.value(number)?, context.to_owned());
        if let Some(plain) = &number.plain
            && !plain.is_empty()
        {
            let known = self.world.names.mailboxes.get(&format!("{context}/{plain}"));
            let known = known.ok_or_else(|| format!("there is no mailbox {plain}@{context}"))?;
            return Ok(quoted(known));
        }
        Ok(self.as_text(&number))
    }

    fn voicemail_main(&mut self, args: &[String]) -> Result<Done, Why> {
        let number = args.first().map_or("", String::as_str);
        let flags = args.get(1).map_or("", String::as_str);
        let folded = self.world.variables.folded(number);
        let number = folded.as_str();
        let (number, flags) = match number.strip_prefix('s') {
            Some(rest) if flags.is_empty() && rest.starts_with(|c: char| c.is_ascii_digit()) => (rest, "s"),
            Some(_) | None => (number, flags),
        };
        let mailbox = if number.split('@').next().unwrap_or_default().is_empty() {
            String::new()
        } else {
            self.mailbox(number)?
        };
        let mut chosen: Options = Vec::new();
        if flags.contains('s') {
            chosen.push(("skip_pin", "true".to_owned()));
        }
        let mailbox = if mailbox.is_empty() && !chosen.is_empty() { "\"\"".to_owned() } else { mailbox };
        line(format!("ch.voicemail_main({mailbox}{});", options(&chosen)))
    }

    fn read(&mut self, args: &[String]) -> Result<Done, Why> {
        let arg = |at: usize| args.get(at).map_or("", String::as_str);
        let name = arg(0).trim_start_matches('_').to_owned();
        let mut chosen: Options = Vec::new();
        if !arg(1).is_empty() {
            chosen.push(("prompt", self.prompts(arg(1))?));
        }
        if let Ok(most) = arg(2).parse::<u32>()
            && (1..=64).contains(&most)
        {
            chosen.push(("max", most.to_string()));
        }
        if !arg(5).is_empty() {
            chosen.push(("timeout", self.seconds(arg(5))?));
        }
        if !arg(3).is_empty() || !matches!(arg(4), "" | "0" | "1") {
            self.differs("its options and further attempts are not there");
        }
        let map = options(&chosen);
        let call = format!("ch.read({})", map.trim_start_matches(", "));
        self.assign(&name, &super::value::Value::text(call), false)
    }

    /// A recording; its name's parts are ours.
    fn record(&mut self, app: &str, args: &[String]) -> Result<Done, Why> {
        let file = if app == "monitor" { args.get(1) } else { args.first() }.map_or("", String::as_str);
        let mut chosen: Options = Vec::new();
        match recording_name(file) {
            Some(name) => chosen.push(("name", quoted(&name))),
            None if file.is_empty() => {}
            None => self.differs(
                "the recording is called as the office calls all of them: [recording] of etc/cordboard.toml",
            ),
        }
        if app == "mixmonitor" && args.get(2).is_some_and(|command| !command.is_empty()) {
            self.report.lost(
                &self.place,
                &self.source,
                "no program is run after a recording: see context.on_recording(…)",
            );
        }
        let map = options(&chosen);
        let call = format!("ch.record({})", map.trim_start_matches(", "));
        if self.used.locals.contains_key("recording") {
            return line(format!("recording = {call};"));
        }
        line(format!("{call};"))
    }

    fn event(&mut self, args: &[String]) -> Result<Done, Why> {
        let (name, rest) = args.split_first().ok_or("an event has a name")?;
        let mut items = Vec::new();
        for field in rest {
            let (key, value) = field.split_once(':').unwrap_or((field, ""));
            let value = self.value(value.trim())?;
            items.push(format!("{}: {}", quoted(key.trim()), self.as_text(&value)));
        }
        let data = if items.is_empty() { String::new() } else { format!(", #{{ {} }}", items.join(", ")) };
        line(format!("event({}{data});", quoted(name)))
    }

    /// `ConfBridge(room,bridge,user)`, `MeetMe(room,options,pin)`
    fn conference(&mut self, app: &str, args: &[String]) -> Result<Done, Why> {
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
            for (flag, _) in super::dial::letters(arg(1)) {
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

    fn profile(&mut self, name: &str, chosen: &mut Options) {
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

/// Asterisk's words for who is shown.
pub(super) fn privacy(word: &str) -> String {
    quoted(if word.starts_with("prohib") || word == "unavailable" { "restricted" } else { "allowed" })
}
