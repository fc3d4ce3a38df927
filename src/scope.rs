use crate::body::{Body, Local, SendBody, Spawnable};
use crate::call::call;
use crate::error::{BodyError, Failures, Name, Phase, ScopeError};
use crate::hold::{Hold, Root};
use crate::outcome::{Cause, Outcome, hide_body, lend_body};
use crate::panic::{Fragile, Panic, Panics};
use crate::report::Report;
use crate::resource::Resource;
use futures::FutureExt;
use std::fmt;

/// A scope over a resource, ready to run a body.
///
/// All members are entered at once (law `concurrent-enter`), the body runs if and only if all of them are in
/// (`all-or-none`), and then all that entered are exited at once (`concurrent-exit`), whatever happened in between. The
/// scope returns after the last exit has ended (`wait-for-exits`).
///
/// # Order
///
/// Enters are first polled in member order, exits in reverse (`reverse-start`). When an enter fails, those in flight run
/// to their end (`settle`), or are dropped under [`fail_fast`](crate::ResourceExt::fail_fast); then all that entered are
/// exited (`roll-back`). The body, and all that it captured, is dropped before the first exit starts (`body-between`).
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
#[derive(Debug)]
#[must_use = "a scope enters nothing until one of its `run` or `report` methods is called and awaited"]
pub struct Scope<R> {
    resource: R,
}

impl<R: Resource> Scope<R> {
    /// Makes a scope over a resource: one member, or a group of them.
    pub fn new(resource: R) -> Self {
        Self { resource }
    }

    /// Enters, runs the body, exits, and returns what the body returned.
    ///
    /// The body is an async closure, or an `async fn`, over `&mut` the guard: it may borrow from the guard and from its
    /// environment, and the guard cannot leave it (law `borrow`).
    ///
    /// # Errors
    ///
    /// With clean exits, the body's error as it is (`untouched-body`). Otherwise a [`ScopeError`], turned into the
    /// body's error type, with every failure in it: of kind `Enter` if the body never ran, `Exit` if it succeeded,
    /// `BodyAndExit` if it failed too.
    ///
    /// # Panics
    ///
    /// Resumes a panic once every exit has ended (`panic-last`): the body's, else the earliest of a member.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, nothing can be awaited any more: enters and exits in flight are dropped, the body is
    /// dropped, and every member that entered and whose exit has not begun is [abandoned](Resource::abandon), in reverse
    /// member order. If a drop or an `abandon` panics, the others are done all the same, and then the first panic
    /// resumes, unless the thread is panicking already.
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
    pub fn run<'a, T, E, F>(self, body: F) -> impl Future<Output = Result<T, E>> + Send + 'a
    where
        R: 'a,
        T: Send + 'a,
        E: BodyError,
        // The guard cannot leave the body: return what is made from it, or clone it. `?` on the result leaves `E` open:
        // end the body in `anyhow::Ok(..)`, or state its type as in `async |guard| -> Result<_, MyError> { .. }`.
        for<'r> F: AsyncFnOnce(&'r mut R::Guard) -> Result<T, E> + SendBody<&'r mut R::Guard, Result<T, E>> + 'a,
    {
        self.report(body).map(Report::into_result)
    }

    /// Does what [`run`](Self::run) does, for a body that is not `Send`.
    ///
    /// Its future is awaited where it was made, or runs on a single-threaded executor. Exits are told of the body's error by the name of its type only.
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
    /// As [`run`](Self::run): if the future is dropped, what entered is abandoned.
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
    pub fn run_local<'a, T, E, F>(self, body: F) -> impl Future<Output = Result<T, E>> + 'a
    where
        R: 'a,
        T: 'a,
        E: From<ScopeError> + fmt::Debug + 'static,
        F: AsyncFnOnce(&mut R::Guard) -> Result<T, E> + 'a,
    {
        self.report_local(body).map(Report::into_local_result)
    }

    /// Enters, runs the body, exits, and hands over everything that happened (law `nothing-lost`).
    ///
    /// # Errors
    ///
    /// None: what went wrong is in the [`Report`]. The body's error can be of any type that is `Debug + Send + Sync`. If
    /// nothing in the body says which, its end does: `Ok::<_, Infallible>(..)`.
    ///
    /// # Panics
    ///
    /// Resumes none: a panic of the body is in `Report::panic`, a member's among `Report::failures`.
    ///
    /// # Cancel safety
    ///
    /// As [`run`](Self::run): if the future is dropped, what entered is abandoned.
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
    pub fn report<'a, T, E, F>(self, body: F) -> impl Future<Output = Report<T, E>> + Send + 'a
    where
        R: 'a,
        T: Send + 'a,
        E: fmt::Debug + Send + Sync + 'static,
        // The guard cannot leave the body: return what is made from it, or clone it.
        for<'r> F: AsyncFnOnce(&'r mut R::Guard) -> Result<T, E> + SendBody<&'r mut R::Guard, Result<T, E>> + 'a,
    {
        drive(self.resource, Spawnable(body), lend_body)
    }

    /// Does what [`report`](Self::report) does, for a body that is not `Send`.
    ///
    /// # Cancel safety
    ///
    /// As [`run`](Self::run): if the future is dropped, what entered is abandoned.
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
    pub fn report_local<'a, T, E, F>(self, body: F) -> impl Future<Output = Report<T, E>> + 'a
    where
        R: 'a,
        T: 'a,
        E: fmt::Debug + 'static,
        F: AsyncFnOnce(&mut R::Guard) -> Result<T, E> + 'a,
    {
        drive(self.resource, Local(body), hide_body)
    }
}

/// Enter, body, exit: what happens in which order, on every path.
///
/// This future can be dropped at any await, and then its locals go in reverse: a future in flight, the loan, what is
/// held, the values of the user's. Each records its panics in the first local, which goes last and resumes one.
async fn drive<R, B, T, E>(resource: R, body: B, lend: fn(&E) -> Cause<'_>) -> Report<T, E>
where
    R: Resource,
    B: for<'r> Body<&'r mut R::Guard, Result<T, E>>,
{
    let panics = Panics::new();
    let mut resource = Fragile::new(resource, &panics);
    let mut body = Fragile::new(body, &panics);
    let mut result = Fragile::empty(&panics);
    let mut failures = Failures::default();
    if let Some(resource) = resource.get() {
        let mut root = Root::new(resource.hold(), &panics);
        if root.enter().await {
            let mut loan = Loan::new(&mut root);
            let note = |returned| match returned {
                Ok(returned) => result.set(returned),
                Err(panic) => panics.push(panic),
            };
            call(|| body.take().expect("a body runs once").call(loan.guard()), note).await;
            drop(loan);
            let outcome = match result.get() {
                _ if !panics.is_empty() => Outcome::Panicked,
                Some(Err(error)) => Outcome::Failed(lend(error)),
                Some(Ok(_)) | None => Outcome::Completed,
            };
            root.exit(outcome).await;
        } else {
            body.clear();
            root.roll_back().await;
        }
        failures = root.into_failures();
    }
    let mut body_panics = panics.take().into_iter();
    resource.clear();
    let panic = body_panics.next().map(Panic::into_payload);
    add_panics(&mut failures, "body", body_panics);
    add_panics(&mut failures, "resource", panics.take());
    Report { body: result.take(), panic, failures, cancelled: false }
}

/// Keeps the panics for which a report has no place of their own.
fn add_panics(failures: &mut Failures, name: &str, panics: impl IntoIterator<Item = Panic>) {
    for panic in panics {
        failures.add_panic(&[], Name::OfType(name), Phase::Exit, panic);
    }
}

/// The guard on loan to the body. It goes back to the members when this is dropped.
struct Loan<'r, 'p, H: Hold> {
    root: &'r mut Root<'p, H>,
    guard: Option<H::Guard>,
}

impl<'r, 'p, H: Hold> Loan<'r, 'p, H> {
    fn new(root: &'r mut Root<'p, H>) -> Self {
        let guard = Some(root.take());
        Self { root, guard }
    }

    fn guard(&mut self) -> &mut H::Guard {
        self.guard.as_mut().expect("it is there until this is dropped")
    }
}

impl<H: Hold> Drop for Loan<'_, '_, H> {
    fn drop(&mut self) {
        self.root.put(self.guard.take());
    }
}
