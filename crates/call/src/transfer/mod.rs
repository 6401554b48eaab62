//! Transfers and pickup: who stays is connected anew, who asked for it leaves. Legs change partners and calls, never their
//! inside.

pub(crate) mod attended;
pub(crate) mod blind;
pub(crate) mod replace;

pub(crate) use blind::Transfer;
