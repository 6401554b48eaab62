//! The endpoint as the exchange and the wire see it: two endpoints with virtual time between them, or one and a peer played
//! by hand.
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names the one event that it waits for")]

#[cfg(test)]
mod calls;
#[cfg(test)]
mod chaos;
#[cfg(test)]
mod door;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod offers;
#[cfg(test)]
mod provisionals;
#[cfg(test)]
mod timers;
#[cfg(test)]
mod transfers;
#[cfg(test)]
mod wire;
