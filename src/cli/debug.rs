//! `test --debug`: the terminal that the debugger is talked with. Commands can be piped in as well; then they are shown as if they had
//! been typed.

use super::table;
use cordboard_rehearsal::Terminal;
use std::io::{BufRead, IsTerminal, Write, stdin, stdout};

/// Standard input and output.
pub(super) struct Console;

impl Terminal for Console {
    fn ask(&mut self, prompt: &str) -> Option<String> {
        let is_typed = stdin().is_terminal();
        let mut line = String::new();
        if is_typed {
            print!("{prompt}");
            stdout().flush().ok()?;
        }
        let bytes = stdin().lock().read_line(&mut line).ok()?;
        if bytes == 0 {
            if is_typed {
                table::say("");
            }
            return None;
        }
        if !is_typed {
            table::say(&format!("{prompt}{}", line.trim_end()));
        }
        Some(line)
    }

    fn say(&mut self, text: &str) {
        table::say(text);
    }
}
