//! Requests to small servers on this machine: slow, dead, endless, and those that speak nonsense.

use super::*;
use cordboard_app::HTTP_BODY_MAX;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::thread::JoinHandle;

/// A server that answers so many connections, each by what this makes of the request; yields the requests.
fn server(
    connections: usize,
    answer: impl Fn(&str, &mut std::net::TcpStream) + Send + 'static,
) -> (u16, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let mut requests = Vec::new();
        for _ in 0..connections {
            let (mut socket, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut piece = [0; 4096];
            while !is_whole(&request) {
                match socket.read(&mut piece).unwrap() {
                    0 => break,
                    read => request.extend_from_slice(&piece[..read]),
                }
            }
            let request = String::from_utf8(request).unwrap();
            answer(&request, &mut socket);
            requests.push(request);
        }
        requests
    });
    (port, thread)
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length =
        head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).map_or(0, |n| n.parse().unwrap());
    body.len() >= length
}

fn says(text: &'static str) -> impl Fn(&str, &mut std::net::TcpStream) {
    move |_, socket| socket.write_all(text.as_bytes()).unwrap()
}

/// This machine, by its address, and by a name that leads to it.
fn config(port: u16) -> HttpConfig {
    let host = |host: &str| Allowed { host: host.to_owned(), port: Some(port) };
    HttpConfig {
        rules: Rules { hosts: vec![host("127.0.0.1"), host("localhost")], ..Rules::default() },
        roots: None,
        concurrent_max: 2,
    }
}

fn get(url: String) -> HttpRequest {
    HttpRequest { method: HttpMethod::Get, url, headers: Vec::new(), body: String::new(), timeout_ms: 5_000 }
}

fn asked(client: &mut Client, requests: Vec<HttpRequest>) -> Vec<HttpReply> {
    let count = requests.len();
    for (id, request) in requests.into_iter().enumerate() {
        client.fetch(id as u64, request);
    }
    let mut replies = Vec::new();
    let began = Instant::now();
    while replies.len() < count {
        replies.extend(client.answer());
        assert!(began.elapsed() < Duration::from_secs(20), "an answer is missing");
        std::thread::yield_now();
    }
    replies.sort_by_key(|(id, _)| *id);
    replies.into_iter().map(|(_, reply)| reply).collect()
}

fn one(port: u16, request: HttpRequest) -> HttpReply {
    let mut client = Client::start(config(port), &Waker::new().unwrap()).unwrap();
    asked(&mut client, vec![request]).pop().unwrap()
}

#[test]
fn a_request_is_sent_whole_and_its_answer_is_read() {
    let (port, server) =
        server(1, says("HTTP/1.1 201 Created\r\nContent-Length: 8\r\nX-Queue: sales\r\n\r\n{\"a\": 1}"));
    let request = HttpRequest {
        method: HttpMethod::Post,
        headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
        body: "{\"from\": \"é\"}".to_owned(),
        ..get(format!("http://127.0.0.1:{port}/calls?a=b#c"))
    };
    let reply = one(port, request);
    assert_eq!((reply.status, reply.body.as_str()), (HttpStatus::Code(201), "{\"a\": 1}"));
    assert_eq!(reply.headers["x-queue"], "sales");
    let sent = server.join().unwrap().remove(0);
    let (head, body) = sent.split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<&str> = head.split("\r\n").collect();
    assert_eq!(lines.remove(0), "POST /calls?a=b HTTP/1.1");
    lines.sort_unstable();
    let host = format!("Host: 127.0.0.1:{port}");
    let fields = [
        "Accept-Encoding: identity",
        "Connection: close",
        "Content-Length: 14",
        "Content-Type: application/json",
    ];
    assert_eq!(lines, [&fields[..], &[host.as_str(), "User-Agent: Cordboard"]].concat());
    assert_eq!(body, "{\"from\": \"é\"}");
}

#[test]
fn a_slow_server_costs_the_time_that_was_set_and_no_more() {
    let (port, server) = server(1, |_, socket| {
        socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel").unwrap();
        // Until the other side gives up.
        let _end = socket.read(&mut [0; 8]);
    });
    let reply = one(port, HttpRequest { timeout_ms: 300, ..get(format!("http://127.0.0.1:{port}/")) });
    assert_eq!((reply.status, reply.body.as_str()), (HttpStatus::Timeout, ""));
    assert!((300..3_000).contains(&reply.ms), "{}", reply.ms);
    server.join().unwrap();
}

#[test]
fn dead_endless_and_nonsensical_servers_are_told_apart() {
    let unused = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    assert_eq!(one(unused, get(format!("http://127.0.0.1:{unused}/"))).status, HttpStatus::Refused);

    let (port, closes) = server(1, |_, _| {});
    assert_eq!(one(port, get(format!("http://127.0.0.1:{port}/"))).status, HttpStatus::Refused);
    closes.join().unwrap();

    let (port, nonsense) = server(1, says("220 mail.example ESMTP\r\n\r\n"));
    assert_eq!(one(port, get(format!("http://127.0.0.1:{port}/"))).status, HttpStatus::Malformed);
    nonsense.join().unwrap();

    let (port, endless) = server(1, |_, socket| {
        socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        while socket.write_all(&[b'x'; 8_192]).is_ok() {}
    });
    let reply = one(port, get(format!("http://127.0.0.1:{port}/")));
    assert_eq!((reply.status, reply.body.len()), (HttpStatus::TooLarge, 0));
    endless.join().unwrap();

    let (port, declared) = server(1, says("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nx"));
    assert_eq!(one(port, get(format!("http://127.0.0.1:{port}/"))).status, HttpStatus::TooLarge);
    declared.join().unwrap();

    let (port, short) = server(1, says("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"));
    assert_eq!(one(port, get(format!("http://127.0.0.1:{port}/"))).status, HttpStatus::Malformed);
    short.join().unwrap();

    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    let (port, chunks) = server(1, says(chunked));
    assert_eq!(one(port, get(format!("http://127.0.0.1:{port}/"))).body, "abcde");
    chunks.join().unwrap();

    let (port, headed) = server(1, |_, socket| {
        let field = format!("X: {}\r\n", "y".repeat(8_000));
        // It may be cut off before its end.
        socket.write_all(format!("HTTP/1.1 200 OK\r\n{}\r\n", field.repeat(20)).as_bytes()).ok();
    });
    assert_eq!(one(port, get(format!("http://127.0.0.1:{port}/"))).status, HttpStatus::Malformed);
    headed.join().unwrap();

    let (port, large) = server(1, |_, socket| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {HTTP_BODY_MAX}\r\n\r\n");
        socket.write_all(&[head.as_bytes(), &vec![b'x'; HTTP_BODY_MAX]].concat()).unwrap();
    });
    assert_eq!(one(port, get(format!("http://127.0.0.1:{port}/"))).body.len(), HTTP_BODY_MAX);
    large.join().unwrap();
}

#[test]
fn nobody_is_asked_who_is_not_listed_wherever_an_answer_or_a_name_leads() {
    let (port, elsewhere) = server(3, move |request, socket| {
        let location = match request.split(' ').nth(1).unwrap() {
            "/a" => "/b".to_owned(),
            "/b" => "http://127.0.0.1:1/".to_owned(),
            _ => "/round".to_owned(),
        };
        write!(socket, "HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n").unwrap();
    });
    assert_eq!(one(port, get(format!("http://127.0.0.1:{port}/a"))).status, HttpStatus::NotAllowed);
    // Not a second time for what was sent along.
    let post = HttpRequest { method: HttpMethod::Post, ..get(format!("http://127.0.0.1:{port}/a")) };
    assert_eq!(one(port, post).status, HttpStatus::Code(302));
    assert_eq!(elsewhere.join().unwrap().len(), 3);

    let (port, round) = server(
        REDIRECTS_MAX + 1,
        says("HTTP/1.1 302 Found\r\nLocation: /round\r\nContent-Length: 0\r\n\r\n"),
    );
    assert_eq!(one(port, get(format!("http://127.0.0.1:{port}/"))).status, HttpStatus::Code(302));
    round.join().unwrap();

    // A listed name that leads behind the walls, and hosts that are not listed.
    for url in [
        format!("http://localhost:{port}/"),
        "http://127.0.0.2/".to_owned(),
        format!("http://user@127.0.0.1:{}/", port ^ 1),
    ] {
        assert_eq!(one(port, get(url.clone())).status, HttpStatus::NotAllowed, "{url}");
    }
}

#[test]
fn a_name_of_a_listed_network_is_asked_and_no_tls_without_roots() {
    let (port, web) = server(1, says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    let loopback = [("127.0.0.0", 8), ("::1", 128)];
    let networks =
        loopback.map(|(address, bits)| cordboard_base::Prefix { address: address.parse().unwrap(), bits });
    let mut within = config(port);
    within.rules.networks = networks.to_vec();
    let mut client = Client::start(config(port), &Waker::new().unwrap()).unwrap();
    client.configure(within);
    let reply = asked(&mut client, vec![get(format!("http://localhost:{port}/"))]).pop().unwrap();
    assert_eq!((reply.status, reply.body.as_str()), (HttpStatus::Code(200), "ok"));
    let reply = asked(&mut client, vec![get(format!("https://127.0.0.1:{port}/"))]).pop().unwrap();
    assert_eq!(reply.status, HttpStatus::Tls);
    web.join().unwrap();
}

#[test]
fn what_is_more_than_the_office_allows_at_a_time_is_told_at_once() {
    let (port, web) = server(2, says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    let mut client = Client::start(config(port), &Waker::new().unwrap()).unwrap();
    let request = || get(format!("http://127.0.0.1:{port}/"));
    let replies = asked(&mut client, vec![request(), request(), request()]);
    let statuses: Vec<HttpStatus> = replies.iter().map(|reply| reply.status).collect();
    assert_eq!(statuses, [HttpStatus::Code(200), HttpStatus::Code(200), HttpStatus::Overloaded]);
    web.join().unwrap();
}
