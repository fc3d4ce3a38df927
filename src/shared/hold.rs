use super::Shared;
use super::guard::SharedGuard;
use crate::background::Working;
use crate::error::{Failures, Phase};
use crate::member::{EnterContext, ExitContext, Hold, Interruption, Leaf, MapError};
use crate::resource::Resource;
use crate::work::Attendance;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use core::borrow::BorrowMut;
use core::future::{Future, poll_fn};
use core::mem::replace;
use core::pin::pin;
use core::task::Poll;

/// The hold of one user of a shared resource, borrowed or owned.
pub(super) struct Held<R, P>
where
    R: Resource<Guard: Sync> + 'static,
{
    held: Working<Leaf<Shared<R>, P>>,
}

impl<R: Resource<Guard: Sync> + 'static, P: BorrowMut<Shared<R>> + Send> Held<R, P> {
    pub(super) fn new(shared: P) -> Self {
        let work = Arc::clone(&shared.borrow().work);
        Self { held: Working::new(Leaf::new(shared), work) }
    }

    /// Begins the work of this user, which polls that of the resource (law `attended`).
    fn begin_work(&mut self) {
        let usage = Arc::clone(&self.held.hold_mut().resource().usage);
        if let Some(work) = usage.work() {
            self.held.work().begin(Box::pin(async move { Err(work.until(|| usage.died()).await.into()) }));
        }
    }
}

impl<R, P> Hold for Held<R, P>
where
    R: Resource<Guard: Sync> + 'static,
    P: BorrowMut<Shared<R>> + Send,
{
    type Guard = SharedGuard<R::Guard>;
    type Error = Failures;

    /// A user that waits for another one's enter, or for an exit, has not begun. If its scope is in vain once that is
    /// over, it does not begin.
    async fn enter(&mut self, entry: EnterContext<'_>) -> bool {
        let shared = self.held.hold_mut().resource();
        let (core, scope) = (Arc::clone(&shared.usage.core), Arc::clone(&shared.scope));
        scope.set(core::ptr::from_ref(entry.state().outermost()).addr());
        let mut is_new = true;
        let entered = {
            let mut entering = pin!(self.held.enter(entry));
            poll_fn(|cx| {
                if !replace(&mut is_new, false) && entry.is_in_vain() {
                    scope.note_in_vain();
                }
                match entering.as_mut().poll(cx) {
                    Poll::Pending if entry.is_in_vain() && core.is_out() => Poll::Ready(None),
                    polled => polled.map(Some),
                }
            })
            .await
        };
        if entered.is_none() {
            self.held.interrupt(Interruption::EnterAborted);
        }
        let well = entered == Some(true);
        // By hand nobody would poll the work.
        if well && entry.state().attendance().is_some() {
            self.begin_work();
        }
        well
    }

    async fn exit(&mut self, exit: ExitContext<'_>) -> bool {
        self.held.clear();
        self.held.work().cleared().await;
        self.held.exit(exit).await
    }

    fn interrupt(&mut self, interruption: Interruption) {
        if interruption.abandons() {
            self.held.clear();
        }
        self.held.interrupt(interruption);
    }

    fn attend(&mut self, attendance: &Attendance) {
        self.held.attend(attendance);
    }

    fn observe(&mut self, place: &crate::observe::MemberPath) {
        self.held.observe(place);
    }

    fn take(&mut self) -> Self::Guard {
        self.held.take()
    }

    fn put(&mut self, guard: Option<Self::Guard>, by: crate::member::Borrower) -> bool {
        self.held.put(guard, by)
    }

    fn abandon(&mut self) {
        self.held.abandon();
    }

    fn is_in(&self) -> bool {
        self.held.is_in()
    }

    fn name(&self) -> String {
        self.held.name()
    }

    fn failures(&mut self, phase: Phase, map: MapError<'_, Failures>) -> Failures {
        let failures = self.held.failures(phase, None);
        failures.mapped(&self.held.name(), phase, map)
    }

    hold_of_group!();
}
