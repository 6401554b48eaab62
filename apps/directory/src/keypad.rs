//! Names as they are typed on a telephone's keypad (ITU-T E.161). A letter with a mark is typed as the letter without it, and those
//! that people also write as two are found both ways: Müller is 685 (MUL) and 683 (MUE).

/// The key of a letter; a digit is its own.
fn key(letter: char) -> Option<char> {
    Some(match letter {
        'a'..='c' => '2',
        'd'..='f' => '3',
        'g'..='i' => '4',
        'j'..='l' => '5',
        'm'..='o' => '6',
        'p'..='s' => '7',
        't'..='v' => '8',
        'w'..='z' => '9',
        '0'..='9' => letter,
        _ => return None,
    })
}

/// Letters of the Latin alphabet with marks, by the one without.
const MARKED: [(&str, &str); 22] = [
    ("a", "àáâãāăąǎ"),
    ("c", "çćĉċč"),
    ("d", "ďđð"),
    ("e", "èéêëēĕėęě"),
    ("g", "ĝğġģ"),
    ("h", "ĥħ"),
    ("i", "ìíîïĩīĭįı"),
    ("j", "ĵ"),
    ("k", "ķ"),
    ("l", "ĺļľŀł"),
    ("n", "ñńņňŋ"),
    ("o", "òóôõōŏőǒ"),
    ("r", "ŕŗř"),
    ("s", "śŝşšș"),
    ("ss", "ß"),
    ("t", "ţťŧț"),
    ("th", "þ"),
    ("u", "ùúûũūŭůűųǔ"),
    ("w", "ŵ"),
    ("y", "ýÿŷ"),
    ("z", "źżž"),
    ("oe", "œ"),
];

/// Letters that are written as one or as two.
const EITHER: [(char, &str, &str); 6] = [
    ('ä', "a", "ae"),
    ('ö', "o", "oe"),
    ('ü', "u", "ue"),
    ('å', "a", "aa"),
    ('ø', "o", "oe"),
    ('æ', "a", "ae"),
];

/// What can be typed for a word, as a whole: once, or twice where it has a letter that is written as two. Apostrophes, hyphens and
/// marks that stand by themselves are not typed; a word with any other character can't be: nothing.
pub(crate) fn typed(word: &str) -> Vec<String> {
    let [once, twice] = [false, true].map(|as_two| keys(word, as_two));
    let mut all: Vec<String> = once.into_iter().chain(twice).filter(|keys| !keys.is_empty()).collect();
    all.dedup();
    all
}

fn keys(word: &str, as_two: bool) -> Option<String> {
    let mut typed = String::new();
    for letter in word.chars().flat_map(char::to_lowercase) {
        let marked = MARKED.iter().find(|(_, with)| with.contains(letter)).map(|(plain, _)| *plain);
        let either = EITHER.iter().find(|(with, ..)| *with == letter);
        let either = either.map(|(_, one, two)| if as_two { *two } else { *one });
        if let Some(letters) = marked.or(either) {
            typed.extend(letters.chars().filter_map(key));
        } else if let Some(key) = key(letter) {
            typed.push(key);
        } else if letter.is_alphanumeric() {
            return None;
        }
    }
    Some(typed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_typed_without_their_marks_and_those_of_two_letters_both_ways() {
        let cases: [(&str, &[&str]); 12] = [
            ("Archer", &["272437"]),
            ("Müller", &["685537", "6835537"]),
            ("GROß", &["47677"]),
            ("Renée", &["73633"]),
            ("Ångström", &["26478766", "2264787636"]),
            ("O'Brien", &["627436"]),
            ("Meyer-Lüdenscheid", &["6393758336724343", "63937583336724343"]),
            ("Łukasz", &["585279"]),
            ("Şahin", &["72446"]),
            ("Q7", &["77"]),
            ("Дмитрий", &[]),
            ("", &[]),
        ];
        for (name, keys) in cases {
            assert_eq!(typed(name), keys, "{name}");
        }
        // A mark that stands by itself (U+0301) is not typed.
        assert_eq!(typed("Rene\u{301}e"), ["73633"]);
    }
}
