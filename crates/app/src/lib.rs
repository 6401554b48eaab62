//! The contract between the call core and what drives a call.
