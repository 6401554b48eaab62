//! Calls drawn from a seed: who calls what when, and how all others are.

use crate::predict::{Assumed, Caller, LineState, Manner, Question};

/// Users of the sample office that are rung.
pub(super) const USERS: [&str; 6] = ["101", "102", "103", "104", "105", "106"];
/// What users dial.
const INSIDE: [&str; 22] = [
    "101",
    "102",
    "103",
    "104",
    "105",
    "106",
    "108",
    "109",
    "600",
    "610",
    "610",
    "610",
    "620",
    "630",
    "955501234",
    "955501234",
    "95550",
    "*65",
    "*43",
    "*102",
    "4711",
    "*280",
];
/// What is dialled from outside.
const OUTSIDE: [&str; 6] = ["5550100", "5550199", "+15550100", "15550100", "reception", "*97"];
/// What callers outside show; the empty one hides its number.
const SHOWN: [&str; 4] = ["+442079460000", "02079460001", "4915112345678", ""];
/// Codes that somebody has dialled before.
const CODES: [(&str, &str); 8] = [
    ("105", "*280"),
    ("102", "*78"),
    ("103", "*72104"),
    ("104", "*52101"),
    ("101", "*90103"),
    ("106", "*77"),
    ("102", "*21103"),
    ("101", "*78"),
];
/// What is pressed at 610.
const KEYS: [&[&str]; 7] = [&[], &["1"], &["2", "42#"], &["3"], &["9", "1"], &["7", "8", "9"], &["2"]];
/// 2026-11-20 00:00 UTC, and seven weeks.
const FIRST_S: i64 = 1_795_132_800;
const SPAN_S: u64 = 49 * 86_400;
/// From the beginning of a week since 1970, a Thursday, to Monday at nine.
const MONDAY_S: i64 = 4 * 86_400 + 9 * 3_600;
/// Seconds of a day about which things change in the sample office, and about midnight.
const EDGES_S: [i64; 5] = [9 * 3_600, 17 * 3_600 + 1_800, 0, 86_399, 12 * 3_600];

/// SplitMix64: a number after the other, the same for the same seed.
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, most: u64) -> u64 {
        self.next() % most
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[usize::try_from(self.below(list.len() as u64)).unwrap()]
    }

    fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn manner(&mut self) -> Manner {
        match self.below(10) {
            0..=3 => Manner::Silent,
            4..=6 => Manner::Answers(u32::try_from(self.below(45)).unwrap()),
            7 => Manner::Refuses(486),
            8 => Manner::Refuses(603),
            _ => Manner::Offline,
        }
    }
}

/// The call of a seed.
pub(super) fn tuple(seed: u64) -> Question {
    let mut chance = Chance(seed);
    let is_inside = chance.percent(55);
    let (caller, number) = if is_inside {
        (Caller::User(chance.of(&USERS).to_owned()), chance.of(&INSIDE))
    } else {
        let number = chance.of(&SHOWN).to_owned();
        (Caller::Outside { trunk: "itsp".to_owned(), number, name: String::new() }, chance.of(&OUTSIDE))
    };
    let mut at_s = FIRST_S + i64::try_from(chance.below(SPAN_S)).unwrap();
    if chance.percent(50) {
        // On a working day, at eleven or so.
        at_s = at_s - at_s.rem_euclid(7 * 86_400) + MONDAY_S + 2 * 3_600;
        at_s += i64::try_from(chance.below(5)).unwrap() * 86_400;
    } else if chance.percent(60) {
        let near = i64::try_from(chance.below(5)).unwrap() - 2;
        at_s = at_s - at_s.rem_euclid(86_400) + chance.of(&EDGES_S) + near;
    }
    let mut assumed = Assumed { talk_s: 1 + u32::try_from(chance.below(40)).unwrap(), ..Assumed::usual() };
    assumed.patience_s = if chance.percent(20) { 3 + u32::try_from(chance.below(40)).unwrap() } else { 400 };
    for user in USERS {
        if chance.percent(60) {
            assumed.users.insert(user.to_owned(), chance.manner());
        }
    }
    // Who calls has its phone there.
    if let Caller::User(user) = &caller {
        assumed.users.remove(user);
    }
    let mut itsp = None;
    match chance.below(6) {
        0 if is_inside => itsp = Some(LineState::Down),
        1 => itsp = Some(LineState::Refuses(503)),
        2 | 3 => {
            let manner = match chance.manner() {
                Manner::Offline => Manner::Refuses(480),
                manner @ (Manner::Silent | Manner::Answers(_) | Manner::Refuses(_)) => manner,
            };
            itsp = Some(LineState::Called(manner));
        }
        _ => {}
    }
    assumed.lines.extend(itsp.map(|state| ("itsp".to_owned(), state)));
    for _ in 0..chance.below(3) {
        let (user, code) = chance.of(&CODES);
        assumed.dialed.push((user.to_owned(), code.to_owned()));
    }
    if number == "610" {
        assumed.keys = chance.of(&KEYS).iter().map(|keys| (*keys).to_owned()).collect();
    }
    Question { caller, number: number.to_owned(), at_us: at_s * 1_000_000, assumed }
}

/// Calls for which a prediction and what was seen were not the same once.
pub(super) fn failed_once() -> Vec<Question> {
    let from = |user: &str, number: &str, change: &dyn Fn(&mut Assumed)| {
        let mut assumed = Assumed::usual();
        change(&mut assumed);
        let caller = Caller::User(user.to_owned());
        Question { caller, number: number.to_owned(), at_us: FIRST_S * 1_000_000, assumed }
    };
    let keys = |keys: &[&str]| keys.iter().map(|keys| (*keys).to_owned()).collect();
    let answers = |assumed: &mut Assumed, users: &[&str]| {
        assumed.users.extend(users.iter().map(|user| ((*user).to_owned(), Manner::Answers(18))));
    };
    vec![
        // The caller is one of the group that it calls.
        from("106", "600", &|assumed| answers(assumed, &["102"])),
        // Keys are asked for by a prompt that comes after another one.
        from("103", "610", &|assumed| assumed.keys = keys(&["7", "8", "9"])),
        // Two answer at the same moment.
        from("103", "600", &|assumed| answers(assumed, &["105", "106"])),
        // The caller gives up while its own phone rings as well.
        from("106", "600", &|assumed| assumed.patience_s = 9),
        from("106", "610", &|assumed| {
            assumed.keys = keys(&["1"]);
            assumed.patience_s = 32;
        }),
    ]
}
