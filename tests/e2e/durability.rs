//! The process is killed at fifty moments that nobody has chosen, while messages are left, greetings are recorded, mails are sent and
//! the queue log is written. What was said to be kept is there afterwards, once, and can be played.

use crate::harness::crowd::Crowd;
use crate::harness::exchange::Exchange;
use crate::harness::folder::Folder;
use crate::harness::messages::{self, Kept};
use crate::harness::plan::{Plan, project};
use crate::harness::smtp::MailServer;
use crate::harness::tape::Tape;
use crate::harness::{ear, wait};
use cordboard_phone::Command;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Offices side by side, and how often each is killed.
const OFFICES: u8 = 5;
const KILLS: u32 = 10;
/// A voice, and what "it is saved" sounds like here, in Hz.
const VOICE: u16 = 700;
const SAVED: u16 = 1_900;
/// From the answer to the key that ends a message.
const SPEAKS: Duration = Duration::from_millis(700);
/// The process dies within so many ms after that key, or before it.
const WITHIN_MS: u32 = 1_100;

const SCRIPT: &str = r#"
let internal = context("internal");
internal.on("5", |ch| { ch.voicemail("102", #{ greet: "none", skip_intro: true }); });
internal.on("6", |ch| { ch.voicemail_main("104", #{ skip_pin: true }); });
internal.on("7", |ch| { ch.queue("test", #{ timeout: 60 }); });
"#;

/// Prompts that take no time, but for those that say that something is kept.
fn sounds(exchange_folder: &Path) -> PathBuf {
    let to = exchange_folder.join("sounds");
    let from = project().join("sounds/en");
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        std::fs::create_dir_all(to.join("en").join(&folder)).unwrap();
        for entry in std::fs::read_dir(from.join(&folder)).unwrap().map(Result::unwrap) {
            let name = folder.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(name);
                continue;
            }
            let wav = to.join("en").join(&name).with_extension("wav");
            let is_saved = ["vm-msgsaved", "vm-saved"]
                .iter()
                .any(|saved| name == Path::new(saved).with_extension("flac"));
            if is_saved {
                ear::write_tone(&wav, SAVED, 1);
            } else {
                ear::write_silence(&wav, 80);
            }
        }
    }
    to
}

/// An office that lives several times.
struct Office {
    exchange: Exchange,
    /// Where its prompts are.
    _sounds: Folder,
    server: MailServer,
    /// By caller: how many messages it was told to be kept, and how many it has begun to leave.
    told: BTreeMap<&'static str, (usize, usize)>,
    greeting: Option<PathBuf>,
}

const CALLERS: [&str; 3] = ["101", "103", "105"];

impl Office {
    fn new() -> Self {
        let server = MailServer::start();
        let folder = Folder::new();
        let sounds = sounds(folder.path());
        let plan = Plan::sample()
            .dialplan(SCRIPT)
            .set("sounds", "path", sounds.to_string_lossy().into_owned())
            .file("etc/mail.toml", &server.settings())
            .file("etc/queues.toml", "[queue.test]\n")
            .file(
                "etc/voicemail.toml",
                "min_s = 0\n[box.102]\nemail = [\"ben@office.test\"]\nmessages_max = 1000\n",
            );
        let exchange = Exchange::start(&plan);
        Self { exchange, _sounds: folder, server, told: BTreeMap::new(), greeting: None }
    }

    /// Three leave messages, one records a greeting, one waits in a queue; then it dies, so long after they have pressed `#`.
    fn dies(&mut self, after: Option<Duration>) {
        let mut crowd = Crowd::new(&self.exchange);
        let callers = CALLERS.map(|user| crowd.phone(user, VOICE));
        let greeter = crowd.phone("104", VOICE);
        let waiter = crowd.phone("106", VOICE);
        for seat in callers {
            crowd.calls(seat, "5");
        }
        crowd.calls(greeter, "6");
        crowd.calls(waiter, "7");
        for seat in callers.into_iter().chain([greeter]) {
            crowd.talks(seat);
        }
        crowd.presses(greeter, "01");
        let before_the_key = after.is_none();
        crowd.goes_on(if before_the_key { SPEAKS / 2 } else { SPEAKS });
        if let Some(after) = after {
            for seat in callers.into_iter().chain([greeter]) {
                crowd.presses(seat, "#");
            }
            crowd.presses(greeter, "1");
            crowd.goes_on(after);
        }
        self.exchange.kill();
        for (seat, caller) in callers.iter().zip(CALLERS) {
            let (told, begun) = self.told.entry(caller).or_default();
            *told += usize::from(crowd.has_heard(*seat, SAVED));
            *begun += 1;
        }
        let is_told = crowd.has_heard(greeter, SAVED);
        crowd.does(waiter, Command::Hangup(None));
        self.lives_again(is_told);
    }

    fn lives_again(&mut self, new_greeting: bool) {
        self.server.next_life();
        self.exchange.start_again();
        let kept = messages::all(&self.exchange);
        for (caller, (told, begun)) in &mut self.told {
            let count = kept.iter().filter(|message| message.caller == *caller).count();
            assert!(
                (*told..=*begun).contains(&count),
                "{caller} was told {told} times of {begun}, and has {count}"
            );
            // What was kept without a word counts from now on.
            (*told, *begun) = (count, count);
        }
        let greeting = messages::greeting(&self.exchange, "104");
        if new_greeting {
            assert!(greeting.is_some() && greeting != self.greeting, "the greeting was said to be kept");
        }
        assert!(self.greeting.is_none() || greeting.is_some(), "the greeting that there was is gone");
        self.greeting = greeting;
        self.has_these_files("messages", kept.iter().map(|message| message.file.clone()).collect());
        self.has_these_files("greetings", self.greeting.iter().cloned().collect());
        self.log_is_whole();
    }

    /// What rows name, and nothing else.
    fn has_these_files(&self, folder: &str, named: BTreeSet<PathBuf>) {
        let there = || messages::files(&self.exchange, folder);
        let is_so = wait::at_most(wait::SOON, || (there() == named).then_some(()));
        let difference: Vec<PathBuf> = there().symmetric_difference(&named).cloned().collect();
        assert!(is_so.is_some(), "{folder}: too many or too few: {difference:?}");
        for file in named {
            let tape = Tape::plays(&file);
            let (with, all) = tape.moments_with(VOICE);
            let is_said = tape.length() > Duration::ZERO && with + 2 >= all;
            assert!(is_said, "{}: {with} of {all} moments, {:?}", file.display(), tape.length());
        }
    }

    /// Every line of the queue log is one.
    fn log_is_whole(&self) {
        let Ok(log) = std::fs::read_to_string(self.exchange.folder.file("var/queue_log")) else { return };
        assert!(log.is_empty() || log.ends_with('\n'), "the last line is not whole");
        let mut entered = BTreeSet::new();
        for line in log.lines() {
            let fields: Vec<&str> = line.split('|').collect();
            assert!(fields.len() >= 5 && fields[0].parse::<u64>().is_ok(), "no line of a queue log: {line}");
            if fields[4] == "ENTERQUEUE" {
                assert!(entered.insert(fields[1].to_owned()), "entered twice: {line}");
            }
        }
    }

    /// Each message is a mail; one that came twice was on its way when the process died.
    fn mails_are_those_of(&self, kept: &[Kept]) {
        wait::until("the mails", wait::LONG, || {
            let ids: BTreeSet<String> = self.server.mails().into_iter().map(|mail| mail.id).collect();
            kept.iter().all(|message| ids.contains(&message.id)).then_some(())
        });
        let mails = self.server.mails();
        let known: BTreeSet<&str> = kept.iter().map(|message| message.id.as_str()).collect();
        for mail in &mails {
            assert!(known.contains(mail.id.as_str()), "a mail of a message that there is not: {mail:?}");
            assert!(mail.has_file, "a mail without its sound: {mail:?}");
            let again = mails.iter().filter(|other| other.id == mail.id && other.life == mail.life).count();
            assert_eq!(again, 1, "sent twice by one process: {mail:?}");
        }
    }
}

/// When it dies: before the key in one of ten rounds, else some time after it.
fn moments(seed: u8) -> Vec<Option<Duration>> {
    // Knuth's MMIX generator: its upper bits are good enough for this.
    let mut state = u64::from(seed) + 1;
    let mut moment = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let drawn = u32::try_from(state >> 33).unwrap();
        let after = Duration::from_millis(u64::from(drawn / 16 % WITHIN_MS));
        (drawn % 10 != 0).then_some(after)
    };
    (0..KILLS).map(|_| moment()).collect()
}

#[test]
fn fifty_deaths_lose_nothing_that_was_confirmed_and_double_nothing() {
    let offices: Vec<_> = (0..OFFICES)
        .map(|seed| {
            std::thread::spawn(move || {
                let mut office = Office::new();
                moments(seed).into_iter().for_each(|after| office.dies(after));
                let kept = messages::all(&office.exchange);
                office.mails_are_those_of(&kept);
                kept.len()
            })
        })
        .collect();
    let kept: usize = offices.into_iter().map(|office| office.join().unwrap()).sum();
    let (rounds, callers) = (usize::from(OFFICES) * KILLS as usize, CALLERS.len());
    assert!((callers..rounds * callers).contains(&kept), "some are kept and some are cut short: {kept}");
}
