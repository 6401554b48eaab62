//! Classes on threads of their own, with real files. Every wait ends with an answer.

use super::*;
use crate::media::wav;
use cordboard_media::music::{BLOCK_SAMPLES, block_at};
use cordboard_media::{Tone, goertzel, tone};
use cordboard_sounds::{BLOCK, MARGIN, Meter, Order, RATE_HZ};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

struct Place {
    library: Library,
    music: Option<Music>,
    clock: Clock,
}

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("cordboard-music-{}-{name}", std::process::id()));
        let _absent = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("music")).unwrap();
        let library = Library { path, lang: "en".to_owned(), classes: BTreeMap::new() };
        let clock = Clock::start();
        Self { library, music: Some(Music::new(clock, 7)), clock }
    }

    fn folder(&self, class: &str) -> PathBuf {
        self.library.path.join("music").join(class)
    }

    fn class(&mut self, name: &str, change: impl FnOnce(&mut MusicClass)) {
        let mut class = MusicClass::of_folder(self.folder(name));
        change(&mut class);
        self.library.classes.insert(name.to_owned(), class);
    }

    fn block(&mut self, class: &str, block: u64) -> Option<Arc<Samples>> {
        let (sender, receiver) = mpsc::sync_channel(1);
        let music = self.music.as_mut().unwrap();
        music.ask(&self.library, class, block, move |found| sender.send(found).unwrap());
        receiver.recv_timeout(PATIENCE).expect("an answer")
    }

    /// Without their margins, one after the other.
    fn blocks(&mut self, class: &str, numbers: core::ops::Range<u64>) -> Vec<i16> {
        let mut all = Vec::new();
        for number in numbers {
            let block = self.block(class, number).expect("a block");
            assert_eq!(block.data.len(), BLOCK_SAMPLES);
            all.extend_from_slice(&block.data[MARGIN..MARGIN + BLOCK]);
        }
        all
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.music.take().into_iter().for_each(Music::stop);
        let _removed = fs::remove_dir_all(&self.library.path);
    }
}

fn sine(hz: u16, rate_hz: u32, seconds: usize, level_dbm0: i8) -> Vec<i16> {
    let tone = Tone { frequencies_hz: [hz, 0], level_dbm0, cadence_ms: vec![], duration_ms: 0 };
    tone::generate(&tone, rate_hz, rate_hz as usize * seconds)
}

fn put(path: &Path, rate_hz: u32, samples: &[i16]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut bytes = wav::header(rate_hz, 1, u32::try_from(samples.len() * 2).unwrap()).to_vec();
    bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    fs::write(path, bytes).unwrap();
}

/// Which of these is loudest in each second.
fn heard(samples: &[i16], candidates: &[u16]) -> Vec<u16> {
    let seconds = samples.chunks_exact(RATE_HZ as usize);
    seconds
        .map(|second| goertzel::heard(second, RATE_HZ, candidates, -35.0).first().copied().unwrap_or(0))
        .collect()
}

#[test]
fn pieces_follow_each_other_by_name_without_end_at_one_loudness() {
    let mut place = Place::new("names");
    put(&place.folder("calm").join("2.wav"), 8_000, &sine(900, 8_000, 3, -30));
    put(&place.folder("calm").join("1.wav"), 44_100, &sine(500, 44_100, 3, -8));
    let all = place.blocks("calm", 100..106);
    assert_eq!(heard(&all, &[500, 900]), [500, 500, 500, 900, 900, 900, 500, 500, 500, 900, 900, 900]);
    for piece in all.chunks(3 * RATE_HZ as usize) {
        let mut meter = Meter::default();
        meter.push(&piece[1_600..46_000]);
        let lufs = meter.lufs().unwrap();
        assert!((lufs + 23.0).abs() < 0.5, "{lufs}");
    }
}

#[test]
fn all_hear_the_same_and_who_comes_back_hears_it_further_on() {
    let mut place = Place::new("clock");
    let steps: Vec<i16> = (0..60u16).flat_map(|n| sine(400 + 40 * n, 8_000, 1, -10)).collect();
    put(&place.folder("calm").join("long.wav"), 8_000, &steps);
    let candidates: Vec<u16> = (0..60).map(|n| 400 + 40 * n).collect();
    let first = place.blocks("calm", 50..52);
    assert_eq!(heard(&first, &candidates), [400, 440, 480, 520]);
    let (one, other) = (place.block("calm", 51).unwrap(), place.block("calm", 51).unwrap());
    assert!(Arc::ptr_eq(&one, &other), "decoded once");
    // Block 70 is 40 s after block 50: the decoder has rested, and begins there, round the end and all.
    assert_eq!(heard(&place.blocks("calm", 70..71), &candidates), [2_000, 2_040]);
    assert_eq!(heard(&place.blocks("calm", 110..111), &candidates), [400, 440]);
}

#[test]
fn what_can_not_be_played_is_passed_over_and_an_unknown_class_is_the_default() {
    let mut place = Place::new("bad");
    fs::create_dir_all(place.folder("default")).unwrap();
    fs::write(place.folder("default").join("a.mp3"), [0; 3_000]).unwrap();
    put(&place.folder("default").join("b.wav"), 8_000, &sine(700, 8_000, 2, -10));
    fs::write(place.folder("default").join("c.wav"), b"RIFF").unwrap();
    assert_eq!(heard(&place.blocks("nowhere", 5..7), &[700]), [700; 4]);
    assert_eq!(heard(&place.blocks("default", 7..8), &[700]), [700; 2], "the same station");
    assert_eq!(place.music.as_ref().unwrap().stations.len(), 1);
    fs::create_dir_all(place.folder("empty")).unwrap();
    assert!(place.block("empty", 1).is_none(), "nothing to play");
    let mut said = check(&place.library.path, "en", &BTreeMap::new(), "defualt");
    assert_eq!(said.len(), 4, "{said:?}");
    assert!(said.remove(0).contains("did you mean `default`?"), "{said:?}");
    assert!(
        said[0].contains("a.mp3") && said[1].contains("c.wav") && said[2].contains("`empty`"),
        "{said:?}"
    );
}

#[test]
fn announcements_come_in_between_and_the_piece_goes_on() {
    let mut place = Place::new("announce");
    put(&place.library.path.join("en/thanks.wav"), 8_000, &sine(1_000, 8_000, 2, -10));
    put(&place.folder("calm").join("1.wav"), 8_000, &sine(500, 8_000, 60, -10));
    place.class("calm", |class| {
        class.announcements = vec!["thanks".to_owned()];
        class.announce = Every::Seconds(10);
    });
    let seconds = heard(&place.blocks("calm", 0..13), &[500, 1_000]);
    // 10 s of music and 30 ms that fade, 2 s of announcement, music for 8 s, since it counts as time too.
    assert_eq!(seconds[..10], [500; 10], "{seconds:?}");
    assert_eq!((seconds[11], &seconds[13..20]), (1_000, &[500u16; 7][..]), "{seconds:?}");
    put(&place.folder("short").join("1.wav"), 8_000, &sine(500, 8_000, 2, -10));
    place.class("short", |class| class.announcements = vec!["thanks".to_owned()]);
    assert_eq!(
        heard(&place.blocks("short", 0..4), &[500, 1_000]),
        [500, 500, 1_000, 1_000, 500, 500, 1_000, 1_000]
    );
}

#[test]
fn a_random_order_is_none_by_name_and_volume_is_as_told() {
    let mut place = Place::new("random");
    for n in 0..6u16 {
        put(&place.folder("mixed").join(format!("{n}.wav")), 8_000, &sine(400 + 100 * n, 8_000, 2, -10));
    }
    place.class("mixed", |class| (class.order, class.volume_db) = (Order::Random, -10));
    let all = place.blocks("mixed", 0..6);
    let candidates: Vec<u16> = (0..6).map(|n| 400 + 100 * n).collect();
    let mut seconds = heard(&all, &candidates);
    assert_ne!(seconds[..].iter().step_by(2).copied().collect::<Vec<_>>(), candidates);
    seconds.sort_unstable();
    assert_eq!(seconds, candidates.iter().flat_map(|&hz| [hz, hz]).collect::<Vec<_>>(), "each once");
    let mut meter = Meter::default();
    meter.push(&all);
    assert!((meter.lufs().unwrap() + 33.0).abs() < 0.5);
}

#[test]
fn pieces_of_odd_lengths_follow_each_other_without_a_gap() {
    let mut place = Place::new("gapless");
    // One tone cut into three files: where a sample were lost or doubled, its phase would jump.
    let whole = sine(441, 16_000, 10, -12);
    for (n, cut) in [0..40_001, 40_001..93_334, 93_334..160_000].into_iter().enumerate() {
        put(&place.folder("cut").join(format!("{n}.wav")), 16_000, &whole[cut]);
    }
    let all = place.blocks("cut", 8..12);
    let peak = all.iter().map(|sample| f64::from(sample.unsigned_abs())).fold(0.0, f64::max);
    let steepest = 2.0 * core::f64::consts::PI * 441.0 / 16_000.0 * peak;
    let steps = all.windows(2).map(|pair| (f64::from(pair[1]) - f64::from(pair[0])).abs());
    let largest = steps.fold(0.0, f64::max);
    assert!(peak > 1_000.0 && largest < 1.1 * steepest, "{largest} of {steepest}");
    let quiet =
        all.windows(20).any(|some| some.iter().all(|sample| f64::from(sample.unsigned_abs()) < peak / 10.0));
    assert!(!quiet, "a gap");
}

#[test]
fn a_stream_over_tls_is_heard_where_its_certificate_is_trusted() {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use std::io::{Read, Write};
    let mut place = Place::new("https");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let roots = place.library.path.join("roots.pem");
    fs::write(&roots, made.cert.pem()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(made.signing_key.serialize_pem().as_bytes()).unwrap();
    let chain = vec![CertificateDer::from_pem_slice(made.cert.pem().as_bytes()).unwrap()];
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let mut file = wav::header(8_000, 1, 0x7fff_0000).to_vec();
    file.extend(sine(800, 8_000, 20, -10).iter().flat_map(|sample| sample.to_le_bytes()));
    let (refused, refusals) = mpsc::sync_channel(100);
    let server = std::thread::spawn(move || {
        loop {
            let (socket, _) = listener.accept().unwrap();
            let connection = rustls::ServerConnection::new(Arc::new(config.clone())).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, socket);
            let mut request = Vec::new();
            let mut piece = [0; 1_024];
            while !request.ends_with(b"\r\n\r\n") {
                match stream.read(&mut piece) {
                    Ok(size @ 1..) => request.extend_from_slice(&piece[..size]),
                    Ok(0) | Err(_) => break,
                }
            }
            if request.is_empty() {
                refused.send(()).unwrap();
                continue;
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\n\r\n").unwrap();
            let _gone = stream.write_all(&file);
            return;
        }
    });
    let url = format!("https://localhost:{port}/live");
    let strangers = place.library.path.join("strangers.pem");
    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    fs::write(&strangers, other.cert.pem()).unwrap();
    for (class, roots) in [("untrusted", strangers), ("radio", roots)] {
        let source = LiveSource::Https { url: url.clone(), roots };
        place.class(class, |class| class.source = Some(source));
    }
    place.block("untrusted", 1).expect("silence");
    refusals.recv_timeout(PATIENCE).expect("the certificate is refused before anything is asked");
    until_heard(&mut place, "radio", 800);
    place.music.take().into_iter().for_each(Music::stop);
    server.join().unwrap();
}

#[test]
fn a_changed_class_is_played_from_the_next_block_on() {
    let mut place = Place::new("changed");
    put(&place.folder("calm").join("1.wav"), 8_000, &sine(500, 8_000, 60, -10));
    assert_eq!(heard(&place.blocks("calm", 0..2), &[500, 900]), [500; 4]);
    let same = place.block("calm", 1).unwrap();
    place.music.as_mut().unwrap().changed(&place.library);
    assert!(Arc::ptr_eq(&same, &place.block("calm", 1).unwrap()), "nothing has changed");
    put(&place.folder("calm").join("0.wav"), 8_000, &sine(900, 8_000, 60, -10));
    place.music.as_mut().unwrap().changed(&place.library);
    assert_eq!(heard(&place.blocks("calm", 2..4), &[500, 900]), [900; 4]);
}

/// Asks as a media thread does, a second ahead, until this is heard.
fn until_heard(place: &mut Place, class: &str, hz: u16) {
    let until = Instant::now() + PATIENCE;
    loop {
        let number = block_at(place.clock.now()) + 1;
        let block = place.block(class, number).expect("a stand-in at least");
        let seconds = heard(&block.data[MARGIN..MARGIN + BLOCK], &[hz]);
        if seconds == [hz, hz] {
            return;
        }
        assert!(Instant::now() < until, "{hz} Hz is not heard");
    }
}

#[test]
fn a_programs_output_is_heard_and_it_is_killed_when_the_station_ends() {
    let mut place = Place::new("program");
    let raw = place.library.path.join("raw");
    let bytes: Vec<u8> = sine(600, 8_000, 20, -10).iter().flat_map(|s| s.to_le_bytes()).collect();
    fs::write(&raw, bytes).unwrap();
    let pid = place.library.path.join("pid");
    let script =
        format!("echo $$ > {}; echo started >&2; while true; do cat {}; done", pid.display(), raw.display());
    let command = vec!["/bin/sh".to_owned(), "-c".to_owned(), script];
    place.class("line", |class| class.source = Some(LiveSource::Program { command, rate_hz: 8_000 }));
    until_heard(&mut place, "line", 600);
    let number = fs::read_to_string(&pid).unwrap().trim().to_owned();
    let process = Path::new("/proc").join(number);
    assert!(process.exists());
    place.music.take().unwrap().stop();
    assert!(!process.exists(), "killed, and waited for");
}

#[test]
fn a_program_that_can_not_run_leaves_its_class_to_the_files() {
    let mut place = Place::new("no-program");
    put(&place.folder("line").join("1.wav"), 8_000, &sine(500, 8_000, 60, -10));
    let command = vec!["/nowhere/at/all".to_owned()];
    place.class("line", |class| class.source = Some(LiveSource::Program { command, rate_hz: 8_000 }));
    until_heard(&mut place, "line", 500);
    place.class("silent", |class| {
        class.files.clear();
        class.source = Some(LiveSource::Http("http://127.0.0.1:1/".to_owned()));
    });
    let block = place.block("silent", 3).unwrap();
    assert!(block.data.iter().all(|&sample| sample == 0), "silence, but no end of the music");
}

#[test]
fn a_stream_over_http_is_heard_and_fetched_again_when_it_breaks_off() {
    use std::io::{Read, Write};
    let mut place = Place::new("http");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut file = wav::header(8_000, 1, 0x7fff_0000).to_vec();
    file.extend(sine(800, 8_000, 10, -10).iter().flat_map(|sample| sample.to_le_bytes()));
    // Two connections: the first leads on, the second plays ten seconds and breaks off; then again.
    let server = std::thread::spawn(move || {
        for answer in
            ["HTTP/1.1 302 Found\r\nLocation: /live\r\n\r\n", "ICY 200 OK\r\nContent-Type: audio/wav\r\n\r\n"]
                .into_iter()
                .cycle()
                .take(4)
        {
            let (mut socket, _) = listener.accept().unwrap();
            // All of the request, in however many pieces it comes: what is left unread would reset the connection.
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut piece = [0; 1_024];
                let size = socket.read(&mut piece).unwrap();
                assert!(size > 0, "{}", String::from_utf8_lossy(&request));
                request.extend_from_slice(&piece[..size]);
            }
            assert!(request.starts_with(b"GET /"));
            socket.write_all(answer.as_bytes()).unwrap();
            if answer.starts_with("ICY") {
                let _gone = socket.write_all(&file);
            }
        }
    });
    place.class("radio", |class| class.source = Some(LiveSource::Http(format!("http://127.0.0.1:{port}/"))));
    until_heard(&mut place, "radio", 800);
    // Both turns are over once the server has ended: it was asked twice.
    let until = Instant::now() + PATIENCE;
    while !server.is_finished() {
        let number = block_at(place.clock.now()) + 1;
        place.block("radio", number).expect("sound or silence");
        assert!(Instant::now() < until, "not fetched again");
    }
    server.join().unwrap();
}
