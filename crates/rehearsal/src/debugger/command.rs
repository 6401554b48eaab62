//! What is typed.

use super::TEST;
use super::stops::Mode;
use cordboard_dialplan::nearest;

/// Something to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Goes on, so far.
    Go(Mode),
    /// `break 12`, `break office.rhai:12`
    BreakLine { file: Option<String>, line: usize },
    /// `break verb dial`
    BreakVerb(String),
    /// `break route _1XX`, `break route internal _1XX`
    BreakRoute { context: Option<String>, pattern: String },
    /// `breaks`
    Breaks,
    /// `delete 1`, `delete`
    Delete(Option<u32>),
    /// `vars`, `vars 1`
    Vars(usize),
    /// `print EXPR`
    Print(String),
    /// `where`
    Where,
    /// `call`
    Call,
    /// `ladder`, `ladder 10`
    Ladder(usize),
    /// `time`
    Time,
    /// `list`, `list 12`, `list office.rhai:12`
    List { file: Option<String>, line: Option<usize> },
    /// `help`
    Help,
    /// `quit`
    Quit,
}

/// Lines of a ladder that are shown if nothing is said.
const LADDER: usize = 20;

/// Commands and their short forms.
const NAMES: [(&str, &str); 16] = [
    ("break", "b"),
    ("breaks", "info"),
    ("delete", "d"),
    ("step", "s"),
    ("next", "n"),
    ("finish", "f"),
    ("continue", "c"),
    ("vars", "v"),
    ("print", "p"),
    ("where", "w"),
    ("call", "calls"),
    ("ladder", "sip"),
    ("time", "t"),
    ("list", "l"),
    ("help", "h"),
    ("quit", "q"),
];

/// What `help` says.
pub(crate) const HELP: &str = "\
break FILE:LINE, break LINE    stops before that line of a script or a test
break verb NAME                stops wherever a script uses this verb: break verb dial
break route PATTERN            stops at the first line of a route; break route CONTEXT PATTERN if several have it
breaks, delete [NUMBER]        shows the breakpoints; removes one, or all
step, next, finish             to the next line of any script or test; of this one, passing over functions; out of the function
continue                       to the next breakpoint
vars [NUMBER]                  the variables here, or in an outer function as `where` numbers them
print EXPRESSION               what it is, with the variables and functions of this place; nothing of the call is changed by it
where                          the functions that the script is in, its route, and where the test waits
call                           the calls, their legs, who rings, what everybody hears
ladder [LINES]                 the SIP messages so far, the last ones
time                           what time it is; it stands still while you look
list [LINE, FILE:LINE]         the text around this place; again: what follows
help, quit                     Ctrl-D ends it too; an empty line does the last command again
b, d, s, n, f, c, v, p, w, t, l, h and q are short for them.";

/// What a line means; `None`: nothing was typed.
pub(crate) fn parse(line: &str) -> Result<Option<Command>, String> {
    let line = line.trim();
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    if word.is_empty() {
        return Ok(None);
    }
    let rest = rest.trim();
    let Some((name, _)) = NAMES.iter().find(|(name, short)| word == *name || word == *short) else {
        let near = nearest(word, NAMES.iter().map(|(name, _)| *name));
        let near = near.map_or_else(String::new, |near| format!(", did you mean `{near}`?"));
        return Err(format!("there is no command `{word}`{near} (`help` lists them)"));
    };
    let (program, level) = (TEST, 0);
    let command = match *name {
        "break" => place_to_break(rest)?,
        "breaks" => Command::Breaks,
        "delete" => Command::Delete(number(rest)?),
        "step" => Command::Go(Mode::Steps),
        "next" => Command::Go(Mode::Passes { program, level }),
        "finish" => Command::Go(Mode::Leaves { program, level }),
        "continue" => Command::Go(Mode::Runs),
        "vars" => Command::Vars(number(rest)?.unwrap_or(0)),
        "print" if rest.is_empty() => return Err("print what? `print r.status`".to_owned()),
        "print" => Command::Print(rest.to_owned()),
        "where" => Command::Where,
        "call" => Command::Call,
        "ladder" => Command::Ladder(number(rest)?.unwrap_or(LADDER)),
        "time" => Command::Time,
        "list" => {
            let (file, line) = file_and_line(rest)?;
            Command::List { file, line }
        }
        "help" => Command::Help,
        _ => Command::Quit,
    };
    Ok(Some(command))
}

fn place_to_break(rest: &str) -> Result<Command, String> {
    const HOW: &str = "break where? `break office.rhai:12`, `break verb dial`, `break route _1XX`";
    let words: Vec<&str> = rest.split_whitespace().collect();
    match words.as_slice() {
        ["verb", name] => {
            let name = name.rsplit(['.', ':']).next().unwrap_or(name);
            Ok(Command::BreakVerb(name.to_owned()))
        }
        ["route", pattern] => Ok(Command::BreakRoute { context: None, pattern: (*pattern).to_owned() }),
        ["route", context, pattern] => {
            Ok(Command::BreakRoute { context: Some((*context).to_owned()), pattern: (*pattern).to_owned() })
        }
        [place] => match file_and_line(place)? {
            (file, Some(line)) => Ok(Command::BreakLine { file, line }),
            (_, None) => Err(HOW.to_owned()),
        },
        [] | [..] => Err(HOW.to_owned()),
    }
}

fn file_and_line(text: &str) -> Result<(Option<String>, Option<usize>), String> {
    if text.is_empty() {
        return Ok((None, None));
    }
    match text.rsplit_once(':') {
        Some((file, line)) => Ok((Some(file.to_owned()), number(line)?)),
        None => Ok((None, number(text)?)),
    }
}

fn number<T: core::str::FromStr>(text: &str) -> Result<Option<T>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| format!("`{text}` is no number"))
}
