//! What services of applications tell: rooms, parked calls.

use super::client::ask;
use super::table;
use crate::admin::{Request, Response};
use anyhow::{Context, Result, bail};
use cordboard_app::Value;
use cordboard_exchange::AdminReply;
use std::path::Path;

/// Asks the service of a kind.
pub(super) fn ask_service(etc: &Path, kind: &str, request: Value) -> Result<Value> {
    let request = Request::Service { kind: kind.to_owned(), request };
    let Response::Exchange(AdminReply::Service(answer)) = ask(etc, &request)? else {
        bail!("an answer to another question")
    };
    Ok(answer)
}

/// `rooms`.
pub(super) fn rooms(etc: &Path, json: bool) -> Result<()> {
    let answer = ask_service(etc, cordboard_conference::KIND, cordboard_conference::list())?;
    let rooms = cordboard_conference::listed(&answer).context("an answer to another question")?;
    if json {
        table::say(&serde_json::to_string_pretty(&rooms)?);
        return Ok(());
    }
    let rows: Vec<Vec<String>> = rooms
        .iter()
        .flat_map(|room| {
            room.participants.iter().map(|participant| {
                let role = match (participant.admin, participant.marked) {
                    (true, _) => "administrator",
                    (false, true) => "marked",
                    (false, false) => "",
                };
                vec![
                    room.room.clone(),
                    participant.number.clone(),
                    participant.name.clone(),
                    role.to_owned(),
                    participant.state.clone(),
                    age(participant.since_s),
                    participant.call.clone(),
                ]
            })
        })
        .collect();
    table::print(&["ROOM", "NUMBER", "NAME", "ROLE", "STATE", "SINCE", "CALL"], &rows);
    for room in rooms.iter().filter(|room| room.locked || room.recording) {
        let marks = [(room.locked, "locked"), (room.recording, "recorded")];
        let marks: Vec<&str> = marks.iter().filter(|(is_so, _)| *is_so).map(|(_, mark)| *mark).collect();
        table::say(&format!("{} is {}", room.room, marks.join(" and ")));
    }
    Ok(())
}

/// `parked`.
pub(super) fn parked(etc: &Path, json: bool) -> Result<()> {
    let answer = ask_service(etc, cordboard_parking::KIND, cordboard_parking::list())?;
    let slots = cordboard_parking::listed(&answer).context("an answer to another question")?;
    if json {
        table::say(&serde_json::to_string_pretty(&slots)?);
        return Ok(());
    }
    let row = |slot: &cordboard_parking::SlotSummary| {
        vec![
            slot.slot.to_string(),
            slot.number.clone(),
            slot.name.clone(),
            slot.parker.clone(),
            age(slot.since_s),
            slot.lot.clone(),
            slot.call.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = slots.iter().map(row).collect();
    table::print(&["SLOT", "NUMBER", "NAME", "PARKED BY", "SINCE", "LOT", "CALL"], &rows);
    Ok(())
}

/// `wakeups`.
pub(super) fn wakeups(etc: &Path, json: bool) -> Result<()> {
    let answer = ask_service(etc, cordboard_wakeup::KIND, cordboard_wakeup::list())?;
    let all = cordboard_wakeup::listed(&answer).context("an answer to another question")?;
    if json {
        table::say(&serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    let row = |one: &cordboard_wakeup::WakeupSummary| {
        vec![one.user.clone(), one.at.clone(), one.repeat.clone(), one.state.clone(), one.set_by.clone()]
    };
    let rows: Vec<Vec<String>> = all.iter().map(row).collect();
    table::print(&["USER", "AT", "REPEAT", "STATE", "SET BY"], &rows);
    Ok(())
}

fn age(secs: u64) -> String {
    format!("{}:{:02}", secs / 60, secs % 60)
}
