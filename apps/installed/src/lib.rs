//! Every application that an office comes with. To add one: its crate among the dependencies, a line below.
#![forbid(unsafe_code)]

use cordboard_app::{Applications, Installed};
use cordboard_queue::QueueService;

/// All of them, as a new office has them.
pub fn installed() -> Installed {
    let applications = cordboard_queue::applications();
    Installed { applications: Applications::new(applications), services: vec![Box::new(QueueService::new())] }
}
