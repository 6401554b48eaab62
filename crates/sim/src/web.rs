//! The web as scripts see it: servers that answer what a test says, after as long as it says; nobody else is there.

use cordboard_app::{HttpReply, HttpRequest, HttpStatus};
use core::time::Duration;
use std::collections::BTreeMap;

/// Until it is known that nobody takes connections.
const REFUSED: Duration = Duration::from_millis(4);

/// Servers by the beginnings of addresses, and what they were asked.
#[derive(Clone, Debug, Default)]
pub struct Web {
    /// Beginning of an address → after how long, which code, which body.
    pub servers: BTreeMap<String, (Duration, u16, String)>,
    /// Every request, in order.
    pub requests: Vec<HttpRequest>,
}

impl Web {
    /// When the answer is there, and what it is.
    pub(crate) fn answer(&mut self, request: HttpRequest) -> (Duration, HttpReply) {
        let timeout = Duration::from_millis(u64::from(request.timeout_ms));
        let server = self.servers.iter().find(|(beginning, _)| request.url.starts_with(*beginning));
        let (after, status, body) = match server {
            Some((_, (after, code, body))) if *after < timeout => {
                (*after, HttpStatus::Code(*code), body.clone())
            }
            Some(_) => (timeout, HttpStatus::Timeout, String::new()),
            None => (REFUSED, HttpStatus::Refused, String::new()),
        };
        self.requests.push(request);
        let ms = u32::try_from(after.as_millis()).unwrap_or(u32::MAX);
        (after, HttpReply { body, ..HttpReply::failed(status, ms) })
    }
}
