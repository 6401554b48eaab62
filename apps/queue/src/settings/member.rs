//! Members that are always there.

use super::{is_name, is_number, within};
use cordboard_app::Destination;
use serde::{Deserialize, Serialize};

/// A member as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WrittenMember {
    user: Option<String>,
    trunk: Option<String>,
    number: Option<String>,
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
    pub penalty: u32,
    pub name: String,
}

impl TryFrom<WrittenMember> for MemberSettings {
    type Error = String;

    fn try_from(written: WrittenMember) -> Result<Self, String> {
        let WrittenMember { user, trunk, number, penalty, name } = written;
        let who = match (user, trunk, number) {
            (Some(user), None, None) if is_name(&user) => Destination::User(user),
            (None, Some(trunk), Some(number)) if is_name(&trunk) && is_number(&number) => {
                Destination::Trunk { trunk, number }
            }
            (_, _, Some(number)) if !is_number(&number) => {
                return Err(format!("`{number}` is no number: digits, after a `+` if need be"));
            }
            _ => return Err("a member is a `user`, or a `number` by a `trunk`".to_owned()),
        };
        Ok(Self { who, penalty, name })
    }
}

impl From<MemberSettings> for WrittenMember {
    fn from(member: MemberSettings) -> Self {
        let MemberSettings { who, penalty, name } = member;
        match who {
            Destination::User(user) => Self { user: Some(user), penalty, name, ..Self::default() },
            Destination::Trunk { trunk, number } => {
                Self { trunk: Some(trunk), number: Some(number), penalty, name, ..Self::default() }
            }
        }
    }
}
