//! Spans of opening hours that have a time in common.

use super::of;
use crate::config::Span;
use cordboard_dialplan::Finding;
use cordboard_dialplan::codes::OVERLAP;
use cordboard_exchange::{HoursRule, Setup};

/// Each span that an earlier one of the same hours overlaps with.
pub(super) fn overlapping(setup: &Setup) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, hours) in &setup.hours {
        for (at, span) in hours.open.iter().enumerate() {
            let mut earlier = hours.open.iter().take(at).enumerate();
            let Some((other, both)) = earlier.find_map(|(n, it)| Some((n, common(span, it)?))) else {
                continue;
            };
            let text = format!("hours {name}: two spans are both open {}", String::from(Span(both)));
            let place = format!("[hours.{name}]\nopen\n{at}\n{other}");
            findings.push(of(OVERLAP, "hours.toml", place, text));
        }
    }
    findings
}

/// When both are open.
fn common(a: &HoursRule, b: &HoursRule) -> Option<HoursRule> {
    let weekdays = a.weekdays & b.weekdays;
    let (from_min, to_min) = (a.from_min.max(b.from_min), a.to_min.min(b.to_min));
    (weekdays != 0 && from_min < to_min).then_some(HoursRule { weekdays, from_min, to_min })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agree::tests::{setup, texts};

    fn told(name: &str, spans: &[&str]) -> Vec<String> {
        let mut office = setup(&format!("hours-{name}"), "[trunk.a]\nservers = [\"192.0.2.1\"]\n");
        let open = spans.iter().map(|span| Span::try_from((*span).to_owned()).unwrap().0).collect();
        office.hours.clear();
        office.hours.insert("shop".to_owned(), cordboard_exchange::Hours { open, closed_on_holidays: true });
        texts(&overlapping(&office))
    }

    #[test]
    fn spans_of_a_day_that_overlap_are_told_and_those_that_meet_are_not() {
        assert_eq!(told("good", &["mon-fri 09:00-12:00", "mon-fri 12:00-17:30", "sat 09:00-13:00"]), [""; 0]);
        assert_eq!(
            told("bad", &["mon-fri 09:00-17:30", "sat 09:00-13:00", "wed,sat 12:00-18:00"]),
            ["W0517 hours.toml [hours.shop]\nopen\n2\n0 hours shop: two spans are both open wed 12:00-17:30"]
        );
        assert_eq!(told("twice", &["mon 09:00-10:00", "mon 09:00-10:00"]).len(), 1);
    }
}
