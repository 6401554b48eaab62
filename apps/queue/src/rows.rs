//! What was kept of a former life.

use crate::callback::CallbackRow;
use crate::members::MemberRow;
use crate::queues::Queues;
use crate::statistics::Figures;
use cordboard_app::{Level, ServiceOutput};
use cordboard_base::Time;

impl Queues {
    /// A row that was kept. One that is not understood is logged.
    pub(crate) fn restore_row(&mut self, now: Time, key: String, row: &str) {
        let parts: Vec<&str> = key.split('/').collect();
        let understood = match parts.as_slice() {
            ["member", ..] => serde_json::from_str::<MemberRow>(row).map(|row| self.restore_member(now, row)),
            ["callback", _] => serde_json::from_str::<CallbackRow>(row)
                .map(|row| self.restore_callback(now, key.clone(), row)),
            ["day", queue, day] if *day == self.today().to_string() => serde_json::from_str::<Figures>(row)
                .map(|figures| {
                    if let Some(queue) = self.queues.get_mut(*queue) {
                        queue.figures = figures;
                    }
                }),
            ["agent-day", queue, who, day] if *day == self.today().to_string() => {
                serde_json::from_str::<Figures>(row).map(|figures| {
                    let members = self.queues.get_mut(*queue).map(|queue| queue.members.iter_mut());
                    let is_it =
                        |member: &&mut crate::queue::Member| crate::statistics::key_of(&member.who) == *who;
                    if let Some(member) = members.into_iter().flatten().find(is_it) {
                        member.figures = figures;
                    }
                })
            }
            // Of former days: they are for reports.
            _ => Ok(()),
        };
        if let Err(error) = understood {
            let text = format!("kept row {key} not understood: {error}");
            self.out.push_back(ServiceOutput::Log { level: Level::Warn, text });
        }
    }
}
