//! The endpoint as the exchange and the wire see it: two endpoints with virtual time between them, or one and a peer played
//! by hand.

mod calls;
mod wire;
