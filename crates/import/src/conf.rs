//! Asterisk's configuration files: sections, templates, inheritance, includes, comments.

use crate::Sources;
use crate::report::{Place, Report};

/// Lines of all files together, with what they include: beyond them nothing is read. FreePBX writes some 20,000.
pub const LINES_MAX: usize = 500_000;
/// Includes within one another.
pub const INCLUDES_MAX: usize = 16;
/// Files that one include may name by a pattern.
pub const FILES_MAX: usize = 1_000;
/// Entries that templates may bring into a section: templates of templates would double at every step.
const INHERITED_MAX: usize = 10_000;

/// `key = value`
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) place: Place,
}

/// `[name]`
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) name: String,
    pub(crate) template: bool,
    pub(crate) entries: Vec<Entry>,
    pub(crate) place: Place,
}

impl Section {
    /// The last value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.entry(key).map(|entry| entry.value.as_str())
    }

    /// The last entry of a key.
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| entry.key.eq_ignore_ascii_case(key))
    }

    /// All entries of a key.
    pub(crate) fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(move |entry| entry.key.eq_ignore_ascii_case(key))
    }

    /// Whether a key is set to something that means yes.
    pub(crate) fn yes(&self, key: &str) -> Option<bool> {
        self.get(key).map(is_yes)
    }
}

/// What Asterisk takes for yes.
pub(crate) fn is_yes(text: &str) -> bool {
    ["yes", "true", "y", "t", "1", "on"].contains(&text.trim().to_ascii_lowercase().as_str())
}

/// A whole file, with what it includes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conf {
    pub(crate) sections: Vec<Section>,
}

impl Conf {
    /// Sections that are no templates.
    pub(crate) fn real(&self) -> impl Iterator<Item = &Section> {
        self.sections.iter().filter(|section| !section.template)
    }

    /// The section of a name.
    pub(crate) fn section(&self, name: &str) -> Option<&Section> {
        self.real().find(|section| section.name == name)
    }
}

struct Reader<'a> {
    sources: &'a Sources,
    report: &'a mut Report,
    conf: Conf,
    lines: usize,
    /// Within `;--` and `--;`.
    in_comment: bool,
}

/// Reads a file, if it is there.
pub(crate) fn read(sources: &Sources, name: &str, report: &mut Report) -> Option<Conf> {
    sources.files.get(name)?;
    let mut reader = Reader { sources, report, conf: Conf::default(), lines: 0, in_comment: false };
    reader.file(name, 0);
    Some(reader.conf)
}

impl Reader<'_> {
    fn file(&mut self, name: &str, depth: usize) {
        let Some(text) = self.sources.files.get(name) else { return };
        for (index, line) in text.lines().enumerate() {
            self.lines += 1;
            let place = Place { file: name.to_owned(), line: index + 1 };
            if self.lines == LINES_MAX + 1 {
                self.report.lost(
                    &place,
                    line,
                    "the files have more lines than are read; all that follows is missing",
                );
            }
            if self.lines > LINES_MAX {
                return;
            }
            let line = self.without_comments(line);
            let line = line.trim();
            if line.is_empty() {
                continue;
            }
            match line.strip_prefix('#') {
                Some(directive) => self.directive(directive, &place, depth),
                None if line.starts_with('[') => self.open(line, place),
                None => self.entry(line, place),
            }
        }
    }

    /// A line without what is commented out; `\;` is a semicolon.
    fn without_comments(&mut self, line: &str) -> String {
        let mut out = String::with_capacity(line.len());
        let mut rest = line;
        loop {
            if self.in_comment {
                let Some(end) = rest.find("--;") else { return out };
                self.in_comment = false;
                rest = rest.get(end + 3..).unwrap_or("");
                continue;
            }
            let Some(at) = rest.find(';') else {
                out.push_str(rest);
                return out;
            };
            let (before, after) = rest.split_at(at);
            if let Some(before) = before.strip_suffix('\\') {
                out.push_str(before);
                out.push(';');
                rest = after.get(1..).unwrap_or("");
                continue;
            }
            out.push_str(before);
            // `;---` is a comment of one line.
            if !after.starts_with(";--") || after.starts_with(";---") {
                return out;
            }
            self.in_comment = true;
            rest = after.get(3..).unwrap_or("");
        }
    }

    fn directive(&mut self, directive: &str, place: &Place, depth: usize) {
        let (word, argument) = directive.split_once(char::is_whitespace).unwrap_or((directive, ""));
        let argument = argument.trim().trim_matches(|c| matches!(c, '"' | '<' | '>'));
        let name = argument.strip_prefix("/etc/asterisk/").unwrap_or(argument);
        let source = format!("#{directive}");
        match word {
            "include" | "tryinclude" => {
                let found = self.matching(name);
                if found.is_empty() && word == "include" && !name.contains('*') {
                    self.report.lost(place, &source, "this file is not in the folder");
                }
                if depth >= INCLUDES_MAX {
                    return self.report.lost(place, &source, "too many includes within one another");
                }
                for file in found {
                    self.file(&file, depth + 1);
                }
            }
            "exec" => self.report.lost(place, &source, "no program is run to get a configuration"),
            _ => self.report.lost(place, &source, "there is no such directive"),
        }
    }

    /// The files that an include names, perhaps by a `*`.
    fn matching(&self, name: &str) -> Vec<String> {
        let files = self.sources.files.keys();
        match name.split_once('*') {
            None => files.filter(|file| *file == name).cloned().collect(),
            Some((before, after)) => {
                let fits = |file: &&String| {
                    file.len() >= name.len() - 1 && file.starts_with(before) && file.ends_with(after)
                };
                files.filter(fits).take(FILES_MAX).cloned().collect()
            }
        }
    }

    /// `[name]`, `[name](!)`, `[name](template,other)`, `[name](+)`
    fn open(&mut self, line: &str, place: Place) {
        let Some((name, options)) = line.strip_prefix('[').and_then(|line| line.split_once(']')) else {
            return self.report.lost(&place, line, "`[` has no `]`");
        };
        let name = name.trim().to_owned();
        let options = options.trim().trim_start_matches('(').trim_end_matches(')');
        let options: Vec<&str> =
            options.split(',').map(str::trim).filter(|option| !option.is_empty()).collect();
        if options.contains(&"+") {
            if let Some(at) = self.conf.sections.iter().rposition(|section| section.name == name) {
                let section = self.conf.sections.remove(at);
                return self.conf.sections.push(section);
            }
            self.report.lost(&place, line, "there is no section of this name before");
        }
        let mut section =
            Section { name, template: options.contains(&"!"), entries: Vec::new(), place: place.clone() };
        for template in options.iter().filter(|option| !matches!(**option, "!" | "+")) {
            match self.conf.sections.iter().rev().find(|section| section.name == **template) {
                Some(of) => section.entries.extend(of.entries.iter().cloned()),
                None => self.report.lost(&place, line, &format!("there is no template `{template}` before")),
            }
        }
        if section.entries.len() > INHERITED_MAX {
            section.entries.truncate(INHERITED_MAX);
            self.report.lost(&place, line, "its templates bring more entries than are read");
        }
        self.conf.sections.push(section);
    }

    fn entry(&mut self, line: &str, place: Place) {
        let Some((key, value)) = line.split_once('=') else {
            return self.report.lost(&place, line, "this is no `key = value`");
        };
        let adds = key.ends_with('+');
        let key = key.trim_end_matches('+').trim().to_owned();
        let value = value.strip_prefix('>').unwrap_or(value).trim().to_owned();
        let Some(section) = self.conf.sections.last_mut() else {
            return self.report.lost(&place, line, "this stands in no section");
        };
        if adds && let Some(before) = section.entries.iter_mut().rev().find(|entry| entry.key == key) {
            before.value.push_str(&value);
            return;
        }
        section.entries.push(Entry { key, value, place });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conf(sources: &Sources) -> (Conf, Report) {
        let mut report = Report::default();
        (read(sources, "a.conf", &mut report).unwrap(), report)
    }

    #[test]
    fn templates_are_inherited_in_order_and_are_no_sections_themselves() {
        let text = "[base](!)\na=1\nb = 2 ; two\n[x](base)\nb => 3\n[y](base,x)\nc=4\n[x](+)\nd=5\n";
        let (conf, report) = conf(&Sources::default().with("a.conf", text));
        assert_eq!(report.items, []);
        let y = conf.section("y").unwrap();
        assert_eq!((y.get("a"), y.get("b"), y.get("c")), (Some("1"), Some("3"), Some("4")));
        assert_eq!(conf.section("x").unwrap().get("d"), Some("5"));
        assert!(conf.section("base").is_none());
    }

    #[test]
    fn comments_are_left_out_and_escaped_semicolons_are_not() {
        let text = "[x]\na = one\\;two ; three\n;-- b = 1\nc = 2 --; d = 3\n;--- e = 4\nf = 5 ;-- g --; h\n";
        let (conf, _) = conf(&Sources::default().with("a.conf", text));
        let x = conf.section("x").unwrap();
        assert_eq!((x.get("a"), x.get("b"), x.get("c")), (Some("one;two"), None, None));
        assert_eq!((x.get("d"), x.get("e"), x.get("f")), (Some("3"), None, Some("5  h")));
    }

    #[test]
    fn includes_are_read_in_place_and_their_depth_is_bounded() {
        let files = Sources::default()
            .with("a.conf", "[x]\n#include \"b.d/*.conf\"\n#include <missing.conf>\n#tryinclude also.conf\n")
            .with("b.d/1.conf", "one=1\n")
            .with("b.d/2.conf", "two=2\n#include /etc/asterisk/a2.conf\n")
            .with("a2.conf", "#include a2.conf\n");
        let (conf, report) = conf(&files);
        let x = conf.section("x").unwrap();
        assert_eq!((x.get("one"), x.get("two")), (Some("1"), Some("2")));
        let why: Vec<&str> = report.items.iter().map(|item| item.why.as_str()).collect();
        assert_eq!(why.len(), 2, "{why:?}");
        assert!(why.contains(&"too many includes within one another"), "{why:?}");
        assert!(why.contains(&"this file is not in the folder"), "{why:?}");
    }

    #[test]
    fn lines_are_read_up_to_the_limit_and_not_one_more() {
        let of = |lines: usize| format!("[x]\n{}", "a=1\n".repeat(lines - 1));
        let (_, report) = conf(&Sources::default().with("a.conf", &of(LINES_MAX)));
        assert_eq!(report.items.len(), 0);
        let (_, report) = conf(&Sources::default().with("a.conf", &of(LINES_MAX + 1)));
        assert_eq!(report.items.len(), 1);
    }
}
