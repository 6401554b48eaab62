//! `dialplan init`: what an editor wants to know of the verbs. Rhai's language server reads `definitions/*.d.rhai`, VS Code the
//! snippets; both are made of the same pages as `cordboard help` and docs/verbs.md.

use super::help::pages;
use super::init::write_new;
use super::table;
use anyhow::Result;
use cordboard_dialplan::{APPLICATIONS, Help};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// Types of the scripts: what a page's name begins with, and its type.
const TYPES: [(&str, &str); 12] = [
    ("ch.caller", "Caller"),
    ("ch.connected", "Connected"),
    ("ch.redirecting", "Redirecting"),
    ("ch.say", "Say"),
    ("ch.cdr", "Record"),
    ("ch", "Channel"),
    ("context", "Context"),
    ("recording", "Recording"),
    ("lamp", "Lamp"),
    ("queue", "Queue"),
    ("text", "String"),
    ("map", "Map"),
];

const SNIPPETS: [(&str, &str, &[&str]); 7] = [
    ("Route", "on", &["${1:internal}.on(\"${2:_1XX}\", |ch| ${3:ch.dial(user(ch.dialed))});"]),
    (
        "Context",
        "context",
        &["let ${1:internal} = context(\"${1:internal}\");", "$1.on(\"${2:_1XX}\", |ch| $0);"],
    ),
    (
        "Ring somebody, then the mailbox",
        "ring",
        &[
            "let r = ch.dial(user(${1:\"101\"}), #{ timeout: ${2:25} });",
            "switch r.status {",
            "    \"answered\" => (),",
            "    \"busy\" => ch.voicemail(${1:\"101\"}, #{ greet: \"busy\" }),",
            "    _ => ch.voicemail(${1:\"101\"}),",
            "}$0",
        ],
    ),
    (
        "Menu",
        "menu",
        &[
            "switch ch.menu(#{ prompt: \"${1:welcome}\", choices: \"${2:12}\", timeout: 5, invalid: \"pbx-invalid\" }) {",
            "    \"1\" => ${3:ch.dial(user(\"101\"))},",
            "    \"2\" => ${4:ch.queue(\"sales\")},",
            "    _ => ch.play(\"goodbye\"),",
            "}$0",
        ],
    ),
    (
        "Opening hours",
        "hours",
        &["if !hours(\"${1:office}\").open {", "    ch.play(\"office-closed\");", "    ch.hangup();", "}$0"],
    ),
    (
        "Dial by a trunk",
        "trunk",
        &[
            "let r = ch.dial(trunk(\"${1:itsp}\", ch.dialed.sub_string(${2:1})), #{ timeout: 60 });",
            "if r.status != \"answered\" { ch.hangup(\"no-route\"); }$0",
        ],
    ),
    (
        "Test",
        "test",
        &[
            "test(\"${1:what happens}\", |t| {",
            "    let caller = t.call(\"${2:internal}\", \"${3:101}\");",
            "    caller.hears(\"${4:welcome}\");",
            "});$0",
        ],
    ),
];

/// `dialplan init`.
pub(super) fn write(dir: &Path) -> Result<()> {
    let files = files();
    write_new(dir, &files, &[])?;
    for name in files.keys() {
        table::say(&dir.join(name).display().to_string());
    }
    table::say("\nThey are for editors alone: the exchange reads none of them.");
    Ok(())
}

/// Name → text.
fn files() -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut main = "module static;\n\n// What a script gets from Cordboard, for Rhai's language server. Made by `cordboard dialplan init`.\n".to_owned();
    for page in pages() {
        let (module, text) = definition(&page);
        match module {
            None => main.push_str(&text),
            Some(module) => {
                let file = files
                    .entry(format!("definitions/{module}.d.rhai"))
                    .or_insert_with(|| format!("module {module};\n"));
                file.push_str(&text);
            }
        }
    }
    files.insert("definitions/cordboard.d.rhai".to_owned(), main);
    files.insert(".vscode/cordboard.code-snippets".to_owned(), snippets());
    files
}

/// A page as a function of its module, or of none.
fn definition(page: &Help) -> (Option<String>, String) {
    let mut text = "\n".to_owned();
    let mut comment = |line: &str| {
        let _infallible = writeln!(text, "/// {}", line.replace(['\n', '\r'], " "));
    };
    comment(page.summary);
    for item in page.arguments.iter().chain(&page.options) {
        let takes = if item.takes.is_empty() { String::new() } else { format!(" ({})", item.takes) };
        comment(&format!("- `{}`{takes}: {}", item.name, item.help));
    }
    if !page.outcome.is_empty() {
        comment(&format!("Yields {}", page.outcome));
    }
    comment("```");
    page.example.lines().for_each(&mut comment);
    comment("```");
    let is_property = !page.usage.contains('(');
    if let Some((module, name)) = page.name.split_once("::") {
        for parameters in overloads(page) {
            let _infallible = writeln!(text, "fn {name}({});", parameters.join(", "));
        }
        return (Some(module.to_owned()), text);
    }
    let (on, name) =
        page.name.rsplit_once('.').map_or((None, page.name.as_str()), |(on, name)| (Some(on), name));
    let receiver = on.and_then(|on| TYPES.iter().find(|(known, _)| *known == on)).map(|(on, name)| {
        let variable = on.rsplit('.').next().unwrap_or(on);
        format!("{variable}: {name}")
    });
    if is_property {
        let of = receiver.unwrap_or_default();
        let _infallible = writeln!(text, "fn get {name}({of});");
        return (None, text);
    }
    for parameters in overloads(page) {
        let all: Vec<String> = receiver.iter().cloned().chain(parameters).collect();
        let _infallible = writeln!(text, "fn {name}({});", all.join(", "));
    }
    (None, text)
}

/// The parameters of a verb, once for each number of them that it takes: `f(a [, b])` → `a`, and `a, b`.
fn overloads(page: &Help) -> Vec<Vec<String>> {
    let inner = page.usage.split_once('(').map_or("", |(_, rest)| rest).trim_end_matches(')');
    let required = inner.split('[').next().unwrap_or_default();
    let names = |text: &str| -> Vec<String> {
        let bare = text.replace(['[', ']'], "");
        bare.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
    };
    let (fewest, all) = (names(required).len(), names(inner));
    let typed = |name: &String| {
        let takes = page
            .arguments
            .iter()
            .find(|item| item.name == name)
            .map(|item| item.takes.as_str())
            .unwrap_or_default();
        let kind = match (name.as_str(), takes) {
            ("options", _) | (_, "a map") => "Map",
            ("handler", _) => "FnPtr",
            (_, takes) if takes.starts_with("a text") => "String",
            _ => "?",
        };
        format!("{name}: {kind}")
    };
    (fewest..=all.len()).map(|count| all.iter().take(count).map(typed).collect()).collect()
}

/// Snippets of our own, and the example of every application.
fn snippets() -> String {
    let mut all = serde_json::Map::new();
    let mut add = |name: String, prefix: &str, body: Vec<String>, about: &str| {
        let value =
            serde_json::json!({ "scope": "rhai", "prefix": prefix, "body": body, "description": about });
        all.insert(name, value);
    };
    for (name, prefix, body) in SNIPPETS {
        add(name.to_owned(), prefix, body.iter().map(|line| (*line).to_owned()).collect(), name);
    }
    for page in pages().iter().filter(|page| page.group == APPLICATIONS) {
        let body = page.example.lines().map(|line| line.replace('$', "\\$")).collect();
        add(page.name.clone(), &page.name, body, page.summary);
    }
    serde_json::to_string_pretty(&serde_json::Value::Object(all)).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use cordboard_dialplan::{Bundle, Dialplan, Fibers};

    #[test]
    fn every_verb_function_and_property_is_defined_with_all_its_arguments_and_options() {
        let files = files();
        let text: String = files
            .iter()
            .filter(|(name, _)| name.ends_with(".d.rhai"))
            .map(|(_, text)| text.as_str())
            .collect();
        let pages = pages();
        assert!(pages.len() > 100, "{}", pages.len());
        for page in &pages {
            let word = page.word();
            let is_there = [format!("fn {word}("), format!("fn get {word}(")]
                .iter()
                .any(|line| text.contains(line.as_str()));
            assert!(is_there, "{} is not defined", page.name);
            assert!(text.contains(page.summary), "{} says nothing", page.name);
            for item in page.arguments.iter().chain(&page.options) {
                assert!(text.contains(&format!("/// - `{}`", item.name)), "{}: {}", page.name, item.name);
            }
        }
    }

    #[test]
    fn what_may_be_left_out_is_left_out_in_a_definition_of_its_own() {
        let files = files();
        let main = &files["definitions/cordboard.d.rhai"];
        assert!(
            main.contains("fn dial(ch: Channel, to: ?);\nfn dial(ch: Channel, to: ?, options: Map);\n"),
            "{main}"
        );
        assert!(main.contains("fn get number(caller: Caller);"), "{main}");
        assert!(main.contains("fn on(context: Context, pattern: ?, handler: FnPtr);"), "{main}");
        assert!(files["definitions/db.d.rhai"].starts_with("module db;\n"));
        assert!(files["definitions/db.d.rhai"].contains("fn get(family: ?, key: ?);"));
    }

    #[test]
    fn snippets_are_scripts_and_of_every_application_there_is_one() {
        let snippets: BTreeMap<String, serde_json::Value> = serde_json::from_str(&snippets()).unwrap();
        let applications = cordboard_installed::installed().applications;
        for manual in applications.manuals() {
            assert!(snippets.contains_key(&format!("ch.{}", manual.verb)), "{}", manual.verb);
        }
        for name in ["Ring somebody, then the mailbox", "Menu", "Opening hours", "Dial by a trunk"] {
            let body = &snippets[name]["body"];
            let lines: Vec<&str> =
                body.as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
            let text = filled(&lines.join("\n"));
            let script = format!("context(\"internal\").on(\"1\", |ch| {{\n{text}\n}});");
            let loaded = Dialplan::load_in(&Bundle::single(&script), &Fibers::default(), &applications);
            assert!(loaded.is_ok(), "{name}: {loaded:?}\n{script}");
        }
    }

    /// A snippet with its places filled as they are proposed: `${1:a}` → `a`.
    fn filled(text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (inner, tail) = after.split_once('}').unwrap();
            out.push_str(before);
            out.push_str(inner.split_once(':').map_or("", |(_, proposed)| proposed));
            rest = tail;
        }
        (out + rest).replace("$0", "")
    }
}
