//! `etc/paging.toml`: how phones are told to answer by themselves. Every key is documented in that file, which may be absent.

use serde::{Deserialize, Serialize};

/// The whole file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct Settings {
    pub auto_answer: Vec<HeaderLine>,
}

impl Default for Settings {
    /// What the common makes look at: `answer-after` is Snom's, Grandstream's, Yealink's, Fanvil's, Linphone's; the three of
    /// Alert-Info are Cisco's and Mitel's, Polycom's, and Aastra's; RFC 5373 is everybody's who reads it.
    fn default() -> Self {
        let lines = [
            "Call-Info: <http://127.0.0.1>;answer-after=0",
            "Alert-Info: <http://127.0.0.1>;info=alert-autoanswer;delay=0",
            "Alert-Info: <http://127.0.0.1>;info=\"Ring Answer\"",
            "Alert-Info: <http://127.0.0.1>;info=\"Auto Answer\"",
            "Answer-Mode: Auto",
        ];
        Self {
            auto_answer: lines
                .iter()
                .filter_map(|line| HeaderLine::try_from((*line).to_owned()).ok())
                .collect(),
        }
    }
}

/// A header field: `Call-Info: <http://127.0.0.1>;answer-after=0`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HeaderLine {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// Those that tell a phone how to alert. Others are the exchange's own.
const NAMES: [&str; 5] = ["Alert-Info", "Answer-Mode", "Call-Info", "Priority", "Subject"];

impl TryFrom<String> for HeaderLine {
    type Error = String;

    fn try_from(line: String) -> Result<Self, String> {
        let Some((name, value)) = line.split_once(':') else {
            return Err("a header field is written `Name: value`".to_owned());
        };
        let (name, value) = (name.trim(), value.trim());
        let is_own = name.starts_with("X-") && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if !is_own && !NAMES.contains(&name) {
            return Err(format!(
                "`{name}` can't be set here, expected one of `{}` or X-…",
                NAMES.join("`, `")
            ));
        }
        if value.is_empty() || value.len() > 256 || value.chars().any(char::is_control) {
            return Err("a header field's value has 1 to 256 characters".to_owned());
        }
        Ok(Self { name: name.to_owned(), value: value.to_owned() })
    }
}

impl From<HeaderLine> for String {
    fn from(line: HeaderLine) -> Self {
        format!("{}: {}", line.name, line.value)
    }
}
