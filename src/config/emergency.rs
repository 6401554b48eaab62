//! `etc/emergency.toml`: emergency numbers, how they go out and who is told. Every key is documented in that file.

use super::value::{Keys, Name, Within};
use super::{Config, ConfigError, nearest};
use crate::mail::{RECIPIENTS_MAX, is_address};
use cordboard_call::OfficeEmergency;
use cordboard_exchange::EmergencySetup;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The numbers of each country, by ISO 3166-1; elsewhere those that mobile networks everywhere know, and 999.
///
/// Compared with the emergency numbers of libphonenumber 9.0.43 (`resources/ShortNumberMetadata.xml`, made of what countries tell the
/// ITU and of lists on the web): all of these are there but for France's 114 (deaf callers), Japan's 118 (coast guard) and Spain's 061,
/// 062, 080, 091 and 092, which are named nowhere there and stand here all the same: a number too many harms less than one too few.
/// Left out are numbers there that are for what can wait (Denmark's 114), for one city (India's 1298 and 2611), or for police alone that
/// 112 reaches as well (most of 151 to 159 in Czechia).
const COUNTRIES: &[(&str, &[&str])] = &[
    ("AD", &["112", "110", "116", "118"]),
    ("AE", &["112", "999", "997", "998"]),
    ("AM", &["101", "102", "103"]),
    ("AR", &["911", "100", "101", "107"]),
    ("AT", &["112", "122", "133", "144"]),
    ("AU", &["000", "112", "106"]),
    ("AZ", &["112", "101", "102", "103"]),
    ("BA", &["122", "123", "124"]),
    ("BE", &["112", "100", "101"]),
    ("BG", &["112", "150", "160", "166"]),
    ("BR", &["190", "192", "193", "112", "911"]),
    ("BY", &["112", "101", "102", "103"]),
    ("CA", &["911", "112"]),
    ("CH", &["112", "117", "118", "144"]),
    ("CL", &["911", "131", "132", "133"]),
    ("CN", &["110", "119", "120"]),
    ("CO", &["112", "119", "123", "132", "156"]),
    ("CR", &["112", "911"]),
    ("CY", &["112", "199"]),
    ("CZ", &["112", "150", "155", "158", "156"]),
    ("DE", &["112", "110"]),
    ("DK", &["112"]),
    ("DO", &["112", "911"]),
    ("DZ", &["112", "14", "17"]),
    ("EC", &["112", "911", "101", "102"]),
    ("EE", &["112", "110"]),
    ("EG", &["122", "123", "180"]),
    ("ES", &["112", "061", "062", "080", "091", "092", "085", "088"]),
    ("FI", &["112"]),
    ("FO", &["112", "114"]),
    ("FR", &["112", "15", "17", "18", "114"]),
    ("GB", &["999", "112"]),
    ("GE", &["112", "011", "022", "033", "111", "113", "122"]),
    ("GG", &["112", "999"]),
    ("GH", &["999", "191", "192", "193"]),
    ("GI", &["112", "190", "199"]),
    ("GL", &["112"]),
    ("GR", &["112", "100", "166", "199"]),
    ("HK", &["112", "999", "992"]),
    ("HR", &["112", "93", "94", "192", "193", "194"]),
    ("HU", &["112", "104", "105", "107"]),
    ("ID", &["112", "110", "113", "118", "119"]),
    ("IE", &["112", "999"]),
    ("IL", &["112", "100", "101", "102"]),
    ("IM", &["999"]),
    ("IN", &["112", "100", "101", "102", "108"]),
    ("IS", &["112"]),
    ("IT", &["112", "113", "115", "118"]),
    ("JE", &["112", "999"]),
    ("JO", &["112", "911", "191", "192", "197"]),
    ("JP", &["110", "118", "119"]),
    ("KE", &["112", "999", "114"]),
    ("KR", &["112", "119"]),
    ("KW", &["112"]),
    ("KZ", &["112", "101", "102", "103"]),
    ("LI", &["112", "117", "118", "144"]),
    ("LK", &["112", "110", "116", "118", "119"]),
    ("LT", &["112", "01", "02", "03", "011", "022", "033", "101", "102", "103"]),
    ("LU", &["112", "113"]),
    ("LV", &["112", "01", "02", "03", "110", "113"]),
    ("MA", &["15", "19", "177"]),
    ("MC", &["112", "15", "17", "18"]),
    ("MD", &["112", "901", "902", "903"]),
    ("ME", &["112", "122", "123", "124"]),
    ("MK", &["112", "192", "193", "194"]),
    ("MO", &["999"]),
    ("MT", &["112"]),
    ("MX", &["911", "060", "065", "066", "068", "080"]),
    ("MY", &["112", "999"]),
    ("NL", &["112", "911"]),
    ("NO", &["112", "110", "113"]),
    ("NZ", &["111"]),
    ("PA", &["911"]),
    ("PE", &["105", "116", "117"]),
    ("PH", &["112", "911", "117"]),
    ("PK", &["112", "15", "16", "115", "1122"]),
    ("PL", &["112", "997", "998", "999"]),
    ("PR", &["911"]),
    ("PT", &["112", "115"]),
    ("PY", &["911"]),
    ("QA", &["999"]),
    ("RO", &["112"]),
    ("RS", &["112", "92", "93", "94"]),
    ("RU", &["112", "01", "02", "03", "101", "102", "103"]),
    ("SA", &["112", "911", "999", "997"]),
    ("SE", &["112", "90000"]),
    ("SG", &["999", "993", "995"]),
    ("SI", &["112", "113"]),
    ("SK", &["112", "150", "155", "158"]),
    ("SM", &["113", "115", "118"]),
    ("SN", &["17", "18"]),
    ("TH", &["191", "199", "1669"]),
    ("TN", &["190", "197", "198"]),
    ("TR", &["112", "110", "155"]),
    ("TW", &["112", "110", "119"]),
    ("UA", &["112", "101", "102", "103"]),
    ("UG", &["999"]),
    ("US", &["911", "112"]),
    ("UY", &["911"]),
    ("VA", &["112", "113", "115", "118"]),
    ("VE", &["112", "911", "171"]),
    ("VN", &["113", "114", "115"]),
    ("XK", &["112", "192", "193", "194"]),
    ("ZA", &["112", "10111", "10177"]),
    ("ZW", &["112", "999", "993", "994", "995"]),
];

/// A country whose numbers are known; empty: none in particular.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country(String);

impl Country {
    fn numbers(&self) -> Option<Vec<String>> {
        let (_, numbers) = COUNTRIES.iter().find(|(code, _)| *code == self.0)?;
        Some(numbers.iter().map(|number| (*number).to_owned()).collect())
    }
}

impl TryFrom<String> for Country {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let code = text.to_ascii_uppercase();
        if code.is_empty() || COUNTRIES.iter().any(|(known, _)| *known == code) {
            return Ok(Self(code));
        }
        let known: Vec<&str> = COUNTRIES.iter().map(|(code, _)| *code).collect();
        let known = known.join("`, `");
        Err(format!(
            "the numbers of `{text}` are not known here, name them as `numbers`; known are `{known}`"
        ))
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.0
    }
}

/// The whole file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct EmergencyFile {
    pub country: Country,
    pub numbers: Vec<Keys>,
    pub prefixes: Vec<Keys>,
    pub trunks: Vec<Name>,
    pub caller: String,
    pub notify: Vec<Name>,
    pub ring: Vec<Name>,
    pub mail: Vec<String>,
    pub callback_s: Within<0, 86_400>,
}

impl Default for EmergencyFile {
    fn default() -> Self {
        Self {
            country: Country::default(),
            numbers: Vec::new(),
            prefixes: OfficeEmergency::default().prefixes.into_iter().map(Keys).collect(),
            trunks: Vec::new(),
            caller: String::new(),
            notify: Vec::new(),
            ring: Vec::new(),
            mail: Vec::new(),
            callback_s: Within::new(1_800),
        }
    }
}

impl Config {
    /// The numbers, and every trunk: those that are named first.
    pub(super) fn emergency(&self) -> OfficeEmergency {
        let file = &self.emergency;
        let own: Vec<String> = file.numbers.iter().map(|keys| keys.0.clone()).collect();
        let numbers = Some(own).filter(|own| !own.is_empty()).or_else(|| file.country.numbers());
        let others = self.trunks.trunk.keys().filter(|name| !file.trunks.contains(name));
        let caller = |(name, user): (&Name, &super::User)| {
            let number = user.emergency_number.clone();
            Some((name.as_str().to_owned(), number)).filter(|(_, number)| !number.is_empty())
        };
        let known = OfficeEmergency::default();
        OfficeEmergency {
            numbers: numbers.unwrap_or(known.numbers),
            prefixes: file
                .prefixes
                .iter()
                .map(|keys| keys.0.clone())
                .filter(|prefix| !prefix.is_empty())
                .collect(),
            trunks: file.trunks.iter().chain(others).map(|name| name.as_str().to_owned()).collect(),
            caller: file.caller.clone(),
            callers: self.users.user.iter().filter_map(caller).collect(),
        }
    }

    /// Who is told.
    pub(super) fn emergency_setup(&self) -> EmergencySetup {
        let file = &self.emergency;
        let names = |names: &[Name]| names.iter().map(|name| name.as_str().to_owned()).collect();
        let place = |(name, user): (&Name, &super::User)| {
            Some((name.as_str().to_owned(), user.place.clone())).filter(|(_, place)| !place.is_empty())
        };
        EmergencySetup {
            notify: names(&file.notify),
            ring: names(&file.ring),
            mail: file.mail.clone(),
            places: self.users.user.iter().filter_map(place).collect(),
            callback_s: file.callback_s.get(),
        }
    }

    /// Trunks and users that are named must be there, and numbers must be numbers.
    pub(super) fn check_emergency(&self, path: &Path) -> Result<(), ConfigError> {
        let file = &self.emergency;
        let say = |message: String| Err(ConfigError::of_file(path, message));
        let (users, trunks) = (&self.users.user, &self.trunks.trunk);
        let users = || users.keys().map(Name::as_str);
        let trunks = || trunks.keys().map(Name::as_str);
        let hint =
            |near: Option<String>| near.map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
        let unknown = |name: &&str| !trunks().any(|known| known == *name);
        if let Some(trunk) = file.trunks.iter().map(Name::as_str).find(unknown) {
            return say(format!("no trunk `{trunk}`{}", hint(nearest(trunk, trunks()))));
        }
        let unknown = |name: &&str| !users().any(|known| known == *name);
        if let Some(user) = file.notify.iter().chain(&file.ring).map(Name::as_str).find(unknown) {
            return say(format!("no user `{user}`{}", hint(nearest(user, users()))));
        }
        if let Some(address) = file.mail.iter().find(|address| !is_address(address)) {
            return say(format!("`{address}` is no mail address"));
        }
        if file.mail.len() > RECIPIENTS_MAX {
            return say(format!("`mail`: at most {RECIPIENTS_MAX} addresses"));
        }
        for number in file.numbers.iter().chain(&file.prefixes).map(|keys| keys.0.as_str()) {
            if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
                return say(format!("`{number}` is no number: an emergency number is digits"));
            }
        }
        let shown = self.users.user.values().map(|user| &user.emergency_number).chain([&file.caller]);
        let odd = |number: &&String| number.chars().any(|c| !c.is_ascii_digit() && c != '+');
        if let Some(number) = shown.into_iter().find(odd) {
            return say(format!(
                "`{number}` is no number: what a service is shown is digits, with a `+` before them"
            ));
        }
        Ok(())
    }
}
