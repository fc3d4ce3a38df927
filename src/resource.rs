use crate::error::BoxError;
use crate::hold::{Hold, Leaf};
use crate::kind::type_name;
use crate::outcome::Outcome;

/// Something that is up between an `enter` and an `exit`: a connection, a transaction, a child process, a lease.
///
/// A scope calls `enter`, lends the guard that it gives to a body, and hands the guard to `exit` when the body is over,
/// however that comes about. Whatever `enter` gave is exited once, or abandoned once if nothing can be awaited any more
/// (law `exactly-once`).
///
/// An implementation writes two plain `async fn`s and, as a rule, nothing else.
///
/// # The two sides of the contract
///
/// The resource:
/// - An `enter` that fails, panics or is dropped in the middle has cleaned up after itself: nobody exits it
///   (law `never-entered`).
/// - `enter` may be called again after an `exit`, however that ended, after an `abandon`, and after an `enter` that
///   failed, panicked or was dropped.
///
/// The one who drives it:
/// - `exit` or `abandon` is called at most once for each `enter`, with the guard that it gave, or with what the body
///   put in its place: a body can replace a guard, or swap two of one type.
/// - [`exit_dropped`](Self::exit_dropped) is called once for each `exit` whose future is dropped before its end.
/// - What `enter`, `exit`, `abandon` or `exit_dropped` panics with is caught; the other members are exited all the same
///   (law `panic-anywhere`).
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
    label = "not a `withal::Resource`, or it has a member that is none",
    note = "implement `withal::Resource` for it, or for its members if it is a tuple (of up to 12), array, `Vec`, \
            `Option`, `Box` or `&mut`",
    note = "if it is one of several members: `Scope::new(..)` names it",
    note = "a `withal::LocalResource` becomes one by `withal::local(..)`"
)]
#[doc(alias = "contextmanager")]
#[doc(alias = "fixture")]
pub trait Resource: Send + Sized {
    /// What the body works with while the resource is entered.
    type Guard: Send; // one that is not `Send` needs a `LocalResource`, and `local(..)`

    /// What can go wrong: `std::io::Error`, `anyhow::Error`, `String`, [`Infallible`](std::convert::Infallible) and all
    /// others that become a boxed error. The members of one tuple may have different ones. One that implements `Error`
    /// can be downcast again from [`Failure::error`](crate::Failure::error); what is inside an `anyhow::Error` cannot.
    type Error: Into<BoxError> + Send; // implement `std::error::Error` for it, or use `String` or `anyhow::Error`

    /// Brings the resource up.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from coming up. It has cleaned up after itself then: nobody exits it.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the member counts as not entered.
    #[doc(alias = "setup")]
    #[doc(alias = "acquire")]
    fn enter(&mut self) -> impl Future<Output = Result<Self::Guard, Self::Error>> + Send;

    /// Takes the resource down, and is told how the scope ended.
    ///
    /// # Errors
    ///
    /// Whatever went wrong. It is not called again: the guard is gone.
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
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Does what can be done at once where the exit cannot be awaited: the scope was dropped, or a stack, pool or
    /// [`Taken`](crate::Taken) that held the member was, or its deadline passed before its exit began. The default
    /// drops the guard.
    fn abandon(&mut self, guard: Self::Guard) {
        drop(guard);
    }

    /// Does what can be done at once where an exit was cut: the future of `exit` was dropped before its end, and the
    /// guard with it. The default does nothing.
    ///
    /// It is called once for such an exit, after its future is gone: when the scope is dropped, when the exit misses a
    /// deadline, and when a runtime drops the task of a [`Reaper`](crate::Reaper) (law `drop-any-time`). What is left
    /// to work with is what `self` knows; what the guard owned is dropped by then. A member that keeps the id of its
    /// process in `self` can kill the process here. An exit that has not begun is not cut: [`abandon`](Self::abandon)
    /// is called instead, with the guard.
    ///
    /// A resource that wraps another one, and calls its `exit`, calls its `exit_dropped` here. Groups, and adaptors
    /// that drive one, need no such call: the future of their `exit` does it for each member when it is dropped.
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
    /// /// Asks a process to end, and kills it where nobody waits for that.
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

    /// Names this member in errors. The default is the type's name without path and parameters.
    ///
    /// A name of one's own, as in `fn name(&self) -> &'static str { "db" }`, also stands before the names of the
    /// members of a group that this resource delegates to.
    fn name(&self) -> &str {
        type_name::<Self>()
    }

    /// How a scope or group holds this member. Groups and adaptors override it; users never do.
    #[doc(hidden)]
    fn hold(&mut self) -> impl Hold<Guard = Self::Guard, Error = Self::Error> {
        Leaf::<Self, _>::new(self)
    }

    /// How what owns this member holds it: the hold is dropped with the member in it. Groups and adaptors override it;
    /// users never do.
    #[doc(hidden)]
    fn into_hold(self) -> impl Hold<Guard = Self::Guard, Error = Self::Error> {
        Leaf::<Self, _>::new(self)
    }
}
