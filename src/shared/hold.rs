use super::Shared;
use super::entering::User;
use super::guard::SharedGuard;
use crate::background::Working;
use crate::error::{Failures, Phase};
use crate::member::{EnterContext, ExitContext, Hold, Interruption, Leaf, MapError};
use crate::outcome::Outcome;
use crate::resource::Resource;
use alloc::boxed::Box;
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

impl<R: Resource<Guard: Sync> + 'static, P: BorrowMut<Shared<R>> + Send> Held<R, P> {
    /// Drops this user, if it is on its way in. If no other one waits, the members that have entered are abandoned.
    fn drop_entering(&mut self) {
        let user = self.held.hold_mut().resource_mut().entering.take();
        self.held.own_mut().caught(|| drop(user));
    }

    /// Waits for the end of an attempt that this user has given up: its enters in flight are dropped, and the members
    /// that have entered are exited (law `fail-fast`). Returns the failures.
    async fn finish_entering(&mut self, outcome: Outcome<'_>) -> Failures {
        let shared = self.held.hold_mut().resource_mut();
        let Some(user) = &mut shared.entering else { return Failures::default() };
        let finished = poll_fn(|cx| user.finish(cx)).await;
        shared.entering = None;
        match finished {
            Ok(Some(guard)) => shared.exit(guard, outcome).await.err().unwrap_or_default(),
            Ok(None) => Failures::default(),
            // With those of members that had failed before it was given up.
            Err(failures) => failures,
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
            self.drop_entering();
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
        let left = self.finish_entering(*exit.outcome()).await;
        let well = left.is_empty();
        self.held.hold_mut().add_failures(Phase::Exit, left);
        self.held.exit(exit).await && well
    }

    fn interrupt(&mut self, interruption: Interruption) {
        let is_kept = match interruption {
            Interruption::EnterAborted | Interruption::EnterTimedOut => {
                self.held.hold_mut().resource().entering.as_ref().is_some_and(User::give_up)
            }
            _ => false,
        };
        if !is_kept {
            self.drop_entering();
        }
        if interruption.abandons() {
            self.held.clear();
        }
        self.held.interrupt(interruption);
    }

    fn take(&mut self) -> Self::Guard {
        self.held.take()
    }

    fn put(&mut self, guard: Option<Self::Guard>, by: crate::member::Borrower) -> bool {
        self.held.put(guard, by)
    }

    fn abandon(&mut self) {
        self.drop_entering();
        self.held.abandon();
    }

    forward_hold!(held: attend observe is_in name);

    fn failures(&mut self, phase: Phase, map: MapError<'_, Failures>) -> Failures {
        let failures = self.held.failures(phase, None);
        failures.mapped(&self.held.name(), phase, map)
    }

    hold_of_group!();
}
