//! One request and its answer, on a connection of their own: HTTP/1.1 by hyper, within bounds.

use super::Url;
use cordboard_app::{HTTP_BODY_MAX, HttpMethod, HttpRequest, HttpStatus};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{ACCEPT_ENCODING, CONNECTION, HOST, USER_AGENT};
use hyper::{HeaderMap, Request};
use hyper_util::rt::TokioIo;
use std::collections::BTreeMap;
use tokio::io::{AsyncRead, AsyncWrite};

/// Bytes of a head.
const HEAD_MAX: usize = 64 * 1024;
/// Header fields of a head.
const FIELDS_MAX: usize = 100;

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) status: u16,
    /// By names in small letters; several of a name are joined by commas.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
}

/// Asks, and reads the answer to its end.
pub(super) async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: &HttpRequest,
    url: &Url,
) -> Result<Response, HttpStatus> {
    let mut builder = http1::Builder::new();
    // Old servers know the fields by these names alone.
    builder.title_case_headers(true).max_buf_size(HEAD_MAX).max_headers(FIELDS_MAX);
    let (sender, connection) =
        builder.handshake(TokioIo::new(stream)).await.map_err(|_| HttpStatus::Refused)?;
    let answer = answer(sender, written(request, url)?);
    tokio::pin!(answer, connection);
    tokio::select! {
        biased;
        answer = &mut answer => return answer,
        // Why it ended is known to the answer as well.
        _ended = &mut connection => {}
    }
    answer.await
}

async fn answer(
    mut sender: SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> Result<Response, HttpStatus> {
    let response = sender.send_request(request).await.map_err(|error| broken(&error, HttpStatus::Refused))?;
    let (head, body) = response.into_parts();
    let body = whole(body).await?;
    Ok(Response { status: head.status.as_u16(), headers: texts(&head.headers), body })
}

async fn whole(body: Incoming) -> Result<String, HttpStatus> {
    if body.size_hint().lower() > HTTP_BODY_MAX as u64 {
        return Err(HttpStatus::TooLarge);
    }
    let body = Limited::new(body, HTTP_BODY_MAX).collect().await.map_err(|error| {
        let is_over = error.is::<LengthLimitError>();
        if is_over { HttpStatus::TooLarge } else { HttpStatus::Malformed }
    })?;
    let body = String::from_utf8_lossy(&body.to_bytes()).into_owned();
    // What is no UTF-8 grows when it becomes text.
    if body.len() > HTTP_BODY_MAX { Err(HttpStatus::TooLarge) } else { Ok(body) }
}

/// What is wrong with an answer; `closed`, if there is none.
fn broken(error: &hyper::Error, closed: HttpStatus) -> HttpStatus {
    if error.is_parse() { HttpStatus::Malformed } else { closed }
}

fn texts(fields: &HeaderMap) -> BTreeMap<String, String> {
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in fields {
        let value = String::from_utf8_lossy(value.as_bytes());
        texts
            .entry(name.as_str().to_owned())
            .and_modify(|before| *before = format!("{before}, {value}"))
            .or_insert_with(|| value.into_owned());
    }
    texts
}

/// The request as it is sent. What makes no field or no address is asked of nobody.
fn written(request: &HttpRequest, url: &Url) -> Result<Request<Full<Bytes>>, HttpStatus> {
    let method = match request.method {
        HttpMethod::Get => "GET",
        HttpMethod::Post => "POST",
    };
    let mut written = Request::builder()
        .method(method)
        .uri(&url.path)
        .header(HOST, url.authority())
        .header(USER_AGENT, "Cordboard")
        .header(ACCEPT_ENCODING, "identity")
        .header(CONNECTION, "close");
    for (name, value) in &request.headers {
        written = written.header(name, value);
    }
    written.body(Full::new(Bytes::from(request.body.clone()))).map_err(|_| HttpStatus::NotAllowed)
}
