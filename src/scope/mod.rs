//! The [`Scope`] builder. `run.rs` has the ways to run a scope, and `drive.rs` the order of events; `open.rs` opens one
//! that is owned.

#[expect(unnameable_types, reason = "what nobody can name, nobody can call or override")]
mod body_error;
mod drive;
#[expect(unnameable_types, reason = "what nobody can name, nobody can call or override")]
mod driver;
mod open;
mod run;
mod signal;

pub(crate) use body_error::{OwnedOutcome, SharedError};
pub(crate) use driver::Driver;
pub(crate) use driver::sealed;
pub use driver::{Abandon, OnDrop};
pub use signal::NoSignal;

use crate::observe::{Observe, Observer};
use crate::resource::Resource;
use core::fmt;

/// A scope over a resource, ready to run a body.
///
/// All members are entered concurrently (law `concurrent-enter`), and the body runs if and only if all of them entered
/// (`all-or-none`). Then all members that entered are exited concurrently (`concurrent-exit`), whatever happened in
/// between. The scope returns after the last exit has ended (`wait-for-exits`).
///
/// # Order
///
/// Enters are first polled in member order, exits in reverse (`reverse-start`). Later rounds of a group begin with
/// another member in turn, so that none starves the others (`fair`). If an enter fails, the enters in flight run to
/// completion (`settle`), or are dropped under [`fail_fast`](crate::ResourceExt::fail_fast); then all members that
/// entered are exited (`roll-back`). Guards are in member order, whatever order they arrived in (`member-order`). The
/// body, and everything that it captured, is dropped before the first exit starts (`body-between`).
///
/// # Examples
///
/// ```
/// # use std::convert::Infallible;
/// use withal::{Outcome, OutcomeKind, Resource, Scope};
///
/// /// Records the outcomes that its exit received.
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
#[must_use = "a scope enters nothing until one of its `run` or `report` methods is called and awaited, or `open`"]
pub struct Scope<R, S = NoSignal, F = Abandon> {
    /// Always `Some` until the resource is dropped or passed to a reaper.
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

/// A scope with options, in any combination: a signal `S`, and `F`, which handles the members if the future is dropped.
impl<R: Resource, S: Future, F: OnDrop<R>> Scope<R, S, F> {
    /// Cancels the scope when this future is ready; its output is ignored (law `until`).
    ///
    /// The signal is any future: a timer, ctrl-c, a token's `cancelled()`. An output that is an error counts, too, as
    /// that of a channel whose sender was dropped. A second call replaces the signal.
    ///
    /// # Order
    ///
    /// The signal is polled before the first enter, and before the first poll of the body. In every later poll it is
    /// polled first, and then the body or the enters. So a body or an enter that is always busy cannot hide it, and is
    /// polled at most once more after it fires (law `signal-is-heard`). If the body ends in that poll, its result
    /// counts, and the scope is not cancelled. A member whose enter succeeds in that poll is exited with its guard; an
    /// enter that fails in that poll ends the scope. The signal is not polled again once it is ready. A poll that never
    /// ends cannot be interrupted: a body that loops without ever being pending, for example on a channel that always
    /// has an item and does not cooperate with the runtime's budget, has to yield now and then.
    ///
    /// Members that are entered from the start, as those of a filled [`ExitStack`](crate::ExitStack), are exited by
    /// awaiting in every case.
    ///
    /// | ready | what happens |
    /// |---|---|
    /// | before anything | nothing is entered |
    /// | while members are entered | the enters in flight settle (under `fail_fast` they are dropped), all members that entered are exited, the body does not run |
    /// | while the body runs | the scopes within the body are cancelled and awaited, the body is dropped, all members are exited |
    /// | while members are exited | nothing changes: exits are never cut |
    ///
    /// A function in the body can run scopes of its own: a body that is given up is polled until all scopes within it,
    /// and all regions in [`shield`](crate::shield), have ended, and only then dropped (laws `nested-until`,
    /// `shielded`). The page [When the future is dropped](crate::when_the_future_is_dropped#scopes-within-the-body)
    /// describes how.
    ///
    /// Exits receive the outcome `Cancelled`. The scope is not `Cancelled` if a member failed before the ready signal
    /// was polled, or in that poll, because that failure ended the scope. Neither is it if the signal fires only during
    /// the exits.
    ///
    /// # Errors
    ///
    /// `run` returns a [`ScopeError`](crate::ScopeError) of kind `Cancelled`, with the failures after that. In a
    /// [`Report`](crate::Report), [`cancelled`](crate::Report::cancelled) is `true`.
    ///
    /// # Panics
    ///
    /// A signal that panics counts as ready; the panic is among the failures, and resumes in `run`.
    ///
    /// # Cancel safety
    ///
    /// If the scope's future is dropped, so is the signal.
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

    /// Sets what happens to the members when the scope's future is dropped.
    pub(crate) fn with_on_drop<G: OnDrop<R>>(self, on_drop: G) -> Scope<R, S, G> {
        Scope { resource: self.resource, signal: self.signal, on_drop, observer: self.observer }
    }

    /// Passes the events of the scope to this observer: when the scope, its body and each enter and exit begin and end.
    ///
    /// The observer is a [`Timeline`](crate::Timeline), or any other [`Observe`], which describes the order of the
    /// events. The scope keeps a clone of it: pass an `Arc` of one that cannot be cloned. Observing does not change
    /// what the scope does or returns. If `observe` is called twice, the last observer is used. To use two, pass a
    /// pair: `.observe(&(timeline.clone(), Arc::clone(&progress)))`.
    ///
    /// The members have the path and the name that they have in a [`Failure`](crate::Failure). A member that never
    /// starts has no event. Members of an [`ExitStack`](crate::ExitStack) or [`ExitPool`](crate::ExitPool) in the scope
    /// are observed, too, and get their position once they have entered. A member that is moved out of a set is
    /// observed by the scope that it moves to, if that scope has an observer. A scope remembers every member that ever
    /// entered; if members come and go for hours, observe shorter scopes.
    ///
    /// Observing a scope does not observe the scopes within its body: pass them the same observer.
    ///
    /// # Panics
    ///
    /// A panic of the observer is caught and ignored, as [`Observe`] describes.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the observer receives which calls were dropped in flight and which members were
    /// abandoned, or the further events while a reaper finishes the scope. Then it receives the end of the scope.
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
    #[doc(alias = "trace")]
    #[doc(alias = "progress")]
    pub fn observe<O: Observe + Clone + 'static>(mut self, observer: &O) -> Self {
        self.observer = Observer::new(observer.clone());
        self
    }
}
