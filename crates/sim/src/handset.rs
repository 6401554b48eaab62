//! A phone as a test uses it: short sentences that do something, wait for what must follow, and fail if it does not.
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test waits for one happening and passes over all others"
)]

use crate::World;
use cordboard_base::LegId;
use cordboard_phone::{Command, Happening, PhoneConfig};
use core::time::Duration;

/// Longer than any transaction (64·T1 = 32 s).
const PATIENCE: Duration = Duration::from_secs(40);

/// How a phone differs from others.
#[derive(Clone, Debug)]
pub struct PhoneSpec {
    /// Its account and habits.
    pub config: PhoneConfig,
    /// Whether it stands behind a NAT box of its own.
    pub nat: bool,
    /// Whether it speaks SIP by TCP.
    pub tcp: bool,
    /// Whether it neither speaks nor listens.
    pub mute: bool,
}

impl PhoneSpec {
    pub(crate) fn new(config: PhoneConfig) -> Self {
        Self { config, nat: false, tcp: false, mute: false }
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The refusal's status; `None` after a talk.
    pub status: Option<u16>,
    /// The Reason's Q.850 cause.
    pub q850: Option<u8>,
    /// The Reason's SIP cause.
    pub sip: Option<u16>,
}

/// A phone's handle.
#[derive(Clone)]
pub struct Handset {
    pub(crate) world: World,
    pub(crate) index: usize,
}

impl Handset {
    /// Its user's name.
    pub fn user(&self) -> String {
        self.world.inner(|inner| inner.phones[self.index].user.clone())
    }

    /// Does something with the phone, without waiting for what follows.
    pub fn does(&self, command: Command) {
        self.world.command(self.index, command);
        self.world.run_ms(0);
    }

    /// Says nothing from now on, or speaks again, on every line that it has.
    pub fn speaks(&self, whether: bool) {
        self.world.inner(|inner| {
            let now = inner.now;
            inner.phones[self.index].speaks(now, whether);
        });
        self.world.run_ms(0);
    }

    /// Waits for something on the display that was not looked at yet, and passes over all before it.
    pub fn expects<T>(&self, what: &str, mut find: impl FnMut(&Happening) -> Option<T>) -> T {
        self.expects_within(PATIENCE, what, &mut find)
    }

    /// The same with a patience of one's own.
    pub fn expects_within<T>(
        &self,
        limit: Duration,
        what: &str,
        mut find: impl FnMut(&Happening) -> Option<T>,
    ) -> T {
        let mut found = None;
        self.world.run_until(
            |world| {
                world.inner(|inner| {
                    let phone = &mut inner.phones[self.index];
                    let new = phone.happened.iter().enumerate().skip(phone.seen);
                    let hit = new.filter_map(|(at, (_, h))| find(h).map(|value| (at, value))).next();
                    if let Some((at, value)) = hit {
                        phone.seen = at + 1;
                        found = Some(value);
                    }
                });
                found.is_some()
            },
            limit,
        );
        found.unwrap_or_else(|| {
            panic!("{} waits for {what} in vain; its display: {:#?}", self.user(), self.waiting())
        })
    }

    /// What the display showed since the test last looked, and looks: it is not shown again.
    pub fn unseen(&self) -> Vec<Happening> {
        let unseen = self.waiting();
        self.world.inner(|inner| {
            let phone = &mut inner.phones[self.index];
            phone.seen = phone.happened.len();
        });
        unseen
    }

    /// The same without looking: whatever is waited for next is still there.
    fn waiting(&self) -> Vec<Happening> {
        self.world.inner(|inner| {
            let phone = &inner.phones[self.index];
            phone.happened.iter().skip(phone.seen).map(|(_, h)| h.clone()).collect()
        })
    }

    /// The display shows nothing new for so long.
    pub fn sees_nothing_for(&self, span: Duration) {
        let before = self.waiting().len();
        self.world.run_for(span);
        let unseen = self.waiting();
        assert_eq!(unseen.len(), before, "{} sees {unseen:?}", self.user());
    }

    /// Registers and is registered. Says for how many seconds.
    pub fn registers(&self) -> u32 {
        self.does(Command::Register);
        self.expects("its registration", |h| match h {
            Happening::Registered { expires_s } => Some(*expires_s),
            _ => None,
        })
    }

    /// Registers, and is refused with this status.
    pub fn fails_to_register(&self, status: u16) {
        self.does(Command::Register);
        let got = self.expects("a refusal", |h| match h {
            Happening::RegistrationFailed { status } => Some(*status),
            _ => None,
        });
        assert_eq!(got, status);
    }

    /// Removes its registration.
    pub fn unregisters(&self) {
        self.does(Command::Unregister);
        self.expects("the end of its registration", |h| matches!(h, Happening::Unregistered).then_some(()));
    }

    /// Dials.
    pub fn calls(&self, number: &str) {
        self.does(Command::Call(number.to_owned()));
    }

    /// Rings. Says who calls: number and name.
    pub fn rings(&self) -> (String, String) {
        self.expects("a call", |h| match h {
            Happening::Incoming { number, name, .. } => Some((number.clone(), name.clone())),
            _ => None,
        })
    }

    /// Sees that the other end rings.
    pub fn sees_ringing(&self) {
        self.expects("ringing", |h| matches!(h, Happening::Ringing { .. }).then_some(()));
    }

    /// Picks up, and talks.
    pub fn answers(&self) {
        self.does(Command::Answer);
        self.is_answered();
    }

    /// Is answered. Says with which codec.
    pub fn is_answered(&self) -> String {
        self.expects("an answer", |h| match h {
            Happening::Talking { codec, .. } => Some(codec.clone()),
            _ => None,
        })
    }

    /// Calls, the other one rings and answers, and both hear each other.
    pub fn calls_and_talks_with(&self, number: &str, other: &Self) {
        self.calls(number);
        other.rings();
        other.answers();
        self.is_answered();
        self.talks_with(other);
    }

    /// Refuses the ringing call.
    pub fn declines(&self, status: u16) {
        self.does(Command::Decline(status));
    }

    /// Hangs up or cancels, and the call is over.
    pub fn hangs_up(&self) {
        self.does(Command::Hangup(None));
        self.is_over();
    }

    /// The call is over. Says how it ended.
    pub fn is_over(&self) -> Ended {
        self.expects("the end of the call", |h| match h {
            Happening::Ended { status, q850, sip, .. } => {
                Some(Ended { status: *status, q850: *q850, sip: *sip })
            }
            _ => None,
        })
    }

    /// The call is refused with this status.
    pub fn is_refused(&self, status: u16) -> Ended {
        let ended = self.is_over();
        assert_eq!(ended.status, Some(status), "{} was refused otherwise: {ended:?}", self.user());
        ended
    }

    /// Puts the other end on hold.
    pub fn holds(&self) {
        self.does(Command::Hold);
        self.holding(true);
    }

    /// Takes the other end back.
    pub fn resumes(&self) {
        self.does(Command::Resume);
        self.holding(false);
    }

    fn holding(&self, wanted: bool) {
        let held = self.expects("the end of its own hold or resume", |h| match h {
            Happening::Holding { held, .. } => Some(*held),
            _ => None,
        });
        assert_eq!(held, wanted, "{} could not hold or resume", self.user());
    }

    /// Is put on hold by the other end.
    pub fn is_held(&self) {
        self.expects("being held", |h| matches!(h, Happening::Held { .. }).then_some(()));
    }

    /// Is taken back by the other end.
    pub fn is_resumed(&self) {
        self.expects("being taken back", |h| matches!(h, Happening::Resumed { .. }).then_some(()));
    }

    /// Presses digits, sent as telephone events.
    pub fn presses(&self, digits: &str) {
        self.does(Command::Digits(digits.to_owned()));
    }

    /// Presses digits, sent as INFO.
    pub fn presses_by_info(&self, digits: &str) {
        self.does(Command::DigitsByInfo(digits.to_owned()));
    }

    /// Gets these digits.
    pub fn gets_digits(&self, digits: &str) {
        for wanted in digits.chars() {
            let got = self.expects("a digit", |h| match h {
                Happening::Digit { digit, .. } => Some(*digit),
                _ => None,
            });
            assert_eq!(got, wanted);
        }
    }

    /// A transfer ends with this status.
    pub fn transfer_ends(&self, status: u16) {
        let got = self.expects("the end of its transfer", |h| match h {
            Happening::TransferProgress { status, .. } if *status >= 200 => Some(*status),
            _ => None,
        });
        assert_eq!(got, status);
    }

    /// Its lines.
    pub fn lines(&self) -> Vec<LegId> {
        self.world.inner(|inner| inner.phones[self.index].phone.lines())
    }
}
