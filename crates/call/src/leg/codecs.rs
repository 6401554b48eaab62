//! Codecs by name: what a configuration calls `PCMA` is this format in our offers.

use cordboard_base::Format;

/// The formats of these names, in their order; unknown names are left out. Static payload numbers are RFC 3551's, dynamic
/// ones the usual.
pub(crate) fn formats(names: &[String]) -> Vec<Format> {
    names.iter().filter_map(|name| format(name)).collect()
}

fn format(name: &str) -> Option<Format> {
    let upper = name.to_ascii_uppercase();
    let (payload_type, name, clock_rate_hz) = match upper.as_str() {
        "PCMU" => (0, "PCMU", 8_000),
        "GSM" => (3, "GSM", 8_000),
        "PCMA" => (8, "PCMA", 8_000),
        // RFC 3551 §4.5.2: its RTP clock is 8,000 Hz though it samples at 16,000.
        "G722" => (9, "G722", 8_000),
        "G723" => (4, "G723", 8_000),
        "G729" => (18, "G729", 8_000),
        "ILBC" => (97, "iLBC", 8_000),
        "SPEEX" => (98, "speex", 8_000),
        "G726-32" => (99, "G726-32", 8_000),
        "L16" => (118, "L16", 16_000),
        "OPUS" => return Some(Format { channels: 2, ..Format::new(107, "opus", 48_000) }),
        _ => return None,
    };
    Some(Format::new(payload_type, name, clock_rate_hz))
}

/// `ours` with those that are in `first` before the others, in the order of `first`.
pub(crate) fn preferring(ours: Vec<Format>, first: &[Format]) -> Vec<Format> {
    let mut ordered: Vec<Format> = Vec::with_capacity(ours.len());
    for wanted in first {
        let found = ours.iter().find(|format| format.same_encoding(wanted));
        if let Some(found) = found.filter(|f| !ordered.iter().any(|o| o.same_encoding(f))) {
            ordered.push(found.clone());
        }
    }
    let rest: Vec<Format> =
        ours.into_iter().filter(|format| !ordered.iter().any(|o| o.same_encoding(format))).collect();
    ordered.extend(rest);
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_ends_codecs_come_first_and_none_twice() {
        let ours = formats(&["PCMA".into(), "PCMU".into(), "G722".into(), "nonsense".into()]);
        let ordered = preferring(ours, &[Format::new(9, "g722", 8_000), Format::new(96, "AMR", 8_000)]);
        let names: Vec<&str> = ordered.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["G722", "PCMA", "PCMU"]);
    }
}
