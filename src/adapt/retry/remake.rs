use super::Retry;
use crate::adapt::made::{self, Kept, Made};
use crate::error::{Failures, Phase};
use crate::kind::kind_of;
use crate::member::{EnterContext, ExitContext, Hold, HoldToken, Interruption, MapError};
use crate::observe::MemberPath;
use crate::outcome::Outcome;
use crate::resource::Resource;
use crate::unwind::catch;
use alloc::borrow::ToOwned;
use alloc::string::String;
use core::borrow::BorrowMut;
use core::fmt;
use core::future::Future;

/// Enters a resource that is created anew for each attempt, until an attempt succeeds or `again` gives up.
///
/// It is for a resource that can be entered once, such as those from [`resource`](crate::resource()),
/// [`around`](crate::around()) and [`background`](crate::background()). A resource that can be entered again has
/// [`retry`](crate::ResourceExt::retry), which describes attempts, roll-backs and timers.
///
/// # Order
///
/// `make` is called at the beginning of each attempt. The resource of an attempt that failed is rolled back, and
/// dropped before the next one is created. Those of an [owned](crate::Scope::open) scope, and of an enter by hand, are
/// dropped later: when the member is exited.
///
/// # Errors
///
/// If the last attempt fails, its failures are reported, as those of the member.
///
/// # Panics
///
/// A panic of `make` is caught. It counts as a panic of the member's enter, and ends the attempts.
///
/// # Cancel safety
///
/// If the scope is dropped during an attempt, the resource of that attempt is treated as any other member. If the scope
/// is dropped between two attempts, the member has not entered.
///
/// # Examples
///
/// ```
/// use std::future::ready;
/// use withal::{ResourceExt, resource, retry_with};
///
/// # futures::executor::block_on(async {
/// let mut attempts = 0;
/// let connection = || {
///     attempts += 1;
///     let is_up = attempts == 3;
///     let connect = async move || if is_up { Ok("connected") } else { Err("nobody listens".into()) };
///     resource(connect, async |_, _| Ok(()))
/// };
/// let database = retry_with(connection, |_, attempt| (attempt < 5).then(|| ready(()))); // or a timer
/// database.scope(async |state| anyhow::Ok(assert_eq!(*state, "connected"))).await?;
/// # anyhow::Ok(()) }).unwrap();
/// ```
pub fn retry_with<R, M, A, T>(make: M, again: A) -> Retry<Remake<R, M>, A>
where
    R: Resource,
    M: FnMut() -> R + Send,
    A: FnMut(&R::Error, usize) -> Option<T> + Send,
    T: Future + Send,
{
    Retry::new(Remake { made: Kept::new(), make }, again)
}

/// Creates a resource anew for each enter. Returned by [`retry_with`](crate::retry_with).
#[must_use = "a resource does nothing until a scope enters it"]
pub struct Remake<R, M> {
    made: Kept<R>,
    make: M,
}

impl<R: fmt::Debug, M> fmt::Debug for Remake<R, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remake").field("made", &self.made.last()).finish_non_exhaustive()
    }
}

impl<R: Resource, M: FnMut() -> R + Send> Resource for Remake<R, M> {
    type Guard = R::Guard;
    type Error = R::Error;

    async fn enter(&mut self) -> Result<R::Guard, R::Error> {
        let (made, _) = self.made.store((self.make)());
        made.enter().await
    }

    async fn exit(&mut self, guard: R::Guard, outcome: Outcome<'_>) -> Result<(), R::Error> {
        match self.made.last_mut() {
            Some(made) => made.exit(guard, outcome).await,
            None => Ok(()),
        }
    }

    fn abandon(&mut self, guard: R::Guard) {
        if let Some(made) = self.made.last_mut() {
            made.abandon(guard);
        }
    }

    fn exit_dropped(&mut self) {
        if let Some(made) = self.made.last_mut() {
            made.exit_dropped();
        }
    }

    fn name(&self) -> &str {
        self.made.last().map_or(kind_of::<R>(), R::name)
    }

    fn hold(&mut self, _: HoldToken) -> impl Hold<Guard = R::Guard, Error = R::Error> {
        Held { make: &mut self.make, made: made::borrowed(&mut self.made), kind: kind_of::<R>() }
    }

    fn into_hold(self, _: HoldToken) -> impl Hold<Guard = R::Guard, Error = R::Error> {
        Held { make: self.make, made: made::owned(self.made), kind: kind_of::<R>() }
    }
}

struct Held<M, B, S, L, H> {
    make: M,
    made: Made<B, S, L, H>,
    /// The name of the resources' type.
    kind: &'static str,
}

impl<M, B, S, L, H> Hold for Held<M, B, S, L, H>
where
    M: FnMut() -> B + Send,
    B: Send,
    S: BorrowMut<Kept<B>> + Send,
    L: Hold<Guard = H::Guard, Error = H::Error>,
    H: Hold,
{
    type Guard = H::Guard;
    type Error = H::Error;

    fn observe(&mut self, place: &MemberPath) {
        self.made.observe(place.clone());
    }

    async fn enter(&mut self, entry: EnterContext<'_>) -> bool {
        self.made.clear();
        let entered = match catch(&mut self.make) {
            Ok(made) => {
                self.made.set(made, entry);
                self.made.notes.is_empty() && self.made.enter(entry).await
            }
            Err(panic) => {
                self.made.notes.panic(panic);
                false
            }
        };
        if !entered {
            entry.state().note_failure();
        }
        entered
    }

    async fn exit(&mut self, exit: ExitContext<'_>) -> bool {
        self.made.exit(exit).await
    }

    fn failures(&mut self, phase: Phase, map: MapError<'_, H::Error>) -> Failures {
        let mut all = self.made.failures(phase, map);
        self.made.notes.tell(&self.name(), phase, &mut all);
        all
    }

    fn name(&self) -> String {
        self.made.name().unwrap_or_else(|| self.kind.to_owned())
    }

    fn failures_in(error: &mut H::Error) -> Option<&mut Failures> {
        H::failures_in(error)
    }

    forward_hold!(made: attend take put show abandon interrupt is_in name_sets reach);
}
