//! What scripts ask web servers (`http::get`, `http::post`), on a thread of its own: a dead server delays its own caller alone, and
//! that one for the time that its script has set. Whom they may ask is decided by [`Rules`]; certificates are verified.
//!
//! A connection for a request; a request is over when its answer is complete, its time is, or it breaks.

mod exchange;
mod rules;
#[cfg(test)]
mod tests;
mod url;

pub use rules::{Allowed, Rules};
pub use url::Url;

use crate::wake::{self, Waker};
use cordboard_app::{HttpMethod, HttpReply, HttpRequest, HttpStatus};
use exchange::{Response, exchange};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

/// Redirects that are followed.
const REDIRECTS_MAX: usize = 3;
/// Requests that the thread can be handed at a time: above any office's bound.
const QUEUE_MAX: usize = 256;

/// What an office allows, and how it verifies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpConfig {
    /// Whom scripts may ask.
    pub rules: Rules,
    /// Trusted roots, PEM; `None`: nobody is asked over TLS.
    pub roots: Option<PathBuf>,
    /// Requests under way at a time.
    pub concurrent_max: usize,
}

enum Told {
    Fetch(u64, Box<HttpRequest>),
    Configure(Box<HttpConfig>),
}

/// The shard's end of the thread, which ends when this is dropped.
#[derive(Debug)]
pub struct Client {
    to_thread: mpsc::Sender<Told>,
    answers: wake::Receiver<(u64, HttpReply)>,
    own: wake::Sender<(u64, HttpReply)>,
    under_way: usize,
    concurrent_max: usize,
}

impl Client {
    /// Starts the thread. `waker` wakes whoever calls [`Client::answer`].
    pub fn start(config: HttpConfig, waker: &Waker) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (to_thread, told) = mpsc::channel(QUEUE_MAX);
        let (own, answers) = wake::channel(waker, QUEUE_MAX * 2);
        let (concurrent_max, to_shard) = (config.concurrent_max, own.clone());
        std::thread::Builder::new()
            .name("http".to_owned())
            .spawn(move || runtime.block_on(serve(told, to_shard, config)))?;
        Ok(Self { to_thread, answers, own, under_way: 0, concurrent_max })
    }

    /// Asks; the answer comes by [`Client::answer`], and there always is one. Never waits.
    pub fn fetch(&mut self, id: u64, request: HttpRequest) {
        self.under_way += 1;
        let is_within = self.under_way <= self.concurrent_max;
        if is_within && self.to_thread.try_send(Told::Fetch(id, Box::new(request))).is_ok() {
            return;
        }
        tracing::warn!("scripts ask more web servers at a time than the office allows");
        if self.own.try_send((id, HttpReply::failed(HttpStatus::Overloaded, 0))).is_err() {
            tracing::error!("answers of web servers are not taken");
        }
    }

    /// From now on.
    pub fn configure(&mut self, config: HttpConfig) {
        self.concurrent_max = config.concurrent_max;
        if self.to_thread.try_send(Told::Configure(Box::new(config))).is_err() {
            tracing::error!("the HTTP thread is overloaded: what scripts may ask has not changed");
        }
    }

    /// The next answer, if there is one.
    pub fn answer(&mut self) -> Option<(u64, HttpReply)> {
        let answer = self.answers.try_recv()?;
        self.under_way = self.under_way.saturating_sub(1);
        Some(answer)
    }
}

/// What all requests share.
struct Ways {
    rules: Rules,
    tls: Option<TlsConnector>,
}

impl Ways {
    fn new(config: HttpConfig) -> Self {
        let tls = config.roots.as_deref().and_then(|roots| match connector(roots) {
            Ok(tls) => Some(tls),
            Err(error) => {
                tracing::error!(%error, roots = %roots.display(), "scripts can ask nobody over TLS");
                None
            }
        });
        Self { rules: config.rules, tls }
    }
}

fn connector(roots: &Path) -> Result<TlsConnector, String> {
    let mut trusted = RootCertStore::empty();
    let read = CertificateDer::pem_file_iter(roots).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    trusted.add_parsable_certificates(read.map_err(|error| error.to_string())?);
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(trusted)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

async fn serve(mut told: mpsc::Receiver<Told>, answers: wake::Sender<(u64, HttpReply)>, config: HttpConfig) {
    let mut ways = Arc::new(Ways::new(config));
    let mut requests = JoinSet::new();
    loop {
        tokio::select! {
            next = told.recv() => match next {
                Some(Told::Fetch(id, request)) => {
                    let ways = Arc::clone(&ways);
                    requests.spawn(async move { (id, fetch(&ways, &request).await) });
                }
                Some(Told::Configure(config)) => ways = Arc::new(Ways::new(*config)),
                None => return,
            },
            Some(done) = requests.join_next() => match done {
                Ok(answer) => {
                    if answers.send(answer).is_err() {
                        return;
                    }
                }
                Err(error) => tracing::error!(%error, "a request over HTTP panicked"),
            },
        }
    }
}

async fn fetch(ways: &Ways, request: &HttpRequest) -> HttpReply {
    let began = Instant::now();
    let timeout = Duration::from_millis(u64::from(request.timeout_ms));
    let answer =
        tokio::time::timeout(timeout, follow(ways, request)).await.unwrap_or(Err(HttpStatus::Timeout));
    let ms = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
    match answer {
        Ok(Response { status, headers, body }) => {
            HttpReply { status: HttpStatus::Code(status), body, headers, ms }
        }
        Err(status) => {
            tracing::debug!(?status, ms, "a script's request over HTTP has no answer");
            HttpReply::failed(status, ms)
        }
    }
}

/// Asks, and follows where a GET is sent on to. What may not be asked ends it there.
async fn follow(ways: &Ways, request: &HttpRequest) -> Result<Response, HttpStatus> {
    let mut url = Url::parse(&request.url).ok_or(HttpStatus::NotAllowed)?;
    for _ in 0..REDIRECTS_MAX {
        let response = ask(ways, request, &url).await?;
        let is_sent_on = matches!(response.status, 301 | 302 | 303 | 307 | 308);
        let Some(location) = response.headers.get("location") else { return Ok(response) };
        if request.method != HttpMethod::Get || !is_sent_on {
            return Ok(response);
        }
        let location = if location.starts_with('/') && !location.starts_with("//") {
            format!("{}{location}", url.origin())
        } else {
            location.clone()
        };
        let next = Url::parse(&location).ok_or(HttpStatus::Malformed)?;
        // Fields of the request, which may hold a key, go to the host that they are for, and never in the clear after TLS.
        let is_same = (&next.host, next.port) == (&url.host, url.port);
        if (url.is_secure && !next.is_secure) || (!is_same && !request.headers.is_empty()) {
            return Err(HttpStatus::NotAllowed);
        }
        url = next;
    }
    ask(ways, request, &url).await
}

async fn ask(ways: &Ways, request: &HttpRequest, url: &Url) -> Result<Response, HttpStatus> {
    if !ways.rules.allow(url) {
        return Err(HttpStatus::NotAllowed);
    }
    if !url.is_secure {
        return exchange(connect(&ways.rules, url).await?, request, url).await;
    }
    let tls = ways.tls.as_ref().ok_or(HttpStatus::Tls)?;
    let socket = connect(&ways.rules, url).await?;
    let name = ServerName::try_from(url.host.clone()).map_err(|_| HttpStatus::Tls)?;
    let stream = tls.connect(name, socket).await.map_err(|_| HttpStatus::Tls)?;
    exchange(stream, request, url).await
}

/// To the first of the host's addresses that may be asked and takes the connection.
async fn connect(rules: &Rules, url: &Url) -> Result<TcpStream, HttpStatus> {
    let addresses: Vec<SocketAddr> = match url.host.parse::<IpAddr>() {
        // It is listed itself.
        Ok(address) => vec![SocketAddr::new(address, url.port)],
        Err(_) => {
            let found = tokio::net::lookup_host((url.host.as_str(), url.port)).await;
            let found: Vec<SocketAddr> = found.map_err(|_| HttpStatus::UnknownHost)?.collect();
            if found.is_empty() {
                return Err(HttpStatus::UnknownHost);
            }
            found.into_iter().filter(|address| rules.allow_address(address.ip())).collect()
        }
    };
    if addresses.is_empty() {
        return Err(HttpStatus::NotAllowed);
    }
    for address in addresses {
        if let Ok(socket) = TcpStream::connect(address).await {
            return Ok(socket);
        }
    }
    Err(HttpStatus::Refused)
}
