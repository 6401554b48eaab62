//! What a payload number means where no `rtpmap` says it: RFC 3551's table.

use cordboard_base::Format;

/// The highest payload number (RFC 3550 §5.1: seven bits).
pub(crate) const PAYLOAD_TYPE_MAX: u8 = 127;

/// The numbers that a description may bind itself (RFC 3551 §6).
pub(crate) const DYNAMIC: core::ops::RangeInclusive<u8> = 96..=127;

/// The static assignments of RFC 3551 §6 tables 4 and 5: number, name, clock in Hz, channels.
const STATIC: [(u8, &str, u32, u8); 24] = [
    (0, "PCMU", 8_000, 1),
    (3, "GSM", 8_000, 1),
    (4, "G723", 8_000, 1),
    (5, "DVI4", 8_000, 1),
    (6, "DVI4", 16_000, 1),
    (7, "LPC", 8_000, 1),
    (8, "PCMA", 8_000, 1),
    (9, "G722", 8_000, 1),
    (10, "L16", 44_100, 2),
    (11, "L16", 44_100, 1),
    (12, "QCELP", 8_000, 1),
    (13, "CN", 8_000, 1),
    (14, "MPA", 90_000, 1),
    (15, "G728", 8_000, 1),
    (16, "DVI4", 11_025, 1),
    (17, "DVI4", 22_050, 1),
    (18, "G729", 8_000, 1),
    (25, "CelB", 90_000, 1),
    (26, "JPEG", 90_000, 1),
    (28, "nv", 90_000, 1),
    (31, "H261", 90_000, 1),
    (32, "MPV", 90_000, 1),
    (33, "MP2T", 90_000, 1),
    (34, "H263", 90_000, 1),
];

/// What RFC 3551 binds `payload_type` to; for a number that it binds to nothing a format with an empty name.
pub(crate) fn default_format(payload_type: u8) -> Format {
    let known = STATIC.iter().find(|entry| entry.0 == payload_type);
    let &(_, name, clock_rate_hz, channels) = known.unwrap_or(&(payload_type, "", 0, 1));
    Format { channels, ..Format::new(payload_type, name, clock_rate_hz) }
}

/// Reads what stands behind the number in `a=rtpmap:0 PCMU/8000/1`. `None` if it is none.
pub(crate) fn rtpmap(payload_type: u8, encoding: &str) -> Option<Format> {
    let mut parts = encoding.trim().split('/');
    let name =
        parts.next().map(str::trim).filter(|name| !name.is_empty() && !name.contains(char::is_whitespace))?;
    let clock_rate_hz = match parts.next() {
        Some(clock) => clock.trim().parse().ok().filter(|hz| *hz > 0)?,
        // Some phones leave out the only clock that telephone-event had for a decade.
        None if name.eq_ignore_ascii_case("telephone-event") => 8_000,
        None => return None,
    };
    // RFC 3551 §4.5.2: the clock of G722 is written 8000 although it samples at 16,000; some phones write what it does.
    let clock_rate_hz = if name.eq_ignore_ascii_case("G722") { 8_000 } else { clock_rate_hz };
    let channels =
        parts.next().and_then(|count| count.trim().parse().ok()).filter(|count| *count > 0).unwrap_or(1);
    Some(Format { channels, ..Format::new(payload_type, name, clock_rate_hz) })
}

/// Whether both can be spoken with each other: the same encoding, and no parameter that forbids it.
pub(crate) fn compatible(a: &Format, b: &Format) -> bool {
    if a.name.is_empty() || !a.same_encoding(b) {
        return false;
    }
    let same = |key: &str, default: &str| {
        parameter(&a.fmtp, key)
            .unwrap_or(default)
            .eq_ignore_ascii_case(parameter(&b.fmtp, key).unwrap_or(default))
    };
    match a.name.to_ascii_uppercase().as_str() {
        // RFC 4867 §8.3.1: the two packings can't be told apart on the wire.
        "AMR" | "AMR-WB" => same("octet-align", "0"),
        // RFC 6184 §8.2.2: packetization-mode must be the same, and so must the profile (the first two of three octets,
        // of which the second is constraints); levels may differ.
        "H264" => {
            let profile =
                |fmtp| parameter(fmtp, "profile-level-id").and_then(|id| id.get(..2)).unwrap_or("42");
            same("packetization-mode", "0") && profile(&a.fmtp).eq_ignore_ascii_case(profile(&b.fmtp))
        }
        // RFC 7741, RFC 6416 and G.723.1 and others: what differs is declared, not negotiated.
        _ => true,
    }
}

/// Our parameters in an answer: where an offer leaves out silence's annex of G.723.1 or G.729, so does the answer (RFC 7261 §3).
pub(crate) fn answered_parameters(ours: &Format, offered: &Format) -> String {
    let declined = |key: &str| {
        parameter(&offered.fmtp, key)
            .filter(|value| value.eq_ignore_ascii_case("no"))
            .map(|_| format!("{key}=no"))
    };
    let annex = match ours.name.to_ascii_uppercase().as_str() {
        "G729" => declined("annexb"),
        "G723" => declined("annexa"),
        _ => None,
    };
    annex.unwrap_or_else(|| ours.fmtp.clone())
}

/// The value of `key` in `fmtp` parameters `a=1; b=2`.
fn parameter<'a>(fmtp: &'a str, key: &str) -> Option<&'a str> {
    fmtp.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case(key).then(|| value.trim())
    })
}

/// Whether a stream can live on it alone: not telephone-event, comfort noise or redundancy, which only go along with another.
pub(crate) fn is_codec(format: &Format) -> bool {
    const COMPANIONS: [&str; 7] = ["telephone-event", "CN", "red", "rtx", "ulpfec", "flexfec-03", "flexfec"];
    !format.name.is_empty() && !COMPANIONS.iter().any(|name| format.name.eq_ignore_ascii_case(name))
}

/// Whether it is comfort noise (RFC 3389), which goes along with a codec.
pub(crate) fn is_noise(format: &Format) -> bool {
    format.name.eq_ignore_ascii_case("CN")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(name: &str, fmtp: &str) -> Format {
        Format { fmtp: fmtp.to_owned(), ..Format::new(96, name, 8_000) }
    }

    #[test]
    fn a_static_number_needs_no_rtpmap_and_a_dynamic_one_stays_unknown() {
        assert_eq!(default_format(8), Format::new(8, "PCMA", 8_000));
        assert_eq!(default_format(10).channels, 2);
        assert_eq!(default_format(101).name, "");
    }

    #[test]
    fn g722_has_a_clock_of_8000_whatever_the_phone_writes() {
        assert_eq!(rtpmap(9, "G722/16000").unwrap().clock_rate_hz, 8_000);
    }

    #[test]
    fn an_rtpmap_without_a_clock_is_none_except_for_events() {
        assert_eq!(rtpmap(96, "opus"), None);
        assert_eq!(rtpmap(96, "opus/0"), None);
        assert_eq!(rtpmap(96, "/8000"), None);
        assert_eq!(rtpmap(101, "telephone-event").unwrap().clock_rate_hz, 8_000);
        assert_eq!(rtpmap(96, "opus/48000/2").unwrap().channels, 2);
    }

    #[test]
    fn unknown_formats_match_nothing_not_even_each_other() {
        assert!(!compatible(&default_format(101), &default_format(101)));
    }

    #[test]
    fn an_annex_that_the_offer_declines_is_not_in_the_answer() {
        let answered = |name: &str, ours: &str, offered: &str| {
            answered_parameters(&format(name, ours), &format(name, offered))
        };
        assert_eq!(answered("G729", "annexb=yes", "annexb=no"), "annexb=no");
        assert_eq!(answered("g729", "annexb=yes", "AnnexB = NO"), "annexb=no");
        // Nothing said is yes (RFC 4856 §2.1.9), to which no is an answer too.
        for offered in ["", "annexb=yes"] {
            assert_eq!(answered("G729", "annexb=yes", offered), "annexb=yes");
            assert_eq!(answered("G729", "annexb=no", offered), "annexb=no");
        }
        assert_eq!(answered("G723", "annexa=yes", "bitrate=6.3;annexa=no"), "annexa=no");
        assert_eq!(answered("opus", "useinbandfec=1", "annexb=no"), "useinbandfec=1");
    }

    #[test]
    fn packings_that_differ_are_different_codecs() {
        assert!(!compatible(&format("AMR", "octet-align=1"), &format("AMR", "mode-set=7")));
        assert!(compatible(&format("AMR", "octet-align=0"), &format("amr", "")));
        let h264 = |mode: &str, id: &str| {
            format("H264", &format!("profile-level-id={id}; packetization-mode={mode}"))
        };
        assert!(compatible(&h264("1", "42e01f"), &h264("1", "42801F")));
        assert!(!compatible(&h264("1", "42e01f"), &h264("0", "42e01f")));
        assert!(!compatible(&h264("1", "42e01f"), &h264("1", "640028")));
    }
}
