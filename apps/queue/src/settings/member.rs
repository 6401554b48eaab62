//! Members that are always there.

use super::{NUMBER_MAX, is_name, is_number, within};
use cordboard_app::Destination;
use serde::{Deserialize, Serialize};

/// Where an extension is looked up that names no context.
const CONTEXT: &str = "internal";

/// A member as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WrittenMember {
    user: Option<String>,
    trunk: Option<String>,
    number: Option<String>,
    extension: Option<String>,
    context: Option<String>,
    state_of: Option<String>,
    #[serde(deserialize_with = "within::<_, 0, 1_000>")]
    penalty: u32,
    name: String,
}

/// A member that is always there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WrittenMember", into = "WrittenMember")]
#[allow(missing_docs, reason = "documented in the file")]
pub struct MemberSettings {
    pub who: Destination,
    /// Whose telephone says whether it is free; `None`: its own, or it always is.
    pub state_of: Option<String>,
    pub penalty: u32,
    pub name: String,
}

impl TryFrom<WrittenMember> for MemberSettings {
    type Error = String;

    fn try_from(written: WrittenMember) -> Result<Self, String> {
        let WrittenMember { user, trunk, number, extension, context, state_of, penalty, name } = written;
        if let Some(user) = state_of.as_ref().filter(|user| !is_name(user)) {
            return Err(format!("`state_of` is a user of the office, not `{user}`"));
        }
        if let Some((_, name)) = user.as_ref().and_then(|user| user.split_once('/')) {
            let user = user.as_deref().unwrap_or_default();
            return Err(format!("`{user}` is Asterisk's: here a member is `user = \"{name}\"`"));
        }
        let who = match (user, (trunk, number), (extension, context)) {
            (Some(user), (None, None), (None, None)) if is_name(&user) => Destination::User(user),
            (None, (Some(trunk), Some(number)), (None, None)) if is_name(&trunk) && is_number(&number) => {
                Destination::Trunk { trunk, number }
            }
            (None, (None, None), (Some(number), context)) => {
                let context = context.unwrap_or_else(|| CONTEXT.to_owned());
                if !is_extension(&number) || !is_name(&context) {
                    return Err(format!("`{number}` in `{context}` is no number of the dialplan"));
                }
                Destination::Extension { context, number }
            }
            (_, (_, Some(number)), _) if !is_number(&number) => {
                return Err(format!("`{number}` is no number: digits, after a `+` if need be"));
            }
            _ => {
                let what = "a member is a `user`, a `number` by a `trunk`, or an `extension` in a `context`";
                return Err(what.to_owned());
            }
        };
        Ok(Self { who, state_of, penalty, name })
    }
}

impl From<MemberSettings> for WrittenMember {
    fn from(member: MemberSettings) -> Self {
        let MemberSettings { who, state_of, penalty, name } = member;
        let written = Self { state_of, penalty, name, ..Self::default() };
        match who {
            Destination::User(user) => Self { user: Some(user), ..written },
            Destination::Trunk { trunk, number } => {
                Self { trunk: Some(trunk), number: Some(number), ..written }
            }
            Destination::Extension { context, number } => {
                Self { extension: Some(number), context: Some(context), ..written }
            }
        }
    }
}

/// What the dialplan may have a route for: codes too.
fn is_extension(number: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '*' | '#' | '+' | '.' | '_' | '-');
    !number.is_empty() && number.len() <= NUMBER_MAX && number.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(json: &str) -> Result<MemberSettings, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn a_member_is_one_thing_and_comes_back_as_it_was_written() {
        for json in [
            r#"{"user": "101", "penalty": 2}"#,
            r#"{"trunk": "itsp", "number": "+4930555", "name": "Anna"}"#,
            r#"{"extension": "205", "state_of": "205"}"#,
            r#"{"extension": "*101", "context": "from-itsp"}"#,
        ] {
            let read = member(json).unwrap();
            let written = serde_json::to_string(&read).unwrap();
            assert_eq!(member(&written).unwrap(), read, "{json}");
        }
        let internal = Destination::Extension { context: CONTEXT.to_owned(), number: "205".to_owned() };
        assert_eq!(member(r#"{"extension": "205"}"#).unwrap().who, internal);
    }

    #[test]
    fn what_is_no_member_is_refused_with_the_reason() {
        for (json, why) in [
            (r#"{"user": "101", "extension": "205"}"#, "a member is"),
            (r#"{"context": "internal"}"#, "a member is"),
            (r#"{"extension": "2 05"}"#, "no number of the dialplan"),
            (r#"{"extension": "205", "context": ""}"#, "no number of the dialplan"),
            (r#"{"extension": "205", "state_of": "a b"}"#, "state_of"),
        ] {
            let error = member(json).unwrap_err();
            assert!(error.contains(why), "{json}: {error}");
        }
    }
}
