//! One call into a member or the body: its future is made, polled and dropped in place.

use crate::scene::Payload;
use crate::scene::guaranteed::log::Log;
use pin_project_lite::pin_project;
use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
use withal::Phase;

pin_project! {
    #[project = StageProjection]
    #[project_replace = StageOwned]
    enum Stage<K, F> {
        Unmade { make: K },
        Running { #[pin] future: F },
        Over,
    }
}

pin_project! {
    /// A call that unwinds: whoever polls it catches its panic, and then calls `give_up`.
    pub(super) struct Call<'l, K, F> {
        #[pin]
        stage: Stage<K, F>,
        log: &'l Log,
        member: Option<usize>,
        phase: Phase,
    }

    impl<K, F> PinnedDrop for Call<'_, K, F> {
        fn drop(mut this: Pin<&mut Self>) {
            if matches!(this.as_mut().project().stage.project(), StageProjection::Running { .. }) {
                this.drop_future();
            }
        }
    }
}

impl<'l, K: FnOnce() -> F, F> Call<'l, K, F> {
    /// Of a member, or of the body.
    pub(super) fn new(make: K, log: &'l Log, member: Option<usize>, phase: Phase) -> Self {
        Self { stage: Stage::Unmade { make }, log, member, phase }
    }
}

/// The exit of a member, which is over if there is no guard. The guard is taken in the poll in which the exit begins.
#[inline]
pub(super) fn exit<'l, 'g, F: Future<Output = io::Result<()>>>(
    guard: &'g mut Option<u64>,
    make: impl FnOnce(u64) -> F + 'g,
    log: &'l Log,
    member: usize,
) -> Call<'l, impl FnOnce() -> F + 'g, F> {
    let is_in = guard.is_some();
    let mut call = Call::new(move || make(guard.take().expect("it is in")), log, Some(member), Phase::Exit);
    if !is_in {
        call.stage = Stage::Over;
    }
    call
}

impl<K, F> Call<'_, K, F> {
    /// After a panic: keeps its payload, and drops the future.
    #[cold]
    pub(super) fn give_up(self: Pin<&mut Self>, payload: Payload) {
        self.log.push(self.member, self.phase, payload.into());
        self.drop_future();
    }

    #[cold]
    fn drop_future(mut self: Pin<&mut Self>) {
        let (log, member, phase) = (self.log, self.member, self.phase);
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| self.as_mut().project().stage.set(Stage::Over))) {
            log.push(member, phase, payload.into());
        }
    }
}

impl<K: FnOnce() -> F, F: Future> Call<'_, K, F> {
    /// Polls, and passes the output on in the poll in which it comes. Ready when the call is over.
    #[inline]
    pub(super) fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>, note: impl FnOnce(F::Output)) -> Poll<()> {
        let mut stage = self.project().stage;
        if let StageProjection::Unmade { .. } = stage.as_mut().project() {
            if let StageOwned::Unmade { make } = stage.as_mut().project_replace(Stage::Over) {
                stage.set(Stage::Running { future: make() });
            }
        }
        if let StageProjection::Running { future } = stage.as_mut().project() {
            match future.poll(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(output) => {
                    note(output);
                    stage.set(Stage::Over);
                }
            }
        }
        Poll::Ready(())
    }
}
