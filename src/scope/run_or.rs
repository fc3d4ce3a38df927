//! The ways to run a scope that end in an `Option`: its members may suppress the body's error, or a signal may cancel
//! the body.

use super::body_error::{ByReference, ByTypeName};
use super::drive::drive;
use super::end::Finish;
use super::{OnDrop, Scope};
use crate::body::{AsyncBody, LocalBody, SpawnableBody};
use crate::error::{BodyError, ScopeError};
use crate::report::Report;
use crate::resource::Resource;
use core::fmt;

impl<R: Resource, S: Future, F: OnDrop<R>, A: Future> Scope<R, S, F, A> {
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
    pub fn run_or_suppress<'a, T, E>(
        self,
        body: impl for<'r> AsyncBody<
            &'r mut R::Guard, // it borrows the guard: `async |guard| {..}`, not `|guard| async {..}`
            Result<T, E>,
            Fut: Send, // drop that value before the `.await`, or use `run_or_suppress_local`, which is not for `spawn`
        > + Send // captures what is not `Send`? `run_or_suppress_local`; generic code: `SendBody`
        + 'a,
    ) -> impl Future<Output = Result<Option<T>, E>> + Send + 'a
    where
        R: 'a,
        S: Send + 'a, // a signal that is not `Send` needs `run_or_suppress_local`
        F: 'a,
        A: Send + 'a,
        T: Send + 'a, // the body's value; one that is not `Send` needs `run_or_suppress_local`
        E: BodyError, // not inferred? End the body in `anyhow::Ok(..)`, or state it: `async |guard| -> Result<_, E>`
    {
        drive::<ByReference<E>, _, _, _, _, _, _, _>(
            self,
            SpawnableBody(body),
            Into::into,
            Finish { clean: |value| Ok(Some(value)), report: Report::into_result_or_suppressed },
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
    pub fn run_or_cancelled<'a, T, E>(
        self,
        body: impl for<'r> AsyncBody<
            &'r mut R::Guard, // it borrows the guard: `async |guard| {..}`, not `|guard| async {..}`
            Result<T, E>,
            Fut: Send, // drop that value before the `.await`, or use `run_or_cancelled_local`, which is not for `spawn`
        > + Send // captures what is not `Send`? `run_or_cancelled_local`; generic code: `SendBody`
        + 'a,
    ) -> impl Future<Output = Result<Option<T>, E>> + Send + 'a
    where
        R: 'a,
        S: Send + 'a, // a signal that is not `Send` needs `run_or_cancelled_local`
        F: 'a,
        A: Send + 'a,
        T: Send + 'a, // the body's value; one that is not `Send` needs `run_or_cancelled_local`
        E: BodyError, // not inferred? End the body in `anyhow::Ok(..)`, or state it: `async |guard| -> Result<_, E>`
    {
        drive::<ByReference<E>, _, _, _, _, _, _, _>(
            self,
            SpawnableBody(body),
            Into::into,
            Finish { clean: |value| Ok(Some(value)), report: Report::into_result_or_cancelled },
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
    pub fn run_or_suppress_local<'a, T, E>(
        self,
        body: impl AsyncFnOnce(&mut R::Guard) -> Result<T, E> + 'a, // `async |guard| {..}`, not `|guard| async {..}`
    ) -> impl Future<Output = Result<Option<T>, E>> + 'a
    where
        R: 'a,
        S: 'a,
        F: 'a,
        A: 'a,
        T: 'a,
        E: From<ScopeError> + fmt::Debug + 'static, // not inferred, or not fit? End the body in `anyhow::Ok(..)`
    {
        drive::<ByTypeName<E>, _, _, _, _, _, _, _>(
            self,
            LocalBody(body),
            (),
            Finish { clean: |value| Ok(Some(value)), report: Report::into_local_result_or_suppressed },
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
    pub fn run_or_cancelled_local<'a, T, E>(
        self,
        body: impl AsyncFnOnce(&mut R::Guard) -> Result<T, E> + 'a, // `async |guard| {..}`, not `|guard| async {..}`
    ) -> impl Future<Output = Result<Option<T>, E>> + 'a
    where
        R: 'a,
        S: 'a,
        F: 'a,
        A: 'a,
        T: 'a,
        E: From<ScopeError> + fmt::Debug + 'static, // not inferred, or not fit? End the body in `anyhow::Ok(..)`
    {
        drive::<ByTypeName<E>, _, _, _, _, _, _, _>(
            self,
            LocalBody(body),
            (),
            Finish { clean: |value| Ok(Some(value)), report: Report::into_local_result_or_cancelled },
        )
    }
}
