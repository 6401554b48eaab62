//! Rust text split into code and comments, line by line, so that a rule about calls does not trip over prose, nor one about
//! prose over a string.

/// One line of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// The code, with the insides of strings and characters left out.
    pub(super) code: String,
    /// The comments.
    pub(super) comment: String,
}

/// Where the text stands.
#[derive(Clone, Copy)]
enum Within {
    Code,
    LineComment,
    /// Nested this deep.
    BlockComment(usize),
    Text,
    /// A raw string that ends with this many `#`.
    RawText(usize),
}

/// Splits a file.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let chars: Vec<char> = text.chars().collect();
    let mut lines = vec![Line::default()];
    let mut within = Within::Code;
    let mut at = 0;
    while let Some(&now) = chars.get(at) {
        let next = chars.get(at + 1).copied().unwrap_or('\n');
        let Some(line) = lines.last_mut() else { break };
        if now == '\n' {
            if matches!(within, Within::LineComment) {
                within = Within::Code;
            }
            lines.push(Line::default());
            at += 1;
            continue;
        }
        let taken;
        (within, taken) = match within {
            Within::Code => code(&chars, at, now, next, line),
            Within::LineComment => {
                line.comment.push(now);
                (within, 1)
            }
            Within::BlockComment(depth) => match (now, next) {
                ('*', '/') if depth == 1 => (Within::Code, 2),
                ('*', '/') => (Within::BlockComment(depth - 1), 2),
                ('/', '*') => (Within::BlockComment(depth + 1), 2),
                (_, _) => {
                    line.comment.push(now);
                    (within, 1)
                }
            },
            Within::Text => match now {
                // A backslash before a line's end must not swallow the line.
                '\\' if next != '\n' => (within, 2),
                '"' => (Within::Code, 1),
                _ => (within, 1),
            },
            Within::RawText(hashes) => {
                let ends = now == '"' && (1..=hashes).all(|ahead| chars.get(at + ahead) == Some(&'#'));
                if ends { (Within::Code, 1 + hashes) } else { (within, 1) }
            }
        };
        at += taken;
    }
    lines
}

/// One step through code: where the text stands after it, and how many characters were taken.
fn code(chars: &[char], at: usize, now: char, next: char, line: &mut Line) -> (Within, usize) {
    match (now, next) {
        ('/', '/') => (Within::LineComment, 2),
        ('/', '*') => (Within::BlockComment(1), 2),
        ('"', _) => {
            line.code.push_str("\"\"");
            (Within::Text, 1)
        }
        ('r', '"' | '#') if !line.code.ends_with(|c: char| c.is_alphanumeric() && c != 'b' || c == '_') => {
            let hashes = chars.iter().skip(at + 1).take_while(|c| **c == '#').count();
            match chars.get(at + 1 + hashes) {
                Some('"') => {
                    line.code.push_str("\"\"");
                    (Within::RawText(hashes), 2 + hashes)
                }
                // A raw identifier.
                Some(_) | None => {
                    line.code.push(now);
                    (Within::Code, 1)
                }
            }
        }
        // A character, not a lifetime: 'x' or an escape.
        ('\'', '\\') => {
            let length = chars.iter().skip(at + 3).position(|c| *c == '\'').map_or(2, |found| found + 4);
            (Within::Code, length)
        }
        ('\'', _) if chars.get(at + 2) == Some(&'\'') => (Within::Code, 3),
        (_, _) => {
            line.code.push(now);
            (Within::Code, 1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> (String, String) {
        let lines = lines(text);
        let join = |part: fn(&Line) -> &str| lines.iter().map(part).collect::<Vec<_>>().join("|");
        (join(|line| &line.code), join(|line| &line.comment))
    }

    #[test]
    fn comments_are_not_code_and_strings_are_neither() {
        assert_eq!(split("a(); // b()"), ("a(); ".into(), " b()".into()));
        assert_eq!(split("x(\"// y\") /* z */ w"), ("x(\"\")  w".into(), " z ".into()));
        assert_eq!(split("/* a /* b */ c\nd */ e"), ("| e".into(), " a  b  c|d ".into()));
    }

    #[test]
    fn strings_end_where_they_end() {
        assert_eq!(split(r#"f("a\"b"); g"#).0, "f(\"\"); g");
        assert_eq!(split("f(r#\"a\"b\"#); g").0, "f(\"\"); g");
        assert_eq!(split("f(br\"a\\\"); g").0, "f(b\"\"); g");
        assert_eq!(split("f(\"a\nb\"); g").0, "f(\"\"|); g");
        assert_eq!(split("f(\"a\\\nb\"); g").0, "f(\"\"|); g");
    }

    #[test]
    fn a_quote_character_opens_no_string_and_a_lifetime_no_character() {
        assert_eq!(split("a('\"'); b").0, "a(); b");
        assert_eq!(split("a('\\''); b").0, "a(); b");
        assert_eq!(split("a('\\u{1F}'); b").0, "a(); b");
        assert_eq!(split("fn a<'a>(x: &'a str)").0, "fn a<'a>(x: &'a str)");
        assert_eq!(split("let r#type = r; // c").0, "let r#type = r; ");
    }
}
