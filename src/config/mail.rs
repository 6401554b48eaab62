//! `etc/mail.toml`: the office's mail server, and what its mails say. Every key is documented in that file, which may be absent:
//! then mails wait in the queue.

use super::value::Within;
use super::{Config, ConfigError};
use crate::mail::{self, Attach, BoxMail, MailConfig, MailServer, MailTexts, Security, Sign};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct MailFile {
    pub server: Option<ServerSection>,
    pub from: Option<Address>,
    pub attach: AttachName,
    pub gain_db: Option<Within<-24, 24>>,
    pub text: TextSection,
}

/// What mails of a box have in another way, `[box.NUMBER.mail]` of voicemail.toml.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct BoxMailSection {
    pub from: Option<Address>,
    pub attach: Option<AttachName>,
    pub gain_db: Option<Within<-24, 24>>,
    pub subject: Option<String>,
    pub body: Option<String>,
    pub html: Option<String>,
    pub date: Option<String>,
    pub pager_from: Option<Address>,
    pub pager_subject: Option<String>,
    pub pager_body: Option<String>,
}

impl BoxMailSection {
    /// With the box's time zone.
    fn settings(&self, time_zone: Option<String>) -> BoxMail {
        let own = self.clone();
        BoxMail {
            from: own.from.map(String::from),
            subject: own.subject,
            body: own.body,
            html: own.html,
            pager_from: own.pager_from.map(String::from),
            pager_subject: own.pager_subject,
            pager_body: own.pager_body,
            date: own.date,
            audio: own.attach.map(AttachName::form),
            time_zone,
            gain_db: own.gain_db.map(Within::get),
        }
    }
}

/// The server.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct ServerSection {
    pub host: String,
    pub port: Option<Within<1, 65_535>>,
    #[serde(default)]
    pub security: SecurityName,
    pub user: Option<String>,
    pub password: Option<String>,
    pub password_file: Option<PathBuf>,
    #[serde(default)]
    pub token_command: Vec<String>,
    pub roots: Option<PathBuf>,
}

impl std::fmt::Debug for ServerSection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerSection")
            .field("host", &self.host)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// What mails say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct TextSection {
    pub subject: String,
    pub body: String,
    pub html: String,
    pub pager_subject: String,
    pub pager_body: String,
    pub dictation_subject: String,
    pub dictation_body: String,
    pub date: String,
}

impl Default for TextSection {
    fn default() -> Self {
        Self {
            subject: "[PBX]: New message ${VM_MSGNUM} in mailbox ${VM_MAILBOX}".to_owned(),
            body: "${VM_NAME},\n\nthere is a new message for you, number ${VM_MSGNUM} in mailbox ${VM_MAILBOX}.\n\n\
                   From:    ${VM_CALLERID}\nWhen:    ${VM_DATE}\nLength:  ${VM_DUR}\n"
                .to_owned(),
            html: "<p>${VM_NAME},</p><p>there is a new message for you, number ${VM_MSGNUM} in mailbox ${VM_MAILBOX}.</p>\
                   <table><tr><td>From</td><td><b>${VM_CALLERID}</b></td></tr><tr><td>When</td><td>${VM_DATE}</td></tr>\
                   <tr><td>Length</td><td>${VM_DUR}</td></tr></table>"
                .to_owned(),
            pager_subject: "New voicemail".to_owned(),
            pager_body: "${VM_CALLERID}, ${VM_DUR}, box ${VM_MAILBOX}, ${VM_DATE}\n".to_owned(),
            dictation_subject: "[PBX]: Dictation ${VM_CATEGORY} of ${VM_NAME}".to_owned(),
            dictation_body: "Dictation ${VM_CATEGORY} of ${VM_NAME} (${VM_MAILBOX}), sent ${VM_DATE}.\nLength: ${VM_DUR}\n".to_owned(),
            date: "%A, %-d %B %Y, %H:%M".to_owned(),
        }
    }
}

/// An address of mail: `Office <pbx@example.com>` or `pbx@example.com`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(String);

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if mail::is_address(&text) {
            Ok(Self(text))
        } else {
            Err("an address is written `pbx@example.com` or `Office <pbx@example.com>`".to_owned())
        }
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.0
    }
}

/// How the way to the server is kept secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum SecurityName {
    Tls,
    #[default]
    Starttls,
    None,
}

/// The form of an attached message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum AttachName {
    #[default]
    Wav,
    Opus,
    None,
}

impl AttachName {
    fn form(self) -> Attach {
        match self {
            Self::Wav => Attach::Wav,
            Self::Opus => Attach::Opus,
            Self::None => Attach::Nothing,
        }
    }
}

/// Whether a date is written in letters that there are.
pub(super) fn is_date(date: &str) -> bool {
    let any = jiff::Timestamp::UNIX_EPOCH.to_zoned(jiff::tz::TimeZone::UTC);
    jiff::fmt::strtime::format(date, &any).is_ok()
}

impl Config {
    /// What mails of single boxes have in another way.
    fn box_mails(&self) -> BTreeMap<String, BoxMail> {
        let own = self.voicemail.boxes.iter().map(|(number, section)| {
            let zone = section.time_zone.clone().map(String::from);
            (number.as_str().to_owned(), section.mail.settings(zone))
        });
        own.filter(|(_, own)| *own != BoxMail::default()).collect()
    }

    /// How mails are made and sent.
    pub fn mail(&self) -> MailConfig {
        let file = &self.mail;
        let texts = file.text.clone();
        MailConfig {
            server: file.server.as_ref().map(|server| self.mail_server(server)),
            from: file
                .from
                .clone()
                .map_or_else(|| format!("cordboard@{}", self.office.office.domain), String::from),
            texts: MailTexts {
                subject: texts.subject,
                body: texts.body,
                html: texts.html,
                pager_subject: texts.pager_subject,
                pager_body: texts.pager_body,
                dictation_subject: texts.dictation_subject,
                dictation_body: texts.dictation_body,
                date: texts.date,
            },
            audio: file.attach.form(),
            time_zone: self.office.office.time_zone.clone().into(),
            gain_db: file.gain_db.map_or(0, Within::get),
            boxes: self.box_mails(),
            data: self.data(),
        }
    }

    fn mail_server(&self, server: &ServerSection) -> MailServer {
        let security = match server.security {
            SecurityName::Tls => Security::Tls,
            SecurityName::Starttls => Security::Starttls,
            SecurityName::None => Security::Nothing,
        };
        let usual = match security {
            Security::Tls => 465,
            Security::Starttls => 587,
            Security::Nothing => 25,
        };
        let password = server.password.clone().or_else(|| {
            let text = std::fs::read_to_string(self.base.join(server.password_file.as_ref()?)).ok()?;
            Some(text.trim_end_matches(['\r', '\n']).to_owned())
        });
        let sign = match (server.user.clone(), password) {
            (Some(user), _) if !server.token_command.is_empty() => {
                Sign::Token { user, command: server.token_command.clone() }
            }
            (Some(user), Some(password)) => Sign::Password { user, password },
            (Some(_) | None, _) => Sign::Nobody,
        };
        MailServer {
            host: server.host.clone(),
            port: server.port.map_or(usual, |port| port.get()),
            security,
            sign,
            roots: server.roots.as_ref().map(|path| self.base.join(path)),
        }
    }

    /// What no single value shows.
    pub(super) fn check_mail(&self, file: &Path) -> Result<(), ConfigError> {
        let say = |message: &str| Err(ConfigError::of_file(file, message));
        if !is_date(&self.mail.text.date) {
            return say("text: `date` is no date in strftime's letters, such as \"%d.%m.%Y %H:%M\"");
        }
        let Some(server) = &self.mail.server else { return Ok(()) };
        let ways =
            [server.password.is_some(), server.password_file.is_some(), !server.token_command.is_empty()];
        let count = ways.into_iter().filter(|way| *way).count();
        if count > 1 {
            return say("server: `password`, `password_file` and `token_command` exclude each other");
        }
        if (count == 1) != server.user.is_some() {
            return say("server: `user` comes with a password or a token, and they with it");
        }
        if server.security == SecurityName::None && count == 1 && !is_loopback(&server.host) {
            return say(
                "server: a password over a way that is not secret; use security = \"starttls\" or \"tls\"",
            );
        }
        if let Some(password) = &server.password_file
            && let Err(error) = std::fs::read_to_string(self.base.join(password))
        {
            return say(&format!("server: `password_file`: {error}"));
        }
        Ok(())
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
