use super::current;
use super::level::{Level, Stage};
use super::registration::Registration;
use crate::report::Report;
use crate::stamp::Stamp;
use crate::unwind::{CaughtPanic, PanicPayload, catch, discard};
use alloc::sync::Arc;
use core::future::poll_fn;
use core::task::Poll;

/// Records that the current scope is out. Returns `true` if it does not return into the body around.
#[inline]
pub(crate) fn leave_body() -> bool {
    current::is_nested() && leave()
}

#[cold]
fn leave() -> bool {
    current::level().and_then(|level| level.around().map(Registration::leave)) == Some(Stage::GivenUp)
}

/// Waits until the body around is dropped. Each poll of a nested scope stores its waker there. Then the scope, which
/// was moved out of that body, can return its report.
#[cold]
pub(crate) async fn rest<T, E>(report: Report<T, E>, panicked: Stamp) -> Report<T, E> {
    let mut resting = Resting { report: Some(report), panicked, level: current::level() };
    poll_fn(|_| resting.take_if_over().map_or(Poll::Pending, Poll::Ready)).await
}

/// The report of a scope that does not return. If this is dropped, the scope around receives the failures, and the
/// panic of the body as one of the body around.
struct Resting<T, E> {
    report: Option<Report<T, E>>,
    /// The time of the panic.
    panicked: Stamp,
    level: Option<Arc<Level>>,
}

impl<T, E> Resting<T, E> {
    fn around(&self) -> Option<&Arc<Level>> {
        self.level.as_ref()?.around().map(Registration::level)
    }

    fn take_if_over(&mut self) -> Option<Report<T, E>> {
        let is_over = self.around().is_none_or(|around| around.stage() == Stage::Dropped);
        self.report.take_if(|_| is_over)
    }
}

impl<T, E> Drop for Resting<T, E> {
    fn drop(&mut self) {
        let Some(Report { body, panic, failures, .. }) = self.report.take() else { return };
        let Some(around) = self.around() else { return discard((body, panic, failures)) };
        around.add_failures(failures);
        let panic = panic.map(|payload| CaughtPanic::new(self.panicked, PanicPayload::new(payload)));
        let dropped = catch(|| drop(body)).err();
        panic.into_iter().chain(dropped).for_each(|panic| around.add_panic(panic));
    }
}
