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
            Some(_) | None => "a section's name is closed by `]`",
        }
    } else if is("unknown field `password`") {
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
        return line.split_once('=').map(|(key, value)| format!("`{} = \"{}\"`", key.trim(), value.trim()));
    } else if message.contains("socket address") {
        "an address is written `0.0.0.0:5060`, for IPv6 `[::]:5060`"
    } else {
        return None;
    };
    Some(text.to_owned())
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
