//! Messages that the caller left.

use super::Message;
use crate::{Entry, Event};
use cordboard_base::LegId;

/// From each taking of a message to whatever the program did next.
pub(super) fn left(own: &[&Entry], caller: LegId) -> Vec<Message> {
    /// A key or a hang-up ends it in the same moment.
    const MOMENT_US: i64 = 500_000;
    let mut messages = Vec::new();
    for (at, entry) in own.iter().enumerate() {
        if !matches!(&entry.event, Event::Step { what, .. } if what == "take_message") {
            continue;
        }
        let after = || own.iter().skip(at + 1);
        let next = after().find(|entry| matches!(entry.event, Event::Step { .. } | Event::Ended { .. }));
        let end_us = next.map_or(entry.at_us, |next| next.at_us);
        let ended_itself = !after().take_while(|later| later.at_us <= end_us + MOMENT_US).any(|later| {
            let near = later.at_us >= end_us - MOMENT_US;
            let key = matches!(&later.event, Event::Digit { leg, .. } if *leg == caller);
            let end = matches!(&later.event, Event::Ended { by, .. } if by == "caller");
            let bye = matches!(&later.event, Event::Message { leg, sent: false, text, .. }
                if *leg == Some(caller) && text.starts_with("BYE "));
            near && (key || end || bye)
        });
        messages.push(Message { took_us: end_us.saturating_sub(entry.at_us), ended_itself });
    }
    messages
}
