//! The ways to run a scope.

use super::body_error::{ByReference, ByTypeName};
use super::drive::drive;
use super::end::Finish;
use super::{OnDrop, Scope};
use crate::body::{AsyncBody, LocalBody, SpawnableBody};
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
    pub fn run<'a, T, E>(
        self,
        body: impl for<'r> AsyncBody<
            &'r mut R::Guard, // it borrows the guard: `async |guard| {..}`, not `|guard| async {..}`
            Result<T, E>,
            Fut: Send, // drop that value before the `.await`, or use `run_local`, which is not for `spawn`
        > + Send // captures what is not `Send`? `run_local`; generic code: `SendBody`
        + 'a,
    ) -> impl Future<Output = Result<T, E>> + Send + 'a
    where
        R: 'a,
        S: Send + 'a, // a signal that is not `Send` needs `run_local`
        F: 'a,
        A: Send + 'a,
        T: Send + 'a, // the body's value; one that is not `Send` needs `run_local`
        E: BodyError, // not inferred? End the body in `anyhow::Ok(..)`, or state it: `async |guard| -> Result<_, E>`
    {
        drive::<ByReference<E>, _, _, _, _, _, _, _>(
            self,
            SpawnableBody(body),
            Into::into,
            Finish { clean: Ok, report: Report::into_result },
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
    pub fn run_local<'a, T, E>(
        self,
        body: impl AsyncFnOnce(&mut R::Guard) -> Result<T, E> + 'a, // `async |guard| {..}`, not `|guard| async {..}`
    ) -> impl Future<Output = Result<T, E>> + 'a
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
            Finish { clean: Ok, report: Report::into_local_result },
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
    pub fn report<'a, T, E>(
        self,
        body: impl for<'r> AsyncBody<
            &'r mut R::Guard, // it borrows the guard: `async |guard| {..}`, not `|guard| async {..}`
            Result<T, E>,
            Fut: Send, // drop that value before the `.await`, or use `report_local`, which is not for `spawn`
        > + Send // captures what is not `Send`? `report_local`; generic code: `SendBody`
        + 'a,
    ) -> impl Future<Output = Report<T, E>> + Send + 'a
    where
        R: 'a,
        S: Send + 'a, // a signal that is not `Send` needs `report_local`
        F: 'a,
        A: Send + 'a,
        T: Send + 'a, // the body's value; one that is not `Send` needs `report_local`
        E: fmt::Debug + Send + Sync + 'static, // not inferred? End the body in `anyhow::Ok(..)`
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
    pub fn report_local<'a, T, E>(
        self,
        body: impl AsyncFnOnce(&mut R::Guard) -> Result<T, E> + 'a, // `async |guard| {..}`, not `|guard| async {..}`
    ) -> impl Future<Output = Report<T, E>> + 'a
    where
        R: 'a,
        S: 'a,
        F: 'a,
        A: 'a,
        T: 'a,
        E: fmt::Debug + 'static, // not inferred? End the body in `anyhow::Ok(..)`
    {
        drive::<ByTypeName<E>, _, _, _, _, _, _, _>(
            self,
            LocalBody(body),
            (),
            Finish { clean: Report::clean, report: identity },
        )
    }
}

/// Converts an error that need not implement `Error` into its `Debug` text.
fn as_text<E: fmt::Debug>(error: E) -> BoxError {
    Box::new(KeptAsText(format!("{error:?}")))
}
