//! An answer of a web server (RFC 9112), out of the bytes that came so far.

use cordboard_app::HTTP_BODY_MAX;
use std::collections::BTreeMap;

/// Bytes of a head.
const HEAD_MAX: usize = 16 * 1024;
/// Header fields of a head.
const FIELDS_MAX: usize = 100;
/// All that is read of an answer: head, body, and what chunks add, which is at most six bytes for one.
pub(super) const RESPONSE_MAX: usize = HEAD_MAX + 8 * HTTP_BODY_MAX;

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) status: u16,
    /// By names in small letters.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
}

/// Why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    Malformed,
    TooLarge,
}

/// The answer, if all of it is there; `is_over`: nothing more will come.
pub(super) fn parse(bytes: &[u8], is_over: bool) -> Result<Option<Response>, Broken> {
    let incomplete = |what: Broken| if is_over { Err(what) } else { Ok(None) };
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return if bytes.len() > HEAD_MAX { Err(Broken::Malformed) } else { incomplete(Broken::Malformed) };
    };
    if end > HEAD_MAX {
        return Err(Broken::Malformed);
    }
    let (head, rest) = bytes.split_at_checked(end + 4).ok_or(Broken::Malformed)?;
    let (status, headers) = parse_head(&String::from_utf8_lossy(head))?;
    // Interim answers come before the real one (RFC 9110 §15.2).
    if (100..200).contains(&status) {
        return parse(rest, is_over);
    }
    let codings = headers.get("transfer-encoding").map(|codings| codings.to_ascii_lowercase());
    let body = match (codings, headers.get("content-length")) {
        _ if matches!(status, 204 | 304) => Some(Vec::new()),
        (Some(codings), _) if codings == "chunked" => chunks(rest)?,
        (Some(_), _) => return Err(Broken::Malformed),
        (None, Some(length)) => {
            let length: usize = length.parse().map_err(|_| Broken::Malformed)?;
            if length > HTTP_BODY_MAX {
                return Err(Broken::TooLarge);
            }
            rest.get(..length).map(<[u8]>::to_vec)
        }
        (None, None) if rest.len() > HTTP_BODY_MAX => return Err(Broken::TooLarge),
        (None, None) => is_over.then(|| rest.to_vec()),
    };
    let Some(body) = body else { return incomplete(Broken::Malformed) };
    let body = String::from_utf8_lossy(&body).into_owned();
    // What is no UTF-8 grows when it becomes text.
    if body.len() > HTTP_BODY_MAX {
        Err(Broken::TooLarge)
    } else {
        Ok(Some(Response { status, headers, body }))
    }
}

fn parse_head(head: &str) -> Result<(u16, BTreeMap<String, String>), Broken> {
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let is_http = words.next().is_some_and(|version| matches!(version, "HTTP/1.1" | "HTTP/1.0"));
    let code =
        words.next().filter(|code| is_http && code.len() == 3).and_then(|code| code.parse::<u16>().ok());
    let code = code.filter(|code| (100..600).contains(code)).ok_or(Broken::Malformed)?;
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').ok_or(Broken::Malformed)?;
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_graphic()) || headers.len() >= FIELDS_MAX {
            return Err(Broken::Malformed);
        }
        let (name, value) = (name.to_ascii_lowercase(), value.trim().to_owned());
        // Two lengths are one answer within another (RFC 9112 §6.3).
        if name == "content-length" && headers.get(&name).is_some_and(|before| *before != value) {
            return Err(Broken::Malformed);
        }
        match headers.get_mut(&name) {
            Some(before) if name != "content-length" => *before = format!("{before}, {value}"),
            Some(_) => {}
            None => drop(headers.insert(name, value)),
        }
    }
    Ok((code, headers))
}

/// A body in chunks (RFC 9112 §7.1), if the last one is there.
fn chunks(mut rest: &[u8]) -> Result<Option<Vec<u8>>, Broken> {
    let mut body = Vec::new();
    loop {
        let Some(end) = rest.windows(2).position(|two| two == b"\r\n") else {
            return if rest.len() > 256 { Err(Broken::Malformed) } else { Ok(None) };
        };
        let (line, after) = rest.split_at_checked(end).ok_or(Broken::Malformed)?;
        let line = core::str::from_utf8(line).map_err(|_| Broken::Malformed)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let is_size = !size.is_empty() && size.bytes().all(|byte| byte.is_ascii_hexdigit());
        let size = usize::from_str_radix(size, 16).ok().filter(|_| is_size).ok_or(Broken::Malformed)?;
        if size == 0 {
            return Ok(Some(body));
        }
        if body.len().saturating_add(size) > HTTP_BODY_MAX {
            return Err(Broken::TooLarge);
        }
        let Some(chunk) = after.get(2..size + 2) else { return Ok(None) };
        body.extend_from_slice(chunk);
        match after.get(size + 2..size + 4) {
            Some(b"\r\n") => rest = after.get(size + 4..).unwrap_or_default(),
            Some(_) => return Err(Broken::Malformed),
            None => return Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> Response {
        parse(text.as_bytes(), true).unwrap().unwrap()
    }

    #[test]
    fn bodies_end_by_their_length_their_chunks_or_the_connection() {
        let length = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\nx-a: 2\r\n\r\nhello";
        assert_eq!((answer(length).body.as_str(), answer(length).headers["x-a"].as_str()), ("hello", "1, 2"));
        assert_eq!(parse(&length.as_bytes()[..length.len() - 1], false), Ok(None));
        assert_eq!(parse(&length.as_bytes()[..length.len() - 1], true), Err(Broken::Malformed));
        assert_eq!(
            parse(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more", false)
                .unwrap()
                .unwrap()
                .body,
            "hello"
        );
        let chunked =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n1\r\n!\r\n0\r\n\r\n";
        assert_eq!(answer(chunked).body, "hello!");
        for end in 0..chunked.len() - 4 {
            assert_eq!(parse(&chunked.as_bytes()[..end], false), Ok(None), "{end}");
        }
        let open = "HTTP/1.0 404 Not Found\r\n\r\nnobody";
        assert_eq!((parse(open.as_bytes(), false), answer(open).status), (Ok(None), 404));
        assert_eq!(answer("HTTP/1.1 204 No Content\r\n\r\n").body, "");
        assert_eq!(
            answer(
                "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"
            )
            .body,
            "x"
        );
    }

    #[test]
    fn what_is_no_answer_is_told_from_what_is_too_large() {
        for bad in [
            "",
            "SSH-2.0-x\r\n\r\n",
            "HTTP/2 200\r\n\r\n",
            "HTTP/1.1 99 x\r\n\r\n",
            "HTTP/1.1 2000 x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        ] {
            assert_eq!(parse(bad.as_bytes(), true), Err(Broken::Malformed), "{bad}");
        }
        let body = |bytes: usize| "x".repeat(bytes);
        let with_length =
            |bytes: usize| format!("HTTP/1.1 200 OK\r\nContent-Length: {bytes}\r\n\r\n{}", body(bytes));
        assert_eq!(answer(&with_length(HTTP_BODY_MAX)).body.len(), HTTP_BODY_MAX);
        assert_eq!(parse(with_length(HTTP_BODY_MAX + 1).as_bytes(), false), Err(Broken::TooLarge));
        let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", body(HTTP_BODY_MAX + 1));
        assert_eq!(parse(endless.as_bytes(), false), Err(Broken::TooLarge));
        let chunk = format!("{:x}\r\n{}\r\n", 40_000, body(40_000));
        let chunks = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}{chunk}");
        assert_eq!(parse(chunks.as_bytes(), false), Err(Broken::TooLarge));
        let head = format!("HTTP/1.1 200 OK\r\nX: {}", body(HEAD_MAX));
        assert_eq!(parse(head.as_bytes(), false), Err(Broken::Malformed));
        let fields: String = (0..=FIELDS_MAX).map(|n| format!("X-{n}: 1\r\n")).collect();
        assert_eq!(
            parse(format!("HTTP/1.1 200 OK\r\n{fields}\r\n").as_bytes(), false),
            Err(Broken::Malformed)
        );
        let mut latin = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
        latin.extend(vec![0xe9; HTTP_BODY_MAX]);
        assert_eq!(parse(&latin, true), Err(Broken::TooLarge), "each byte becomes three");
    }
}
