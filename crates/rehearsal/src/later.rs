//! What somebody does at a moment that the test does not wait for: it waits for something else meanwhile.

use crate::fault::{Fault, fault};
use crate::person::Person;
use cordboard_phone::Command;
use core::time::Duration;

/// What can be done later.
const LATER: [&str; 7] = ["answers", "hangs_up", "holds", "resumes", "presses", "refuses", "transfers"];

impl Person {
    /// Does something after so long, whatever the test waits for meanwhile.
    pub(crate) fn later(&self, after: Duration, what: &str, with: Option<&str>) -> Result<Person, Fault> {
        let wrong = |wanted: &str| fault(format!("later: `{what}` takes {wanted}"));
        let command = match (what, with) {
            ("answers", None) => Command::Answer,
            ("hangs_up", None) => Command::Hangup(None),
            ("holds", None) => Command::Hold,
            ("resumes", None) => Command::Resume,
            ("presses", Some(keys)) => Command::Digits(keys.to_owned()),
            ("presses", None) => return Err(wrong("the keys")),
            ("transfers", Some(number)) => Command::Transfer(number.to_owned()),
            ("transfers", None) => return Err(wrong("the number")),
            ("refuses", None) => Command::Decline(486),
            ("refuses", Some(status)) => {
                let known = status.parse().ok().filter(|status| (300..=699).contains(status));
                Command::Decline(known.ok_or_else(|| wrong("a SIP status from 300 to 699"))?)
            }
            ("answers" | "hangs_up" | "holds" | "resumes", Some(_)) => return Err(wrong("nothing")),
            _ => {
                return Err(fault(format!("later: nobody {what}"))
                    .wants(LATER.join(", "))
                    .like(what, &LATER));
            }
        };
        let with = with.map_or_else(String::new, |with| format!(" {with}"));
        self.scene.tells(format!("{} {what}{with} in {} s", self.name, after.as_secs_f32()));
        self.handset.acts_later(after, command);
        Ok(self.clone())
    }

    /// Its phone answers from now on.
    pub(crate) fn answers_by_itself(&self, after: Duration) -> Person {
        self.handset.answers_by_itself(after);
        self.clone()
    }
}
