//! The ways to run a scope.

use super::drive::drive;
use super::verdict::{Hidden, Lent};
use super::{OnDrop, Scope};
use crate::body::{Local, SendBody, Spawnable};
use crate::error::{BodyError, BoxError, KeptAsText, ScopeError};
use crate::report::Report;
use crate::resource::Resource;
use alloc::boxed::Box;
use alloc::format;
use core::convert::identity;
use core::fmt;
use core::marker::PhantomData;

impl<R: Resource, S: Future, F: OnDrop<R>> Scope<R, S, F> {
    /// Enters, runs the body, exits, and returns what the body returned.
    ///
    /// The body is an async closure, or an `async fn`, over `&mut` the guard: it may borrow from the guard and from its
    /// environment, and the guard cannot leave it (law `borrow`).
    ///
    /// Several scopes in one `join!` or `select!`: wrap each as `async { scope.await }`, or incremental builds can
    /// [crash the compiler](crate::when_it_does_not_compile).
    ///
    /// # Errors
    ///
    /// With clean exits, the body's error as it is (`untouched-body`). Otherwise a [`ScopeError`], turned into the
    /// body's error type, with every failure in it: of kind `Enter` if the body never ran, `Exit` if it succeeded,
    /// `BodyAndExit` if it failed too, `Cancelled` if the signal of [`until`](Self::until) fired.
    ///
    /// # Panics
    ///
    /// Resumes a panic once every exit has ended (`panic-last`): the body's, else the earliest of a member.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, nothing can be awaited any more: enters and exits in flight are dropped
    /// ([`exit_dropped`](Resource::exit_dropped) is called for the exits), the body is dropped, and every member that
    /// entered and whose exit has not begun is [abandoned](Resource::abandon), in reverse member order (law
    /// `drop-any-time`). With [`on`](Self::on) they are exited instead. If a drop or an `abandon` panics, the others
    /// are done all the same, and then the first panic resumes, unless the thread is panicking already.
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::Scope;
    ///
    /// # futures::executor::block_on(async {
    /// let answer = Scope::new(()).run(async |()| anyhow::Ok(42)).await?;
    /// assert_eq!(answer, 42);
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    #[must_use = "a scope does nothing unless it is awaited"]
    pub fn run<'a, T, E, B>(self, body: B) -> impl Future<Output = Result<T, E>> + Send + 'a
    where
        R: 'a,
        S: Send + 'a, // a signal that is not `Send` needs `run_local`
        F: 'a,
        T: Send + 'a, // the body's value; one that is not `Send` needs `run_local`
        E: BodyError, // not inferred? End the body in `anyhow::Ok(..)`, or state it: `async |guard| -> Result<_, E>`
        for<'r> B: SendBody<&'r mut R::Guard, Result<T, E>> + 'a, // `async |guard| {..}`, not `|guard| async {..}`
    {
        drive(self, Spawnable(body), Lent(Into::into), Report::into_result)
    }

    /// Does what [`run`](Self::run) does, and asks the members for their votes: `Ok(None)` stands for a body that
    /// failed with an error that an exit said is handled, by [`Cause::suppress`](crate::Cause::suppress).
    ///
    /// One vote is enough, of a member of a nested group, too; no vote is a no. [`suppress`](crate::suppress()) makes a
    /// member that votes for errors of a type.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run). A failed exit outweighs every vote, and only the body's error can be suppressed: a member
    /// that does not enter, a panic and a cancellation cannot.
    ///
    /// # Panics
    ///
    /// As [`run`](Self::run).
    ///
    /// # Cancel safety
    ///
    /// As [`run`](Self::run): if the future is dropped, what entered is abandoned, or exited on the reaper.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{fs, io};
    /// use withal::{BoxError, Scope, suppress};
    ///
    /// # futures::executor::block_on(async {
    /// let text = Scope::new(suppress::<io::Error>())
    ///     .run_or_suppress(async |()| Ok::<_, BoxError>(fs::read_to_string("/no/such/file")?))
    ///     .await?;
    /// assert_eq!(text, None);
    /// # Ok::<_, BoxError>(()) }).unwrap();
    /// ```
    #[must_use = "a scope does nothing unless it is awaited"]
    pub fn run_or_suppress<'a, T, E, B>(self, body: B) -> impl Future<Output = Result<Option<T>, E>> + Send + 'a
    where
        R: 'a,
        S: Send + 'a, // a signal that is not `Send` needs `run_local`
        F: 'a,
        T: Send + 'a, // the body's value; one that is not `Send` needs `run_local`
        E: BodyError, // not inferred? End the body in `anyhow::Ok(..)`, or state it: `async |guard| -> Result<_, E>`
        for<'r> B: SendBody<&'r mut R::Guard, Result<T, E>> + 'a, // `async |guard| {..}`, not `|guard| async {..}`
    {
        drive(self, Spawnable(body), Lent(Into::into), Report::into_result_or_suppressed)
    }

    /// Does what [`run`](Self::run) does, for a body that is not `Send`.
    ///
    /// Its future is awaited where it was made, or runs on a single-threaded executor. Exits are told of the body's
    /// error by the name of its type only.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run). A body's error that comes with failures of exits is kept as its `Debug` text, as it need
    /// not be `Send`.
    ///
    /// # Panics
    ///
    /// As [`run`](Self::run).
    ///
    /// # Cancel safety
    ///
    /// As [`run`](Self::run): if the future is dropped, what entered is abandoned, or exited on the reaper.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::rc::Rc;
    /// use withal::Scope;
    ///
    /// # futures::executor::block_on(async {
    /// let count = Rc::new(1);
    /// let twice = Scope::new(())
    ///     .run_local(async |()| {
    ///         let count = Rc::clone(&count);
    ///         std::future::ready(()).await;
    ///         anyhow::Ok(*count * 2)
    ///     })
    ///     .await?;
    /// assert_eq!(twice, 2);
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    #[must_use = "a scope does nothing unless it is awaited"]
    pub fn run_local<'a, T, E, B>(self, body: B) -> impl Future<Output = Result<T, E>> + 'a
    where
        R: 'a,
        S: 'a,
        F: 'a,
        T: 'a,
        E: From<ScopeError> + fmt::Debug + 'static, // not inferred, or not fit? End the body in `anyhow::Ok(..)`
        B: AsyncFnOnce(&mut R::Guard) -> Result<T, E> + 'a, // `async |guard| {..}`, not `|guard| async {..}`
    {
        drive(self, Local(body), Hidden(PhantomData), Report::into_local_result)
    }

    /// Runs a body that is not `Send`, and asks the members for their votes: an exit can vote that the body's error is
    /// handled. Returns `None` for an error that was suppressed.
    ///
    /// The future is not `Send`. The exits get the name of the type of the body's error only, so
    /// [`suppress`](crate::suppress()), which looks for an error, never votes here. A member of your own can, by
    /// [`Cause::suppress`](crate::Cause::suppress).
    ///
    /// # Errors
    ///
    /// The body's error, if no exit voted for it, or a [`ScopeError`] made into `E`. A failed exit outweighs every
    /// vote, and only the body's error can be suppressed: a member that does not enter, a panic and a cancellation
    /// cannot.
    ///
    /// # Panics
    ///
    /// Resumes the earliest panic of the body or of a member, when every exit has ended.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the members that entered are abandoned, or exited on the reaper.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::rc::Rc;
    /// use withal::{Outcome, Scope, defer};
    ///
    /// # futures::executor::block_on(async {
    /// let tolerant = defer(async |outcome| {
    ///     if let Outcome::Failed(cause) = outcome {
    ///         cause.suppress();
    ///     }
    ///     Ok(())
    /// });
    /// let reason = Rc::new("no luck");
    /// let nothing = Scope::new(tolerant)
    ///     .run_or_suppress_local(async |()| {
    ///         let reason = Rc::clone(&reason);
    ///         std::future::ready(()).await;
    ///         Err::<(), _>(anyhow::anyhow!(*reason))
    ///     })
    ///     .await?;
    /// assert_eq!(nothing, None);
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    #[must_use = "a scope does nothing unless it is awaited"]
    pub fn run_or_suppress_local<'a, T, E, B>(self, body: B) -> impl Future<Output = Result<Option<T>, E>> + 'a
    where
        R: 'a,
        S: 'a,
        F: 'a,
        T: 'a,
        E: From<ScopeError> + fmt::Debug + 'static, // not inferred, or not fit? End the body in `anyhow::Ok(..)`
        B: AsyncFnOnce(&mut R::Guard) -> Result<T, E> + 'a, // `async |guard| {..}`, not `|guard| async {..}`
    {
        drive(self, Local(body), Hidden(PhantomData), Report::into_local_result_or_suppressed)
    }

    /// Enters, runs the body, exits, and hands over everything that happened (law `nothing-lost`).
    ///
    /// # Errors
    ///
    /// None: what went wrong is in the [`Report`]. The body's error can be of any type that is `Debug + Send + Sync`.
    /// If nothing in the body says which, its end does: `Ok::<_, Infallible>(..)`.
    ///
    /// # Panics
    ///
    /// Resumes none: a panic of the body is in `Report::panic`, a member's among `Report::failures`.
    ///
    /// # Cancel safety
    ///
    /// As [`run`](Self::run): if the future is dropped, what entered is abandoned, or exited on the reaper.
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::Scope;
    ///
    /// # futures::executor::block_on(async {
    /// let report = Scope::new(()).report(async |()| Err::<(), _>("no luck")).await;
    /// assert_eq!(report.body, Some(Err("no luck")));
    /// assert!(report.failures.is_empty());
    /// # });
    /// ```
    #[must_use = "a scope does nothing unless it is awaited"]
    pub fn report<'a, T, E, B>(self, body: B) -> impl Future<Output = Report<T, E>> + Send + 'a
    where
        R: 'a,
        S: Send + 'a, // a signal that is not `Send` needs `report_local`
        F: 'a,
        T: Send + 'a, // the body's value; one that is not `Send` needs `report_local`
        E: fmt::Debug + Send + Sync + 'static, // not inferred? End the body in `anyhow::Ok(..)`
        for<'r> B: SendBody<&'r mut R::Guard, Result<T, E>> + 'a, // `async |guard| {..}`, not `|guard| async {..}`
    {
        drive(self, Spawnable(body), Lent(as_text), identity)
    }

    /// Does what [`report`](Self::report) does, for a body that is not `Send`.
    ///
    /// # Cancel safety
    ///
    /// As [`run`](Self::run): if the future is dropped, what entered is abandoned, or exited on the reaper.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::rc::Rc;
    /// use withal::Scope;
    ///
    /// # futures::executor::block_on(async {
    /// let report = Scope::new(()).report_local(async |()| Ok::<_, ()>(Rc::new(1))).await;
    /// assert_eq!(report.body, Some(Ok(Rc::new(1))));
    /// # });
    /// ```
    #[must_use = "a scope does nothing unless it is awaited"]
    pub fn report_local<'a, T, E, B>(self, body: B) -> impl Future<Output = Report<T, E>> + 'a
    where
        R: 'a,
        S: 'a,
        F: 'a,
        T: 'a,
        E: fmt::Debug + 'static, // not inferred? End the body in `anyhow::Ok(..)`
        B: AsyncFnOnce(&mut R::Guard) -> Result<T, E> + 'a, // `async |guard| {..}`, not `|guard| async {..}`
    {
        drive(self, Local(body), Hidden(PhantomData), identity)
    }
}

/// The error of a body that need not be an error.
fn as_text<E: fmt::Debug>(error: E) -> BoxError {
    Box::new(KeptAsText(format!("{error:?}")))
}
