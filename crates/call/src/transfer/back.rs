//! Back to who has transferred a call blindly and hung up: where the number reaches nobody, the transferer is called, and is shown
//! why, instead of the call being lost.
//!
//! ```text
//! transferer gone ─▶ its number's program ─┬─ talks, asks, records, joins ─▶ reached: nobody comes back
//!                                          ├─ says why nobody answers ─────▶ still open
//!                                          └─ ends, or hangs up ───────────▶ `call_back_transferer`
//! ```
//! A transferer whose phone waits for the outcome talks with the caller again at once: see `blind.rs`.

use crate::feature::consult::RECALL;
use crate::program::stack::{Role, StackId};
use crate::state::{Beside, Run, State};
use crate::world::World;
use cordboard_app::{Cause, Step, Value};
use cordboard_base::LegId;
use serde::{Deserialize, Serialize};

/// Whom a transferred leg goes back to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Returns {
    subject: LegId,
    user: String,
    /// Where it was to go.
    number: String,
}

impl State {
    /// The transferer has said where to, and is gone. Who is outside is not called back.
    pub(crate) fn returns_to(&mut self, transferer: LegId, subject: LegId, number: String) {
        let user = self.legs.get(&transferer).and_then(|leg| leg.owner.user()).cloned();
        self.returns = user.map(|user| Box::new(Returns { subject, user, number }));
    }

    /// A program does something with its leg: is it more than to say that nobody answers?
    pub(crate) fn returns_no_more(&mut self, id: StackId, subject: LegId, step: &Step) {
        let failed = self.stacks.get(&id).is_some_and(|stack| stack.last_cause.is_some() && !stack.talked);
        let explains = failed && matches!(step, Step::Play(_) | Step::Tone(_) | Step::Music(_));
        if !explains && !matches!(step, Step::Music(_)) {
            self.returned_or_reached(subject);
        }
    }

    /// The leg talks with somebody, or is gone.
    pub(crate) fn returned_or_reached(&mut self, subject: LegId) {
        self.returns.take_if(|returns| returns.subject == subject);
    }

    /// Whether a leg whose program gives up goes back.
    pub(crate) fn has_return(&self, subject: LegId) -> bool {
        self.returns.as_ref().is_some_and(|returns| returns.subject == subject)
    }

    /// Nobody was reached: the transferer is called. Whether there is one to be called.
    pub(crate) fn go_back(&mut self, w: &World, cause: Cause) -> bool {
        let Some(Returns { subject, user, number }) = self.returns.take().map(|returns| *returns) else {
            return false;
        };
        let Some(leg) = self.legs.get(&subject).filter(|leg| leg.is_live()) else { return false };
        // How the phone was found says more than what the program made of it.
        let found = self.main.and_then(|main| self.stacks.get(&main)).and_then(|stack| stack.last_cause);
        let cause = found.unwrap_or(cause);
        let party = leg.party.clone();
        let caller = if party.name.is_empty() { party.number.clone() } else { party.name };
        let shown = format!("{} {number}: {caller}", reason(cause));
        self.end = None;
        self.connected = None;
        let music = self.hold_music(w);
        if let Some(leg) = self.legs.get_mut(&subject) {
            leg.music.clone_from(&music);
        }
        let text = Value::Text;
        let args = vec![text(user), music.map_or(Value::Unit, text), text(party.number), text(shown)];
        let run = Run::App { app: RECALL.to_owned(), args: Value::List(args) };
        self.beside.push(Beside { subject, role: Role::Drives, run });
        true
    }
}

/// Why, as a display has room for it.
fn reason(cause: Cause) -> &'static str {
    match cause {
        Cause::BUSY => "Busy",
        Cause::REJECTED => "Declined",
        Cause::NO_ANSWER => "No answer",
        Cause::ABSENT => "Not there",
        _ => "Failed",
    }
}
