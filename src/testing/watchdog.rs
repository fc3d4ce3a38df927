//! A thread that wakes a sweep whose wait would never end.

use std::format;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::task::Waker;
use std::thread;
use std::time::Duration;

use futures::task::AtomicWaker;

/// Wakes a sweep that has waited for too long. It needs no runtime and no timer: its thread starts with the first
/// wait, and ends when this is dropped. If no thread can be started, waits have no time limit.
#[derive(Debug, Default)]
pub(super) struct Watchdog {
    alarm: Arc<Alarm>,
    /// The number of the current wait, counted from 1.
    wait: usize,
    /// `None` until the first wait.
    waits: Option<Sender<(usize, Duration)>>,
}

/// The waker of a sweep, and the wait that timed out.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    sweep: AtomicWaker,
    /// The number of the wait that was too long, so that a finished wait is not mistaken for the next one.
    overdue: AtomicUsize,
}

impl Alarm {
    pub(super) fn wake(&self) {
        self.sweep.wake();
    }
}

impl Watchdog {
    pub(super) fn alarm(&self) -> Arc<Alarm> {
        Arc::clone(&self.alarm)
    }

    pub(super) fn register(&self, sweep: &Waker) {
        self.alarm.sweep.register(sweep);
    }

    /// Begins a wait of at most this time, and ends the one before.
    pub(super) fn begin(&mut self, patience: Duration) {
        self.wait += 1;
        let waits = self.waits.get_or_insert_with(|| {
            let (waits, begun) = channel();
            let alarm = Arc::clone(&self.alarm);
            // If this fails, the sweep continues without a watchdog.
            let _ = thread::Builder::new().name(format!("{}::testing", env!("CARGO_PKG_NAME"))).spawn(move || {
                watch(&begun, &alarm);
            });
            waits
        });
        // This fails only if there never was a thread, or if the sweep's own waker panicked.
        let _ = waits.send((self.wait, patience));
    }

    /// Returns `true` if the current wait has been too long.
    pub(super) fn is_overdue(&self) -> bool {
        self.wait > 0 && self.alarm.overdue.load(SeqCst) == self.wait
    }
}

fn watch(waits: &Receiver<(usize, Duration)>, alarm: &Alarm) {
    let mut next = waits.recv().ok();
    while let Some((wait, patience)) = next {
        next = match waits.recv_timeout(patience) {
            Ok(next) => Some(next),
            Err(RecvTimeoutError::Timeout) => {
                alarm.overdue.store(wait, SeqCst);
                alarm.wake();
                waits.recv().ok()
            }
            Err(RecvTimeoutError::Disconnected) => None,
        };
    }
}
