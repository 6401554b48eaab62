//! Asterisk's names of codecs, and ours.

use crate::conf::Section;
use crate::report::Report;

const NAMES: [(&str, &str); 18] = [
    ("ulaw", "PCMU"),
    ("alaw", "PCMA"),
    ("g722", "G722"),
    ("opus", "opus"),
    ("gsm", "GSM"),
    ("ilbc", "iLBC"),
    ("g726", "G726-32"),
    ("g729", "G729"),
    ("g729a", "G729"),
    ("speex", "speex"),
    ("speex8", "speex"),
    ("speex16", "speex/16000"),
    ("speex32", "speex/32000"),
    ("slin", "L16"),
    ("adpcm", "DVI4"),
    ("lpc10", "LPC"),
    ("pcma", "PCMA"),
    ("pcmu", "PCMU"),
];

/// What a section allows, in order; empty: all that the office has.
pub(super) fn allowed(section: &Section, report: &mut Report) -> Vec<String> {
    let mut codecs: Vec<String> = Vec::new();
    for entry in &section.entries {
        let words = entry.value.split([',', '&', '|']).map(str::trim).filter(|word| !word.is_empty());
        match entry.key.as_str() {
            "disallow" if entry.value.trim() == "all" => codecs.clear(),
            "disallow" => {
                let gone: Vec<&str> = words.filter_map(ours).collect();
                codecs.retain(|codec| !gone.contains(&codec.as_str()));
            }
            "allow" => {
                for word in words {
                    let word = word.trim_start_matches('!').split(':').next().unwrap_or(word);
                    match ours(word) {
                        Some(codec) if !codecs.iter().any(|known| known == codec) => {
                            codecs.push(codec.to_owned())
                        }
                        Some(_) => {}
                        None if word == "all" => {}
                        None => {
                            report.lost(&entry.place, &format!("allow = {word}"), "this codec is not there")
                        }
                    }
                }
            }
            _ => {}
        }
    }
    codecs
}

fn ours(word: &str) -> Option<&'static str> {
    NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, codec)| *codec)
}
