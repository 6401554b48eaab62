//! Just so much of a session description as explains a call: where audio is to go, in what, which way.

use crate::sip::Sip;
use cordboard_base::Direction;
use core::net::IpAddr;

/// Lines that are looked at.
const LINES_MAX: usize = 256;
/// Payload numbers with a meaning of their own (RFC 3551 §6).
const STATIC: [(&str, &str); 9] = [
    ("0", "PCMU"),
    ("3", "GSM"),
    ("4", "G723"),
    ("5", "DVI4"),
    ("7", "LPC"),
    ("8", "PCMA"),
    ("9", "G722"),
    ("15", "G728"),
    ("18", "G729"),
];

/// The audio of a description.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Audio {
    /// Where it is to be sent.
    pub(crate) address: Option<IpAddr>,
    /// Who says that it has made the description (`o=`).
    pub(crate) origin: Option<IpAddr>,
    /// 0: no audio.
    pub(crate) port: u16,
    /// Codecs in order, without telephone events and comfort noise.
    pub(crate) codecs: Vec<String>,
    /// Whether keys can come as events (RFC 4733).
    pub(crate) events: bool,
    pub(crate) direction: Direction,
}

impl Audio {
    /// Of a message, if it has a description with audio.
    pub(crate) fn of(sip: &Sip<'_>) -> Option<Self> {
        if !sip.body.contains("m=audio") {
            return None;
        }
        let mut audio = Self::default();
        let mut numbers: Vec<&str> = Vec::new();
        let mut names: Vec<(&str, &str)> = Vec::new();
        let (mut media, mut seen) = ("", false);
        for line in sip.body.lines().take(LINES_MAX) {
            if let Some(rest) = line.strip_prefix("m=") {
                media = rest.split(' ').next().unwrap_or("");
                if media == "audio" && !seen {
                    seen = true;
                    let mut words = rest.split(' ').skip(1);
                    audio.port = words.next().and_then(|port| port.parse().ok()).unwrap_or(0);
                    numbers = words.skip(1).collect();
                } else {
                    media = "another";
                }
            } else if let Some(rest) = line.strip_prefix("o=") {
                audio.origin = rest.split(' ').nth(5).and_then(|ip| ip.trim().parse().ok());
            } else if media.is_empty() || media == "audio" {
                audio.line(line, &mut names);
            }
        }
        for number in numbers {
            let named = names.iter().find(|(of, _)| *of == number).map(|(_, name)| *name);
            let name = named.or_else(|| STATIC.iter().find(|(of, _)| *of == number).map(|(_, name)| *name));
            match name.map(|name| (name, name.to_ascii_lowercase())) {
                Some((_, lower)) if lower == "telephone-event" => audio.events = true,
                Some((_, lower)) if lower == "cn" => {}
                Some((name, _)) => audio.codecs.push(name.to_owned()),
                None if number == "13" => {}
                None => audio.codecs.push(number.to_owned()),
            }
        }
        Some(audio)
    }

    fn line<'a>(&mut self, line: &'a str, names: &mut Vec<(&'a str, &'a str)>) {
        if let Some(rest) = line.strip_prefix("c=IN IP4 ").or_else(|| line.strip_prefix("c=IN IP6 ")) {
            self.address = rest.split('/').next().and_then(|ip| ip.trim().parse().ok());
        } else if let Some(rest) = line.strip_prefix("a=rtpmap:") {
            let Some((number, name)) = rest.split_once(' ') else { return };
            names.push((number, name.split('/').next().unwrap_or("").trim()));
        } else {
            match line.trim_end() {
                "a=sendrecv" => self.direction = Direction::SendRecv,
                "a=sendonly" => self.direction = Direction::SendOnly,
                "a=recvonly" => self.direction = Direction::RecvOnly,
                "a=inactive" => self.direction = Direction::Inactive,
                _ => {}
            }
        }
    }

    /// `G722 PCMA PCMU`.
    pub(crate) fn codecs(&self) -> String {
        if self.codecs.is_empty() { "nothing".to_owned() } else { self.codecs.join(" ") }
    }

    /// As far as the eye of an admin needs it: `192.0.2.9:4000 PCMA PCMU sendonly`.
    pub(crate) fn in_short(&self) -> String {
        let address = self.address.map(|ip| core::net::SocketAddr::new(ip, self.port).to_string());
        let mut words = vec![address.unwrap_or_default(), self.codecs()];
        if self.direction != Direction::SendRecv {
            words.push(format!("{:?}", self.direction).to_ascii_lowercase());
        }
        words.retain(|word| !word.is_empty());
        words.join(" ")
    }
}

/// Whether an address is one of a network of its own, which nobody outside reaches (RFC 1918, RFC 6598, RFC 3927, RFC 4193).
pub(crate) fn is_private(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let shared = u32::from(ip) & 0xFFC0_0000 == 0x6440_0000;
            ip.is_private() || ip.is_link_local() || ip.is_loopback() || shared
        }
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_tells_where_in_what_and_which_way() {
        let text = "INVITE sip:a SIP/2.0\r\n\r\nv=0\r\no=- 1 1 IN IP4 10.0.0.5\r\nc=IN IP4 198.51.100.5\r\nm=audio 4000 RTP/AVP 9 96 101 13 0\r\n\
            a=rtpmap:96 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\na=sendonly\r\nm=video 4002 RTP/AVP 97\r\na=rtpmap:97 VP8/90000\r\na=inactive\r\n";
        let audio = Audio::of(&Sip::of(text)).unwrap();
        assert_eq!(audio.in_short(), "198.51.100.5:4000 G722 opus PCMU sendonly");
        assert!(audio.events && is_private(audio.origin.unwrap()) && !is_private(audio.address.unwrap()));
        assert_eq!(Audio::of(&Sip::of("INVITE sip:a SIP/2.0\r\n\r\n")), None);
    }

    #[test]
    fn networks_of_ones_own_are_told_from_the_world() {
        for (ip, private) in [
            ("10.1.2.3", true),
            ("172.31.0.1", true),
            ("172.32.0.1", false),
            ("100.64.0.1", true),
            ("100.128.0.1", false),
            ("192.168.0.1", true),
            ("198.51.100.1", false),
            ("::ffff:10.0.0.1", true),
            ("fd00::1", true),
            ("2001:db8::1", false),
        ] {
            assert_eq!(is_private(ip.parse().unwrap()), private, "{ip}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_comes_is_read(body in "(m=audio|a=rtpmap:|c=IN IP4 |o=|[ -~\n]){0,30}") {
            let text = format!("INVITE sip:a SIP/2.0\n\n{body}");
            let _whatever = Audio::of(&Sip::of(&text)).map(|audio| audio.in_short());
        }
    }
}
