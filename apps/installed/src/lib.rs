//! Every application that an office comes with. To add one: its crate among the dependencies, a line below.
#![forbid(unsafe_code)]

use cordboard_app::{Applications, Installed};

/// All of them, as a new office has them.
pub fn installed() -> Installed {
    Installed { applications: Applications::new(Vec::new()), services: Vec::new() }
}
