//! The state of one member of a set.

use super::member::{DynMember, dismiss};
use crate::error::{Failures, NameKind, Phase};
use crate::lock::Mutex;
use crate::member::Interruption;
use crate::nest::apart;
use crate::observe::MemberPath;
use crate::outcome::Outcome;
use crate::panic_log::PanicLog;
use crate::stamp::Stamp;
use crate::unwind::catch;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::poll_fn;
use core::mem::{replace, take};
use core::task::{Context, Poll};
use futures::future::BoxFuture;

pub(super) enum Slot<'a> {
    In(Box<dyn DynMember + 'a>),
    /// Its early exit is in flight.
    Leaving(Leaving<'a>),
    /// It has exited and is dropped.
    Out(Failures),
    /// It was taken out, to be polled.
    Polled,
}

/// A member whose early exit is in flight: one that was released, or the parts that had entered of one whose enter was
/// dropped.
pub(super) struct Leaving<'a> {
    pub(super) place: MemberPath,
    /// It never panics, neither when it is polled nor when it is dropped.
    pub(super) exit: Option<BoxFuture<'a, Failures>>,
    /// The failures, if the exit is dropped.
    pub(super) dropped: FailuresOnDrop,
    /// Whether the future that waited for it was dropped.
    pub(super) is_given_up: bool,
}

/// Returns the failures of an exit that was dropped.
pub(super) type FailuresOnDrop = Arc<dyn Fn() -> Failures + Send + Sync>;

impl<'a> Leaving<'a> {
    pub(super) fn release(member: Box<dyn DynMember + 'a>) -> Self {
        let place = member.place().clone();
        let dropped = Arc::new(Mutex::<Failures>::default());
        let exit = Box::pin(EarlyExit { member: Some(member), dropped: Arc::clone(&dropped) }.exit());
        Self { place, exit: Some(exit), dropped: Arc::new(move || take(&mut *dropped.lock())), is_given_up: false }
    }
}

impl Leaving<'_> {
    /// Polls the exit. If it panics, as a waker can, it is not polled again.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Failures> {
        let Some(exit) = &mut self.exit else { return Poll::Ready(Failures::default()) };
        catch(|| apart(|| exit.as_mut().poll(cx))).unwrap_or_else(|panic| {
            self.exit = None;
            let mut failures = (self.dropped)();
            failures.add_panic(NameKind::OfType("resource"), Phase::Exit, panic);
            Poll::Ready(failures)
        })
    }
}

/// A member that its exit owns.
struct EarlyExit<'a> {
    member: Option<Box<dyn DynMember + 'a>>,
    dropped: Arc<Mutex<Failures>>,
}

impl EarlyExit<'_> {
    async fn exit(mut self) -> Failures {
        if let Some(member) = &mut self.member {
            member.exit(Outcome::Released).await;
        }
        self.member.take().map(dismiss).unwrap_or_default()
    }
}

impl Drop for EarlyExit<'_> {
    fn drop(&mut self) {
        if let Some(member) = self.member.take() {
            let failures = dismiss(member);
            self.dropped.lock().append(failures);
        }
    }
}

impl Slot<'_> {
    pub(super) async fn exit(&mut self, outcome: Outcome<'_>) {
        match self {
            Self::In(member) => member.exit(outcome).await,
            Self::Leaving(leaving) => {
                let failures = poll_fn(|cx| leaving.poll(cx)).await;
                *self = Self::Out(failures);
            }
            Self::Out(_) | Self::Polled => {}
        }
    }

    pub(super) fn abandon(&mut self, panics: &PanicLog) {
        match self {
            Self::In(member) => member.abandon(panics),
            Self::Leaving(_) | Self::Out(_) => {
                self.interrupt(Interruption::ExitDropped);
                panics.keep_first(self.failures());
            }
            Self::Polled => {}
        }
    }

    pub(super) fn interrupt(&mut self, interruption: Interruption) {
        match replace(self, Self::Polled) {
            Self::In(mut member) => {
                member.interrupt(interruption);
                *self = Self::In(member);
            }
            Self::Leaving(Leaving { place, exit, dropped, .. }) => {
                let since = Stamp::now();
                drop(exit);
                let mut failures = dropped();
                match interruption {
                    Interruption::ExitTimedOut => place.late(),
                    Interruption::ExitAbandoned => {
                        failures.abandoned(since);
                        place.abandoned();
                    }
                    _ => {}
                }
                *self = Self::Out(failures);
            }
            other => *self = other,
        }
    }

    pub(super) fn dismiss(&mut self) {
        if let Self::In(_) = self {
            if let Self::In(member) = replace(self, Self::Polled) {
                *self = Self::Out(dismiss(member));
            }
        }
    }

    pub(super) fn failures(&mut self) -> Failures {
        match self {
            Self::In(member) => member.failures(),
            Self::Out(failures) => take(failures),
            Self::Leaving(_) | Self::Polled => Failures::default(),
        }
    }
}
