//! A program's raw output as music. It is started when somebody listens and killed, with all that it has started, when nobody
//! does; what it writes to its standard error goes to the log.

use super::live::{CHUNK, Kill, LiveError, Sink};
use cordboard_media::{Resampler, Tail};
use cordboard_sounds::RATE_HZ;
use rustix::process::{Pid, Signal, kill_process_group};
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, Command, Stdio};

/// Lines of its standard error that are logged for each start; the rest is read and dropped.
const LINES_MAX: usize = 100;

#[derive(Debug)]
struct Running(Child);

impl Kill for Running {
    fn kill(&mut self) {
        // The whole group: a shell's children play on without it.
        let group = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
        let killed = group.map(|group| kill_process_group(group, Signal::KILL));
        if let Err(error) = self.0.wait() {
            tracing::warn!(%error, ?killed, "a music program was not waited for");
        }
    }
}

/// Runs it to its end, which is an error in any case.
pub(super) fn play(class: &str, command: &[String], rate_hz: u32, sink: &Sink) -> Result<(), LiveError> {
    let [program, arguments @ ..] = command else { return Err(LiveError::Ended) };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let running = Running(child);
    sink.killed_by(Box::new(running))?;
    if let Some(stderr) = stderr {
        let class = class.to_owned();
        // Ends with the program: its owner is the pipe.
        std::thread::Builder::new().name("stderr".to_owned()).spawn(move || log(&class, stderr))?;
    }
    let mut stdout = stdout.ok_or(LiveError::Ended)?;
    let mut filter = (rate_hz != RATE_HZ).then(|| (Resampler::new(rate_hz, RATE_HZ), Tail::default()));
    let (mut bytes, mut held) = (vec![0; CHUNK * 2], 0);
    loop {
        let read = stdout.read(bytes.get_mut(held..).unwrap_or_default())?;
        if read == 0 {
            return Err(LiveError::Ended);
        }
        held += read;
        let (pairs, _) = bytes.get(..held).unwrap_or_default().as_chunks::<2>();
        let samples: Vec<i16> = pairs.iter().map(|pair| i16::from_le_bytes(*pair)).collect();
        let whole = pairs.len() * 2;
        bytes.copy_within(whole..held, 0);
        held -= whole;
        let samples = match &mut filter {
            None => samples,
            Some((filter, tail)) => {
                let mut out = Vec::new();
                tail.push(filter, &samples, &mut out);
                out
            }
        };
        sink.put(samples)?;
    }
}

fn log(class: &str, mut stderr: ChildStderr) {
    let (mut bytes, mut lines) = ([0; 1_024], 0);
    while let Ok(read @ 1..) = stderr.read(&mut bytes) {
        let text = String::from_utf8_lossy(bytes.get(..read).unwrap_or_default());
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            lines += 1;
            if lines <= LINES_MAX {
                tracing::info!(class, "music program: {line}");
            }
        }
    }
}
