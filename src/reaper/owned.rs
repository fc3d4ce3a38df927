//! Owned scopes: their enters and exits as tasks that can outlive the future that waits for them.

use super::reaped::Hear;
use super::reaping::Reaping;
use super::{Reaped, Reaper, Task};
use crate::error::Failures;
use crate::lock::Mutex;
use crate::nest::{self, apart};
use crate::opened::{Detach, Members, Opening, enter, exit};
use crate::outcome::{Outcome, OutcomeCopy};
use crate::panic_log::{CatchOnDrop, PanicLog};
use crate::resource::Resource;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::Future;
use core::mem::replace;
use core::pin::Pin;
use core::task::{Context, Poll};
use futures::future::BoxFuture;

impl<R: Resource + 'static> Detach<R> for Reaper {
    fn enter<'a>(&'a self, members: Members<R>, begins: bool, panics: &'a PanicLog) -> BoxFuture<'a, Members<R>>
    where
        R: 'a,
    {
        let (oneshot, opening, hear) = (Oneshot::new(), Arc::clone(members.opening()), self.hear());
        let end = Arc::clone(&oneshot);
        let task = Box::pin(async move {
            let (logged, mut hear) = (PanicLog::new(), hear);
            let mut hear = CatchOnDrop::new(&mut hear, &logged);
            // If the caller is gone, it has cancelled the enters, and `enter` has rolled back all that had entered.
            if let Some(mut members) = end.send(enter(members, begins).await) {
                tell(members.take_failures(), members.opening(), hear.get().as_deref());
            }
        });
        Box::pin(Waiting { reaper: self, task: Some(task), oneshot, opening: Some(opening), panics })
    }

    fn exit<'a>(&'a self, members: Members<R>, outcome: OutcomeCopy, panics: &'a PanicLog) -> BoxFuture<'a, Failures>
    where
        R: 'a,
    {
        let oneshot = Oneshot::new();
        let task = self.exiting(members, outcome, Arc::clone(&oneshot));
        Box::pin(Waiting { reaper: self, task: Some(task), oneshot, opening: None, panics })
    }

    fn leave(&self, members: Members<R>, panics: &PanicLog) {
        let oneshot = Oneshot::new();
        oneshot.leave();
        let task = self.exiting(members, OutcomeCopy::new(Outcome::Cancelled, false), oneshot);
        self.hand_over(task, nest::reaping_owned(self.number()), panics);
    }

    fn spawn(&self, task: BoxFuture<'static, ()>, panics: &PanicLog) {
        self.pass(Reaping::new(task, None, None), panics);
    }

    fn let_go(self: Box<Self>, panics: &PanicLog) {
        Self::let_go(*self, |panic| panics.push(panic));
    }
}

impl Reaper {
    /// Returns a task that exits the members. It owns the function that receives their failures, and not the spawner,
    /// which can own the executor, which owns the task.
    fn exiting<R: Resource + 'static>(
        &self,
        members: Members<R>,
        outcome: OutcomeCopy,
        oneshot: Arc<Oneshot<Failures>>,
    ) -> Task {
        let (opening, hear) = (Arc::clone(members.opening()), self.hear());
        Box::pin(async move {
            let (logged, mut hear) = (PanicLog::new(), hear);
            let mut hear = CatchOnDrop::new(&mut hear, &logged);
            if let Some(failures) = oneshot.send(exit(members, outcome.outcome()).await) {
                tell(failures, &opening, hear.get().as_deref());
            }
        })
    }
}

/// Reports the failures of a scope that is over, as the caller is gone.
fn tell(failures: Failures, opening: &Opening, hear: Option<&Hear>) {
    opening.state.observer().close(&failures);
    Reaped { failures, body: None, panic: None }.tell(hear);
}

/// Passes the output of a task to the caller that waits for it.
struct Oneshot<T>(Mutex<OneshotState<T>>);

enum OneshotState<T> {
    Waiting,
    Sent(T),
    /// The caller is gone.
    Left,
}

impl<T> Oneshot<T> {
    fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(OneshotState::Waiting)))
    }

    /// Returns the output if the caller is gone.
    fn send(&self, output: T) -> Option<T> {
        let mut state = self.0.lock();
        if let OneshotState::Left = *state {
            return Some(output);
        }
        *state = OneshotState::Sent(output);
        None
    }

    /// Records that the caller is gone. Returns the output, if it was sent.
    fn leave(&self) -> Option<T> {
        match replace(&mut *self.0.lock(), OneshotState::Left) {
            OneshotState::Sent(output) => Some(output),
            OneshotState::Waiting | OneshotState::Left => None,
        }
    }
}

/// Polls a task inline, and waits for its output. If it is dropped, the task goes to the reaper.
struct Waiting<'a, T> {
    reaper: &'a Reaper,
    /// `None` once the task is done or has panicked.
    task: Option<Task>,
    oneshot: Arc<Oneshot<T>>,
    /// The state of the enters, if these are what the task runs.
    opening: Option<Arc<Opening>>,
    panics: &'a PanicLog,
}

impl<T> Future for Waiting<'_, T> {
    type Output = T;

    /// A task that panics is dropped, its members are abandoned, and it is not polled again.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let mut task = self.task.take().expect("it is not polled after its end");
        // A body that waits for the exits can be given up meanwhile, and they go on.
        let polled = apart(|| task.as_mut().poll(cx));
        if polled.is_pending() {
            self.task = Some(task);
            return Poll::Pending;
        }
        Poll::Ready(self.oneshot.leave().expect("the task sends its output at its end"))
    }
}

impl<T> Drop for Waiting<'_, T> {
    fn drop(&mut self) {
        let Some(task) = self.task.take() else { return };
        self.oneshot.leave();
        let number = self.reaper.number();
        let nested = match &self.opening {
            Some(opening) => {
                opening.state.note_cancelled();
                nest::reaping(number)
            }
            None => nest::reaping_owned(number),
        };
        self.reaper.hand_over(task, nested, self.panics);
    }
}
