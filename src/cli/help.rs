//! `help`: a command's arguments, or a verb's page.

use super::{Cli, table};
use anyhow::{Result, anyhow, bail};
use clap::{Command, CommandFactory};
use cordboard_dialplan::{Code, Explanation, Help, Item, Severity, nearest};
use std::fmt::Write as _;

/// Columns of a page.
const WIDTH: usize = 100;
/// The first column of a table is at most so wide; what is wider has a line of its own.
const NAME_WIDTH_MAX: usize = 24;

/// The command line, with the verbs under its help.
pub(super) fn command() -> Command {
    Cli::command().after_help(overview(&pages()))
}

/// `help`.
pub(super) fn help(words: &[String]) -> Result<()> {
    table::say(explained(words)?.trim_end());
    Ok(())
}

/// Every verb's page, group by group.
pub(super) fn pages() -> Vec<Help> {
    let mut applications: Vec<Help> = cordboard_installed::installed()
        .applications
        .manuals()
        .into_iter()
        .map(Help::of_application)
        .collect();
    applications.sort_by(|a, b| a.name.cmp(&b.name));
    applications.extend(Help::of_language());
    applications
}

/// What there is to say of these words. A command and a verb may have the same name: then of both.
fn explained(words: &[String]) -> Result<String> {
    if let [word] = words
        && let Ok(code) = word.parse::<Code>()
    {
        let page = code.explanation().map(code_page);
        return page
            .ok_or_else(|| anyhow!("there is no finding of the code {code}: docs/findings.md lists them"));
    }
    let pages = pages();
    let command = of_command(words);
    let verbs: Vec<&Help> = match words {
        [word] => {
            let bare = word.strip_suffix("()").unwrap_or(word);
            pages.iter().filter(|page| page.name == bare || page.word() == bare).collect()
        }
        [] | [_, ..] => Vec::new(),
    };
    if command.is_none() && verbs.is_empty() {
        let asked = words.join(" ");
        let hint = suggestion(&asked, &pages).unwrap_or_else(|| "`cordboard help` lists all".to_owned());
        bail!("there is no command and no verb `{asked}`: {hint}");
    }
    let texts: Vec<String> = command.into_iter().chain(verbs.into_iter().map(page)).collect();
    Ok(texts.join("\n\n"))
}

/// What a code means, an example that has it, and the same mended.
fn code_page(page: &Explanation) -> String {
    let severity = match page.code.severity() {
        Severity::Error => "An error: nothing is loaded.",
        Severity::Warning => "A warning: it may be meant.",
    };
    let mut text =
        format!("{}: {}\n\n{}\n{severity}\n", page.code, page.title, wrapped(page.text, WIDTH).join("\n"));
    let lines = |lines: &str| -> String { lines.lines().map(|line| format!("  {line}\n")).collect() };
    section(&mut text, "Wrong", &lines(page.bad));
    section(&mut text, "Right", &lines(page.good));
    text
}

/// A command's own help: of `cordboard` itself, of `mail`, of `mail list`.
fn of_command(words: &[String]) -> Option<String> {
    let mut command = command();
    command.build();
    let mut found = &mut command;
    for word in words {
        found = found.find_subcommand_mut(word)?;
    }
    Some(found.render_long_help().to_string())
}

fn suggestion(asked: &str, pages: &[Help]) -> Option<String> {
    let command = Cli::command();
    let commands = command.get_subcommands().map(Command::get_name);
    let verbs = pages.iter().flat_map(|page| [page.word(), &page.name]);
    nearest(asked, commands.chain(verbs)).map(|near| format!("did you mean `{near}`?"))
}

/// All verbs, a line each, under the headings of their groups.
fn overview(pages: &[Help]) -> String {
    let mut text = "Verbs of the dialplan (`cordboard help <verb>` tells more)".to_owned();
    for group in pages.chunk_by(|a, b| a.group == b.group) {
        let rows: Vec<_> =
            group.iter().map(|page| (page.name.as_str(), first_sentence(page.summary))).collect();
        section(&mut text, group.first().map_or("", |page| page.group), rows_of(&rows).trim_end());
    }
    text
}

fn first_sentence(text: &str) -> String {
    text.split_once(". ").map_or_else(|| text.to_owned(), |(first, _)| format!("{first}."))
}

/// A verb's page.
fn page(help: &Help) -> String {
    let mut text = format!("{}\n\n{}", help.usage, wrapped(help.summary, WIDTH).join("\n"));
    text.push('\n');
    let items = |items: &[Item]| -> String {
        let rows: Vec<_> = items.iter().map(|item| (item.name, meaning(item))).collect();
        rows_of(&rows)
    };
    section(&mut text, "Arguments", &items(&help.arguments));
    section(&mut text, "Options", &items(&help.options));
    let outcome: String = wrapped(help.outcome, WIDTH - 2).iter().map(|line| format!("  {line}\n")).collect();
    section(&mut text, "Yields", &outcome);
    for menu in help.menus {
        let keys: Vec<_> = menu.keys.iter().map(|(key, does)| (*key, (*does).to_owned())).collect();
        section(&mut text, &format!("Keys, {}", menu.name), &rows_of(&keys));
    }
    if !help.example.is_empty() {
        let lines: String = help.example.lines().map(|line| format!("  {line}\n")).collect();
        section(&mut text, "Example", &lines);
    }
    text
}

fn meaning(item: &Item) -> String {
    if item.takes.is_empty() { item.help.to_owned() } else { format!("{} [{}]", item.help, item.takes) }
}

fn section(text: &mut String, title: &str, body: &str) {
    if !body.is_empty() {
        // Writing to a String can't fail.
        let gap = if text.ends_with('\n') { "\n" } else { "\n\n" };
        let _written = write!(text, "{gap}{title}:\n{body}");
    }
}

/// Two columns, the second one wrapped.
fn rows_of(rows: &[(&str, String)]) -> String {
    let widths = rows.iter().map(|(name, _)| name.chars().count());
    let width = widths.filter(|width| *width <= NAME_WIDTH_MAX).max().unwrap_or(0);
    let mut text = String::new();
    for (name, what) in rows {
        let mut name = *name;
        if name.chars().count() > width {
            text += &format!("  {name}\n");
            name = "";
        }
        for line in wrapped(what, WIDTH - width - 4) {
            text += format!("  {name:<width$}  {line}").trim_end();
            text.push('\n');
            name = "";
        }
    }
    text
}

/// Lines of at most `width` characters, broken between words; a word that is longer stays whole.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(words: &[&str]) -> Result<String> {
        explained(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    fn told(words: &[&str]) -> String {
        ask(words).unwrap()
    }

    #[test]
    fn a_verb_s_page_has_its_arguments_options_keys_outcome_and_example() {
        let text = told(&["voicemail"]);
        for wanted in [
            "ch.voicemail(mailbox [, options])\n\nTakes a message",
            "\nArguments:\n  mailbox  ",
            "\nOptions:\n  greet  ",
            "[one of unavail, busy, none]",
            "\nYields:\n  #{status",
            "\nKeys, while the greeting plays:\n  #  ",
            "\nExample:\n  ch.voicemail(",
        ] {
            assert!(text.contains(wanted), "{wanted}\n---\n{text}");
        }
        assert_eq!(told(&["ch.voicemail"]), text);
        assert_eq!(told(&["ch.voicemail()"]), text);
    }

    #[test]
    fn every_verb_of_every_application_has_its_page() {
        for manual in cordboard_installed::installed().applications.manuals() {
            let text = told(&[manual.verb]);
            let keys = manual.params.iter().map(|param| param.name).filter(|name| *name != "options");
            for word in keys.chain(manual.menus.iter().map(|menu| menu.name)) {
                assert!(text.contains(word), "{}: {word}", manual.verb);
            }
        }
    }

    #[test]
    fn a_code_is_explained_with_an_example_and_the_same_mended() {
        let text = told(&["E0201"]);
        for wanted in
            ["E0201: there is no such function", "\nWrong:\n  ch.ply(", "\nRight:\n  ch.play(", "An error"]
        {
            assert!(text.contains(wanted), "{wanted}\n---\n{text}");
        }
        assert_eq!(told(&["e0201"]), text);
        assert!(ask(&["E0999"]).unwrap_err().to_string().contains("docs/findings.md"));
    }

    #[test]
    fn a_verb_of_the_language_is_found_by_its_whole_name_and_by_the_last_part_of_it() {
        let text = told(&["dial"]);
        for wanted in [
            "ch.dial(to [, options])\n\nRings destinations",
            "\nArguments:\n  to  ",
            "\nOptions:\n  timeout  ",
            "default: 180. [seconds",
            "\nYields:\n  #{status, by",
            "\nExample:\n  let r = ch.dial([",
        ] {
            assert!(text.contains(wanted), "{wanted}\n---\n{text}");
        }
        assert_eq!(told(&["digits"]), told(&["ch.say.digits"]));
        assert_eq!(told(&["list"]), told(&["db::list"]));
        let both = told(&["pause"]);
        assert!(
            both.contains("queue.pause(who [, reason])") && both.contains("recording.pause([gap])"),
            "{both}"
        );
        assert!(told(&["ch.caller.number"]).starts_with("ch.caller.number\n\n"));
    }

    #[test]
    fn no_line_of_prose_is_wider_than_a_terminal() {
        for page in pages() {
            let text = super::page(&page);
            let of_script = |line: &str| page.example.contains(line.trim()) || line == page.usage;
            for line in text.lines().filter(|line| !of_script(line)) {
                assert!(line.chars().count() <= WIDTH, "{line}");
            }
        }
    }

    #[test]
    fn help_alone_lists_commands_and_verbs() {
        let text = told(&[]);
        for name in ["ch.dial", "ch.say.digits", "db::get", "user", "queue.add", "context.on", "ch.lang"] {
            assert!(text.split_whitespace().any(|word| word == name), "{name}\n{text}");
        }
        for group in ["Applications", "Calls", "Clock and calendar"] {
            assert!(text.contains(&format!("\n\n{group}:\n  ")), "{group}\n{text}");
        }
        assert!(text.contains("\n  routes ") && text.contains("\n  ch.voicemail "), "{text}");
        let dashed = command().render_long_help().to_string();
        assert!(dashed.contains("\n  routes ") && dashed.contains("\n  ch.voicemail "), "{dashed}");
    }

    #[test]
    fn a_command_s_help_is_claps_own_also_of_one_within_another() {
        assert!(told(&["mail"]).contains("Usage: cordboard mail"), "{}", told(&["mail"]));
        assert!(told(&["mail", "list"]).contains("Usage: cordboard mail list"));
        assert!(told(&["routes"]).contains("--why <NUMBER>"));
    }

    #[test]
    fn an_unknown_word_is_an_error_with_the_nearest_one() {
        let fault = |words: &[&str]| ask(words).unwrap_err().to_string();
        assert!(fault(&["voicmail"]).ends_with("did you mean `voicemail`?"));
        assert!(fault(&["ch.anwser"]).ends_with("did you mean `ch.answer`?"));
        assert!(fault(&["rotues"]).ends_with("did you mean `routes`?"));
        assert!(fault(&["zebra"]).ends_with("`cordboard help` lists all"));
        assert!(ask(&["mail", "lost"]).is_err() && ask(&["voicemail", "twice"]).is_err());
    }

    #[test]
    fn the_command_line_is_well_formed() {
        command().debug_assert();
    }
}
