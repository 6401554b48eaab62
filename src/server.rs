//! The composition root: reads the configuration, starts the threads in order, runs the shard on the main thread, stops the
//! threads in the opposite order.

use crate::clock::Clock;
use crate::codec_libs;
use crate::config::{Config, Facts, LogLevel, random};
use crate::history::Cause;
use crate::http::Client;
use crate::journey::{self, Journeys};
use crate::logging;
use crate::mail::{self, Mailer};
use crate::media::Media;
use crate::memory;
use crate::net::{self, Net};
use crate::office::{Librarian, OfficeFiles, Snapshot};
use crate::resolve::Resolver;
use crate::shard::{self, Control, Ends, Shard};
use crate::store::Store;
use crate::wake::{self, Sender, Waker};
use anyhow::{Context, Result, anyhow};
use cordboard_app::Installed;
use cordboard_dialplan::Fibers;
use cordboard_exchange::Exchange;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;
use std::path::Path;
use tracing_subscriber::filter::LevelFilter;

/// Questions of operators and signals that wait for the shard.
const CONTROL_MAX: usize = 64;
/// The stream of the source key that draws the first RTP port.
const PORTS_STREAM: u32 = 901;

/// Runs an exchange until it is told to stop.
pub fn run(etc: &Path, grace_s: u32) -> Result<()> {
    // Secrets, records, the log and recordings are the owner's alone.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let config = Config::load(etc)?;
    logging::start(&config.data(), logging::Style { level: level(&config), json: config.log_is_json() })?;
    logging::redact(config.office.log.redact);
    raise_file_limit();
    memory::refuse_huge_pages();
    if config.office.codecs.libraries {
        codec_libs::log(&codec_libs::load());
    }
    let clock = Clock::start();
    let waker = Waker::new()?;
    let now_unix_s = clock.anchor().unix_secs(clock.now());
    let net_config = config.net();
    let (path, seed) = (config.store_path(), random()?);
    let (mails, ear) = mail::bell();
    // At the first start each of the two is made, and waits for the disk.
    let (opened, made) = std::thread::scope(|scope| {
        let made = scope.spawn(|| net::make_certificate(&net_config.tls_files));
        (Store::open(&path, seed, now_unix_s, config.retention(), &waker, mails), made.join())
    });
    made.map_err(|_| anyhow!("making the certificate panicked"))??;
    let (store, found) = opened?;
    let facts = Facts { key: found.key, anchor: clock.anchor(), interfaces: net::interfaces()? };
    let office = Snapshot::of(&config, facts)?;
    let fibers = Fibers::default();
    let Installed { applications, services } = cordboard_installed::installed();
    let programs = shard::load(&office.bundle, &fibers, &applications, &office.setup, &office.names)
        .map_err(|findings| anyhow!("the dialplan is not right\n{findings}"))?;
    let net = Net::start(&net_config, waker.clone()).context("opening the SIP sockets")?;
    let first_port = cordboard_base::Source::new(found.key, PORTS_STREAM).next_u64();
    let media = Media::start(&config.media(office.setup.networks.clone(), first_port), clock, &waker)?;
    let resolver = Resolver::start(found.key, &waker)?;
    let http = Client::start(config.http(), &waker)?;
    let (control, from_others) = wake::channel(&waker, CONTROL_MAX);
    let (origin, mut keeping) = (journey::origin(&office.setup), office.journey.clone());
    keeping.secrets.choose(crate::config::chosen_secrets(&found.rows));
    let journeys = Journeys::start(
        journey::path(&config.data()),
        origin,
        keeping,
        now_unix_s.saturating_mul(1_000_000),
    )?;
    let mailer = Mailer::start(path, config.mail(), ear, voicemail_told(control.clone()))?;
    let files =
        OfficeFiles { etc: etc.to_owned(), data: config.data(), key: found.key, anchor: clock.anchor() };
    let librarian = Librarian::start(files, control.clone())?;
    librarian.record(&office.bundle, Cause::Start);
    let admin = crate::admin::Server::start(&config.admin_path(), &waker)?;
    watch_signals(control.clone(), grace_s)?;
    welcome(&config, &net);
    let exchange = Exchange::new(clock.now(), office.setup.clone(), programs, services, found.rows);
    let ends = Ends {
        clock,
        net,
        media,
        store,
        journeys,
        mailer,
        resolver,
        http,
        admin,
        librarian,
        control: from_others,
        to_itself: control,
    };
    let shard = Shard::new(exchange, fibers, (applications, office), ends);
    memory::give_back_start();
    shard.run()?;
    tracing::info!("stopped");
    Ok(())
}

/// Who is told of mails that were sent.
fn voicemail_told(control: Sender<Control>) -> mail::Tell {
    Box::new(move |message| {
        let told = Control::Tell { service: "voicemail".to_owned(), message };
        if control.send(told).is_err() {
            tracing::debug!("a mail was sent while the exchange stopped");
        }
    })
}

/// SIGHUP reloads; SIGTERM and SIGINT stop, a second one at once. A file that may not grow any more is a full disk to whoever writes
/// it: SIGXFSZ is not the end.
fn watch_signals(control: Sender<Control>, grace_s: u32) -> Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGTERM, SIGINT, SIGXFSZ])?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let mut grace_ms = grace_s.saturating_mul(1_000);
        for signal in signals.forever().filter(|signal| *signal != SIGXFSZ) {
            let told = if signal == SIGHUP { Control::Reload } else { Control::Stop { grace_ms } };
            if signal != SIGHUP {
                grace_ms = 0;
            }
            if control.send(told).is_err() {
                return;
            }
        }
    })?;
    Ok(())
}

fn level(config: &Config) -> LevelFilter {
    match config.office.log.level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

/// Every leg has two sockets: the soft limit of 1,024 files would be 250 calls.
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, ..limit };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
}

/// What a newcomer needs to know, on the terminal.
fn welcome(config: &Config, net: &Net) {
    for (transport, address) in net.local_addresses() {
        tracing::info!("listening on {} {address}", transport.param());
    }
    let users = config.users.user.len();
    println!("Cordboard is up with {users} users. `cordboard phones` shows what to set a phone up with.");
}
