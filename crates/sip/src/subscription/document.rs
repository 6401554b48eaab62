//! The documents that NOTIFYs carry.

use super::{Availability, DialogDirection, DialogPhase, MessageSummary, Presence, WatchedDialog};
use crate::message::Uri;
use core::fmt::Write;

/// Most dialogs that one document lists; further ones are left out. A lamp shows one, and a longer NOTIFY fits no datagram.
pub const DIALOGS_MAX: usize = 8;

/// `application/dialog-info+xml` (RFC 4235 §4), the full state.
pub(super) fn dialog_info(entity: &Uri, version: u32, dialogs: &[WatchedDialog]) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\"?>\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"{version}\" \
         state=\"full\" entity=\"{}\">\n",
        Escaped(&bare(entity))
    );
    for dialog in dialogs.iter().take(DIALOGS_MAX) {
        push_dialog(&mut text, entity, dialog);
    }
    text.push_str("</dialog-info>\n");
    text
}

fn push_dialog(text: &mut String, entity: &Uri, dialog: &WatchedDialog) {
    let direction = match dialog.direction {
        DialogDirection::Initiator => "initiator",
        DialogDirection::Recipient => "recipient",
    };
    let phase = match dialog.phase {
        DialogPhase::Trying => "trying",
        DialogPhase::Proceeding => "proceeding",
        DialogPhase::Early => "early",
        DialogPhase::Confirmed => "confirmed",
        DialogPhase::Terminated => "terminated",
    };
    push(text, format_args!("<dialog id=\"{}\"", Escaped(&dialog.id)));
    if let Some((call_id, local_tag, remote_tag)) = &dialog.replaces {
        push(
            text,
            format_args!(
                " call-id=\"{}\" local-tag=\"{}\" remote-tag=\"{}\"",
                Escaped(call_id),
                Escaped(local_tag),
                Escaped(remote_tag)
            ),
        );
    }
    push(text, format_args!(" direction=\"{direction}\">\n<state>{phase}</state>\n"));
    let own = bare(entity);
    push(text, format_args!("<local><identity>{0}</identity><target uri=\"{0}\"/></local>\n", Escaped(&own)));
    if let Some(remote) = &dialog.remote {
        let uri = bare(&remote.uri);
        text.push_str("<remote><identity");
        if let Some(display) = &remote.display {
            push(text, format_args!(" display=\"{}\"", Escaped(display)));
        }
        push(text, format_args!(">{0}</identity><target uri=\"{0}\"/></remote>\n", Escaped(&uri)));
    }
    text.push_str("</dialog>\n");
}

/// `application/simple-message-summary` (RFC 3842 §5.2).
pub(super) fn message_summary(entity: &Uri, summary: &MessageSummary) -> String {
    let waiting = if summary.new > 0 { "yes" } else { "no" };
    let account = bare(summary.account.as_ref().unwrap_or(entity));
    format!(
        "Messages-Waiting: {waiting}\r\nMessage-Account: {account}\r\nVoice-Message: {}/{} ({}/{})\r\n",
        summary.new, summary.old, summary.new_urgent, summary.old_urgent
    )
}

/// `application/pidf+xml` (RFC 3863), with RFC 4480's activities.
pub(super) fn pidf(entity: &Uri, presence: &Presence) -> String {
    let (basic, activity, words) = match presence.availability {
        Availability::Offline => ("closed", None, "Offline"),
        Availability::Available => ("open", None, "Available"),
        Availability::OnThePhone => ("open", Some("on-the-phone"), "On the phone"),
        Availability::Away => ("open", Some("away"), "Away"),
        Availability::Busy => ("open", Some("busy"), "Do not disturb"),
    };
    let entity = bare(entity);
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" \
         xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" \
         entity=\"{}\">\n<tuple id=\"office\">\n<status><basic>{basic}</basic></status>\n</tuple>\n",
        Escaped(&entity)
    );
    push(&mut text, format_args!("<note>{}</note>\n", Escaped(presence.note.as_deref().unwrap_or(words))));
    if let Some(activity) = activity {
        push(
            &mut text,
            format_args!(
                "<dm:person id=\"person\"><rpid:activities><rpid:{activity}/></rpid:activities></dm:person>\n"
            ),
        );
    }
    text.push_str("</presence>\n");
    text
}

/// The address alone: parameters of the URI are between us and the watcher.
fn bare(uri: &Uri) -> String {
    let mut uri = uri.clone();
    uri.params = crate::message::Params::default();
    uri.headers.clear();
    uri.to_string()
}

fn push(text: &mut String, arguments: core::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = text.write_fmt(arguments);
}

/// Text within XML: whatever a caller's name holds stays text, and characters that XML forbids are left out.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl core::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&apos;")?,
                '\t' => f.write_char(' ')?,
                '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => {}
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::NameAddr;

    fn uri() -> Uri {
        Uri::parse("sip:101@office.example;transport=tcp").unwrap()
    }

    fn dialog(n: usize) -> WatchedDialog {
        WatchedDialog {
            id: n.to_string(),
            phase: DialogPhase::Early,
            direction: DialogDirection::Recipient,
            remote: Some(NameAddr {
                display: Some("<Tom & \"Jerry\"\u{1}>".into()),
                ..NameAddr::new(Uri::parse("sip:102@office.example").unwrap())
            }),
            replaces: Some(("c@h".into(), "l".into(), "r".into())),
        }
    }

    #[test]
    fn a_ringing_lamp_in_xml() {
        let expected = "<?xml version=\"1.0\"?>\n\
            <dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"7\" state=\"full\" entity=\"sip:101@office.example\">\n\
            <dialog id=\"0\" call-id=\"c@h\" local-tag=\"l\" remote-tag=\"r\" direction=\"recipient\">\n\
            <state>early</state>\n\
            <local><identity>sip:101@office.example</identity><target uri=\"sip:101@office.example\"/></local>\n\
            <remote><identity display=\"&lt;Tom &amp; &quot;Jerry&quot;&gt;\">sip:102@office.example</identity><target uri=\"sip:102@office.example\"/></remote>\n\
            </dialog>\n\
            </dialog-info>\n";
        assert_eq!(dialog_info(&uri(), 7, &[dialog(0)]), expected);
    }

    #[test]
    fn a_document_lists_no_more_dialogs_than_fit() {
        for (have, listed) in [(DIALOGS_MAX, DIALOGS_MAX), (DIALOGS_MAX + 1, DIALOGS_MAX)] {
            let dialogs: Vec<WatchedDialog> = (0..have).map(dialog).collect();
            assert_eq!(dialog_info(&uri(), 0, &dialogs).matches("</dialog>").count(), listed);
        }
    }

    #[test]
    fn a_mailbox_in_words() {
        let summary = MessageSummary { account: None, new: 2, old: 8, new_urgent: 0, old_urgent: 2 };
        let expected = "Messages-Waiting: yes\r\nMessage-Account: sip:101@office.example\r\nVoice-Message: 2/8 (0/2)\r\n";
        assert_eq!(message_summary(&uri(), &summary), expected);
        assert!(message_summary(&uri(), &MessageSummary::default()).starts_with("Messages-Waiting: no\r\n"));
    }

    #[test]
    fn presence_in_xml() {
        let on = Presence { availability: Availability::OnThePhone, note: Some("with <b>".into()) };
        let text = pidf(&uri(), &on);
        assert!(text.contains("<basic>open</basic>") && text.contains("<rpid:on-the-phone/>"));
        assert!(text.contains("<note>with &lt;b&gt;</note>"));
        assert!(pidf(&uri(), &Presence::default()).contains("<basic>closed</basic>"));
    }
}
