//! The ways to run a scope.

use super::body_error::{ByReference, ByTypeName};
use super::drive::{Finish, drive};
use super::{OnDrop, Scope};
use crate::body::{LocalBody, SendBody, SpawnableBody};
use crate::error::{BodyError, BoxError, KeptAsText, ScopeError};
use crate::report::Report;
use crate::resource::Resource;
use alloc::boxed::Box;
use alloc::format;
use core::convert::identity;
use core::fmt;

impl<R: Resource, S: Future, F: OnDrop<R>, A: Future> Scope<R, S, F, A> {
    /// Enters, runs the body, exits, and returns what the body returned.
    ///
    /// The body is an async closure or an `async fn` that takes `&mut` the guard. It may borrow from the guard and from
    /// its environment, and the guard cannot leave it (law [`borrow`](crate::laws#borrow)).
    ///
    /// If several scopes run in one `join!` or `select!`, wrap each as `async { scope.await }`. Otherwise incremental
    /// builds can [crash the compiler](crate::when_it_does_not_compile).
    ///
    /// # Errors
    ///
    /// If the exits succeed, the body's error as it is ([`untouched-body`](crate::laws#untouched-body)). Otherwise a
    /// [`ScopeError`], converted into the body's error type, with every failure in it: of kind `Enter` if the body
    /// never ran, `Exit` if it succeeded, `BodyAndExit` if it failed, too, `Cancelled` if the signal of
    /// [`until`](Self::until) fired.
    ///
    /// # Panics
    ///
    /// Resumes a panic once every exit has ended ([`panic-last`](crate::laws#panic-last)): the body's, or else the
    /// earliest of a member.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, enters and exits in flight are dropped ([`exit_dropped`](Resource::exit_dropped) is
    /// called for the exits), the body is dropped, and every member that entered and whose exit has not begun is
    /// [abandoned](Resource::abandon), in reverse member order (law [`drop-any-time`](crate::laws#drop-any-time)). With
    /// [`on`](Self::on) they are exited instead. If a drop or an `abandon` panics, the others still run, and then the
    /// first panic resumes, unless the thread is panicking already.
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
        A: Send + 'a,
        T: Send + 'a, // the body's value; one that is not `Send` needs `run_local`
        E: BodyError, // not inferred? End the body in `anyhow::Ok(..)`, or state it: `async |guard| -> Result<_, E>`
        for<'r> B: SendBody<&'r mut R::Guard, Result<T, E>> + 'a, // `async |guard| {..}`, not `|guard| async {..}`
    {
        drive::<ByReference<E>, _, _, _, _, _, _, _>(
            self,
            SpawnableBody(body),
            Into::into,
            Finish { clean: Ok, report: Report::into_result },
        )
    }

    /// Enters, runs the body, exits, and lets the members suppress the body's error: returns `Ok(None)` if the body
    /// failed and an exit voted that the error is handled, by [`Cause::suppress`](crate::Cause::suppress).
    ///
    /// One vote is enough, also of a member of a nested group. There is no vote against it.
    /// [`suppress`](crate::suppress()) creates a member that votes for errors of one type. Everything else is as under
    /// [`run`](Self::run).
    ///
    /// # Errors
    ///
    /// The body's error, if no exit voted for it, or a [`ScopeError`] converted into `E`. A failed exit outweighs every
    /// vote, and only the body's error can be suppressed: a failed enter, a panic and a cancellation cannot.
    ///
    /// # Panics
    ///
    /// Resumes a panic once every exit has ended: the body's, or else the earliest of a member.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the members that entered are abandoned, or exited on the reaper.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{fs, io};
    /// use withal::{BoxError, Scope, suppress};
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), BoxError> {
    ///     let text = Scope::new(suppress::<io::Error>())
    ///         .run_or_suppress(async |()| Ok::<_, BoxError>(fs::read_to_string("/no/such/file")?))
    ///         .await?;
    ///     assert_eq!(text, None);
    ///     Ok(())
    /// }
    /// ```
    #[must_use = "a scope does nothing unless it is awaited"]
    pub fn run_or_suppress<'a, T, E, B>(self, body: B) -> impl Future<Output = Result<Option<T>, E>> + Send + 'a
    where
        R: 'a,
        S: Send + 'a, // a signal that is not `Send` needs `run_or_suppress_local`
        F: 'a,
        A: Send + 'a,
        T: Send + 'a, // the body's value; one that is not `Send` needs `run_or_suppress_local`
        E: BodyError, // not inferred? End the body in `anyhow::Ok(..)`, or state it: `async |guard| -> Result<_, E>`
        for<'r> B: SendBody<&'r mut R::Guard, Result<T, E>> + 'a, // `async |guard| {..}`, not `|guard| async {..}`
    {
        drive::<ByReference<E>, _, _, _, _, _, _, _>(
            self,
            SpawnableBody(body),
            Into::into,
            Finish { clean: or_none, report: Report::into_result_or_suppressed },
        )
    }

    /// Enters, runs the body, exits, and returns `Ok(None)` if the signal of [`until`](Self::until) cancelled the scope
    /// and nothing failed: an orderly stop is no error.
    ///
    /// A stop is orderly if the body was dropped, or never ran, and every exit succeeded. The body around this scope
    /// cancels it, too, when it is given up. Then this scope does not return into that body, and has nothing to return
    /// there; a scope that was moved out of that body returns `Ok(None)`. Everything else is as under
    /// [`run`](Self::run).
    ///
    /// # Errors
    ///
    /// The body's error as it is, or a [`ScopeError`] converted into `E`. If the scope was cancelled, and an enter or
    /// an exit failed after that, that is a `ScopeError` of kind `Cancelled`, with the failures in it. A scope that the
    /// signal of [`abandon_on`](Self::abandon_on) ended is an error in any case.
    ///
    /// # Panics
    ///
    /// Resumes a panic once every exit has ended: the body's, or else the earliest of a member or of the signal.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the members that entered are abandoned, or exited on the reaper.
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::Scope;
    ///
    /// # futures::executor::block_on(async {
    /// let (stop, stopped) = futures::channel::oneshot::channel::<()>();
    /// let server = Scope::new(()).until(stopped).run_or_cancelled(async |()| {
    ///     stop.send(()).ok();
    ///     std::future::pending::<anyhow::Result<u32>>().await
    /// });
    /// assert_eq!(server.await?, None);
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    #[doc(alias = "shutdown")]
    #[must_use = "a scope does nothing unless it is awaited"]
    pub fn run_or_cancelled<'a, T, E, B>(self, body: B) -> impl Future<Output = Result<Option<T>, E>> + Send + 'a
    where
        R: 'a,
        S: Send + 'a, // a signal that is not `Send` needs `run_or_cancelled_local`
        F: 'a,
        A: Send + 'a,
        T: Send + 'a, // the body's value; one that is not `Send` needs `run_or_cancelled_local`
        E: BodyError, // not inferred? End the body in `anyhow::Ok(..)`, or state it: `async |guard| -> Result<_, E>`
        for<'r> B: SendBody<&'r mut R::Guard, Result<T, E>> + 'a, // `async |guard| {..}`, not `|guard| async {..}`
    {
        drive::<ByReference<E>, _, _, _, _, _, _, _>(
            self,
            SpawnableBody(body),
            Into::into,
            Finish { clean: or_none, report: Report::into_result_or_cancelled },
        )
    }

    /// Enters, runs a body that is not `Send`, exits, and returns what the body returned.
    ///
    /// The future is not `Send`: await it in the task that created it, or run it on a single-threaded executor. Exits
    /// receive only the name of the type of the body's error. Everything else is as under [`run`](Self::run).
    ///
    /// # Errors
    ///
    /// The body's error as it is, or a [`ScopeError`] converted into `E`. If the body and an exit failed, the
    /// `ScopeError` holds the body's error as its `Debug` text, because the error need not be `Send`.
    ///
    /// # Panics
    ///
    /// Resumes a panic once every exit has ended: the body's, or else the earliest of a member.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the members that entered are abandoned, or exited on the reaper.
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
        A: 'a,
        T: 'a,
        E: From<ScopeError> + fmt::Debug + 'static, // not inferred, or not fit? End the body in `anyhow::Ok(..)`
        B: AsyncFnOnce(&mut R::Guard) -> Result<T, E> + 'a, // `async |guard| {..}`, not `|guard| async {..}`
    {
        drive::<ByTypeName<E>, _, _, _, _, _, _, _>(
            self,
            LocalBody(body),
            (),
            Finish { clean: Ok, report: Report::into_local_result },
        )
    }

    /// Runs a body that is not `Send`, and lets the members suppress its error: returns `Ok(None)` if the body failed
    /// and an exit voted that the error is handled.
    ///
    /// The future is not `Send`. Exits receive only the name of the type of the body's error, so
    /// [`suppress`](crate::suppress()), which looks for an error, never votes here. A member of your own can, by
    /// [`Cause::suppress`](crate::Cause::suppress).
    ///
    /// # Errors
    ///
    /// The body's error, if no exit voted for it, or a [`ScopeError`] converted into `E`. A failed exit outweighs every
    /// vote, and only the body's error can be suppressed: a failed enter, a panic and a cancellation cannot.
    ///
    /// # Panics
    ///
    /// Resumes a panic once every exit has ended: the body's, or else the earliest of a member.
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
        A: 'a,
        T: 'a,
        E: From<ScopeError> + fmt::Debug + 'static, // not inferred, or not fit? End the body in `anyhow::Ok(..)`
        B: AsyncFnOnce(&mut R::Guard) -> Result<T, E> + 'a, // `async |guard| {..}`, not `|guard| async {..}`
    {
        drive::<ByTypeName<E>, _, _, _, _, _, _, _>(
            self,
            LocalBody(body),
            (),
            Finish { clean: or_none, report: Report::into_local_result_or_suppressed },
        )
    }

    /// Runs a body that is not `Send`, and returns `Ok(None)` if the signal of [`until`](Self::until) cancelled the
    /// scope and nothing failed: an orderly stop is no error.
    ///
    /// A stop is orderly if the body was dropped, or never ran, and every exit succeeded. The future is not `Send`.
    /// Exits receive only the name of the type of the body's error.
    ///
    /// # Errors
    ///
    /// The body's error as it is, or a [`ScopeError`] converted into `E`. If the scope was cancelled, and an enter or
    /// an exit failed after that, that is a `ScopeError` of kind `Cancelled`, with the failures in it. A scope that the
    /// signal of [`abandon_on`](Self::abandon_on) ended is an error in any case.
    ///
    /// # Panics
    ///
    /// Resumes a panic once every exit has ended: the body's, or else the earliest of a member or of the signal.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the members that entered are abandoned, or exited on the reaper.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::rc::Rc;
    /// use withal::Scope;
    ///
    /// # futures::executor::block_on(async {
    /// let stop = Rc::new(std::future::ready(()));
    /// let stopped = async { Rc::unwrap_or_clone(stop).await };
    /// let nothing = Scope::new(()).until(stopped).run_or_cancelled_local(async |()| anyhow::Ok(1)).await?;
    /// assert_eq!(nothing, None);
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    #[doc(alias = "shutdown")]
    #[must_use = "a scope does nothing unless it is awaited"]
    pub fn run_or_cancelled_local<'a, T, E, B>(self, body: B) -> impl Future<Output = Result<Option<T>, E>> + 'a
    where
        R: 'a,
        S: 'a,
        F: 'a,
        A: 'a,
        T: 'a,
        E: From<ScopeError> + fmt::Debug + 'static, // not inferred, or not fit? End the body in `anyhow::Ok(..)`
        B: AsyncFnOnce(&mut R::Guard) -> Result<T, E> + 'a, // `async |guard| {..}`, not `|guard| async {..}`
    {
        drive::<ByTypeName<E>, _, _, _, _, _, _, _>(
            self,
            LocalBody(body),
            (),
            Finish { clean: or_none, report: Report::into_local_result_or_cancelled },
        )
    }

    /// Enters, runs the body, exits, and returns everything that happened (law
    /// [`nothing-lost`](crate::laws#nothing-lost)).
    ///
    /// # Errors
    ///
    /// None: all errors are in the [`Report`]. The body's error can be of any type that is `Debug + Send + Sync`. If it
    /// cannot be inferred, end the body in `Ok::<_, Infallible>(..)`.
    ///
    /// # Panics
    ///
    /// Resumes none: a panic of the body is in `Report::panic`, a member's is among `Report::failures`.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the members that entered are abandoned, or exited on the reaper.
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
        A: Send + 'a,
        T: Send + 'a, // the body's value; one that is not `Send` needs `report_local`
        E: fmt::Debug + Send + Sync + 'static, // not inferred? End the body in `anyhow::Ok(..)`
        for<'r> B: SendBody<&'r mut R::Guard, Result<T, E>> + 'a, // `async |guard| {..}`, not `|guard| async {..}`
    {
        drive::<ByReference<E>, _, _, _, _, _, _, _>(
            self,
            SpawnableBody(body),
            as_text,
            Finish { clean: Report::clean, report: identity },
        )
    }

    /// Enters, runs a body that is not `Send`, exits, and returns everything that happened.
    ///
    /// The future is not `Send`. Exits receive only the name of the type of the body's error.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the members that entered are abandoned, or exited on the reaper.
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
        A: 'a,
        T: 'a,
        E: fmt::Debug + 'static, // not inferred? End the body in `anyhow::Ok(..)`
        B: AsyncFnOnce(&mut R::Guard) -> Result<T, E> + 'a, // `async |guard| {..}`, not `|guard| async {..}`
    {
        drive::<ByTypeName<E>, _, _, _, _, _, _, _>(
            self,
            LocalBody(body),
            (),
            Finish { clean: Report::clean, report: identity },
        )
    }
}

fn or_none<T, E>(value: T) -> Result<Option<T>, E> {
    Ok(Some(value))
}

/// Converts an error that need not implement `Error` into its `Debug` text.
fn as_text<E: fmt::Debug>(error: E) -> BoxError {
    Box::new(KeptAsText(format!("{error:?}")))
}
