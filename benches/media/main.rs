//! What the real media worker takes, by its thread's processor time: relaying at several sizes, converting, a conference, players;
//! beside it a bare loop that does no more than receive and send. Everything is measured several times in turns, and the least of
//! each counts: neighbours only ever add.
//!
//! `cargo bench --bench media`, or with some of `relay delay convert conference players` after `--`. `MEDIA_WORKERS=2` in the
//! environment: with so many workers, whose times are added up.
#![allow(clippy::cast_possible_truncation, reason = "figures for people")]

mod phones;

use anyhow::{Context, Result, ensure};
use cordboard::poller::Poller;
use cordboard_media::codec::{Codec, G722, OPUS, PCMA, PCMU};
use cordboard_media::{Audio, Command, MixId, MixInput, MixSettings, Play, PlayId, Source};
use phones::{Bare, Cost, GROUPS, House, ROUND, Voice, leg, resident};
use std::time::{Duration, Instant};

/// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Each figure is taken so often.
const TURNS: usize = 3;
/// Of 20 ms each.
const ROUNDS: usize = 100;
/// Before that, where a coder is measured by itself.
const WARM_UP: usize = 10;
const CALLS: [usize; 4] = [100, 200, 400, 800];
/// The bare loop is compared at this size.
const COMPARED: usize = 400;
/// Of which three talk.
const PARTICIPANTS: usize = 1_000;
const PLAYERS: usize = 500;
/// Conversions are measured with so many calls.
const CONVERTED: usize = 100;
/// The rate at which Opus works for a peer of telephone quality, and for others.
const ALONE_HZ: [u32; 2] = [8_000, 16_000];

fn main() -> Result<()> {
    let most = rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum;
    let limit = rustix::process::Rlimit { current: most, maximum: most };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, limit)?;
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wants = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    let relay_us = relay(wants("relay"))?;
    if wants("delay") {
        delay()?;
    }
    if wants("convert") {
        convert(relay_us)?;
    }
    if wants("conference") {
        conference()?;
    }
    if wants("players") {
        players(relay_us)?;
    }
    Ok(())
}

fn least(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().fold(f64::INFINITY, f64::min)
}

/// Calls of two phones that hear each other.
fn calls(count: usize, a: &'static dyn Codec, b: &'static dyn Codec) -> Result<House> {
    let voices = [Voice::speech(a)?, Voice::speech(b)?];
    let mut house = House::new((0..count * 2).map(|index| voices[index % 2].clone()).collect())?;
    for index in 0..house.count() {
        house.media.command(Command::Hear { leg: leg(index), source: Source::Leg(leg(index ^ 1)) });
    }
    Ok(house)
}

fn talk(count: usize, a: &'static dyn Codec, b: &'static dyn Codec) -> Result<Cost> {
    let mut house = calls(count, a, b)?;
    let cost = house.talk(ROUNDS, false, false)?;
    house.stop();
    Ok(cost)
}

/// The bare loop with as many packets: two phones of a call each, or phones that hear themselves.
fn bare(count: usize, is_connected: bool, out_of: fn(usize) -> usize) -> Result<Cost> {
    let mut bare = Bare::new(vec![Voice::speech(&PCMU)?; count], is_connected, out_of)?;
    let cost = bare.talk(ROUNDS)?;
    bare.stop()?;
    Ok(cost)
}

/// µs a packet, at the size of which the others are compared.
fn relay(in_full: bool) -> Result<f64> {
    let mut costs = vec![Vec::new(); CALLS.len()];
    let (mut session_bytes, mut alone) = (Vec::new(), [Vec::new(), Vec::new()]);
    for _ in 0..TURNS {
        for (is_connected, alone) in [false, true].into_iter().zip(&mut alone).filter(|_| in_full) {
            alone.push(bare(2 * COMPARED, is_connected, |index| index ^ 1)?.us_per_sent());
        }
        for (calls_up, costs) in CALLS.into_iter().zip(&mut costs) {
            if !in_full && calls_up != CONVERTED {
                continue;
            }
            let before = resident()?;
            let mut house = calls(calls_up, &PCMU, &PCMU)?;
            let cost = house.talk(ROUNDS, false, false)?;
            session_bytes.push((resident()? - before) / (2 * calls_up) as f64);
            house.stop();
            costs.push((cost.us_per_sent(), cost.got.iter().sum::<usize>() as f64 / cost.sent as f64));
        }
    }
    for (calls, costs) in CALLS.into_iter().zip(&costs).filter(|(_, costs)| !costs.is_empty()) {
        let us = least(costs.iter().map(|cost| cost.0));
        let arrived = costs.iter().map(|cost| cost.1).fold(0.0, f64::max);
        println!(
            "relay, {calls} calls: {us:.2} µs a packet ({:.1} % of a core), {:.2} % came out in time",
            us * calls as f64 * 100.0 / 1e4,
            arrived * 100.0
        );
    }
    if in_full {
        let us = CALLS.iter().zip(&costs).find(|(calls, _)| **calls == COMPARED);
        let us = us.map_or(0.0, |(_, costs)| least(costs.iter().map(|cost| cost.0)));
        let [plain, connected] = alone.map(least);
        println!(
            "a bare recvfrom/sendto loop with {COMPARED} calls: {plain:.2} µs a packet: ratio {:.2}; its sockets connected \
             {connected:.2} µs: ratio {:.2}",
            us / plain,
            us / connected
        );
    }
    // What is measured later finds pages that were given back before: the first turn's largest house is the honest one.
    if let Some(bytes) = session_bytes.get(..CALLS.len().min(session_bytes.len())).map(<[f64]>::to_vec)
        && in_full
    {
        println!("resident for a session, the first time: {:.0?} bytes at {CALLS:?} calls", bytes);
    }
    Ok(least(costs.iter().flatten().map(|cost| cost.0)))
}

/// How long packets are on their way through the worker: from right before their phone sends them until the kernel has them for the
/// other phone, by its own stamps, so that no phone's waking is in it; the kernel's two passes of loopback are.
fn delay() -> Result<()> {
    let mut best: Option<Vec<f64>> = None;
    let at = |delays: &[f64], percent: usize| delays[(delays.len() - 1) * percent / 100];
    for _ in 0..TURNS {
        let mut house = calls(400, &PCMU, &PCMU)?;
        let cost = house.talk(ROUNDS, false, true)?;
        house.stop();
        ensure!(!cost.delays_us.is_empty(), "nothing came");
        if best.as_ref().is_none_or(|best| at(best, 99) > at(&cost.delays_us, 99)) {
            best = Some(cost.delays_us);
        }
    }
    let best = best.unwrap_or_default();
    println!(
        "forwarding delay at 400 calls: median {:.0} µs, p99 {:.0} µs, worst {:.0} µs; the goal for p99 is 1,000",
        at(&best, 50),
        at(&best, 99),
        at(&best, 100)
    );
    Ok(())
}

fn convert(relay_us: f64) -> Result<()> {
    let kinds: [(&str, &'static dyn Codec); 3] = [("A-law", &PCMA), ("G.722", &G722), ("Opus", &OPUS)];
    let mut costs = vec![Vec::new(); kinds.len()];
    let mut relays = vec![relay_us];
    let mut library = ALONE_HZ.map(|rate_hz| [false, true].map(|pauses| (rate_hz, pauses, Vec::new())));
    for _ in 0..TURNS {
        relays.push(talk(CONVERTED, &PCMU, &PCMU)?.us_per_sent());
        for ((_, codec), costs) in kinds.iter().zip(&mut costs) {
            costs.push(talk(CONVERTED, &PCMU, *codec)?.us_per_sent());
        }
        for (rate_hz, pauses, alone) in library.as_flattened_mut() {
            alone.push(opus_alone(*rate_hz, *pauses)?);
        }
    }
    let relay_us = least(relays);
    for ((name, _), costs) in kinds.iter().zip(&costs) {
        let us = least(costs.iter().copied());
        println!("µ-law ↔ {name}: {us:.2} µs a packet, {:.2} × relaying ({relay_us:.2} µs)", us / relay_us);
        if *name != "Opus" {
            continue;
        }
        for (rate_hz, pauses, alone) in library.as_flattened() {
            let alone_us = least(alone.iter().copied());
            let how = if *pauses { "as packets come, asleep in between" } else { "without a pause" };
            println!(
                "  the Opus library alone at {rate_hz} Hz, {how}: {alone_us:.2} µs a packet: {:.2} ×; without what relaying \
                 takes {:.2} ×",
                us / alone_us,
                (us - relay_us) / alone_us
            );
        }
    }
    Ok(())
}

/// Opus as the engine uses it, the mean of encoding and decoding a packet, in µs: with the error correction that peers ask for, and
/// for as many calls in turn, since one coder by itself would never leave the nearest cache. `pauses`: as many at a time as packets
/// come at a time, and asleep until then, after which a processor's caches and predictions have to begin anew, as the worker's do.
fn opus_alone(rate_hz: u32, pauses: bool) -> Result<f64> {
    let voice = Voice::speech(&OPUS)?;
    let fmtp = OPUS.fmtp();
    let one = || OPUS.encoder(fmtp, rate_hz).zip(OPUS.decoder(fmtp, rate_hz)).context("Opus is not built in");
    let mut coders = (0..CONVERTED).map(|_| one()).collect::<Result<Vec<_>>>()?;
    let (mut samples, mut payload) = (Vec::new(), Vec::new());
    let (mut begun, mut counted) = (thread_cpu(), 0);
    let (pace, mut next) = (Poller::new()?, Instant::now());
    for n in 0..WARM_UP + ROUNDS {
        if n == WARM_UP {
            (begun, counted) = (thread_cpu(), 0);
        }
        for group in coders.chunks_mut(CONVERTED / GROUPS) {
            if pauses {
                next += ROUND / u32::try_from(GROUPS)?;
                pace.wait(Some(next.saturating_duration_since(Instant::now())), &mut Vec::new())?;
            }
            for (encoder, decoder) in group {
                samples.clear();
                decoder.decode(voice.packet(n), &mut samples)?;
                payload.clear();
                encoder.encode(&samples, &mut payload);
                counted += 2;
            }
        }
    }
    Ok((thread_cpu() - begun).as_secs_f64() * 1e6 / f64::from(counted))
}

fn thread_cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

fn conference() -> Result<()> {
    const ROOM: MixId = MixId(1);
    let (mut costs, mut alone): (Vec<Cost>, Vec<f64>) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        alone.push(bare(PARTICIPANTS, false, |index| index)?.percent());
        let (speech, quiet) = (Voice::speech(&PCMU)?, Voice::quiet(&PCMU)?);
        let voice = |index: usize| if index < 3 { speech.clone() } else { quiet.clone() };
        let mut house = House::new((0..PARTICIPANTS).map(voice).collect())?;
        house.media.command(Command::Mix { mix: ROOM, settings: MixSettings::default() });
        for index in 0..PARTICIPANTS {
            let (leg, input) = (leg(index), Some(MixInput::default()));
            house.media.command(Command::SayInto { mix: ROOM, leg, input });
            house.media.command(Command::Hear { leg, source: Source::Mix(ROOM) });
        }
        costs.push(house.talk(ROUNDS, false, false)?);
        house.stop();
    }
    let percent = least(costs.iter().map(Cost::percent));
    let rates = costs.iter().map(|cost| {
        let per_second = |got: &usize| *got as f64 / cost.elapsed.as_secs_f64();
        let all = cost.got.iter().map(per_second);
        (least(all.clone()), all.fold(0.0, f64::max))
    });
    let rates: Vec<String> = rates.map(|(least, most)| format!("{least:.1}–{most:.1}")).collect();
    println!(
        "conference of {PARTICIPANTS}, three heard: {percent:.1} % of a core (all turns: {:.1?}); each gets {} packets a second",
        costs.iter().map(Cost::percent).collect::<Vec<_>>(),
        rates.join(", ")
    );
    let alone = least(alone);
    println!(
        "  a bare loop that sends as many packets back: {alone:.1} % of a core; the conference {:.2} ×",
        percent / alone
    );
    Ok(())
}

fn players(relay_us: f64) -> Result<()> {
    let mut costs = Vec::new();
    let mut relays = vec![relay_us];
    for _ in 0..TURNS {
        let mut house = House::new(vec![Voice::quiet(&PCMU)?; PLAYERS])?;
        for index in 0..PLAYERS {
            let name = "vm-intro".to_owned();
            let play = Play {
                id: PlayId(1),
                items: vec![Audio::Prompt { name, lang: "en".to_owned() }],
                repeat: true,
                interrupt: String::new(),
            };
            house.media.command(Command::Play { leg: leg(index), play });
        }
        let cost = house.talk(ROUNDS, true, false)?;
        house.stop();
        let rate = cost.got.iter().sum::<usize>() as f64 / PLAYERS as f64 / cost.elapsed.as_secs_f64();
        ensure!((49.0..=51.0).contains(&rate), "players were sent {rate:.1} packets a second");
        costs.push(cost.us_per_got());
        relays.push(talk(PLAYERS / 2, &PCMU, &PCMU)?.us_per_sent());
    }
    let (us, relay_us) = (least(costs), least(relays));
    println!(
        "{PLAYERS} players of one prompt: {us:.2} µs a packet, {:.2} × relaying ({relay_us:.2} µs)",
        us / relay_us
    );
    Ok(())
}
