//! A person with a phone: a user of the office, somebody who calls from outside, or somebody who is called there.
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a person waits for one happening and passes over all others"
)]

use crate::fault::{Fault, fault};
use crate::scene::Scene;
use cordboard_app::Cause;
use cordboard_phone::{Command, Happening};
use cordboard_sim::Handset;
use core::time::Duration;
use std::cell::Cell;
use std::rc::Rc;

/// What is to happen happens by then: longer than any transaction, and than phones ring as a rule.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// Between what somebody hears and the key that it presses.
const REACTION: Duration = Duration::from_millis(200);

/// Somebody. Cheap to clone; all clones are the same person.
#[derive(Clone)]
pub(crate) struct Person(Rc<Inner>);

pub(crate) struct Inner {
    pub(crate) scene: Rc<Scene>,
    pub(crate) handset: Handset,
    pub(crate) name: String,
    /// How much of the display was looked at.
    seen: Cell<usize>,
    /// How much of what was heard was asked for.
    pub(crate) heard: Cell<usize>,
    /// Routes that were taken before its last call.
    pub(crate) routes: Cell<usize>,
}

impl std::ops::Deref for Person {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

type Done = Result<Person, Fault>;

/// Who calls, as a display shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) number: String,
    pub(crate) name: String,
}

impl Person {
    pub(crate) fn new(scene: &Rc<Scene>, handset: &Handset, name: &str) -> Self {
        let (scene, handset, name) = (Rc::clone(scene), handset.clone(), name.to_owned());
        let (seen, heard, routes) = (Cell::new(0), Cell::new(0), Cell::new(0));
        Self(Rc::new(Inner { scene, handset, name, seen, heard, routes }))
    }

    fn does(&self, what: String, command: Command) -> Self {
        self.scene.tells(format!("{} {what}", self.name));
        self.handset.acts(command);
        self.clone()
    }

    /// Waits for something on the display that was not looked at, and passes over all before it.
    fn awaits<T>(&self, limit: Duration, find: impl Fn(&Happening) -> Option<T>) -> Option<T> {
        let mut found = None;
        self.scene.wait(limit, || {
            found = self.handset.find(self.seen.get(), &find);
            found.is_some()
        });
        let (at, value) = found?;
        self.seen.set(at + 1);
        Some(value)
    }

    /// What the display shows now, in words.
    pub(crate) fn state(&self) -> String {
        let display = self.handset.display();
        let last = display.iter().rev().find_map(|(_, happening)| match happening {
            Happening::Incoming { number, .. } => Some(format!("rings, called by {number}")),
            Happening::Ringing { .. } => Some("hears it ring".to_owned()),
            Happening::EarlyMedia { .. } => Some("hears something before an answer".to_owned()),
            Happening::Talking { .. } | Happening::Resumed { .. } => Some("is answered".to_owned()),
            Happening::Held { .. } => Some("is held".to_owned()),
            Happening::Ended { status, q850, sip, .. } => Some(ended(*status, *q850, *sip)),
            _ => None,
        });
        last.unwrap_or_else(|| "nothing has happened to it".to_owned())
    }

    pub(crate) fn calls(&self, number: &str) -> Person {
        self.scene.collect();
        self.routes.set(self.scene.routes.borrow().len());
        self.heard.set(self.heard_count());
        self.seen.set(self.handset.shown());
        self.does(format!("calls {number}"), Command::Call(number.to_owned()))
    }

    /// Rings, and shows who calls.
    pub(crate) fn rings(&self) -> Result<Shown, Fault> {
        let shown = self.awaits(PATIENCE, |happening| match happening {
            Happening::Incoming { number, name, .. } => {
                Some(Shown { number: number.clone(), name: name.clone() })
            }
            _ => None,
        });
        let missing = || fault(format!("{} does not ring", self.name)).but(self.state());
        let shown = shown.ok_or_else(missing)?;
        self.heard.set(self.heard_count());
        Ok(shown)
    }

    /// Shows this number (and name) of the other end.
    pub(crate) fn sees(&self, number: &str, name: Option<&str>) -> Done {
        let shown = || {
            let display = self.handset.display();
            display.iter().rev().find_map(|(_, happening)| match happening {
                Happening::Incoming { number, name, .. } | Happening::Connected { number, name, .. } => {
                    Some((number.clone(), name.clone()))
                }
                _ => None,
            })
        };
        let fits = |shown: &(String, String)| shown.0 == number && name.is_none_or(|name| shown.1 == name);
        if self.scene.wait(Duration::from_secs(5), || shown().as_ref().is_some_and(fits)) {
            return Ok(self.clone());
        }
        let words = |number: &str, name: Option<&str>| match name {
            Some(name) => format!("{number} \"{name}\""),
            None => number.to_owned(),
        };
        let actual =
            shown().map_or_else(|| "nothing".to_owned(), |(number, name)| words(&number, Some(&name)));
        Err(fault(format!("{} sees something else", self.name)).wants(words(number, name)).but(actual))
    }

    /// Has not rung since somebody looked, and does not within so long.
    pub(crate) fn does_not_ring(&self, span: Duration) -> Done {
        let rang = |happening: &Happening| match happening {
            Happening::Incoming { number, .. } => Some(number.clone()),
            _ => None,
        };
        match self.awaits(span, rang) {
            Some(number) => Err(fault(format!("{} rings", self.name)).but(format!("called by {number}"))),
            None => Ok(self.clone()),
        }
    }

    fn is_ringing(&self) -> bool {
        let display = self.handset.display();
        let last = display.iter().rev().find_map(|(_, happening)| match happening {
            Happening::Incoming { .. } => Some(true),
            Happening::Ended { .. } | Happening::Talking { .. } => Some(false),
            _ => None,
        });
        last == Some(true)
    }

    fn must_ring(&self) -> Result<(), Fault> {
        if self.is_ringing() { Ok(()) } else { self.rings().map(|_shown| ()) }
    }

    /// Picks up, and is through.
    pub(crate) fn answers(&self) -> Done {
        self.must_ring()?;
        self.does("answers".to_owned(), Command::Answer);
        self.is_answered()
    }

    pub(crate) fn refuses(&self, status: u16) -> Done {
        self.must_ring()?;
        Ok(self.does(format!("refuses with {status}"), Command::Decline(status)))
    }

    /// Lets it ring.
    pub(crate) fn ignores(&self) -> Done {
        self.must_ring()?;
        self.scene.tells(format!("{} lets it ring", self.name));
        Ok(self.clone())
    }

    /// Is answered, by whoever or whatever it is.
    pub(crate) fn is_answered(&self) -> Done {
        let answered = |happening: &Happening| match happening {
            Happening::Talking { .. } => Some(true),
            Happening::Ended { .. } => Some(false),
            _ => None,
        };
        match self.awaits(PATIENCE, answered) {
            Some(true) => Ok(self.clone()),
            Some(false) | None => Err(fault(format!("{} is not answered", self.name)).but(self.state())),
        }
    }

    /// Hears the ringing of who is called.
    pub(crate) fn hears_ringing(&self) -> Done {
        let rings = |happening: &Happening| match happening {
            Happening::Ringing { .. } => Some(true),
            Happening::Ended { .. } => Some(false),
            _ => None,
        };
        match self.awaits(PATIENCE, rings) {
            Some(true) => Ok(self.clone()),
            Some(false) | None => {
                Err(fault(format!("{} hears nobody's phone ring", self.name)).but(self.state()))
            }
        }
    }

    pub(crate) fn hangs_up(&self) -> Done {
        self.does("hangs up".to_owned(), Command::Hangup(None));
        self.is_over(None)
    }

    /// Its call is over; and for this cause, if one is named.
    pub(crate) fn is_over(&self, cause: Option<&str>) -> Done {
        let end = self.awaits(PATIENCE, |happening| match happening {
            Happening::Ended { status, q850, sip, .. } => Some((*status, *q850, *sip)),
            _ => None,
        });
        let Some((status, q850, sip)) = end else {
            return Err(fault(format!("the call of {} is not over", self.name)).but(self.state()));
        };
        let Some(cause) = cause else { return Ok(self.clone()) };
        let wanted = cause_of(cause)?;
        let elsewhere = wanted == Cause::ELSEWHERE && sip == Some(200);
        let told = q850.is_some_and(|number| number == wanted.0);
        let refused = q850.is_none() && status == Some(wanted.status());
        let normal = wanted == Cause::NORMAL && status.is_none() && q850.is_none();
        if elsewhere || told || refused || normal {
            return Ok(self.clone());
        }
        Err(fault(format!("the call of {} is over for another reason", self.name))
            .wants(cause)
            .but(ended(status, q850, sip)))
    }

    /// Is refused with this status.
    pub(crate) fn is_refused(&self, wanted: u16) -> Done {
        let end = self.awaits(PATIENCE, |happening| match happening {
            Happening::Ended { status, q850, sip, .. } => Some((*status, *q850, *sip)),
            _ => None,
        });
        match end {
            Some((Some(status), ..)) if status == wanted => Ok(self.clone()),
            Some((status, q850, sip)) => Err(fault(format!("{} is not refused so", self.name))
                .wants(wanted.to_string())
                .but(ended(status, q850, sip))),
            None => Err(fault(format!("{} is not refused", self.name)).but(self.state())),
        }
    }

    fn is_talking(&self) -> bool {
        let display = self.handset.display();
        let last = display.iter().rev().find_map(|(_, happening)| match happening {
            Happening::Talking { .. } | Happening::Resumed { .. } | Happening::Held { .. } => Some(true),
            Happening::Ended { .. } | Happening::Incoming { .. } => Some(false),
            _ => None,
        });
        last == Some(true)
    }

    pub(crate) fn presses(&self, digits: &str) -> Done {
        if let Some(wrong) = digits.chars().find(|c| !c.is_ascii_digit() && !"ABCD*#w".contains(*c)) {
            return Err(fault(format!("there is no key `{wrong}`")));
        }
        if !self.scene.wait(Duration::from_secs(2), || self.is_talking()) {
            let message = format!("{} presses keys while nobody has answered its call", self.name);
            return Err(fault(message).but(self.state()));
        }
        // Nobody is quicker.
        self.scene.world().run_for(REACTION);
        self.does(format!("presses {digits}"), Command::Digits(digits.to_owned()));
        // A key is down for 100 ms and up for 80.
        let wait = |c: char| if c == 'w' { 500 } else { 180 };
        let ms: u64 = digits.chars().map(wait).sum();
        self.scene.world().run_for(Duration::from_millis(ms));
        Ok(self.clone())
    }

    /// The other end has pressed these keys.
    pub(crate) fn gets_digits(&self, digits: &str) -> Done {
        let mut got = String::new();
        for wanted in digits.chars() {
            let digit = self.awaits(Duration::from_secs(5), |happening| match happening {
                Happening::Digit { digit, .. } => Some(*digit),
                _ => None,
            });
            got.extend(digit);
            if digit != Some(wanted) {
                return Err(fault(format!("{} gets other keys", self.name)).wants(digits).but(got));
            }
        }
        Ok(self.clone())
    }

    /// Says something for so long.
    pub(crate) fn says(&self, span: Duration) -> Done {
        self.scene.tells(format!("{} speaks for {} s", self.name, span.as_secs_f32()));
        self.handset.says_for(span);
        self.scene.world().run_for(span);
        Ok(self.clone())
    }

    pub(crate) fn holds(&self, whether: bool) -> Done {
        let (what, command) = if whether { ("holds", Command::Hold) } else { ("resumes", Command::Resume) };
        self.does(what.to_owned(), command);
        let held = self.awaits(PATIENCE, |happening| match happening {
            Happening::Holding { held, .. } => Some(*held),
            _ => None,
        });
        if held == Some(whether) {
            Ok(self.clone())
        } else {
            Err(fault(format!("{} {what} in vain", self.name)))
        }
    }

    /// Is put on hold by the other end: told so, or given music.
    pub(crate) fn is_held(&self) -> Done {
        let told = |happening: &Happening| matches!(happening, Happening::Held { .. }).then_some(());
        if self.awaits(Duration::from_secs(1), told).is_some() {
            Ok(self.clone())
        } else {
            self.hears_music(None)
        }
    }

    /// Transfers the other end to a number, blindly; or, without one, connects its two other ends.
    pub(crate) fn transfers(&self, number: Option<&str>) -> Done {
        match number {
            Some(number) => {
                self.does(format!("transfers to {number}"), Command::Transfer(number.to_owned()));
            }
            None => {
                self.does("connects its two callers".to_owned(), Command::TransferAttended);
            }
        }
        let status = self.awaits(PATIENCE, |happening| match happening {
            // That the transfer was taken on is told at once; how it ends may be told much later.
            Happening::TransferProgress { status, .. } => Some(*status),
            _ => None,
        });
        match status {
            Some(100..=299) => Ok(self.clone()),
            Some(status) => Err(fault(format!("{} transfers in vain", self.name)).but(status.to_string())),
            None => Err(fault(format!("{} transfers and hears no more of it", self.name))),
        }
    }

    /// A text comes.
    pub(crate) fn reads(&self, part: &str) -> Done {
        let mut other = Vec::new();
        let end = self.scene.world().now() + Duration::from_secs(10);
        while let Some(text) = self.awaits(end.since(self.scene.world().now()), |happening| match happening {
            Happening::Text { from, text } if !from.is_empty() => Some(text.clone()),
            _ => None,
        }) {
            if text.contains(part) {
                return Ok(self.clone());
            }
            other.push(text);
        }
        Err(fault(format!("{} reads no such text", self.name)).wants(part).but(other.join("\n")))
    }

    /// Registers, or removes its registration.
    pub(crate) fn registers(&self, whether: bool) -> Done {
        let (what, command) =
            if whether { ("registers", Command::Register) } else { ("goes offline", Command::Unregister) };
        self.does(what.to_owned(), command);
        let done = self.awaits(PATIENCE, |happening| match happening {
            Happening::Registered { .. } => Some(true),
            Happening::Unregistered => Some(false),
            Happening::RegistrationFailed { .. } => Some(!whether),
            _ => None,
        });
        if done == Some(whether) {
            Ok(self.clone())
        } else {
            Err(fault(format!("{} {what} in vain", self.name)))
        }
    }
}

/// A cause by its name or number.
fn cause_of(text: &str) -> Result<Cause, Fault> {
    let number = || text.parse::<u8>().ok().map(Cause);
    Cause::by_name(text).or_else(number).ok_or_else(|| {
        let known: Vec<&str> = Cause::names().collect();
        fault(format!("there is no cause \"{text}\"")).like(text, &known)
    })
}

/// An end in words.
fn ended(status: Option<u16>, q850: Option<u8>, sip: Option<u16>) -> String {
    let mut words = Vec::new();
    words.extend(q850.map(|number| Cause(number).to_string()));
    words.extend(sip.filter(|sip| *sip == 200).map(|_| "answered elsewhere".to_owned()));
    words.extend(status.map(|status| format!("SIP status {status}")));
    if words.is_empty() { "over after a talk".to_owned() } else { format!("over: {}", words.join(", ")) }
}
