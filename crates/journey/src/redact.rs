//! What of a SIP message is nobody's business is blotted out, letter by letter, so that lengths stay as they were: digests, keys of
//! encrypted media, digits in INFO, texts.

use crate::sip::{Sip, is};

/// Header fields with a digest in them.
const DIGESTS: [&str; 4] =
    ["Authorization", "Proxy-Authorization", "Authentication-Info", "Proxy-Authentication-Info"];
/// Their parameters that are secret, or prove one.
const PROOFS: [&str; 3] = ["response=", "rspauth=", "cnonce="];

/// The message without them.
pub(crate) fn redact(text: &str) -> String {
    let sip = Sip::of(text);
    let head_len = text.len().saturating_sub(sip.body.len());
    let mut out = String::with_capacity(text.len());
    let mut holds_proof = false;
    for line in text.get(..head_len).unwrap_or(text).split_inclusive('\n') {
        // A folded line goes on with the field before (RFC 3261 §7.3.1).
        if !line.starts_with([' ', '\t']) {
            let name = line.split(':').next().unwrap_or("").trim();
            holds_proof = DIGESTS.iter().any(|digest| is(name, digest, digest));
        }
        if holds_proof { header(line, &mut out) } else { out.push_str(line) }
    }
    if !sip.body.is_empty() {
        let kind = sip.header("Content-Type", "c").unwrap_or("").to_ascii_lowercase();
        // Of a request that tells keys nothing is kept in whatever it wraps them.
        let hides = sip.method() == "INFO" && !kind.starts_with("application/dtmf");
        body(if hides { "hidden" } else { &kind }, sip.body, &mut out);
    }
    out
}

fn header(line: &str, out: &mut String) {
    let mut rest = line;
    loop {
        let found = PROOFS.iter().filter_map(|proof| find(rest, proof).map(|at| at + proof.len())).min();
        let Some(at) = found else { return out.push_str(rest) };
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        // Quoted or not, it ends where the parameter does.
        let end = after.find([',', '\r', '\n']).unwrap_or(after.len());
        let (value, further) = after.split_at(end);
        out.extend(value.chars().map(|c| if c == '"' || c == ' ' { c } else { 'x' }));
        rest = further;
    }
}

/// Where `wanted` begins, whatever its case, and not within a longer word (`response=` in `x-response=` is one all the same: blotting
/// out too much does no harm).
fn find(text: &str, wanted: &str) -> Option<usize> {
    text.to_ascii_lowercase().find(wanted)
}

fn body(kind: &str, text: &str, out: &mut String) {
    if kind.starts_with("application/dtmf") {
        return digits(kind, text, out);
    }
    let is_plain = kind.is_empty()
        || kind.starts_with("application/sdp")
        || kind.starts_with("message/sipfrag")
        || kind.starts_with("multipart/");
    if is_plain {
        return descriptions(text, out);
    }
    out.extend(text.chars().map(|c| if c.is_alphanumeric() { 'x' } else { c }));
}

/// `Signal=5` of `application/dtmf-relay`, or the digit alone of `application/dtmf`.
fn digits(kind: &str, text: &str, out: &mut String) {
    let alone = !kind.starts_with("application/dtmf-relay");
    for line in text.split_inclusive('\n') {
        let signal = line.get(..6).is_some_and(|name| name.eq_ignore_ascii_case("signal"));
        let from = if alone {
            0
        } else if signal {
            line.find('=').map_or(0, |at| at + 1)
        } else {
            line.len()
        };
        let (name, value) = line.split_at(from);
        out.push_str(name);
        out.extend(value.chars().map(|c| if c.is_whitespace() { c } else { '*' }));
    }
}

/// Keys of SRTP (RFC 4568: `inline:`), and the password of ICE.
fn descriptions(text: &str, out: &mut String) {
    for line in text.split_inclusive('\n') {
        let secret = match line.find("inline:") {
            Some(at) => Some(at + "inline:".len()),
            None if line.starts_with("a=ice-pwd:") => Some("a=ice-pwd:".len()),
            None if line.starts_with("k=") => Some("k=".len()),
            None => None,
        };
        let (shown, hidden) = line.split_at(secret.unwrap_or(line.len()));
        out.push_str(shown);
        out.extend(hidden.chars().map(|c| if c.is_whitespace() { c } else { 'x' }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_blotted_out_and_all_else_stands() {
        let text = "REGISTER sip:a SIP/2.0\r\nAuthorization: Digest username=\"101\", realm=\"a\", nonce=\"n\", \
\r\n \
                    Response=\"6629fae49393a05397450978507c4ef1\", cnonce=\"secret\", qop=auth, nc=00000001\r\nTo: <sip:101@a>\r\n\r\n";
        let redacted = redact(text);
        assert!(!redacted.contains("6629") && !redacted.contains("\"secret\""), "{redacted}");
        assert!(redacted.contains("username=\"101\"") && redacted.contains("nc=00000001\r\nTo: <sip:101@a>"));
        assert_eq!(redacted.len(), text.len());
    }

    #[test]
    fn keys_digits_and_texts_are_blotted_out() {
        for (kind, body, left) in [
            (
                "application/sdp",
                "v=0\r\na=crypto:1 AES inline:c2VjcmV0|2^20\r\na=rtpmap:0 x\r\n",
                "v=0\r\na=crypto:1 AES inline:xxxxxxxxxxxxx\r\na=rtpmap:0 x\r\n",
            ),
            ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", "Signal=*\r\nDuration=160\r\n"),
            ("application/dtmf", "5", "*"),
            ("text/plain", "Hi, Ben!", "xx, xxx!"),
            ("message/sipfrag;version=2.0", "SIP/2.0 200 OK", "SIP/2.0 200 OK"),
        ] {
            let method = if kind.starts_with("application/dtmf") { "INFO" } else { "INVITE" };
            let text = format!("{method} sip:a SIP/2.0\r\nc: {kind}\r\nCSeq: 1 {method}\r\n\r\n");
            assert_eq!(redact(&format!("{text}{body}")), format!("{text}{left}"));
        }
        // Keys wrapped in whatever, or in nothing that is named.
        for kind in ["", "c: multipart/mixed;boundary=b\r\n", "c: application/sdp\r\n"] {
            let text = format!("INFO sip:a SIP/2.0\r\n{kind}CSeq: 1 INFO\r\n\r\n");
            assert_eq!(redact(&format!("{text}--b\r\nSignal=5")), format!("{text}--x\r\nxxxxxx=x"), "{kind}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_digest_stays_wherever_it_stands(before in "[ -~]{0,40}", digest in "[0-9a-f]{32}", after in "[ -~]{0,40}") {
            let text = format!("INVITE sip:a SIP/2.0\r\nProxy-Authorization: Digest {before},response=\"{digest}\",{after}\r\n\r\n");
            proptest::prop_assert!(!redact(&text).contains(&digest));
        }

        #[test]
        fn whatever_comes_stays_as_long_as_it_was(text in "\\PC{0,200}") {
            proptest::prop_assert_eq!(redact(&text).chars().count(), text.chars().count());
        }
    }
}
