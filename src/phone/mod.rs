//! `cordboard phone`: a small softphone on the exchange's own cores, for whoever has no desk phone, for testing trunks, and as
//! a peer of tests. It prints what happens, a line each.

mod script;

use crate::clock::Clock;
use crate::codec_libs;
use crate::config::{Config, Name, random};
use crate::media::{KeepRecordings, Media, MediaConfig};
use crate::net::{self, Net, NetConfig, NetInput, StreamLimits, TlsFiles};
use crate::wake::{self, Receiver, Waker};
use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::Args;
use cordboard_base::{Hop, LegId, Networks, SourceKey, Transport};
use cordboard_media::codec;
use cordboard_media::{
    Audio, Command as MediaCommand, Event as MediaEvent, Play, PlayEnd, PlayId, RecordSettings, RecordSides,
    RecordingId, RecordingOf,
};
use cordboard_phone::{Command, Happening, Input, Output, Phone, PhoneConfig};
use cordboard_sip::endpoint;
use script::{Action, Script};
use std::collections::BTreeMap;
use std::io::{BufRead, IsTerminal};
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Lines typed that wait to be done.
const TYPED_MAX: usize = 64;
/// Where systems keep the roots that they trust.
const SYSTEM_ROOTS: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];
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
    /// Answers every call after so many milliseconds.
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
    let server = server(&args)?;
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
            if std::io::stdin().is_terminal() {
                println!("Type `call NUMBER`, `answer`, `hangup` …; `help` lists all commands, Ctrl-D ends.");
            }
            read_terminal(typed)?;
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

fn server(args: &PhoneArgs) -> Result<Hop> {
    let transport = match args.transport.as_str() {
        "udp" => Transport::Udp,
        "tcp" => Transport::Tcp,
        "tls" => Transport::Tls,
        other => bail!("`{other}` is no transport; udp, tcp and tls are"),
    };
    let bare = args.server.trim_start_matches('[').trim_end_matches(']');
    let with_port = |port: u16| (bare, port).to_socket_addrs().ok()?.next();
    let found = args.server.to_socket_addrs().ok().and_then(|mut all| all.next());
    let remote = found.or_else(|| with_port(transport.default_port()));
    Ok(Hop::new(transport, remote.with_context(|| format!("{}: no such host", args.server))?))
}

fn phone_config(args: &PhoneArgs, known: Option<&Config>, server: Hop) -> Result<PhoneConfig> {
    let of_config = || {
        let config = known?;
        let name = config.users.user.keys().find(|name| name.as_str() == args.user)?;
        config.secrets.password(name).map(str::to_owned)
    };
    let password = args.password.clone().or_else(of_config);
    let domain = args.domain.clone().or_else(|| known.map(|config| config.office.office.domain.to_string()));
    let key = SourceKey { seed: random()?, node: 0, epoch: 1 };
    let networks = Networks { interfaces: net::interfaces()?, local: Vec::new() };
    let format = |name: &String| {
        let codec = codec::named(name);
        codec.map(codec::offered).ok_or_else(|| anyhow!("no codec `{name}`; `cordboard codecs` lists them"))
    };
    Ok(PhoneConfig {
        user: args.user.clone(),
        display: String::new(),
        password: password.with_context(|| no_password(args, known))?,
        domain: domain.unwrap_or_else(|| server.remote.ip().to_string()),
        server,
        codecs: args.codecs.iter().map(format).collect::<Result<_>>()?,
        telephone_event: true,
        ptime_ms: 20,
        expires_s: 300,
        auto_answer_ms: args.answer,
        late_offer: args.late_offer,
        endpoint: endpoint::Config::new(key, 1, networks),
    })
}

fn no_password(args: &PhoneArgs, known: Option<&Config>) -> String {
    let users = known.map(|config| &config.users.user).filter(|users| !users.is_empty());
    let Some(users) = users else {
        return "no --password, and no configuration here that has one".to_owned();
    };
    let names: Vec<&str> = users.keys().map(Name::as_str).collect();
    match names.contains(&args.user.as_str()) {
        true => format!("no --password, and none was made for {} yet: run the exchange first", args.user),
        false => format!(
            "no user {} here, but {}; for another exchange's give --password",
            args.user,
            names.join(", ")
        ),
    }
}

/// A folder of this process alone, for the certificate that TLS wants; gone with it.
struct OwnFiles(PathBuf);

impl OwnFiles {
    fn make() -> Result<Self> {
        let name = format!("cordboard-phone-{:016x}", u64::from_ne_bytes(random()?));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).with_context(|| path.display().to_string())?;
        Ok(Self(path))
    }
}

impl Drop for OwnFiles {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("{}: {error}", self.0.display());
        }
    }
}

/// Where the certificates lie that the exchange must prove itself by; `None`: it need not.
fn roots(args: &PhoneArgs, known: Option<&Config>, server: Hop) -> Result<Option<PathBuf>> {
    if server.transport != Transport::Tls || args.insecure {
        return Ok(None);
    }
    if let Some(file) = &args.ca {
        ensure!(file.is_file(), "--ca {}: no such file", file.display());
        return Ok(Some(file.clone()));
    }
    let own = known.map(|config| config.tls_files().certificate);
    let found = own.into_iter().chain(SYSTEM_ROOTS.iter().map(PathBuf::from)).find(|file| file.is_file());
    let what = "no certificates to prove the exchange by: name them with --ca, or take any with --insecure";
    found.context(what).map(Some)
}

/// The name that the exchange must prove: the one that it was called by, or where that is a mere address the domain that it
/// serves (RFC 5922 §7.3).
fn proven_name(args: &PhoneArgs, domain: &str) -> String {
    let server = args.server.as_str();
    let is_ip = |text: &str| text.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    if server.parse::<SocketAddr>().is_ok() || is_ip(server) {
        return domain.to_owned();
    }
    server.rsplit_once(':').map_or(server, |(host, _port)| host).to_owned()
}

fn net_config(args: &PhoneArgs, server: Hop, own_files: &Path, roots: Option<PathBuf>) -> Result<NetConfig> {
    let any: IpAddr = if server.remote.is_ipv4() { IpAddr::from([0, 0, 0, 0]) } else { "::".parse()? };
    let listen = vec![SocketAddr::new(any, args.port)];
    let of = |transport| if server.transport == transport { listen.clone() } else { Vec::new() };
    Ok(NetConfig {
        udp: of(Transport::Udp),
        tcp: of(Transport::Tcp),
        // A phone calls the exchange; nobody connects to it.
        tls: Vec::new(),
        dscp: 24,
        tls_files: TlsFiles {
            certificate: own_files.join("certificate.pem"),
            key: own_files.join("key.pem"),
            create: true,
            names: Vec::new(),
            roots,
        },
        streams: StreamLimits::default(),
    })
}

fn media_config(args: &PhoneArgs, config: &PhoneConfig) -> Result<MediaConfig> {
    let folder = |path: &Option<PathBuf>| {
        let parent = path.as_deref().and_then(Path::parent).filter(|parent| !parent.as_os_str().is_empty());
        parent.map_or_else(|| PathBuf::from("."), Path::to_owned)
    };
    Ok(MediaConfig {
        multicast: Default::default(),
        workers: 1,
        ports: 20_000..=29_999,
        seed: u64::from_ne_bytes(random()?),
        dscp: 46,
        networks: config.endpoint.networks.clone(),
        sounds: folder(&args.play),
        music: BTreeMap::new(),
        lang: String::new(),
        cache_bytes: 32 << 20,
        recordings: folder(&args.record),
        data: folder(&args.record),
        keep: KeepRecordings::default(),
    })
}

/// A thread that waits for the terminal; the end of the input is `quit`.
fn read_terminal(typed: wake::Sender<String>) -> Result<()> {
    std::thread::Builder::new().name("terminal".to_owned()).spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            if typed.send(line).is_err() {
                return;
            }
        }
        // Whoever reads the lines may be gone already.
        let _gone = typed.send("quit".to_owned());
    })?;
    Ok(())
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
