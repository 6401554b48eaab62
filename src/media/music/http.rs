//! A radio station's stream over HTTP/1 (RFC 9112), Icecast's and Shoutcast's `ICY 200 OK` too: a request, a head, and a body
//! that does not end. Over TLS where the address says so: a station whose certificate is not trusted is not played.

use super::live::{CHUNK, Kill, LiveError, Sink};
use crate::http::Url;
use cordboard_sounds::{ReadOnlySource, Stream};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const CONNECT_MAX: Duration = Duration::from_secs(5);
/// A station that sends nothing for so long has gone.
const SILENT_MAX: Duration = Duration::from_secs(10);
const REDIRECTS_MAX: usize = 5;
/// A head's size, in bytes.
const HEAD_MAX: u64 = 16 * 1_024;

#[derive(Debug)]
struct Connection(TcpStream);

impl Kill for Connection {
    fn kill(&mut self) {
        if let Err(error) = self.0.shutdown(Shutdown::Both) {
            tracing::debug!(%error, "a music stream had ended already");
        }
    }
}

/// Plays a stream to its end, which is an error in any case. Without trusted roots nothing is fetched over TLS.
pub(super) fn play(url: &str, roots: Option<&Path>, sink: &Sink) -> Result<(), LiveError> {
    let mut url = url.to_owned();
    for _ in 0..=REDIRECTS_MAX {
        let at = Url::parse(&url)
            .ok_or_else(|| LiveError::Http(format!("`{url}` is no http:// or https:// address")))?;
        let (head, body) = request(&at, roots, sink)?;
        if (300..400).contains(&head.status) {
            let location = head.location.ok_or_else(|| LiveError::Http("it leads nowhere".to_owned()))?;
            url = if location.starts_with('/') { format!("{}{location}", at.origin()) } else { location };
            continue;
        }
        if head.status != 200 {
            return Err(LiveError::Http(format!("it answers {}", head.status)));
        }
        let source: Box<dyn Read + Send + Sync> = if head.is_chunked {
            Box::new(Chunked { body, left: 0, is_over: false })
        } else {
            Box::new(body)
        };
        let mut stream = Stream::open(Box::new(ReadOnlySource::new(source)), extension(&head.content_type))?;
        loop {
            let mut samples = Vec::new();
            if stream.read(CHUNK, &mut samples)? == 0 {
                return Err(LiveError::Ended);
            }
            sink.put(samples)?;
        }
    }
    Err(LiveError::Http("it leads around in a circle".to_owned()))
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Head {
    status: u16,
    content_type: String,
    location: Option<String>,
    is_chunked: bool,
}

/// A station's bytes, plain or out of TLS.
type Wire = Box<dyn Channel>;

trait Channel: Read + Write + Send + Sync {}

impl<T: Read + Write + Send + Sync> Channel for T {}

/// Speaks TLS from now on; the handshake is made with the first bytes.
fn secured(url: &Url, roots: Option<&Path>, socket: TcpStream) -> Result<Wire, LiveError> {
    let Some(path) = roots else {
        return Err(LiveError::Http("it wants TLS, and there are no trusted roots".to_owned()));
    };
    let bad = |error: rustls::pki_types::pem::Error| LiveError::Http(format!("{}: {error}", path.display()));
    let mut trusted = RootCertStore::empty();
    let read: Vec<_> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect).map_err(bad)?;
    trusted.add_parsable_certificates(read);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(trusted)
        .with_no_client_auth();
    let name = ServerName::try_from(url.host.clone())
        .map_err(|_| LiveError::Http(format!("`{}` is no name to prove", url.host)))?;
    Ok(Box::new(StreamOwned::new(ClientConnection::new(Arc::new(config), name)?, socket)))
}

fn request(url: &Url, roots: Option<&Path>, sink: &Sink) -> Result<(Head, BufReader<Wire>), LiveError> {
    let mut last = None;
    for address in (url.host.as_str(), url.port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT_MAX) {
            Ok(socket) => {
                socket.set_read_timeout(Some(SILENT_MAX))?;
                socket.set_write_timeout(Some(SILENT_MAX))?;
                sink.killed_by(Box::new(Connection(socket.try_clone()?)))?;
                // In one piece: some servers read but once.
                let request = format!(
                    "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: Cordboard\r\nAccept: audio/*, application/ogg\r\nConnection: close\r\n\r\n",
                    url.path,
                    url.authority()
                );
                let mut wire: Wire =
                    if url.is_secure { secured(url, roots, socket)? } else { Box::new(socket) };
                wire.write_all(request.as_bytes())?;
                wire.flush()?;
                let mut body = BufReader::new(wire);
                return Ok((head(&mut body)?, body));
            }
            Err(error) => last = Some(error),
        }
    }
    Err(last.map_or_else(|| LiveError::Http("it has no address".to_owned()), LiveError::Io))
}

fn head(body: &mut impl BufRead) -> Result<Head, LiveError> {
    let mut lines = body.take(HEAD_MAX);
    let mut next = || -> Result<String, LiveError> {
        let mut line = Vec::new();
        lines.read_until(b'\n', &mut line)?;
        if line.pop() != Some(b'\n') {
            return Err(LiveError::Http("its head has no end".to_owned()));
        }
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    };
    let status = next()?;
    let mut head = Head::default();
    let mut words = status.split_whitespace();
    let is_http = words.next().is_some_and(|word| word.starts_with("HTTP/1.") || word == "ICY");
    let number = words.next().and_then(|word| word.parse().ok()).filter(|_| is_http);
    head.status = number.ok_or_else(|| LiveError::Http("it does not speak HTTP".to_owned()))?;
    loop {
        let line = next()?;
        if line.is_empty() {
            return Ok(head);
        }
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        match name.trim().to_ascii_lowercase().as_str() {
            "content-type" => head.content_type = value.to_ascii_lowercase(),
            "location" => head.location = Some(value.to_owned()),
            "transfer-encoding" => head.is_chunked = value.to_ascii_lowercase().ends_with("chunked"),
            _ => {}
        }
    }
}

fn extension(content_type: &str) -> &'static str {
    match content_type.split(';').next().unwrap_or_default().trim() {
        "audio/mpeg" | "audio/mp3" => "mp3",
        "audio/ogg" | "application/ogg" | "audio/opus" => "ogg",
        "audio/flac" | "audio/x-flac" => "flac",
        "audio/wav" | "audio/x-wav" | "audio/vnd.wave" => "wav",
        _ => "",
    }
}

/// A body in chunks (RFC 9112 §7.1).
struct Chunked<R> {
    body: R,
    /// Bytes left of the current chunk.
    left: u64,
    is_over: bool,
}

impl<R: BufRead> Read for Chunked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 && !self.is_over && !buffer.is_empty() {
            self.left = self.next_size()?;
            self.is_over = self.left == 0;
        }
        let room = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.body.read(buffer.get_mut(..room).unwrap_or_default())?;
        self.left -= read as u64;
        Ok(read)
    }
}

impl<R: BufRead> Chunked<R> {
    /// The size of the next chunk, behind the line end of the last one.
    fn next_size(&mut self) -> std::io::Result<u64> {
        for _ in 0..2 {
            let mut line = Vec::new();
            (&mut self.body).take(256).read_until(b'\n', &mut line)?;
            let line = String::from_utf8_lossy(&line);
            let size = line.split(';').next().unwrap_or_default().trim();
            if !size.is_empty() {
                return u64::from_str_radix(size, 16).map_err(|_| std::io::ErrorKind::InvalidData.into());
            }
        }
        Err(std::io::ErrorKind::UnexpectedEof.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_up_to_a_bound() {
        let of = |text: &str| head(&mut text.as_bytes());
        let found =
            of("HTTP/1.1 200 OK\r\nContent-Type: Audio/MPEG; x\r\nTransfer-Encoding: chunked\r\n\r\n")
                .unwrap();
        assert_eq!((found.status, extension(&found.content_type), found.is_chunked), (200, "mp3", true));
        assert_eq!(of("ICY 200 OK\r\nicy-name: x\r\n\r\n").unwrap().status, 200);
        assert_eq!(of("HTTP/1.0 302 Found\r\nLocation: /b\r\n\r\n").unwrap().location.as_deref(), Some("/b"));
        for bad in ["", "SIP/2.0 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 two\r\n\r\n"] {
            assert!(of(bad).is_err(), "{bad}");
        }
        assert!(of(&format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "y".repeat(20_000))).is_err());
    }

    #[test]
    fn chunks_are_put_together() {
        let of = |text: &str| {
            let mut out = Vec::new();
            let mut body = Chunked { body: text.as_bytes(), left: 0, is_over: false };
            body.read_to_end(&mut out).map(|_| String::from_utf8(out).unwrap())
        };
        assert_eq!(of("5\r\nhello\r\n1;x=y\r\n!\r\n0\r\n\r\n").unwrap(), "hello!");
        assert!(of("zz\r\nhello").is_err() && of("").is_err());
    }
}
