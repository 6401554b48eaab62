//! What callers are told while they wait, and when.

use super::Bench;
use crate::Order;
use serde_json::json;

/// What the caller at this place of a line is told first.
fn told(place: u64, keys: serde_json::Value) -> Vec<String> {
    let mut bench = Bench::sales(&[], keys);
    let mut order = None;
    for call in 1..=place {
        order = Some(bench.joins(call, "sales"));
    }
    match order {
        Some(Order::Say(said, _)) => said,
        _ => Vec::new(),
    }
}

#[test]
fn a_position_is_said_up_to_its_limit_and_beyond_it_as_the_queue_says() {
    let keys = |words: &str| json!({ "announce_s": 60, "announce_position": words, "announce_position_limit": 2, "announce_thanks": false });
    let next = ["queue-youarenext"].as_slice();
    let (second, third) = (
        ["queue-thereare", "digits/2", "queue-callswaiting"],
        ["queue-thereare", "digits/3", "queue-callswaiting"],
    );
    let more = ["queue-quantity1", "digits/2", "queue-quantity2"];
    for (words, place, wanted) in [
        ("yes", 1, next),
        ("yes", 2, &second),
        ("yes", 3, &third),
        ("limit", 1, next),
        ("limit", 2, &second),
        ("limit", 3, &[]),
        ("more", 2, &second),
        ("more", 3, &more),
        ("no", 1, &[]),
    ] {
        assert_eq!(told(place, keys(words)), wanted, "{words} at {place}");
    }
}

#[test]
fn announcements_come_in_their_time_and_in_turn() {
    let keys =
        json!({ "announce_s": 30, "periodic_s": 20, "periodic": ["one", "two"], "announce_thanks": false });
    let mut bench = Bench::sales(&[], keys);
    let mut heard = Vec::new();
    let mut order = bench.joins(1, "sales");
    for second in 0..=60 {
        while let Order::Say(said, _) = &order {
            heard.push((second, said.join(" ")));
            order = bench.next(1);
        }
        bench.passes(1);
        if bench.is_told(1) {
            order = bench.next(1);
        }
    }
    let wanted = [
        (0, "queue-youarenext"),
        (20, "one"),
        (30, "queue-youarenext"),
        (40, "two"),
        (60, "queue-youarenext one"),
    ];
    let heard: Vec<(i32, &str)> = heard.iter().map(|(at, said)| (*at, said.as_str())).collect();
    assert_eq!(heard, wanted);
}

#[test]
fn the_offer_to_be_called_back_is_made_only_to_whom_it_can_be() {
    for (key, number, offered) in [("1", "102", true), ("9", "102", false), ("1", "5550100", false)] {
        let keys = json!({ "periodic_s": 10, "callback": { "key": key } });
        let mut bench = Bench::sales(&[], keys);
        let join = crate::Join { queue: "sales".to_owned(), ..crate::Join::default() };
        bench.asks_as(1, number, &crate::Request::Join(Box::new(join)));
        bench.passes(10);
        let crate::Answer::Order(Order::Say(said, _)) = bench.asks_as(1, number, &crate::Request::Next)
        else {
            panic!("it is time")
        };
        assert_eq!(said.contains(&"queue-callback-offer".to_owned()), offered, "{key} {number}: {said:?}");
    }
}
