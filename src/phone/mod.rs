//! `cordboard phone`: a small softphone on the exchange's own cores, for whoever has no desk phone, for testing trunks, and as
//! a peer of tests. It prints what happens, a line each.

mod script;
mod setup;
mod terminal;

use crate::clock::Clock;
use crate::codec_libs;
use crate::config::Config;
use crate::media::Media;
use crate::net::{self, Net, NetInput};
use crate::wake::{self, Receiver, Waker};
use anyhow::{Context, Result, ensure};
use clap::Args;
use cordboard_base::{Hop, LegId, Transport};
use cordboard_media::{
    Audio, Command as MediaCommand, Event as MediaEvent, Play, PlayEnd, PlayId, RecordSettings, RecordSides,
    RecordingId, RecordingOf,
};
use cordboard_phone::{Command, Happening, Input, Output, Phone};
use script::{Action, Script};
use setup::{OwnFiles, media_config, net_config, phone_config, proven_name, roots};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Lines typed that wait to be done.
const TYPED_MAX: usize = 64;
/// A piece of the silence that is sent where nothing is played.
const SILENCE_MS: u32 = 60_000;
/// After the script's end or `quit`: how long the good-byes may take.
const GOODBYE: Duration = Duration::from_secs(3);

/// What the softphone is told.
#[derive(Debug, Args)]
pub struct PhoneArgs {
    /// The user to be.
    pub user: String,
    /// The exchange: an address or name, with an optional port.
    #[arg(long, default_value = "127.0.0.1")]
    server: String,
    /// udp, tcp or tls.
    #[arg(long, default_value = "udp")]
    transport: String,
    /// TLS: the certificates, PEM, by one of which the exchange must prove its name: the host that --server names, or the
    /// domain where --server is an address. Default: the exchange's own certificate in the configuration's data directory,
    /// else those that this machine trusts.
    #[arg(long, value_name = "FILE", conflicts_with = "insecure")]
    ca: Option<PathBuf>,
    /// TLS: takes any certificate. Whoever stands between can then listen.
    #[arg(long)]
    insecure: bool,
    /// The password. Default: the one of this user in the configuration's data directory.
    #[arg(long)]
    password: Option<String>,
    /// The domain of its address. Default: the configuration's, else the server's name.
    #[arg(long)]
    domain: Option<String>,
    /// What to do, separated by `;`: help, register, unregister, call N, answer, decline [STATUS], hangup, hold, resume, digits D,
    /// info D, transfer N, attended, play FILE, record FILE, text N WORDS, wait SECONDS, until EVENT (registered, incoming,
    /// ringing, talking, held, resumed, ended, digit), quit. Without it, it registers and reads
    /// commands from the terminal.
    #[arg(long = "do", value_name = "SCRIPT")]
    script: Option<String>,
    /// Answers every call after so many milliseconds. Without a terminal it stays until it is ended by a signal.
    #[arg(long, value_name = "MS")]
    answer: Option<u32>,
    /// Plays this sound file to the other end of every call.
    #[arg(long, value_name = "FILE")]
    play: Option<PathBuf>,
    /// Records every call to FILE (WAV): what it hears on the left, what it says on the right. If FILE is there already, to
    /// FILE-2, and so on.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Codecs, best first.
    #[arg(long, value_delimiter = ',', default_value = "PCMA,PCMU")]
    codecs: Vec<String>,
    /// The SIP port of its own; 0: any.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Sends its INVITEs without an offer.
    #[arg(long)]
    late_offer: bool,
}

/// Runs the softphone until its script has ended, or `quit`, or the end of the input.
pub fn run(args: PhoneArgs, etc: &Path) -> Result<()> {
    let clock = Clock::start();
    let waker = Waker::new()?;
    let known = Config::check(etc).ok();
    if known.as_ref().is_none_or(|config| config.office.codecs.libraries) {
        codec_libs::log(&codec_libs::load());
    }
    let server = setup::server(&args)?;
    if let Some(file) = &args.play {
        ensure!(file.is_file(), "--play {}: no such file", file.display());
    }
    let mut config = phone_config(&args, known.as_ref(), server)?;
    let own_files = OwnFiles::make()?;
    let roots = roots(&args, known.as_ref(), server)?;
    let mut net = Net::start(&net_config(&args, server, &own_files.0, roots)?, waker.clone())
        .context("opening the SIP socket")?;
    if server.transport == Transport::Tls {
        let name = proven_name(&args, &config.domain);
        ensure!(args.insecure || net::is_provable(&name), "no certificate can prove the name `{name}`");
        net.expect_name(server.remote, &name);
    }
    for (transport, address) in net.local_addresses() {
        match transport {
            Transport::Udp => config.endpoint.ports.udp = Some(address.port()),
            Transport::Tcp => config.endpoint.ports.tcp = Some(address.port()),
            Transport::Tls => config.endpoint.ports.tls = Some(address.port()),
        }
    }
    let media = Media::start(&media_config(&args, &config)?, clock, &waker)?;
    let (typed, lines) = wake::channel(&waker, TYPED_MAX);
    let script = match &args.script {
        Some(text) => Script::parse(text)?,
        None => {
            terminal::greet();
            terminal::read(typed, args.answer.is_some())?;
            Script::parse("register")?
        }
    };
    let ends_with_script = args.script.is_some();
    let softphone = Softphone {
        phone: Phone::new(config),
        clock,
        net,
        media,
        script,
        lines,
        ends_with_script,
        play: args.play,
        record: args.record,
        next_play: 0,
        playing: BTreeMap::new(),
        has_registration: false,
        gave_up: false,
        quitting: None,
    };
    softphone.run()
}

struct Softphone {
    phone: Phone,
    clock: Clock,
    net: Net,
    media: Media,
    script: Script,
    lines: Receiver<String>,
    ends_with_script: bool,
    play: Option<PathBuf>,
    record: Option<PathBuf>,
    next_play: u32,
    /// Files that are being played, and to whom.
    playing: BTreeMap<PlayId, PathBuf>,
    /// Whether there is one to take back.
    has_registration: bool,
    /// What the script waited for can't come any more.
    gave_up: bool,
    /// When to leave at the latest.
    quitting: Option<cordboard_base::Time>,
}

impl Softphone {
    fn run(mut self) -> Result<()> {
        let (mut inputs, mut events) = (Vec::new(), Vec::new());
        loop {
            self.go_on();
            if self.is_over() {
                break;
            }
            let due =
                [self.phone.next_deadline(), self.script.due(), self.quitting].into_iter().flatten().min();
            self.net.wait(due.map(|due| self.clock.until(due)), &mut inputs)?;
            for input in inputs.drain(..) {
                match input {
                    NetInput::Message { from, bytes } => self.take(Input::Message { from, bytes }),
                    NetInput::Unreachable(hop) => self.take(Input::Unreachable(hop)),
                    NetInput::Undelivered { hop, quoted } => self.take(Input::Undelivered { hop, quoted }),
                    NetInput::Closed { hop, why } => self.lost(hop, &why),
                    NetInput::Ping(_) => {}
                }
            }
            self.media.events(&mut events);
            for event in events.drain(..) {
                self.take_media(event);
            }
            while let Some(line) = self.lines.try_recv() {
                match Script::parse(&line) {
                    Ok(script) => self.script.append(script),
                    Err(error) => println!("{error}"),
                }
            }
            let now = self.clock.now();
            if self.phone.next_deadline().is_some_and(|due| due <= now) {
                self.phone.handle_timeout(now);
                self.carry_out();
            }
        }
        self.media.stop();
        self.net.stop();
        self.script.verdict()
    }

    fn lost(&self, hop: Hop, why: &str) {
        let hint = if why.contains("certificate") { " (see --ca and --insecure)" } else { "" };
        println!("the connection to {} has ended: {why}{hint}", hop.remote);
    }

    fn is_over(&self) -> bool {
        let Some(at) = self.quitting else { return false };
        self.phone.lines().is_empty() && self.phone.is_quiet() || self.clock.now() >= at
    }

    /// Does the script's next actions until one waits.
    fn go_on(&mut self) {
        if self.gave_up && self.quitting.is_none() {
            self.act(Action::Quit);
        }
        while self.quitting.is_none() {
            match self.script.next(self.clock.now(), self.phone.lines().is_empty()) {
                Some(action) => self.act(action),
                None if self.ends_with_script && self.script.is_done() => self.act(Action::Quit),
                None => break,
            }
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Phone(command) => {
                self.has_registration |= command == Command::Register;
                self.take(Input::Command(command));
            }
            Action::Help => println!("{}", script::HELP),
            Action::Play(file) => self.play_to_all(&file),
            Action::Record(file) => self.record_all(&file),
            Action::Quit => {
                self.quitting = Some(self.clock.now() + GOODBYE);
                for line in self.phone.lines() {
                    self.take(Input::Command(Command::Hangup(Some(line))));
                }
                if self.has_registration {
                    self.take(Input::Command(Command::Unregister));
                }
            }
        }
    }

    fn take(&mut self, input: Input) {
        self.phone.handle(self.clock.now(), input);
        self.carry_out();
    }

    fn take_media(&mut self, event: MediaEvent) {
        if let MediaEvent::Played { leg, play, end, .. } = &event {
            self.played(*leg, *play, end);
        }
        self.take(Input::Media(event));
    }

    /// A file is over. That the call's end has ended it is nothing to tell.
    fn played(&mut self, leg: LegId, play: PlayId, end: &PlayEnd) {
        let Some(file) = self.playing.remove(&play) else { return };
        let file = file.display();
        match end {
            PlayEnd::Finished => self.tell(&format!("{file} has been played")),
            PlayEnd::Missing(_) => {
                self.tell(&format!("{file} can't be played: no sound file that is known here"))
            }
            PlayEnd::Stopped | PlayEnd::Interrupted(_) => return,
        }
        self.be_silent(leg);
    }

    /// Says something, with the time.
    fn tell(&self, text: &str) {
        let at = self.clock.now().as_millis();
        println!("{:>4}.{:03}  {text}", at / 1_000, at % 1_000);
    }

    fn carry_out(&mut self) {
        while let Some(output) = self.phone.poll() {
            match output {
                Output::Transmit { to, bytes } => self.net.send(to, bytes),
                Output::Media(command) => self.media.command(command),
                Output::Happened(happening) => self.happened(&happening),
            }
        }
    }

    fn happened(&mut self, happening: &Happening) {
        self.tell(&script::in_words(happening));
        if matches!(happening, Happening::RegistrationFailed { .. } | Happening::Unregistered) {
            self.has_registration = false;
        }
        self.script.saw(happening);
        self.gave_up |= self.script.gives_up(self.phone.lines().is_empty()).is_some();
        if let Happening::Talking { line, .. } = happening {
            let (play, record) = (self.play.clone(), self.record.clone());
            match play {
                Some(file) => self.play_to(*line, &file),
                None => self.be_silent(*line),
            }
            if let Some(file) = record {
                self.record(*line, &file);
            }
        }
    }

    fn play_to_all(&mut self, file: &Path) {
        for line in self.phone.lines() {
            self.play_to(line, file);
        }
    }

    fn record_all(&mut self, file: &Path) {
        for line in self.phone.lines() {
            self.record(line, file);
        }
    }

    fn play_to(&mut self, leg: LegId, file: &Path) {
        self.next_play += 1;
        let name = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            self.media.set_sounds(folder.to_owned(), String::new(), BTreeMap::new());
        }
        let items = vec![Audio::Prompt { name, lang: String::new() }];
        let id = PlayId(self.next_play);
        self.playing.insert(id, file.to_owned());
        let play = Play { id, items, repeat: false, interrupt: String::new() };
        self.media.command(MediaCommand::Play { leg, play });
    }

    /// Sends silence, as a phone does whose owner listens: NATs stay open, and nobody takes it for dead.
    fn be_silent(&mut self, leg: LegId) {
        self.next_play += 1;
        let items = vec![Audio::Silence(SILENCE_MS)];
        let play = Play { id: PlayId(self.next_play), items, repeat: true, interrupt: String::new() };
        self.media.command(MediaCommand::Play { leg, play });
    }

    fn record(&mut self, leg: LegId, file: &Path) {
        let Some(name) = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()) else { return };
        let id = RecordingId { of: RecordingOf::Leg(leg), number: 0 };
        let settings = RecordSettings::new(name, RecordSides::Stereo);
        self.media.command(MediaCommand::Record { id, settings });
    }
}
