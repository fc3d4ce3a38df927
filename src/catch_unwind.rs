//! One asynchronous call into the user's code.

use crate::member_future::MemberFuture;
use crate::observe::{Span, SpanGuard};
use crate::unwind::{CaughtPanic, catch};
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use pin_project_lite::pin_project;

/// Receives the events of one call. It is independent of the output type, so that the holder of a call need not name
/// that type: a bound on the future there keeps the compiler from proving that a scope is `Send`.
pub(crate) trait CallHooks {
    /// The call starts.
    fn begin(&mut self);

    /// Returns the span of the call, in which its future is created, polled and dropped.
    fn span(&self) -> Option<&Span>;

    /// The creation, a poll or the drop of the future panicked.
    fn panicked(&mut self, panic: CaughtPanic);

    /// The call was dropped in flight.
    fn dropped(&mut self);

    /// The call is over. Returns `true` if it succeeded.
    fn end(&mut self) -> bool;
}

/// Receives the output of a call. The drop of the future can still panic after that.
pub(crate) trait OnOutput<O>: CallHooks {
    fn note(&mut self, output: O);
}

impl<N: CallHooks> CallHooks for &mut N {
    #[inline]
    fn begin(&mut self) {
        N::begin(self);
    }

    #[inline]
    fn span(&self) -> Option<&Span> {
        N::span(self)
    }

    fn panicked(&mut self, panic: CaughtPanic) {
        N::panicked(self, panic);
    }

    fn dropped(&mut self) {
        N::dropped(self);
    }

    #[inline]
    fn end(&mut self) -> bool {
        N::end(self)
    }
}

impl<O, N: OnOutput<O>> OnOutput<O> for &mut N {
    #[inline]
    fn note(&mut self, output: O) {
        N::note(self, output);
    }
}

pin_project! {
    /// Creates a future, polls it to completion and drops it, and catches the panics of each (law `panic-anywhere`).
    ///
    /// The output and every panic are recorded within the poll in which they occur, so a drop of this future never
    /// finds one that occurred and is not recorded. If this is dropped in flight, it drops the inner future itself.
    #[must_use = "a future does nothing unless it is awaited"]
    pub(crate) struct CatchUnwind<M, F, N>
    where
        N: CallHooks,
    {
        #[pin]
        stage: CallState<M, F>,
        note: N,
    }

    impl<M, F, N: CallHooks> PinnedDrop for CatchUnwind<M, F, N> {
        fn drop(mut this: Pin<&mut Self>) {
            // The rest is out of line, so that an array of these is built in place.
            if matches!(this.as_mut().project().stage.project(), Now::Running { .. }) {
                this.drop_in_flight();
            }
        }
    }
}

pin_project! {
    #[project = Now]
    #[project_replace = Then]
    enum CallState<M, F> {
        Unmade { make: M },
        Running { #[pin] future: F },
        Over,
    }
}

impl<M: FnOnce() -> F, F, N: CallHooks> CatchUnwind<M, F, N> {
    /// Calls `make` on the first poll, and then drives the future that it returns.
    pub(crate) fn new(note: N, make: M) -> Self {
        Self { stage: CallState::Unmade { make }, note }
    }

    /// Creates a call that is over already unless `there_is` something to call.
    pub(crate) fn new_if(there_is: bool, note: N, make: M) -> Self {
        if there_is { Self::new(note, make) } else { Self { stage: CallState::Over, note } }
    }
}

impl<M, F, N: CallHooks> CatchUnwind<M, F, N> {
    #[cold]
    #[inline(never)]
    fn fail(mut self: Pin<&mut Self>, panic: CaughtPanic) {
        self.as_mut().project().note.panicked(panic);
        self.drop_future();
    }

    #[cold]
    #[inline(never)]
    fn drop_in_flight(mut self: Pin<&mut Self>) {
        self.as_mut().drop_future();
        self.project().note.dropped();
    }

    /// Drops the future, if there is one, and catches its panic.
    fn drop_future(self: Pin<&mut Self>) {
        let mut this = self.project();
        let dropped = catch(|| {
            let _entered = enter_if(has_span(this.note), this.note);
            this.stage.set(CallState::Over);
        });
        if let Err(panic) = dropped {
            this.note.panicked(panic);
        }
    }
}

/// Returns `true` if the call has a span. It is asked once in each poll.
#[inline]
fn has_span(note: &impl CallHooks) -> bool {
    Span::EXISTS && note.span().is_some()
}

/// Enters the span of a call that has one.
#[inline]
fn enter_if(has_span: bool, note: &impl CallHooks) -> Option<SpanGuard<'_>> {
    if has_span { note.span().map(Span::enter) } else { None }
}

impl<M: FnOnce() -> F, F: Future, N: OnOutput<F::Output>> CatchUnwind<M, F, N> {
    /// Creates the future. A function of its own: in a build without optimisation each move of the future takes space
    /// in the frame of the function, which would be there while the future is polled.
    #[inline]
    fn make(self: Pin<&mut Self>) {
        let mut this = self.project();
        if let Then::Unmade { make } = this.stage.as_mut().project_replace(CallState::Over) {
            this.note.begin();
            let _entered = enter_if(has_span(this.note), this.note);
            this.stage.set(CallState::Running { future: make() });
        }
    }

    #[inline]
    fn advance(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        if let Now::Unmade { .. } = self.as_mut().project().stage.project() {
            self.as_mut().make();
        }
        let mut this = self.project();
        if let Now::Running { future } = this.stage.as_mut().project() {
            let has_span = has_span(this.note);
            let polled = {
                let _entered = enter_if(has_span, this.note);
                future.poll(cx)
            };
            let Poll::Ready(output) = polled else {
                return Poll::Pending;
            };
            this.note.note(output);
            let _entered = enter_if(has_span, this.note);
            this.stage.set(CallState::Over);
        }
        Poll::Ready(this.note.end())
    }
}

impl<M: FnOnce() -> F, F: Future, N: OnOutput<F::Output>> Future for CatchUnwind<M, F, N> {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        loop {
            match catch(|| self.as_mut().advance(cx)) {
                Ok(polled) => return polled,
                Err(panic) => self.as_mut().fail(panic),
            }
        }
    }
}

impl<M, F, N> MemberFuture for CatchUnwind<M, F, N>
where
    M: FnOnce() -> F + Send,
    F: Future + Send,
    N: OnOutput<F::Output> + Send,
{
    const UNWINDS: bool = true;

    #[inline]
    fn poll_unwind(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        self.advance(cx)
    }

    fn record_panic(self: Pin<&mut Self>, panic: CaughtPanic) {
        self.fail(panic);
    }
}
