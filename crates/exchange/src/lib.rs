//! Every core of the exchange composed into one machine.
