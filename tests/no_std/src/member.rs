//! A member that yields once in each phase, and counts those that are in.

use alloc::string::String;
use core::future::poll_fn;
use core::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use core::task::Poll;
use withal::{Outcome, OutcomeKind, Resource};

/// Those of one scene, and what they were told.
#[derive(Default)]
pub(crate) struct Count {
    pub(crate) entered: AtomicUsize,
    pub(crate) completed: AtomicUsize,
    pub(crate) told_otherwise: AtomicUsize,
}

impl Count {
    /// All that entered have been exited, and so many were told that all went well.
    pub(crate) fn expect(&self, completed: usize, told_otherwise: usize) {
        assert_eq!(self.entered.load(SeqCst), 0);
        assert_eq!(self.completed.load(SeqCst), completed);
        assert_eq!(self.told_otherwise.load(SeqCst), told_otherwise);
    }
}

pub(crate) struct Member<'c> {
    pub(crate) count: &'c Count,
    pub(crate) fails: bool,
}

impl Resource for Member<'_> {
    type Guard = usize;
    type Error = String;

    async fn enter(&mut self) -> Result<usize, String> {
        pend().await;
        if self.fails { Err("out of luck".into()) } else { Ok(self.count.entered.fetch_add(1, SeqCst)) }
    }

    async fn exit(&mut self, _: usize, outcome: Outcome<'_>) -> Result<(), String> {
        pend().await;
        self.count.entered.fetch_sub(1, SeqCst);
        let told =
            if outcome.kind() == OutcomeKind::Completed { &self.count.completed } else { &self.count.told_otherwise };
        told.fetch_add(1, SeqCst);
        Ok(())
    }
}

pub(crate) async fn pend() {
    let mut is_fresh = true;
    poll_fn(|cx| {
        if core::mem::replace(&mut is_fresh, false) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    })
    .await;
}
