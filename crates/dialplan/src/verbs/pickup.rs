//! `ch.pickup(whom)`: takes the call that has rung longest at somebody else's phone. `whom` is a user, an array of users, or the name of
//! a group; without it the caller's own group. The script ends when there is one, as the caller is in that call from then on; so it
//! goes on only where nobody rings, with `false`.

use super::dial::stages;
use crate::registry::{Kind, Part, Receiver, Verb, any};
use crate::running::{Call, Fault, unexpected};
use cordboard_app::{Connect, Destination, Query, Reply, Step, Value};
use rhai::Dynamic;

pub(super) const VERBS: &[Verb] = &[Verb {
    on: Receiver::Part(Part::Channel),
    name: "pickup",
    kind: Kind::Step,
    params: &[any("whom")],
    required: 0,
    run: pickup,
}];

fn pickup(call: &Call<'_>, arguments: &[Dynamic]) -> Result<Dynamic, Fault> {
    let users = match arguments.first() {
        None => group(call, None)?,
        // A group is the script's own to name.
        Some(whom) if whom.is_string() => group(call, Some(whom.to_string()))?,
        Some(whom) => users(stages(whom)?)?,
    };
    match call.step(Step::Connect(Connect::RingingAt(users))) {
        Ok(Reply::Dialed(_)) => Ok(Dynamic::TRUE),
        Ok(other) => Err(unexpected(&other)),
        // The only way in which it fails: nobody rings.
        Err(Fault::Error(_)) => Ok(Dynamic::FALSE),
        Err(ended) => Err(ended),
    }
}

fn group(call: &Call<'_>, name: Option<String>) -> Result<Vec<String>, Fault> {
    let Value::List(users) = call.ask(Query::Group(name))? else { return Ok(Vec::new()) };
    Ok(users.iter().filter_map(Value::text).map(str::to_owned).collect())
}

fn users(stages: Vec<Vec<Destination>>) -> Result<Vec<String>, Fault> {
    let user = |who| match who {
        Destination::User(user) => Ok(user),
        Destination::Trunk { .. } | Destination::Extension { .. } => {
            Err(Fault::Error("pickup takes users: nobody rings at a trunk or an extension".to_owned()))
        }
    };
    stages.into_iter().flatten().map(user).collect()
}
