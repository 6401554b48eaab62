//! What is said, in words: each list of prompts is read with the texts of its language's manifest.

use super::*;
use std::collections::BTreeMap;

const ENGLISH: &str = include_str!("../../../../sounds/manifest.toml");
const GERMAN: &str = include_str!("../../../../sounds/manifest.de.toml");

/// Every `{ id = "…", text = "…" }` of a manifest.
fn texts(manifest: &str) -> BTreeMap<&str, &str> {
    let rows = manifest.lines().filter_map(|line| line.trim().strip_prefix("{ id = \""));
    rows.filter_map(|row| {
        let (id, rest) = row.split_once('"')?;
        Some((id, rest.strip_prefix(", text = \"")?.split_once('"')?.0))
    })
    .collect()
}

fn words(manifest: &str, prompts: &[String]) -> String {
    let texts = texts(manifest);
    let said: Vec<&str> =
        prompts.iter().map(|id| *texts.get(id.as_str()).unwrap_or_else(|| panic!("{id}"))).collect();
    said.join(" ")
}

fn english(prompts: &[String]) -> String {
    words(ENGLISH, prompts)
}

/// German prompts are said without gaps; here they are written with them.
fn german(prompts: &[String]) -> String {
    words(GERMAN, prompts)
}

fn at(hour: u8, minute: u8) -> WallTime {
    WallTime { year: 2026, month: 11, day: 23, weekday: 1, hour, minute, second: 5 }
}

#[test]
fn numbers_in_words() {
    for (number, en, de) in [
        (0, "zero", "null"),
        (1, "one", "eins"),
        (11, "eleven", "elf"),
        (12, "twelve", "zwölf"),
        (16, "sixteen", "sechzehn"),
        (17, "seventeen", "siebzehn"),
        (20, "twenty", "zwanzig"),
        (21, "twenty one", "einund zwanzig"),
        (30, "thirty", "dreißig"),
        (99, "ninety nine", "neunund neunzig"),
        (100, "one hundred", "ein hundert"),
        (101, "one hundred one", "ein hundert eins"),
        (121, "one hundred twenty one", "ein hundert einund zwanzig"),
        (1_000, "one thousand", "ein tausend"),
        (1_001, "one thousand one", "ein tausend eins"),
        (2_026, "two thousand twenty six", "zwei tausend sechsund zwanzig"),
        (21_000, "twenty one thousand", "einund zwanzig tausend"),
        (101_000, "one hundred one thousand", "ein hundert ein tausend"),
        (1_000_000, "one million", "eine Million"),
        (
            1_234_567,
            "one million two hundred thirty four thousand five hundred sixty seven",
            "eine Million zwei hundert vierund dreißig tausend fünf hundert siebenund sechzig",
        ),
        (2_000_017, "two million seventeen", "zwei Millionen siebzehn"),
        (1_000_000_000, "one billion", "eine Milliarde"),
        (3_000_000_001, "three billion one", "drei Milliarden eins"),
        (101_000_000, "one hundred one million", "ein hundert eine Millionen"),
        (-5, "minus five", "minus fünf"),
    ] {
        assert_eq!(english(&English.number(number)), en, "{number}");
        assert_eq!(german(&German.number(number)), de, "{number}");
    }
    for language in [&English as &dyn Grammar, &German] {
        assert_eq!(language.number(999_999_999_999).len(), language.number(-999_999_999_999).len() - 1);
        assert_eq!(language.number(1_000_000_000_000).len(), 13, "digit by digit");
        assert_eq!(language.number(i64::MIN).len(), 20, "digit by digit, with its sign");
    }
}

#[test]
fn one_bends_to_its_noun() {
    use Gender::{Feminine, Masculine, Neuter};
    for (number, gender, de) in [
        (1, Masculine, "ein"),
        (1, Feminine, "eine"),
        (1, Neuter, "ein"),
        (2, Feminine, "zwei"),
        (11, Feminine, "elf"),
        (21, Feminine, "einund zwanzig"),
        (101, Feminine, "ein hundert eine"),
        (1_001, Masculine, "ein tausend ein"),
        (0, Feminine, "null"),
    ] {
        assert_eq!(german(&German.counted(number, gender)), de, "{number}");
        assert_eq!(English.counted(number, gender), English.number(number));
    }
}

#[test]
fn ordinals_in_words() {
    for (number, en, de) in [
        (1, "first", "erste"),
        (2, "second", "zweite"),
        (3, "third", "dritte"),
        (7, "seventh", "siebte"),
        (11, "eleventh", "elfte"),
        (20, "twentieth", "zwanzigste"),
        (21, "twenty first", "einund zwanzigste"),
        (31, "thirty first", "einund dreißigste"),
        (40, "fortieth", "vierzigste"),
        (100, "one hundredth", "ein hundertste"),
        (101, "one hundred first", "ein hundert erste"),
        (1_000, "one thousandth", "ein tausendste"),
        (1_017, "one thousand seventeenth", "ein tausend siebzehnte"),
        (2_300, "two thousand three hundredth", "zwei tausend drei hundertste"),
        (1_000_000, "one millionth", "ein millionste"),
    ] {
        assert_eq!(english(&English.ordinal(number)), en, "{number}");
        assert_eq!(german(&German.ordinal(number)), de, "{number}");
    }
    assert_eq!(English.ordinal(u64::MAX).len(), 20, "digit by digit");
}

#[test]
fn times_in_words() {
    for ((hour, minute), format, en, de) in [
        ((0, 0), "IMp", "twelve o'clock A M", "zwölf Uhr vormittags"),
        ((12, 5), "IMp", "twelve oh five P M", "zwölf Uhr fünf nachmittags"),
        ((15, 42), "IMp", "three forty two P M", "drei Uhr zweiund vierzig nachmittags"),
        ((0, 0), "R", "zero hundred hours", "null Uhr"),
        ((0, 5), "R", "zero oh five", "null Uhr fünf"),
        ((1, 0), "R", "oh one hundred hours", "ein Uhr"),
        ((9, 30), "R", "oh nine thirty", "neun Uhr dreißig"),
        ((12, 0), "R", "twelve hundred hours", "zwölf Uhr"),
        ((12, 5), "R", "twelve oh five", "zwölf Uhr fünf"),
        ((21, 1), "R", "twenty one oh one", "einund zwanzig Uhr eins"),
        ((23, 59), "R", "twenty three fifty nine", "dreiund zwanzig Uhr neunund fünfzig"),
        ((0, 0), "r", "midnight", "Mitternacht"),
        ((12, 0), "r", "noon", "zwölf Uhr mittags"),
        ((12, 5), "r", "twelve oh five P M", "zwölf Uhr fünf nachmittags"),
        ((23, 59), "r", "eleven fifty nine P M", "elf Uhr neunund fünfzig nachmittags"),
        ((9, 30), "HM", "oh nine thirty", "neun Uhr dreißig"),
        ((9, 30), "'digits/today' S?", "today five", "heute fünf"),
        ((9, 30), "'hours", "hours", "Stunden"),
    ] {
        assert_eq!(english(&English.moment(&at(hour, minute), format)), en, "{hour}:{minute} {format}");
        assert_eq!(german(&German.moment(&at(hour, minute), format)), de, "{hour}:{minute} {format}");
    }
}

#[test]
fn dates_in_words() {
    let said = |grammar: &dyn Grammar, moment: &WallTime| grammar.moment(moment, grammar.date_format());
    for (year, month, day, en, de) in [
        (
            2026,
            11,
            23,
            "November twenty third twenty twenty six",
            "der dreiund zwanzigste November zwei tausend sechsund zwanzig",
        ),
        (1980, 1, 1, "January first nineteen eighty", "der erste Januar neunzehn hundert achtzig"),
        (1900, 2, 11, "February eleventh nineteen hundred", "der elfte Februar neunzehn hundert"),
        (
            1905,
            3,
            31,
            "March thirty first nineteen oh five",
            "der einund dreißigste März neunzehn hundert fünf",
        ),
        (2000, 12, 30, "December thirtieth two thousand", "der dreißigste Dezember zwei tausend"),
        (2006, 5, 2, "May second two thousand six", "der zweite Mai zwei tausend sechs"),
    ] {
        let moment = WallTime { year, month, day, weekday: 1, hour: 0, minute: 0, second: 0 };
        assert_eq!(english(&said(&English, &moment)), format!("Monday {en}"));
        assert_eq!(german(&said(&German, &moment)), format!("Montag {de}"));
    }
}

#[test]
fn a_day_is_said_as_seen_from_now() {
    let now = at(10, 0);
    for (day, weekday, en, de) in [
        (23, 1, "today", "heute"),
        (22, 0, "yesterday", "gestern"),
        (24, 2, "tomorrow", "morgen"),
        (17, 2, "Tuesday", "Dienstag"),
        (
            16,
            1,
            "Monday November sixteenth twenty twenty six",
            "Montag der sechzehnte November zwei tausend sechsund zwanzig",
        ),
    ] {
        let moment = WallTime { day, weekday, ..now };
        assert_eq!(english(&English.day(&moment, &now)), en);
        assert_eq!(german(&German.day(&moment, &now)), de);
    }
    let when = WallTime { day: 22, ..at(15, 42) };
    assert_eq!(english(&English.when(&when, &now)), "yesterday at three forty two P M");
    assert_eq!(german(&German.when(&when, &now)), "gestern um fünfzehn Uhr zweiund vierzig");
}

#[test]
fn money_in_words() {
    use Currency::{Dollar, Euro, Franc, Pound, Yen};
    for (amount, currency, en, de) in [
        (101, Euro, "one euro and one cent", "ein Euro und ein Cent"),
        (0, Euro, "zero euros", "null Euro"),
        (50, Dollar, "fifty cents", "fünfzig Cent"),
        (200, Dollar, "two dollars", "zwei Dollar"),
        (
            2_199,
            Pound,
            "twenty one pounds and ninety nine pence",
            "einund zwanzig Pfund und neunund neunzig Pence",
        ),
        (1, Pound, "one penny", "ein Penny"),
        (-120, Franc, "minus one franc and twenty centimes", "minus ein Franken und zwanzig Rappen"),
        (500, Yen, "five hundred yen", "fünf hundert Yen"),
        (
            123_456_700,
            Euro,
            "one million two hundred thirty four thousand five hundred sixty seven euros",
            "eine Million zwei hundert vierund dreißig tausend fünf hundert siebenund sechzig Euro",
        ),
    ] {
        assert_eq!(english(&English.money(&Money { amount, currency })), en);
        assert_eq!(german(&German.money(&Money { amount, currency })), de);
    }
    assert_eq!(English.money(&Money { amount: i64::MIN, currency: Yen }).len(), 21);
}

#[test]
fn decimals_and_lengths_of_time_in_words() {
    for (text, en, de) in [
        ("3.14", "three point one four", "drei Komma eins vier"),
        ("-0.5", "minus zero point five", "minus null Komma fünf"),
        ("21", "twenty one", "einund zwanzig"),
        ("1.05", "one point zero five", "eins Komma null fünf"),
    ] {
        let number = Decimal::parse(text).unwrap();
        assert_eq!(english(&English.decimal(&number)), en);
        assert_eq!(german(&German.decimal(&number)), de);
    }
    for (seconds, en, de) in [
        (0, "zero seconds", "null Sekunden"),
        (1, "one second", "eine Sekunde"),
        (61, "one minute and one second", "eine Minute und eine Sekunde"),
        (3_600, "one hour", "eine Stunde"),
        (90_120, "one day one hour and two minutes", "ein Tag eine Stunde und zwei Minuten"),
        (75_600, "twenty one hours", "einund zwanzig Stunden"),
    ] {
        assert_eq!(english(&English.duration(seconds)), en);
        assert_eq!(german(&German.duration(seconds)), de);
    }
}

#[test]
fn messages_are_counted_by_kind() {
    for ((urgent, new, old), en, de) in [
        ((0, 0, 0), "You have no messages", "Sie haben keine Nachrichten"),
        ((0, 1, 0), "You have one new message", "Sie haben eine neue Nachricht"),
        ((0, 0, 3), "You have three old messages", "Sie haben drei alte Nachrichten"),
        ((0, 2, 1), "You have two new and one old message", "Sie haben zwei neue und eine alte Nachricht"),
        (
            (1, 21, 2),
            "You have one urgent twenty one new and two old messages",
            "Sie haben eine dringende einund zwanzig neue und zwei alte Nachrichten",
        ),
        (
            (1, 0, 101),
            "You have one urgent and one hundred one old messages",
            "Sie haben eine dringende und ein hundert eine alte Nachrichten",
        ),
    ] {
        let messages = Messages { urgent, new, old };
        assert_eq!(english(&English.you_have(messages)), en);
        assert_eq!(german(&German.you_have(messages)), de);
    }
    for (count, en, de) in [
        (0, "no old messages", "keine alte Nachrichten"),
        (1, "one old message", "eine alte Nachricht"),
        (5, "five old messages", "fünf alte Nachrichten"),
    ] {
        assert_eq!(english(&English.messages_of(count, "vm-Old")), en);
        assert_eq!(german(&German.messages_of(count, "vm-Old")), de);
    }
    let most = Messages { urgent: u64::MAX, new: u64::MAX, old: u64::MAX };
    assert!(English.you_have(most).len() < 100);
}

#[test]
fn callers_are_told_their_place_and_how_long_it_takes() {
    for (place, en, de) in [
        (
            1,
            "Your call is now first in line, and will be answered by the next available person.",
            "Sie sind als Nächster an der Reihe.",
        ),
        (
            2,
            "You are currently caller number two waiting to be answered.",
            "Sie sind Nummer zwei in der Warteschlange.",
        ),
        (
            21,
            "You are currently caller number twenty one waiting to be answered.",
            "Sie sind Nummer einund zwanzig in der Warteschlange.",
        ),
    ] {
        assert_eq!(english(&English.place(place)), en);
        assert_eq!(german(&German.place(place)), de);
    }
    assert_eq!(English.place(0), English.place(1));
    for (seconds, en, de) in [
        (0, "less than two minutes", "weniger als zwei Minuten"),
        (89, "less than two minutes", "weniger als zwei Minuten"),
        (90, "two minutes", "zwei Minuten"),
        (200, "three minutes", "drei Minuten"),
        (3_600, "one hour", "eine Stunde"),
        (5_000, "one hour and twenty three minutes", "eine Stunde und dreiund zwanzig Minuten"),
    ] {
        let (en, de) =
            (format!("The estimated hold time is currently {en}"), format!("Die Wartezeit beträgt {de}"));
        assert_eq!(english(&English.waiting_time(seconds)), en);
        assert_eq!(german(&German.waiting_time(seconds)), de);
    }
    assert!(!English.waiting_time(u64::MAX).is_empty());
}

#[test]
fn a_conference_is_counted_without_whoever_is_told() {
    for (count, en, de) in [
        (
            0,
            "You are currently the only person in this conference.",
            "Sie sind zurzeit allein in dieser Konferenz.",
        ),
        (
            1,
            "There is one other person in this conference.",
            "Ein weiterer Teilnehmer ist in dieser Konferenz.",
        ),
        (
            12,
            "There are twelve other people in the conference.",
            "Es sind zwölf weitere Teilnehmer in der Konferenz.",
        ),
    ] {
        assert_eq!(english(&English.others(count)), en);
        assert_eq!(german(&German.others(count)), de);
    }
}

#[test]
fn telephone_numbers_are_said_in_groups() {
    let shown = |groups: Vec<Vec<String>>| {
        let digit = |name: &String| match name.as_str() {
            "letters/plus" => "+".to_owned(),
            other => other.trim_start_matches("digits/").to_owned(),
        };
        groups.iter().map(|group| group.iter().map(digit).collect::<String>()).collect::<Vec<_>>().join(" ")
    };
    for (number, en, de) in [
        ("101", "101", "101"),
        ("1234", "1234", "12 34"),
        ("5551234", "555 1234", "55 51 234"),
        ("2125551234", "212 555 1234", "21 25 55 12 34"),
        ("+12125551234", "+1 212 555 1234", "+12 12 55 51 234"),
        ("4930123456789", "493 012 345 67 89", "49 30 12 34 56 789"),
        ("030 1234-56", "030 1234 56", "030 1234 56"),
        ("(212) 555-1234", "212 555 1234", "212 555 1234"),
        ("*97", "star97", "star97"),
        ("", "", ""),
        ("anonymous", "", ""),
    ] {
        assert_eq!(shown(English.telephone(number)), en, "{number}");
        assert_eq!(shown(German.telephone(number)), de, "{number}");
    }
    for language in [&English as &dyn Grammar, &German] {
        for digits in 0..40 {
            let number = "7".repeat(digits);
            let said = language.telephone(&number);
            assert_eq!(said.concat().len(), digits);
            assert!(
                digits < 2 || said.iter().all(|group| group.len() > 1 || digits == 11),
                "{digits}: {said:?}"
            );
        }
    }
    let items = in_groups(English.telephone("5551234"), "en");
    assert_eq!((items.len(), &items[3]), (8, &cordboard_media::Audio::Silence(200)));
}

#[test]
fn digits_and_letters_skip_what_has_no_name() {
    assert_eq!(english(&English.digits("+49-1 2#*")), "plus four nine minus one two pound star");
    assert_eq!(English.spell("Az9.ü"), ["letters/a", "letters/z", "digits/9", "letters/dot"]);
    assert_eq!(english(&English.phonetic("Ab-9é")), "Alpha Bravo dash nine");
    assert_eq!(german(&German.spell("Jörß_7")), "Jot Ö Er Eszett Unterstrich sieben");
    assert_eq!(german(&German.phonetic("Köln")), "Köln Umlaut Offenbach Leipzig Nürnberg");
}

#[test]
fn a_language_is_known_by_its_first_part_and_english_speaks_for_the_others() {
    for (lang, one) in
        [("de", "1N"), ("de-AT", "1N"), ("DE_ch", "1N"), ("en", "1"), ("fr", "1"), ("", "1"), ("den", "1")]
    {
        assert_eq!(grammar(lang).counted(1, Gender::Neuter), [format!("digits/{one}")], "{lang}");
    }
}

#[test]
fn the_manifests_have_every_prompt_that_can_be_asked_for() {
    for (language, manifest) in [(&English as &dyn Grammar, ENGLISH), (&German, GERMAN)] {
        let (listed, texts) = (language.prompts(), texts(manifest));
        let mut asked = Vec::new();
        for number in (0..3_000).chain([1_234_567, 3_000_000_000, 999_999_999_999]) {
            asked.extend(language.number(-number));
            asked.extend(language.ordinal(number.unsigned_abs()));
            asked.extend(language.counted(number, Gender::Feminine));
        }
        asked.extend(
            language.phonetic("the quick brown fox jumps over the lazy dog äöüß 0123456789 .-/@+=$*#!_"),
        );
        for minute in 0..60 {
            asked.extend(language.moment(&at(minute % 24, minute), "ABdYHIMSpRr"));
        }
        for name in asked.iter().chain(&listed) {
            assert!(listed.contains(name) && texts.contains_key(name.as_str()), "{name}");
        }
    }
}
