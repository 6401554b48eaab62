//! What somebody who is new to this language, or comes from Asterisk, is told beside what is wrong: how it is written here.

/// Asterisk's applications, in small letters, and what does their work.
const APPLICATIONS: [(&str, &str); 45] = [
    ("answer", "ch.answer()"),
    ("authenticate", "ch.authenticate(pin)"),
    ("background", "ch.menu(#{ prompt: \"…\" })"),
    ("busy", "ch.hangup(\"busy\")"),
    ("call", "ch.dial(user(\"101\"))"),
    ("chanspy", "ch.spy(user(\"101\"))"),
    ("confbridge", "ch.conference(\"main\")"),
    ("congestion", "ch.hangup(\"congestion\")"),
    ("dbget", "db::get(family, key)"),
    ("dbput", "db::set(family, key, value)"),
    ("dial", "ch.dial(user(\"101\"))"),
    ("directory", "ch.directory()"),
    ("echo", "ch.echo()"),
    ("followme", "ch.follow_me(\"101\")"),
    ("forward", "ch.enter(context, number)"),
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
    ("say", "ch.play(\"name\")` for a sentence, for numbers `ch.say.number(n)"),
    ("saydigits", "ch.say.digits(text)"),
    ("saynumber", "ch.say.number(n)"),
    ("transfer", "ch.enter(context, number)"),
    ("verbose", "log::info(text)"),
    ("voicemail", "ch.voicemail(\"101\")"),
    ("voicemailmain", "ch.voicemail_main()"),
    ("wait", "ch.wait(seconds)"),
];

/// Asterisk's variables, and what they are here.
const VARIABLES: [(&str, &str); 12] = [
    ("ANSWEREDTIME", "`secs` of what `ch.dial(…)` yields: `let r = ch.dial(…); r.secs`"),
    ("CALLERID", "`ch.caller.number` and `ch.caller.name`"),
    ("CHANNEL", "`ch`"),
    ("CONTEXT", "`ch.context`"),
    ("DIALEDTIME", "`secs` of what `ch.dial(…)` yields: `let r = ch.dial(…); r.secs`"),
    (
        "DIALSTATUS",
        "`status` of what `ch.dial(…)` yields, in small letters: `let r = ch.dial(…); if r.status == \"busy\" { … }`",
    ),
    ("EPOCH", "`now()`"),
    ("EXTEN", "`ch.dialed`"),
    ("QUEUESTATUS", "`status` of what `ch.queue(…)` yields: `let r = ch.queue(…); r.status`"),
    ("UNIQUEID", "`ch.id`"),
    ("VMSTATUS", "what `ch.voicemail(…)` yields"),
    ("extension", "`ch.dialed`"),
];

/// Words of other languages that are none here, or have another meaning.
const WORDS: [(&str, &str); 15] = [
    ("and", "`and` is `&&` here"),
    ("async", "nothing stands before a verb: each waits until it is done"),
    ("await", "nothing stands before a verb: each waits until it is done"),
    ("call", "`call` is a word of the language: the call itself is `ch`, as in `|ch| ch.answer()`"),
    ("case", "the cases of a `switch` are written `\"1\" => …,`"),
    ("elif", "it is `else if` here"),
    ("elseif", "it is `else if` here"),
    ("elsif", "it is `else if` here"),
    ("goto", "there is no `goto`: `ch.enter(context, number)` begins another route"),
    ("not", "`not` is `!` here: `!a`"),
    ("null", "nothing is `()` here"),
    ("or", "`or` is `||` here"),
    ("print", "a line of the log is `log::info(text)`"),
    ("then", "what is done stands in braces: `if … { … } else { … }`"),
    ("var", "a new variable begins with `let`"),
];

/// What other languages write for values that are written otherwise here.
const VALUES: [(&str, &str); 9] = [
    ("FALSE", "false"),
    ("False", "false"),
    ("NULL", "()"),
    ("Nil", "()"),
    ("None", "()"),
    ("TRUE", "true"),
    ("True", "true"),
    ("nil", "()"),
    ("undefined", "()"),
];

/// What of a call is called otherwise elsewhere.
const PROPERTIES: [(&str, &str); 7] = [
    ("callerid", "ch.caller.number"),
    ("callername", "ch.caller.name"),
    ("callernumber", "ch.caller.number"),
    ("exten", "ch.dialed"),
    ("extension", "ch.dialed"),
    ("number", "ch.caller.number` or `ch.dialed"),
    ("uniqueid", "ch.id"),
];

/// What begins a variable in other languages.
const TYPES: [&str; 9] = ["auto", "bool", "char", "float", "int", "local", "my", "str", "string"];

/// What an unknown property of a call is here.
pub(crate) fn property_for(name: &str) -> Option<String> {
    let plain: String = name.chars().filter(|c| *c != '_').collect::<String>().to_lowercase();
    let (_, here) = PROPERTIES.iter().find(|(theirs, _)| *theirs == plain)?;
    Some(format!("here that is `{here}`"))
}

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
    if let Some((_, here)) = VARIABLES.iter().find(|(theirs, _)| *theirs == name) {
        return Some(format!("here that is {here}"));
    }
    let words = line.trim_start();
    if words.starts_with("import ") {
        return Some(format!("a file is named in quotes: `import \"{name}\" as {name};`"));
    }
    if name == "function" || name == "def" || name == "func" {
        return Some("a function is written `fn name(ch) { … }`".to_owned());
    }
    if name == "this" || name == "self" {
        return Some("the call is what the function is given: `|ch| ch.answer()`".to_owned());
    }
    let is_set = words.split([';', '{', '}']).any(|part| {
        let rest = part.trim_start().strip_prefix(name).map(str::trim_start);
        rest.is_some_and(|rest| rest.starts_with('=') && !rest.starts_with("==") && !rest.starts_with("=>"))
    });
    if is_set {
        return Some(format!("a new variable begins with `let`: `let {name} = …`"));
    }
    if let Some((_, here)) = VALUES.iter().find(|(theirs, _)| *theirs == name) {
        return Some(format!("here that is `{here}`"));
    }
    if name == "ch" && line.contains("\" |ch|") {
        return Some("a `,` is missing before `|ch|`".to_owned());
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

/// Signs that other languages and word processors have.
fn of_sign(message: &str, rest: &str) -> Option<&'static str> {
    if rest.starts_with(['“', '”', '„', '‘', '’']) {
        return Some("a text stands in plain quotes, `\"…\"`: a word processor has made others of them");
    }
    let signs = [
        ("'#' is a reserved", "a comment begins with `//`"),
        (
            "'$' is a reserved",
            "a variable is its name alone, `${…}` stands within a text between `: `ext-${x}`",
        ),
        ("Unknown operator: '?'", "here it is `if … { a } else { b }`, which has a value"),
        ("Unknown operator: '++'", "one more is `i += 1`"),
        ("Unknown operator: '--'", "one less is `i -= 1`"),
        ("Expecting 'catch'", "what is done about an error stands in `catch { … }`"),
        ("Expecting name of a property", "texts are joined by `+`, or stand in one another: `` `to ${x}` ``"),
    ];
    signs.into_iter().find(|(start, _)| message.starts_with(start)).map(|(_, hint)| hint)
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
    let code = line.split("//").next().unwrap_or(line);
    let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    // Whatever is expected there: the word itself is what is not known, or the one before it.
    let before: String = line.chars().take(at).collect();
    let last =
        before.trim_end().rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    let is_theirs = |(theirs, _): &&(&str, &str)| {
        *theirs == word || (message.starts_with("Expecting") && *theirs == last)
    };
    if let Some((_, hint)) = WORDS.iter().find(is_theirs) {
        return Some((*hint).to_owned());
    }
    if let Some(hint) = of_sign(message, &rest) {
        return Some(hint.to_owned());
    }
    if message.contains("'=='?") {
        return Some("comparing is `==`".to_owned());
    }
    let is_key = |text: &str| {
        let key = text.trim_end().trim_end_matches(|c: char| c.is_alphanumeric() || c == '_').trim_end();
        key.ends_with('{') && !key.ends_with("#{")
    };
    if rest.starts_with(':') && is_key(&before) {
        return Some("a map is written with `#`: `#{ timeout: 20 }`".to_owned());
    }
    if message.contains("object map literal") && rest.starts_with(';') {
        return Some("between the entries of a map stands a `,`".to_owned());
    }
    if message.starts_with("Expecting ','")
        && code.matches('"').count() >= 4
        && before.ends_with('"')
        && !word.is_empty()
    {
        return Some("a quote within a text is written `\\\"`".to_owned());
    }
    let is_condition = ["if ", "while ", "} else if "].iter().any(|word| line.trim_start().starts_with(word));
    if is_condition && line.contains(" = ") {
        return Some("comparing is `==`".to_owned());
    }
    of_separator(message, code, &rest, last).or_else(|| of_name(message, &before, &rest, last))
}

/// What is missing between two parts, or stands there in place of something else.
fn of_separator(message: &str, code: &str, rest: &str, last: &str) -> Option<String> {
    if message.starts_with("Expecting ','") {
        if !code.matches('"').count().is_multiple_of(2) {
            return Some("a quote `\"` is missing in this line".to_owned());
        }
        if rest.starts_with(';') {
            return Some("a `)` is missing before the `;`".to_owned());
        }
    }
    if message.starts_with("Expecting ','") && rest.starts_with('=') {
        return Some(format!("options stand in a map: `#{{ {last}: … }}`"));
    }
    let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    if message.starts_with("Expecting ','") && !word.is_empty() {
        return Some(format!("a `,` is missing before `{word}`"));
    }
    if message.starts_with("Expecting '=>'") && rest.starts_with(':') {
        return Some("the cases of a `switch` are written `\"1\" => …,`".to_owned());
    }
    if message.starts_with("Expecting ':'") && rest.starts_with('=') {
        return Some("in a map it is `:`, as in `#{ timeout: 20 }`".to_owned());
    }
    None
}

/// Names of variables.
fn of_name(message: &str, before: &str, rest: &str, last: &str) -> Option<String> {
    if message.starts_with("Expecting name of a variable") {
        if before.trim_end().ends_with("for (") {
            return Some("a loop that counts is `for i in 0..3 { … }`".to_owned());
        }
        if rest.starts_with(|c: char| c.is_ascii_digit()) {
            return Some("a name begins with a letter".to_owned());
        }
    }
    if !message.starts_with("Expecting ';'") {
        return None;
    }
    let declares = before.trim_end().strip_suffix(last).map(str::trim_end);
    if rest.starts_with('-') && declares.is_some_and(|before| before.ends_with("let")) {
        return Some("a name has letters, digits and `_`".to_owned());
    }
    TYPES.contains(&last).then(|| {
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        format!("a new variable begins with `let`: `let {name} = …`")
    })
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
        let cases = [
            (of_variable("DIALSTATUS", "if DIALSTATUS == \"BUSY\" { }"), "r.status == \"busy\""),
            (of_variable("office", "import office;"), "import \"office\" as office;"),
            (of_variable("function", "function f(ch) { }"), "fn name(ch)"),
            (of_variable("x", "|ch| { x = 5; ch.wait(x); }"), "`let x = …`"),
            (of_syntax("'call' is a reserved keyword", "on(\"1\", |call| call.answer());", 10), "`ch`"),
            (of_syntax("Expecting '{' to start", "if a and b { }", 6), "`&&`"),
            (of_syntax("Expecting ';' to", "{ if a { } elif b { } }", 12), "`else if`"),
            (of_syntax("Expecting ';' to", "ch.dial(x, { timeout: 20 });", 21), "#{ timeout"),
            (of_syntax("Expecting '}' to end this object map literal", "#{ a: 1; b: 2 }", 8), "`,`"),
            (of_syntax("Expecting ',' to", "ch.play(\"he said \"hello\"\");", 19), "`\\\"`"),
            (of_syntax("Unexpected '“'", "ch.play(“x”);", 9), "plain quotes"),
            (of_syntax("'#' is a reserved symbol", "ch.answer(); # now", 14), "`//`"),
            (of_syntax("'$' is a reserved symbol", "user(${EXTEN})", 6), "its name alone"),
            (of_syntax("Unknown operator: '?'", "a ? b : c", 3), "else"),
            (of_syntax("Possibly a typo of '=='?", "{ if r.status = \"busy\" { } }", 15), "`==`"),
        ];
        for (hint, words) in cases {
            assert!(hint.as_ref().is_some_and(|hint| hint.contains(words)), "{words}: {hint:?}");
        }
        assert!(VARIABLES.is_sorted() && WORDS.is_sorted() && VALUES.is_sorted() && PROPERTIES.is_sorted());
        assert!(TYPES.is_sorted());
        assert_eq!(of_variable("who", "let a = who;"), None);
        assert_eq!(of_variable("who", "if who == 1 { }"), None);
    }
}
