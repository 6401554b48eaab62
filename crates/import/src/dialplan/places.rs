//! Whom a dial means, and when a time is.

use super::parse::split;
use super::scope::{Scope, Why};
use super::text::{Piece, pieces};
use super::value::Condition;
use crate::office::Device;
use crate::quoted::quoted;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

impl Scope<'_> {
    /// All devices of a dial: `PJSIP/101&PJSIP/102`.
    pub(super) fn destinations(&mut self, devices: &str) -> Result<Vec<String>, Why> {
        let devices = self.world.variables.folded(devices);
        let devices = devices.replace("${PJSIP_DIAL_CONTACTS(", "PJSIP/${PJSIP_DIAL_CONTACTS(");
        let mut all = Vec::new();
        for device in split(&devices, '&').into_iter().filter(|device| !device.is_empty()) {
            all.push(self.destination(&device)?);
        }
        if all.is_empty() { Err("nobody is to be called".to_owned()) } else { Ok(all) }
    }

    /// One device: `user("101")`, `trunk("itsp", number)`.
    pub(super) fn destination(&mut self, device: &str) -> Result<String, Why> {
        let device = self.world.variables.folded(device);
        if let Some(name) = device.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'))
            && self.role != super::scope::Role::Route
            && self.world.variables.is_device(&self.context, name)
        {
            self.used.parameters.insert(name.to_owned());
            return Ok(name.to_owned());
        }
        let Some((technology, rest)) = device.split_once('/') else {
            return Err(format!("`{device}` is no device that can be told before the call"));
        };
        match technology.to_ascii_lowercase().as_str() {
            "pjsip" | "sip" => self.peer(rest),
            "iax2" => self.peer(rest.rsplit_once('@').map_or(rest, |_| rest)),
            "local" => self.local(rest),
            _ => Err(format!("there is nothing like {technology}/{rest}")),
        }
    }

    fn peer(&mut self, rest: &str) -> Result<String, Why> {
        if let Some(contacts) =
            rest.strip_prefix("${PJSIP_DIAL_CONTACTS(").and_then(|rest| rest.strip_suffix(")}"))
        {
            return self.user(contacts.split(',').next().unwrap_or(contacts));
        }
        // `number@trunk`, `trunk/number`, `trunk/sip:number@host`
        if let Some((peer, number)) = outside(rest, '/') {
            let number = number.trim_start_matches("sip:");
            let number = outside(number, '@').map_or(number, |(number, _)| number);
            return self.trunk(peer, number);
        }
        if let Some((number, peer)) = outside(rest, '@') {
            return self.trunk(peer, number);
        }
        self.user(rest)
    }

    fn trunk(&mut self, peer: &str, number: &str) -> Result<String, Why> {
        let peer =
            self.constant(peer).ok_or_else(|| format!("the trunk `{peer}` has to stand in the dialplan"))?;
        match self.world.names.devices.get(&peer) {
            Some(Device::Trunk(name)) => {
                let (name, number) = (quoted(name), self.value(number)?);
                Ok(format!("trunk({name}, {})", self.as_text(&number)))
            }
            Some(Device::User(name)) => Ok(format!("user({})", quoted(name))),
            None => Err(format!("there is no trunk `{peer}`")),
        }
    }

    fn user(&mut self, name: &str) -> Result<String, Why> {
        let name = self.value(name)?;
        match &name.plain {
            None => Ok(format!("user({})", self.as_text(&name))),
            Some(plain) => match self.world.names.devices.get(plain) {
                Some(Device::User(user)) => Ok(format!("user({})", quoted(user))),
                Some(Device::Trunk(_)) => Err(format!("the trunk `{plain}` is dialled without a number")),
                None => Err(format!("there is no phone `{plain}`")),
            },
        }
    }

    /// `Local/101@office/n`: whomever that extension rings.
    fn local(&mut self, rest: &str) -> Result<String, Why> {
        let (number, context) = outside(rest, '@').ok_or_else(|| format!("Local/{rest} has no context"))?;
        let context = context.split('/').next().unwrap_or(context);
        let context = self
            .constant(context)
            .ok_or_else(|| format!("the context of Local/{rest} has to stand in the dialplan"))?;
        if self.world.plan.context(&context).is_none() || self.world.variables.subroutines.contains(&context)
        {
            return Err(format!("there is no context `{context}`"));
        }
        let number = self.value(number)?;
        Ok(format!("extension({}, {})", quoted(&context), self.as_text(&number)))
    }

    /// Times, days of the week, days of the month, months.
    pub(super) fn times(&mut self, fields: &[String]) -> Result<Condition, Why> {
        let field = |at: usize| fields.get(at).map_or("*", |field| field.trim()).to_ascii_lowercase();
        let (times, days, dates, months) = (field(0), field(1), field(2), field(3));
        if fields.len() > 4 && fields.get(4).is_some_and(|zone| !zone.is_empty()) {
            self.differs("the time is the office's, not that of another time zone");
        }
        let known = |text: &str| text.is_empty() || text == "*";
        let mut whole = Condition::Always(true);
        if !known(&times) || !known(&days) {
            let or_all = |text: &str| {
                if text.is_empty() { "*".to_owned() } else { text.replace('&', ",").replace(' ', "") }
            };
            let (days, times) = (or_all(&days), or_all(&padded(&times)));
            whole = whole.and(Condition::Call(format!("in_time({}, {})", quoted(&days), quoted(&times))));
        }
        let month = |text: &str| {
            let name = MONTHS.iter().position(|month| text.starts_with(month)).map(|at| at + 1);
            name.or_else(|| text.parse().ok()).and_then(|month| u32::try_from(month).ok())
        };
        for (text, letter) in [(&months, "%m"), (&dates, "%d")] {
            if known(text) {
                continue;
            }
            let mut any = Condition::Always(false);
            for span in text.split('&') {
                let (from, to) = span.split_once('-').unwrap_or((span, span));
                let bounds = month(from.trim()).zip(month(to.trim()));
                let (from, to) = bounds.ok_or_else(|| format!("`{span}` is no span of days or months"))?;
                any = any.or(between(letter, from, to));
            }
            whole = whole.and(any);
        }
        Ok(whole)
    }
}

fn between(letter: &str, from: u32, to: u32) -> Condition {
    let number = format!("strftime(\"{letter}\").parse_int()");
    let is = |operator, bound: u32| Condition::Compare(number.clone(), operator, bound.to_string());
    if from == to {
        is("==", from)
    } else if from < to {
        is(">=", from).and(is("<=", to))
    } else {
        is(">=", from).or(is("<=", to))
    }
}

/// `9:00-17:00` → `09:00-17:00`
fn padded(times: &str) -> String {
    let pad = |time: &str| if time.find(':') == Some(1) { format!("0{time}") } else { time.to_owned() };
    let span = |span: &str| span.split('-').map(|time| pad(time.trim())).collect::<Vec<_>>().join("-");
    times.split(['&', ',']).map(span).collect::<Vec<_>>().join(",")
}

/// Splits at a character that stands outside of `${…}`.
fn outside(text: &str, at: char) -> Option<(&str, &str)> {
    let mut depth = 0_i32;
    for (index, c) in text.char_indices() {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            _ => {}
        }
        if c == at && depth == 0 {
            return Some((text.get(..index)?, text.get(index + c.len_utf8()..)?));
        }
    }
    None
}

/// A name of a file for a recording: what is put in as our own words for it.
pub(super) fn recording_name(text: &str) -> Option<String> {
    let mut out = String::new();
    for piece in pieces(text)? {
        match piece {
            Piece::Plain(text) => out.push_str(&text),
            Piece::Variable { name, .. } => match super::text::plain(&name)?.as_str() {
                "EXTEN" => out.push_str("{called}"),
                "UNIQUEID" => out.push_str("{call}"),
                "TIMESTAMP" | "EPOCH" | "DATETIME" => out.push_str("{date}-{time}"),
                _ => return None,
            },
            Piece::Function { name, args, .. } => match (name.as_str(), args.first().map(String::as_str)) {
                ("CALLERID", Some("num" | "number")) => out.push_str("{caller}"),
                ("STRFTIME", _) => out.push_str("{date}-{time}"),
                _ => return None,
            },
            Piece::Expression(_) => return None,
        }
    }
    let name =
        out.rsplit_once('.').filter(|(_, ending)| ending.len() <= 5).map_or(out.as_str(), |(name, _)| name);
    let name = name.trim_start_matches('/').replace("var/spool/asterisk/monitor/", "");
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_+/{}".contains(c);
    (!name.is_empty() && name.chars().all(fits)).then_some(name)
}
