use crate::error::BoxError;
use crate::kind::type_name;
use crate::member::{Hold, HoldToken, Leaf};
use crate::outcome::Outcome;

/// Something that is up between an `enter` and an `exit`: a connection, a transaction, a child process, a lease.
///
/// A scope calls `enter`, lends the returned guard to a body, and passes the guard to `exit` when the body is over, no
/// matter how it ended. Every guard that `enter` returned is exited once, or abandoned once if the exit cannot be
/// awaited (law [`exactly-once`](crate::laws#exactly-once)).
///
/// An implementation writes two plain `async fn`s and, as a rule, nothing else. For a resource that is used once, two
/// closures are shorter: [`resource`](crate::resource()).
///
/// # What is a resource
///
/// - A type of your own. The body receives `&mut` its `Guard`.
/// - A group: a tuple of 1 to 12 resources, `[R; N]`, `Vec<R>`, `BTreeMap<K, R>`. The body receives the guards in the
///   same shape, as in `async |(a, b)| ..`. A group within a group is one set with it. The members of a map are named
///   by their keys.
/// - `Option<R>`, with an `Option` of the guard; `Box<R>` and `&mut R`, with the guard of `R`. And `()`: there is
///   nothing to enter.
/// - What closures make, to be entered once: [`resource`](crate::resource()), [`around`](crate::around()),
///   [`adopt`](crate::adopt()), [`defer`](crate::defer()), and a member that works while it is up,
///   [`background`](crate::background()). [`retry_with`](crate::retry_with) makes one anew for each attempt.
/// - What the adaptors of [`ResourceExt`](crate::ResourceExt) return. They keep the guard, and groups stay groups. The
///   exception is [`a.then(|a| b)`](crate::ResourceExt::then), with a pair of guards.
/// - [`ExitStack`](crate::ExitStack) and [`ExitPool`](crate::ExitPool). The body receives an
///   [`OpenStack`](crate::OpenStack) or [`OpenPool`](crate::OpenPool), on which it enters members.
/// - [`shared`](crate::shared()): clones of it can be in many scopes. A [`SharedGuard`](crate::SharedGuard) derefs to
///   the guard.
/// - `local`, for what is not `Send`, with the feature of that name. A `LocalGuard` derefs to the guard, on its thread.
///
/// The number in an error, as in `could not enter [1] Server`, is the position in the group: see
/// [`Failure::path`](crate::Failure::path).
///
/// # The two sides of the contract
///
/// The resource:
/// - An `enter` that fails, panics or is dropped in the middle has to clean up after itself: the member is not exited
///   (law [`never-entered`](crate::laws#never-entered)).
/// - `enter` may be called again after an `exit`, however that ended, after an `abandon`, and after an `enter` that
///   failed, panicked or was dropped.
///
/// The caller, such as a scope:
/// - For each `enter`, `exit` or `abandon` is called at most once. It receives the guard that `enter` returned, unless
///   the body replaced it, or swapped two guards of one type, as by `mem::swap`.
/// - [`exit_dropped`](Self::exit_dropped) is called once for each `exit` whose future is dropped before its end.
/// - A panic of `enter`, `exit`, `abandon` or `exit_dropped` is caught, and the other members are still exited (law
///   [`panic-anywhere`](crate::laws#panic-anywhere)).
///
/// # A resource around another one
///
/// A resource of your own can delegate to the `enter`, `exit`, `abandon` and `exit_dropped` of another one. Around a
/// single member it loses nothing. Around a group (a tuple, array, `Vec`, or an adaptor of these) it makes one member
/// of the group: if a member of the group fails, the group rolls back at once, without waiting for the enters outside
/// (law [`settle`](crate::laws#settle)); under a [`fail_fast`](crate::ResourceExt::fail_fast) outside, an enter of the
/// group in flight is dropped, and its members that had entered are abandoned (law
/// [`fail-fast`](crate::laws#fail-fast)). The adaptors of [`ResourceExt`](crate::ResourceExt) keep a group a group. So
/// add a step with [`ready_when`](crate::ResourceExt::ready_when) (after the enter), [`then`](crate::ResourceExt::then)
/// (before the exit), [`retry`](crate::ResourceExt::retry), [`watch`](crate::ResourceExt::watch) or
/// [`named`](crate::ResourceExt::named), rather than with a resource around the group.
///
/// # Cancel safety
///
/// If the future of `enter` is dropped, the member counts as not entered. If the future of `exit` is dropped, the guard
/// is dropped with it, and then [`exit_dropped`](Self::exit_dropped) is called.
///
/// # Examples
///
/// ```
/// use std::io;
/// use withal::{Outcome, Resource, ResourceExt};
///
/// struct Transaction {
///     log: Vec<&'static str>,
/// }
///
/// impl Resource for Transaction {
///     type Guard = Vec<i32>;
///     type Error = io::Error;
///
///     async fn enter(&mut self) -> io::Result<Vec<i32>> {
///         self.log.push("begin");
///         Ok(Vec::new())
///     }
///
///     async fn exit(&mut self, rows: Vec<i32>, outcome: Outcome<'_>) -> io::Result<()> {
///         match outcome {
///             Outcome::Completed if !rows.is_empty() => self.log.push("commit"),
///             _ => self.log.push("roll back"),
///         }
///         Ok(())
///     }
/// }
///
/// # futures::executor::block_on(async {
/// let mut transaction = Transaction { log: Vec::new() };
/// (&mut transaction)
///     .scope(async |rows| {
///         rows.push(1);
///         anyhow::Ok(())
///     })
///     .await?;
/// assert_eq!(transaction.log, ["begin", "commit"]);
/// # anyhow::Ok(()) }).unwrap();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no resource: it cannot be a member of a scope",
    label = "not a `withal::Resource`, or it has a member that is none, or more than 12 members",
    note = "implement `withal::Resource` for it, or for its members if it is a tuple (of up to 12: more are nested, \
            `((a, b), c)`), array, `Vec`, `BTreeMap`, `Option`, `Box` or `&mut`",
    note = "if it is one of several members: `Scope::new(..)` names it",
    note = "in place of `&` or an `Arc`: `&mut resource`, or `withal::shared(resource)` for several scopes at once",
    note = "a `withal::LocalResource` becomes one by `withal::local(..)`"
)]
#[doc(alias = "contextmanager")]
#[doc(alias = "fixture")]
pub trait Resource: Send {
    /// The value that the body borrows while the resource is entered.
    type Guard: Send; // no borrow from `self`; not `Send`? `dyn Trait + Send`, or a `LocalResource`, by `local(..)`

    /// The error of `enter` and `exit`: any type that converts into a boxed error, such as `std::io::Error`,
    /// `anyhow::Error`, `String` and [`Infallible`](std::convert::Infallible). The members of one tuple may have
    /// different error types. An error type that implements `Error` can be downcast again from
    /// [`Failure::error`](crate::Failure::error); an error inside an `anyhow::Error` cannot.
    type Error: Into<BoxError> + Send; // implement `std::error::Error` for it, or use `BoxError` or `anyhow::Error`

    /// Enters the resource: opens, starts or acquires it.
    ///
    /// # Errors
    ///
    /// Any error that prevents it. The resource has to clean up after itself first: it is not exited.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the member counts as not entered.
    #[doc(alias = "setup")]
    #[doc(alias = "acquire")]
    fn enter(
        &mut self, // a plain `async fn`, without `#[async_trait]`
    ) -> impl Future<Output = Result<Self::Guard, Self::Error>> + Send; // `dyn`? `.boxed()`; not `Send`? `local(..)`

    /// Exits the resource: closes, stops or releases it. `outcome` says how the scope ended.
    ///
    /// # Errors
    ///
    /// Any error of the exit. `exit` is not called again, as the guard is gone.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the guard is dropped with it, and [`exit_dropped`](Self::exit_dropped) is called.
    #[doc(alias = "teardown")]
    #[doc(alias = "dispose")]
    #[doc(alias = "cleanup")]
    #[doc(alias = "release")]
    fn exit(
        &mut self,
        guard: Self::Guard,
        outcome: Outcome<'_>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send; // `dyn`? `.boxed()`; not `Send`? `local(..)`

    /// Cleans up synchronously when `exit` cannot be awaited, because the scope (or the stack, pool or
    /// [`Taken`](crate::Taken) that held the member) was dropped, because the signal of
    /// [`abandon_on`](crate::Scope::abandon_on) fired, or because the deadline passed before `exit` started. The
    /// default drops the guard.
    fn abandon(&mut self, guard: Self::Guard) {
        drop(guard);
    }

    /// Cleans up synchronously after the future of `exit` was dropped before its end, and the guard with it. The
    /// default does nothing.
    ///
    /// It is called once for such an exit, after its future is dropped: when the scope is dropped, when the signal of
    /// [`abandon_on`](crate::Scope::abandon_on) fires, when the exit misses a deadline, and when a runtime drops the
    /// task of a [`Reaper`](crate::Reaper) (law [`drop-any-time`](crate::laws#drop-any-time)). Only `self` is left to
    /// work with, as everything that the guard owned is dropped by then. For example, a member that stores the id of
    /// its process in `self` can kill the process here. If the exit has not begun, [`abandon`](Self::abandon) is called
    /// instead, with the guard.
    ///
    /// A resource that wraps another one, and calls its `exit`, has to call its `exit_dropped` here. Groups, and
    /// adaptors that drive one, do not need that call: when the future of their `exit` is dropped, it makes the call
    /// for each member.
    ///
    /// # Panics
    ///
    /// A panic is caught. It counts as a panic of the exit.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::convert::Infallible;
    /// use withal::{Outcome, Resource, ResourceExt};
    ///
    /// /// Asks a process to end, and kills it if the exit is dropped before that.
    /// struct Process<'a> {
    ///     killed: &'a mut Vec<u32>,
    ///     id: Option<u32>,
    /// }
    ///
    /// impl Resource for Process<'_> {
    ///     type Guard = u32;
    ///     type Error = Infallible;
    ///
    ///     async fn enter(&mut self) -> Result<u32, Infallible> {
    ///         Ok(*self.id.insert(7))
    ///     }
    ///
    ///     async fn exit(&mut self, _: u32, _: Outcome<'_>) -> Result<(), Infallible> {
    ///         std::future::pending::<()>().await; // it does not end
    ///         self.id = None;
    ///         Ok(())
    ///     }
    ///
    ///     fn abandon(&mut self, _: u32) {
    ///         self.exit_dropped();
    ///     }
    ///
    ///     fn exit_dropped(&mut self) {
    ///         self.killed.extend(self.id.take());
    ///     }
    /// }
    ///
    /// # futures::executor::block_on(async {
    /// let mut killed = Vec::new();
    /// let process = Process { killed: &mut killed, id: None }.exit_within(|| std::future::ready(()));
    /// let late = process.scope(async |_| anyhow::Ok(())).await.unwrap_err();
    /// assert_eq!(late.to_string(), "could not exit Process: its deadline has elapsed");
    /// assert_eq!(killed, [7]);
    /// # });
    /// ```
    fn exit_dropped(&mut self) {}

    /// Returns the name of this member in errors. The default is the type's name without path and parameters.
    ///
    /// A custom name, as in `fn name(&self) -> &'static str { "db" }`, is also put before the names of the members of a
    /// group that this resource delegates to.
    fn name(&self) -> &str {
        type_name::<Self>()
    }

    /// Creates the hold by which a scope or group drives this member. Only groups and adaptors override it.
    #[doc(hidden)]
    fn hold(&mut self, _: HoldToken) -> impl Hold<Guard = Self::Guard, Error = Self::Error>
    where
        Self: Sized,
    {
        Leaf::<Self, _>::new(self)
    }

    /// Creates a hold that owns this member. Only groups and adaptors override it.
    #[doc(hidden)]
    fn into_hold(self, _: HoldToken) -> impl Hold<Guard = Self::Guard, Error = Self::Error>
    where
        Self: Sized,
    {
        Leaf::<Self, _>::new(self)
    }
}
