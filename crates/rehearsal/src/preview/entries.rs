//! The ways into the dialplan: for everybody who can call, each route with a number that takes it.

use crate::house::House;
use crate::predict::{Caller, Predictor};
use std::collections::BTreeSet;

/// Digits that stand for those that a pattern leaves open.
const OPEN: &str = "5550100";
/// Numbers that perhaps nothing matches.
const STRANGE: [&str; 6] = ["0", "00", "99999999999", "#", "1", "x"];

/// One way in.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) caller: Caller,
    /// Who calls, as a line says it: `itsp`, `101`.
    pub(super) from: String,
    pub(super) pattern: String,
    /// A number that takes it.
    pub(super) number: String,
}

/// Every way in of those who call: of trunks first, then of users, one for each context. Routes that no number was found for are
/// counted.
pub(super) fn entries(predictor: &Predictor, among: &dyn Fn(&str) -> bool) -> (Vec<Entry>, usize) {
    let house = predictor.house();
    let (mut all, mut without, mut seen) = (Vec::new(), 0, BTreeSet::new());
    let trunks = house.lines.keys().map(String::as_str);
    let users = house.seats.iter().map(|seat| seat.user.as_str());
    for from in trunks.chain(users).filter(|from| among(from)) {
        let Ok(caller) = predictor.caller(Some(from), None) else { continue };
        let context = predictor.context(&caller);
        if !seen.insert(context.clone()) {
            continue;
        }
        // Whatever number: all routes are looked at.
        for route in house.scripts.why("", &context) {
            let number = examples(house, &caller, &route.pattern)
                .into_iter()
                .find(|number| takes(house, &context, number, (&route.context, &route.pattern)));
            match number {
                Some(number) => all.push(Entry {
                    caller: caller.clone(),
                    from: from.to_owned(),
                    pattern: route.pattern,
                    number,
                }),
                None => without += 1,
            }
        }
    }
    (all, without)
}

fn takes(house: &House, context: &str, number: &str, (of, pattern): (&str, &str)) -> bool {
    let routes = house.scripts.why(number, context);
    routes
        .iter()
        .find(|route| route.taken)
        .is_some_and(|route| route.context == of && route.pattern == pattern)
}

/// Numbers that might take a pattern, likely ones first: for calls within the office those of users, then what the pattern leaves open
/// filled in; from outside the other way round.
fn examples(house: &House, caller: &Caller, pattern: &str) -> Vec<String> {
    if pattern == "otherwise" {
        return STRANGE.map(str::to_owned).to_vec();
    }
    let Some(places) = pattern.strip_prefix('_') else { return vec![pattern.to_owned()] };
    let mut examples: Vec<String> = house.seats.iter().map(|seat| seat.user.clone()).collect();
    let fixed: String = places.chars().take_while(|c| !"XZN[.!".contains(*c)).collect();
    examples.extend(house.seats.iter().map(|seat| format!("{fixed}{}", seat.user)));
    let filled = (5..15).map(|shift| filled(places, shift));
    match caller {
        Caller::User(_) => examples.into_iter().chain(filled).collect(),
        Caller::Outside { .. } => filled.chain(examples).collect(),
    }
}

fn filled(places: &str, shift: u32) -> String {
    let mut number = String::new();
    let mut rest = places.chars();
    let digit = |from: u32, count: u32| char::from_digit(from + shift % count, 10).unwrap_or('1');
    while let Some(place) = rest.next() {
        match place {
            'X' => number.push(digit(0, 10)),
            'Z' => number.push(digit(1, 9)),
            'N' => number.push(digit(2, 8)),
            '[' => {
                let set: Vec<char> = rest.by_ref().take_while(|c| *c != ']').collect();
                let at = usize::try_from(shift).unwrap_or(0) % set.len().max(1);
                number.extend(set.get(at).filter(|c| **c != '-').or(set.first()));
            }
            '.' => number.push_str(OPEN),
            '!' => {}
            other => number.push(other),
        }
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_pattern_leaves_open_is_filled_in() {
        assert_eq!(filled("X.", 5), "55550100");
        assert_eq!(filled("9NXX!", 0), "9200");
        assert_eq!(filled("70[1-9]", 0), "701");
    }
}
