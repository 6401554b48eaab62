//! Whatever is asked of the mailboxes in whatever order, with full disks and restarts in between: what was confirmed is there once,
//! no file that a row names is deleted, lamps show what is there.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

#[derive(Clone, Debug)]
enum Act {
    Deposit { to: Vec<u8>, ms: u64 },
    Abandoned,
    Heard(usize),
    Delete(usize, bool),
    Move(usize, u8),
    Forward(usize, Vec<u8>, bool),
    Greeting(u8, u8, bool),
    Close(u8),
    Full(bool),
    Mailed(usize),
    Restart,
}

fn act() -> impl Strategy<Value = Act> {
    let boxes = || prop::collection::vec(0..4u8, 1..4);
    prop_oneof![
        4 => (boxes(), 1..90_000u64).prop_map(|(to, ms)| Act::Deposit { to, ms }),
        1 => Just(Act::Abandoned),
        2 => any::<usize>().prop_map(Act::Heard),
        3 => (any::<usize>(), any::<bool>()).prop_map(|(n, deleted)| Act::Delete(n, deleted)),
        2 => (any::<usize>(), 0..10u8).prop_map(|(n, folder)| Act::Move(n, folder)),
        2 => (any::<usize>(), boxes(), any::<bool>()).prop_map(|(n, to, comment)| Act::Forward(n, to, comment)),
        2 => (0..4u8, 0..4u8, any::<bool>()).prop_map(|(of, which, set)| Act::Greeting(of, which, set)),
        3 => (0..4u8).prop_map(Act::Close),
        2 => any::<bool>().prop_map(Act::Full),
        1 => any::<usize>().prop_map(Act::Mailed),
        1 => Just(Act::Restart),
    ]
}

/// The last one of four is no box.
fn number(n: u8) -> String {
    format!("10{}", n + 1)
}

struct Bench {
    office: Office,
    names: i64,
    /// Every file that was ever recorded.
    recorded: BTreeSet<String>,
}

impl Bench {
    fn id(&mut self) -> Uuid {
        self.names += 1;
        Uuid::drawn(self.names, self.names << 32)
    }

    fn draft(&mut self, folder: &str) -> (Uuid, Part) {
        let id = self.id();
        let file = format!("{folder}/{id}.wav");
        self.recorded.insert(file.clone());
        let request = Request::Draft { file: file.clone(), instead_of: None };
        let wanted = if self.office.fails { Answer::Failed } else { Answer::Done };
        assert_eq!(self.office.ask(&asker("5550100"), &request), wanted);
        (id, Part { file, ms: 1_000 })
    }

    fn rows(&self) -> Vec<Message> {
        ["101", "102", "103"].iter().flat_map(|mailbox| self.office.messages(mailbox)).collect()
    }

    fn pick(&self, n: usize) -> Option<Uuid> {
        let rows = self.rows();
        (!rows.is_empty()).then(|| rows[n % rows.len()].id)
    }

    fn act(&mut self, act: &Act) {
        let who = asker("5550100");
        match act.clone() {
            Act::Deposit { to, ms } => {
                let (id, audio) = self.draft("messages");
                let boxes = to.into_iter().map(number).collect();
                let audio = Part { ms, ..audio };
                let request = Request::Deposit {
                    id,
                    boxes,
                    audio: audio.clone(),
                    urgent: false,
                    anonymous: false,
                    category: String::new(),
                };
                let answer = self.office.ask(&who, &request);
                let kept = self.rows().iter().filter(|message| message.audio == [audio.clone()]).count();
                assert_eq!(kept > 0, answer == Answer::Done, "{answer:?}");
                self.office.gone(who.call);
            }
            Act::Abandoned => {
                self.draft("messages");
                self.office.gone(who.call);
            }
            Act::Heard(n) => self.on(n, |id| Request::Heard { id }),
            Act::Delete(n, deleted) => self.on(n, |id| Request::Delete { id, deleted }),
            Act::Move(n, folder) => {
                let folder = Folder::ALL[usize::from(folder)];
                self.on(n, |id| Request::Move { id, folder });
            }
            Act::Forward(n, to, comments) => {
                let comment = comments.then(|| self.draft("messages").1);
                let (new, boxes): (_, Vec<String>) = (self.id(), to.into_iter().map(number).collect());
                let from = "101".to_owned();
                self.on(n, |id| Request::Forward { id, new, boxes, comment, from });
                self.office.gone(who.call);
            }
            Act::Greeting(of, which, sets) => {
                let audio = sets.then(|| self.draft("greetings").1);
                let which = [Greeting::Unavailable, Greeting::Busy, Greeting::Name, Greeting::Temporary]
                    [usize::from(which)];
                self.office.ask(&who, &Request::SetGreeting { mailbox: number(of), which, audio });
                self.office.gone(who.call);
            }
            Act::Close(of) => drop(self.office.ask(&who, &Request::Close { mailbox: number(of) })),
            Act::Full(full) => self.office.fails = full,
            Act::Mailed(n) => {
                if let Some(message) = self.pick(n) {
                    self.office.tell(&Notice::Mailed { message });
                }
            }
            Act::Restart => self.office.restart(),
        }
        self.office.pass(1);
    }

    fn on(&mut self, n: usize, request: impl FnOnce(Uuid) -> Request) {
        if let Some(id) = self.pick(n) {
            self.office.ask(&asker("5550100"), &request(id));
        }
    }

    /// Files that rows name.
    fn named(&self) -> BTreeSet<String> {
        let boxes = self.office.rows.iter().filter(|(key, _)| key.starts_with("box/"));
        let greetings = boxes.flat_map(|(_, row)| {
            let row: BoxRow = serde_json::from_str(row).unwrap();
            [row.unavailable, row.busy, row.name, row.temporary].into_iter().flatten()
        });
        let spoken = self.rows().into_iter().flat_map(|message| message.audio);
        greetings.chain(spoken).map(|part| part.file).collect()
    }

    fn is_right(&self) {
        let gone: BTreeSet<String> = self.office.unlinked.iter().cloned().collect();
        assert_eq!(gone.len(), self.office.unlinked.len(), "a file is deleted once");
        let named = self.named();
        assert!(named.is_disjoint(&gone), "named, and deleted: {:?}", named.intersection(&gone));
        for mailbox in ["101", "102", "103"] {
            let rows = self.office.messages(mailbox);
            let here = |new: bool| {
                let of = |message: &&Message| !message.deleted && (message.folder == Folder::New) == new;
                u32::try_from(rows.iter().filter(of).count()).unwrap()
            };
            assert_eq!(self.office.lamp(mailbox), (here(true), here(false)), "{mailbox}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_happens_to_mailboxes(acts in prop::collection::vec(act(), 1..60)) {
        let change = |settings: &mut Settings| {
            settings.boxes.get_mut("101").unwrap().messages_max = 4;
            let third = settings.boxes.get_mut("103").unwrap();
            (third.delete_after_mail, third.email) = (true, vec!["c@example.com".to_owned()]);
        };
        let mut bench = Bench { office: Office::new(change), names: 0, recorded: BTreeSet::new() };
        for act in &acts {
            bench.act(act);
            bench.is_right();
        }
        bench.office.fails = false;
        bench.office.restart();
        bench.is_right();
        // In the end every file is either somebody's or deleted.
        let gone: BTreeSet<String> = bench.office.unlinked.iter().cloned().collect();
        let accounted: BTreeSet<String> = bench.named().union(&gone).cloned().collect();
        prop_assert_eq!(accounted, bench.recorded);
    }
}
