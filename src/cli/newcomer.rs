//! What somebody who is new to Cordboard gets wrong in a new office, and the words by which it is mended without the manual.

use super::check::whole;
use super::init;
use crate::rehearsal;
use cordboard_rehearsal::{Options, Suite, text};
use std::fs;
use std::path::PathBuf;
use std::rc::Rc;

/// In which file, what stands there, what is made of it, and what must be said.
type Mistake = (&'static str, &'static str, &'static str, &'static [&'static str]);

const CONFERENCE: &str = "internal.on(\"500\",        |ch| ch.conference(\"main\"));";

/// Found by `cordboard check`.
const MISTAKES: &[Mistake] = &[
    ("etc/users.toml", "[user.106]", "[user.106", &["users.toml:44:", "closed by `]`"]),
    ("etc/users.toml", "[user.106]", "[user.meeting room]", &["`[user.\"meeting room\"]`"]),
    ("etc/users.toml", "[user.106]", "[user.105]", &["users.toml:44:", "in this file already"]),
    ("etc/users.toml", "name = \"Meeting room\"", "name = Meeting room", &["`name = \"Meeting room\"`"]),
    ("etc/users.toml", "name = \"Meeting room\"", "nam = \"Meeting room\"", &["did you mean `name`?"]),
    ("etc/users.toml", "name = \"Meeting room\"", "callerid = \"Meeting room\"", &["did you mean `name`?"]),
    ("etc/users.toml", "name = \"Meeting room\"", "password = \"1234\"", &["`cordboard phones` shows them"]),
    ("etc/users.toml", "calls_max = 10", "calls_max = \"10\"", &["a number stands without quotes"]),
    (
        "etc/users.toml",
        "name = \"Meeting room\"",
        "context = \"intern\"",
        &["[user.106]", "did you mean `internal`?"],
    ),
    (
        "etc/trunks.toml",
        "# [trunk.itsp]",
        "[trunk.itsp]\nhost = \"sip.example.com\"",
        &["did you mean `servers`?"],
    ),
    (
        "etc/trunks.toml",
        "# [trunk.itsp]",
        "[trunk.itsp]\nservers = \"sip.example.com\"",
        &["a list stands in brackets"],
    ),
    (
        "etc/trunks.toml",
        "# [trunk.itsp]",
        "[trunk.telco]\nservers = [\"sip.example.com\"]",
        &["there is no trunk `itsp`", "has telco"],
    ),
    (
        "etc/trunks.toml",
        "# [trunk.itsp]",
        "[trunk.itsp]\nservers = [\"sip.example.com\"]\nregister = true",
        &["trunks.toml:", "register = true", "neither `username` nor `password`"],
    ),
    (
        "etc/users.toml",
        "name = \"Meeting room\"",
        "name = \"Meeting room\"\nlang = \"dee\"",
        &["users.toml:", "no prompts of the language `dee`", "did you mean `de`?"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "/* the conference\ninternal.on(\"500\", |ch| ch.conference(\"main\"));",
        &["main.rhai:20:1", "never closed"],
    ),
    (
        "etc/hours.toml",
        "open = [\"mon-fri 09:00-17:30\"]",
        "open = [\"mo-fr 9-17\"]",
        &["is written `mon-fri 09:00-17:30`"],
    ),
    ("etc/hours.toml", "\"2026-12-24\"", "\"24.12.2026\"", &["a date is written `2026-12-25`"]),
    ("etc/queues.toml", "user = \"103\"", "user = \"133\"", &["queues.toml:103:", "no user `133`", "`103`"]),
    ("etc/cordboard.toml", "time_zone = \"UTC\"", "time_zone = \"Berlin\"", &["here `Europe/Berlin`"]),
    ("etc/cordboard.toml", "time_zone = \"UTC\"", "timezone = \"UTC\"", &["did you mean `time_zone`?"]),
    ("etc/cordboard.toml", "[\"0.0.0.0:5060\", \"[::]:5060\"]", "[\"5060\"]", &["is written `0.0.0.0:5060`"]),
    ("etc/cordboard.toml", "dialplan/main.rhai", "dialplan/mian.rhai", &["did you mean `main.rhai`?"]),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| ch.conference(\"main\"))",
        &["main.rhai:20:", "';'"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| ch.conference(\"main\");",
        &["a `)` is missing"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500, |ch| ch.conference(\"main\"));",
        &["a quote `\"` is missing"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| ch.conference('main'));",
        &["double quotes: `\"main\"`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", ch.conference(\"main\"));",
        &["`|ch| ch.answer()`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| ch.confbridge(\"main\"));",
        &["`ch.conference(\"main\")`"],
    ),
    ("dialplan/main.rhai", CONFERENCE, "internal.on(\"500\", |ch| ch.dial(\"101\"));", &["`user(\"101\")`"]),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| ch.dial(user(\"151\")));",
        &["no user `151`", "`101`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"5XX\", |ch| ch.conference(\"main\"));",
        &["did you mean `_5XX`?"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "exten => 500,1,ConfBridge(main)",
        &["Asterisk's", "cordboard import asterisk"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"600\", |ch| ch.conference(\"main\"));",
        &["`600` is in `internal` already"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| if in_time(\"mon-fry\", \"9:00-17:00\") { ch.echo() } else { ch.answer() });",
        &["no day \"fry\"", "`fri`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| { ch.play(greeting); ch.play(farewell); });",
        &["no variable `greeting`", "no variable `farewell`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| if holiday(today()) == \"Xmas Day\" { ch.echo() } else { ch.answer() });",
        &["`holiday` never yields \"Xmas Day\"", "Christmas Day"],
    ),
    (
        "dialplan/office.rhai",
        "#{ timeout: patience, transfer",
        "#{ timout: patience, transfer",
        &["did you mean `timeout`?"],
    ),
    (
        "dialplan/office.rhai",
        "#{ timeout: patience, transfer",
        "#{ timeout = patience, transfer",
        &["in a map it is `:`"],
    ),
    (
        "dialplan/office.rhai",
        "#{ timeout: patience, transfer",
        "{ timeout: patience, transfer",
        &["`#{ timeout: … }`"],
    ),
    ("dialplan/office.rhai", "global::PATIENCE", "PATIENCE", &["`global::PATIENCE`"]),
    ("dialplan/office.rhai", "if its.quiet &&", "if its.quiet = true &&", &["comparing is `==`"]),
    ("etc/users.toml", "[user.106]", "[106]", &["`[user.106]`"]),
    ("etc/users.toml", "name = \"Meeting room\"", "name = \"Meeting room", &["is closed by `\"`"]),
    ("etc/users.toml", "name = \"Meeting room\"", "secret = \"1234\"", &["`cordboard phones` shows them"]),
    (
        "etc/users.toml",
        "name = \"Meeting room\"",
        "number = \"101\"",
        &["users.toml:45:", "who calls back reaches user 101"],
    ),
    (
        "etc/trunks.toml",
        "# [trunk.itsp]",
        "[trunk.itsp]\nusername = \"u\"\npassword = \"p\"",
        &["[trunk.itsp]", "no `servers` to call"],
    ),
    ("etc/queues.toml", "user = \"103\"", "user = \"SIP/103\"", &["`user = \"103\"`"]),
    ("etc/cordboard.toml", "\"PCMU\"]", "\"ulaw\"]", &["here it is `PCMU`"]),
    ("etc/voicemail.toml", "outside_prefix = \"9\"", "101 => 1234,Ann", &["Asterisk's"]),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |call| call.answer());",
        &["main.rhai:20:", "as in `|ch| ch.answer()`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| { ch.dial(user(\"101\")); if DIALSTATUS == \"BUSY\" { ch.echo(); } });",
        &["`let r = ch.dial(…); if r.status == \"busy\""],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| if hours(\"office\").open and ch.dialed == \"1\" { ch.echo() } else { ch.answer() });",
        &["`&&`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| { let r = ch.dial(user(\"101\")); if r.status == \"busy\" { ch.echo(); } elif r.status == \"failed\" { ch.answer(); } });",
        &["`else if`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| { let r = ch.dial(user(\"101\")); if r.status = \"busy\" { ch.echo(); } });",
        &["comparing is `==`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| ch.dial(user(\"101\"), { timeout: 20 }));",
        &["`#{ timeout: 20 }`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| ch.dial(user(\"101\"), #{ timeout: 20; music: \"default\" }));",
        &["stands a `,`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| ch.dial(\"sip:\" + ch.dialed + \"@itsp\"));",
        &["a text is no destination", "`user(name)`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| ch.dial(user(${EXTEN})));",
        &["a variable is its name alone"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| ch.dial(user(if ch.dialed == \"1\" ? \"101\" : \"102\")));",
        &["`if … { a } else { b }`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| ch.play(\"he said \"hello\"\"));",
        &["a quote within a text is written"],
    ),
    ("dialplan/main.rhai", CONFERENCE, "internal.on(\"500\", |ch| ch.play(“hello”));", &["plain quotes"]),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| ch.play(\"/var/lib/asterisk/sounds/en/welcome.wav\"));",
        &["without its ending", "`welcome`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| ch.play(\"welcome-\" + ch.dialed));",
        &["can't be chosen by what the caller supplies"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| conference(\"main\"));",
        &["`ch.conference(…)`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(500, |ch| ch.conference(\"main\"));",
        &["a pattern is a text: `\"500\"`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| if hours(\"office\") { ch.echo() } else { ch.answer() });",
        &["`hours(\"…\").open`"],
    ),
    (
        "dialplan/main.rhai",
        CONFERENCE,
        "internal.on(\"500\", |ch| ch.conference(\"main\")); # the room",
        &["a comment begins with `//`"],
    ),
    (
        "dialplan/main.rhai",
        "import \"office\" as office;",
        "import office;",
        &["`import \"office\" as office;`"],
    ),
    (
        "dialplan/main.rhai",
        "let internal = context(\"internal\");",
        "let patience = 20;\nfn longer(ch) { ch.dial(user(\"101\"), #{ timeout: patience }); }\nlet internal = context(\"internal\");",
        &["`const patience = …;`", "`global::patience`"],
    ),
    (
        "dialplan/main.rhai",
        "import \"features\" as features;",
        "import \"features\" as features;\nfunction foo(ch) { ch.answer(); }",
        &["`fn name(ch) { … }`"],
    ),
];

/// Found by `cordboard test`.
const OF_TESTS: &[Mistake] = &[
    ("dialplan/tests/ring.rhai", "ben.rings();", "ben.rings()", &["ring.rhai:7:", "';'"]),
    (
        "dialplan/tests/ring.rhai",
        "ben.rings();",
        "ben.ring();",
        &["ring.rhai:7:", "no function `ring", "did you mean \"rings\"?"],
    ),
    (
        "dialplan/tests/ring.rhai",
        "t.phone(\"102\");",
        "t.phone(\"122\");",
        &["no user \"122\"", "did you mean \"102\"?"],
    ),
    ("dialplan/tests/ring.rhai", "\"vm-intro\"]", "\"vm-introo\"]", &["no prompt \"vm-introo\""]),
    (
        "dialplan/tests/ring.rhai",
        "t.call(\"101\", \"102\")",
        "t.call(\"101\", 102, #{ form: \"1\" })",
        &["`form` is no option of call"],
    ),
    ("dialplan/tests/ring.rhai", "record.billsec, 30", "record.billsec, 31", &["ring.rhai:", "31", "30"]),
];

/// A new office, as `cordboard init` makes it.
struct Office(PathBuf);

impl Office {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("cordboard-new-{name}-{}", std::process::id()));
        let _absent = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        init::init(&folder).unwrap();
        Self(folder)
    }

    /// Makes a mistake, has a look, and takes it back.
    fn with(&self, (file, from, to, _): &Mistake, look: impl FnOnce(&Self) -> String) -> String {
        let path = self.0.join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let said = look(self);
        fs::write(&path, text).unwrap();
        said
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        let _removed = fs::remove_dir_all(&self.0);
    }
}

/// What was not said.
fn unsaid((file, _, to, wanted): &Mistake, said: &str) -> Option<String> {
    let missing: Vec<&&str> = wanted.iter().filter(|words| !said.contains(**words)).collect();
    (!missing.is_empty()).then(|| format!("{file}: {to}\nis not told {missing:?} but:\n{said}\n"))
}

#[test]
fn what_a_new_admin_gets_wrong_is_explained_where_it_is() {
    let office = Office::new("check");
    let look = |office: &Office| match whole(&office.0.join("etc")) {
        Ok(report) => report.findings.iter().map(|finding| format!("{finding}\n")).collect(),
        Err(error) => format!("{error:#}"),
    };
    let before = look(&office);
    let unsaid: Vec<String> =
        MISTAKES.iter().filter_map(|mistake| unsaid(mistake, &office.with(mistake, look))).collect();
    assert!(unsaid.is_empty(), "{}", unsaid.join("\n"));
    assert_eq!(look(&office), before);
}

#[test]
fn what_a_new_admin_gets_wrong_in_a_test_is_explained_where_it_is() {
    let office = Office::new("tests");
    let house = Rc::new(rehearsal::house(&office.0.join("etc"), 1).unwrap());
    let look = |office: &Office| {
        let texts = rehearsal::texts(&[office.0.join("dialplan/tests/ring.rhai")]).unwrap();
        let (outcomes, _) = Suite::new(texts).run(&house, &Options::default(), |_| ());
        let failed = outcomes.iter().filter(|outcome| !outcome.passed());
        failed.map(|outcome| text::failed(outcome, false)).collect()
    };
    assert_eq!(look(&office), "");
    let unsaid: Vec<String> =
        OF_TESTS.iter().filter_map(|mistake| unsaid(mistake, &office.with(mistake, look))).collect();
    assert!(unsaid.is_empty(), "{}", unsaid.join("\n"));
}
