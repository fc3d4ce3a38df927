//! An exit before the others, or of a member that did not enter.

use super::member::{ExitState, SetMember};
use crate::error::{Failures, NameKind, Phase};
use crate::lock::Mutex;
use crate::member::Interruption;
use crate::nest::apart;
use crate::observe::MemberPath;
use crate::outcome::Outcome;
use crate::stamp::Stamp;
use crate::unwind::catch;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::Future;
use core::mem::take;
use core::task::{Context, Poll};
use futures::future::BoxFuture;

/// A member whose early exit is in flight: one that was released, or the parts that had entered of one whose enter
/// failed or was dropped.
pub(super) struct Leaving<'a> {
    pub(super) place: MemberPath,
    /// It never panics, neither when it is polled nor when it is dropped.
    exit: Option<BoxFuture<'a, Failures>>,
    /// The failures, if the exit is dropped.
    dropped: Arc<Mutex<Failures>>,
    /// Whether the future that waited for it was dropped.
    pub(super) is_given_up: bool,
}

impl<'a> Leaving<'a> {
    pub(super) fn new(
        place: MemberPath,
        exit: impl Future<Output = Failures> + Send + 'a,
        dropped: Arc<Mutex<Failures>>,
    ) -> Self {
        Self { place, exit: Some(Box::pin(exit)), dropped, is_given_up: false }
    }

    pub(super) fn release(member: SetMember<'a>) -> Self {
        let (place, dropped) = (member.shared().place(), Arc::default());
        let exit = EarlyExit { member: Some(member), dropped: Arc::clone(&dropped) }.exit();
        Self::new(place, exit, dropped)
    }

    /// Polls the exit. If it panics, as a waker can, it is not polled again.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Failures> {
        let Some(exit) = &mut self.exit else { return Poll::Ready(Failures::default()) };
        catch(|| apart(|| exit.as_mut().poll(cx))).unwrap_or_else(|panic| {
            self.exit = None;
            let mut failures = take(&mut *self.dropped.lock());
            failures.add_panic(NameKind::OfType("resource"), Phase::Exit, panic);
            Poll::Ready(failures)
        })
    }

    /// Drops the exit, and returns its failures.
    pub(super) fn interrupt(self, interruption: Interruption) -> Failures {
        let Self { place, exit, dropped, .. } = self;
        let since = Stamp::now();
        drop(exit);
        let mut failures = take(&mut *dropped.lock());
        match interruption {
            Interruption::ExitTimedOut => place.late(),
            Interruption::ExitAbandoned => {
                failures.abandoned(since);
                place.abandoned();
            }
            _ => {}
        }
        failures
    }
}

/// A member that its exit owns.
struct EarlyExit<'a> {
    member: Option<SetMember<'a>>,
    dropped: Arc<Mutex<Failures>>,
}

impl EarlyExit<'_> {
    async fn exit(mut self) -> Failures {
        if let Some(member) = &mut self.member {
            member.get_mut().exit(Outcome::Released, &ExitState::new()).await;
        }
        self.member.take().map(SetMember::dismiss).unwrap_or_default()
    }
}

impl Drop for EarlyExit<'_> {
    fn drop(&mut self) {
        if let Some(member) = self.member.take() {
            let failures = member.dismiss();
            self.dropped.lock().append(failures);
        }
    }
}
