//! Digits by name, by event code (RFC 4733 §3.2) and by their tones (ITU-T Q.23).

use crate::Tone;

/// The row frequencies.
pub const LOW_HZ: [u16; 4] = [697, 770, 852, 941];
/// The column frequencies.
pub const HIGH_HZ: [u16; 4] = [1_209, 1_336, 1_477, 1_633];

/// Of each of the two frequencies: within what ITU-T Q.23's national limits allow, and loud enough for any detector.
const LEVEL_DBM0: i8 = -8;
const BY_CODE: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'];
const KEYPAD: [[char; 4]; 4] =
    [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];

/// The digit of an event code; none for events that are not digits.
pub fn digit(code: u8) -> Option<char> {
    BY_CODE.get(usize::from(code)).copied()
}

/// The event code of a digit; letters in either case.
pub fn code(digit: char) -> Option<u8> {
    let at = BY_CODE.iter().position(|known| known.eq_ignore_ascii_case(&digit))?;
    u8::try_from(at).ok()
}

/// The digit whose tones these are.
pub fn digit_of([low_hz, high_hz]: [u16; 2]) -> Option<char> {
    let row = LOW_HZ.iter().position(|&hz| hz == low_hz)?;
    let column = HIGH_HZ.iter().position(|&hz| hz == high_hz)?;
    KEYPAD.get(row)?.get(column).copied()
}

/// The tone of a digit.
pub fn tone(digit: char, duration_ms: u32) -> Option<Tone> {
    for (row, &low) in KEYPAD.iter().zip(&LOW_HZ) {
        for (key, &high) in row.iter().zip(&HIGH_HZ) {
            if key.eq_ignore_ascii_case(&digit) {
                let frequencies_hz = [low, high];
                return Some(Tone {
                    frequencies_hz,
                    level_dbm0: LEVEL_DBM0,
                    cadence_ms: Vec::new(),
                    duration_ms,
                });
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_digits_are_those_of_rfc_4733() {
        assert_eq!(
            (code('0'), code('9'), code('*'), code('#'), code('d')),
            (Some(0), Some(9), Some(10), Some(11), Some(15))
        );
        assert_eq!(digit(16), None, "flash is no digit");
        assert_eq!(code('x'), None);
        assert!((0..16).all(|c| code(digit(c).unwrap()) == Some(c)));
    }

    #[test]
    fn every_digit_has_the_tones_of_its_key() {
        assert_eq!(tone('5', 0).unwrap().frequencies_hz, [770, 1_336]);
        assert_eq!(tone('#', 0).unwrap().frequencies_hz, [941, 1_477]);
        assert!(BY_CODE.iter().all(|&d| digit_of(tone(d, 0).unwrap().frequencies_hz) == Some(d)));
    }
}
