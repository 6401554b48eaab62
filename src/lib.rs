//! The shell of the exchange: everything that touches the world. It carries bytes, files and time to the cores and back,
//! and decides nothing about calls.

pub mod admin;
pub mod agree;
pub mod cli;
pub mod clock;
pub mod codec_libs;
pub mod config;
pub mod confirm;
pub mod history;
pub mod http;
pub mod journey;
pub mod logging;
pub mod mail;
pub mod media;
pub mod memory;
pub mod net;
pub mod office;
pub mod phone;
pub mod poller;
pub mod prompts;
pub mod rehearsal;
pub mod resolve;
pub mod scripts;
pub mod server;
pub mod shard;
pub mod store;
pub mod wake;
