//! The session description in a body: the body itself, or a part of a multipart one (RFC 5621, RFC 2046 §5.1). Other parts are
//! passed over, unless their sender requires that they be understood.
//!
//! A part without Content-Disposition is not taken for a required one, though RFC 3261 §20.11 says so: those in use (locations
//! of emergency calls, RFC 6442 §4; signalling of other networks) are meant to be ignored by whom they don't concern, and a
//! refused call helps nobody. A body that is no multipart has the RFC's default.

use super::{Headers, Parameterised, name};
use bytes::Bytes;

/// Parts of one body, those within parts counted: an INVITE has two or three. More is nonsense, and refused.
pub const PARTS_MAX: usize = 16;
/// Multiparts within multiparts: `mixed` around `alternative` is all that is seen.
pub const NESTING_MAX: usize = 2;
/// Header fields of one part.
pub const PART_FIELDS_MAX: usize = 16;
/// RFC 2046 §5.1.1.
const BOUNDARY_SIZE_MAX: usize = 70;

/// Why a body can't serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// No boundary, a part without its end, or past a limit.
    #[error("malformed multipart body")]
    Malformed,
    /// A required body or part of a type, or in an encoding, that we do not understand.
    #[error("unsupported body")]
    Unsupported,
}

impl BodyError {
    /// The response to a request with such a body (RFC 3261 §8.2.3, §21.4.1).
    pub fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Unsupported => 415,
        }
    }
}

/// The session description of a message, if it has one.
///
/// # Errors
/// When the body can't be read, or holds what has to be understood and is not.
pub fn session_description(headers: &Headers, body: &Bytes) -> Result<Option<Bytes>, BodyError> {
    if body.is_empty() {
        return Ok(None);
    }
    let mut left = PARTS_MAX;
    match look(headers, body, NESTING_MAX, &mut left)? {
        Found::Description(sdp) => Ok(Some(sdp)),
        Found::Optional => Ok(None),
        Found::Undisposed if headers.first(name::CONTENT_TYPE).is_none() => Ok(None),
        Found::Undisposed | Found::Required => Err(BodyError::Unsupported),
    }
}

/// What a body or a part is to us.
enum Found {
    Description(Bytes),
    /// Not understood, and it need not be.
    Optional,
    /// Not understood, and nothing is said of how it matters.
    Undisposed,
    /// Not understood, and it must be.
    Required,
}

fn look(headers: &Headers, body: &Bytes, nesting: usize, left: &mut usize) -> Result<Found, BodyError> {
    let value = headers.first(name::CONTENT_TYPE).unwrap_or("");
    let essence = value.split(';').next().unwrap_or("").trim();
    let is_multipart = essence.get(..10).is_some_and(|start| start.eq_ignore_ascii_case("multipart/"));
    let plain = is_plain(headers);
    if plain && is_session(headers) && essence.eq_ignore_ascii_case("application/sdp") {
        return Ok(Found::Description(body.clone()));
    }
    if plain && is_multipart {
        let nesting = nesting.checked_sub(1).ok_or(BodyError::Malformed)?;
        let last_wins = essence.eq_ignore_ascii_case("multipart/alternative");
        return look_within(value, body, last_wins, nesting, left);
    }
    Ok(match disposition(headers) {
        None => Found::Undisposed,
        Some(disposition) => {
            let optional =
                disposition.params.value("handling").is_some_and(|h| h.eq_ignore_ascii_case("optional"));
            if optional { Found::Optional } else { Found::Required }
        }
    })
}

/// The parts of a multipart. Of alternatives the last one that is understood counts (RFC 2046 §5.1.4), else the first one, and
/// every part matters.
fn look_within(
    content_type: &str,
    body: &Bytes,
    alternatives: bool,
    nesting: usize,
    left: &mut usize,
) -> Result<Found, BodyError> {
    let parsed = Parameterised::parse(content_type).map_err(|_| BodyError::Malformed)?;
    let boundary = parsed.params.text("boundary").ok_or(BodyError::Malformed)?;
    if boundary.is_empty() || boundary.len() > BOUNDARY_SIZE_MAX {
        return Err(BodyError::Malformed);
    }
    let (mut description, mut required) = (None, false);
    for part in split(body, &boundary, left)? {
        let (headers, content) = open(&part)?;
        match look(&headers, &content, nesting, left)? {
            Found::Description(sdp) if alternatives => description = Some(sdp),
            Found::Description(sdp) => description = description.or(Some(sdp)),
            Found::Required => required = true,
            Found::Optional | Found::Undisposed => {}
        }
    }
    // An alternative is required as a whole: one that is understood is enough.
    Ok(match description {
        Some(sdp) if alternatives || !required => Found::Description(sdp),
        Some(_) | None if required => Found::Required,
        Some(_) | None => Found::Optional,
    })
}

/// Neither compressed nor encoded for mail.
fn is_plain(headers: &Headers) -> bool {
    let encoding = headers.first(name::CONTENT_ENCODING).unwrap_or("identity");
    let transfer = headers.first("Content-Transfer-Encoding").unwrap_or("binary");
    let is_one_of =
        |value: &str, known: &[&str]| known.iter().any(|known| value.trim().eq_ignore_ascii_case(known));
    is_one_of(encoding, &["identity", ""]) && is_one_of(transfer, &["binary", "8bit", "7bit"])
}

fn disposition(headers: &Headers) -> Option<Parameterised> {
    headers.first("Content-Disposition").and_then(|value| Parameterised::parse(value).ok())
}

/// A description of something else (an early session, RFC 3959; a preview) is none of ours.
fn is_session(headers: &Headers) -> bool {
    disposition(headers).is_none_or(|disposition| disposition.value.eq_ignore_ascii_case("session"))
}

/// The parts between the delimiter lines.
fn split(body: &Bytes, boundary: &str, left: &mut usize) -> Result<Vec<Bytes>, BodyError> {
    let mut parts = Vec::new();
    let mut begun: Option<usize> = None;
    let mut at = 0;
    while let Some(rest) = body.get(at..).filter(|rest| !rest.is_empty()) {
        let length = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1);
        let line = rest.get(..length).unwrap_or_default();
        if let Some(last) = delimiter(line, boundary) {
            if let Some(start) = begun {
                *left = left.checked_sub(1).ok_or(BodyError::Malformed)?;
                parts.push(body.slice(start..without_line_end(body, start, at)));
            }
            if last {
                return Ok(parts);
            }
            begun = Some(at + length);
        }
        at += length;
    }
    Err(BodyError::Malformed)
}

/// Whether a line is a delimiter, and the last one.
fn delimiter(line: &[u8], boundary: &str) -> Option<bool> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary.as_bytes())?.trim_ascii_end();
    match rest {
        b"" => Some(false),
        b"--" => Some(true),
        _ => None,
    }
}

/// The line end before a delimiter belongs to it (RFC 2046 §5.1.1).
fn without_line_end(body: &[u8], start: usize, end: usize) -> usize {
    let part = body.get(start..end).unwrap_or_default();
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    start + part.strip_suffix(b"\r").unwrap_or(part).len()
}

/// The header fields of a part, and its content.
fn open(part: &Bytes) -> Result<(Headers, Bytes), BodyError> {
    let mut headers = Headers::default();
    let mut field = String::new();
    let mut at = 0;
    while let Some(rest) = part.get(at..).filter(|rest| !rest.is_empty()) {
        let length = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1);
        let line = String::from_utf8_lossy(rest.get(..length).unwrap_or_default());
        at += length;
        let folded = line.starts_with([' ', '\t']) && !line.trim().is_empty();
        if !folded {
            close(&mut headers, &field)?;
            field.clear();
        }
        if line.trim().is_empty() {
            return Ok((headers, part.slice(at..)));
        }
        field.push_str(&line);
    }
    // Header fields and nothing else: an empty content.
    close(&mut headers, &field)?;
    Ok((headers, Bytes::new()))
}

fn close(headers: &mut Headers, field: &str) -> Result<(), BodyError> {
    if field.is_empty() {
        return Ok(());
    }
    let (name, value) = field.split_once(':').ok_or(BodyError::Malformed)?;
    if headers.len() >= PART_FIELDS_MAX || !super::is_token(name.trim()) {
        return Err(BodyError::Malformed);
    }
    let words: Vec<&str> = value.split_ascii_whitespace().collect();
    headers.push(name.trim(), words.join(" "));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SDP: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n";

    fn found(content_type: &str, body: &str) -> Result<Option<String>, BodyError> {
        let mut headers = Headers::default();
        headers.push(name::CONTENT_TYPE, content_type);
        let found = session_description(&headers, &Bytes::copy_from_slice(body.as_bytes()))?;
        Ok(found.map(|sdp| String::from_utf8_lossy(&sdp).into_owned()))
    }

    fn mixed(parts: &[(&str, &str)]) -> String {
        let parts = parts.iter().map(|(head, body)| format!("--b\r\n{head}\r\n\r\n{body}\r\n"));
        format!("preamble\r\n{}--b--\r\nepilogue", parts.collect::<String>())
    }

    const SESSION: (&str, &str) = ("Content-Type: application/sdp", SDP);

    #[test]
    fn a_plain_body_is_its_own_part() {
        assert_eq!(found("Application/SDP;charset=utf-8", SDP), Ok(Some(SDP.into())));
        assert_eq!(found("application/isup", "x"), Err(BodyError::Unsupported));
        assert_eq!(session_description(&Headers::default(), &Bytes::from_static(b"x")), Ok(None));
        assert_eq!(session_description(&Headers::default(), &Bytes::new()), Ok(None));
    }

    #[test]
    fn the_description_is_found_wherever_it_stands() {
        let other = ("Content-Type: application/pidf+xml\r\nContent-ID: <a@b>", "<x/>");
        for parts in [&[SESSION, other][..], &[other, SESSION], &[other, other, SESSION, other]] {
            assert_eq!(found("multipart/mixed; boundary=b", &mixed(parts)), Ok(Some(SDP.into())));
            assert_eq!(found("Multipart/Related;boundary=\"b\"", &mixed(parts)), Ok(Some(SDP.into())));
        }
        assert_eq!(found("multipart/mixed;boundary=b", &mixed(&[other])), Ok(None));
        let folded = ("content-type:\r\n application/sdp\r\nContent-Disposition: session", SDP);
        assert_eq!(found("multipart/mixed;boundary=b", &mixed(&[folded])), Ok(Some(SDP.into())));
    }

    #[test]
    fn a_part_that_must_be_understood_and_is_not_refuses_the_whole() {
        let isup = |handling| {
            let head = format!("Content-Type: application/isup\r\nContent-Disposition: signal{handling}");
            found("multipart/mixed;boundary=b", &mixed(&[SESSION, (&head, "x")]))
        };
        assert_eq!(isup(";handling=required"), Err(BodyError::Unsupported));
        assert_eq!(isup(""), Err(BodyError::Unsupported));
        assert_eq!(isup("; handling=Optional"), Ok(Some(SDP.into())));
        let packed = (
            "Content-Type: application/sdp\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: session",
            "x",
        );
        assert_eq!(found("multipart/mixed;boundary=b", &mixed(&[packed])), Err(BodyError::Unsupported));
    }

    #[test]
    fn of_alternatives_the_last_one_that_is_understood_counts() {
        let newer = ("Content-Type: application/sdp", "v=0\r\nnewer");
        let unknown = ("Content-Type: application/sdpng\r\nContent-Disposition: session", "x");
        let body = mixed(&[SESSION, newer, unknown]);
        assert_eq!(found("multipart/alternative;boundary=b", &body), Ok(Some("v=0\r\nnewer".into())));
        assert_eq!(
            found("multipart/alternative;boundary=b", &mixed(&[unknown])),
            Err(BodyError::Unsupported)
        );
    }

    #[test]
    fn multiparts_may_stand_in_one_another_to_a_limit() {
        let nest = |depth: usize| {
            let mut body = mixed(&[SESSION]);
            for level in 1..depth {
                let inner = format!("Content-Type: multipart/mixed;boundary={}", "b".repeat(level));
                let outer = "b".repeat(level + 1);
                body = format!("--{outer}\r\n{inner}\r\n\r\n{body}\r\n--{outer}--");
            }
            found(&format!("multipart/mixed;boundary={}", "b".repeat(depth)), &body)
        };
        assert_eq!(nest(NESTING_MAX), Ok(Some(SDP.into())));
        assert_eq!(nest(NESTING_MAX + 1), Err(BodyError::Malformed));
    }

    #[test]
    fn parts_fields_and_boundaries_have_limits() {
        let other = ("Content-Type: a/b", "");
        let parts = |count| found("multipart/mixed;boundary=b", &mixed(&vec![other; count]));
        assert_eq!(parts(PARTS_MAX), Ok(None));
        assert_eq!(parts(PARTS_MAX + 1), Err(BodyError::Malformed));
        let fields = |count| {
            let head = (0..count).map(|n| format!("X-{n}: y")).collect::<Vec<_>>().join("\r\n");
            found("multipart/mixed;boundary=b", &mixed(&[(&head, "x")]))
        };
        assert_eq!(fields(PART_FIELDS_MAX), Ok(None));
        assert_eq!(fields(PART_FIELDS_MAX + 1), Err(BodyError::Malformed));
        for boundary in ["", ";boundary=", &format!(";boundary={}", "b".repeat(71)), ";boundary=c"] {
            let content_type = format!("multipart/mixed{boundary}");
            assert_eq!(found(&content_type, &mixed(&[SESSION])), Err(BodyError::Malformed), "{boundary}");
        }
    }

    #[test]
    fn the_line_end_before_a_delimiter_is_not_the_parts_own_and_bare_lf_is_read() {
        let lf = mixed(&[SESSION]).replace("\r\n", "\n");
        assert_eq!(found("multipart/mixed;boundary=b", &lf), Ok(Some(SDP.replace("\r\n", "\n"))));
        let headless = "--b\r\n\r\nx\r\n--b--";
        assert_eq!(found("multipart/mixed;boundary=b", headless), Ok(None));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_without_a_panic(body in "(--b|--|b|\r\n|\n|:| |Content-Type: |application/sdp|multipart/mixed;boundary=b|x){0,60}") {
            let read = found("multipart/mixed;boundary=b", &body);
            if let Ok(Some(sdp)) = read {
                prop_assert!(body.contains(&sdp));
            }
        }
    }
}
