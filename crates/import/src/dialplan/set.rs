//! `Set(…)`: variables, and what Asterisk sets by functions.

use super::lines::{Done, privacy};
use super::scope::{Scope, Why};
use super::value::{Kind, Value};
use super::variables::Held;
use crate::quoted::{identifier, quoted};

impl Scope<'_> {
    /// `Set(A=1)`, `MSet(A=1,B=2)`, `Set(CALLERID(name)=x)`
    pub(super) fn set(&mut self, args: &[String]) -> Result<Done, Why> {
        let mut lines = Vec::new();
        for arg in args {
            let (name, value) = arg.split_once('=').ok_or("nothing is set: there is no `=`")?;
            let (name, value) = (name.trim(), value.trim());
            let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
            let done = match name.split_once('(') {
                Some((function, inner)) => {
                    let inner = inner.strip_suffix(')').unwrap_or(inner);
                    self.set_function(&function.to_ascii_uppercase(), inner, value)?
                }
                None => {
                    let bare = name.trim_start_matches('_');
                    let value = self.value(value)?;
                    self.assign(bare, &value, name.starts_with('_'))?
                }
            };
            match done {
                Done::Lines(more) | Done::Ends(more) => lines.extend(more),
            }
        }
        Ok(Done::Lines(lines))
    }

    /// Gives a variable a value.
    pub(super) fn assign(&mut self, name: &str, value: &Value, inherited: bool) -> Result<Done, Why> {
        if super::text::plain(&super::text::pieces(name).unwrap_or_default()).is_none() {
            return Err("which variable is meant is known only when it runs".to_owned());
        }
        if name.len() > 64 || name.is_empty() {
            return Err("a variable's name has 1 to 64 characters".to_owned());
        }
        if let Some(Kind::Int) = self.local_kind(name) {
            let (local, number) = (identifier(name), self.int(value));
            self.used.locals.insert(local.clone(), Kind::Int);
            if let Some(step) = number.strip_prefix(&format!("{local} + ")) {
                return Ok(Done::Lines(vec![format!("{local} += {step};")]));
            }
            return Ok(Done::Lines(vec![format!("{local} = {number};")]));
        }
        let text = self.as_text(value);
        Ok(Done::Lines(vec![match self.world.variables.held(name, &self.context) {
            Held::Local(kind) => {
                self.used.locals.insert(identifier(name), kind);
                format!("{} = {text};", identifier(name))
            }
            _ if inherited => format!("ch.export({}, {text});", quoted(name)),
            Held::Shared(_) | Held::Constant(_) | Held::Global(_) | Held::Never => {
                format!("ch.vars[{}] = {text};", quoted(name))
            }
        }]))
    }

    fn set_function(&mut self, function: &str, inner: &str, text: &str) -> Result<Done, Why> {
        let one = |line: String| Ok(Done::Lines(vec![line]));
        let value = self.value(text)?;
        let code = self.as_text(&value);
        let field = inner.split(',').next().unwrap_or_default().to_ascii_lowercase();
        match (function, field.as_str()) {
            ("CALLERID", "num" | "number" | "ani") => one(format!("ch.caller.number = {code};")),
            ("CALLERID", "name") => one(format!("ch.caller.name = {code};")),
            ("CALLERID", "all") => {
                let (name, number) = text.split_once('<').ok_or("a caller is written \"Name\" <number>")?;
                let (name, number) =
                    (self.value(name.trim().trim_matches('"'))?, self.value(number.trim_end_matches('>'))?);
                let (name, number) = (self.as_text(&name), self.as_text(&number));
                Ok(Done::Lines(vec![
                    format!("ch.caller.name = {name};"),
                    format!("ch.caller.number = {number};"),
                ]))
            }
            ("CALLERID", "pres" | "num-pres" | "name-pres") | ("CALLERPRES", _) => {
                one(format!("ch.caller.privacy = {};", privacy(text)))
            }
            ("CONNECTEDLINE", "num" | "number") => one(format!("ch.connected.number = {code};")),
            ("CONNECTEDLINE", "name") => one(format!("ch.connected.name = {code};")),
            ("REDIRECTING", "from-num" | "from-number") | ("CALLERID", "rdnis") => {
                one(format!("ch.redirecting.number = {code};"))
            }
            ("REDIRECTING", "from-name") => one(format!("ch.redirecting.name = {code};")),
            ("CHANNEL", "language") | ("LANGUAGE", _) => one(format!("ch.lang = {code};")),
            ("CHANNEL", "musicclass") | ("MUSICCLASS", _) => one(format!("ch.music_class = {code};")),
            ("CHANNEL", "accountcode") => one(format!("ch.cdr.tag(\"accountcode\", {code});")),
            ("CDR", _) => one(format!("ch.cdr.tag({}, {code});", quoted(&field))),
            ("TIMEOUT", "absolute") => one(format!("ch.max_duration = {};", self.int(&value))),
            // Read where digits are read.
            ("TIMEOUT", "digit" | "response") => Ok(Done::Lines(Vec::new())),
            ("GROUP", _) => one(format!("// Set(GROUP({inner})={text}): limit(…) counts and asks in one")),
            ("DB", _) => {
                let (family, key) = self.database_key(inner)?;
                one(format!("db::set({family}, {key}, {code});"))
            }
            ("GLOBAL", _) => one(format!("db::set(\"global\", {}, {code});", quoted(inner))),
            ("LOCAL", _) => self.assign(inner, &value, false),
            ("PJSIP_HEADER", "add" | "update") => {
                let name = inner.split(',').nth(1).unwrap_or_default().trim().to_owned();
                self.header(&name, &value)
            }
            ("ARRAY", _) => {
                let names: Vec<String> = inner.split(',').map(|name| name.trim().to_owned()).collect();
                let values = text.replace("\\,", ",");
                let pairs: Vec<String> = names
                    .iter()
                    .zip(super::parse::split(&values, ','))
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                self.set(&pairs)
            }
            _ => Err(format!("there is nothing like {function}({inner})")),
        }
    }

    /// A header field of the calls that this function makes.
    pub(super) fn header(&mut self, name: &str, value: &Value) -> Result<Done, Why> {
        let may = name.to_ascii_lowercase().starts_with("x-")
            || ["alert-info", "subject"].contains(&name.to_ascii_lowercase().as_str());
        if !may {
            return Err(format!("the header field {name} can't be set: only X-…, Alert-Info and Subject"));
        }
        self.used.locals.insert("headers".to_owned(), Kind::Text);
        Ok(Done::Lines(vec![format!("headers[{}] = {};", quoted(name), self.as_text(value))]))
    }
}
