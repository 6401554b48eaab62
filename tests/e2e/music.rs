//! Music on hold as callers hear it: all the same, from files, a stream and a program.

use crate::harness::ear::Wav;
use crate::harness::exchange::{BINARY, Exchange};
use crate::harness::plan::Plan;
use crate::harness::process::Process;
use crate::harness::wait;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;

const DIALPLAN: &str = r#"
let internal = context("internal");
internal.on("700", |ch| { ch.answer(); ch.music("default"); ch.wait(20); });
internal.on("701", |ch| { ch.answer(); ch.music("line"); ch.wait(20); });
internal.on("702", |ch| { ch.answer(); ch.music("radio"); ch.wait(20); });
"#;

/// A softphone that calls, listens for so many seconds, and keeps what it hears.
fn listener(exchange: &Exchange, user: &str, number: &str, seconds: u32) -> Process {
    let file = |kind: &str| exchange.folder.file(&format!("{user}-{kind}"));
    let script = format!(
        "register; until registered; call {number}; until talking; wait {seconds}; hangup; until ended"
    );
    let mut command = Command::new(BINARY);
    command.arg("--config").arg(exchange.folder.file("etc")).args(["phone", user, "--server"]);
    command.arg(exchange.sip.to_string()).args(["--do", &script]);
    command.arg("--record").arg(file("hears.wav"));
    Process::start(&format!("phone {user}"), &mut command, &file("output"))
}

fn heard(exchange: &Exchange, user: &str) -> Vec<f64> {
    let wav = Wav::read(&exchange.folder.file(&format!("{user}-hears.wav"))).expect("a recording");
    assert_eq!(wav.rate_hz, 8_000);
    let energy = |samples: &&Vec<i16>| samples.iter().map(|s| i64::from(*s).pow(2)).sum::<i64>();
    let loudest = wav.channels.iter().max_by_key(energy).expect("a channel");
    loudest.iter().map(|sample| f64::from(*sample)).collect()
}

/// How well the best place in `all` agrees with `part`: 1 is the same.
fn correlation(part: &[f64], all: &[f64]) -> f64 {
    let power = |samples: &[f64]| samples.iter().map(|s| s * s).sum::<f64>();
    let of_part = power(part).max(1.0);
    let places = all.windows(part.len()).map(|place| {
        let product: f64 = place.iter().zip(part).map(|(a, b)| a * b).sum();
        product / (of_part * power(place).max(1.0)).sqrt()
    });
    places.fold(0.0, f64::max)
}

#[test]
fn two_who_wait_hear_the_same_music() {
    let exchange = Exchange::start(&Plan::sample().dialplan(DIALPLAN));
    let mut ann = listener(&exchange, "101", "700", 4);
    let mut ben = listener(&exchange, "102", "700", 4);
    ann.succeeds(wait::LONG);
    ben.succeeds(wait::LONG);
    let (ann, ben) = (heard(&exchange, "101"), heard(&exchange, "102"));
    // A quarter of a second that neither phone's jitter buffer has stretched: on a busy machine not every one is.
    let places = (2..7).map(|eighth| ann.len() * eighth / 8);
    let same = places.map(|at| correlation(&ann[at..at + 2_000], &ben)).fold(0.0, f64::max);
    assert!(same > 0.95, "{same}");
}

#[test]
fn a_program_and_a_stream_are_heard() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    // 8 kHz, one channel, 16 bits, of no known length: a square wave of 500 Hz.
    let mut stream =
        b"RIFF\xff\xff\xff\x7fWAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data"
            .to_vec();
    stream.extend(0x7fff_0000u32.to_le_bytes());
    let square =
        |half: usize| (0..160_000).map(move |n| if (n / half).is_multiple_of(2) { 4_000i16 } else { -4_000 });
    stream.extend(square(8).flat_map(i16::to_le_bytes));
    let served = std::thread::spawn(move || {
        let (mut socket, _) = server.accept().unwrap();
        // All of the request, in however many pieces it comes: what is left unread would reset the connection.
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut piece = [0; 1_024];
            let size = socket.read(&mut piece).unwrap();
            assert!(size > 0, "{}", String::from_utf8_lossy(&request));
            request.extend_from_slice(&piece[..size]);
        }
        socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\n\r\n").unwrap();
        let _hung_up = socket.write_all(&stream);
    });
    let raw: Vec<u8> = square(4).flat_map(i16::to_le_bytes).collect();
    let folder = std::env::temp_dir().join(format!("cordboard-e2e-music-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("raw");
    std::fs::write(&file, raw).unwrap();
    let music = format!(
        "[class.line]\nprogram = [\"cat\", {:?}]\n[class.radio]\nsource = \"http://127.0.0.1:{port}/live\"\n",
        file.to_string_lossy()
    );
    let exchange = Exchange::start(&Plan::sample().dialplan(DIALPLAN).file("etc/music.toml", &music));
    let mut ann = listener(&exchange, "101", "701", 7);
    let mut ben = listener(&exchange, "102", "702", 7);
    ann.succeeds(wait::LONG);
    ben.succeeds(wait::LONG);
    for (user, hz) in [("101", 1_000), ("102", 500)] {
        let wav = Wav::read(&exchange.folder.file(&format!("{user}-hears.wav"))).unwrap();
        let channels = 0..wav.channels.len();
        let (with, all) = channels.map(|channel| wav.moments_with(channel, hz)).max().unwrap();
        assert!(with >= 10, "{user} heard {hz} Hz in {with} of {all} moments");
    }
    drop(exchange);
    served.join().unwrap();
    let _removed = std::fs::remove_dir_all(folder);
}
