//! `Refer-To` (RFC 3515 §2.1), with the Replaces of an attended transfer (RFC 3891 §3).

use super::Replaces;
use crate::message::{MessageError, Method, NameAddr, Uri, name};

const MALFORMED: MessageError = MessageError::Malformed(name::REFER_TO);

/// Where a REFER wants the receiver to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferTo {
    /// The target as a Request-URI: without headers and `method`.
    pub target: Uri,
    /// What to send there: INVITE unless the URI says otherwise.
    pub method: Method,
    /// The dialog to replace there.
    pub replaces: Option<Replaces>,
    /// The other headers to put into the request, as the URI has them. Not to be trusted (RFC 3261 §19.1.5).
    pub headers: Vec<(String, String)>,
}

impl ReferTo {
    /// From the header's value.
    pub fn parse(value: &str) -> Result<Self, MessageError> {
        let NameAddr { mut uri, .. } = NameAddr::parse(value).map_err(|_| MALFORMED)?;
        let method = uri.params.value("method").map_or(Method::Invite, Method::from_token);
        uri.params.remove("method");
        let mut headers = core::mem::take(&mut uri.headers);
        let replaces = headers.iter().position(|(name, _)| name.eq_ignore_ascii_case(name::REPLACES));
        let replaces = replaces.map(|at| Replaces::parse(&headers.remove(at).1)).transpose()?;
        Ok(Self { target: uri, method, replaces, headers })
    }

    /// The header's value as a name-addr.
    pub fn to_name_addr(&self) -> NameAddr {
        let mut uri = self.target.clone();
        if self.method != Method::Invite {
            uri.params.set("method", Some(self.method.as_str()));
        }
        if let Some(replaces) = &self.replaces {
            uri.headers.push((name::REPLACES.to_owned(), replaces.to_string()));
        }
        uri.headers.extend(self.headers.iter().cloned());
        NameAddr::new(uri)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attended_transfer_names_the_dialog_to_replace() {
        let text = "<sip:dave@denver.example.org?Replaces=12345%40192.168.118.3%3Bto-tag%3D12345%3Bfrom-tag%3D5FFE-3994\
            &X-A=b>";
        let refer_to = ReferTo::parse(text).unwrap();
        assert_eq!(refer_to.target.to_string(), "sip:dave@denver.example.org");
        assert_eq!(refer_to.method, Method::Invite);
        let replaces = refer_to.replaces.clone().unwrap();
        assert_eq!((replaces.call_id.as_str(), replaces.to_tag.as_str()), ("12345@192.168.118.3", "12345"));
        assert_eq!(refer_to.headers, [("X-A".to_owned(), "b".to_owned())]);
        assert_eq!(refer_to.to_name_addr().to_string(), text);
    }

    #[test]
    fn a_method_may_be_named_and_a_broken_replaces_is_refused() {
        let refer_to = ReferTo::parse("Bob <sip:b@h;method=SUBSCRIBE>").unwrap();
        assert_eq!(
            (refer_to.method.as_str(), refer_to.target.to_string().as_str()),
            ("SUBSCRIBE", "sip:b@h")
        );
        assert!(ReferTo::parse("<sip:b@h?Replaces=x>").is_err() && ReferTo::parse("sip:b@h?a=b").is_err());
    }
}
