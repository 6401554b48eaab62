//! Texts as TOML and Rhai write them.

/// A text in quotation marks, for TOML and for Rhai alike.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A list of texts.
pub(crate) fn list<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = texts.into_iter().map(|text| quoted(text.as_ref())).collect();
    format!("[{}]", items.join(", "))
}

/// A text with only what a name may have: letters, digits, `-`, `_` and `.`, 64 at most.
pub(crate) fn name(text: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name: String = text.chars().map(|c| if fits(c) { c } else { '-' }).take(64).collect();
    let name = name.trim_start_matches('.');
    if name.is_empty() { "unnamed".to_owned() } else { name.to_owned() }
}

/// Whether a text can be a name as it stands.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && name(text) == text
}

/// Words that Rhai keeps for itself, and those that scripts get from us.
const RESERVED: [&str; 61] = [
    "true",
    "false",
    "let",
    "const",
    "if",
    "else",
    "switch",
    "do",
    "while",
    "until",
    "loop",
    "for",
    "in",
    "continue",
    "break",
    "return",
    "throw",
    "try",
    "catch",
    "fn",
    "private",
    "import",
    "export",
    "as",
    "global",
    "Fn",
    "call",
    "curry",
    "type_of",
    "print",
    "debug",
    "eval",
    "this",
    "is_shared",
    "is_def_fn",
    "is_def_var",
    "var",
    "static",
    "shared",
    "goto",
    "exit",
    "match",
    "case",
    "public",
    "protected",
    "new",
    "use",
    "with",
    "is",
    "module",
    "package",
    "super",
    "thread",
    "spawn",
    "go",
    "await",
    "async",
    "sync",
    "yield",
    "default",
    "ch",
];

/// A text as an identifier of Rhai's: itself where that is legal.
pub(crate) fn identifier(text: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut out: String = text.chars().map(|c| if fits(c) { c } else { '_' }).collect();
    if out.chars().next().is_none_or(|c| c.is_ascii_digit()) {
        out.insert(0, 'n');
    }
    if RESERVED.contains(&out.as_str())
        || out.chars().all(|c| c == '_')
        || matches!(out.as_str(), "null" | "nil" | "void")
    {
        out.push('_');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_and_names_made_legal() {
        assert_eq!(quoted("a \"b\" \\ c"), "\"a \\\"b\\\" \\\\ c\"");
        assert_eq!(list(["a", "b"]), "[\"a\", \"b\"]");
        assert_eq!((name("a b/c").as_str(), name("..").as_str()), ("a-b-c", "unnamed"));
        let names = ["COUNT", "my-var", "goto", "1st", "_"].map(identifier);
        assert_eq!(names, ["COUNT", "my_var", "goto_", "n1st", "__"]);
    }
}
