//! Owned scopes: their enters and exits as tasks that can outlive the future that waits for them.

use super::reaped::Hear;
use super::reaping::Reaping;
use super::{Reaped, Reaper, Task};
use crate::error::Failures;
use crate::lock::Mutex;
use crate::nest::apart;
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
        let (line, opening, hear) = (Line::new(), Arc::clone(members.opening()), self.on_failure.clone());
        let end = Arc::clone(&line);
        let task = Box::pin(async move {
            let (logged, mut hear) = (PanicLog::new(), hear);
            let mut hear = CatchOnDrop::new(&mut hear, &logged);
            // A caller that is gone has cancelled the enters, so that all that entered has been exited.
            if let Some(mut members) = end.send(enter(members, begins).await) {
                tell(members.take_failures(), members.opening(), hear.get().as_deref());
            }
        });
        Box::pin(Waiting { reaper: self, task: Some(task), line, opening: Some(opening), panics })
    }

    fn exit<'a>(&'a self, members: Members<R>, outcome: OutcomeCopy, panics: &'a PanicLog) -> BoxFuture<'a, Failures>
    where
        R: 'a,
    {
        let line = Line::new();
        let task = self.exiting(members, outcome, Arc::clone(&line));
        Box::pin(Waiting { reaper: self, task: Some(task), line, opening: None, panics })
    }

    fn leave(&self, members: Members<R>, panics: &PanicLog) {
        let line = Line::new();
        line.leave();
        self.hand_over(self.exiting(members, OutcomeCopy::new(Outcome::Cancelled, false), line), panics);
    }

    fn spawn(&self, task: BoxFuture<'static, ()>, panics: &PanicLog) {
        self.pass(Reaping::new(task, None, None), panics);
    }

    fn let_go(self: Box<Self>, panics: &PanicLog) {
        Self::let_go(*self, panics);
    }
}

impl Reaper {
    /// Returns a task that exits the members. It owns the function that receives their failures, and not the spawner,
    /// which can own the executor, which owns the task.
    fn exiting<R: Resource + 'static>(
        &self,
        members: Members<R>,
        outcome: OutcomeCopy,
        line: Arc<Line<Failures>>,
    ) -> Task {
        let (opening, hear) = (Arc::clone(members.opening()), self.on_failure.clone());
        Box::pin(async move {
            let (logged, mut hear) = (PanicLog::new(), hear);
            let mut hear = CatchOnDrop::new(&mut hear, &logged);
            if let Some(failures) = line.send(exit(members, outcome.outcome()).await) {
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
struct Line<T>(Mutex<LineState<T>>);

enum LineState<T> {
    Waiting,
    Sent(T),
    /// The caller is gone.
    Left,
}

impl<T> Line<T> {
    fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(LineState::Waiting)))
    }

    /// Returns the output if the caller is gone.
    fn send(&self, output: T) -> Option<T> {
        let mut state = self.0.lock();
        if let LineState::Left = *state {
            return Some(output);
        }
        *state = LineState::Sent(output);
        None
    }

    /// Records that the caller is gone. Returns the output, if it was sent.
    fn leave(&self) -> Option<T> {
        match replace(&mut *self.0.lock(), LineState::Left) {
            LineState::Sent(output) => Some(output),
            LineState::Waiting | LineState::Left => None,
        }
    }
}

/// Polls a task inline, and waits for its output. If it is dropped, the task goes to the reaper.
struct Waiting<'a, T> {
    reaper: &'a Reaper,
    /// `None` once the task is done or has panicked.
    task: Option<Task>,
    line: Arc<Line<T>>,
    /// The state of the enters, if these are what the task runs.
    opening: Option<Arc<Opening>>,
    panics: &'a PanicLog,
}

impl<T> Future for Waiting<'_, T> {
    type Output = T;

    /// A task that panics is dropped, its members are abandoned, and it is not polled again.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let mut task = self.task.take().expect("it is not polled after its end");
        // Exits that a body waits for can outlive that body. Enters that it waits for are cancelled with it.
        let polled = if self.opening.is_some() { task.as_mut().poll(cx) } else { apart(|| task.as_mut().poll(cx)) };
        if polled.is_pending() {
            self.task = Some(task);
            return Poll::Pending;
        }
        Poll::Ready(self.line.leave().expect("the task sends its output at its end"))
    }
}

impl<T> Drop for Waiting<'_, T> {
    fn drop(&mut self) {
        let Some(task) = self.task.take() else { return };
        self.line.leave();
        if let Some(opening) = &self.opening {
            opening.state.note_cancelled();
        }
        self.reaper.hand_over(task, self.panics);
    }
}
