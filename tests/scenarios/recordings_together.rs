//! Several recordings of one caller at a time: a script's, a rule's, one on demand and a message. Each has what was said in its own
//! time, whatever befalls the others.

use cordboard_dialplan::Bundle;
use cordboard_media::goertzel;
use cordboard_sim::{Handset, Plan, World};

/// Of every tape: PCMA's.
const RATE_HZ: u32 = 8_000;
/// Voices of the phones.
const ANNA: u16 = 1_100;
const BEN: u16 = 1_150;
const CLARA: u16 = 1_200;
/// What is heard where a recording on demand is refused, and where it begins.
const REFUSED: u16 = 425;
const STARTED: u16 = 1_400;
/// The row of the keys `*` and `#` (ITU-T Q.23), which nobody's voice is near.
const KEY: u16 = 941;

/// Anna's call: a talk with Ben that a rule records, one with Clara that is recorded on demand, a message to Dora.
const SCRIPT: &str = r#"
let internal = context("internal");
internal.on("600", |ch| {
    ch.answer();
    let r = ch.record(#{ name: "script", sides: "says" });
    ch.wait(2);
    ch.dial(user("102"), #{ record: "always" });
    ch.dial(user("103"), #{ record: "on-demand" });
    r.pause("gap");
    ch.voicemail("104");
    r.resume();
    ch.wait(4);
    r.stop();
    let more = [ch.record(#{ name: "more/1", sides: "says" }), ch.record(#{ name: "more/2", sides: "says" })];
    try { ch.record(#{ name: "more/3" }); } catch (why) { log::info(`refused: ${why}`); }
    ch.wait(3);
    more[0].stop();
    let last = ch.record(#{ name: "more/4", sides: "says" });
    ch.wait(2);
});
"#;

/// A recording and what is heard of each of its channels.
struct Tape {
    name: String,
    sides: Vec<Vec<i16>>,
}

impl Tape {
    fn seconds(&self) -> f64 {
        f64::from(u32::try_from(self.sides[0].len()).unwrap()) / f64::from(RATE_HZ)
    }

    /// Who is heard on a side, without repetitions and without the seconds in which that changes.
    fn course(&self, side: usize) -> Vec<Vec<u16>> {
        let voices = |second: &[i16]| goertzel::heard(second, RATE_HZ, &[ANNA, BEN, CLARA], -26.0);
        let seconds: Vec<Vec<u16>> = self.sides[side].chunks_exact(RATE_HZ as usize).map(voices).collect();
        let mut course: Vec<Vec<u16>> = Vec::new();
        for pair in seconds.windows(2) {
            if pair[0] == pair[1] && course.last() != Some(&pair[0]) {
                course.push(pair[0].clone());
            }
        }
        course
    }

    /// Whether a key sounds anywhere in what the caller says.
    fn has_a_key(&self) -> bool {
        let frame = RATE_HZ as usize / 25;
        self.sides[0]
            .chunks_exact(frame)
            .any(|frame| !goertzel::heard(frame, RATE_HZ, &[KEY], -30.0).is_empty())
    }
}

fn tapes(world: &World) -> Vec<Tape> {
    let recordings = world
        .recordings()
        .into_iter()
        .map(|tape| (tape.0.starts_with("script") || tape.0.starts_with("more/"), tape));
    let messages = world.files().into_iter().map(|tape| (true, tape));
    let tape = |(is_mono, (name, samples)): (bool, (String, Vec<i16>))| {
        let channels = if is_mono { 1 } else { 2 };
        let side = |n: usize| samples.iter().skip(n).step_by(channels).copied().collect();
        Tape { name, sides: (0..channels).map(side).collect() }
    };
    recordings.chain(messages).map(tape).collect()
}

fn talks_for(world: &World, (one, other): (&Handset, &Handset), seconds: u64) {
    one.talks_with(other);
    world.run_secs(seconds);
}

/// Everything that the script does; on demand it is recorded, rests, and goes on.
fn whole_call(world: &World) {
    let (anna, ben, clara) = (world.registered("101"), world.registered("102"), world.registered("103"));
    anna.calls("600");
    anna.is_answered();
    ben.rings();
    ben.answers();
    talks_for(world, (&anna, &ben), 4);
    // The rule's is no affair of those who talk.
    anna.presses("*1");
    world.run_secs(2);
    ben.hangs_up();
    clara.rings();
    clara.answers();
    talks_for(world, (&anna, &clara), 2);
    anna.presses("*1");
    world.run_secs(5);
    clara.presses("*1");
    world.run_secs(6);
    clara.presses("*1");
    world.run_secs(4);
    clara.hangs_up();
    anna.hears_prompt("vm-theperson");
    anna.presses("#");
    anna.hears_tone([1_000, 0]);
    world.run_secs(5);
    anna.presses("#");
    anna.hears_prompt("vm-msgsaved");
    world.run_secs(12);
    anna.is_over();
    world.is_quiet();
}

fn plan() -> Plan {
    Plan::shipped().bundle(Bundle::single(SCRIPT))
}

#[test]
fn each_recording_of_a_caller_has_its_own_beginning_end_and_pauses() {
    let world = World::new(&plan());
    whole_call(&world);
    let tapes = tapes(&world);
    let names: Vec<&str> = tapes.iter().map(|tape| tape.name.as_str()).collect();
    let one = |what: &dyn Fn(&str) -> bool| {
        let found: Vec<&Tape> = tapes.iter().filter(|tape| what(&tape.name)).collect();
        assert_eq!(found.len(), 1, "{names:?}");
        found[0]
    };
    let own = |name: &'static str| one(&move |other: &str| other == name);
    let script = own("script.wav");
    let message =
        one(&|name| !name.contains("-101-") && !name.starts_with("more") && !name.starts_with("script"));
    let mut theirs: Vec<&Tape> = tapes.iter().filter(|tape| tape.sides.len() == 2).collect();
    assert_eq!(theirs.len(), 2, "{names:?}");
    theirs.sort_by(|a, b| b.seconds().total_cmp(&a.seconds()));
    let (rule, demand) = (theirs[0], theirs[1]);

    // The script's rested while the message was taken.
    assert_eq!(script.course(0), [[ANNA]], "{names:?}");
    // The rule's goes on to the end of the call; both talks are in it, and on demand nothing of the first.
    assert_eq!(rule.course(0), [[ANNA]]);
    let others = |tape: &Tape| tape.course(1).into_iter().flatten().collect::<Vec<u16>>();
    assert_eq!(others(rule), [BEN, CLARA]);
    assert_eq!(others(demand), [CLARA]);
    assert_eq!(message.course(0), [[ANNA]]);
    assert!(!tapes.iter().any(Tape::has_a_key), "{names:?}");

    // Those that nobody has stopped end with the call.
    let record = world.record();
    let told = |tape: &Tape| record.recordings.iter().find(|told| told.path == tape.name).unwrap();
    let before_the_end = |tape: &Tape| (record.ended_us - told(tape).ended_us) / 1_000;
    assert!(before_the_end(rule) < 1_000 && before_the_end(demand) < 1_000, "{:?}", record.recordings);
    assert!((4_500..6_500).contains(&before_the_end(script)), "{:?}", record.recordings);
    assert!((1_500..3_000).contains(&before_the_end(own("more/1.wav"))), "{:?}", record.recordings);
    // The talk with Ben, with what came before the key, and the six seconds of the gap are not on demand.
    let missing = rule.seconds() - demand.seconds();
    assert!((13.0..18.0).contains(&missing), "{missing}");
    assert!((4.0..7.0).contains(&message.seconds()), "{}", message.seconds());
    for (name, seconds) in [("more/1.wav", 3.0), ("more/2.wav", 5.0), ("more/4.wav", 2.0)] {
        assert!((own(name).seconds() - seconds).abs() < 0.3, "{name}: {}", own(name).seconds());
    }
    // The fifth was refused, with the reason.
    assert!(!names.contains(&"more/3.wav"), "{names:?}");
    assert!(
        world.has_logged("script", "refused: the caller is recorded 4 times already"),
        "{:?}",
        world.log()
    );
}

#[test]
fn they_are_the_same_after_any_cut() {
    let run = |cuts: Option<u64>| {
        let world = World::new(&plan());
        if let Some(seed) = cuts {
            world.cut_and_restore(seed, 25);
        }
        whole_call(&world);
        world
    };
    let (plain, cut) = (run(None), run(Some(5)));
    assert!(cut.cuts_made() > 20);
    assert!(
        plain.recordings() == cut.recordings() && plain.files() == cut.files(),
        "the same, sample for sample"
    );
}

/// Four recordings by the script, then a talk with this rule.
fn four_and_a_talk(rule: &str) -> (World, Handset, Handset) {
    let script = format!(
        r#"
let internal = context("internal");
internal.on("600", |ch| {{
    ch.answer();
    for n in 0..4 {{ ch.record(#{{ name: `four/${{n}}`, sides: "says" }}); }}
    ch.dial(user("102"), #{{ record: "{rule}" }});
}});
"#
    );
    let world = World::with_dialplan(&script);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls("600");
    anna.is_answered();
    ben.rings();
    ben.answers();
    talks_for(&world, (&anna, &ben), 2);
    (world, anna, ben)
}

/// The four go on to the end, and there is no fifth.
fn only_the_four(world: &World, (anna, ben): (&Handset, &Handset)) {
    anna.talks_with(ben);
    world.run_secs(2);
    ben.hangs_up();
    anna.is_over();
    world.is_quiet();
    let tapes = tapes_of(world, "four/");
    assert_eq!((tapes.len(), world.recordings().len()), (4, 4));
    assert!(tapes.iter().all(|tape| tape.seconds() > 4.0 && tape.course(0) == [[ANNA]]));
}

fn tapes_of(world: &World, begin: &str) -> Vec<Tape> {
    let tapes = world.recordings().into_iter().filter(|(name, _)| name.starts_with(begin));
    tapes.map(|(name, samples)| Tape { name, sides: vec![samples] }).collect()
}

#[test]
fn a_fifth_on_demand_is_refused_and_only_who_asked_for_it_hears_that() {
    let (world, anna, ben) = four_and_a_talk("on-demand");
    anna.presses("*1");
    let (mut refused, mut partner) = (false, false);
    for _ in 0..60 {
        world.run_ms(50);
        refused |= anna.hears_a_tone_of(&[REFUSED]);
        partner |= ben.hears_a_tone_of(&[REFUSED, STARTED]);
        assert!(!anna.hears_a_tone_of(&[STARTED]), "as if it had begun");
    }
    assert!(refused && !partner, "{refused} {partner}");
    only_the_four(&world, (&anna, &ben));
}

#[test]
fn a_rule_that_can_not_be_kept_is_logged_and_the_talk_goes_on() {
    let (world, anna, ben) = four_and_a_talk("always");
    let why = "is not recorded as the rule wants: it is 4 times already";
    assert!(
        world.log().iter().any(|line| line.fields.iter().any(|(_, value)| value.contains(why))),
        "{:?}",
        world.log()
    );
    assert!(!anna.hears_a_tone_of(&[REFUSED, STARTED]) && !ben.hears_a_tone_of(&[REFUSED, STARTED]));
    only_the_four(&world, (&anna, &ben));
}
