//! The endpoint as the exchange and the wire see it: two endpoints with virtual time between them, or one and a peer played
//! by hand.

mod calls;
mod door;
mod offers;
mod provisionals;
mod timers;
mod transfers;
mod wire;
