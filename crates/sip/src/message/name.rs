macro_rules! names {
    ($($constant:ident = $text:literal),* $(,)?) => {
        $(#[doc = concat!("`", $text, "`")] pub const $constant: &str = $text;)*
    };
}

names! {
    ACCEPT = "Accept", ALERT_INFO = "Alert-Info", ALLOW = "Allow", ALLOW_EVENTS = "Allow-Events",
    AUTHENTICATION_INFO = "Authentication-Info", AUTHORIZATION = "Authorization", CALL_ID = "Call-ID",
    CALL_INFO = "Call-Info", CONTACT = "Contact", CONTENT_LENGTH = "Content-Length", CONTENT_TYPE = "Content-Type",
    CSEQ = "CSeq", DATE = "Date", DIVERSION = "Diversion", EVENT = "Event", EXPIRES = "Expires", FROM = "From",
    HISTORY_INFO = "History-Info", MAX_FORWARDS = "Max-Forwards", MIN_EXPIRES = "Min-Expires", MIN_SE = "Min-SE",
    P_ASSERTED_IDENTITY = "P-Asserted-Identity", P_PREFERRED_IDENTITY = "P-Preferred-Identity", PATH = "Path",
    PRIVACY = "Privacy", PROXY_AUTHENTICATE = "Proxy-Authenticate", PROXY_AUTHORIZATION = "Proxy-Authorization",
    RACK = "RAck", REASON = "Reason", RECORD_ROUTE = "Record-Route", REFER_TO = "Refer-To",
    REFERRED_BY = "Referred-By", REMOTE_PARTY_ID = "Remote-Party-ID", REPLACES = "Replaces", REQUIRE = "Require",
    RETRY_AFTER = "Retry-After", ROUTE = "Route", RSEQ = "RSeq", SERVER = "Server", SESSION_EXPIRES = "Session-Expires",
    SIP_ETAG = "SIP-ETag", SIP_IF_MATCH = "SIP-If-Match", SUBSCRIPTION_STATE = "Subscription-State",
    SUPPORTED = "Supported", TO = "To", UNSUPPORTED = "Unsupported", USER_AGENT = "User-Agent", VIA = "Via",
    WARNING = "Warning", WWW_AUTHENTICATE = "WWW-Authenticate",
}
