//! Content lines (RFC 5545 §3.1): unfolded, and taken apart into name, parameters and value.

use super::{IcsError, error, shown};

/// Bytes of an unfolded line at most: a description may be long, nothing that is read here is.
const LINE_BYTES_MAX: usize = 64 * 1024;

/// A content line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// From 1: where it begins.
    pub(super) number: usize,
    /// In capitals.
    pub(super) name: String,
    /// What is after the colon.
    pub(super) value: String,
}

/// All lines of a file. Lines may end with LF alone.
pub(super) fn lines(text: &str) -> Result<Vec<Line>, IcsError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut unfolded: Vec<(usize, String)> = Vec::new();
    for (at, line) in text.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        match (line.strip_prefix([' ', '\t']), unfolded.last_mut()) {
            (Some(more), Some((_, before))) => {
                if before.len() + more.len() > LINE_BYTES_MAX {
                    return error(at + 1, format!("a line has at most {LINE_BYTES_MAX} bytes"));
                }
                before.push_str(more);
            }
            (Some(_), None) => return error(at + 1, "nothing is there that this line could go on with"),
            (None, _) if line.is_empty() => {}
            (None, _) if line.len() > LINE_BYTES_MAX => {
                return error(at + 1, format!("a line has at most {LINE_BYTES_MAX} bytes"));
            }
            (None, _) => unfolded.push((at + 1, line.to_owned())),
        }
    }
    unfolded.into_iter().map(|(number, line)| take_apart(number, &line)).collect()
}

/// `NAME;PARAM=value;PARAM="quoted: value":VALUE`
fn take_apart(number: usize, line: &str) -> Result<Line, IcsError> {
    let mut is_quoted = false;
    let colon = line.find(|c| {
        is_quoted ^= c == '"';
        c == ':' && !is_quoted
    });
    let Some((head, value)) = colon.and_then(|at| Some((line.get(..at)?, line.get(at + 1..)?))) else {
        return error(number, format!("this is no line of a calendar, NAME:VALUE: \"{}\"", shown(line)));
    };
    let name = head.split(';').next().unwrap_or_default();
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return error(number, format!("\"{}\" is no property's name", shown(name)));
    }
    Ok(Line { number, name: name.to_ascii_uppercase(), value: value.to_owned() })
}
