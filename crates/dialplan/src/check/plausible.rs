//! Times that can't be meant: seconds are wanted, and whoever comes from elsewhere gives milliseconds.

use cordboard_app::Takes;

/// The longest time that somebody can mean where nothing else is said, in seconds.
const LONGEST_S: i64 = 3_600;
/// So many seconds in round thousands are milliseconds: whoever means minutes and hours writes 1,800 or 3,600.
const ROUND: i64 = 1_000;

/// The longest that somebody can mean of an option or argument, in seconds.
fn longest_s(verb: &str, name: &str) -> i64 {
    match (verb, name) {
        ("dial", "timeout" | "leg_timeout") => 600,
        ("read" | "menu" | "authenticate", _) => 300,
        ("amd" | "get" | "post", _) => 60,
        // How long people talk, wait in a queue or stay in a conference.
        (_, "limit") | ("conference" | "queue" | "page", _) => 43_200,
        _ => LONGEST_S,
    }
}

/// What is said of a time that is hardly meant, and what may be.
pub(super) fn too_long(verb: &str, name: &str, takes: Takes, given: i64) -> Option<(String, String)> {
    // What does not fit at all is told as that.
    if !matches!(takes, Takes::Seconds | Takes::SecondsList) || given > 86_400 {
        return None;
    }
    let longest = longest_s(verb, name);
    let is_round = longest <= LONGEST_S && given >= ROUND && given % ROUND == 0 && given % 900 != 0;
    if given <= longest && !is_round {
        return None;
    }
    let message = format!("`{verb}`: `{name}` is in seconds, and {given} of them are {}", in_words(given));
    let seconds = match (given / ROUND, given % ROUND) {
        (whole, 0) => whole.to_string(),
        (whole, rest) => format!("{whole}.{}", format!("{rest:03}").trim_end_matches('0')),
    };
    Some((message, format!("{given} ms are `{seconds}`")))
}

fn in_words(seconds: i64) -> String {
    match (seconds / 3_600, seconds % 3_600 / 60) {
        (0, minutes) => format!("{minutes} minutes"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_are_told_from_long_times() {
        let told = |verb, name, given| too_long(verb, name, Takes::Seconds, given);
        let (message, hint) = told("dial", "timeout", 20_000).unwrap();
        assert_eq!(message, "`dial`: `timeout` is in seconds, and 20000 of them are 5 h 33 min");
        assert_eq!(hint, "20000 ms are `20`");
        assert_eq!(told("read", "timeout", 2_500).unwrap().1, "2500 ms are `2.5`");
        for (verb, name, most) in
            [("dial", "timeout", 600), ("read", "digit_timeout", 300), ("wait", "seconds", 3_600)]
        {
            assert_eq!(told(verb, name, most), None, "{verb}");
            assert!(told(verb, name, most + 1).is_some(), "{verb}");
        }
        assert!(told("wait", "seconds", 1_000).is_some(), "a second, in milliseconds");
        for meant in [0, 30, 900, 1_200, 1_800, 3_600] {
            assert_eq!(told("wait", "seconds", meant), None, "{meant}");
        }
        for meant in [3_600, 5_400, 7_200, 14_400, 36_000, 43_200] {
            assert_eq!(told("dial", "limit", meant), None, "{meant}");
        }
        assert_eq!(told("dial", "timeout", 86_401), None, "it does not fit, which is said");
        assert_eq!(too_long("menu", "retries", Takes::Integer(0, 99_999), 20_000), None);
    }
}
