//! Legs in mixes.

use super::bench::{Bench, dial, extensions};
use crate::{Input, MixAction, MixNews, Output};
use cordboard_app::{Await, JoinMix, Step};
use cordboard_base::LegId;
use cordboard_media::{Command, Event, MixId, MixInput, MixSettings, Source};

fn joins(mix: &str, hears: bool) -> Step {
    let says = Some(MixInput::default());
    Step::Join(Some(JoinMix { mix: mix.into(), says, hears, hearing_db: 0 }))
}

fn stays() -> Step {
    Step::Await(Await::default())
}

fn office(steps: Vec<Step>) -> Bench {
    let mut routes = extensions();
    routes.push(("1", steps));
    Bench::new(&routes)
}

/// What was done with mixes, in order.
fn commands(bench: &Bench) -> Vec<String> {
    let word = |command: &Command| match command {
        Command::Mix { mix, .. } => Some(format!("mix {}", mix.0)),
        Command::EndMix { mix } => Some(format!("end {}", mix.0)),
        Command::SayInto { mix, leg, input } => {
            Some(format!("{} {} {leg}", if input.is_some() { "say" } else { "leave" }, mix.0))
        }
        Command::Hear { leg, source: Source::Mix(mix) } => Some(format!("hear {} {leg}", mix.0)),
        Command::PlayInto { mix, .. } => Some(format!("play {}", mix.0)),
        _ => None,
    };
    let of = |output: &Output| match output {
        Output::Media(command) => word(command),
        _ => None,
    };
    bench.out.iter().filter_map(of).collect()
}

fn calls_in(bench: &mut Bench, from: &str) -> LegId {
    bench.call(from, "1", &["PCMA"])
}

#[test]
fn two_legs_join_one_mix_and_it_ends_with_the_last_of_them() {
    let mut bench = office(vec![joins("conference/main", true), stays()]);
    let (anna, ben) = (calls_in(&mut bench, "101"), calls_in(&mut bench, "102"));
    assert_eq!((bench.hears(anna), bench.hears(ben)), (Source::Mix(MixId(1)), Source::Mix(MixId(1))));
    bench.hangs_up(anna);
    bench.hangs_up(ben);
    let wanted = [
        "mix 1".to_owned(),
        format!("say 1 {anna}"),
        format!("hear 1 {anna}"),
        format!("say 1 {ben}"),
        format!("hear 1 {ben}"),
        format!("leave 1 {anna}"),
        format!("leave 1 {ben}"),
        "end 1".to_owned(),
    ];
    assert_eq!(commands(&bench), wanted);
}

#[test]
fn who_only_speaks_hears_nothing_and_who_leaves_hears_the_mix_no_more() {
    let mut bench = office(vec![
        joins("page/1", false),
        Step::Await(Await { digits: "1".into(), timeout_ms: 0 }),
        joins("page/1", true),
        Step::Await(Await { digits: "2".into(), timeout_ms: 0 }),
        Step::Join(None),
        stays(),
    ]);
    let anna = calls_in(&mut bench, "101");
    assert_eq!(bench.hears(anna), Source::Nothing);
    bench.presses(anna, "1");
    assert_eq!(bench.hears(anna), Source::Mix(MixId(1)), "it is the same mix");
    bench.presses(anna, "2");
    assert_eq!(bench.hears(anna), Source::Nothing);
    assert_eq!(commands(&bench).last().map(String::as_str), Some("end 1"));
}

#[test]
fn music_is_for_who_is_alone() {
    let mut bench = office(vec![Step::Music(Some("jazz".into())), joins("conference/a", true), stays()]);
    let anna = calls_in(&mut bench, "101");
    assert_eq!(bench.hears(anna), Source::Nothing);
    assert!(bench.last_play(anna).is_some());
}

#[test]
fn another_mix_takes_the_first_ones_place() {
    let mut bench = office(vec![joins("a/1", true), joins("a/2", true), stays()]);
    let anna = calls_in(&mut bench, "101");
    assert_eq!(bench.hears(anna), Source::Mix(MixId(2)));
    assert!(commands(&bench).contains(&"end 1".to_owned()));
}

#[test]
fn a_leg_that_takes_another_one_s_place_takes_its_part_in_the_mix() {
    let mut bench = office(vec![joins("conference/main", true), stays()]);
    let room = calls_in(&mut bench, "103");
    let (anna, ben) = bench.talk("101", "102");
    bench.refers(ben, "<sip:103@office.example?Replaces=x%3Bto-tag%3D1%3Bfrom-tag%3D2>");
    let query = bench.out.iter().rev().find_map(|output| match output {
        Output::FindDialog { query, .. } => Some(*query),
        _ => None,
    });
    bench.input(Input::Found { query: query.unwrap(), leg: Some(room) });
    let commands = commands(&bench);
    assert!(commands.contains(&format!("leave 1 {room}")), "{commands:?}");
    assert!(!commands.contains(&"end 1".to_owned()), "the mix goes on with who came: {commands:?}");
    assert_eq!(bench.hears(anna), Source::Mix(MixId(1)));
}

#[test]
fn a_service_acts_on_a_mix_while_somebody_is_in_it() {
    let mut bench = office(vec![joins("conference/main", true), stays()]);
    let play = || MixAction::Play(Some(cordboard_app::PlayList::default()));
    bench.input(Input::Mix { mix: "conference/main".into(), action: play() });
    assert_eq!(commands(&bench), Vec::<String>::new(), "there is no such mix yet");
    let anna = calls_in(&mut bench, "101");
    bench.input(Input::Mix { mix: "conference/main".into(), action: play() });
    let settings = MixSettings::default();
    bench.input(Input::Mix { mix: "conference/main".into(), action: MixAction::Set(settings) });
    assert_eq!(commands(&bench)[3..], ["play 1".to_owned(), "mix 1".to_owned()]);
    bench.input(Input::Media(Event::Talking { mix: MixId(1), leg: anna, talks: true }));
    let news = Output::Mix {
        mix: "conference/main".into(),
        news: MixNews::Talking { call: anna.call, talks: true },
    };
    assert!(bench.out.contains(&news));
}

#[test]
fn who_dials_out_of_a_mix_talks_and_comes_back_to_it() {
    let mut bench = office(vec![joins("conference/main", true), dial(&[&["102"]]), stays()]);
    let anna = calls_in(&mut bench, "101");
    let ben = bench.last_invited();
    bench.answers(ben);
    assert_eq!(bench.hears(anna), Source::Leg(ben));
    bench.hangs_up(ben);
    assert_eq!(bench.hears(anna), Source::Mix(MixId(1)));
}

#[test]
fn a_mix_goes_to_multicast_groups_as_long_as_somebody_is_in_it_and_to_sixteen_at_most() {
    use cordboard_base::{CallId, Format};
    use cordboard_media::MulticastStream;
    let mut bench = office(vec![joins("page/1", false), stays()]);
    let anna = calls_in(&mut bench, "101");
    let stream = |port: u16| MulticastStream {
        to: (core::net::Ipv4Addr::new(224, 0, 1, 75), port).into(),
        format: Format::new(0, "PCMU", 8_000),
    };
    let sends = |bench: &mut Bench, mix: &str, count: u16| {
        let action = MixAction::Multicast((0..count).map(|n| stream(5_555 + n)).collect());
        bench.input(Input::Mix { mix: mix.into(), action });
    };
    let of_groups = |bench: &Bench, is_so: fn(&Command) -> bool| {
        let all = bench
            .out
            .iter()
            .filter_map(|output| if let Output::Media(it) = output { Some(it) } else { None });
        all.filter(|it| it.leg().is_some_and(|leg| leg.call == CallId(0)) && is_so(it)).count()
    };
    let opens = |it: &Command| matches!(it, Command::Open { .. });
    let closes = |it: &Command| matches!(it, Command::Close { .. });
    sends(&mut bench, "page/2", 1);
    assert_eq!(of_groups(&bench, opens), 0, "nobody is in that one");
    sends(&mut bench, "page/1", 17);
    assert_eq!((of_groups(&bench, opens), of_groups(&bench, closes)), (16, 0));
    let hears = |it: &Command| matches!(it, Command::Hear { source: Source::Mix(MixId(1)), .. });
    let silent = |it: &Command| matches!(it, Command::Setup { audio: Some(audio), .. } if audio.sends && !audio.receives && audio.timeout_ms == 0);
    assert_eq!((of_groups(&bench, hears), of_groups(&bench, silent)), (16, 16));
    sends(&mut bench, "page/1", 1);
    assert_eq!((of_groups(&bench, opens), of_groups(&bench, closes)), (17, 16), "the last word counts");
    bench.hangs_up(anna);
    assert_eq!(of_groups(&bench, closes), 17);
}
