//! How the mails of a journey stand: the journey knows that they were ordered, the queue of mails what has become of them.

use crate::config::Config;
use crate::mail::{Queue, Waiting};
use cordboard_journey::{Entry, Event};
use jiff::Timestamp;

/// Fills in what is known. Without a queue nothing is.
pub(super) fn look_up(config: &Config, entries: &mut [Entry]) {
    let path = config.store_path();
    if !path.exists() || !entries.iter().any(|entry| matches!(entry.event, Event::Mailed { .. })) {
        return;
    }
    let Ok(queue) = Queue::open(&path) else { return };
    for entry in entries {
        if let Event::Mailed { kind, message, state, .. } = &mut entry.event {
            *state = queue.about(kind, message).ok().map(|mail| mail.as_ref().map_or_else(gone, in_words));
        }
    }
}

/// Rows of mails that are done with are deleted after a month.
fn gone() -> String {
    "it is not in the queue any more".to_owned()
}

fn in_words(mail: &Waiting) -> String {
    let since = Timestamp::from_second(mail.changed_unix_s).ok().filter(|_| mail.changed_unix_s > 0);
    let since = since.map(|at| at.strftime(" %Y-%m-%d %H:%M:%SZ").to_string()).unwrap_or_default();
    let tried = match mail.attempts {
        0 => String::new(),
        1 => ", tried once".to_owned(),
        times => format!(", tried {times} times"),
    };
    let detail = if mail.detail.is_empty() { String::new() } else { format!(" ({})", mail.detail) };
    format!("mail {} is {}{since}{tried}{detail}", mail.id, mail.state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_told_with_its_number_its_state_and_the_servers_word() {
        let mut mail = Waiting::default();
        (mail.id, mail.state) = (8, "waiting".to_owned());
        assert_eq!(in_words(&mail), "mail 8 is waiting");
        (mail.attempts, mail.changed_unix_s, mail.detail) = (2, 1_795_424_400, "421 later".to_owned());
        assert_eq!(in_words(&mail), "mail 8 is waiting 2026-11-23 09:00:00Z, tried 2 times (421 later)");
    }
}
