//! The dialplan against a call core that is a list of replies.

mod slice;
mod world;
