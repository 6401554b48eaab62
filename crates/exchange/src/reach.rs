//! How a destination is reached: a user by its bindings, a trunk by its servers.

use crate::Exchange;
use cordboard_app::Destination;
use cordboard_base::{CallId, Time};
use cordboard_call::{Contact, OutOfReach, Reach, UserRoute};
use cordboard_sip::registrar::Binding;

/// Routes that are asked at once who rings, for each call that there may be: a group of agents behind extensions. All calls share them.
const PARTS_PER_CALL: usize = 4;

impl Exchange {
    pub(crate) fn reach(
        &mut self,
        now: Time,
        call: CallId,
        destination: &Destination,
    ) -> Result<Reach, OutOfReach> {
        match destination {
            Destination::User(user) => self.reach_user(user).map(Reach::User),
            Destination::Trunk { trunk, number } => {
                self.reach_trunk(now, call, trunk, number).map(Reach::Trunk)
            }
            // The call core starts a call of its own for it, which is a part of the one that there is.
            Destination::Extension { .. } => {
                let calls = usize::try_from(self.setup.limits.calls).unwrap_or(usize::MAX);
                let full = self.calls.parts() >= calls.saturating_mul(PARTS_PER_CALL);
                if full { Err(OutOfReach::Full) } else { Ok(Reach::Route(self.new_call_id())) }
            }
        }
    }

    fn reach_user(&self, user: &str) -> Result<UserRoute, OutOfReach> {
        let setup = self.setup.users.get(user).ok_or(OutOfReach::Unknown)?;
        let contact = |(phone, binding): (String, &Binding)| Contact {
            uri: binding.contact.clone(),
            hop: binding.via,
            route: binding.path.clone(),
            q: binding.q(),
            phone: Some(phone),
        };
        let mut contacts: Vec<Contact> = self.phones_of(user).into_iter().map(contact).collect();
        // A stable sort: those of one phone keep their order.
        contacts.sort_by_key(|contact| core::cmp::Reverse(contact.q));
        if contacts.is_empty() {
            return Err(OutOfReach::Offline);
        }
        Ok(UserRoute {
            user: user.to_owned(),
            identity: setup.identity.clone(),
            contacts,
            codecs: setup.codecs.clone(),
            context: setup.context.clone(),
        })
    }
}
