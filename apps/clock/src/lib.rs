//! The speaking clock: `ch.speaking_clock()`. Every ten seconds it says what time it will be, and beeps when it is, as the clocks of
//! telephone companies do: three strokes in Britain, one elsewhere.
//!
//! ```text
//! Looking ─▶ Saying "at the tone, the time will be exactly …" ─▶ Aiming ─▶ Waiting ─▶ Striking ─▶ Looking … until the time is over
//! ```
#![forbid(unsafe_code)]

use cordboard_app::say::{WallTime, audio, grammar};
use cordboard_app::{
    Application, Argument, CallInfo, Key, Machine, Manual, Param, PlayList, Query, Reply, RouteError, Schema,
    Step, Takes, Value, Verb, option,
};
use cordboard_base::Time;
use cordboard_media::Tone;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// Times that are announced are so far apart, in µs.
const EVERY_US: i64 = 10_000_000;
/// An announcement takes up to so long, in µs.
const SAYING_US: i64 = 8_500_000;
/// How long a call lasts, in s, and at most.
const LASTS_S: i64 = 90;
const LASTS_MAX_S: i64 = 3_600;
/// A stroke: British Telecom's is of 1,000 Hz too. Three of them are a second apart, the last is the time.
const STROKE: Tone =
    Tone { frequencies_hz: [1_000, 0], level_dbm0: -13, cadence_ms: Vec::new(), duration_ms: 100 };
const SECOND_US: i64 = 1_000_000;

const KEYS: &[Key] = &[
    option(
        "strokes",
        Takes::Integer(1, 3),
        "beeps a second apart, the last is the time; default: 1, in British English 3",
    ),
    option("seconds", Takes::Integer(10, LASTS_MAX_S), "after so many it hangs up; default: 90"),
];

static MANUAL: Manual = Manual {
    verb: "speaking_clock",
    summary: "says the time every ten seconds, with a beep on the exact second",
    params: &[Param {
        name: "options",
        takes: Argument::Options(&Schema { keys: KEYS }),
        help: "how often it beeps, and how long it goes on",
    }],
    required: 0,
    outcome: "nothing",
    menus: &[],
    example: "ch.speaking_clock(#{ strokes: 3 })",
};

/// All verbs.
pub fn applications() -> Vec<Rc<dyn Application>> {
    vec![Rc::new(SpeakingClock)]
}

/// The application.
#[derive(Clone, Copy, Debug, Default)]
pub struct SpeakingClock;

impl Verb for SpeakingClock {
    type Machine = Program;

    fn manual(&self) -> &'static Manual {
        &MANUAL
    }

    fn begin(&self, info: &CallInfo, arguments: &Value) -> Result<Self::Machine, RouteError> {
        let options = arguments.argument(0);
        let usual = if matches!(info.lang.as_str(), "en-GB" | "en_GB") { 3 } else { 1 };
        Ok(Program {
            lang: info.lang.clone(),
            strokes: options.entry("strokes").int().unwrap_or(usual).clamp(1, 3),
            lasts_us: options.entry("seconds").int().unwrap_or(LASTS_S).clamp(10, LASTS_MAX_S) * SECOND_US,
            until_us: None,
            state: State::Start,
        })
    }

    fn prompts(&self) -> Vec<&'static str> {
        vec!["at-tone-time-exactly"]
    }
}

/// Times are Unix times in µs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    Start,
    /// What time it is.
    Looking,
    /// What the walls show at the time that is announced.
    Walls(i64),
    Saying(i64),
    /// What time it is, to wait for the stroke with so many left.
    Aiming(i64, i64),
    Waiting(i64, i64),
    Striking(i64, i64),
    Over,
}

/// What runs for a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    lang: String,
    strokes: i64,
    lasts_us: i64,
    until_us: Option<i64>,
    state: State,
}

impl Machine for Program {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        if matches!(reply, Reply::HungUp(_) | Reply::Failed(_)) {
            return self.over();
        }
        match self.state {
            State::Start if reply == Reply::Start => {
                self.state = State::Start;
                self.until_us = None;
                self.state = State::Looking;
                Step::Ask(Query::Now)
            }
            State::Start | State::Over => self.over(),
            State::Looking => match micros(&reply) {
                Some(now_us) => self.announce(now_us),
                None => self.over(),
            },
            State::Walls(at_us) => self.say(at_us, &reply),
            State::Saying(at_us) => self.aim(at_us, self.strokes - 1),
            State::Aiming(at_us, left) => match micros(&reply) {
                Some(now_us) => self.wait(at_us, left, now_us),
                None => self.over(),
            },
            State::Waiting(at_us, left) => {
                self.state = State::Striking(at_us, left);
                Step::Tone(STROKE)
            }
            State::Striking(at_us, left) if left > 0 => self.aim(at_us, left - 1),
            State::Striking(..) => {
                self.state = State::Looking;
                Step::Ask(Query::Now)
            }
        }
    }
}

impl Program {
    /// The next full ten seconds that can be announced until then.
    fn announce(&mut self, now_us: i64) -> Step {
        let until_us = *self.until_us.get_or_insert(now_us.saturating_add(self.lasts_us));
        if now_us >= until_us {
            return self.over();
        }
        let strokes_us = (self.strokes - 1) * SECOND_US;
        let earliest = now_us.saturating_add(SAYING_US + strokes_us);
        let at_us = earliest.saturating_add(EVERY_US - 1).div_euclid(EVERY_US).saturating_mul(EVERY_US);
        self.state = State::Walls(at_us);
        Step::Ask(Query::WallTime(at_us))
    }

    fn say(&mut self, at_us: i64, reply: &Reply) -> Step {
        let wall: Option<WallTime> = reply.answer();
        let Some(wall) = wall else { return self.over() };
        let grammar = grammar(&self.lang);
        let mut said = vec!["at-tone-time-exactly".to_owned()];
        said.extend(grammar.moment(&wall, grammar.time_format()));
        if wall.second > 0 {
            said.push("digits/and".to_owned());
            said.extend(grammar.duration(u64::from(wall.second)));
        }
        self.state = State::Saying(at_us);
        Step::Play(PlayList { items: audio(said, &self.lang), interrupt: String::new() })
    }

    fn aim(&mut self, at_us: i64, left: i64) -> Step {
        self.state = State::Aiming(at_us, left);
        Step::Ask(Query::Now)
    }

    /// Waits for a stroke; one that is too late is left out.
    fn wait(&mut self, at_us: i64, left: i64, now_us: i64) -> Step {
        let wait_us = at_us - left * SECOND_US - now_us;
        if wait_us < 0 {
            return if left > 0 { self.aim(at_us, left - 1) } else { self.announce(now_us) };
        }
        self.state = State::Waiting(at_us, left);
        // Rounded, so that the stroke is half a millisecond off at most.
        Step::Wait { ms: u32::try_from((wait_us + 500) / 1_000).unwrap_or(0) }
    }

    fn over(&mut self) -> Step {
        self.state = State::Over;
        Step::Done(Value::Unit)
    }
}

fn micros(reply: &Reply) -> Option<i64> {
    if let Reply::Value(Value::Int(us)) = reply { Some(*us) } else { None }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, clippy::wildcard_enum_match_arm, reason = "tests may")]
    use super::*;
    use cordboard_app::{Application, Cause, PlayResult};
    use cordboard_media::{Audio, Playhead};

    /// 2026-11-23 09:00:00 UTC.
    const START_US: i64 = 1_795_424_400_000_000;

    /// Runs it in a world whose prompts last `saying_us`: what was said for which time, and when it beeped.
    fn run(lang: &str, saying_us: i64) -> (Vec<Vec<String>>, Vec<i64>, i64) {
        let info = CallInfo { lang: lang.to_owned(), ..CallInfo::default() };
        let mut app = SpeakingClock.start(&info, &Value::List(Vec::new())).unwrap();
        let (mut now_us, mut reply) = (START_US + 3_217_400, Reply::Start);
        let (mut said, mut strokes) = (Vec::new(), Vec::new());
        for _ in 0..1_000 {
            app = SpeakingClock.restore(&app.snapshot()).unwrap();
            reply = match app.resume(Time::ZERO, reply) {
                Step::Ask(Query::Now) => Reply::Value(Value::Int(now_us)),
                Step::Ask(Query::WallTime(at_us)) => {
                    assert!(at_us % EVERY_US == 0 && at_us >= now_us);
                    let s = (at_us - START_US) / SECOND_US;
                    let number = |n: i64| u8::try_from(n).unwrap();
                    let (minute, second) = (number(s / 60), number(s % 60));
                    Reply::Value(Value::of(&WallTime {
                        year: 2026,
                        month: 11,
                        day: 23,
                        weekday: 1,
                        hour: 9,
                        minute,
                        second,
                    }))
                }
                Step::Play(list) => {
                    now_us += saying_us;
                    said.push(
                        list.items
                            .iter()
                            .map(|item| match item {
                                Audio::Prompt { name, .. } => name.clone(),
                                other => panic!("{other:?}"),
                            })
                            .collect(),
                    );
                    Reply::Played(PlayResult::Finished, Playhead::default())
                }
                Step::Wait { ms } => {
                    now_us += i64::from(ms) * 1_000;
                    Reply::Ok
                }
                Step::Tone(_) => {
                    strokes.push(now_us);
                    now_us += 100_000;
                    Reply::Played(PlayResult::Finished, Playhead::default())
                }
                Step::Done(_) => return (said, strokes, now_us),
                other => panic!("{other:?}"),
            };
        }
        panic!("it never ends")
    }

    #[test]
    fn it_beeps_on_the_second_that_it_has_announced_every_ten_seconds() {
        let (said, strokes, end_us) = run("en", 6_000_000);
        assert_eq!(
            said[0],
            [
                "at-tone-time-exactly",
                "digits/9",
                "digits/oclock",
                "digits/a-m",
                "digits/and",
                "digits/20",
                "seconds"
            ]
        );
        let expected: Vec<i64> = (0..strokes.len()).map(|n| 20 + 10 * i64::try_from(n).unwrap()).collect();
        let at: Vec<i64> = strokes.iter().map(|us| (us - START_US + 500_000) / SECOND_US).collect();
        assert_eq!(at, expected);
        assert!(
            strokes.iter().all(|us| (us % SECOND_US).min(SECOND_US - us % SECOND_US) <= 500),
            "{strokes:?}"
        );
        assert!((90..110).contains(&((end_us - START_US) / SECOND_US)));
        let on_the_minute = ["at-tone-time-exactly", "digits/9", "digits/oh", "digits/1", "digits/a-m"];
        assert!(said.iter().any(|said| *said == on_the_minute), "{said:?}");
    }

    #[test]
    fn in_britain_there_are_three_strokes_and_the_third_is_the_time() {
        let (_, strokes, _) = run("en-GB", 6_000_000);
        let at: Vec<i64> = strokes.iter().take(4).map(|us| (us - START_US + 500_000) / SECOND_US).collect();
        assert_eq!(at, [18, 19, 20, 38]);
    }

    #[test]
    fn an_announcement_that_takes_too_long_is_left_without_a_beep_rather_than_with_a_wrong_one() {
        let (said, strokes, _) = run("en", 30_000_000);
        assert!(!said.is_empty() && strokes.is_empty());
    }

    #[test]
    fn a_hang_up_ends_it() {
        let mut app = SpeakingClock.start(&CallInfo::default(), &Value::List(Vec::new())).unwrap();
        app.resume(Time::ZERO, Reply::Start);
        assert_eq!(app.resume(Time::ZERO, Reply::HungUp(Cause::NORMAL)), Step::Done(Value::Unit));
    }
}
