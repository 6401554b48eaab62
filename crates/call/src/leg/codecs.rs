//! Codecs by name: what a configuration calls `PCMA` is this format in our offers.

use cordboard_base::Format;
use cordboard_media::codec;

/// The formats of these names, in their order; unknown names are left out.
pub(crate) fn formats(names: &[String]) -> Vec<Format> {
    names.iter().filter_map(|name| codec::named(name)).map(codec::offered).collect()
}

/// Comfort noise (RFC 3389), which goes along with a codec whose clock is 8,000 Hz too.
pub(crate) fn comfort_noise() -> Format {
    Format::new(13, "CN", 8_000)
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
        let ours = formats(&["PCMA".into(), "PCMU".into(), "L16/16000".into(), "nonsense".into()]);
        let ordered = preferring(ours, &[Format::new(118, "l16", 16_000), Format::new(96, "AMR", 8_000)]);
        let names: Vec<&str> = ordered.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["L16", "PCMA", "PCMU"]);
    }
}
