//! The names of header fields: constants, compact forms (RFC 3261 §7.3.3) and which fields are comma lists (§7.3.1).

/// How a field's values are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// One value; a comma, if any, is part of it.
    Single,
    /// A comma list, printed one value a line (addresses, Via).
    Lines,
    /// A comma list of tokens, printed on one line.
    Tokens,
}

pub(super) struct Known {
    pub(super) name: &'static str,
    compact: u8,
    pub(super) layout: Layout,
}

macro_rules! names {
    ($($constant:ident = $text:literal $layout:ident $($compact:literal)?),* $(,)?) => {
        $(#[doc = concat!("`", $text, "`")] pub const $constant: &str = $text;)*

        const COUNT: usize = [$($text),*].len();
        const UNSORTED: [Known; COUNT] = [$(
            Known { name: $text, compact: 0 $(+ $compact)?, layout: Layout::$layout }
        ),*];
    };
}

names! {
    ACCEPT = "Accept" Tokens, ACCEPT_CONTACT = "Accept-Contact" Lines b'a', ACCEPT_ENCODING = "Accept-Encoding" Tokens,
    ACCEPT_LANGUAGE = "Accept-Language" Tokens, ALERT_INFO = "Alert-Info" Lines, ALLOW = "Allow" Tokens,
    ALLOW_EVENTS = "Allow-Events" Tokens b'u', AUTHENTICATION_INFO = "Authentication-Info" Single,
    AUTHORIZATION = "Authorization" Single, CALL_ID = "Call-ID" Single b'i', CALL_INFO = "Call-Info" Lines,
    CONTACT = "Contact" Lines b'm', CONTENT_DISPOSITION = "Content-Disposition" Single,
    CONTENT_ENCODING = "Content-Encoding" Tokens b'e', CONTENT_LANGUAGE = "Content-Language" Tokens,
    CONTENT_LENGTH = "Content-Length" Single b'l', CONTENT_TYPE = "Content-Type" Single b'c', CSEQ = "CSeq" Single,
    DATE = "Date" Single, DIVERSION = "Diversion" Lines, ERROR_INFO = "Error-Info" Lines, EVENT = "Event" Single b'o',
    EXPIRES = "Expires" Single, FLOW_TIMER = "Flow-Timer" Single, FROM = "From" Single b'f',
    HISTORY_INFO = "History-Info" Lines, IDENTITY = "Identity" Single b'y', IN_REPLY_TO = "In-Reply-To" Tokens,
    JOIN = "Join" Single, MAX_FORWARDS = "Max-Forwards" Single, MIME_VERSION = "MIME-Version" Single,
    MIN_EXPIRES = "Min-Expires" Single, MIN_SE = "Min-SE" Single, ORGANIZATION = "Organization" Single,
    P_ASSERTED_IDENTITY = "P-Asserted-Identity" Lines, P_ASSOCIATED_URI = "P-Associated-URI" Lines,
    P_PREFERRED_IDENTITY = "P-Preferred-Identity" Lines, PATH = "Path" Lines, PRIORITY = "Priority" Single,
    PRIVACY = "Privacy" Single, PROXY_AUTHENTICATE = "Proxy-Authenticate" Single,
    PROXY_AUTHORIZATION = "Proxy-Authorization" Single, PROXY_REQUIRE = "Proxy-Require" Tokens, RACK = "RAck" Single,
    REASON = "Reason" Lines, RECORD_ROUTE = "Record-Route" Lines, REFER_SUB = "Refer-Sub" Single,
    REFER_TO = "Refer-To" Single b'r', REFERRED_BY = "Referred-By" Single b'b', REJECT_CONTACT = "Reject-Contact" Lines b'j',
    REMOTE_PARTY_ID = "Remote-Party-ID" Lines, REPLACES = "Replaces" Single, REPLY_TO = "Reply-To" Single,
    REQUEST_DISPOSITION = "Request-Disposition" Tokens b'd', REQUIRE = "Require" Tokens, RETRY_AFTER = "Retry-After" Single,
    ROUTE = "Route" Lines, RSEQ = "RSeq" Single, SERVER = "Server" Single, SERVICE_ROUTE = "Service-Route" Lines,
    SESSION_EXPIRES = "Session-Expires" Single b'x', SIP_ETAG = "SIP-ETag" Single, SIP_IF_MATCH = "SIP-If-Match" Single,
    SUBJECT = "Subject" Single b's', SUBSCRIPTION_STATE = "Subscription-State" Single,
    SUPPORTED = "Supported" Tokens b'k', TIMESTAMP = "Timestamp" Single, TO = "To" Single b't',
    UNSUPPORTED = "Unsupported" Tokens, USER_AGENT = "User-Agent" Single, VIA = "Via" Lines b'v',
    WARNING = "Warning" Lines, WWW_AUTHENTICATE = "WWW-Authenticate" Single,
}

/// The longest known name, and one.
const LENGTHS: usize = 24;

/// `ORDER[STARTS[n]..STARTS[n + 1]]` are the known names of n bytes: a name is looked up among a handful.
const ORDER: [u8; COUNT] = sorted().0;
const STARTS: [u8; LENGTHS + 1] = sorted().1;

#[allow(
    clippy::cast_possible_truncation,
    reason = "evaluated by the compiler; there are fewer than 256 names"
)]
const fn sorted() -> ([u8; COUNT], [u8; LENGTHS + 1]) {
    let (mut order, mut starts) = ([0; COUNT], [0; LENGTHS + 1]);
    let (mut length, mut filled) = (0, 0);
    while length < LENGTHS {
        starts[length] = filled as u8;
        let mut index = 0;
        while index < COUNT {
            if UNSORTED[index].name.len() == length {
                order[filled] = index as u8;
                filled += 1;
            }
            index += 1;
        }
        length += 1;
    }
    assert!(filled == COUNT, "LENGTHS is too small");
    starts[LENGTHS] = filled as u8;
    (order, starts)
}

static KNOWN: [Known; COUNT] = UNSORTED;

/// What is known of a name, full or compact, whatever its case.
pub(super) fn lookup(name: &str) -> Option<&'static Known> {
    if let [letter] = name.as_bytes() {
        let letter = letter.to_ascii_lowercase();
        return KNOWN.iter().find(|known| known.compact == letter);
    }
    let from = usize::from(*STARTS.get(name.len())?);
    let until = usize::from(*STARTS.get(name.len() + 1)?);
    let candidates = ORDER.get(from..until)?;
    candidates
        .iter()
        .filter_map(|index| KNOWN.get(usize::from(*index)))
        .find(|known| known.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_and_compact_form_is_found() {
        for known in &KNOWN {
            assert_eq!(lookup(&known.name.to_uppercase()).unwrap().name, known.name);
        }
        assert_eq!(lookup("v").unwrap().name, VIA);
        assert_eq!(lookup("X").unwrap().name, SESSION_EXPIRES);
        assert!(lookup("q").is_none() && lookup("").is_none() && lookup(&"x".repeat(60)).is_none());
    }
}
