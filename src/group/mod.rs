//! Many as one: how the members of a group are driven together. The only user of the engine, which is
//! `futures-concurrency` for tuples and arrays, and `futures` for what can be long.

mod array;
mod by_hand;
mod crowd;
mod tuple;
mod turns;
mod unit;
mod vec;
mod width;

pub(crate) use by_hand::{abandon, enter, exit, resume_panic};
pub use turns::Begun;
pub use width::{Bounded, Free, Gate, Open, Passing, Turnstile, Width};

use crate::hold::{Entry, Exit, Hold, Policy};
use crate::resource::Resource;
use alloc::boxed::Box;
use core::future::Future;
use crowd::drive_list;
use futures::FutureExt;

/// A resource that is made of members: a tuple, an array, a `Vec`, and what wraps one of these.
///
/// It is implemented by this crate alone. It marks the resources whose members can be given a policy, such as
/// [`fail_fast`](crate::ResourceExt::fail_fast).
///
/// # By hand
///
/// A resource of your own can call `enter`, `exit` and `abandon` of a group. It is one member then: the policies and
/// limits around it do not reach the members of the group. If one of these fails to enter, the group exits all that had
/// entered, and returns the [`Failures`](crate::Failures); of a panic among them, the earliest resumes when all is
/// done. If the future of the enter is dropped, what had entered is abandoned.
///
/// The name that the group [was given](crate::ResourceExt::named) stands before those of its members here, too. The
/// name of another resource of your own that delegates to a group does so in a scope and in
/// [`Lend::through`](crate::Lend::through): by hand its error is returned as it is. Once it is
/// [boxed](crate::ResourceExt::boxed), it has its name by hand as well.
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
    note = "policies such as `fail_fast()` are for groups: tuples, arrays and `Vec` of resources, and adaptors of \
            these",
    note = "a group is one argument, as in `in_order((a, b))`"
)]
#[doc(alias = "gather")]
pub trait Group: Resource + sealed::Sealed {
    /// How a group holds its members when so many of them may be in flight at a time.
    #[doc(hidden)]
    fn hold_in<W: Width>(&mut self, width: W) -> impl Hold<Guard = Self::Guard, Error = Self::Error>;

    /// How what owns a group holds its members.
    #[doc(hidden)]
    fn into_hold_in<W: Width>(self, width: W) -> impl Hold<Guard = Self::Guard, Error = Self::Error>;
}

pub(crate) mod sealed {
    #[expect(unnameable_types, reason = "what nobody can name, nobody can implement")]
    pub trait Sealed {}
}

/// Up to here, to poll all members of a list on each wake is cheaper than to tell which one was woken.
const SHORT: usize = 30;

/// Whether a group with so many members, in a large tree or not, polls all of them on each wake.
#[inline]
fn is_short(reach: usize, is_large: impl FnOnce() -> bool) -> bool {
    reach <= SHORT || !is_large()
}

/// Enters the members of a group whose number is known at run time only; true when all are in. What drives a list is
/// many times larger than the list itself: it is boxed, so that it takes one word of the scope's future.
///
/// `settle`: one that fails leaves the others to run to their end. `fail-fast`: this resolves at the first failure, and
/// its caller drops the rest.
fn enter_each<'h, H: Hold + 'h, W: Width>(
    holds: &'h mut [H],
    width: W,
    entry: Entry<'_>,
) -> impl Future<Output = bool> + Send {
    Box::pin(async move {
        let (gate, short) = (width.gate(), is_short_list(holds, entry.is_large()));
        let members = holds.iter_mut().map(|hold| hold.enter(entry)).enumerate();
        let members = members.map(|(turn, member)| gate.pass(turn, Some(entry), member));
        drive_list(members, entry.policy(), gate.begun(), short).await
    })
}

/// Exits the members of a group whose number is known at run time only, the last one first; true when all went well
/// (law `no-exit-cut`).
fn exit_each<'h, H: Hold + 'h, W: Width>(
    holds: &'h mut [H],
    width: W,
    exit: &Exit<'_>,
) -> impl Future<Output = bool> + Send {
    Box::pin(async move {
        let (gate, short) = (width.gate(), is_short_list(holds, exit.is_large));
        let members = holds.iter_mut().rev().map(|hold| hold.exit(exit)).enumerate();
        let members = members.map(|(turn, member)| gate.pass(turn, None, member));
        drive_list(members, Policy::Settle, gate.begun(), short).await
    })
}

fn is_short_list<H: Hold>(holds: &[H], is_large: bool) -> bool {
    holds.len() <= SHORT && (!is_large || is_short(holds.iter().map(H::reach).sum(), || true))
}

/// Drives futures to their end, all at once, for members that are kept in another way.
pub(crate) async fn join_all<F: Future<Output = ()> + Send>(exits: impl ExactSizeIterator<Item = F> + Send) {
    let short = exits.len() <= SHORT;
    drive_list(exits.map(|exit| exit.map(|()| true)), Policy::Settle, (), short).await;
}
