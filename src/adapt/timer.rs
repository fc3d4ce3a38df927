//! The timer of an adaptor, which belongs to any runtime.

use crate::member::OwnFaults;
use crate::unwind::catch;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

/// A timer whose panics are caught. After a panic it never fires.
pub(super) struct CatchTimer<'a, T> {
    timer: Pin<&'a mut Option<T>>,
    notes: &'a mut OwnFaults,
}

impl<'a, T: Future> CatchTimer<'a, T> {
    pub(super) fn new(timer: Pin<&'a mut Option<T>>, notes: &'a mut OwnFaults) -> Self {
        Self { timer, notes }
    }

    pub(super) fn start(&mut self, timer: impl FnOnce() -> T) {
        self.start_if(|| Some(timer()));
    }

    /// Starts it if there is one.
    pub(super) fn start_if(&mut self, timer: impl FnOnce() -> Option<T>) {
        match catch(timer) {
            Ok(timer) => self.timer.set(timer),
            Err(panic) => self.notes.panic(panic),
        }
    }

    pub(super) fn is_running(&self) -> bool {
        self.timer.is_some()
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(timer) = self.timer.as_mut().as_pin_mut() else {
            return Poll::Pending;
        };
        catch(|| timer.poll(cx).map(|_| ())).unwrap_or_else(|panic| {
            self.notes.panic(panic);
            self.stop();
            Poll::Pending
        })
    }
}

impl<T> CatchTimer<'_, T> {
    /// Returns `true` if nothing has panicked.
    pub(super) fn is_well(&self) -> bool {
        self.notes.is_empty()
    }

    pub(super) fn stop(&mut self) {
        if let Err(panic) = catch(|| self.timer.set(None)) {
            self.notes.panic(panic);
        }
    }
}

impl<T> Drop for CatchTimer<'_, T> {
    fn drop(&mut self) {
        self.stop();
    }
}
