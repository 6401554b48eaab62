//! What a phone that is played by hand hears and says: PCMA packets by hand, 20 ms each.

use crate::raw::{Raw, RawCall};
use crate::sounds::Sound;
use crate::{Handset, Peer, World};
use cordboard_base::Format;
use cordboard_media::{codec, tone};
use core::net::SocketAddr;
use std::cell::RefCell;
use std::rc::Rc;

/// Of a packet.
const SAMPLES: usize = 160;
const PACKET_MS: u64 = 20;
/// The last packets that an ear judges: 200 ms.
const MOMENT: usize = 10;
/// In packets: what is to be heard is heard by then.
const PATIENCE: usize = 250;
const RTP_HEADER: usize = 12;

/// A media port.
#[derive(Clone)]
pub(crate) struct RawMedia {
    port: Peer,
    voice: Sound,
    said: Rc<RefCell<Said>>,
}

#[derive(Default)]
struct Said {
    /// Where the office wants packets.
    to: Option<SocketAddr>,
    packets: u16,
    versions: u32,
}

impl RawMedia {
    pub(crate) fn new(world: &World, address: SocketAddr, voice: u16) -> Self {
        // Phones have the frequencies from 1,100 on.
        let voice = Sound::Tone([1_125 + 50 * (voice % 16), 0]);
        Self { port: world.peer(&address.to_string()), voice, said: Rc::default() }
    }

    pub(crate) fn sdp(&self, direction: &str) -> String {
        let address = self.port.address();
        let mut said = self.said.borrow_mut();
        said.versions += 1;
        format!(
            "v=0\r\no=raw 1 {} IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {} RTP/AVP 8\r\n\
             a=rtpmap:8 PCMA/8000\r\na={direction}\r\n",
            said.versions,
            address.port(),
            ip = address.ip(),
        )
    }

    /// Looks for an address in a description of the office's.
    pub(crate) fn learn(&self, body: &[u8]) {
        let text = String::from_utf8_lossy(body);
        let value = |start: &str| text.lines().find_map(|line| line.strip_prefix(start).map(str::to_owned));
        let (Some(ip), Some(media)) = (value("c=IN IP4 "), value("m=audio ")) else { return };
        let port = media.split(' ').next().unwrap_or_default();
        self.said.borrow_mut().to = format!("{}:{port}", ip.trim()).parse().ok();
    }

    fn says(&self) {
        let mut said = self.said.borrow_mut();
        let Some(to) = said.to else { return };
        let position = u64::from(said.packets) * SAMPLES as u64;
        let mut samples = vec![0i16; SAMPLES];
        tone::fill(&self.voice.tone(), 8_000, position, &mut samples);
        let mut packet = vec![0x80, 8];
        packet.extend(said.packets.to_be_bytes());
        packet.extend(u32::try_from(position).unwrap_or(0).to_be_bytes());
        packet.extend(7u32.to_be_bytes());
        let pcma = codec::find(&Format::new(8, "PCMA", 8_000));
        match pcma.and_then(|codec| codec.encoder("", 8_000)) {
            Some(mut encoder) => encoder.encode(&samples, &mut packet),
            None => panic!("PCMA is always there"),
        }
        said.packets = said.packets.wrapping_add(1);
        drop(said);
        self.port.sends_bytes_to(to, &packet);
    }

    fn hears(&self, sound: &Sound) -> bool {
        let packets: Vec<Vec<u8>> = self.port.world.inner(|inner| {
            let inbox = &inner.peers[self.port.index].inbox;
            let audio = inbox.iter().filter(|(_, bytes)| bytes.get(1).is_some_and(|b| b & 0x7f == 8));
            let audio: Vec<Vec<u8>> = audio.map(|(_, bytes)| bytes.to_vec()).collect();
            audio.into_iter().rev().take(MOMENT).rev().collect()
        });
        let pcma = codec::find(&Format::new(8, "PCMA", 8_000));
        let Some(mut decoder) = pcma.and_then(|codec| codec.decoder("", 8_000)) else { return false };
        let mut samples = Vec::new();
        for packet in &packets {
            let payload = packet.get(RTP_HEADER..).unwrap_or_default();
            assert!(decoder.decode(payload, &mut samples).is_ok(), "no PCMA");
        }
        packets.len() == MOMENT && sound.is_in(&samples, 8_000)
    }
}

impl Raw {
    /// What it sounds like.
    pub fn voice(&self) -> Sound {
        self.media.voice.clone()
    }

    /// Its description with another direction (`sendonly`, `inactive`).
    pub fn sdp_with(&self, direction: &str) -> String {
        self.media.sdp(direction)
    }
}

impl RawCall {
    /// The other one hears this phone: early media.
    pub fn is_heard_by(&self, other: &Handset) {
        let media = &self.phone.media;
        for _ in 0..PATIENCE {
            media.says();
            media.port.world.run_ms(PACKET_MS);
            if other.ear_has(&media.voice) {
                return;
            }
        }
        panic!("{} is not heard by {}, but {:?}", self.phone.user, other.user(), other.ear())
    }

    /// Both hear each other, by what the last description of the office's says.
    pub fn talks_with(&self, other: &Handset) {
        let media = &self.phone.media;
        let before = media.port.world.inner(|inner| inner.peers[media.port.index].inbox.len());
        let wanted = Sound::Voice(other.index);
        for _ in 0..PATIENCE {
            media.says();
            media.port.world.run_ms(PACKET_MS);
            let heard = media.port.world.inner(|inner| inner.peers[media.port.index].inbox.len());
            if heard >= before + MOMENT && media.hears(&wanted) && other.ear_has(&media.voice) {
                return;
            }
        }
        let (raw, ear) = (media.hears(&wanted), other.ear_has(&media.voice));
        panic!("{} hears {}: {raw}; is heard: {ear}, but {:?}", self.phone.user, other.user(), other.ear())
    }
}
