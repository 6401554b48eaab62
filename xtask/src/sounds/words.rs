//! Texts as lists of words, so that what a recogniser writes can be compared with what was said.

/// Whose spellings count as alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    English,
    German,
}

const ENGLISH: [&str; 13] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
];
const GERMAN: [&str; 21] = [
    "null",
    "eins",
    "zwei",
    "drei",
    "vier",
    "fünf",
    "sechs",
    "sieben",
    "acht",
    "neun",
    "zehn",
    "elf",
    "zwölf",
    "dreizehn",
    "vierzehn",
    "fünfzehn",
    "sechzehn",
    "siebzehn",
    "achtzehn",
    "neunzehn",
    "zwanzig",
];
const GERMAN_TENS: [&str; 7] = ["dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"];
/// Spellings of what sounds the same.
const ENGLISH_ALIKE: [(&str, &str); 12] = [
    ("to", "two"),
    ("too", "two"),
    ("for", "four"),
    ("dialled", "dialed"),
    ("ok", "okay"),
    ("de", "d"),
    ("caught", "court"),
    ("their", "there"),
    ("won", "one"),
    ("know", "no"),
    ("new", "knew"),
    ("i'm", "im"),
];

impl Language {
    /// That of a manifest; what is not known is compared as English.
    pub(super) fn of(lang: &str) -> Self {
        if lang == "de" { Self::German } else { Self::English }
    }

    /// A number of one word.
    fn number(self, value: usize) -> Option<&'static str> {
        let tens = value.checked_sub(30).filter(|rest| rest % 10 == 0).map(|rest| rest / 10);
        match self {
            Self::English => ENGLISH.get(value).copied(),
            Self::German => GERMAN.get(value).or_else(|| GERMAN_TENS.get(tens?)).copied(),
        }
    }

    fn alike(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::English => &ENGLISH_ALIKE,
            Self::German => &[],
        }
    }
}

/// Lower case without punctuation; numbers as words, since a recogniser may write either; spellings that sound alike are one.
pub(super) fn words(text: &str, language: Language) -> Vec<String> {
    let mut plain = text
        .to_lowercase()
        .replace(['-', '/'], " ")
        .replace("o'clock", "oclock")
        .replace("voicemail", "voice mail")
        .replace("zur zeit", "zurzeit");
    if language == Language::German {
        // "Die Eins" is written as what it sounds like.
        for digit in 0..10 {
            plain = plain.replace(&format!(" d{digit}"), &format!(" die {digit}"));
        }
    }
    plain
        .split_whitespace()
        .map(|word| word.chars().filter(|c| c.is_alphanumeric()).collect::<String>())
        .filter(|word| !word.is_empty())
        .map(|word| {
            let number = word.parse::<usize>().ok().and_then(|n| language.number(n));
            let word = number.map_or(word, str::to_owned);
            let alike = language.alike().iter().find(|(from, _)| *from == word);
            alike.map_or(word, |(_, to)| (*to).to_owned())
        })
        .collect()
}

/// What was heard, with words joined that are one in what was said: a recogniser writes "Raute Taste" as well as "Rautetaste".
pub(super) fn joined(said: &[String], heard: Vec<String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for word in heard {
        let both = all.last().map(|last| format!("{last}{word}")).filter(|both| said.contains(both));
        match (both, all.last_mut()) {
            (Some(both), Some(last)) => *last = both,
            _ => all.push(word),
        }
    }
    all
}
