//! Whole calls in virtual time: a file per behaviour, a test per sentence. What callers hear is what is asserted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "tests may"
)]

mod amd;
mod announcements;
mod bad_network;
mod basic_call;
mod bells;
mod blocking;
mod bodies;
mod completion;
mod conference;
mod dictation;
mod digits;
mod directory;
mod disa;
mod dnd;
mod emergency;
mod explain;
mod extensions;
mod feature_codes;
mod features;
mod first_sound;
mod follow_me;
mod forks;
mod forwarding;
mod from_outside;
mod glare;
mod hold;
mod hold_codes;
mod hostile;
mod hot_desk;
mod ivr;
mod journey;
mod lamps;
mod media_setup;
mod messages;
mod nat;
mod night;
mod operation;
mod originate;
mod outside;
mod paging;
mod parking;
mod pickup;
mod pickup_codes;
mod pins;
mod privacy;
mod queue;
mod queue_agents;
mod queue_callback;
mod queue_keys;
mod queue_results;
mod queue_rules;
mod queue_transfers;
mod queue_words;
mod races;
mod recording;
mod recordings_together;
mod redial;
mod refusals;
mod registration;
mod reliable;
mod restore;
mod ring_group;
mod screens;
mod script_error;
mod soft_keys;
mod speed_dial;
mod spy;
mod strangers;
mod tcp;
mod times;
mod transfer;
mod transfer_back;
mod transfer_codes;
mod transfer_shown;
mod trunks;
mod typed_codes;
mod video;
mod voicemail;
mod voicemail_options;
mod wakeup;
mod web;
mod whatever_happens;
