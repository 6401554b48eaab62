//! Every application that an office comes with. To add one: its crate among the dependencies, a line below.
#![forbid(unsafe_code)]

use cordboard_app::{Applications, Installed, Service};
use cordboard_confirm::Confirm;
use cordboard_queue::QueueService;
use std::rc::Rc;

/// All of them, as a new office has them.
pub fn installed() -> Installed {
    let mut applications = cordboard_queue::applications();
    applications.push(Rc::new(Confirm));
    applications.extend(cordboard_voicemail::applications());
    let services: Vec<Box<dyn Service>> =
        vec![Box::new(QueueService::new()), Box::new(cordboard_voicemail::Mailboxes::default())];
    Installed { applications: Applications::new(applications), services }
}
