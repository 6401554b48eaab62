//! Format parameters as session descriptions write them: `mode=20; annexb=no` (RFC 8866 §6.15).

/// The value of `key`, the first if it stands there twice. Keys are compared without case.
pub fn parameter<'a>(fmtp: &'a str, key: &str) -> Option<&'a str> {
    fmtp.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case(key).then(|| value.trim())
    })
}

/// The value of `key` if it is a whole number.
pub fn number(fmtp: &str, key: &str) -> Option<u32> {
    parameter(fmtp, key)?.parse().ok()
}

/// Whether `key` is 1.
pub fn flag(fmtp: &str, key: &str) -> bool {
    number(fmtp, key) == Some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_found_whatever_stands_around_them() {
        let fmtp = "stereo=0 ; UseInbandFEC = 1;maxaveragebitrate=20000; broken; x=";
        assert_eq!(number(fmtp, "maxaveragebitrate"), Some(20_000));
        assert!(flag(fmtp, "useinbandfec") && !flag(fmtp, "stereo") && !flag(fmtp, "cbr"));
        assert_eq!(
            (parameter(fmtp, "x"), number(fmtp, "x"), parameter(fmtp, "broken")),
            (Some(""), None, None)
        );
    }
}
