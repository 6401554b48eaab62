//! `${FUNCTION(…)}`: Asterisk's functions that are read.

use super::scope::{Scope, Why};
use super::value::{Condition, Kind, Value};
use crate::quoted::quoted;

impl Scope<'_> {
    /// A function's value.
    pub(super) fn function(&mut self, name: &str, args: &[String]) -> Result<Value, Why> {
        let arg = |at: usize| args.get(at).map_or("", String::as_str);
        match name {
            "CALLERID" | "CONNECTEDLINE" | "REDIRECTING" => self.party(name, arg(0)),
            "CHANNEL" => match arg(0).to_ascii_lowercase().as_str() {
                "language" => Ok(Value::text("ch.lang")),
                "musicclass" => Ok(Value::text("ch.music_class")),
                "accountcode" => Err("calls have no account: tag the record with ch.cdr.tag(…)".to_owned()),
                other => Err(format!("there is nothing like CHANNEL({other})")),
            },
            "DB" | "DB_EXISTS" | "DB_KEY_COUNT" => {
                let (family, key) = self.database_key(arg(0))?;
                let value = format!("db::get({family}, {key})");
                match name {
                    "DB" => Ok(Value::text(self.helper("text", &[&value]))),
                    "DB_EXISTS" => Ok(Value::truth(Condition::Compare(value, "!=", "()".to_owned()))),
                    _ => Err(format!("there is nothing like {name}")),
                }
            }
            "GLOBAL" => self.variable(arg(0)),
            "LOCAL" => self.variable(arg(0)),
            "PJSIP_HEADER" | "SIP_HEADER" => {
                let header = if name == "SIP_HEADER" { arg(0) } else { arg(1) };
                let value = format!("ch.header({})", quoted(header));
                Ok(Value::text(self.helper("text", &[&value])))
            }
            "IF" | "IFTIME" | "IFMODULE" => self.choice_of(name, &args.join(",")),
            "ISNULL" | "EXISTS" => {
                let value = self.value(arg(0))?;
                let text = self.as_text(&value);
                let operator = if name == "ISNULL" { "==" } else { "!=" };
                Ok(Value::truth(Condition::Compare(text, operator, "\"\"".to_owned())))
            }
            "GROUP_COUNT" | "GROUP" => {
                Err("only a comparison of GROUP_COUNT with a number is limit(…)".to_owned())
            }
            "RAND" => {
                let (from, to) = (self.value(arg(0))?, self.value(arg(1))?);
                let (from, to) = (self.int(&from), self.int(&to));
                Ok(Value::int(format!("rand({from}, {to})")))
            }
            "MATH" => self.expression(arg(0)),
            "CDR" => match arg(0) {
                "billsec" => Ok(Value::int("ch.cdr.billsec")),
                "duration" => Ok(Value::int("ch.cdr.duration")),
                "uniqueid" => Ok(Value::text("ch.id")),
                "src" | "clid" => Ok(Value::text("ch.caller.number")),
                "dst" => Ok(Value::text("ch.dialed")),
                other => Err(format!("there is nothing like CDR({other})")),
            },
            _ => self.function_of_office(name, args),
        }
    }

    fn party(&mut self, name: &str, field: &str) -> Result<Value, Why> {
        let field = field.to_ascii_lowercase();
        let code = match (name, field.as_str()) {
            ("CALLERID", "num" | "number" | "ani" | "ani-num") => "ch.caller.number",
            ("CALLERID", "name") => "ch.caller.name",
            ("CALLERID", "all") => return Ok(Value::text("`\"${ch.caller.name}\" <${ch.caller.number}>`")),
            ("CALLERID", "dnid" | "dnid-num") => "ch.dialed",
            ("CALLERID", "rdnis") | ("REDIRECTING", "from-num" | "from-number") => {
                return Ok(Value::text(self.helper("text", &["ch.redirecting.number"])));
            }
            ("CONNECTEDLINE", "num" | "number") => "ch.connected.number",
            ("CONNECTEDLINE", "name") => "ch.connected.name",
            _ => return Err(format!("there is nothing like {name}({field})")),
        };
        Ok(Value::text(code))
    }

    /// `family/key`; the family is the script's own, the key may be anybody's.
    pub(super) fn database_key(&mut self, path: &str) -> Result<(String, String), Why> {
        let (family, key) = path.split_once('/').ok_or("a key of the database is written family/key")?;
        let family =
            self.value(family)?.plain.ok_or("the family of a database key has to stand in the dialplan")?;
        let key = self.value(key)?;
        Ok((quoted(&family), self.as_text(&key)))
    }

    fn choice_of(&mut self, name: &str, text: &str) -> Result<Value, Why> {
        let halves = super::parse::split(text, '?');
        let [condition, rest @ ..] = halves.as_slice() else { return Err("this is no choice".to_owned()) };
        let rest = rest.join("?");
        let arms = super::parse::split(&rest, ':');
        let unquoted = |text: &String| text.trim_matches('"').to_owned();
        let (yes, no) =
            (arms.first().map(unquoted).unwrap_or_default(), arms.get(1).map(unquoted).unwrap_or_default());
        let condition = match name {
            "IF" => self.condition(condition)?,
            "IFTIME" => self.times(&super::parse::split(condition, ','))?,
            _ => return Err("modules are not there".to_owned()),
        };
        let (yes, no) = (self.value(&yes)?, self.value(&no)?);
        if (yes.plain.as_deref(), no.plain.as_deref()) == (Some("1"), Some("0")) {
            return Ok(Value::truth(condition));
        }
        Ok(self.choice(&condition, &yes, &no))
    }

    fn function_of_office(&mut self, name: &str, args: &[String]) -> Result<Value, Why> {
        let arg = |at: usize| args.get(at).map_or("", String::as_str);
        match name {
            "DEVICE_STATE" | "EXTENSION_STATE" => {
                let device = arg(0).split('@').next().unwrap_or_default();
                let target = if name == "DEVICE_STATE" {
                    self.destination(device)?
                } else {
                    let number = self.value(device)?;
                    format!("user({})", self.as_text(&number))
                };
                Ok(Value::text(self.helper("device_state", &[&format!("state({target})")])))
            }
            "QUEUE_WAITING_COUNT" => {
                let queue = self.value(arg(0))?;
                Ok(Value::int(format!("queue({}).waiting()", self.as_text(&queue))))
            }
            "QUEUE_MEMBER" | "QUEUE_MEMBER_COUNT" | "QUEUE_EXISTS" => {
                let queue = self.value(arg(0))?;
                let agents = format!("queue({}).agents()", self.as_text(&queue));
                match (name, arg(1)) {
                    ("QUEUE_MEMBER_COUNT", _) | ("QUEUE_MEMBER", "count" | "logged") => {
                        Ok(Value::int(format!("{agents}.len")))
                    }
                    _ => Err(format!("there is nothing like {name}({})", args.join(","))),
                }
            }
            "VMCOUNT" | "MAILBOX_EXISTS" | "VM_INFO" => {
                let number = self.value(arg(0).split('@').next().unwrap_or_default())?;
                let mailbox = format!("mailbox({})", self.as_text(&number));
                match (name, arg(1)) {
                    ("VMCOUNT", "" | "INBOX") | ("VM_INFO", "count") => {
                        Ok(Value::int(format!("{mailbox}.new_count")))
                    }
                    ("VMCOUNT", "Old") => Ok(Value::int(format!("{mailbox}.old_count"))),
                    ("VMCOUNT", "Urgent") => Ok(Value::int(format!("{mailbox}.urgent_count"))),
                    ("MAILBOX_EXISTS", _) | ("VM_INFO", "exists") => {
                        Ok(Value::truth(Condition::Compare(mailbox, "!=", "()".to_owned())))
                    }
                    _ => Err(format!("there is nothing like {name}({})", args.join(","))),
                }
            }
            "STRFTIME" => {
                let (time, format) = (arg(0), self.value(arg(2))?);
                if !arg(1).is_empty() {
                    self.differs("the time is the office's, not that of another time zone");
                }
                let format =
                    if format.plain.as_deref() == Some("") { quoted("%c") } else { self.as_text(&format) };
                if time.is_empty() || time == "${EPOCH}" {
                    return Ok(Value::text(format!("strftime({format})")));
                }
                let time = self.value(time)?;
                Ok(Value::text(format!("strftime({format}, {})", self.int(&time))))
            }
            _ => self.function_of_text(name, args),
        }
    }

    fn function_of_text(&mut self, name: &str, args: &[String]) -> Result<Value, Why> {
        let arg = |at: usize| args.get(at).map_or("", String::as_str);
        let whole = args.join(",");
        match name {
            "LEN" | "TOUPPER" | "TOLOWER" => {
                let value = self.value(&whole)?;
                let text = if value.kind == Kind::Text { value.receiver() } else { self.as_text(&value) };
                Ok(match name {
                    "LEN" => Value::int(format!("{text}.len")),
                    "TOUPPER" => Value::text(format!("{text}.to_upper()")),
                    _ => Value::text(format!("{text}.to_lower()")),
                })
            }
            "FILTER" => {
                let text = self.value(args.get(1..).unwrap_or_default().join(",").as_str())?;
                let text = self.as_text(&text);
                Ok(Value::text(format!("only({text}, {})", quoted(arg(0)))))
            }
            "CUT" => {
                let text = self.variable(arg(0))?;
                let text = self.as_text(&text);
                let by = if arg(1).is_empty() { "-" } else { arg(1).trim_start_matches('\\') };
                let (from, to) = arg(2).split_once('-').unwrap_or((arg(2), arg(2)));
                let number = |text: &str, other: u32| {
                    if text.is_empty() { Some(other) } else { text.parse::<u32>().ok() }
                };
                let (from, to) =
                    number(from, 1).zip(number(to, 0)).ok_or("only spans of fields can be cut out")?;
                Ok(Value::text(self.helper("cut", &[&text, &quoted(by), &from.to_string(), &to.to_string()])))
            }
            "FIELDQTY" => {
                let text = self.variable(arg(0))?;
                let text = text.receiver();
                Ok(Value::int(format!("{text}.split({}).len", quoted(arg(1)))))
            }
            "REGEX" => {
                let (pattern, text) = whole
                    .trim()
                    .strip_prefix('"')
                    .and_then(|rest| rest.split_once("\" ").or_else(|| rest.split_once('"')))
                    .ok_or("a regular expression stands in quotation marks")?;
                let text = self.value(text.trim())?;
                let pattern = pattern.to_owned();
                self.regex(&text, &pattern).map(Value::truth)
            }
            "QUOTE" | "PASSTHRU" | "EVAL" if !whole.contains("${${") => self.value(&whole),
            _ => Err(format!("there is nothing like {name}(…)")),
        }
    }

    /// Regular expressions that are a number pattern, a beginning, an end.
    pub(super) fn regex(&mut self, text: &Value, pattern: &str) -> Result<Condition, Why> {
        let pattern = pattern.trim_matches('"');
        let code = self.as_text(text);
        let receiver = if text.kind == Kind::Text { text.receiver() } else { code.clone() };
        let (begins, ends) = (pattern.starts_with('^'), pattern.ends_with('$') && !pattern.ends_with("\\$"));
        let body = pattern.trim_start_matches('^');
        let body = if ends { body.strip_suffix('$').unwrap_or(body) } else { body };
        let literal = body.replace("\\+", "+").replace("\\*", "*").replace("\\.", ".");
        let is_literal = {
            let bare = body.replace("\\+", "").replace("\\*", "").replace("\\.", "");
            bare.chars().all(|c| c.is_ascii_alphanumeric() || "_ -@#/".contains(c))
        };
        if is_literal && !body.is_empty() {
            return Ok(match (begins, ends) {
                (true, true) => Condition::Compare(code, "==", quoted(&literal)),
                (true, false) => Condition::Call(format!("{receiver}.starts_with({})", quoted(&literal))),
                (false, true) => Condition::Call(format!("{receiver}.ends_with({})", quoted(&literal))),
                (false, false) => Condition::Call(format!("{receiver}.contains({})", quoted(&literal))),
            });
        }
        if let Some(set) = body.strip_prefix('[').and_then(|rest| rest.strip_suffix("]+"))
            && begins
            && ends
            && !set.contains(['[', '^', '\\'])
        {
            let same = Condition::Compare(format!("only({code}, {})", quoted(set)), "==", code.clone());
            return Ok(Condition::Compare(code, "!=", "\"\"".to_owned()).and(same));
        }
        match places(body) {
            Some(places) if begins => {
                let more = if ends { "" } else { "!" };
                Ok(Condition::Call(format!("matches({code}, {})", quoted(&format!("_{places}{more}")))))
            }
            Some(_) | None => Err("this regular expression is no number pattern".to_owned()),
        }
    }
}

/// `[2-9][0-9]{3}` → `[2-9][0-9][0-9][0-9]`
fn places(body: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = body;
    while let Some(c) = rest.chars().next() {
        let (place, tail) = match c {
            '[' => {
                let (set, tail) = rest.get(1..)?.split_once(']')?;
                if set.starts_with('^') || set.is_empty() {
                    return None;
                }
                (if set == "0-9" { "X".to_owned() } else { format!("[{set}]") }, tail)
            }
            '\\' => {
                let next = rest.chars().nth(1)?;
                let place = if next == 'd' { "X".to_owned() } else { next.to_string() };
                (place, rest.get(1 + next.len_utf8()..)?)
            }
            c if c.is_ascii_digit() => (c.to_string(), rest.get(1..)?),
            c if c.is_ascii_alphabetic() => (format!("[{c}]"), rest.get(1..)?),
            _ => return None,
        };
        let (count, tail) = match tail.strip_prefix('{').and_then(|tail| tail.split_once('}')) {
            Some((count, tail)) => (count.parse::<usize>().ok().filter(|count| *count <= 40)?, tail),
            None => (1, tail),
        };
        out.push_str(&place.repeat(count));
        rest = tail;
    }
    (!out.is_empty()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::places;

    #[test]
    fn regular_expressions_become_patterns_where_they_are_some() {
        assert_eq!(places("[2-9][0-9]{3}").as_deref(), Some("[2-9]XXX"));
        assert_eq!(places("\\+49\\d").as_deref(), Some("+49X"));
        assert_eq!(places("0N").as_deref(), Some("0[N]"));
        assert_eq!(places("(a|b)"), None);
        assert_eq!(places("[^0-9]"), None);
    }
}
