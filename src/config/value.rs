//! Values that are checked where they are read, so that a mistake is shown with its place.

use cordboard_base::{Prefix, Transport};
use cordboard_exchange::HoursRule;
use cordboard_sip::message::Host;
use cordboard_sip::trunk::Server;
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::marker::PhantomData;
use std::net::IpAddr;

/// A whole number from `LEAST` to `MOST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Within<const LEAST: i64, const MOST: i64>(i64);

impl<const LEAST: i64, const MOST: i64> Within<LEAST, MOST> {
    /// A value that the code knows to be right; brought within the bounds if it is not.
    pub const fn new(value: i64) -> Self {
        if value < LEAST {
            Self(LEAST)
        } else if value > MOST {
            Self(MOST)
        } else {
            Self(value)
        }
    }

    /// The number.
    pub fn get<T: TryFrom<i64> + Default>(self) -> T {
        T::try_from(self.0).unwrap_or_default()
    }
}

impl<const LEAST: i64, const MOST: i64> TryFrom<i64> for Within<LEAST, MOST> {
    type Error = String;

    fn try_from(value: i64) -> Result<Self, String> {
        if (LEAST..=MOST).contains(&value) {
            Ok(Self(value))
        } else {
            Err(format!("must be {LEAST} to {MOST}"))
        }
    }
}

impl<const LEAST: i64, const MOST: i64> From<Within<LEAST, MOST>> for i64 {
    fn from(within: Within<LEAST, MOST>) -> Self {
        within.0
    }
}

/// Reads a text and checks it while the file's reader is still at it, so that of a list the very item is shown.
struct Checked<T>(PhantomData<T>);

impl<T: TryFrom<String, Error = String>> Visitor<'_> for Checked<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        T::try_from(text.to_owned()).map_err(E::custom)
    }
}

/// Makes a type readable that comes of a text by `TryFrom`.
macro_rules! read_as_text {
    ($name:ident) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Checked(PhantomData))
            }
        }
    };
}

/// Declares a text that is checked by a function.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        #[serde(into = "String")]
        pub struct $name(String);

        read_as_text!($name);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                let check: fn(&str) -> Result<(), String> = $check;
                check(&text).map(|()| Self(text))
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    };
}

checked_text!(
    /// The name of a user, trunk, context or set of hours: what a SIP URI and a file name can both carry.
    Name,
    |text| {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        match !text.is_empty() && text.len() <= 64 && text.chars().all(fits) && !text.starts_with('.') {
            true => Ok(()),
            false => Err("a name has 1 to 64 letters, digits, `-`, `_` and `.`".to_owned()),
        }
    }
);

checked_text!(
    /// A codec that this exchange has, by name or by name and clock: `speex`, `speex/16000`.
    CodecName,
    |text| {
        let known = codec_names();
        match known.iter().any(|name| name == text) {
            true => Ok(()),
            false => Err(format!("unknown codec `{text}`, expected one of `{}`", known.join("`, `"))),
        }
    }
);

checked_text!(
    /// An IANA time zone.
    TimeZoneName,
    |text| {
        if jiff::tz::TimeZone::get(text).is_ok() {
            return Ok(());
        }
        let folded = text.to_lowercase().replace(' ', "_");
        let known = jiff::tz::db().available();
        let near = known.map(|name| name.to_string()).find(|name| {
            let city = name.rsplit('/').next().unwrap_or(name);
            city.eq_ignore_ascii_case(&folded)
        });
        let hint = near.map_or_else(
            || "as `Europe/London` or `America/New_York`".to_owned(),
            |near| format!("here `{near}`"),
        );
        Err(format!("there is no time zone `{text}`: it is written by continent and city, {hint}"))
    }
);

impl TimeZoneName {
    /// Where nobody says one.
    pub(super) fn utc() -> Self {
        Self("UTC".to_owned())
    }
}

checked_text!(
    /// The host part of a trunk's addresses; empty: that of its first server.
    #[derive(Default)]
    Domain,
    |text| match text.is_empty() || Host::parse(text).is_ok() {
        true => Ok(()),
        false => Err(format!("`{text}` is no domain: it is written `sip.example.com`")),
    }
);

checked_text!(
    /// A date, `YYYY-MM-DD`.
    Date,
    |text| {
        let number = |range: std::ops::Range<usize>| {
            text.get(range).filter(|part| part.bytes().all(|b| b.is_ascii_digit())).and_then(|part| part.parse::<u8>().ok())
        };
        let dashes = text.len() == 10 && text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
        let year = number(0..2).zip(number(2..4)).is_some();
        let month = number(5..7).is_some_and(|month| (1..=12).contains(&month));
        let day = number(8..10).is_some_and(|day| (1..=31).contains(&day));
        if dashes && year && month && day { Ok(()) } else { Err("a date is written `2026-12-25`".to_owned()) }
    }
);

/// What codecs can be called. A name that several share, at different clocks, stands there alone for the first of them.
fn codec_names() -> Vec<String> {
    let codecs = cordboard_media::codec::registry();
    let mut names: Vec<String> = Vec::new();
    for codec in codecs {
        let is_shared = codecs.iter().filter(|other| other.name() == codec.name()).count() > 1;
        if !names.iter().any(|name| name == codec.name()) {
            names.push(codec.name().to_owned());
        }
        if is_shared {
            names.push(format!("{}/{}", codec.name(), codec.clock_rate_hz()));
        }
    }
    names
}

/// A digest algorithm (RFC 8760).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Algorithm {
    #[serde(rename = "MD5")]
    Md5,
    #[serde(rename = "SHA-256")]
    Sha256,
}

impl Algorithm {
    /// As the Digest challenge writes it.
    pub fn token(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        }
    }
}

/// How a trunk is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum TransportName {
    #[default]
    Auto,
    Udp,
    Tcp,
    Tls,
}

impl TransportName {
    /// `None`: as DNS says.
    pub fn transport(self) -> Option<Transport> {
        match self {
            Self::Auto => None,
            Self::Udp => Some(Transport::Udp),
            Self::Tcp => Some(Transport::Tcp),
            Self::Tls => Some(Transport::Tls),
        }
    }
}

/// One of a trunk's servers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub struct ServerName(pub Server);

read_as_text!(ServerName);

impl TryFrom<String> for ServerName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let form = "`sip.example.com`, `192.0.2.1:5060` or `[2001:db8::1]:5060`";
        let say = |why| format!("`{text}` is no server: {why}; one is written {form}");
        Server::parse(&text).map(Self).map_err(say)
    }
}

impl From<ServerName> for String {
    fn from(server: ServerName) -> Self {
        server.0.to_string()
    }
}

/// An address prefix, `192.168.1.0/24`, or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub struct Net(pub Prefix);

read_as_text!(Net);

impl TryFrom<String> for Net {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let bad = || "a network is written `192.168.1.0/24` or `2001:db8::/32`".to_owned();
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| bad())?)),
            None => (text.as_str(), None),
        };
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits <= most { Ok(Self(Prefix { address, bits })) } else { Err(bad()) }
    }
}

impl From<Net> for String {
    fn from(net: Net) -> Self {
        format!("{}/{}", net.0.address, net.0.bits)
    }
}

/// A span of the week, `mon-fri 09:00-17:30`. `24:00` ends a day; a span over midnight is written as two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub struct Span(pub HoursRule);

read_as_text!(Span);

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let bad = || "a span is written `mon-fri 09:00-17:30` or `sat,sun 10:00-13:00`".to_owned();
        let (days, times) = text.split_once(' ').ok_or_else(bad)?;
        let (from, to) = times.trim().split_once('-').ok_or_else(bad)?;
        let (from_min, to_min) = (minutes(from).ok_or_else(bad)?, minutes(to).ok_or_else(bad)?);
        let weekdays =
            days.split(',').try_fold(0, |all, part| Some(all | day_bits(part)?)).ok_or_else(bad)?;
        if from_min >= to_min {
            return Err("a span ends after it begins; over midnight it is written as two: `fri 22:00-24:00` and `sat 00:00-06:00`".to_owned());
        }
        Ok(Self(HoursRule { weekdays, from_min, to_min }))
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        let HoursRule { weekdays, from_min, to_min } = span.0;
        let days: Vec<&str> = WEEKDAYS
            .iter()
            .enumerate()
            .filter(|(n, _)| weekdays & (1 << n) != 0)
            .map(|(_, day)| *day)
            .collect();
        let time = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        format!("{} {}-{}", days.join(","), time(from_min), time(to_min))
    }
}

/// Bits of `mon` or `mon-fri`; `fri-mon` goes over the week's end.
fn day_bits(part: &str) -> Option<u8> {
    let index = |name: &str| WEEKDAYS.iter().position(|day| *day == name);
    let (from, to) = part.split_once('-').unwrap_or((part, part));
    let (from, to) = (index(from)?, index(to)?);
    let last = if to >= from { to } else { to + 7 };
    Some((from..=last).fold(0, |bits, day| bits | 1 << (day % 7)))
}

fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |part: &str| (part.len() == 2).then(|| part.parse::<u16>().ok()).flatten();
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= 1_440).then_some(total)
}

/// Keys of a telephone; empty: none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Keys(pub String);

impl TryFrom<String> for Keys {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.len() <= 8 && text.chars().all(|c| "0123456789ABCD*#".contains(c)) {
            Ok(Self(text))
        } else {
            Err(format!("\"{text}\" is not what can be typed on a telephone: up to 8 of 0-9 * #"))
        }
    }
}

impl From<Keys> for String {
    fn from(keys: Keys) -> Self {
        keys.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_the_week() {
        let span = |text: &str| Span::try_from(text.to_owned()).map(|span| span.0);
        assert_eq!(
            span("mon-fri 09:00-17:30"),
            Ok(HoursRule { weekdays: 0b001_1111, from_min: 540, to_min: 1_050 })
        );
        assert_eq!(
            span("sat,sun 00:00-24:00"),
            Ok(HoursRule { weekdays: 0b110_0000, from_min: 0, to_min: 1_440 })
        );
        assert_eq!(span("fri-mon 01:00-02:00").map(|rule| rule.weekdays), Ok(0b111_0001));
        for bad in [
            "mon",
            "mon 9:00-10:00",
            "mon 10:00-09:00",
            "mo 09:00-10:00",
            "mon 09:60-10:00",
            "mon 09:00-24:01",
            "",
        ] {
            assert!(span(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn networks_dates_and_names() {
        let net = |text: &str| Net::try_from(text.to_owned()).map(String::from);
        assert_eq!(net("10.0.0.0/8").as_deref(), Ok("10.0.0.0/8"));
        assert_eq!(net("2001:db8::1").as_deref(), Ok("2001:db8::1/128"));
        assert!(net("10.0.0.0/33").is_err() && net("x/8").is_err());
        let date = |text: &str| Date::try_from(text.to_owned()).is_ok();
        assert!(date("2026-12-25") && !date("2026-13-01") && !date("26-12-25") && !date("2026/12/25"));
        let name = |text: &str| Name::try_from(text.to_owned()).is_ok();
        assert!(name("101") && name(&"x".repeat(64)) && !name(&"x".repeat(65)) && !name("a b") && !name(""));
    }

    #[test]
    fn numbers_at_their_bounds_and_one_past() {
        type Dscp = Within<0, 63>;
        assert!(Dscp::try_from(63).is_ok() && Dscp::try_from(0).is_ok());
        assert!(Dscp::try_from(64).is_err() && Dscp::try_from(-1).is_err());
    }
}
