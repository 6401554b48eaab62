//! The command line's end.

use super::{Request, Response};
use std::io::{self, BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

/// Why nothing could be asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody answers.
    #[error("no cordboard is running with this data directory ({path}: {error})")]
    NotRunning {
        /// The socket.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The connection broke.
    #[error("the exchange went away: {0}")]
    Gone(#[from] io::Error),
    /// An answer of another version.
    #[error("the running exchange answers what this command does not understand: {0}")]
    NotUnderstood(#[from] serde_json::Error),
}

/// A connection with the running exchange.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
    reader: BufReader<UnixStream>,
}

impl Client {
    /// Connects to the socket in the data directory.
    pub fn connect(path: &Path) -> Result<Self, ClientError> {
        let stream = UnixStream::connect(path)
            .map_err(|error| ClientError::NotRunning { path: path.to_owned(), error })?;
        let reader = BufReader::new(stream.try_clone()?);
        Ok(Self { stream, reader })
    }

    /// Asks, and hands on each response until the last one, or until `take` breaks.
    pub fn ask(
        &mut self,
        request: &Request,
        mut take: impl FnMut(Response) -> ControlFlow<()>,
    ) -> Result<(), ClientError> {
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        self.stream.write_all(&line)?;
        loop {
            let mut line = String::new();
            if self.reader.read_line(&mut line)? == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            let response: Response = serde_json::from_str(&line)?;
            let is_last = response.is_last();
            if take(response).is_break() || is_last {
                return Ok(());
            }
        }
    }

    /// Asks what has but one response.
    pub fn ask_one(&mut self, request: &Request) -> Result<Response, ClientError> {
        let mut last = Response::Done;
        self.ask(request, |response| {
            last = response;
            ControlFlow::Continue(())
        })?;
        Ok(last)
    }
}
