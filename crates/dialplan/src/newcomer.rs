//! What somebody who is new to this language, or comes from Asterisk, is told beside what is wrong: how it is written here.

/// Asterisk's applications, in small letters, and what does their work.
const APPLICATIONS: [(&str, &str); 41] = [
    ("answer", "ch.answer()"),
    ("authenticate", "ch.authenticate(pin)"),
    ("background", "ch.menu(#{ prompt: \"…\" })"),
    ("busy", "ch.hangup(\"busy\")"),
    ("chanspy", "ch.spy(user(\"101\"))"),
    ("confbridge", "ch.conference(\"main\")"),
    ("congestion", "ch.hangup(\"congestion\")"),
    ("dbget", "db::get(family, key)"),
    ("dbput", "db::set(family, key, value)"),
    ("dial", "ch.dial(user(\"101\"))"),
    ("directory", "ch.directory()"),
    ("echo", "ch.echo()"),
    ("followme", "ch.follow_me(\"101\")"),
    ("gosub", "a function: `fn name(ch) { … }`, `name(ch)`"),
    ("goto", "ch.enter(context, number)"),
    ("gotoif", "if … { … } else { … }"),
    ("gotoiftime", "if in_time(\"mon-fri\", \"09:00-17:30\") { … }"),
    ("hangup", "ch.hangup()"),
    ("ivr", "ch.menu(#{ prompt: \"…\" })"),
    ("log", "log::info(text)"),
    ("macro", "a function: `fn name(ch) { … }`, `name(ch)`"),
    ("meetme", "ch.conference(\"main\")"),
    ("milliwatt", "ch.tone(\"milliwatt\")"),
    ("mixmonitor", "ch.record()"),
    ("monitor", "ch.record()"),
    ("musiconhold", "ch.music(class)"),
    ("noop", "log::info(text)"),
    ("page", "ch.page([user(\"101\")])"),
    ("park", "ch.park()"),
    ("pickup", "ch.pickup(group)"),
    ("playback", "ch.play(\"name\")"),
    ("print", "log::info(text)"),
    ("println", "log::info(text)"),
    ("queue", "ch.queue(\"name\")"),
    ("read", "ch.read(#{ prompt: \"…\" })"),
    ("saydigits", "ch.say.digits(text)"),
    ("saynumber", "ch.say.number(n)"),
    ("verbose", "log::info(text)"),
    ("voicemail", "ch.voicemail(\"101\")"),
    ("voicemailmain", "ch.voicemail_main()"),
    ("wait", "ch.wait(seconds)"),
];

/// The verb that does what an unknown function is called after.
pub(crate) fn verb_for(name: &str) -> Option<String> {
    let plain: String = name.chars().filter(|c| *c != '_').collect::<String>().to_lowercase();
    let (_, verb) = APPLICATIONS.iter().find(|(application, _)| *application == plain)?;
    Some(if verb.contains(": `") || verb.starts_with("if ") {
        format!("here that is {verb}")
    } else {
        format!("here that is `{verb}`")
    })
}

/// A line of Asterisk's own dialplan.
pub(crate) fn is_asterisk_s(line: &str) -> bool {
    let line = line.trim_start();
    ["exten ", "exten=", "same ", "same=", "include =>", "[globals]"]
        .iter()
        .any(|word| line.starts_with(word))
}

/// What to do about it.
pub(crate) const ASTERISK: &str = "this is Asterisk's: a route is written `internal.on(\"500\", |ch| ch.dial(user(\"101\")));`; `cordboard import asterisk` translates whole files";

/// How a variable that there is not may have been meant.
pub(crate) fn of_variable(name: &str, line: &str) -> Option<String> {
    if is_asterisk_s(line) {
        return Some(ASTERISK.to_owned());
    }
    if name == "ch" {
        return Some("what is done with a call is a function of it: `|ch| ch.answer()`".to_owned());
    }
    let as_key = format!("{name}:");
    let opened = line.split(&as_key).next().filter(|before| before.len() < line.len());
    let is_map = opened.is_some_and(|before| {
        let before = before.trim_end();
        before.ends_with("({") || before.ends_with(", {") || before.ends_with("= {")
    });
    is_map.then(|| format!("a map is written with `#`: `#{{ {name}: … }}`"))
}

/// How something that can't be read may have been meant. `column` from 1, in characters.
pub(crate) fn of_syntax(message: &str, line: &str, column: usize) -> Option<String> {
    let at = column.saturating_sub(1);
    let rest: String = line.chars().skip(at).collect();
    if is_asterisk_s(line) {
        return Some(ASTERISK.to_owned());
    }
    if let Some(text) = message.strip_prefix("Invalid character: '").and_then(|text| text.strip_suffix('\''))
    {
        return Some(format!("a text stands in double quotes: `\"{text}\"`"));
    }
    let is_condition = ["if ", "while ", "} else if "].iter().any(|word| line.trim_start().starts_with(word));
    if is_condition && line.contains(" = ") {
        return Some("comparing is `==`".to_owned());
    }
    if message.starts_with("Expecting ','") {
        let code = line.split("//").next().unwrap_or(line);
        if !code.matches('"').count().is_multiple_of(2) {
            return Some("a quote `\"` is missing in this line".to_owned());
        }
        if rest.starts_with(';') {
            return Some("a `)` is missing before the `;`".to_owned());
        }
    }
    if message.starts_with("Expecting ':'") && rest.starts_with('=') {
        return Some("in a map it is `:`, as in `#{ timeout: 20 }`".to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn applications_are_in_order_and_found_however_they_are_written() {
        assert!(APPLICATIONS.is_sorted());
        for name in ["VoiceMailMain", "voicemail_main_", "voicemailmain"] {
            assert_eq!(verb_for(name).as_deref(), Some("here that is `ch.voicemail_main()`"), "{name}");
        }
        assert_eq!(verb_for("frobnicate"), None);
    }

    #[test]
    fn what_was_meant_is_told() {
        let cases = [
            (of_variable("ch", "on(\"1\", ch.play(\"x\"));"), "|ch|"),
            (of_variable("exten", "exten => 1,1,Dial(x)"), "Asterisk"),
            (of_variable("timeout", "ch.dial(x, { timeout: 20 });"), "#{ timeout"),
            (of_syntax("Invalid character: 'main'", "ch.play('main');", 9), "\"main\""),
            (of_syntax("Expecting ',' to", "on(\"5, |ch| ch.play(\"x\"));", 20), "quote"),
            (of_syntax("Expecting ',' to", "on(f(x);", 8), "`)` is missing"),
            (of_syntax("Expecting ':' to", "#{ timeout = 2 }", 12), "it is `:`"),
            (of_syntax("Possibly a typo of '=='?", "if a = b { }", 6), "`==`"),
        ];
        for (hint, words) in cases {
            assert!(hint.as_ref().is_some_and(|hint| hint.contains(words)), "{words}: {hint:?}");
        }
        assert_eq!(of_variable("who", "let a = who;"), None);
    }
}
