//! `a=rtcp-xr` (RFC 3611 §5): which extended reports a peer would like to get. For a session or for a stream, whose own word counts.

use crate::{Attribute, Media, SessionDescription};
use serde::{Deserialize, Serialize};

const NAME: &str = "rtcp-xr";

/// The reports that somebody wants, of those that we make. Each side says so for itself (§5.2: they are no matter of agreement).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtendedReports {
    /// `voip-metrics`: how a stream arrived (§4.7).
    pub voip_metrics: bool,
    /// `stat-summary`: what was counted since the last report (§4.6).
    pub summary: Option<Summary>,
}

/// What a summary tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Packets that never came.
    pub loss: bool,
    /// Packets that came twice.
    pub duplicates: bool,
    /// How evenly they came.
    pub jitter: bool,
}

impl ExtendedReports {
    /// What is wanted in a stream of a description.
    pub fn wanted(description: &SessionDescription, media: &Media) -> Self {
        let said = |attributes: &[Attribute]| {
            let attribute = attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(NAME))?;
            Some(Self::parse(attribute.value.as_deref().unwrap_or_default()))
        };
        said(&media.attributes).or_else(|| said(&description.attributes)).unwrap_or_default()
    }

    /// Reads the attribute's value; formats of no use to us are passed over.
    fn parse(value: &str) -> Self {
        let mut reports = Self::default();
        for format in value.split_ascii_whitespace() {
            let (name, flags) = format.split_once('=').unwrap_or((format, ""));
            if name.eq_ignore_ascii_case("voip-metrics") {
                reports.voip_metrics = true;
            } else if name.eq_ignore_ascii_case("stat-summary") {
                let has = |flag: &str| flags.split(',').any(|said| said.eq_ignore_ascii_case(flag));
                // Without a list it is all of them (RFC 3611 §5.1 leaves it open).
                let all = flags.is_empty();
                let (loss, duplicates, jitter) = (has("loss") || all, has("dup") || all, has("jitt") || all);
                reports.summary = Some(Summary { loss, duplicates, jitter });
            }
        }
        reports
    }

    /// Whether none is wanted.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// The attribute by which we ask for as much as a peer has asked of us.
    pub(crate) fn attribute(self) -> Option<Attribute> {
        let summary = self.summary.map(|Summary { loss, duplicates, jitter }| {
            let flags = [(loss, "loss"), (duplicates, "dup"), (jitter, "jitt")];
            let flags: Vec<&str> =
                flags.into_iter().filter(|(said, _)| *said).map(|(_, flag)| flag).collect();
            format!("stat-summary={}", flags.join(","))
        });
        let metrics = self.voip_metrics.then(|| "voip-metrics".to_owned());
        let value: Vec<String> = summary.into_iter().chain(metrics).collect();
        (!value.is_empty()).then(|| Attribute { name: NAME.to_owned(), value: Some(value.join(" ")) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_is_read_and_the_rest_passed_over() {
        let reports =
            ExtendedReports::parse("rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics");
        let all = Summary { loss: true, duplicates: true, jitter: true };
        assert_eq!(reports, ExtendedReports { voip_metrics: true, summary: Some(all) });
        assert_eq!(ExtendedReports::parse("stat-summary").summary, Some(all));
        let loss = Summary { loss: true, ..Summary::default() };
        assert_eq!(ExtendedReports::parse("Stat-Summary=LOSS").summary, Some(loss));
        assert!(ExtendedReports::parse("pkt-loss-rle=40 =, ==").is_empty());
    }

    #[test]
    fn what_we_ask_for_is_read_as_it_was_meant() {
        for value in ["voip-metrics", "stat-summary=loss,jitt", "stat-summary=dup voip-metrics"] {
            let attribute = ExtendedReports::parse(value).attribute().unwrap();
            assert_eq!((attribute.name.as_str(), attribute.value.as_deref()), (NAME, Some(value)));
        }
        assert_eq!(ExtendedReports::default().attribute(), None);
    }
}
