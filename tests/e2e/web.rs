//! A dialplan that asks web servers on this machine: one that answers, one that is slow, one that never stops, one that speaks
//! nonsense, one that is dead, and one that the office does not list. Each ends the call by a cause of its own.

use crate::harness::crowd::Crowd;
use crate::harness::exchange::Exchange;
use crate::harness::plan::Plan;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

/// What is answered to a request, by its path.
fn answer(path: &str, socket: &mut TcpStream) -> std::io::Result<()> {
    match path {
        "/good?number=101" => {
            socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n{\"cause\": \"busy\"}  ")
        }
        // Until the other side gives up.
        "/slow" => socket.read(&mut [0; 8]).map(drop),
        "/huge" => {
            socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
            while socket.write_all(&[b'x'; 8_192]).is_ok() {}
            Ok(())
        }
        _ => socket.write_all(b"220 mail.example ESMTP\r\n\r\n"),
    }
}

/// Serves so many connections, all at a time.
fn serve(connections: usize) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for socket in listener.incoming().take(connections) {
            let mut socket = socket.unwrap();
            std::thread::spawn(move || {
                let mut request = [0; 4_096];
                let read = socket.read(&mut request).unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..read]).into_owned();
                let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                let _gone = answer(&path, &mut socket);
            });
        }
    });
    port
}

fn dialplan(port: u16, dead: u16) -> String {
    format!(
        r#"
        let internal = context("internal");
        fn cause(status) {{
            switch status {{
                "timeout" => "timer",
                "too-large" => "incompatible",
                "malformed" => "not-implemented",
                "refused" => "rejected",
                "not-allowed" => "barred",
                _ => "normal",
            }}
        }}
        fn ask(ch, url, options) {{
            let r = http::get(url, options);
            if r.status == 200 {{ ch.hangup(if json(r.body).cause == "busy" {{ "busy" }} else {{ "normal" }}); }}
            ch.hangup(cause(r.status));
        }}
        internal.on("701", |ch| ask(ch, "http://127.0.0.1:{port}/good", #{{ query: #{{ number: ch.caller.number }} }}));
        internal.on("702", |ch| ask(ch, "http://127.0.0.1:{port}/slow", #{{ timeout: 1.5 }}));
        internal.on("703", |ch| ask(ch, "http://127.0.0.1:{port}/huge", #{{ timeout: 5 }}));
        internal.on("704", |ch| ask(ch, "http://127.0.0.1:{port}/nonsense", #{{ timeout: 5 }}));
        internal.on("705", |ch| ask(ch, "http://127.0.0.1:{dead}/", #{{ timeout: 5 }}));
        internal.on("706", |ch| ask(ch, "http://localhost:{port}/good", #{{ timeout: 5 }}));
        "#
    )
}

#[test]
fn web_servers_of_every_kind_end_a_call_as_the_script_says_and_delay_no_other() {
    let dead = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let port = serve(5);
    let allow: Vec<String> = [port, dead].map(|port| format!("127.0.0.1:{port}")).into();
    let mut exchange =
        Exchange::start(&Plan::sample().dialplan(&dialplan(port, dead)).set("http", "allow", allow));
    let mut crowd = Crowd::new(&exchange);
    let [ann, ben] = [crowd.mute("101"), crowd.mute("102")];
    crowd.register(&[ann, ben]);
    // While one waits for a slow server, the other one's question is answered.
    crowd.calls(ben, "702");
    crowd.calls(ann, "701");
    assert_eq!(crowd.is_over(ann), Some(486));
    assert_eq!(crowd.is_over(ben), Some(504));
    for (number, status) in [("703", 488), ("704", 501), ("705", 603), ("706", 403)] {
        crowd.calls(ann, number);
        assert_eq!(crowd.is_over(ann), Some(status), "{number}");
    }
    exchange.still_answers();
}
