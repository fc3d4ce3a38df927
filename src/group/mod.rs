//! Many as one: how the members of a group are driven together. The only user of the engine, which is
//! `futures-concurrency` for tuples and arrays, and `futures` for what can be long.

mod array;
mod by_hand;
mod crowd;
mod tuple;
mod unit;
mod vec;
mod width;

pub(crate) use by_hand::{abandon, enter, enter_at, exit, resume_panic};
pub use width::{Bounded, Free, Gate, Open, Passing, Turnstile, Width};

use crate::hold::{Entry, Hold, Policy};
use crate::outcome::Outcome;
use crate::resource::Resource;
use alloc::boxed::Box;
use core::future::Future;
use crowd::{Crowd, Drive, join_list, try_join_list};
use futures::FutureExt;
use futures::future::Either;

/// A resource that is made of members: a tuple, an array, a `Vec`, and what wraps one of these.
///
/// It is implemented by this crate alone. It marks the resources whose members can be given a policy, such as
/// [`fail_fast`](crate::ResourceExt::fail_fast).
///
/// # By hand
///
/// A resource of your own can call `enter`, `exit` and `abandon` of a group. It is one member then: the policies and limits
/// around it do not reach the members of the group. If one of these fails to enter, the group exits all that had entered,
/// and returns the [`Failures`](crate::Failures); of a panic among them, the earliest resumes when all is done. If the future
/// of the enter is dropped, what had entered is abandoned.
///
/// ```
/// use withal::{Failures, Outcome, Resource, ResourceExt};
/// # use withal::testing::{Ledger, READY, Script, Scripted, Step, Token};
///
/// struct Cluster([Scripted; 2]);
///
/// impl Resource for Cluster {
///     type Guard = [Token; 2];
///     type Error = Failures;
///
///     async fn enter(&mut self) -> Result<[Token; 2], Failures> {
///         self.0.enter().await
///     }
///
///     async fn exit(&mut self, guard: [Token; 2], outcome: Outcome<'_>) -> Result<(), Failures> {
///         self.0.exit(guard, outcome).await
///     }
///
///     fn abandon(&mut self, guard: [Token; 2]) {
///         self.0.abandon(guard);
///     }
/// }
///
/// # let ledger = Ledger::new();
/// # let script = Script { enter: Step::error(), exit: READY };
/// let cluster = Cluster([ledger.member(0, Script::default()), ledger.member(1, script)]);
/// # futures::executor::block_on(async {
/// let error = cluster.scope(async |_| anyhow::Ok(())).await.unwrap_err();
/// assert_eq!(error.to_string(), "could not enter [1] Scripted: member 1 fails, as scripted");
/// # });
/// # ledger.check().unwrap();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no group of resources",
    label = "not a tuple, array or `Vec` of resources",
    note = "policies such as `fail_fast()` are for groups: tuples, arrays and `Vec` of resources, and adaptors of these",
    note = "a group is one argument, as in `in_order((a, b))`"
)]
#[doc(alias = "gather")]
pub trait Group: Resource + sealed::Sealed {
    /// How a group holds its members when so many of them may be in flight at a time.
    #[doc(hidden)]
    fn hold_in<W: Width>(&mut self, width: W) -> impl Hold<Guard = Self::Guard, Error = Self::Error>;
}

pub(crate) mod sealed {
    #[expect(unnameable_types, reason = "what nobody can name, nobody can implement")]
    pub trait Sealed {}
}

/// Up to here, to poll all members of a list on each wake is cheaper than to tell which one was woken.
const SHORT: usize = 30;

/// So many members in all the groups in a group are not polled on each wake any more. Up to here they are, in their order: to
/// tell which one was woken, in groups in groups, has them polled in another.
const MANY: usize = 500;

fn is_short<H: Hold>(holds: &[H]) -> bool {
    holds.len() <= SHORT && holds.iter().map(H::reach).sum::<usize>() < MANY
}

/// Enters all members at once; true when all are in.
///
/// `settle`: one that fails leaves the others to run to their end. `fail-fast`: this resolves at the first failure, and
/// its caller drops the rest.
fn enter_all<C: Crowd>(members: C, policy: Policy) -> impl Future<Output = bool> + Send {
    Drive::new(members, policy, move |members: C| match policy {
        Policy::Settle => Either::Left(members.join()),
        Policy::FailFast => Either::Right(members.try_join()),
    })
}

/// Exits all members at once, in the order given; true when all went well (law `no-exit-cut`).
fn exit_all(members: impl Crowd) -> impl Future<Output = bool> + Send {
    Drive::new(members, Policy::Settle, Crowd::join)
}

/// Does that for the members of a group whose number is known at run time only. What drives a list is many times larger
/// than the list itself: it is boxed, so that it takes one word of the scope's future.
fn enter_each<'h, H: Hold + 'h, W: Width>(
    holds: &'h mut [H],
    width: W,
    entry: Entry<'_>,
) -> impl Future<Output = bool> + Send {
    Box::pin(async move {
        let (gate, short) = (width.gate(), is_short(holds));
        let members = holds.iter_mut().map(|hold| hold.enter(entry)).enumerate();
        let members = members.map(|(turn, member)| gate.pass(turn, Some(entry), member));
        match entry.policy() {
            Policy::Settle => join_list(members, short).await,
            Policy::FailFast => try_join_list(members, short).await,
        }
    })
}

/// Exits the members of a group whose number is known at run time only, the last one first.
fn exit_each<'h, H: Hold + 'h, W: Width>(
    holds: &'h mut [H],
    width: W,
    outcome: &Outcome<'_>,
) -> impl Future<Output = bool> + Send {
    Box::pin(async move {
        let (gate, short) = (width.gate(), is_short(holds));
        let members = holds.iter_mut().rev().map(|hold| hold.exit(outcome)).enumerate();
        join_list(members.map(|(turn, member)| gate.pass(turn, None, member)), short).await
    })
}

/// Drives futures to their end, all at once, for members that are kept in another way.
pub(crate) async fn join_all<F: Future<Output = ()> + Send>(exits: impl ExactSizeIterator<Item = F> + Send) {
    let short = exits.len() <= SHORT;
    join_list(exits.map(|exit| exit.map(|()| true)), short).await;
}
