//! How something in a configuration file may have been meant: what a newcomer is told beside the mistake.

/// Keys that other exchanges have, and ours.
const OTHERS: [(&str, &str); 14] = [
    ("callerid", "name"),
    ("displayname", "name"),
    ("fullname", "name"),
    ("host", "servers"),
    ("mailbox", "name"),
    ("pickupgroup", "group"),
    ("proxy", "servers"),
    ("realm", "domain"),
    ("registrar", "servers"),
    ("secret", "password"),
    ("server", "servers"),
    ("timezone", "time_zone"),
    ("tz", "time_zone"),
    ("user", "username"),
];

/// Codecs as other exchanges write them, in small letters.
const CODECS: [(&str, &str); 6] = [
    ("alaw", "PCMA"),
    ("g711", "PCMA` or `PCMU"),
    ("g711a", "PCMA"),
    ("g711u", "PCMU"),
    ("slin", "L16"),
    ("ulaw", "PCMU"),
];

/// How a section is named in a file that has one kind of them: `[103]` among users.
fn section_of(message: &str, line: &str) -> Option<String> {
    let (found, expected) = message.strip_prefix("unknown field `")?.split_once("`, expected `")?;
    let kind = expected.strip_suffix('`').filter(|kind| !kind.contains('`'))?;
    line.starts_with('[').then(|| format!("a section of this file is `[{kind}.{found}]`"))
}

/// The key that an unknown one is called here, if it is one of those that are expected.
pub(super) fn key(message: &str) -> Option<String> {
    let (found, expected) = message.strip_prefix("unknown field `")?.split_once('`')?;
    let plain = found.replace(['_', '-'], "").to_lowercase();
    let (_, ours) = OTHERS.iter().find(|(theirs, _)| *theirs == plain)?;
    expected.contains(&format!("`{ours}`")).then(|| (*ours).to_owned())
}

/// What is to be done, in a sentence.
pub(super) fn hint(message: &str, line: &str) -> Option<String> {
    let line = line.trim();
    let is = |start: &str| message.starts_with(start);
    let text = if is("duplicate key") {
        "it stands in this file already: a name has one section, a section each key once"
    } else if is("unclosed table") {
        let name = line.trim_start_matches('[').trim_end_matches(']');
        match name.split_once('.') {
            Some((kind, name)) if line.ends_with(']') => {
                return Some(format!("a name that is no plain word stands in quotes: `[{kind}.\"{name}\"]`"));
            }
            None if line.ends_with(']') => {
                return Some(format!(
                    "a section's name is written with a point: `[{}]`",
                    name.replace(' ', ".")
                ));
            }
            Some(_) | None => "a section's name is closed by `]`",
        }
    } else if let Some(section) = section_of(message, line) {
        return Some(section);
    } else if is("unknown field `port`") && message.contains("`servers`") {
        "the port stands behind the server: `servers = [\"sip.example.com:5060\"]`"
    } else if is("unknown field `password`")
        || is("unknown field `secret`") && !message.contains("`password`")
    {
        "passwords are made at the first start and kept in `var/secrets.toml`: `cordboard phones` shows them"
    } else if is("invalid type: string") && (message.contains("expected i") || message.contains("expected u"))
    {
        "a number stands without quotes"
    } else if is("invalid type: string") && message.contains("expected a boolean") {
        "write `true` or `false`, without quotes"
    } else if message.contains("expected a sequence") {
        "a list stands in brackets: `[\"…\", \"…\"]`"
    } else if is("invalid type: ")
        && (message.contains("expected a string") || message.contains("expected a text"))
    {
        "a text stands in quotes"
    } else if is("string values must be quoted") {
        return line
            .split_once('=')
            .map(|(key, value)| format!("`{} = {}`", key.trim(), quoted(value.trim())));
    } else if let Some(hint) = of_value(message, line) {
        return Some(hint);
    } else if is("invalid basic string") {
        "a text is closed by `\"` in the line in which it begins"
    } else if line.contains("=>") || line.starts_with(';') {
        "this is Asterisk's: here a line is `key = \"value\"`; `cordboard import asterisk` translates whole files"
    } else if let Some((_, ours)) = CODECS
        .iter()
        .find(|(theirs, _)| message.to_lowercase().starts_with(&format!("unknown codec `{theirs}`")))
    {
        return Some(format!("here it is `{ours}`"));
    } else if message.contains("socket address") {
        "an address is written `0.0.0.0:5060`, for IPv6 `[::]:5060`"
    } else {
        return None;
    };
    Some(text.to_owned())
}

/// A value as it is written.
fn quoted(value: &str) -> String {
    let plain = value.trim_matches(['“', '”', '„', '‘', '’', '"', '\'']);
    match plain.to_lowercase().as_str() {
        "yes" | "on" | "true" => return "true".to_owned(),
        "no" | "off" | "false" => return "false".to_owned(),
        _ => {}
    }
    match plain.strip_prefix('[').and_then(|list| list.strip_suffix(']')) {
        Some(list) => {
            let items: Vec<String> = list.split(',').map(|item| format!("\"{}\"", item.trim())).collect();
            format!("[{}]", items.join(", "))
        }
        None => format!("\"{plain}\""),
    }
}

/// What is wrong with how a line is written.
fn of_value(message: &str, line: &str) -> Option<String> {
    let is = |start: &str| message.starts_with(start);
    let (key, value) = line.split_once('=').map_or((line, ""), |(key, value)| (key.trim(), value.trim()));
    if is("key with no value") {
        if let Some((key, value)) = line.split_once(':') {
            return Some(format!("here it is `=`: `{} = {}`", key.trim(), value.trim()));
        }
        let is_section = line.contains('.') && !line.contains(' ');
        return is_section.then(|| format!("a section's name stands in brackets: `[{line}]`"));
    }
    if is("unexpected key or value") {
        if line.contains("//") {
            return Some("a comment begins with `#`".to_owned());
        }
        if line.ends_with([';', ',']) {
            return Some("nothing stands behind a value: neither `;` nor `,`".to_owned());
        }
        return (value.matches('"').count() > 2)
            .then(|| "a key has one value; several stand in a list: `[\"…\", \"…\"]`".to_owned());
    }
    if is("invalid literal string") {
        return Some("a text is closed by the quote with which it begins".to_owned());
    }
    if is("invalid boolean") {
        return Some(format!("`{key} = {}`, if it is no number", quoted(value)));
    }
    if is("unexpected leading zero") {
        return Some(format!("a telephone's number is a text, and stands in quotes: `{key} = \"{value}\"`"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_told() {
        assert_eq!(
            key("unknown field `host`, expected one of `servers`, `domain`").as_deref(),
            Some("servers")
        );
        assert_eq!(key("unknown field `host`, expected one of `name`"), None);
        for (message, line, words) in [
            ("duplicate key", "[user.105]", "already"),
            ("unclosed table, expected `]`", "[user.meeting room]", "`[user.\"meeting room\"]`"),
            ("unclosed table, expected `]`", "[user.106", "closed by `]`"),
            ("unknown field `password`, expected one of `name`", "password = 1", "cordboard phones"),
            ("invalid type: string \"10\", expected i64", "calls_max = \"10\"", "without quotes"),
            ("invalid type: string \"a\", expected a sequence", "group = \"a\"", "brackets"),
            ("invalid type: integer `5`, expected a string", "name = 5", "in quotes"),
            (
                "string values must be quoted, expected literal string",
                "name = Meeting room",
                "name = \"Meeting room\"",
            ),
            ("unknown field `103`, expected `user`", "[103]", "`[user.103]`"),
            ("unknown field `secret`, expected one of `name`", "secret = 1", "cordboard phones"),
            ("invalid basic string, expected `\"`", "name = \"Ben", "closed by"),
            ("unexpected key or value, expected newline, `#`", "101 => 1234,Ann", "Asterisk"),
            ("unknown codec `ulaw`, expected one of `PCMU`", "codecs = [\"ulaw\"]", "`PCMU`"),
            ("key with no value, expected `=`", "name: \"Ann\"", "`name = \"Ann\"`"),
            ("key with no value, expected `=`", "user.106", "`[user.106]`"),
            ("unexpected key or value, expected newline, `#`", "name = \"Ann\";", "`;`"),
            ("unexpected key or value, expected newline, `#`", "name = \"Ann\" // she", "`#`"),
            ("unexpected key or value, expected newline, `#`", "name = \"Ann\" \"Lee\"", "list"),
            ("string values must be quoted, expected literal string", "name = “Ann”", "`name = \"Ann\"`"),
            (
                "string values must be quoted, expected literal string",
                "group = [a, b]",
                "`group = [\"a\", \"b\"]`",
            ),
            ("string values must be quoted, expected literal string", "register = yes", "`register = true`"),
            ("invalid literal string, expected `'`", "name = 'Ann\"", "with which it begins"),
            ("invalid boolean, expected `true`", "register = True", "`register = true`"),
            ("unexpected leading zero, expected nothing", "number = 0172", "`number = \"0172\"`"),
            ("unclosed table, expected `]`", "[user 106]", "`[user.106]`"),
            ("unknown field `port`, expected one of `servers`", "port = 5060", "sip.example.com:5060"),
            ("invalid socket address syntax", "udp = [\"5060\"]", "0.0.0.0:5060"),
        ] {
            assert!(
                hint(message, line).is_some_and(|hint| hint.contains(words)),
                "{message}: {:?}",
                hint(message, line)
            );
        }
    }
}
