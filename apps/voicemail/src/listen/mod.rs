//! `ch.voicemail_main`: hearing messages.
//!
//! ```text
//!  login (box, PIN; three tries) ─▶ [set-up] ─▶ "you have …" ─▶ Mailbox menu ◀──────────────┐
//!                                                               │1 4 5 6: title, envelope,  │
//!                                                               │  message (# * 0 2 wind) ──┤
//!                                                               │7 8 9 3 2: what it says ───┤
//!                                                               │0 Options menu ────────────┘
//!                                                               └#, hang-up ─▶ Close ─▶ end
//! ```
//! What is done to a message is written before the caller hears that it is done. The list that is heard does not change while it
//! is heard: messages have names, and numbers are only said.

mod login;
pub(crate) mod menus;
mod options;
mod playing;
mod send;

pub(crate) use send::Letter;

use crate::desk::{TRIES, answered, ask, key, play};
use crate::request::{Answer, Opened, Request};
use crate::speech::{counts, folder, prompts};
use crate::{Folder, Greeting, Message};
use cordboard_app::spoken::pressed;
use cordboard_app::{Machine, Reply, Step, Value};
use cordboard_base::Time;
use cordboard_media::Audio;
use menus::{Action, MenuId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// A call that hears messages.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Listener {
    pub(crate) lang: String,
    /// Whether the caller is a user of the office's: nobody else calls anybody from here.
    pub(crate) of_office: bool,
    /// The box that the dialplan says; whether it is the caller's own.
    pub(crate) mailbox: Option<String>,
    pub(crate) own: bool,
    /// Put before the number that is typed.
    #[serde(default)]
    pub(crate) prefix: Option<String>,
    pub(crate) skip_pin: bool,
    /// Nothing is deleted.
    #[serde(default)]
    pub(crate) read_only: bool,
    #[serde(default)]
    pub(crate) gain_db: i8,
    pub(crate) folder: Folder,
    pub(crate) opened: Opened,
    /// What is heard, as it was when the folder was opened.
    pub(crate) list: Vec<Message>,
    /// Which of them; `None`: none yet.
    pub(crate) at: Option<usize>,
    /// Logins that failed, or how often the present menu was said in vain.
    pub(crate) tries: u8,
    /// Whether a new box is being set up.
    pub(crate) setting_up: bool,
    /// Greetings that are still to be recorded in the set-up of a new box.
    pub(crate) set_up: VecDeque<Greeting>,
    pub(crate) letter: send::Letter,
    pub(crate) state: State,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum State {
    Start,
    Login(login::Stage),
    /// The folder's list comes; this is said then.
    Listing(Vec<Audio>),
    Menu(MenuId),
    Playing(playing::Stage),
    /// A change of the present message is being written.
    Changing(Change),
    Options(options::Stage),
    Sending(send::Stage),
    /// The box is being closed.
    Closing(Exit),
    /// The last words.
    Leaving(Ending),
}

/// How the verb ends.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Ending {
    Success,
    UserExit,
    Failed,
}

/// A change of the present message.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Change {
    Deleted(bool),
    Moved(Folder),
}

/// What comes after the box.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Exit {
    Goodbye,
    HungUp,
    /// Another folder of it.
    Folder(Folder),
    /// A call to this number.
    Call(String),
}

impl Machine for Listener {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        if let Reply::HungUp(_) = reply {
            return self.hung_up();
        }
        match core::mem::replace(&mut self.state, State::Start) {
            State::Start => self.log_in(),
            State::Login(stage) => self.login(stage, &reply),
            State::Listing(says) => self.listed(&reply, says),
            State::Menu(menu) => self.chosen(menu, &reply),
            State::Playing(stage) => self.playing(stage, &reply),
            State::Changing(change) => self.changed(change, &reply),
            State::Options(stage) => self.option(stage, &reply),
            State::Sending(stage) => self.sending(stage, &reply),
            State::Closing(exit) => self.closed(exit),
            State::Leaving(ending) => done(ending),
        }
    }
}

fn done(ending: Ending) -> Step {
    let status = match ending {
        Ending::Success => "success",
        Ending::UserExit => "userexit",
        Ending::Failed => "failed",
    };
    Step::Done(Value::Map(BTreeMap::from([("status".to_owned(), Value::Text(status.to_owned()))])))
}

impl Listener {
    /// The caller is gone: the box is left as if it had been closed.
    fn hung_up(&mut self) -> Step {
        match &self.state {
            State::Closing(_) | State::Leaving(_) => done(Ending::Success),
            State::Start | State::Login(_) if self.opened.mailbox.is_empty() => done(Ending::Failed),
            State::Start
            | State::Login(_)
            | State::Listing(_)
            | State::Menu(_)
            | State::Playing(_)
            | State::Changing(_)
            | State::Options(_)
            | State::Sending(_) => self.close(Exit::HungUp),
        }
    }

    fn prompts<S: AsRef<str>>(&self, names: &[S]) -> Vec<Audio> {
        prompts(&self.lang, names)
    }

    /// Says something, then a menu, and waits for a key; any key cuts it short.
    fn menu(&mut self, menu: MenuId, mut says: Vec<Audio>) -> Step {
        says.extend(self.prompts(&menus::said(self, menu)));
        self.state = State::Menu(menu);
        key(says)
    }

    /// The same, from its beginning.
    fn enter(&mut self, menu: MenuId, says: Vec<Audio>) -> Step {
        self.tries = 0;
        self.menu(menu, says)
    }

    /// The menu of the box, after some words.
    fn mailbox(&mut self, names: &[&str]) -> Step {
        let says = self.prompts(names);
        self.enter(MenuId::Mailbox, says)
    }

    fn chosen(&mut self, menu: MenuId, reply: &Reply) -> Step {
        let Some(key) = pressed(reply) else {
            self.tries += 1;
            return if self.tries < TRIES { self.menu(menu, Vec::new()) } else { self.close(Exit::Goodbye) };
        };
        self.press(menu, key)
    }

    /// A key of a menu, or one that was pressed while something played.
    fn press(&mut self, menu: MenuId, key: char) -> Step {
        self.tries = 0;
        match menus::action(menu, key) {
            Some(action) => self.act(action),
            None => {
                let says = self.prompts(&["vm-sorry"]);
                self.menu(menu, says)
            }
        }
    }

    fn act(&mut self, action: Action) -> Step {
        match action {
            Action::First => self.play_at(0),
            Action::Previous => self.play_at(self.at.map_or(usize::MAX, |at| at.wrapping_sub(1))),
            Action::Repeat => self.play_at(self.at.unwrap_or(0)),
            Action::Next => self.play_at(self.at.map_or(0, |at| at + 1)),
            Action::Delete => self.delete(),
            Action::Help => self.enter(MenuId::Mailbox, Vec::new()),
            Action::Exit => self.close(Exit::Goodbye),
            Action::Folders => self.enter(MenuId::Folders, Vec::new()),
            Action::Open(folder) => self.close(Exit::Folder(folder)),
            Action::Save if self.current().is_some() => self.enter(MenuId::SaveTo, Vec::new()),
            Action::Forward if self.current().is_some() => self.forward(),
            Action::Save | Action::Forward => self.mailbox(&["vm-nomore"]),
            Action::SaveTo(folder) => self.save_to(folder),
            Action::Advanced => self.enter(MenuId::Advanced, Vec::new()),
            Action::Reply => self.reply(),
            Action::CallBack => self.call_back(),
            Action::CallNumber => self.call_number(),
            Action::Envelope => self.envelope(),
            Action::DialOut => self.dial_out(),
            Action::LeaveMessage => self.leave_message(),
            Action::TypeBox | Action::AddBox => self.add_box(),
            Action::Directory => self.look_up(),
            Action::NoMoreBoxes => self.enter(MenuId::Comment, Vec::new()),
            Action::Comment => self.comment(),
            Action::AsItIs => self.send(None),
            Action::Options => self.options(&[]),
            Action::Record(which) => self.record_greeting(which),
            Action::Temporary => self.enter(MenuId::Temporary, Vec::new()),
            Action::Erase if self.opened.temporary => self.erase_temporary(),
            Action::Erase => self.options(&["vm-sorry"]),
            Action::Pin => self.new_pin(&["vm-newpassword"]),
        }
    }

    /// The message that was heard last.
    fn current(&self) -> Option<&Message> {
        self.at.and_then(|at| self.list.get(at))
    }

    fn delete(&mut self) -> Step {
        if self.read_only {
            return self.mailbox(&["vm-sorry"]);
        }
        let Some(message) = self.current() else { return self.mailbox(&["vm-nomore"]) };
        let (id, deleted) = (message.id, !message.deleted);
        self.state = State::Changing(Change::Deleted(deleted));
        ask(&Request::Delete { id, deleted })
    }

    fn save_to(&mut self, folder: Folder) -> Step {
        let Some(message) = self.current() else { return self.mailbox(&["vm-nomore"]) };
        let id = message.id;
        self.state = State::Changing(Change::Moved(folder));
        ask(&Request::Move { id, folder })
    }

    fn changed(&mut self, change: Change, reply: &Reply) -> Step {
        if answered(reply) != Answer::Done {
            return self.mailbox(&["vm-nomail"]);
        }
        let message = self.at.and_then(|at| self.list.get_mut(at));
        match change {
            Change::Deleted(deleted) => {
                message.into_iter().for_each(|message| message.deleted = deleted);
                self.mailbox(&[if deleted { "vm-deleted" } else { "vm-undeleted" }])
            }
            Change::Moved(folder) => {
                message.into_iter().for_each(|message| message.folder = folder);
                self.mailbox(&["vm-message", "vm-savedto", folder.prompt()])
            }
        }
    }

    /// Opens the present folder.
    fn open(&mut self, says: Vec<Audio>) -> Step {
        self.at = None;
        self.state = State::Listing(says);
        ask(&Request::List { mailbox: self.opened.mailbox.clone(), folder: self.folder })
    }

    fn listed(&mut self, reply: &Reply, mut says: Vec<Audio>) -> Step {
        let Answer::Messages(list) = answered(reply) else { return self.mailbox(&["vm-nomail"]) };
        self.list = list;
        if says.is_empty() {
            says = folder(&self.lang, self.folder, self.list.len());
        }
        self.enter(MenuId::Mailbox, says)
    }

    /// Says what there is, then the menu: the box is open.
    fn welcome(&mut self, mut says: Vec<Audio>) -> Step {
        if self.opened.temporary {
            says.extend(self.prompts(&["vm-tempgreetactive"]));
        }
        if self.opened.almost_full {
            says.extend(self.prompts(&["vm-almostfull"]));
        }
        says.extend(counts(&self.lang, &self.opened));
        self.open(says)
    }

    fn close(&mut self, exit: Exit) -> Step {
        self.state = State::Closing(exit);
        ask(&Request::Close { mailbox: self.opened.mailbox.clone() })
    }

    fn closed(&mut self, exit: Exit) -> Step {
        match exit {
            Exit::HungUp => done(Ending::Success),
            Exit::Goodbye => self.leave(Ending::Success),
            Exit::Folder(folder) => {
                self.folder = folder;
                self.open(Vec::new())
            }
            Exit::Call(number) => match self.calls_in().map(str::to_owned) {
                Some(context) => Step::Enter { context, number },
                None => self.leave(Ending::Success),
            },
        }
    }

    fn leave(&mut self, ending: Ending) -> Step {
        self.state = State::Leaving(ending);
        play(self.prompts(&["vm-goodbye"]), "")
    }
}
