//! Mailboxes.

use super::{Done, line};
use crate::dialplan::dial::{Options, options};
use crate::dialplan::parse::split;
use crate::dialplan::scope::{Scope, Why};
use crate::quoted::quoted;

impl Scope<'_> {
    /// `VoiceMail(101@default&102,us)`, or of old `VoiceMail(u101)`.
    pub(in crate::dialplan) fn voicemail(&mut self, args: &[String]) -> Result<String, Why> {
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
        let flags = crate::dialplan::dial::letters(&flags);
        let has = |flag: char| flags.iter().any(|(known, _)| *known == flag);
        if has('b') {
            chosen.push(("greet", quoted("busy")));
        } else if !has('u') {
            chosen.push(("greet", quoted("none")));
        }
        let known = [
            ('s', "skip_intro"),
            ('S', "skip_intro_if_greeted"),
            ('e', "early"),
            ('U', "urgent"),
            ('P', "urgent"),
        ];
        for (flag, key) in known {
            if has(flag) && !chosen.iter().any(|(chosen, _)| *chosen == key) {
                chosen.push((key, "true".to_owned()));
            }
        }
        let of = |flag: char| flags.iter().find(|(known, _)| *known == flag).map(|(_, of)| of.as_str());
        if let Some(context) = of('d') {
            chosen.extend(self.exits(context).map(|context| ("exits", context)));
        }
        if let Some(beep) = of('t') {
            chosen.push(("beep", self.prompts(beep)?));
        }
        if let Some(db) = of('g') {
            chosen.extend(self.gain(db).map(|db| ("gain", db)));
        }
        for (flag, _) in flags.iter().filter(|(flag, _)| !"busSUPedtg".contains(*flag)) {
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

    /// The context of VoiceMail's `d(context)`; without one, the call's.
    fn exits(&mut self, context: &str) -> Option<String> {
        if context.is_empty() {
            return Some("ch.context".to_owned());
        }
        if self.world.plan.context(context).is_some() {
            return Some(quoted(context));
        }
        let why = format!("there is no context {context}: without the option d");
        self.report.lost(&self.place, &self.source, &why);
        None
    }

    /// The dB of `g(6)`.
    fn gain(&mut self, db: &str) -> Option<String> {
        match db.trim().parse::<i8>() {
            Ok(0) => None,
            Ok(db @ -24..=24) => Some(db.to_string()),
            Ok(_) | Err(_) => {
                let why = format!("g({db}) is no gain of -24 to 24 dB: without it");
                self.report.lost(&self.place, &self.source, &why);
                None
            }
        }
    }

    /// `101@default` → `"101"`
    pub(super) fn mailbox(&mut self, text: &str) -> Result<String, Why> {
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

    pub(super) fn voicemail_main(&mut self, args: &[String]) -> Result<Done, Why> {
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
        for (flag, of) in &crate::dialplan::dial::letters(flags) {
            match flag {
                's' => chosen.push(("skip_pin", "true".to_owned())),
                'p' => chosen.push(("prefix", "true".to_owned())),
                'r' => chosen.push(("read_only", "true".to_owned())),
                'a' => chosen.push(("folder", quoted(if of.is_empty() { "0" } else { of }))),
                'g' => chosen.extend(self.gain(of).map(|db| ("gain", db))),
                _ => self.report.lost(
                    &self.place,
                    &self.source,
                    &format!("the option {flag} of VoiceMailMain is not there: without it"),
                ),
            }
        }
        let mailbox = if mailbox.is_empty() && !chosen.is_empty() { "\"\"".to_owned() } else { mailbox };
        line(format!("ch.voicemail_main({mailbox}{});", options(&chosen)))
    }
}
