//! Resources that several scopes use: the first one in enters them, the last one out exits them.
//!
//! `state.rs` has the states and the step from one to the next, `entering.rs` a user on its way in, and `usage.rs` the
//! end of a use. `task.rs` is what all users poll: an enter or an exit.

mod entering;
mod guard;
mod hold;
mod lent;
mod linger;
mod polled;
mod state;
mod task;
mod up;
mod usage;

pub use guard::SharedGuard;

use crate::error::Failures;
use crate::kind::kind_of;
use crate::lock::Mutex;
use crate::member::{Hold, HoldToken};
use crate::outcome::{Outcome, OutcomeCopy};
use crate::reaper::Reaper;
use crate::resource::Resource;
use crate::unwind::catch;
use crate::work::Work;
use alloc::borrow::ToOwned;
use alloc::sync::Arc;
use core::fmt;
use core::future::{Future, poll_fn};
use entering::{User, UserScope};
use linger::Linger;
use state::{Core, State};
use usage::Usage;

/// Shares a resource among several scopes: the first one in enters it, the last one out exits it (law
/// [`shared`](crate::laws#shared)).
///
/// Each clone is a member of as many scopes as needed, at the same time or one after the other, on any thread. All
/// users borrow the one guard. A user that comes while the resource enters waits, and so does one that comes while it
/// exits: that one enters it anew. `(db.clone().then(api), db.clone().then(worker))` is a graph of dependencies: each
/// member is entered as soon as its own needs are up, and the exits mirror that.
///
/// The resource is entered anew after its last user is out, so it has to be one that can be entered again. One that can
/// be entered once, such as those from closures, can be made anew:
/// `shared(retry_with(|| resource(enter, exit), |_, _| None::<std::future::Ready<()>>))`, in one attempt each time.
///
/// All who wait poll the enter, or the exit. What is bound to a runtime, such as a tokio `TcpStream`, or a timer of the
/// enter, works only as long as the runtime of the user that created it lives. For the tests of one program, each of
/// which has a runtime of its own, share what is bound to none (a process, a directory), or use one runtime for all.
///
/// # Order
///
/// The exit receives the outcome of the last user out. Users that left earlier, and failed, are not known to it. A
/// cause is passed on as its text, as the exit can outlive the scope: it cannot be downcast.
///
/// # Errors
///
/// If the enter fails, the user that began it receives the failures, and the next one enters the resource anew (law
/// [`shared-enter`](crate::laws#shared-enter)). A user whose own scope has failed by then does not. The last user out
/// receives the failures of the exit. If the work of the resource fails, all users receive that (law
/// [`death-stops-the-body`](crate::laws#death-stops-the-body)), and so does a user that comes before the last one is
/// out.
///
/// A policy around a user does not reach into a shared group, as its users can have different ones: under
/// [`fail_fast`](crate::ResourceExt::fail_fast) around a user, a member that fails in the group lets the others settle.
/// Share the group with its policy: `shared((a, b).fail_fast())`.
///
/// If the resource's own enter or exit enters it, that inner enter fails. It is detected on the thread that polls it,
/// with the feature `std`. Elsewhere it waits for itself.
///
/// # Cancel safety
///
/// If a user is dropped while the resource enters or exits, the others go on with that. If no other user waits, the
/// enter counts as not entered, and members of a group that had entered are abandoned; under
/// [`fail_fast`](crate::ResourceExt::fail_fast), or after a deadline, they are exited. A cut exit calls
/// [`exit_dropped`](Resource::exit_dropped). If the last user is dropped while it is up, it is
/// [abandoned](Resource::abandon). On a reaper, the user goes on there.
///
/// # Examples
///
/// ```
/// use withal::{ResourceExt, adopt, shared};
///
/// # futures::executor::block_on(async {
/// let database = shared(adopt("the database", async |_, _| Ok(())));
/// let worker = database.clone().then(|database| adopt(database.len(), async |_, _| Ok(())));
/// let total = (database, worker).scope(async |(database, (_, worker))| anyhow::Ok(database.len() + *worker));
/// assert_eq!(total.await?, 24); // the database was entered once
/// # anyhow::Ok(()) }).unwrap();
/// ```
#[doc(alias = "refcount")]
#[doc(alias = "fixture")]
pub fn shared<R>(resource: R) -> Shared<R>
where
    R: Resource<Guard: Sync> + 'static, // it outlives each user: it owns what it needs
    R::Guard: Sync,                     // all users borrow the one guard
{
    let name = catch(|| resource.name().to_owned()).unwrap_or_else(|_| kind_of::<R>().to_owned());
    let usage = Usage { core: Core::new(resource), name, linger: Mutex::new(None) };
    Shared { usage: Arc::new(usage), work: Work::new(), scope: UserScope::new(), entering: None }
}

/// A resource that several scopes use. Returned by [`shared`].
///
/// Each clone is a member, with a [`SharedGuard`] as its guard.
#[must_use = "a resource does nothing until a scope enters it"]
pub struct Shared<R: Resource<Guard: Sync> + 'static> {
    usage: Arc<Usage<R>>,
    /// Polls the work of the inner resource while this user is up.
    work: Arc<Work>,
    /// The scope of this user.
    scope: Arc<UserScope>,
    /// This user on its way in. Its hold keeps it when the future of the enter is dropped.
    entering: Option<User<R>>,
}

impl<R: Resource<Guard: Sync> + 'static> Shared<R> {
    /// Keeps the resource up for a while after its last use, for all clones.
    ///
    /// The last use out returns at once, and passes the resource to the reaper. A task there waits for the timer, and
    /// polls the work of the resource. Then it exits the resource, with the outcome of that use. A user that comes
    /// before that takes the resource over, without an enter. [`Reaper::idle`] waits for the task, and
    /// [`Reaper::on_failure`] receives its failures. A timer that panics counts as ready.
    ///
    /// If the spawner refuses the task, or the runtime drops it, the resource is abandoned, and the next user enters it
    /// anew. The clones own the reaper: a spawner that owns the executor of their scopes is never dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::{Reaper, ResourceExt, adopt, shared};
    ///
    /// # futures::executor::block_on(async {
    /// let reaper = Reaper::new(|task| smol::spawn(task).detach());
    /// let database = shared(adopt("the database", async |_, _| Ok(()))).linger(|| std::future::ready(()), &reaper);
    /// database.scope(async |_| anyhow::Ok(())).await?;
    /// reaper.idle().await; // it has been exited
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    pub fn linger<F, T>(self, timer: F, reaper: &Reaper) -> Self
    where
        F: Fn() -> T + Send + Sync + 'static,
        T: Future + Send + 'static,
    {
        let linger = Arc::new(Linger::new(timer, reaper.clone()));
        let before = self.usage.linger.lock().replace(linger);
        drop(before);
        self
    }
}

impl<R: Resource<Guard: Sync> + 'static> Clone for Shared<R> {
    /// Returns another user of the same resource.
    fn clone(&self) -> Self {
        Self { usage: Arc::clone(&self.usage), work: Work::new(), scope: UserScope::new(), entering: None }
    }
}

impl<R: Resource<Guard: Sync> + 'static> fmt::Debug for Shared<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (state, uses) = match &*self.usage.core.state() {
            State::Out(..) => ("out", 0),
            State::Entering(_) => ("entering", 0),
            State::Up(up) => ("up", up.uses()),
            State::Exiting(_) => ("exiting", 0),
        };
        f.debug_struct("Shared")
            .field("name", &self.usage.name)
            .field("state", &state)
            .field("uses", &uses)
            .finish_non_exhaustive()
    }
}

impl<R: Resource<Guard: Sync> + 'static> Resource for Shared<R> {
    type Guard = SharedGuard<R::Guard>;
    type Error = Failures;

    async fn enter(&mut self) -> Result<Self::Guard, Failures> {
        let user = User::new(Arc::clone(&self.usage), Arc::clone(&self.scope));
        let mut entering = DropUnlessHeld { is_held: user.is_held(), user: &mut self.entering };
        *entering.user = Some(user);
        let guard = poll_fn(|cx| entering.user.as_mut().expect("it is there until it has entered").poll(cx)).await;
        entering.is_held = false;
        drop(entering);
        let guard = guard?;
        // It may have lingered.
        self.usage.core.waiting().wake_all();
        Ok(guard)
    }

    async fn exit(&mut self, guard: Self::Guard, outcome: Outcome<'_>) -> Result<(), Failures> {
        let copy = Arc::new(OutcomeCopy::new(outcome, true));
        let Some(mut exiting) = SharedGuard::exit(guard, &copy) else { return Ok(()) };
        poll_fn(|cx| exiting.poll(cx)).await;
        if let (Outcome::Failed(cause), true) = (outcome, copy.has_voted()) {
            cause.suppress();
        }
        match exiting.task().take_if(|failures| !failures.is_empty()) {
            Some(failures) => Err(failures),
            None => Ok(()),
        }
    }

    fn name(&self) -> &str {
        &self.usage.name
    }

    fn hold(&mut self, _: HoldToken) -> impl Hold<Guard = Self::Guard, Error = Failures> {
        hold::Held::<R, _>::new(self)
    }

    fn into_hold(self, _: HoldToken) -> impl Hold<Guard = Self::Guard, Error = Failures> {
        hold::Held::<R, _>::new(self)
    }
}

/// A user on its way in. On drop, it is dropped as well, unless its hold keeps it.
struct DropUnlessHeld<'u, R: Resource<Guard: Sync> + 'static> {
    is_held: bool,
    user: &'u mut Option<User<R>>,
}

impl<R: Resource<Guard: Sync> + 'static> Drop for DropUnlessHeld<'_, R> {
    fn drop(&mut self) {
        if !self.is_held {
            *self.user = None;
        }
    }
}
