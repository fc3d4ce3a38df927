//! A task that an executor owns.

use super::Task;
use super::count::Ticket;
use crate::nest::{ReapingGuard, apart};
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

/// A task that was passed to the executor. If it is counted, the count goes down once everything that the task owns is
/// dropped, also if the runtime drops the task.
///
/// A task that is done or has panicked is dropped, and not polled again, whatever its executor does.
pub(super) struct Reaping(Option<Unfinished>);

/// The fields are dropped in this order.
struct Unfinished {
    task: Task,
    /// The scopes around wait for this one, if they are dropped, too.
    _nested: Option<ReapingGuard>,
    _ticket: Option<Ticket>,
}

impl Reaping {
    pub(super) fn new(task: Task, ticket: Option<Ticket>, nested: Option<ReapingGuard>) -> Self {
        Self(Some(Unfinished { task, _nested: nested, _ticket: ticket }))
    }
}

impl Future for Reaping {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(mut unfinished) = self.0.take() else { return Poll::Ready(()) };
        // The executor can be polled within a body, and the task can outlive that.
        let polled = apart(|| unfinished.task.as_mut().poll(cx));
        if polled.is_pending() {
            self.0 = Some(unfinished);
        }
        polled
    }
}
