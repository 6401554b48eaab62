//! The contract between the call core and what drives a call. A dialplan script and an application in Rust speak it alike:
//! `resume(now, Reply) -> Step`. The call core cannot tell them apart; neither of them ever sees a SIP type.
//!
//! Everything here is plain serialisable data: steps and replies are logged to replay a script, and will be journalled.
#![forbid(unsafe_code)]

mod application;
mod cause;
mod destination;
mod http;
mod info;
mod mail;
mod manual;
mod originate;
mod program;
mod query;
mod record;
mod reply;
pub mod say;
mod service;
pub mod spoken;
mod step;
mod transfer;
mod value;

pub use application::{Application, Applications, Installed, Machine, Verb};
pub use cause::Cause;
pub use destination::{Destination, DialEnd, DialOptions, DialResult, Screen};
pub use http::{HTTP_BODY_MAX, HttpMethod, HttpReply, HttpRequest, HttpStatus};
pub use info::{CallInfo, Identity, Privacy};
pub use mail::{MailOrder, VoicemailMail};
pub use manual::{Argument, Key, Manual, Menu, Param, Schema, Takes, option};
pub use originate::{OnBehalfOf, Originate, Then};
pub use program::{App, AppState, Place, Programs, RouteError, RouteRequest};
pub use query::{Level, Note, Query};
pub use record::{BeepWish, RecordAction, RecordOptions, RecordRule, RecordingInfo};
pub use reply::{DigitsEnd, Happening, MessageEnd, PlayResult, Reply};
pub use service::{
    Answered, AskId, Asker, Change, Guest, Handover, Hosted, MailboxCounts, Moment, Overhear, Service,
    ServiceInput, ServiceOutput,
};
pub use step::{Await, Connect, JoinMix, PlayList, ReadDigits, Step, TakeMessage};
pub use transfer::{Consulted, Transfer};
pub use value::Value;
