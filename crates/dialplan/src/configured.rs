//! What scripts are told of the office's configuration while they are loaded: it stands beside them in the bundle and is part of its
//! version, so that a call's script runs again as it ran, whatever the files say by then.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The part of the configuration that routes are made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Configured {
    /// Whose feature codes the office has: `freepbx`, `asterisk`, `yeastar`, `custom`.
    pub profile: String,
    /// Codes that are others than the profile's, by the names that profiles have for them; empty: none.
    pub codes: BTreeMap<String, String>,
    /// Where calls are parked.
    pub lots: Vec<ParkingLot>,
    /// Opening hours that a code holds open or closed.
    pub hours: Vec<NumberedHours>,
    /// Whose calls get through to everybody: users, and numbers outside.
    pub get_through: Vec<String>,
}

/// Opening hours with a number, by which a code knows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberedHours {
    /// What scripts call them.
    pub name: String,
    /// 0 to 9.
    pub number: u8,
}

/// The places of a parking lot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkingLot {
    /// Its name.
    pub name: String,
    /// The number of its first place.
    pub first: u32,
    /// Of its last.
    pub last: u32,
}

/// As an office without these lines in its files has it.
impl Default for Configured {
    fn default() -> Self {
        let lot = ParkingLot { name: "default".to_owned(), first: 701, last: 720 };
        let (hours, get_through) = (Vec::new(), Vec::new());
        Self { profile: "freepbx".to_owned(), codes: BTreeMap::new(), lots: vec![lot], hours, get_through }
    }
}

impl Configured {
    /// In lines, for people who compare two versions.
    pub fn text(&self) -> String {
        let profile = format!("profile {}\n", self.profile);
        let codes = self.codes.iter().map(|(name, code)| format!("code {name} {code:?}\n"));
        let lots = self.lots.iter().map(|lot| format!("lot {} {} to {}\n", lot.name, lot.first, lot.last));
        let hours = self.hours.iter().map(|hours| format!("hours {} {}\n", hours.name, hours.number));
        let through = self.get_through.iter().map(|who| format!("gets through {who}\n"));
        core::iter::once(profile).chain(codes).chain(lots).chain(hours).chain(through).collect()
    }
}
