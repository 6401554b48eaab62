//! The exchange's end: a thread that accepts, a thread per client, and the table of what is not answered yet, on the shard's.

use super::{Request, Response};
use crate::wake::{self, Waker};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

/// Clients at once; a further one is told so and closed.
const CLIENTS_MAX: usize = 16;
/// The longest request.
const REQUEST_SIZE_MAX: u64 = 65_536;
/// Requests that wait for the shard; a client waits for room.
const REQUESTS_MAX: usize = 64;
/// Responses that wait for a client. Lines of the log that find no room are left out.
const RESPONSES_MAX: usize = 256;
/// A client that asks nothing for so long, or does not read for so long, is closed.
const IDLE: Duration = Duration::from_secs(60);

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// Somebody answers there.
    #[error("{0}: another cordboard is running with this data directory")]
    Running(PathBuf),
    /// The socket.
    #[error("{path}: {error}")]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

struct Asked {
    request: Request,
    answers: mpsc::SyncSender<Response>,
}

/// The shard's end.
pub struct Server {
    path: PathBuf,
    requests: wake::Receiver<Asked>,
    open: BTreeMap<u64, mpsc::SyncSender<Response>>,
    last_id: u64,
    is_stopping: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Server {
    /// Listens at `path`. `waker` wakes whoever calls [`Server::requests`].
    pub fn start(path: &Path, waker: &Waker) -> Result<Self, AdminError> {
        let listener = bind(path)?;
        let (to_shard, requests) = wake::channel(waker, REQUESTS_MAX);
        let is_stopping = Arc::new(AtomicBool::new(false));
        let stopping = Arc::clone(&is_stopping);
        let thread = std::thread::Builder::new()
            .name("admin".to_owned())
            .spawn(move || accept(&listener, &to_shard, &stopping))
            .map_err(|error| AdminError::Io { path: path.to_owned(), error })?;
        Ok(Self { path: path.to_owned(), requests, open: BTreeMap::new(), last_id: 0, is_stopping, thread })
    }

    /// Takes what was asked, each with the id to answer by.
    pub fn requests(&mut self, requests: &mut Vec<(u64, Request)>) {
        while let Some(Asked { request, answers }) = self.requests.try_recv() {
            self.last_id += 1;
            self.open.insert(self.last_id, answers);
            requests.push((self.last_id, request));
        }
    }

    /// Answers. False: that client is gone or was answered before.
    pub fn answer(&mut self, id: u64, response: Response) -> bool {
        let is_last = response.is_last();
        let Some(answers) = self.open.get(&id) else { return false };
        match answers.try_send(response) {
            Ok(()) => {
                if is_last {
                    self.open.remove(&id);
                }
                true
            }
            // A line that finds no room is left out. The end of the answers is seen by the client in any case.
            Err(mpsc::TrySendError::Full(_)) => {
                if is_last {
                    self.open.remove(&id);
                }
                !is_last
            }
            Err(mpsc::TrySendError::Disconnected(_)) => {
                self.open.remove(&id);
                false
            }
        }
    }

    /// Somebody else answers this one from now on; `None`: that client is gone or was answered.
    pub fn hand_over(&mut self, id: u64) -> Option<mpsc::SyncSender<Response>> {
        self.open.remove(&id)
    }

    /// Closes the socket and every client; what is not answered is told so.
    pub fn stop(self) {
        let Self { path, requests, open, is_stopping, thread, .. } = self;
        is_stopping.store(true, Ordering::Release);
        drop((requests, open));
        // The thread sleeps in accept: this wakes it.
        if UnixStream::connect(&path).is_ok() && thread.join().is_err() {
            tracing::error!("the admin thread panicked");
        }
        if let Err(error) = fs::remove_file(&path) {
            tracing::debug!(%error, "admin socket");
        }
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("path", &self.path)
            .field("open", &self.open.len())
            .finish_non_exhaustive()
    }
}

/// Binds; a socket that a dead process left behind is taken over, one that somebody answers on is not.
fn bind(path: &Path) -> Result<UnixListener, AdminError> {
    let failed = |error| AdminError::Io { path: path.to_owned(), error };
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).map_err(failed)?;
    }
    match UnixStream::connect(path) {
        Ok(_) => return Err(AdminError::Running(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(_) => fs::remove_file(path).map_err(failed)?,
    }
    let listener = UnixListener::bind(path).map_err(failed)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
    Ok(listener)
}

struct Client {
    stream: UnixStream,
    thread: JoinHandle<()>,
}

fn accept(listener: &UnixListener, to_shard: &wake::Sender<Asked>, is_stopping: &AtomicBool) {
    let mut clients: Vec<Client> = Vec::new();
    for stream in listener.incoming() {
        if is_stopping.load(Ordering::Acquire) {
            break;
        }
        clients.retain(|client| !client.thread.is_finished());
        let begun = stream.and_then(|stream| begin(stream, clients.len(), to_shard.clone()));
        match begun {
            Ok(client) => clients.extend(client),
            Err(error) => tracing::warn!(%error, "admin client"),
        }
    }
    for Client { stream, thread } in clients {
        // Reading ends at once; an answer that is being written is not cut.
        if let Err(error) = stream.shutdown(std::net::Shutdown::Read) {
            tracing::debug!(%error, "admin client");
        }
        if thread.join().is_err() {
            tracing::error!("an admin client's thread panicked");
        }
    }
}

fn begin(mut stream: UnixStream, others: usize, to_shard: wake::Sender<Asked>) -> io::Result<Option<Client>> {
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_write_timeout(Some(IDLE))?;
    // The file's rights were set a moment after it was made: whoever came in between is still a stranger.
    let peer = rustix::net::sockopt::socket_peercred(&stream)?.uid;
    if peer != rustix::process::geteuid() && !peer.is_root() {
        write(&mut stream, &Response::Failed("not yours".to_owned()))?;
        return Ok(None);
    }
    if others >= CLIENTS_MAX {
        write(&mut stream, &Response::Failed("too many command lines at once".to_owned()))?;
        return Ok(None);
    }
    let own = stream.try_clone()?;
    let thread = std::thread::Builder::new().name("admin-client".to_owned()).spawn(move || {
        if let Err(error) = serve(&mut stream, &to_shard) {
            tracing::debug!(%error, "admin client");
        }
        // The other handle of this connection lives on in the table of clients: only this ends it for the peer.
        if let Err(error) = stream.shutdown(std::net::Shutdown::Both) {
            tracing::debug!(%error, "admin client");
        }
    })?;
    Ok(Some(Client { stream: own, thread }))
}

/// One client, request by request.
fn serve(stream: &mut UnixStream, to_shard: &wake::Sender<Asked>) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut line = String::new();
        let size = reader.by_ref().take(REQUEST_SIZE_MAX).read_line(&mut line)?;
        if size == 0 {
            return Ok(());
        }
        let request = match serde_json::from_str(&line) {
            Ok(request) => request,
            Err(error) => {
                write(stream, &Response::Failed(format!("not understood: {error}")))?;
                return Ok(());
            }
        };
        let (answers, answered) = mpsc::sync_channel(RESPONSES_MAX);
        if to_shard.send(Asked { request, answers }).is_err() {
            return write(stream, &Response::Failed("the exchange is stopping".to_owned()));
        }
        let mut is_answered = false;
        while let Ok(response) = answered.recv() {
            is_answered = response.is_last();
            write(stream, &response)?;
        }
        if !is_answered {
            write(stream, &Response::Failed("the exchange is stopping".to_owned()))?;
        }
    }
}

fn write(stream: &mut UnixStream, response: &Response) -> io::Result<()> {
    let mut line = serde_json::to_vec(response)?;
    line.push(b'\n');
    stream.write_all(&line)
}
