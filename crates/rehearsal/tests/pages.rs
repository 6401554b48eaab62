//! The pages of `docs/` that are made from the tables that `cordboard help` prints too. `cargo xtask docs` writes them anew.

use cordboard_dialplan::{Explanation, Help, Item, Within};
use std::path::Path;

/// The pages: where, and what stands there.
fn pages() -> Vec<(&'static str, String)> {
    let mut applications: Vec<Help> = cordboard_installed::installed()
        .applications
        .manuals()
        .into_iter()
        .map(Help::of_application)
        .collect();
    applications.sort_by(|a, b| a.name.cmp(&b.name));
    let head = "# Applications\n\nWhat a script runs for a caller by a verb of `ch`: its arguments, its options, and what the keys of the \
                telephone do in it.";
    let language = "# Verbs of the dialplan\n\nWhat a script can do, ask and set, beside the [applications](applications.md). In brackets stands what may be \
                    left out; options are a map, `#{ timeout: 25 }`, whose keys are checked while the dialplan is loaded.";
    vec![
        ("docs/applications.md", document(head, &applications)),
        ("docs/verbs.md", document(language, &Help::of_language())),
        ("docs/findings.md", findings()),
    ]
}

/// Every code that `cordboard check` knows.
fn findings() -> String {
    let mut text = "# Findings\n\nWhat `cordboard check` finds. E refuses to load, also at the start and at a reload; W may be meant: \
                    `// allow W0603: why` at the end of its line, or alone in the line before it, says so.\n\nMade by `cargo xtask docs` \
                    from the source; `cordboard help <code>` prints the same. A test holds every example to its code.\n\n"
        .to_owned();
    let row = |page: &Explanation| {
        let code = page.code.to_string();
        vec![format!("[{code}](#{})", code.to_lowercase()), cell(page.title)]
    };
    text += &table(&["Code", "What it says"], Explanation::all().map(row));
    for page in Explanation::all() {
        let kind = match page.within {
            Within::Config(file) => format!("toml\n# etc/{file}"),
            Within::Handler | Within::TopLevel => "rhai".to_owned(),
        };
        let kind = if page.bad.contains("context(") { "rhai" } else { kind.as_str() };
        text += &format!(
            "\n## {}\n\n**{}.** {}\n\nWrong:\n\n```{kind}\n{}\n```\n\nRight:\n\n```{kind}\n{}\n```\n",
            page.code,
            prose(page.title),
            prose(page.text),
            page.bad,
            page.good
        );
    }
    text
}

fn document(head: &str, pages: &[Help]) -> String {
    let mut text = format!(
        "{head}\n\nMade by `cargo xtask docs` from the source; `cordboard help <verb>` prints the same.\n\n"
    );
    let groups: Vec<&[Help]> = pages.chunk_by(|a, b| a.group == b.group).collect();
    for group in &groups {
        if let (Some(first), true) = (group.first(), groups.len() > 1) {
            text += &format!("**{}**\n\n", first.group);
        }
        let row = |page: &Help| vec![format!("[`{}`](#{})", page.name, anchor(page)), cell(page.summary)];
        text += &table(&["Verb", "What it does"], group.iter().map(row));
        text += if groups.len() > 1 { "\n" } else { "" };
    }
    text.truncate(text.trim_end().len());
    text += "\n";
    pages.iter().for_each(|page| text += &section(page));
    text
}

/// As the heading's link is called: small letters and digits, `_` and `-` kept, the rest dropped.
fn anchor(page: &Help) -> String {
    page.name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).collect()
}

fn section(page: &Help) -> String {
    let mut text = format!("\n## {}\n\n`{}`\n\n{}\n", page.name, page.usage, prose(page.summary));
    text += &items("Argument", &page.arguments);
    text += &items("Option", &page.options);
    if !page.outcome.is_empty() {
        text += &format!("\nYields {}\n", quoted(page.outcome));
    }
    for menu in page.menus {
        let rows = menu.keys.iter().map(|(key, does)| vec![cell(key), cell(does)]);
        text += "\n";
        text += &table(
            &[
                "Key",
                &format!(
                    "{}{}",
                    menu.name.get(..1).unwrap_or("").to_uppercase(),
                    menu.name.get(1..).unwrap_or("")
                ),
            ],
            rows,
        );
    }
    if !page.example.is_empty() {
        text += &format!("\n```rhai\n{}\n```\n", page.example);
    }
    text
}

fn items(title: &str, items: &[Item]) -> String {
    if items.is_empty() {
        return String::new();
    }
    let rows = items.iter().map(|item| vec![format!("`{}`", item.name), cell(&item.takes), cell(item.help)]);
    format!("\n{}", table(&[title, "Takes", "Meaning"], rows))
}

fn table(heading: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let heading: Vec<String> = heading.iter().map(|cell| (*cell).to_owned()).collect();
    let mut text = line(&heading) + "|---".repeat(heading.len()).as_str() + "|\n";
    rows.for_each(|row| text.push_str(&line(&row)));
    text
}

/// What an outcome's map is, as code.
fn quoted(outcome: &str) -> String {
    match outcome.starts_with("#{").then(|| outcome.find('}')).flatten() {
        Some(end) => {
            let (map, rest) = outcome.split_at(end + 1);
            format!("`{map}`{}", prose(rest))
        }
        None => prose(outcome),
    }
}

/// Plain text where Markdown would see marks.
fn prose(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if matches!(c, '*' | '_' | '<' | '>' | '[' | ']' | '#' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The same, in a table.
fn cell(text: &str) -> String {
    prose(text).replace('|', "\\|")
}

#[test]
fn the_pages_are_what_the_source_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (name, text) in pages() {
        let path = root.join(name);
        if std::env::var_os("CORDBOARD_WRITE").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let there = std::fs::read_to_string(&path).unwrap();
        assert!(there == text, "{name} is not what the source says: `cargo xtask docs` writes it anew");
    }
}

#[test]
fn a_page_has_every_verb_with_a_row_and_a_section() {
    let text: String = pages().into_iter().map(|(_, text)| text).collect();
    for page in Help::of_language() {
        assert!(text.contains(&format!("\n## {}\n\n`{}`\n", page.name, page.usage)), "{}", page.name);
    }
    for manual in cordboard_installed::installed().applications.manuals() {
        let verb = manual.verb;
        assert!(text.contains(&format!("\n| [`ch.{verb}`](#ch{verb}) | ")), "{verb}");
        assert!(text.contains(&format!("\n## ch.{verb}\n")), "{verb}");
    }
}

#[test]
fn marks_and_bars_stay_what_they_are() {
    assert_eq!(cell("* or #: <a|b_c>"), "\\* or \\#: \\<a\\|b\\_c\\>");
    assert_eq!(quoted("#{a: 1|2}, or *"), "`#{a: 1|2}`, or \\*");
}
