//! The office's mail server: how it is reached, and what its answers mean.

use lettre::message::Message;
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{SmtpTransport, Transport};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// For an answer of the server's.
const TIMEOUT: Duration = Duration::from_secs(60);
/// For a program that prints a token.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(20);
/// A token is not longer.
const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// A server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "documented in etc/mail.toml")]
pub struct MailServer {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub sign: Sign,
    /// PEM roots that its certificate is proved by, beside the usual ones.
    pub roots: Option<PathBuf>,
}

/// How the way there is kept secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "documented in etc/mail.toml")]
pub enum Security {
    Tls,
    Starttls,
    Nothing,
}

/// How we prove who we are.
#[derive(Clone, PartialEq, Eq)]
pub enum Sign {
    /// Not at all.
    Nobody,
    /// By PLAIN or LOGIN.
    Password {
        /// Who.
        user: String,
        /// The password.
        password: String,
    },
    /// By XOAUTH2, with a token that a program prints.
    Token {
        /// Who.
        user: String,
        /// The program with its arguments.
        command: Vec<String>,
    },
}

impl std::fmt::Debug for Sign {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nobody => f.write_str("Nobody"),
            Self::Password { user, .. } => write!(f, "Password({user})"),
            Self::Token { user, .. } => write!(f, "Token({user})"),
        }
    }
}

/// Why a mail was not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// For good: the server will not take it (5xx), or it can't be made.
    #[error("{0}")]
    Refused(String),
    /// For now: no connection, a time-out, 4xx, or a server that does not know us.
    #[error("{0}")]
    Later(String),
}

impl MailServer {
    /// Hands a mail over. The server's answer.
    pub fn send(&self, mail: &Message) -> Result<String, SendError> {
        let transport = self.transport().map_err(SendError::Later)?;
        match transport.send(mail) {
            Ok(response) => {
                let said: Vec<&str> = response.message().collect();
                Ok(format!("{} {}", response.code(), said.join(" ")))
            }
            // 535 and its like are ours to mend, not the mail's fault.
            Err(error) if error.is_permanent() && !is_about_us(&error) => {
                Err(SendError::Refused(told(&error)))
            }
            Err(error) => Err(SendError::Later(told(&error))),
        }
    }

    fn transport(&self) -> Result<SmtpTransport, String> {
        let mut parameters = TlsParameters::builder(self.host.clone());
        if let Some(roots) = &self.roots {
            let pem = std::fs::read(roots).map_err(|error| format!("{}: {error}", roots.display()))?;
            let root =
                Certificate::from_pem(&pem).map_err(|error| format!("{}: {error}", roots.display()))?;
            parameters = parameters.add_root_certificate(root);
        }
        let tls = match self.security {
            Security::Nothing => Tls::None,
            Security::Tls => Tls::Wrapper(parameters.build().map_err(|error| error.to_string())?),
            Security::Starttls => Tls::Required(parameters.build().map_err(|error| error.to_string())?),
        };
        let builder = SmtpTransport::builder_dangerous(&self.host)
            .port(self.port)
            .tls(tls)
            .timeout(Some(TIMEOUT))
            // A connection for each mail: an office sends few, and none is kept that the server has forgotten.
            .pool_config(PoolConfig::new().max_size(1).min_idle(0).idle_timeout(Duration::from_secs(1)));
        Ok(match &self.sign {
            Sign::Nobody => builder,
            Sign::Password { user, password } => builder
                .credentials(Credentials::new(user.clone(), password.clone()))
                .authentication(vec![Mechanism::Plain, Mechanism::Login]),
            Sign::Token { user, command } => builder
                .credentials(Credentials::new(user.clone(), token(command)?))
                .authentication(vec![Mechanism::Xoauth2]),
        }
        .build())
    }
}

/// Whether an answer says that we may not send at all: 530, 534, 535, 538 (RFC 4954 §6).
fn is_about_us(error: &lettre::transport::smtp::Error) -> bool {
    error.status().is_some_and(|code| ["530", "534", "535", "538"].contains(&code.to_string().as_str()))
}

/// An error with what caused it.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

/// What the program prints, without the line's end.
fn token(command: &[String]) -> Result<String, String> {
    let Some((program, arguments)) = command.split_first() else {
        return Err("no program for the token".to_owned());
    };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{program}: {error}"))?;
    let until = Instant::now() + TOKEN_TIMEOUT;
    let status = loop {
        match child.try_wait().map_err(|error| error.to_string())? {
            Some(status) => break status,
            None if Instant::now() >= until => {
                let _is_gone = child.kill();
                let _is_gone = child.wait();
                return Err(format!("{program}: no token after {} s", TOKEN_TIMEOUT.as_secs()));
            }
            None => std::thread::park_timeout(Duration::from_millis(50)),
        }
    };
    let mut printed = String::new();
    if let Some(out) = child.stdout.take() {
        use std::io::Read;
        let most = u64::try_from(TOKEN_BYTES_MAX).unwrap_or(u64::MAX);
        out.take(most).read_to_string(&mut printed).map_err(|error| format!("{program}: {error}"))?;
    }
    if !status.success() || printed.trim().is_empty() {
        return Err(format!("{program}: {status}, and no token"));
    }
    Ok(printed.trim().to_owned())
}
