//! `asterisk.rhai`: what Asterisk's dialplan does with texts, where a script does it otherwise.

use std::collections::BTreeSet;

const HEAD: &str = "// What Asterisk's dialplan does with texts and variables, for the scripts that were made of it. Scripts of your own\n\
    // need none of this.\n";

/// Name and text.
const FUNCTIONS: [(&str, &str); 10] = [
    (
        "variable",
        "// A variable of the call; empty if it was never set.
fn variable(ch, name) {
    let value = ch.vars[name];
    if value == () { \"\" } else { value }
}
",
    ),
    (
        "global_variable",
        "// A variable of all calls; `first` if none has set it.
fn global_variable(name, first) {
    let value = db::get(\"global\", name);
    if value == () { first } else { value }
}
",
    ),
    (
        "text",
        "// A value, or an empty text if there is none.
fn text(value) {
    if value == () { \"\" } else { value }
}
",
    ),
    (
        "as_number",
        "// A text as a whole number; 0 if it is none.
fn as_number(value) {
    if type_of(value) == \"i64\" { return value; }
    if value == () { return 0; }
    let digits = only(value, \"0-9\");
    if digits == \"\" || digits.len > 18 { return 0; }
    let number = digits.parse_int();
    if value.starts_with(\"-\") { -number } else { number }
}
",
    ),
    (
        "yes",
        "// Whether a text is what Asterisk takes for true: neither empty nor 0.
fn yes(value) {
    value != () && value != \"\" && value != \"0\" && value != 0
}
",
    ),
    (
        "part",
        "// ${X:from:-n}: a text from a place on, without its last n characters.
fn part(text, from, end) {
    let rest = text.sub_string(from);
    let length = rest.len + end;
    if length > 0 { rest.sub_string(0, length) } else { \"\" }
}
",
    ),
    (
        "cut",
        "// CUT(x,by,from-to): fields of a text, counted from 1; to 0: up to the last one.
fn cut(text, by, from, to) {
    let fields = text.split(by);
    let out = \"\";
    let at = 0;
    for field in fields {
        at += 1;
        if at < from || to != 0 && at > to { continue; }
        out = if at == from { field } else { `${out}${by}${field}` };
    }
    out
}
",
    ),
    (
        "dialstatus",
        "// What ch.dial has come to, as Asterisk calls it.
fn dialstatus(status) {
    switch status {
        \"answered\" => \"ANSWER\",
        \"busy\" => \"BUSY\",
        \"no-answer\" => \"NOANSWER\",
        \"unavailable\" => \"CHANUNAVAIL\",
        \"failed\" => \"CONGESTION\",
        _ => \"\",
    }
}
",
    ),
    (
        "status",
        "// What an application has come to, as Asterisk calls it.
fn status(status) {
    if status == () { \"\" } else { status.to_upper() }
}
",
    ),
    (
        "device_state",
        "// What somebody does, as Asterisk calls it.
fn device_state(state) {
    switch state {
        \"idle\" => \"NOT_INUSE\",
        \"busy\" => \"INUSE\",
        \"ringing\" => \"RINGING\",
        \"hold\" => \"ONHOLD\",
        \"offline\" => \"UNAVAILABLE\",
        _ => \"UNKNOWN\",
    }
}
",
    ),
];

/// The file, with the functions that are used.
pub(super) fn script(used: &BTreeSet<&'static str>) -> String {
    let mut text = HEAD.to_owned();
    for (_, function) in FUNCTIONS.iter().filter(|(name, _)| used.contains(name)) {
        text.push('\n');
        text.push_str(function);
    }
    text
}
