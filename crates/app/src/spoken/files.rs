//! The files of what is spoken, as a service keeps them: each is named by a row before it is there, and deleted only when nothing names
//! it any more, whenever the process dies.
//!
//! ```text
//!  begin ─▶ row `draft/…`, Commit ─▶ is recorded ─┬─ end, and a row of the service's own in the same transaction
//!                                                 └─ discard ─▶ deleted, row forgotten
//!  write(…, gone) ─▶ row `gone/<file>` with what takes its name from it ─written─▶ deleted, row forgotten
//!  a `gone/` row of a former life ─▶ deleted, row forgotten
//! ```
//! What was written at once is the service's to say (`T`): who is answered, what is undone if it fails.

use crate::{Change, ServiceOutput};
use cordboard_base::CallId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Rows of a file that is being recorded begin so.
pub const DRAFT: &str = "draft/";
/// And of one that is to be deleted: should the process die before, the next one does it.
const GONE: &str = "gone/";

/// Where outputs wait.
type Out = VecDeque<ServiceOutput>;

/// The files of a service that are being recorded, and what is being written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Files<T> {
    drafts: BTreeMap<String, Draft>,
    writing: BTreeMap<u64, Writing<T>>,
    next: u64,
}

/// A file that is being recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Draft {
    call: CallId,
    /// Of its row.
    key: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Writing<T> {
    then: T,
    /// Files that are deleted when it is written.
    gone: BTreeSet<String>,
}

impl<T> Default for Files<T> {
    fn default() -> Self {
        Self { drafts: BTreeMap::new(), writing: BTreeMap::new(), next: 0 }
    }
}

impl<T> Files<T> {
    /// A file is about to be recorded in a call: the row that names it. `name` is what its row says behind [`DRAFT`], mostly the file.
    pub fn begin(&mut self, call: CallId, file: String, name: &str) -> Change {
        let key = format!("{DRAFT}{name}");
        self.drafts.insert(file, Draft { call, key: key.clone() });
        keep(key, "{}".to_owned())
    }

    /// It is recorded: a row of the service's own names it from now on, and its draft's goes. And in which call it was. `None`: it is
    /// no draft.
    pub fn end(&mut self, file: &str) -> Option<(Change, CallId)> {
        self.drafts.remove(file).map(|draft| (Change::Forget { key: draft.key }, draft.call))
    }

    /// Nothing comes of it: it is deleted at once, so that a full disk gets its room back. Its row stands until it is.
    pub fn discard(&mut self, out: &mut Out, file: &str) {
        if let Some(draft) = self.drafts.remove(file) {
            let file = file.to_owned();
            out.extend([ServiceOutput::Unlink { file }, ServiceOutput::Forget { key: draft.key }]);
        }
    }

    /// Whether it is being recorded.
    pub fn is_draft(&self, file: &str) -> bool {
        self.drafts.contains_key(file)
    }

    /// A call is over: nothing comes of what it has begun.
    pub fn gone(&mut self, out: &mut Out, call: CallId) {
        let of_call = |(_, draft): &(&String, &Draft)| draft.call == call;
        let left: Vec<String> = self.drafts.iter().filter(of_call).map(|(file, _)| file.clone()).collect();
        left.iter().for_each(|file| self.discard(out, file));
    }

    /// Writes changes together, and then deletes files that nothing names by then. Without any of both it is done at once, and what
    /// then is to be done comes back.
    #[must_use]
    pub fn write(
        &mut self,
        out: &mut Out,
        mut changes: Vec<Change>,
        gone: impl IntoIterator<Item = String>,
        then: T,
    ) -> Option<T> {
        let gone: BTreeSet<String> = gone.into_iter().collect();
        changes.extend(gone.iter().map(|file| keep(format!("{GONE}{file}"), "{}".to_owned())));
        if changes.is_empty() {
            return Some(then);
        }
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        self.writing.insert(number, Writing { then, gone });
        out.push_back(ServiceOutput::Commit { number, changes });
        None
    }

    /// By [`crate::ServiceInput::Written`]: what is to be done then. Files go if it is written.
    pub fn written(&mut self, out: &mut Out, number: u64, is_written: bool) -> Option<T> {
        let Writing { then, gone } = self.writing.remove(&number)?;
        if is_written {
            gone.into_iter().for_each(|file| Self::delete(out, file));
        }
        Some(then)
    }

    /// Deletes a file that no row names.
    pub fn delete(out: &mut Out, file: String) {
        let key = format!("{GONE}{file}");
        out.extend([ServiceOutput::Unlink { file }, ServiceOutput::Forget { key }]);
    }

    /// By a row of a former life: whether it was one of a file that is to be deleted.
    pub fn kept(out: &mut Out, key: &str) -> bool {
        let file = key.strip_prefix(GONE);
        file.into_iter().for_each(|file| Self::delete(out, file.to_owned()));
        file.is_some()
    }
}

/// A row that stays until it is forgotten.
pub fn keep(key: String, row: String) -> Change {
    Change::Keep { key, row, expires_unix_s: i64::MAX }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: CallId = CallId(1);

    fn keys(changes: &[Change]) -> Vec<String> {
        let key = |change: &Change| match change {
            Change::Keep { key, .. } => format!("+{key}"),
            Change::Forget { key } => format!("-{key}"),
            Change::Mail(_) => "mail".to_owned(),
        };
        changes.iter().map(key).collect()
    }

    fn committed(out: &mut Out) -> (u64, Vec<String>) {
        match out.pop_front() {
            Some(ServiceOutput::Commit { number, changes }) => (number, keys(&changes)),
            other => panic!("{other:?}"),
        }
    }

    fn deleted(out: &mut Out) -> Vec<String> {
        let unlinked = |output: ServiceOutput| {
            if let ServiceOutput::Unlink { file } = output { Some(file) } else { None }
        };
        out.drain(..).filter_map(unlinked).collect()
    }

    #[test]
    fn a_file_is_named_before_it_is_there_and_its_draft_goes_with_what_it_becomes() {
        let (mut files, mut out) = (Files::default(), Out::new());
        let begun = files.begin(CALL, "m/a.wav".to_owned(), "m/a.wav");
        assert_eq!(files.write(&mut out, vec![begun], [], 'a'), None);
        let (number, changes) = committed(&mut out);
        assert_eq!(changes, ["+draft/m/a.wav"]);
        assert_eq!(files.written(&mut out, number, true), Some('a'));
        let ended = (Change::Forget { key: "draft/m/a.wav".to_owned() }, CALL);
        assert_eq!(files.end("m/a.wav"), Some(ended));
        files.gone(&mut out, CALL);
        assert_eq!((files.end("m/a.wav"), out.len()), (None, 0));
    }

    #[test]
    fn of_a_call_that_is_over_what_it_was_recording_is_deleted_and_nothing_else() {
        let (mut files, mut out) = (Files::<char>::default(), Out::new());
        for (call, file) in [(CALL, "a"), (CallId(2), "b")] {
            files.begin(call, file.to_owned(), file);
        }
        files.gone(&mut out, CALL);
        let gone = [
            ServiceOutput::Unlink { file: "a".to_owned() },
            ServiceOutput::Forget { key: "draft/a".to_owned() },
        ];
        assert_eq!(out, gone);
        assert!(files.is_draft("b") && !files.is_draft("a"));
    }

    #[test]
    fn a_file_is_deleted_after_the_row_that_says_so_is_written_and_not_if_it_could_not_be() {
        for is_written in [true, false] {
            let (mut files, mut out) = (Files::default(), Out::new());
            assert_eq!(files.write(&mut out, Vec::new(), ["m/a.wav".to_owned()], 'a'), None);
            let (number, changes) = committed(&mut out);
            assert_eq!(changes, ["+gone/m/a.wav"]);
            assert_eq!(files.written(&mut out, number, is_written), Some('a'));
            assert_eq!(files.written(&mut out, number, is_written), None, "once");
            assert_eq!(deleted(&mut out).len(), usize::from(is_written));
        }
    }

    #[test]
    fn nothing_to_write_is_done_at_once_and_what_a_former_life_left_is_deleted() {
        let (mut files, mut out) = (Files::default(), Out::new());
        assert_eq!(files.write(&mut out, Vec::new(), [], 'a'), Some('a'));
        assert!(
            Files::<char>::kept(&mut out, "gone/m/a.wav") && !Files::<char>::kept(&mut out, "draft/m/b.wav")
        );
        assert_eq!(deleted(&mut out), ["m/a.wav"]);
    }
}
