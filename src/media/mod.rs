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
//! A session hears sessions of its own worker only. Which worker each lives on is decided by a [`Placement`]; where legs of different
//! calls come to hear each other (pickup, attended transfer, a conference), one party moves to the other's worker before the command
//! that brings them together: see [`moving`]. A worker's thread begins with its first session: those that nobody needs cost nothing.

mod files;
mod moving;
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
use cordboard_base::Networks;
use cordboard_media::{Command, Event, Move, Placement, WorkerId};
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
use worker::{Worker, WorkerCommand, WorkerEvent};

/// Commands that wait for a worker; a further one waits for room on the shard's thread. Workers never wait for the shard.
const COMMANDS_MAX: usize = 4_096;
/// Events that wait for the shard; further ones wait in the worker.
const EVENTS_MAX: usize = 1_024;
/// Worker threads at most: beyond it the one thread that signals is what is short.
pub const WORKERS_MAX: u16 = 16;

/// What the media threads are told.
#[derive(Clone, Debug)]
pub struct MediaConfig {
    /// How packets to multicast groups are sent.
    pub multicast: Multicast,
    /// Worker threads, 1 to [`WORKERS_MAX`]; 0: one for each core of the machine.
    pub workers: u16,
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
    /// Sessions that went from one worker to another.
    pub moved: u64,
}

impl MediaCounters {
    /// Each with its name, for operators.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let Self { open_failed, send_failed, oversize, recording_lost, rounds_shed, moved } = *self;
        [
            ("media.moved", moved),
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
    clock: Clock,
    placement: Placement,
    /// Those that have begun, by their numbers.
    workers: BTreeMap<WorkerId, Handle>,
    cache: Arc<Cache>,
    ports: Ports,
    multicast: Multicast,
    networks: Networks,
    sounds: Sounds,
    recorder: Recorder,
    events: wake::Receiver<WorkerEvent>,
    /// For workers that begin later.
    to_shard: wake::Sender<WorkerEvent>,
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
    waker: Waker,
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
        Ok(Self {
            clock,
            placement: Placement::new(how_many(config.workers)),
            workers: BTreeMap::new(),
            cache,
            ports: Ports::new(config.ports.clone(), config.seed, config.dscp),
            networks: config.networks.clone(),
            multicast: config.multicast,
            sounds,
            recorder,
            events,
            to_shard,
            own: VecDeque::new(),
            counters: MediaCounters::default(),
        })
    }

    /// Hands a command to the worker of its session, once all are there whom it brings together. Ports are bound here.
    pub fn command(&mut self, command: Command) {
        let Command::Open { leg, peer, video, .. } = command else {
            if let Some(worker) = self.place(&command) {
                self.tell(worker, WorkerCommand::Engine(Box::new(command)));
            }
            return;
        };
        let seated = match self.placement.worker_of(leg) {
            Some(_) => Err(SeatError::OpenAlready),
            None => self.seat(peer, video),
        };
        match seated {
            Ok((sockets, shown)) => {
                let Some(worker) = self.place(&command) else { return };
                self.tell(worker, WorkerCommand::Open(Box::new(worker::Open { command, sockets, shown })));
            }
            Err(error) => {
                tracing::warn!(%leg, peer = %crate::logging::peer(peer), %error, "no media session");
                self.fail(Event::OpenFailed { leg });
            }
        }
    }

    /// Where a command goes, after what has to be moved before it.
    fn place(&mut self, command: &Command) -> Option<WorkerId> {
        let (moves, worker) = self.placement.place(command);
        moves.into_iter().for_each(|a_move| self.carry(a_move));
        worker
    }

    fn carry(&mut self, a_move: Move) {
        let Move { from, to, party } = a_move;
        let legs = party.legs.len();
        let Some(waker) = self.worker(to).map(|worker| worker.waker.clone()) else { return };
        // Both halves of a move are sent before anything else: see `moving`.
        let (give, take) = wake::channel(&waker, 1);
        if let Some(giver) = self.workers.get(&from)
            && giver.commands.send(WorkerCommand::Give(Box::new((party, give)))).is_ok()
        {
            self.counters.moved += u64::try_from(legs).unwrap_or(0);
            self.tell(to, WorkerCommand::Take(take));
        }
    }

    /// Tells a worker, which begins if it has not yet. A session that finds none has failed.
    fn tell(&mut self, to: WorkerId, command: WorkerCommand) {
        let refused = match self.worker(to) {
            Some(worker) => worker.commands.send(command).err(),
            None => Some(command),
        };
        let Some(refused) = refused else { return };
        tracing::error!(worker = to.0, "the media thread is gone");
        self.placement.retire(to);
        if let WorkerCommand::Open(open) = refused
            && let Some(leg) = open.command.leg()
        {
            let pairs = open.sockets.pairs.clone();
            drop(open);
            self.ports.release(&pairs);
            self.placement.gone(leg);
            self.fail(Event::OpenFailed { leg });
        }
    }

    /// A worker, which begins if it has not yet.
    fn worker(&mut self, id: WorkerId) -> Option<&Handle> {
        if !self.workers.contains_key(&id) {
            match self.begin(id) {
                Ok(worker) => drop(self.workers.insert(id, worker)),
                Err(error) => tracing::error!(%error, worker = id.0, "a media thread can't begin"),
            }
        }
        self.workers.get(&id)
    }

    fn begin(&self, id: WorkerId) -> io::Result<Handle> {
        let waker = Waker::new()?;
        let (commands, from_shard) = wake::channel(&waker, COMMANDS_MAX);
        let worker = Worker::new(worker::Ends {
            number: id.0,
            clock: self.clock,
            waker: waker.clone(),
            commands: from_shard,
            own_commands: commands.clone(),
            events: self.to_shard.clone(),
            wishes: self.sounds.wishes(),
            cache: Arc::clone(&self.cache),
            tape: self.recorder.tape(),
        })?;
        let name = format!("media-{}", id.0);
        let thread = std::thread::Builder::new().name(name).spawn(move || worker.run())?;
        Ok(Handle { commands, waker, thread })
    }

    /// Takes what has happened, in order; ports of closed sessions become free.
    pub fn events(&mut self, events: &mut Vec<Event>) {
        events.extend(self.own.drain(..));
        while let Some(event) = self.events.try_recv() {
            match event {
                WorkerEvent::Media(event) => {
                    if let Event::OpenFailed { leg } = event {
                        self.placement.gone(leg);
                    }
                    events.push(event);
                }
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
        for worker in self.workers.into_values() {
            if worker.commands.send(WorkerCommand::Stop).is_err() || worker.thread.join().is_err() {
                tracing::error!("a media thread had ended early");
            }
        }
        self.sounds.stop();
        self.recorder.stop();
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

/// As many workers as were asked for, within the bounds.
fn how_many(asked: u16) -> u16 {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let count = if asked == 0 { u16::try_from(cores()).unwrap_or(WORKERS_MAX) } else { asked };
    count.clamp(1, WORKERS_MAX)
}

/// Why a session has no sockets.
#[derive(Debug, thiserror::Error)]
enum SeatError {
    #[error("it is open already")]
    OpenAlready,
    #[error("no address of that family")]
    NoAddress,
    #[error(transparent)]
    Port(#[from] ports::PortError),
    #[error(transparent)]
    Multicast(#[from] io::Error),
}
