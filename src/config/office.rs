//! `etc/cordboard.toml`: the exchange itself. Every key is documented in that file, with its unit; the defaults here and the
//! values there are the same, which a test holds.

use super::features::FeaturesSection;
use super::http::HttpSection;
use super::people::{User, UsersFile};
use super::value::{CodecName, Name, Net, TimeZoneName, Within};
use cordboard_call::OfficeRecording;
use cordboard_media::{BeepFor, RecordBeep, RecordFormat, RecordSides};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "the sections are documented one by one, the keys in the file")]
pub struct OfficeFile {
    pub office: OfficeSection,
    pub codecs: CodecsSection,
    pub paths: Paths,
    pub sounds: SoundsSection,
    pub sip: SipSection,
    pub tls: TlsSection,
    pub network: NetworkSection,
    pub rtp: RtpSection,
    pub recording: RecordingSection,
    pub features: FeaturesSection,
    pub http: HttpSection,
    pub registration: RegistrationSection,
    pub limits: LimitsSection,
    pub timers: TimersSection,
    pub records: RecordsSection,
    pub journey: JourneySection,
    pub log: LogSection,
}

/// Who we are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct OfficeSection {
    pub domain: String,
    pub lang: String,
    pub time_zone: TimeZoneName,
    pub codecs: Vec<CodecName>,
    pub music: String,
    pub call_max_s: Within<0, 604_800>,
}

impl Default for OfficeSection {
    fn default() -> Self {
        let codecs = ["opus", "G722", "PCMA", "PCMU"];
        Self {
            domain: "cordboard.local".to_owned(),
            lang: "en".to_owned(),
            time_zone: TimeZoneName::utc(),
            codecs: codecs.iter().filter_map(|name| CodecName::try_from((*name).to_owned()).ok()).collect(),
            music: "default".to_owned(),
            call_max_s: Within::new(14_400),
        }
    }
}

/// What does the work of codecs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct CodecsSection {
    pub libraries: bool,
}

impl Default for CodecsSection {
    fn default() -> Self {
        Self { libraries: true }
    }
}

/// Where things lie.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct Paths {
    pub data: PathBuf,
    pub dialplan: PathBuf,
    pub recordings: Option<PathBuf>,
}

impl Default for Paths {
    fn default() -> Self {
        Self { data: "var".into(), dialplan: "dialplan/main.rhai".into(), recordings: None }
    }
}

/// Prompts and music.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct SoundsSection {
    pub path: PathBuf,
    pub cache_mib: Within<1, 4_096>,
}

impl Default for SoundsSection {
    fn default() -> Self {
        Self { path: "sounds".into(), cache_mib: Within::new(32) }
    }
}

/// What we listen on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct SipSection {
    pub udp: Vec<SocketAddr>,
    pub tcp: Vec<SocketAddr>,
    pub tls: Vec<SocketAddr>,
    pub dscp: Within<0, 63>,
    pub user_agent: String,
}

impl Default for SipSection {
    fn default() -> Self {
        let both = |port: u16| {
            vec![
                SocketAddr::from((std::net::Ipv4Addr::UNSPECIFIED, port)),
                SocketAddr::from((std::net::Ipv6Addr::UNSPECIFIED, port)),
            ]
        };
        let user_agent = "Cordboard".to_owned();
        Self { udp: both(5060), tcp: both(5060), tls: both(5061), dscp: Within::new(24), user_agent }
    }
}

/// Certificates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct TlsSection {
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
    pub roots: Option<PathBuf>,
}

/// What peers outside are shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct NetworkSection {
    pub external_ipv4: Option<std::net::Ipv4Addr>,
    pub external_ipv6: Option<std::net::Ipv6Addr>,
    pub local: Vec<Net>,
    pub prefer: Option<IpAddr>,
}

/// Media.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct RtpSection {
    pub port_first: Within<1_024, 65_534>,
    pub port_last: Within<1_025, 65_535>,
    pub dscp: Within<0, 63>,
    pub timeout_s: Within<0, 86_400>,
    pub workers: Within<0, 16>,
}

impl Default for RtpSection {
    fn default() -> Self {
        Self {
            port_first: Within::new(10_000),
            port_last: Within::new(19_999),
            dscp: Within::new(46),
            timeout_s: Within::new(60),
            workers: Within::new(0),
        }
    }
}

/// How calls are recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct RecordingSection {
    pub name: String,
    pub format: RecordFormat,
    pub stereo: bool,
    pub beep_s: Within<0, 60>,
    pub code: String,
    pub code_by_caller: bool,
    pub code_by_callee: bool,
    pub keep_days: Within<0, 36_500>,
    pub keep_mb: Within<0, 1_000_000_000>,
}

impl Default for RecordingSection {
    fn default() -> Self {
        let OfficeRecording { name, format, code, by_caller, by_callee, .. } = OfficeRecording::default();
        Self {
            name,
            format,
            stereo: true,
            beep_s: Within::new(0),
            code,
            code_by_caller: by_caller,
            code_by_callee: by_callee,
            keep_days: Within::new(0),
            keep_mb: Within::new(0),
        }
    }
}

impl RecordingSection {
    /// As the call core is told.
    pub(super) fn setup(&self, users: &UsersFile) -> OfficeRecording {
        let every_ms = self.beep_s.get::<u32>() * 1_000;
        let beep = RecordBeep { every_ms, heard_by: BeepFor::Both, recorded: true };
        let rule = |(name, user): (&Name, &User)| Some((name.as_str().to_owned(), user.record?));
        OfficeRecording {
            name: self.name.clone(),
            format: self.format,
            sides: if self.stereo { RecordSides::Stereo } else { RecordSides::Mixed },
            beep: Some(beep).filter(|_| every_ms > 0),
            users: users.user.iter().filter_map(rule).collect(),
            code: self.code.clone(),
            by_caller: self.code_by_caller,
            by_callee: self.code_by_callee,
        }
    }
}

/// How phones register.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct RegistrationSection {
    pub min_s: Within<10, 86_400>,
    pub default_s: Within<10, 86_400>,
    pub max_s: Within<10, 604_800>,
    pub keep_alive_s: Within<5, 600>,
}

impl Default for RegistrationSection {
    fn default() -> Self {
        Self {
            min_s: Within::new(60),
            default_s: Within::new(600),
            max_s: Within::new(3_600),
            keep_alive_s: Within::new(25),
        }
    }
}

/// Bounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct LimitsSection {
    pub calls: Within<1, 16_384>,
    pub contacts_per_user: Within<1, 100>,
    pub bindings: Within<1, 100_000>,
    pub subscriptions: Within<1, 100_000>,
    pub connections: Within<1, 60_000>,
    pub connections_per_address: Within<1, 60_000>,
}

impl Default for LimitsSection {
    fn default() -> Self {
        Self {
            calls: Within::new(500),
            contacts_per_user: Within::new(10),
            bindings: Within::new(5_000),
            subscriptions: Within::new(20_000),
            connections: Within::new(2_048),
            connections_per_address: Within::new(256),
        }
    }
}

/// How long is waited for what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct TimersSection {
    pub session_s: Within<0, 86_400>,
    pub connect_s: Within<1, 60>,
    pub handshake_s: Within<1, 60>,
    pub message_s: Within<1, 600>,
    pub idle_s: Within<60, 604_800>,
    pub write_s: Within<1, 60>,
}

impl Default for TimersSection {
    fn default() -> Self {
        Self {
            session_s: Within::new(1_800),
            connect_s: Within::new(4),
            handshake_s: Within::new(10),
            message_s: Within::new(30),
            idle_s: Within::new(3_900),
            write_s: Within::new(10),
        }
    }
}

/// Call records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct RecordsSection {
    pub keep_days: Within<0, 36_500>,
    pub keep_max: Within<0, 100_000_000>,
}

impl Default for RecordsSection {
    fn default() -> Self {
        Self { keep_days: Within::new(730), keep_max: Within::new(1_000_000) }
    }
}

/// What befell calls, entry by entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct JourneySection {
    pub enabled: bool,
    pub messages: bool,
    pub answers: AnswersKept,
    pub keep_days: Within<0, 36_500>,
    pub max_mb: Within<0, 1_000_000>,
}

impl Default for JourneySection {
    fn default() -> Self {
        Self {
            enabled: true,
            messages: true,
            answers: AnswersKept::All,
            keep_days: Within::new(14),
            max_mb: Within::new(512),
        }
    }
}

/// Which answers that scripts get are kept for replays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnswersKept {
    /// All but what is known to be secret.
    All,
    /// The same, without those of web servers.
    NoWeb,
    /// None.
    None,
}

/// The log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct LogSection {
    pub level: LogLevel,
    pub format: LogFormat,
    pub redact: bool,
}

impl Default for LogSection {
    fn default() -> Self {
        Self { level: LogLevel::Info, format: LogFormat::Text, redact: false }
    }
}

/// From which level on lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum LogFormat {
    Text,
    Json,
}
