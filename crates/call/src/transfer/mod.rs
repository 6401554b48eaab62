//! Transfers and pickup: who stays is connected anew, who asked for it leaves. Legs change partners and calls, never their
//! inside.

pub(crate) mod attended;
pub(crate) mod back;
pub(crate) mod blind;
pub(crate) mod elsewhere;
pub(crate) mod replace;

#[cfg(test)]
pub(crate) use blind::NUMBER_CHARS_MAX;
pub(crate) use blind::Transfer;
