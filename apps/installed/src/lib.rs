//! Every application that an office comes with. To add one: its crate among the dependencies, a line in each list below.
#![forbid(unsafe_code)]

use cordboard_app::{Application, Applications, Hosted, Installed};
use cordboard_confirm::Confirm;
use std::rc::Rc;

/// All of them, as a new office has them.
pub fn installed() -> Installed {
    let confirm: Rc<dyn Application> = Rc::new(Confirm);
    let applications = [
        cordboard_announcement::applications(),
        cordboard_conference::applications(),
        cordboard_dictation::applications(),
        cordboard_directory::applications(),
        cordboard_emergency::applications(),
        cordboard_hotdesk::applications(),
        cordboard_paging::applications(),
        cordboard_parking::applications(),
        cordboard_queue::applications(),
        cordboard_transfer::applications(),
        cordboard_spy::applications(),
        cordboard_voicemail::applications(),
        cordboard_wakeup::applications(),
        cordboard_completion::applications(),
        cordboard_disa::applications(),
        cordboard_amd::applications(),
        cordboard_clock::applications(),
        vec![confirm],
    ];
    let services: Vec<Box<dyn Hosted>> = vec![
        Box::new(cordboard_announcement::Announcements::default()),
        Box::new(cordboard_conference::Rooms::default()),
        Box::new(cordboard_dictation::Dictations::default()),
        Box::new(cordboard_directory::Directory::default()),
        Box::new(cordboard_hotdesk::Desks::default()),
        Box::new(cordboard_paging::Pages::default()),
        Box::new(cordboard_parking::Lots::default()),
        Box::new(cordboard_spy::Spies::default()),
        Box::new(cordboard_queue::QueueService::new()),
        Box::new(cordboard_voicemail::Mailboxes::default()),
        Box::new(cordboard_wakeup::Wakeups::default()),
        Box::new(cordboard_completion::Completions::default()),
        Box::new(cordboard_disa::Lines::default()),
        Box::new(cordboard_lamp::Switches::default()),
    ];
    Installed { applications: Applications::new(applications.concat()), services }
}
