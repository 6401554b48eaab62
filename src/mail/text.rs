//! Templates: `${VM_NAME}` and its like, under the names that mail filters and admins know from Asterisk.

use super::MailConfig;
use cordboard_app::{Identity, VoicemailMail};
use jiff::{Timestamp, tz::TimeZone};

/// A field's name and what stands for it.
pub(super) type Fields = Vec<(&'static str, String)>;

/// All fields of a message's mail.
pub(super) fn fields(config: &MailConfig, mail: &VoicemailMail) -> Fields {
    let date = |unix_us: i64| date(config, unix_us);
    let mut fields: Fields = vec![
        ("VM_NAME", mail.name.clone()),
        ("VM_DUR", duration(mail.ms)),
        ("VM_MSGNUM", mail.number.to_string()),
        ("VM_CONTEXT", "default".to_owned()),
        ("VM_MAILBOX", mail.mailbox.clone()),
        ("VM_CALLERID", whole(&mail.caller)),
        ("VM_CIDNUM", known(&mail.caller.number)),
        ("VM_CIDNAME", known(&mail.caller.name)),
        ("VM_DATE", date(mail.received_unix_us)),
        ("VM_CATEGORY", mail.category.clone()),
        ("VM_FLAG", if mail.urgent { "Urgent".to_owned() } else { String::new() }),
    ];
    if let Some((caller, received_unix_us)) = &mail.original {
        fields.extend([
            ("ORIG_VM_CALLERID", whole(caller)),
            ("ORIG_VM_CIDNUM", known(&caller.number)),
            ("ORIG_VM_CIDNAME", known(&caller.name)),
            ("ORIG_VM_DATE", date(*received_unix_us)),
        ]);
    }
    // What callers supply is one line, wherever it stands.
    fields.into_iter().map(|(name, value)| (name, line(&value))).collect()
}

/// A template with its fields filled in; a field that there is not is empty. What a caller supplied is never read as a template.
pub(super) fn filled(template: &str, fields: &Fields, escape: impl Fn(&str) -> String) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("${") {
        text.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            text.push_str("${");
            rest = after;
            continue;
        };
        if let Some((_, value)) = fields.iter().find(|(known, _)| *known == name) {
            text.push_str(&escape(value));
        }
        rest = after;
    }
    text + rest
}

/// As it is.
pub(super) fn plain(text: &str) -> String {
    text.to_owned()
}

/// For HTML.
pub(super) fn html(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut text, c| {
        match c {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            c => text.push(c),
        }
        text
    })
}

/// For a header field: one line.
pub(super) fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn whole(caller: &Identity) -> String {
    match (caller.name.is_empty(), caller.number.is_empty()) {
        (true, true) => "an unknown caller".to_owned(),
        (true, false) => caller.number.clone(),
        (false, true) => caller.name.clone(),
        (false, false) => format!("\"{}\" <{}>", caller.name, caller.number),
    }
}

fn known(text: &str) -> String {
    if text.is_empty() { "unknown".to_owned() } else { text.to_owned() }
}

/// `1:05`, `1:02:03`.
fn duration(ms: u64) -> String {
    let s = ms.div_ceil(1_000);
    match (s / 3_600, s / 60 % 60, s % 60) {
        (0, minutes, seconds) => format!("{minutes}:{seconds:02}"),
        (hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

fn date(config: &MailConfig, unix_us: i64) -> String {
    let zone = TimeZone::get(&config.time_zone).unwrap_or(TimeZone::UTC);
    let Ok(at) = Timestamp::from_microsecond(unix_us) else { return String::new() };
    let at = at.to_zoned(zone);
    jiff::fmt::strtime::format(&config.texts.date, &at).unwrap_or_else(|_| at.to_string())
}
