//! The text of challenges and credentials: `Digest name=value, name="value"` (RFC 3261 §25.1, RFC 7235 §2.1).
//!
//! Quoted values are kept as they stand between the quotes, escapes included: that is what goes into the hash
//! (`unq(X)`, RFC 7616 §3.4) and what is echoed.

/// Longest header value that is looked at, in bytes; a longer one is no challenge. Real ones stay under 1 KiB.
pub const VALUE_MAX: usize = 4_096;

/// Most parameters of one value, over all its challenges; more make it no challenge. RFC 7616 knows 13 for each.
pub const PARAMS_MAX: usize = 64;

/// One challenge, or one set of credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AuthParams<'a> {
    scheme: &'a str,
    params: Vec<(&'a str, &'a str)>,
}

impl<'a> AuthParams<'a> {
    /// Every challenge in one header value: usually one, several when a peer joins them with commas (RFC 7235 §4.1).
    /// Empty when the text is not well-formed.
    pub(super) fn parse_list(text: &'a str) -> Vec<Self> {
        if text.len() > VALUE_MAX { Vec::new() } else { parse(text).unwrap_or_default() }
    }

    /// Those of the digest scheme only.
    pub(super) fn parse_digests(text: &'a str) -> Vec<Self> {
        let mut list = Self::parse_list(text);
        list.retain(|item| item.scheme.eq_ignore_ascii_case("Digest"));
        list
    }

    /// A parameter, without its quotes. The first, when it is there twice.
    pub(super) fn value(&self, name: &str) -> Option<&'a str> {
        self.params.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }
}

fn parse(text: &str) -> Option<Vec<AuthParams<'_>>> {
    let mut list: Vec<AuthParams<'_>> = Vec::new();
    let mut rest = skip_separators(text);
    let mut count = 0;
    while !rest.is_empty() {
        let (token, after) = take_token(rest)?;
        let after = after.trim_start();
        let Some(value_text) = after.strip_prefix('=') else {
            list.push(AuthParams { scheme: token, params: Vec::new() });
            rest = skip_separators(after);
            continue;
        };
        count += 1;
        if count > PARAMS_MAX {
            return None;
        }
        let (value, after) = take_value(value_text.trim_start())?;
        list.last_mut()?.params.push((token, value));
        let after = after.trim_start();
        if !after.is_empty() && !after.starts_with(',') {
            return None;
        }
        rest = skip_separators(after);
    }
    Some(list)
}

fn skip_separators(text: &str) -> &str {
    text.trim_start_matches(|c: char| c == ',' || c.is_ascii_whitespace())
}

fn take_token(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !is_token_char(c)).unwrap_or(text.len());
    if end == 0 { None } else { text.split_at_checked(end) }
}

/// `token` of RFC 3261 §25.1.
fn is_token_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-.!%*_+`'~".contains(c)
}

fn take_value(text: &str) -> Option<(&str, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        // Nonces and opaques are seen unquoted too, with characters that no token has.
        let end = text.find(|c: char| c == ',' || c == '"' || c.is_ascii_whitespace()).unwrap_or(text.len());
        return text.split_at_checked(end);
    };
    let mut escaped = false;
    for (index, c) in quoted.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => {
                let (value, after) = quoted.split_at_checked(index)?;
                return Some((value, after.strip_prefix('"')?));
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_challenge_is_read_whatever_its_spacing_and_case() {
        let list = AuthParams::parse_digests(
            "dIGEST Realm = \"a, b\" ,nonce=\"x\\\"y\",, algorithm=MD5 ,qop=\"auth\"",
        );
        assert_eq!(list.len(), 1);
        assert_eq!(list[0].value("realm"), Some("a, b"));
        assert_eq!(list[0].value("NONCE"), Some("x\\\"y"));
        assert_eq!(list[0].value("algorithm"), Some("MD5"));
        assert_eq!(list[0].value("opaque"), None);
    }

    #[test]
    fn joined_challenges_are_told_apart() {
        let list =
            AuthParams::parse_list("Basic realm=\"b\", Digest realm=\"d\", nonce=\"1\", Digest realm=\"e\"");
        assert_eq!(list.iter().map(|c| c.scheme).collect::<Vec<_>>(), ["Basic", "Digest", "Digest"]);
        assert_eq!(list[1].value("nonce"), Some("1"));
        assert_eq!(list[2].value("realm"), Some("e"));
    }

    #[test]
    fn nonsense_is_no_challenge() {
        for text in [
            "",
            "=",
            "realm=\"x\"",
            "Digest realm=\"unclosed",
            "Digest realm=\"a\" nonce=\"b\"",
            "Digest ü=1",
        ] {
            assert!(AuthParams::parse_digests(text).iter().all(|c| c.params.is_empty()), "{text}");
        }
    }

    #[test]
    fn size_and_number_of_parameters_end_at_their_limits() {
        let value = |params: usize| format!("Digest {}", vec!["a=1"; params].join(","));
        assert_eq!(AuthParams::parse_digests(&value(PARAMS_MAX)).len(), 1);
        assert_eq!(AuthParams::parse_digests(&value(PARAMS_MAX + 1)).len(), 0);
        let sized = |size: usize| format!("Digest a={}", "x".repeat(size - 9));
        assert_eq!(AuthParams::parse_digests(&sized(VALUE_MAX)).len(), 1);
        assert_eq!(AuthParams::parse_digests(&sized(VALUE_MAX + 1)).len(), 0);
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_without_a_panic(text in ".{0,200}") {
            let _ = AuthParams::parse_list(&text);
        }

        #[test]
        fn near_misses_are_parsed_without_a_panic(text in "Digest ([a-z]{1,3}[ =]\"?[a-z\\\\\"é,]{0,4}\"?[, ]){0,6}") {
            let _ = AuthParams::parse_list(&text);
        }
    }
}
