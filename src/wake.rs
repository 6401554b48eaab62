//! How other threads reach a thread that sleeps in epoll: an eventfd to wake it, and bounded channels whose senders do so.
//!
//! The sleeper clears its [`Waker`] first and drains its channels afterwards; in that order no wake-up is lost.

use rustix::event::{EventfdFlags, eventfd};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

/// Wakes one thread. Cheap when it is awake already: only the first wake since the last [`Waker::clear`] is a system call.
#[derive(Clone, Debug)]
pub struct Waker(Arc<Bell>);

#[derive(Debug)]
struct Bell {
    fd: OwnedFd,
    rung: AtomicBool,
}

impl Waker {
    /// A new one, to be added to the sleeper's epoll.
    pub fn new() -> io::Result<Self> {
        let fd = eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?;
        Ok(Self(Arc::new(Bell { fd, rung: AtomicBool::new(false) })))
    }

    /// Wakes the sleeper.
    pub fn wake(&self) {
        if !self.0.rung.swap(true, Ordering::AcqRel)
            && let Err(error) = rustix::io::write(&self.0.fd, &1u64.to_ne_bytes())
        {
            tracing::error!(%error, "waking a thread failed");
        }
    }

    /// Called by the sleeper when it is awake, before it drains its channels.
    pub fn clear(&self) {
        let mut count = [0u8; 8];
        // EAGAIN: it was woken by something else. The counter is emptied before the flag falls: the other way round a
        // wake-up in between would leave the flag up and the counter empty, and nobody could wake the sleeper again.
        if rustix::io::read(&self.0.fd, &mut count).is_ok() {
            self.0.rung.store(false, Ordering::Release);
        }
    }
}

impl AsFd for Waker {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.fd.as_fd()
    }
}

/// A bounded channel to a thread that sleeps on `waker`.
pub fn channel<T>(waker: &Waker, bound: usize) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = mpsc::sync_channel(bound);
    (Sender { sender, waker: waker.clone() }, Receiver { receiver })
}

/// The sending end; any thread may hold one.
#[derive(Debug)]
pub struct Sender<T> {
    sender: mpsc::SyncSender<T>,
    waker: Waker,
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), waker: self.waker.clone() }
    }
}

impl<T> Sender<T> {
    /// Sends without waiting; gives the value back when the channel is full or the receiver is gone.
    pub fn try_send(&self, value: T) -> Result<(), T> {
        let sent = self.sender.try_send(value).map_err(|error| match error {
            mpsc::TrySendError::Full(value) | mpsc::TrySendError::Disconnected(value) => value,
        });
        self.waker.wake();
        sent
    }

    /// Sends, waiting for room; gives the value back when the receiver is gone. Not for a thread that the receiver waits for.
    pub fn send(&self, value: T) -> Result<(), T> {
        match self.sender.try_send(value) {
            Ok(()) => {
                self.waker.wake();
                Ok(())
            }
            Err(mpsc::TrySendError::Disconnected(value)) => Err(value),
            Err(mpsc::TrySendError::Full(value)) => {
                self.waker.wake();
                let sent = self.sender.send(value).map_err(|error| error.0);
                self.waker.wake();
                sent
            }
        }
    }
}

/// The receiving end.
#[derive(Debug)]
pub struct Receiver<T> {
    receiver: mpsc::Receiver<T>,
}

impl<T> Receiver<T> {
    /// The next value, without waiting.
    pub fn try_recv(&self) -> Option<T> {
        self.receiver.try_recv().ok()
    }

    /// The same, and whether one can still come.
    pub fn look(&self) -> Look<T> {
        match self.receiver.try_recv() {
            Ok(value) => Look::Value(value),
            Err(mpsc::TryRecvError::Empty) => Look::NotYet,
            Err(mpsc::TryRecvError::Disconnected) => Look::Never,
        }
    }
}

/// What a [`Receiver`] has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look<T> {
    /// This.
    Value(T),
    /// Nothing yet.
    NotYet,
    /// Nothing, and every sender is gone.
    Never,
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::event::{PollFd, PollFlags, poll};

    fn is_readable(waker: &Waker) -> bool {
        let mut fds = [PollFd::new(waker, PollFlags::IN)];
        poll(&mut fds, Some(&rustix::time::Timespec { tv_sec: 0, tv_nsec: 0 })).unwrap() == 1
    }

    #[test]
    fn every_wake_after_a_clear_is_seen() {
        let waker = Waker::new().unwrap();
        for _ in 0..3 {
            waker.wake();
            waker.wake();
            assert!(is_readable(&waker));
            waker.clear();
            assert!(!is_readable(&waker));
        }
    }

    #[test]
    fn a_clear_without_a_wake_does_no_harm() {
        let waker = Waker::new().unwrap();
        waker.clear();
        waker.wake();
        assert!(is_readable(&waker));
    }

    #[test]
    fn a_full_channel_gives_the_value_back() {
        let waker = Waker::new().unwrap();
        let (sender, receiver) = channel(&waker, 1);
        assert_eq!(sender.try_send(1), Ok(()));
        assert_eq!(sender.try_send(2), Err(2));
        assert_eq!(receiver.try_recv(), Some(1));
        assert_eq!(sender.try_send(3), Ok(()));
        assert!(is_readable(&waker));
    }

    #[test]
    fn a_receiver_sees_whether_something_can_still_come() {
        let (sender, receiver) = channel(&Waker::new().unwrap(), 1);
        assert_eq!(receiver.look(), Look::NotYet);
        sender.try_send(1).unwrap();
        drop(sender);
        assert_eq!((receiver.look(), receiver.look()), (Look::Value(1), Look::Never));
    }

    #[test]
    fn no_wake_is_lost_between_two_threads() {
        let waker = Waker::new().unwrap();
        let (sender, receiver) = channel(&waker, 4);
        let producer = std::thread::spawn(move || (0..10_000u32).for_each(|n| sender.send(n).unwrap()));
        let mut expected = 0;
        while expected < 10_000 {
            let mut fds = [PollFd::new(&waker, PollFlags::IN)];
            let limit = rustix::time::Timespec { tv_sec: 20, tv_nsec: 0 };
            assert_eq!(poll(&mut fds, Some(&limit)).unwrap(), 1, "slept through value {expected}");
            waker.clear();
            while let Some(value) = receiver.try_recv() {
                assert_eq!(value, expected);
                expected += 1;
            }
        }
        producer.join().unwrap();
    }
}
