//! The media threads: the engine's shell.
//!
//! ```text
//!           Open: ports bound here                 wishes ┌────────┐
//!  shard ──Command──▶ Media ──WorkerCommand──▶ media-n ───▶ sounds │ decode, keep; files: blocks of long ones
//!    ▲                  │                       │  │ ▲    └────────┘
//!    └──Event───────────┴◀──WorkerEvent─────────┘  │ └ datagrams
//!                                                  └──Piece──▶ disk (recordings)
//! ```
//! Ports and addresses are given to a session, not chosen by it: the shard's side binds the sockets and says what the peer is
//! shown; a worker owns them until the session is closed, then gives the ports back.
//!
//! A session hears sessions of its own worker only, and legs of different calls can come to hear each other (pickup, attended
//! transfer). Until sessions can move between workers there is therefore one worker by default.

mod files;
mod music;
mod ports;
mod prompts;
mod recorder;
#[cfg(test)]
mod tests;
mod wav;
mod worker;

use crate::clock::Clock;
use crate::wake::{self, Waker};
use cordboard_base::{CallId, Networks};
use cordboard_media::{Command, Event};
use files::Places;
pub use music::{
    Every, LOUDNESS_LUFS, LiveSource, MusicClass, check as check_music, is_secure_stream, is_stream,
};
use ports::{Ports, Sockets};
use prompts::{Cache, Library, Sounds, Wish};
pub(crate) use prompts::{find as find_prompt, is_safe};
pub use recorder::KeepRecordings;
use recorder::{Recorder, Roots};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
pub(crate) use wav::wav_file;
pub(crate) use wav::wav_file;
use worker::{Worker, WorkerCommand, WorkerEvent};

/// Commands that wait for a worker; a further one waits for room on the shard's thread. Workers never wait for the shard.
const COMMANDS_MAX: usize = 4_096;
/// Events that wait for the shard; further ones wait in the worker.
const EVENTS_MAX: usize = 1_024;
/// Worker threads at most.
pub const WORKERS_MAX: usize = 16;

/// What the media threads are told.
#[derive(Clone, Debug)]
pub struct MediaConfig {
    /// How packets to multicast groups are sent.
    pub multicast: Multicast,
    /// Worker threads, 1 to [`WORKERS_MAX`].
    pub workers: usize,
    /// RTP ports; odd ends are left out.
    pub ports: RangeInclusive<u16>,
    /// Draws the first port that is used.
    pub seed: u64,
    /// The differentiated services code point of all media (46: EF, RFC 4594 §4.1).
    pub dscp: u8,
    /// Which address a peer is shown.
    pub networks: Networks,
    /// Prompts and music.
    pub sounds: PathBuf,
    /// Classes of music, beside the folders in the sounds' `music`.
    pub music: BTreeMap<String, MusicClass>,
    /// The language tried when a prompt is not there in the one asked for.
    pub lang: String,
    /// Bytes of decoded sounds that are kept.
    pub cache_bytes: u64,
    /// Where applications' files lie, to be played and recorded: the data directory.
    pub data: PathBuf,
    /// Where recordings go.
    pub recordings: PathBuf,
    /// How long recordings are kept.
    pub keep: KeepRecordings,
}

/// Counted since the start; for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MediaCounters {
    /// Sessions that found no port or no address.
    pub open_failed: u64,
    /// Datagrams that the kernel did not take.
    pub send_failed: u64,
    /// Datagrams too long for RTP.
    pub oversize: u64,
    /// Samples of recordings that became silence.
    pub recording_lost: u64,
    /// Rounds of mixes (20 ms each) that were left out because the worker was late: relaying comes first.
    pub rounds_shed: u64,
}

impl MediaCounters {
    /// Each with its name, for operators.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let Self { open_failed, send_failed, oversize, recording_lost, rounds_shed } = *self;
        [
            ("media.open_failed", open_failed),
            ("media.oversize", oversize),
            ("media.recording_lost", recording_lost),
            ("media.rounds_shed", rounds_shed),
            ("media.send_failed", send_failed),
        ]
        .into_iter()
    }
}

/// The shard's end of the media threads.
#[derive(Debug)]
pub struct Media {
    workers: Vec<Handle>,
    ports: Ports,
    multicast: Multicast,
    networks: Networks,
    sounds: Sounds,
    recorder: Recorder,
    events: wake::Receiver<WorkerEvent>,
    /// Events that are known without asking a worker.
    own: VecDeque<Event>,
    counters: MediaCounters,
}

/// How packets to multicast groups are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Multicast {
    /// How many routers they may pass, 1 for none.
    pub ttl: u8,
    /// The address of ours whose network they go to; `None`: the system's choice.
    pub from: Option<Ipv4Addr>,
}

impl Default for Multicast {
    fn default() -> Self {
        Self { ttl: 1, from: None }
    }
}

impl Multicast {
    fn prepare(&self, sockets: &Sockets) -> io::Result<()> {
        for socket in sockets.sockets.iter().flatten() {
            let is_v4 = socket.local_addr()?.is_ipv4();
            let socket = socket2::SockRef::from(socket);
            if is_v4 {
                socket.set_multicast_ttl_v4(u32::from(self.ttl))?;
                self.from.map_or(Ok(()), |from| socket.set_multicast_if_v4(&from))?;
            } else {
                socket.set_multicast_hops_v6(u32::from(self.ttl))?;
            }
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Handle {
    commands: wake::Sender<WorkerCommand>,
    thread: JoinHandle<()>,
}

impl Media {
    /// Starts the threads. `waker` wakes whoever calls [`Media::events`].
    pub fn start(config: &MediaConfig, clock: Clock, waker: &Waker) -> io::Result<Self> {
        let cache = Arc::new(Cache::new(config.cache_bytes));
        let (path, lang, classes) = (config.sounds.clone(), config.lang.clone(), config.music.clone());
        let library = Library { path, lang, classes };
        let places = Places { data: config.data.clone(), recordings: config.recordings.clone() };
        let sounds = Sounds::start(library, places, Arc::clone(&cache), (clock, config.seed))?;
        let (to_shard, events) = wake::channel(waker, EVENTS_MAX);
        let of_disk = to_shard.clone();
        let tell = Box::new(move |event| match of_disk.try_send(WorkerEvent::Media(event)) {
            Err(WorkerEvent::Media(event)) => Err(event),
            Ok(()) | Err(WorkerEvent::Freed(_) | WorkerEvent::Counted(_)) => Ok(()),
        });
        let roots = Roots { recordings: config.recordings.clone(), data: config.data.clone() };
        let recorder = Recorder::start(roots, config.keep, tell)?;
        let mut workers = Vec::new();
        for number in 0..config.workers.clamp(1, WORKERS_MAX) {
            let worker_waker = Waker::new()?;
            let (commands, from_shard) = wake::channel(&worker_waker, COMMANDS_MAX);
            let worker = Worker::new(worker::Ends {
                clock,
                waker: worker_waker,
                commands: from_shard,
                own_commands: commands.clone(),
                events: to_shard.clone(),
                wishes: sounds.wishes(),
                cache: Arc::clone(&cache),
                tape: recorder.tape(),
            })?;
            let thread =
                std::thread::Builder::new().name(format!("media-{number}")).spawn(move || worker.run())?;
            workers.push(Handle { commands, thread });
        }
        Ok(Self {
            workers,
            ports: Ports::new(config.ports.clone(), config.seed, config.dscp),
            networks: config.networks.clone(),
            multicast: config.multicast,
            sounds,
            recorder,
            events,
            own: VecDeque::new(),
            counters: MediaCounters::default(),
        })
    }

    /// Hands a command to the worker of its call. Ports are bound here.
    pub fn command(&mut self, command: Command) {
        // A mix is on the first worker, and so is, as long as sessions can't move, whoever may come to be in one.
        let Some(leg) = command.leg() else {
            if let Some(worker) = self.workers.first()
                && worker.commands.send(WorkerCommand::Engine(Box::new(command))).is_err()
            {
                tracing::error!("the media thread is gone");
            }
            return;
        };
        let wrapped = match command {
            Command::Open { peer, video, .. } => match self.seat(peer, video) {
                Ok((sockets, shown)) => {
                    WorkerCommand::Open(Box::new(worker::Open { command, sockets, shown }))
                }
                Err(error) => {
                    tracing::warn!(%leg, peer = %crate::logging::peer(peer), %error, "no media session");
                    self.fail(Event::OpenFailed { leg });
                    return;
                }
            },
            Command::Setup { .. }
            | Command::Hear { .. }
            | Command::Play { .. }
            | Command::Stop { .. }
            | Command::SendDigits { .. }
            | Command::WatchSilence { .. }
            | Command::DetectMachine { .. }
            | Command::Record { .. }
            | Command::PauseRecording { .. }
            | Command::EndRecording { .. }
            | Command::Mix { .. }
            | Command::EndMix { .. }
            | Command::SayInto { .. }
            | Command::PlayInto { .. }
            | Command::HearingVolume { .. }
            | Command::Close { .. } => WorkerCommand::Engine(Box::new(command)),
        };
        let sent = self.worker_of(leg.call).map(|worker| worker.commands.send(wrapped));
        if let Some(Err(WorkerCommand::Open(open))) = sent {
            tracing::error!(%leg, "the media thread is gone");
            let pairs = open.sockets.pairs.clone();
            drop(open);
            self.ports.release(&pairs);
            self.fail(Event::OpenFailed { leg });
        }
    }

    /// Takes what has happened, in order; ports of closed sessions become free.
    pub fn events(&mut self, events: &mut Vec<Event>) {
        events.extend(self.own.drain(..));
        while let Some(event) = self.events.try_recv() {
            match event {
                WorkerEvent::Media(event) => events.push(event),
                WorkerEvent::Freed(pairs) => self.ports.release(&pairs),
                WorkerEvent::Counted(counted) => {
                    self.counters.send_failed += counted.send_failed;
                    self.counters.oversize += counted.oversize;
                    self.counters.recording_lost += counted.recording_lost;
                    self.counters.rounds_shed += counted.rounds_shed;
                }
            }
        }
    }

    /// New sessions are shown these addresses.
    pub fn set_networks(&mut self, networks: Networks) {
        self.networks = networks;
    }

    /// Sounds are looked up there from now on; what was decoded before is forgotten.
    pub fn set_sounds(&mut self, path: PathBuf, lang: String, classes: BTreeMap<String, MusicClass>) {
        let library = Library { path, lang, classes };
        if let Err(mpsc::SendError(_)) = self.sounds.wishes().send(Wish::Library(library)) {
            tracing::error!("the sounds' thread is gone");
        }
    }

    /// Recordings are kept so long from now on.
    pub fn set_keep(&self, keep: KeepRecordings) {
        self.recorder.keep(keep);
    }

    /// Pairs of ports that are free.
    pub fn free_pairs(&self) -> usize {
        self.ports.free()
    }

    /// What was counted, as far as the workers have told.
    pub fn counters(&self) -> MediaCounters {
        self.counters
    }

    /// Ends the threads; recordings are finished.
    pub fn stop(self) {
        for worker in self.workers {
            if worker.commands.send(WorkerCommand::Stop).is_err() || worker.thread.join().is_err() {
                tracing::error!("a media thread had ended early");
            }
        }
        self.sounds.stop();
        self.recorder.stop();
    }

    fn worker_of(&self, call: CallId) -> Option<&Handle> {
        // Both legs of a call on one worker: it is chosen by the call alone. Ids are not consecutive, their low bits will do.
        let count = u64::try_from(self.workers.len()).unwrap_or(1).max(1);
        self.workers.get(usize::try_from(call.0 % count).unwrap_or(0))
    }

    fn seat(&mut self, peer: IpAddr, video: bool) -> Result<(Sockets, worker::Shown), SeatError> {
        let peer = peer.to_canonical();
        let address = self.networks.advertised(peer).ok_or(SeatError::NoAddress)?;
        let sockets = self.ports.bind(address, video)?;
        if peer.is_multicast() {
            self.multicast.prepare(&sockets)?;
        }
        let mut shown = sockets.pairs.iter().map(|port| SocketAddr::new(address, *port));
        let audio = shown.next().ok_or(SeatError::NoAddress)?;
        let video = shown.next();
        Ok((sockets, worker::Shown { audio, video }))
    }

    fn fail(&mut self, event: Event) {
        self.counters.open_failed += 1;
        self.own.push_back(event);
    }
}

/// Why a session has no sockets.
#[derive(Debug, thiserror::Error)]
enum SeatError {
    #[error("no address of that family")]
    NoAddress,
    #[error(transparent)]
    Port(#[from] ports::PortError),
    #[error(transparent)]
    Multicast(#[from] io::Error),
}
