//! The shell of the exchange: everything that touches the world.
