//! The [`Scope`] builder. `run.rs` and `run_or.rs` have the ways to run a scope, and `drive.rs` the order of events;
//! `open.rs` opens one that is owned.

#[expect(unnameable_types, reason = "what nobody can name, nobody can call or override")]
mod body_error;
mod drive;
#[expect(unnameable_types, reason = "what nobody can name, nobody can call or override")]
mod driver;
mod end;
mod open;
mod run;
mod run_or;
mod values;

pub(crate) use body_error::{OwnedOutcome, SharedError};
pub(crate) use driver::Driver;
pub(crate) use driver::sealed;
pub use driver::{Abandon, OnDrop};

use crate::observe::{Observe, Observer};
use crate::resource::Resource;
use crate::signal::{NoSignal, SignalPair};
use core::fmt;

/// A scope over a resource, with options, ready to run a body.
///
/// All members are entered concurrently (law [`concurrent-enter`](crate::laws#concurrent-enter)), and the body runs if
/// and only if all of them entered ([`all-or-none`](crate::laws#all-or-none)). Then all members that entered are exited
/// concurrently ([`concurrent-exit`](crate::laws#concurrent-exit)), whatever happened in between. The scope returns
/// after the last exit has ended ([`wait-for-exits`](crate::laws#wait-for-exits)).
///
/// Without options [`resource.scope(body)`](crate::ResourceExt::scope) is shorter. With options, call
/// [`Scope::new(resource)`](Self::new), then any of these options, and then one of the ways to run it:
///
/// - [`until(signal)`](Self::until) cancels the scope when a future is ready: Ctrl-C, a token, a timer. Every exit is
///   awaited.
/// - [`abandon_on(signal)`](Self::abandon_on) gives up when a future is ready: the second Ctrl-C.
/// - [`on(&reaper)`](Self::on) finishes the scope on a runtime if its future is dropped.
/// - [`observe(&observer)`](Self::observe) passes what begins and ends to an observer, such as a `Timeline`.
///
/// The ways to run it differ in what they return:
///
/// - [`run(body)`](Self::run): the body's value, or one error.
/// - [`run_or_cancelled(body)`](Self::run_or_cancelled): the same, and `None` after an orderly stop.
/// - [`run_or_suppress(body)`](Self::run_or_suppress): the same, and `None` if a member handled the body's error.
/// - [`report(body)`](Self::report): a [`Report`](crate::Report) of everything that happened.
/// - [`open()`](Self::open): an [`Opened`](crate::Opened), which is up without a body.
///
/// `run_local` and others with that ending take a body that is not `Send`.
///
/// <!-- Code in tables is not broken within words on narrow screens. -->
/// <style>.docblock td code { overflow-wrap: normal }</style>
///
/// # Order
///
/// Enters are first polled in member order, exits in reverse ([`reverse-start`](crate::laws#reverse-start)). Later
/// rounds of a group begin with another member in turn, so that none starves the others ([`fair`](crate::laws#fair)).
/// If an enter fails, the enters in flight run to completion ([`settle`](crate::laws#settle)), or are dropped under
/// [`fail_fast`](crate::ResourceExt::fail_fast); then all members that entered are exited
/// ([`roll-back`](crate::laws#roll-back)). Guards are in member order, whatever order they arrived in
/// ([`member-order`](crate::laws#member-order)). The body, and everything that it captured, is dropped before the first
/// exit starts ([`body-between`](crate::laws#body-between)).
///
/// # Examples
///
/// ```
/// use std::convert::Infallible;
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
pub struct Scope<R, S = NoSignal, F = Abandon, A = NoSignal> {
    /// Always `Some` until the resource is dropped or passed to a reaper.
    resource: Option<R>,
    signals: SignalPair<S, A>,
    on_drop: F,
    observer: Observer,
}

impl<R: fmt::Debug, S, F, A> fmt::Debug for Scope<R, S, F, A> {
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
        Self {
            resource: Some(resource),
            signals: SignalPair { until: None, abandon: None },
            on_drop: Abandon,
            observer: Observer::default(),
        }
    }
}

/// A scope with options, in any combination: a signal `S` that cancels it, a signal `A` that abandons it, and `F`,
/// which handles the members if the future is dropped.
impl<R: Resource, S: Future, F: OnDrop<R>, A: Future> Scope<R, S, F, A> {
    /// Cancels the scope when this future is ready; its output is ignored (law [`until`](crate::laws#until)).
    ///
    /// The signal is any future: a timer, ctrl-c, a token's `cancelled()`. An output that is an error counts, too, as
    /// that of a channel whose sender was dropped. A second call replaces the signal.
    ///
    /// # Order
    ///
    /// The signal is polled before the first enter, and before the first poll of the body. In every later poll it is
    /// polled first, and then the body or the enters. So a body or an enter that is always busy cannot hide it, and is
    /// polled at most once more after it fires (law [`signal-is-heard`](crate::laws#signal-is-heard)). If the body ends
    /// in that poll, its result counts, and the scope is not cancelled. A member whose enter succeeds in that poll is
    /// exited with its guard; an enter that fails in that poll ends the scope. The signal is not polled again once it
    /// is ready. A poll that never ends cannot be interrupted: a body that loops without ever being pending, for
    /// example on a channel that always has an item and does not cooperate with the runtime's budget, has to yield now
    /// and then.
    ///
    /// Members that are entered from the start, as those of a filled [`ExitStack`](crate::ExitStack), are exited by
    /// awaiting in every case.
    ///
    /// | ready | what happens |
    /// |---|---|
    /// | before anything | nothing is entered |
    /// | while members are entered | the enters in flight settle (under `fail_fast` they are dropped), all members that entered are exited, the body does not run |
    /// | while the body runs | the scopes within the body are cancelled and awaited, the body is dropped, all members are exited |
    /// | while members are exited | nothing changes: no exit is cut, unless by [`abandon_on`](Self::abandon_on) |
    ///
    /// A function in the body can run scopes of its own: a body that is given up is polled until all scopes within it,
    /// and all regions in [`shield`](crate::shield), have ended, and only then dropped (laws
    /// [`nested-until`](crate::laws#nested-until), [`shielded`](crate::laws#shielded)). The page [When the future is
    /// dropped](crate::when_the_future_is_dropped#scopes-within-the-body) describes how.
    ///
    /// Exits receive the outcome `Cancelled`. The scope is not `Cancelled` if a member failed before the ready signal
    /// was polled, or in that poll, because that failure ended the scope. Neither is it if the signal fires only during
    /// the exits.
    ///
    /// # Errors
    ///
    /// `run` returns a [`ScopeError`](crate::ScopeError) of kind `Cancelled`, with the failures after that;
    /// [`run_or_cancelled`](Self::run_or_cancelled) returns `Ok(None)` if there are none. In a
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
    pub fn until<S2: Future>(self, signal: S2) -> Scope<R, S2, F, A> {
        let Self { resource, signals, on_drop, observer } = self;
        let signals = SignalPair { until: Some(signal), abandon: signals.abandon };
        Scope { resource, signals, on_drop, observer }
    }

    /// Abandons the scope when this future is ready, in whatever phase it is, and says who hung: the second Ctrl-C (law
    /// [`abandon-on`](crate::laws#abandon-on)). Its output is ignored.
    ///
    /// [`until`](Self::until) waits for every exit, and an exit can hang. When this signal fires, nothing is awaited
    /// any more: the enters and exits in flight are dropped ([`exit_dropped`](Resource::exit_dropped) is called for the
    /// exits), the body is dropped, and every member that is in and whose exit has not begun is
    /// [abandoned](Resource::abandon), in reverse member order. A member is exited once, or abandoned once, as ever
    /// ([`exactly-once`](crate::laws#exactly-once)). Then the scope returns. In contrast to a drop of the scope's
    /// future, there is a result.
    ///
    /// | ready | what happens | kind of the [`ScopeError`](crate::ScopeError) |
    /// |---|---|---|
    /// | before anything | nothing is entered | `Cancelled` |
    /// | while members are entered | the enters in flight are dropped, members that entered are abandoned, the body does not run | `Cancelled`, or `Enter` if an enter had failed before |
    /// | while the body runs | the body is dropped, and all members are abandoned | `Cancelled` |
    /// | while the body, which is given up, waits for the scopes within it | the body is dropped with them, and all members are abandoned | as if the scopes had ended |
    /// | while members are exited | the exits in flight are dropped, and the other members are abandoned | as if these exits had failed: `Exit`, or `BodyAndExit`, `Cancelled`, `Enter` or `MemberFailed` |
    ///
    /// The value and the error of a body that had ended are in the [`Report`](crate::Report), as ever
    /// ([`nothing-lost`](crate::laws#nothing-lost)).
    ///
    /// It can be combined with every other option, and needs no [`until`](Self::until). With [`on`](Self::on), the
    /// members are abandoned where they are, and nothing is passed to the reaper. The work of members is dropped. What
    /// the body holds is dropped with it: the scopes within it, whose members are abandoned, or finished on a reaper of
    /// their own, and regions in [`shield`](crate::shield), which a drop does not heed. Members that are entered from
    /// the start, as those of a filled [`ExitStack`](crate::ExitStack), are abandoned, too.
    ///
    /// A scope that is [opened](Self::open) keeps the signal until it is closed. It is polled in `open`, and then in
    /// [`close`](crate::Opened::close): nobody polls it in between, so a signal that fires meanwhile is acted on at the
    /// beginning of `close`, which abandons all members. If the [`Opened`](crate::Opened) is dropped, so is the signal.
    ///
    /// # Order
    ///
    /// The signal is polled before the first enter. In every later poll of the scope it is polled first, before the
    /// signal of [`until`](Self::until), and then what it ends, once more (law
    /// [`signal-is-heard`](crate::laws#signal-is-heard)). If all exits end in that poll, nothing is abandoned. If the
    /// body ends in that poll, its result counts, and the members are abandoned. The signal is not polled again once it
    /// is ready. A second call of `abandon_on` replaces the signal.
    ///
    /// # Errors
    ///
    /// The failures name each member whose enter or exit was dropped, and each that was abandoned. Their errors are
    /// [`Abandoned`](crate::Abandoned); the [phase](crate::Failure::phase) is `Enter` if the enter was dropped, and
    /// otherwise `Exit`. [`Abandoned::was_in_flight`](crate::Abandoned::was_in_flight) tells those that hung from those
    /// that were up. What only the body was doing is not named: the members of the scopes within it, and a resource
    /// that it was entering into a stack or pool.
    ///
    /// # Panics
    ///
    /// A signal that panics counts as ready; the panic is among the failures, and resumes in `run`. So do panics of
    /// what is dropped, of `exit_dropped` and of `abandon`, after all others have run (law
    /// [`panic-anywhere`](crate::laws#panic-anywhere)).
    ///
    /// # Cancel safety
    ///
    /// If the scope's future is dropped, so is the signal.
    ///
    /// # Examples
    ///
    /// ```
    /// use futures::channel::oneshot;
    /// use withal::{Abandoned, ResourceExt, Scope, defer};
    ///
    /// # futures::executor::block_on(async {
    /// let (first, stop) = oneshot::channel::<()>();
    /// let (second, give_up) = oneshot::channel::<()>();
    /// let database = defer(async |_| Ok(())).named("postgres");
    /// let cache = defer(async |_| {
    ///     second.send(()).ok(); // Ctrl-C again, as this takes too long
    ///     std::future::pending().await
    /// });
    /// let members = (database, cache.named("redis"));
    /// let scope = Scope::new(members).until(stop).abandon_on(give_up).report(async |_| {
    ///     first.send(()).ok(); // Ctrl-C
    ///     std::future::pending::<anyhow::Result<()>>().await
    /// });
    /// let report = scope.await;
    /// assert!(report.cancelled);
    /// let words = "could not exit [1] redis: its exit was cut: the scope was abandoned";
    /// assert_eq!(report.failures.to_string(), words);
    /// assert!(report.failures.first().unwrap().error().is::<Abandoned>());
    /// # });
    /// ```
    #[doc(alias = "kill")]
    #[doc(alias = "force")]
    pub fn abandon_on<A2: Future>(self, signal: A2) -> Scope<R, S, F, A2> {
        let Self { resource, signals, on_drop, observer } = self;
        let signals = SignalPair { until: signals.until, abandon: Some(signal) };
        Scope { resource, signals, on_drop, observer }
    }

    /// Sets what happens to the members when the scope's future is dropped.
    pub(crate) fn with_on_drop<G: OnDrop<R>>(self, on_drop: G) -> Scope<R, S, G, A> {
        let Self { resource, signals, on_drop: _, observer } = self;
        Scope { resource, signals, on_drop, observer }
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
