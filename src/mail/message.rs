//! The mail of a message: text, HTML and audio, with the header fields that filters know from Asterisk.

use super::audio::Attached;
use super::text::{self, Fields, fields, filled};
use super::{MailConfig, SendError};
use cordboard_app::VoicemailMail;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, Message, MultiPart, SinglePart};

/// Who gets it, and by what it is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Envelope<'a> {
    pub(super) to: &'a str,
    pub(super) form: Form,
    /// The message's name, unique for ever: the same mail sent twice is known by it.
    pub(super) id: &'a str,
}

/// Which of an office's texts it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub(super) enum Form {
    Message,
    Pager,
    Dictation,
    Emergency,
}

/// `without`: why nothing is attached although there should be.
pub(super) fn voicemail(
    config: &MailConfig,
    mail: &VoicemailMail,
    envelope: &Envelope<'_>,
    attached: &[Attached],
    without: Option<&str>,
) -> Result<Message, SendError> {
    let fields = fields(config, mail);
    let texts = &config.texts;
    let (subject, body, html) = match envelope.form {
        Form::Message => (&texts.subject, &texts.body, texts.html.as_str()),
        Form::Pager => (&texts.pager_subject, &texts.pager_body, ""),
        Form::Dictation => (&texts.dictation_subject, &texts.dictation_body, ""),
        Form::Emergency => return emergency(config, mail, envelope),
    };
    let mut body = filled(body, &fields, text::plain);
    if let Some(reason) = without {
        body.push_str("\n\nThe recording is not attached: ");
        body.push_str(reason);
        body.push_str(". Call the office to hear it.\n");
    }
    let mut builder = Message::builder()
        .from(address(&config.from)?)
        .to(address(envelope.to)?)
        .subject(text::line(&filled(subject, &fields, text::plain)))
        .message_id(Some(format!("<{}@{}>", envelope.id, host_of(&config.from))));
    if envelope.form == Form::Message {
        for (name, value) in known_headers(mail, &fields, envelope.id) {
            if let Ok(name) = HeaderName::new_from_ascii(name.to_owned()) {
                builder = builder.raw_header(HeaderValue::new(name, text::line(&value)));
            }
        }
    }
    let plain = SinglePart::plain(body);
    let made = if envelope.form == Form::Pager {
        builder.singlepart(plain)
    } else {
        let words = if html.is_empty() {
            MultiPart::mixed().singlepart(plain)
        } else {
            let html = SinglePart::html(filled(html, &fields, text::html));
            MultiPart::mixed().multipart(MultiPart::alternative().singlepart(plain).singlepart(html))
        };
        let whole = attached.iter().fold(words, |whole, file| {
            let kind = ContentType::parse(file.kind).unwrap_or(ContentType::TEXT_PLAIN);
            whole.singlepart(Attachment::new(file.name.clone()).body(file.bytes.clone(), kind))
        });
        builder.multipart(whole)
    };
    made.map_err(|error| SendError::Refused(error.to_string()))
}

/// What is to be known at once stands in the subject; no template of the office's can lose it.
fn emergency(
    config: &MailConfig,
    mail: &VoicemailMail,
    envelope: &Envelope<'_>,
) -> Result<Message, SendError> {
    let date = fields(config, mail).into_iter().find(|(name, _)| *name == "VM_DATE").map(|(_, date)| date);
    let body = format!("{}\n\n{}\n", mail.category, date.unwrap_or_default());
    Message::builder()
        .from(address(&config.from)?)
        .to(address(envelope.to)?)
        .subject(text::line(&mail.category))
        .message_id(Some(format!("<{}@{}>", envelope.id, host_of(&config.from))))
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Importance"), "high".to_owned()))
        .body(body)
        .map_err(|error| SendError::Refused(error.to_string()))
}

/// A mail that tries the way: `cordboard mail test`.
#[derive(Clone, Debug)]
pub struct TestMail<'a> {
    /// Who it comes from.
    pub from: &'a str,
    /// Who gets it.
    pub to: &'a str,
}

impl TestMail<'_> {
    /// The mail.
    pub fn message(&self) -> Result<Message, SendError> {
        Message::builder()
            .from(address(self.from)?)
            .to(address(self.to)?)
            .subject("[PBX]: a test of the way to you")
            .body(
                "This mail was sent by `cordboard mail test`. Messages of your mailbox take the same way.\n"
                    .to_owned(),
            )
            .map_err(|error| SendError::Refused(error.to_string()))
    }
}

fn known_headers(mail: &VoicemailMail, fields: &Fields, id: &str) -> Vec<(&'static str, String)> {
    let field = |name: &str| fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    let text = |name: &str| field(name).unwrap_or_default();
    vec![
        ("X-Asterisk-VM-Message-Num", mail.number.to_string()),
        ("X-Asterisk-VM-Server-Name", "Cordboard".to_owned()),
        ("X-Asterisk-VM-Context", text("VM_CONTEXT")),
        ("X-Asterisk-VM-Extension", mail.mailbox.clone()),
        ("X-Asterisk-VM-Flag", text("VM_FLAG")),
        ("X-Asterisk-VM-Priority", if mail.urgent { "1".to_owned() } else { "2".to_owned() }),
        ("X-Asterisk-VM-Caller-ID-Num", text("VM_CIDNUM")),
        ("X-Asterisk-VM-Caller-ID-Name", text("VM_CIDNAME")),
        ("X-Asterisk-VM-Duration", (mail.ms.div_ceil(1_000)).to_string()),
        ("X-Asterisk-VM-Category", mail.category.clone()),
        ("X-Asterisk-VM-Message-Type", "Message".to_owned()),
        ("X-Asterisk-VM-Orig-date", text("VM_DATE")),
        ("X-Asterisk-VM-Orig-time", (mail.received_unix_us / 1_000_000).to_string()),
        ("X-Asterisk-VM-Message-ID", id.to_owned()),
        ("X-Asterisk-CallerID", text("VM_CIDNUM")),
        ("X-Asterisk-CallerIDName", text("VM_CIDNAME")),
    ]
}

fn address(text: &str) -> Result<Mailbox, SendError> {
    text.parse().map_err(|error| SendError::Refused(format!("{text}: {error}")))
}

/// Whether an address can be one.
pub(crate) fn is_address(text: &str) -> bool {
    text.parse::<Mailbox>().is_ok()
}

fn host_of(from: &str) -> String {
    let host = from.rsplit_once('@').map_or("localhost", |(_, host)| host);
    host.trim_end_matches('>').to_owned()
}
