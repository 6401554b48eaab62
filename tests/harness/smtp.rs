//! A mail server of a test's: it takes every mail and remembers which, in which of the lives of the process that sent it.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A mail that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mail {
    /// What is between the angle brackets, up to the `@`.
    pub(crate) id: String,
    /// In which life of the sender.
    pub(crate) life: u32,
    /// Whether there is a file with it.
    pub(crate) has_file: bool,
}

#[derive(Debug, Default)]
struct Shared {
    mails: Mutex<Vec<Mail>>,
    life: AtomicU32,
    refuses_attachments: AtomicBool,
}

/// The server.
#[derive(Clone, Debug)]
pub(crate) struct MailServer {
    shared: Arc<Shared>,
    /// Where it listens.
    pub(crate) port: u16,
}

impl MailServer {
    /// It listens until the test is over.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Self { shared: Arc::default(), port };
        let shared = Arc::clone(&server.shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                // A sender that dies leaves its connection: whatever is not complete was not taken.
                std::thread::spawn(move || talk(stream, &shared).unwrap_or_default());
            }
        });
        server
    }

    /// The sender begins another life.
    pub(crate) fn next_life(&self) {
        self.shared.life.fetch_add(1, Ordering::SeqCst);
    }

    /// From now on mails with a file are refused for good, as a server with a rule against them does.
    pub(crate) fn refuses_attachments(&self) {
        self.shared.refuses_attachments.store(true, Ordering::SeqCst);
    }

    /// What it has taken.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.shared.mails.lock().unwrap().clone()
    }

    /// `etc/mail.toml` for it.
    pub(crate) fn settings(&self) -> String {
        format!("[server]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\n", self.port)
    }
}

fn talk(stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut out = stream.try_clone()?;
    let mut lines = BufReader::new(stream);
    let mut say = |text: &str| out.write_all(format!("{text}\r\n").as_bytes());
    say("220 test")?;
    let mut line = String::new();
    loop {
        line.clear();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
            "QUIT" => return say("221 bye"),
            "DATA" => {
                say("354 go on")?;
                let Some(mail) = data(&mut lines)? else { return Ok(()) };
                if shared.refuses_attachments.load(Ordering::SeqCst) && mail.contains("filename=") {
                    say("554 5.7.1 no files here")?;
                    continue;
                }
                let id = mail.lines().find_map(|line| line.strip_prefix("Message-ID: <"));
                let id = id.and_then(|id| id.split('@').next()).unwrap_or_default().to_owned();
                let life = shared.life.load(Ordering::SeqCst);
                shared.mails.lock().unwrap().push(Mail { id, life, has_file: mail.contains("filename=") });
                say("250 2.0.0 taken")?;
            }
            _ => say("250 well")?,
        }
    }
}

/// A mail up to its dot; `None`: the sender has died before.
fn data(lines: &mut impl BufRead) -> std::io::Result<Option<String>> {
    let mut mail = String::new();
    loop {
        let from = mail.len();
        if lines.read_line(&mut mail)? == 0 {
            return Ok(None);
        }
        if mail[from..].trim_end() == "." {
            return Ok(Some(mail));
        }
    }
}
