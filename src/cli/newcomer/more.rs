//! More mistakes: of those who come from other languages and systems, and those of which one leads to many.

use super::Mistake;
use super::mistakes::CONFERENCE;

/// The same: kinds that came later.
pub(super) const MORE: &[Mistake] = &[
    // Seconds, not milliseconds: where it stands, and where the constant stands that is handed on.
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| ch.dial(user(\"101\"), #{ timeout: 20000 }));",
        &["main.rhai:", ":58: ", "`timeout` is in seconds", "5 h 33 min", "`20`"],
    ),
    (
        "dialplan/office.rhai",
        "const PATIENCE = 25;",
        "const PATIENCE = 25000;",
        &["office.rhai:", ":18: ", "is in seconds", "`25`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| { ch.answer(); ch.wait(2000); });",
        &["is in seconds", "33 minutes", "`2`"],
    ),
    // Whose brace is missing, or is one too many.
    (
        "dialplan/office.rhai",
        "        regret(ch, \"loop\");\n    }",
        "        regret(ch, \"loop\");",
        &["office.rhai:", ":35: ", "if before >= global::FORWARDS {", "never closed", "stands further left"],
    ),
    (
        "dialplan/main.rhai",
        "    ch.hangup(\"unallocated\");\n});\ninternal.on_hangup",
        "    ch.hangup(\"unallocated\");\n);\ninternal.on_hangup",
        &["main.rhai:", ":32: ", "`}` is missing before the `)` in line "],
    ),
    (
        "dialplan/settings.rhai",
        "    set\n}",
        "    set",
        &["settings.rhai:", ":12: ", "never closed", "before the function in line"],
    ),
    ("dialplan/settings.rhai", "    set\n}", "    set\n}\n}", &["settings.rhai:", ":1: ", "closes nothing"]),
    // Opening hours.
    (
        "etc/hours.toml",
        "open = [\"mon-fri 09:00-17:30\"]",
        "open = [\n  \"mon-fri 09:00-17:30\",\n  \"wed 12:00-18:00\",\n]",
        &["hours.toml:17:3", "both open wed 12:00-17:30", "line 16"],
    ),
    (
        "etc/hours.toml",
        "open = [\"mon-fri 09:00-17:30\"]",
        "open = [\"fri 22:00-06:00\"]",
        &["`fri 22:00-24:00` and `sat 00:00-06:00`"],
    ),
    // Of other languages.
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| this.conference(\"main\"));",
        &["`this` is nothing", "`ch.conference(…)`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| { for (let i = 0; i < 3; i++) { ch.play(\"beep\"); } });",
        &["`for i in 0..3 { … }`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| { let i = 0; i++; ch.say.number(i); });",
        &["`i += 1`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| { int n = 5; ch.say.number(n); });",
        &["`let n = …`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| await ch.echo());",
        &["waits until it is done"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| if ch.user == None { ch.echo() } else { ch.answer() });",
        &["here that is `()`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| { ch.say.digits(\"1\" . \"2\"); });",
        &["joined by `+`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| { try { ch.echo(); } except { ch.answer(); } });",
        &["`catch { … }`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| { print \"hello\"; ch.echo(); });",
        &["`log::info(text)`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| { let r = ch.dial(user(\"101\")); switch r.status { \"busy\": ch.echo(), _ => () } });",
        &["`\"1\" => …,`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| { let a-b = 5; ch.say.number(a-b); });",
        &["letters, digits and `_`"],
    ),
    // Files.
    (
        "dialplan/main.rhai",
        "import \"office\" as office;",
        "import \"office\";",
        &["main.rhai:", ":1: ", "no name", "`import \"office\" as office;`"],
    ),
    (
        "dialplan/main.rhai",
        "import \"office\" as office;",
        "",
        &["`office` is not imported", "`import \"office\" as office;`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| office.demo_menu(ch));",
        &["called by `::`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| office::ring(\"101\"));",
        &["it is `office::ring(ch, who)`"],
    ),
    // Verbs of other systems.
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| ch.call(\"101\"));",
        &["`ch` has no `call`", "`ch.dial(user(\"101\"))`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| ch.transfer(\"101\"));",
        &["`ch.enter(context, number)`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| ch.say(\"hello\"));",
        &["`ch.play(\"name\")` for a sentence"],
    ),
    // Arguments.
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| ch.dial(user(\"101\"), 20));",
        &["`#{ timeout: 20 }`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| ch.dial(user(\"101\"), timeout = 20));",
        &["`#{ timeout: … }`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| ch.dial(user(\"101\"), user(\"102\")));",
        &["this is a destination", "`[user(\"101\"), user(\"102\")]`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| ch.dial(user(\"101\") & user(\"102\")));",
        &["`&` joins no destinations", "`[user(\"101\"), user(\"102\")]`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| ch.dial(user(\"101&102\")));",
        &["`[user(\"101\"), user(\"102\")]`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| ch.dial([user(\"101\") user(\"102\")]));",
        &["a `,` is missing before `user`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\" |ch| ch.conference(\"main\"));",
        &["a `,` is missing before `|ch|`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "on(\"500\", |ch| ch.conference(\"main\"));",
        &["it is a context's: `internal.on("],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| ch.enter(\"500\"));",
        &["it is `ch.enter(context, number)`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| { let x = db::get(\"a\"); ch.say.digits(x); });",
        &["it is `db::get(family, key)`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| { ch.vars.x = 5; ch.echo(); });",
        &["`ch.vars[\"x\"]`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| ch.say.digits(ch.callerid));",
        &["`ch.caller.number`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| { let r = ch.dial(user(\"101\")); if r == \"busy\" { ch.echo(); } });",
        &["`r.status`"],
    ),
    // TOML.
    (
        "etc/users.toml",
        "name = \"Meeting room\"",
        "name: \"Meeting room\"",
        &["users.toml:45:", "`name = \"Meeting room\"`"],
    ),
    ("etc/users.toml", "name = \"Meeting room\"", "name = \"Meeting room\";", &["neither `;` nor `,`"]),
    ("etc/users.toml", "name = \"Meeting room\"", "name = “Meeting room”", &["`name = \"Meeting room\"`"]),
    (
        "etc/users.toml",
        "name = \"Meeting room\"",
        "name = \"Meeting room\" // the big one",
        &["a comment begins with `#`"],
    ),
    ("etc/users.toml", "name = \"Meeting room\"", "group = [sales]", &["`group = [\"sales\"]`"]),
    ("etc/users.toml", "name = \"Meeting room\"", "number = 01722334455", &["`number = \"01722334455\"`"]),
    ("etc/users.toml", "[user.106]", "[user 106]", &["`[user.106]`"]),
    ("etc/users.toml", "[user.106]", "user.106", &["`[user.106]`"]),
    (
        "etc/trunks.toml",
        "# [trunk.itsp]",
        "[trunk.itsp]\nservers = [\"sip.example.com\"]\nregister = yes",
        &["`register = true`"],
    ),
    (
        "etc/trunks.toml",
        "# [trunk.itsp]",
        "[trunk.itsp]\nservers = [\"sip.example.com\"]\nport = 5060",
        &["`servers = [\"sip.example.com:5060\"]`"],
    ),
];

/// Mistakes of which only the mistake itself is told, and nothing that comes of it: how many findings there are beside those of the
/// office as it is.
pub(super) const ALONE: &[(&str, &str, &str, usize)] = &[
    ("dialplan/main.rhai", "import \"office\" as office;", "import office;", 1),
    ("dialplan/main.rhai", "import \"office\" as office;", "import \"office\";", 1),
    ("dialplan/main.rhai", "import \"office\" as office;", "", 1),
    (
        "dialplan/main.rhai",
        "    ch.hangup(\"unallocated\");\n});\ninternal.on_hangup",
        "    ch.hangup(\"unallocated\");\n);\ninternal.on_hangup",
        1,
    ),
    ("dialplan/office.rhai", "        regret(ch, \"loop\");\n    }", "        regret(ch, \"loop\");", 1),
    ("dialplan/office.rhai", "const PATIENCE = 25;", "const PATIENCE = 25000;", 1),
    ("dialplan/main.rhai", CONFERENCE, "internal.on(\"500\", office::demo_menu);", 2),
];
