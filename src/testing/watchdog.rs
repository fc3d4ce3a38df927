//! What ends a wait that would never end: a thread that wakes the sweep when nobody else does.

use std::format;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::task::Waker;
use std::thread;
use std::time::Duration;

use futures::task::AtomicWaker;

/// Wakes a sweep that has waited for too long. It needs no runtime and no timer: its thread starts with the first
/// wait and ends when this is dropped. Where no thread can be started, a wait has no end.
#[derive(Debug, Default)]
pub(super) struct Watchdog {
    alarm: Arc<Alarm>,
    /// The number of the wait that is under way, counted from 1.
    wait: usize,
    /// None until the first wait.
    waits: Option<Sender<(usize, Duration)>>,
}

/// What wakes a sweep.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    sweep: AtomicWaker,
    /// The number of the wait that was too long. A wait that is over is not mistaken for the one that follows.
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

    /// Sets who is woken.
    pub(super) fn register(&self, sweep: &Waker) {
        self.alarm.sweep.register(sweep);
    }

    /// Begins a wait of at most this time, in place of the one before.
    pub(super) fn begin(&mut self, patience: Duration) {
        self.wait += 1;
        let waits = self.waits.get_or_insert_with(|| {
            let (waits, begun) = channel();
            let alarm = Arc::clone(&self.alarm);
            // Without a thread the sweep goes on as it would without a watchdog.
            let _ = thread::Builder::new().name(format!("{}::testing", env!("CARGO_PKG_NAME"))).spawn(move || {
                watch(&begun, &alarm);
            });
            waits
        });
        // The thread is gone only if there never was one, or if the sweep's own waker panicked.
        let _ = waits.send((self.wait, patience));
    }

    /// Returns whether the wait that began last has been too long.
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
