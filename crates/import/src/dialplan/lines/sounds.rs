//! What is heard: prompts, music, tones, what is said.

use super::{Done, line};
use crate::dialplan::parse::split;
use crate::dialplan::scope::{Scope, Why};
use crate::quoted::quoted;

impl Scope<'_> {
    /// Prompts of a call: `a&b`.
    pub(in crate::dialplan) fn prompts(&mut self, text: &str) -> Result<String, Why> {
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
    pub(super) fn prompt(&mut self, name: &str) -> String {
        let bare = name.rsplit_once("/sounds/").map_or(name, |(_, name)| name);
        let bare = bare.strip_prefix("en/").unwrap_or(bare).trim_start_matches('/');
        if bare.starts_with("custom/") || name.starts_with('/') {
            let why = format!("copy this prompt to sounds/<language>/{bare}.wav");
            self.report.note(&self.place, name, &why);
        }
        bare.to_owned()
    }

    pub(super) fn playback(&mut self, args: &[String]) -> Result<Done, Why> {
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

    pub(super) fn music(&self, class: &str) -> String {
        if class.is_empty() { "ch.music();".to_owned() } else { format!("ch.music({});", quoted(class)) }
    }

    pub(super) fn tone(&mut self, name: &str) -> Result<Done, Why> {
        let ours = match name {
            "busy" | "congestion" | "dial" | "info" => name,
            "ring" => "ringback",
            _ => return Err(format!("there is no tone `{name}`")),
        };
        self.differs("the tone is played for five seconds before anything else is done");
        line(format!("ch.tone({}, #{{ seconds: 5 }});", quoted(ours)))
    }

    pub(super) fn say(&mut self, app: &str, args: &[String]) -> Result<Done, Why> {
        let value = self.value(args.first().map_or("", String::as_str))?;
        let text = if value.kind == crate::dialplan::value::Kind::Int {
            value.code.clone()
        } else {
            self.as_text(&value)
        };
        let has_zone = args.get(1).is_some_and(|zone| !zone.is_empty());
        if has_zone && matches!(app, "sayunixtime" | "datetime") {
            self.differs("the time is the office's, not that of another time zone");
        }
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
}
