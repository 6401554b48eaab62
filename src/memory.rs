//! What the process holds of the machine's memory.
//!
//! Starting takes code that running does not: configuration, certificates, the tables of the database, compiling the dialplan. The
//! kernel maps 64 KiB around each page of it that was touched, and leaves them mapped. Once everything runs they are given back: the
//! pages are the binary's own, so that what is wanted again comes back from the page cache, without a read from the disk.

#![allow(
    unsafe_code,
    reason = "telling the kernel that pages of the binary are not wanted now has no safe form"
)]

use std::fs;
use std::path::Path;

/// Where the system gives huge pages to whoever maps much, an idle exchange would take twice the memory.
pub fn refuse_huge_pages() {
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        tracing::warn!(%error, "huge pages could not be refused");
    }
}

/// Gives back the pages of the binary that are mapped now.
pub fn give_back_start() {
    let (Ok(maps), Ok(binary)) = (fs::read_to_string("/proc/self/smaps"), std::env::current_exe()) else {
        return tracing::debug!("no /proc: the code of the start stays mapped");
    };
    for mapping in unchanged(&maps, &binary) {
        // SAFETY: nothing has been written to the pages of this mapping, and nothing can be: it is not writable. Dropping them from
        // the page table changes no byte that anybody reads: the next access maps the same page of the file again.
        let given =
            unsafe { libc::madvise(mapping.start as *mut libc::c_void, mapping.length, libc::MADV_DONTNEED) };
        if given != 0 {
            tracing::debug!(error = %std::io::Error::last_os_error(), "code of the start stays mapped");
        }
    }
}

/// A range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mapping {
    start: usize,
    length: usize,
}

/// The mappings of a file that can't be written to, and of which no page is a copy of our own: what relocation has written into is.
fn unchanged(smaps: &str, file: &Path) -> Vec<Mapping> {
    let mut found = Vec::new();
    let mut candidate = None;
    for line in smaps.lines() {
        if let Some(mapping) = heading(line, file) {
            candidate = mapping;
        } else if let Some(kib) = line.strip_prefix("Anonymous:")
            && let Some(mapping) = candidate.take()
            && kib.trim() == "0 kB"
        {
            found.push(mapping);
        }
    }
    found
}

/// `55d0c8a00000-55d0c8c00000 r-xp 00200000 fe:00 1234 /usr/bin/cordboard`. `None`: no heading of a mapping; `Some(None)`: of another
/// file, or of one that can be written to.
fn heading(line: &str, file: &Path) -> Option<Option<Mapping>> {
    let mut words = line.split_ascii_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let start = usize::from_str_radix(start, 16).ok()?;
    let end = usize::from_str_radix(end, 16).ok()?;
    let rights = words.next()?;
    let is_ours = words.nth(3).is_some_and(|path| Path::new(path) == file);
    let fits = is_ours && rights.ends_with('p') && !rights.contains('w') && end > start;
    Some(fits.then(|| Mapping { start, length: end - start }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMAPS: &str = "\
55d000000000-55d000100000 r--p 00000000 fe:00 12 /opt/cordboard
Size:               1024 kB
Anonymous:             0 kB
55d000100000-55d000300000 r-xp 00100000 fe:00 12 /opt/cordboard
Size:               2048 kB
Anonymous:             0 kB
55d000300000-55d000310000 r--p 00300000 fe:00 12 /opt/cordboard
Anonymous:            64 kB
55d000310000-55d000311000 rw-p 00310000 fe:00 12 /opt/cordboard
Anonymous:             0 kB
7f0000000000-7f0000100000 r-xp 00000000 fe:00 13 /lib/libc.so.6
Anonymous:             0 kB
7f0000200000-7f0000300000 rw-p 00000000 00:00 0
Anonymous:           512 kB
";

    #[test]
    fn only_what_nobody_can_have_changed_is_given_back() {
        let found = unchanged(SMAPS, Path::new("/opt/cordboard"));
        let wanted = [(0x55d0_0000_0000, 0x10_0000), (0x55d0_0010_0000, 0x20_0000)];
        assert_eq!(found, wanted.map(|(start, length)| Mapping { start, length }));
        assert_eq!(unchanged("", Path::new("/opt/cordboard")), []);
        assert_eq!(unchanged("no-line of\nit is one\n", Path::new("/opt/cordboard")), []);
    }

    #[test]
    fn what_was_given_back_is_there_when_it_is_wanted() {
        let resident = || {
            let all = fs::read_to_string("/proc/self/smaps").unwrap();
            let binary = std::env::current_exe().unwrap();
            let mut kib = 0;
            let mut is_ours = false;
            for line in all.lines() {
                if let Some(mapping) = heading(line, &binary) {
                    is_ours = mapping.is_some();
                } else if let Some(rss) = line.strip_prefix("Rss:").filter(|_| is_ours) {
                    kib += rss.trim().trim_end_matches(" kB").parse::<u64>().unwrap();
                }
            }
            kib
        };
        // Other tests run beside this one: what they use comes back at once.
        let before = resident();
        give_back_start();
        let after = resident();
        assert!(after < before, "{after} of {before} KiB");
        assert_eq!(unchanged(SMAPS, Path::new("/opt/cordboard")).len(), 2, "the code runs on");
    }
}
