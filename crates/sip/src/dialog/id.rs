//! Our tags: they name the leg, so that a request within a dialog finds its session without a table, and they hold a token
//! that cannot be guessed (RFC 3261 §19.3).

use cordboard_base::{CallId, LegId};

/// The tag of a leg: `call.index-token`, in token characters.
pub(crate) fn tag_of_leg(leg: LegId, token: &str) -> String {
    format!("{leg}-{token}")
}

/// The leg that a tag names, if it is one of ours. Whether the tag is that leg's own is for the leg to compare.
pub(crate) fn leg_of_tag(tag: &str) -> Option<LegId> {
    let (leg, _token) = tag.split_once('-')?;
    let (call, index) = leg.split_once('.')?;
    let call = CallId(u64::from_str_radix(call, 16).ok()?);
    Some(LegId { call, index: index.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_names_its_leg() {
        let leg = LegId { call: CallId(0xbeef), index: 3 };
        assert_eq!(leg_of_tag(&tag_of_leg(leg, "token")), Some(leg));
    }

    #[test]
    fn a_foreign_tag_names_none() {
        for tag in ["", "-", "as6f4d", "1.2", "x.1-t", "1.70000-t", "1.-t"] {
            assert_eq!(leg_of_tag(tag), None, "{tag}");
        }
    }
}
