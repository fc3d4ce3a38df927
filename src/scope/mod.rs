//! A scope: what a user asks for, and which way it is done.

mod crew;
mod drive;
mod run;
mod signal;
mod verdict;

pub(crate) use crew::sealed;
pub use crew::{Abandon, Crew, OnDrop};
pub use signal::NoSignal;
pub use verdict::{Told, Verdict};

use crate::observe::Observer;
use crate::resource::Resource;
use core::fmt;

/// A scope over a resource, ready to run a body.
///
/// All members are entered at once (law `concurrent-enter`), the body runs if and only if all of them are in
/// (`all-or-none`), and then all that entered are exited at once (`concurrent-exit`), whatever happened in between. The
/// scope returns after the last exit has ended (`wait-for-exits`).
///
/// # Order
///
/// Enters are first polled in member order, exits in reverse (`reverse-start`). Later rounds of a group begin with
/// its members in turn, so that none keeps the others from theirs (`fair`). When an enter fails, those in flight run
/// to their end (`settle`), or are dropped under [`fail_fast`](crate::ResourceExt::fail_fast); then all that entered
/// are exited (`roll-back`). Guards stand in member order, whatever order they arrived in (`member-order`). The body,
/// and all that it captured, is dropped before the first exit starts (`body-between`).
///
/// # Examples
///
/// ```
/// # use std::convert::Infallible;
/// use withal::{Outcome, OutcomeKind, Resource, Scope};
///
/// /// Remembers what its exit was told.
/// struct Door<'a>(&'a mut Vec<OutcomeKind>);
/// impl Resource for Door<'_> {
///     type Guard = &'static str;
///     type Error = Infallible;
///     async fn enter(&mut self) -> Result<&'static str, Infallible> {
///         Ok("open")
///     }
///     async fn exit(&mut self, _: &'static str, outcome: Outcome<'_>) -> Result<(), Infallible> {
///         self.0.push(outcome.kind());
///         Ok(())
///     }
/// }
///
/// # futures::executor::block_on(async {
/// let (mut front, mut back) = (Vec::new(), Vec::new());
/// let doors = (Door(&mut front), Door(&mut back));
/// let both = Scope::new(doors).run(async |(a, b)| anyhow::Ok(format!("{a} and {b}"))).await?;
/// assert_eq!(both, "open and open");
/// assert_eq!((front, back), (vec![OutcomeKind::Completed], vec![OutcomeKind::Completed]));
/// # anyhow::Ok(()) }).unwrap();
/// ```
#[must_use = "a scope enters nothing until one of its `run` or `report` methods is called and awaited"]
pub struct Scope<R, S = NoSignal, F = Abandon> {
    /// Always there; it is taken where it is dropped, or handed over.
    resource: Option<R>,
    signal: Option<S>,
    on_drop: F,
    observer: Observer,
}

impl<R: fmt::Debug, S, F> fmt::Debug for Scope<R, S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Scope");
        if let Some(resource) = &self.resource {
            debug.field("resource", resource);
        }
        debug.finish_non_exhaustive()
    }
}

impl<R: Resource> Scope<R> {
    /// Creates a scope over a resource: one member, or a group of them.
    pub fn new(resource: R) -> Self {
        Self { resource: Some(resource), signal: None, on_drop: Abandon, observer: Observer::default() }
    }
}

/// With options, in any combination: a signal `S`, and `F`, which finishes what is left when the future is dropped.
impl<R: Resource, S: Future, F: OnDrop<R>> Scope<R, S, F> {
    /// Cancels the scope when this future is ready; its output is ignored (law `until`).
    ///
    /// The signal is any future: a timer, ctrl-c, a token's `cancelled()`. A second signal takes the place of the
    /// first.
    ///
    /// # Order
    ///
    /// The signal is polled before the first enter, and before the first poll of the body. In every later poll it is
    /// polled first, and what it would cancel after it: a body or an enter that is always busy cannot keep it from
    /// being seen, and is polled at most once more (law `signal-is-heard`). A body that ends in that poll wins. An
    /// enter that ends in that poll keeps its guard, and is exited; one that fails ends the scope. The signal is never
    /// polled again once it is ready. A poll that never ends cannot be interrupted: a body that loops without ever
    /// being pending, as on a channel that always holds something and knows no budget, has to yield now and then.
    ///
    /// What is in from the start, as the members of a full [`ExitStack`](crate::ExitStack) are, is exited by awaiting
    /// in every case.
    ///
    /// | ready | what happens |
    /// |---|---|
    /// | before anything | nothing is entered |
    /// | while members are entered | the enters in flight settle (under `fail_fast` they are dropped), all that entered are exited, the body does not run |
    /// | while the body runs | the body is dropped, all members are exited |
    /// | while members are exited | nothing changes: exits are never cut |
    ///
    /// Exits are told `Cancelled`. If a member failed before the scope polled the ready signal, or in that poll, that
    /// failure ended the scope, which is not `Cancelled` then. Nor is it if the signal comes while members are exited.
    ///
    /// # Errors
    ///
    /// `run` returns a [`ScopeError`](crate::ScopeError) of kind `Cancelled`, with what failed after that; in a
    /// [`Report`](crate::Report), [`cancelled`](crate::Report::cancelled) is true.
    ///
    /// # Panics
    ///
    /// A signal that panics counts as ready; the panic is among the failures, and resumes in `run`.
    ///
    /// # Cancel safety
    ///
    /// If the scope's future is dropped, so is the signal. A scope within the body is dropped with the body when the
    /// signal of the outer one fires: give one signal to the outermost scope alone.
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::{Scope, ScopeError, ScopeErrorKind};
    ///
    /// # futures::executor::block_on(async {
    /// let (stop, stopped) = futures::channel::oneshot::channel::<()>();
    /// let server = Scope::new(()).until(stopped).run(async |()| {
    ///     stop.send(()).ok();
    ///     std::future::pending::<anyhow::Result<()>>().await
    /// });
    /// let error = server.await.unwrap_err();
    /// assert_eq!(error.downcast_ref::<ScopeError>().unwrap().kind(), ScopeErrorKind::Cancelled);
    /// assert_eq!(error.to_string(), "the scope was cancelled");
    /// # });
    /// ```
    #[doc(alias = "shutdown")]
    #[doc(alias = "cancel")]
    pub fn until<S2: Future>(self, signal: S2) -> Scope<R, S2, F> {
        Scope { resource: self.resource, signal: Some(signal), on_drop: self.on_drop, observer: self.observer }
    }

    /// Sets what becomes of the members when the scope's future is dropped.
    pub(crate) fn with_on_drop<G: OnDrop<R>>(self, on_drop: G) -> Scope<R, S, G> {
        Scope { resource: self.resource, signal: self.signal, on_drop, observer: self.observer }
    }

    /// Records on this timeline when each member is entered and exited, what failed, and who is still at it.
    ///
    /// While the scope hangs, [`Timeline::in_flight`](crate::Timeline::in_flight) tells from any thread who is at work.
    /// The timeline only looks on: it changes neither what happens nor what is told of it, and the last one that is
    /// given counts.
    ///
    /// A member has its row from when it begins to enter, with the path and the name that it has in a
    /// [`Failure`](crate::Failure); one that never begins has none. Members of an [`ExitStack`](crate::ExitStack) or
    /// [`ExitPool`](crate::ExitPool) in the scope have theirs, too, and have their position when they are in. What is
    /// moved out of one is observed by the scope that it goes to, if that is observed. A scope that goes on keeps the
    /// rows of all that entered: where members come and go for long, observe shorter scopes.
    ///
    /// Scopes that are observed by one timeline stand on it one after the other. A scope within the body is not
    /// observed with the outer one; give it the same timeline.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the timeline shows what was dropped in flight, and what was abandoned, or goes on with
    /// what a reaper finishes; then the scope is closed there.
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::{ResourceExt, Scope, Timeline, defer};
    ///
    /// # futures::executor::block_on(async {
    /// let timeline = Timeline::new();
    /// let lock = defer(async |_| Err("the lock is stuck".into())).named("lock");
    /// let failed = Scope::new((lock, ())).observe(&timeline).run(async |_| anyhow::Ok(())).await;
    /// assert!(failed.is_err());
    /// assert!(timeline.to_string().contains("could not exit [0] lock: the lock is stuck"));
    /// # });
    /// ```
    #[cfg(feature = "timeline")]
    #[cfg_attr(docsrs, doc(cfg(feature = "timeline")))]
    pub fn observe(mut self, timeline: &crate::Timeline) -> Self {
        self.observer.timeline = Some(timeline.clone());
        self
    }
}
