//! Commands from the terminal, or from whatever the standard input is.

use crate::wake;
use anyhow::Result;
use std::io::{BufRead, IsTerminal};

/// Says what can be typed, where somebody types.
pub(super) fn greet() {
    if std::io::stdin().is_terminal() {
        println!("Type `call NUMBER`, `answer`, `hangup` …; `help` lists all commands, Ctrl-D ends.");
    }
}

/// A thread that waits for lines. The end of the input is `quit`, but to a phone that is `left_alone`: one that answers by itself, and
/// that nobody at a terminal ends.
pub(super) fn read(typed: wake::Sender<String>, left_alone: bool) -> Result<()> {
    let stays = left_alone && !std::io::stdin().is_terminal();
    std::thread::Builder::new().name("terminal".to_owned()).spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            if typed.send(line).is_err() {
                return;
            }
        }
        if !stays {
            // Whoever reads the lines may be gone already.
            let _gone = typed.send("quit".to_owned());
        }
    })?;
    Ok(())
}
