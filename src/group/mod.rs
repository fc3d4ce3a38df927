//! Groups: how their members are driven together. Tuples and arrays are driven by the engine, which is
//! `futures-concurrency`, and groups that can be long by `futures`.
//!
//! | group | driven by |
//! |---|---|
//! | tuple, at most 4 members pending after the first poll | polled in place, in rounds (`tuple_rounds`) |
//! | tuple, more members pending | the engine for 16 rounds, and then in place again (`in_place`) |
//! | array of at most 30 members | `join` or `try_join` of `futures-concurrency` (`join::drive_array`) |
//! | `Vec`, `BTreeMap` or longer array of single members, at most 16 | polled in place, in rounds (`rows::OneRow`) |
//! | more single members | the woken ones are polled in place, in rounds (`rows::Rows`) |
//! | at most 30 members, with groups among them | `join_all` or `try_join_all` of `futures` (`list::drive_list`) |
//! | longer, or more than 30 members below it in a tree of 500 or more | `FuturesUnordered` (`list::drive_many`) |
//! | tuple, limited | polled in place, at most so many (`tuple_rounds`) |
//! | list or array, limited | polled in rounds, at most so many (`limit::drive_in_rounds`) |
//! | limited, and long as above | `FuturesUnordered`, at most so many (`list::drive_many`) |
//! | list or array, limited to 1, as by `in_order` | a loop (`limit::drive_one_by_one`) |
//!
//! Tuples and arrays are stored in the scope's future. Lists, and arrays that are driven as one, are boxed.

mod array;
mod by_hand;
mod in_place;
mod join;
mod limit;
mod list;
mod map;
mod row;
mod rows;
mod tuple;
mod tuple_rounds;
mod turns;
mod unit;
mod vec;
mod woken;

pub(crate) use by_hand::{abandon, enter, exit};

use crate::member::{EnterContext, ExitContext, Hold, Policy};
use crate::resource::Resource;
use alloc::boxed::Box;
use core::future::Future;
use futures::FutureExt;
use limit::may_start;
use list::{drive_limited, drive_list};
use rows::{ListFuture, are_small, drive_boxed_in_rows};

/// A resource that consists of members: a tuple, an array, a `Vec`, a `BTreeMap`, or an adaptor around one of these.
///
/// It is implemented by this crate alone. It marks the resources that can have a policy for their members, such as
/// [`fail_fast`](crate::ResourceExt::fail_fast).
///
/// # By hand
///
/// A resource of your own can call `enter`, `exit` and `abandon` of a group. It is one member then: the policies and
/// limits around it do not reach the members of the group. If one of these fails to enter, the group exits all members
/// that had entered, and returns the [`Failures`](crate::Failures). If members panic, the earliest panic resumes when
/// all is done. If the future of the enter is dropped, the members that had entered are abandoned.
///
/// The name that [`named`](crate::ResourceExt::named) sets for the group stands before those of its members here, too.
/// The name of another resource of your own that delegates to a group does so in a scope and in
/// [`Lend::through`](crate::Lend::through). If you call that resource by hand, its error is returned as it is, unless
/// the resource is [boxed](crate::ResourceExt::boxed): its name is added by hand as well then.
///
/// ```
/// use withal::{Failures, Outcome, Resource, ResourceExt};
///
/// struct Node {
///     address: Option<&'static str>,
/// }
///
/// impl Resource for Node {
///     type Guard = &'static str;
///     type Error = String;
///
///     async fn enter(&mut self) -> Result<&'static str, String> {
///         self.address.ok_or_else(|| "it has no address".to_owned())
///     }
///
///     async fn exit(&mut self, _: &'static str, _: Outcome<'_>) -> Result<(), String> {
///         Ok(())
///     }
/// }
///
/// struct Cluster([Node; 2]);
///
/// impl Resource for Cluster {
///     type Guard = [&'static str; 2];
///     type Error = Failures;
///
///     async fn enter(&mut self) -> Result<[&'static str; 2], Failures> {
///         self.0.enter().await
///     }
///
///     async fn exit(&mut self, guard: [&'static str; 2], outcome: Outcome<'_>) -> Result<(), Failures> {
///         self.0.exit(guard, outcome).await
///     }
///
///     fn abandon(&mut self, guard: [&'static str; 2]) {
///         self.0.abandon(guard);
///     }
/// }
///
/// # futures::executor::block_on(async {
/// let cluster = Cluster([Node { address: Some("10.0.0.1") }, Node { address: None }]);
/// let error = cluster.scope(async |_| anyhow::Ok(())).await.unwrap_err();
/// assert_eq!(error.to_string(), "could not enter [1] Node: it has no address");
/// # });
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no group of resources",
    label = "not a tuple, array, `Vec` or `BTreeMap` of resources",
    note = "policies such as `fail_fast()` are for groups: tuples, arrays, `Vec` and `BTreeMap` of resources, and \
            adaptors of these",
    note = "a tuple of one member is a group, too: `(a,)`"
)]
#[doc(alias = "gather")]
pub trait Group: Resource + Sized + sealed::Sealed {}

pub(crate) mod sealed {
    #[expect(unnameable_types, reason = "what nobody can name, nobody can implement")]
    pub trait Sealed {}
}

/// For up to this many members of a list, polling all of them on each wake is cheaper than tracking which one was
/// woken.
const SHORT: usize = 30;

/// Returns `true` if a group with this many members, in a large tree or not, polls all of them on each wake.
#[inline]
fn is_short(reach: usize, is_large: impl FnOnce() -> bool) -> bool {
    reach <= SHORT || !is_large()
}

/// Enters the members of a group whose size is known only at run time, or that is limited. Returns `true` if none
/// failed. What drives them is boxed: it is far larger than the list, and would be stored in the scope's future. Under
/// `fail_fast` the future resolves at the first failure, and its caller drops the rest.
fn enter_each<'h, H: Hold + 'h>(holds: &'h mut [H], entry: EnterContext<'_>) -> impl Future<Output = bool> + Send {
    let (count, (limit, entry)) = (holds.len(), entry.of_members());
    let enter = move |hold: &'h mut H| hold.enter(entry);
    let in_rows = limit >= count && are_single(holds);
    if in_rows && are_small(&enter) {
        return ListFuture::in_rows(holds.iter_mut().map(enter), entry.policy());
    }
    ListFuture::Otherwise(Box::pin(async move {
        if in_rows {
            return drive_boxed_in_rows(holds.iter_mut().map(enter), entry.policy()).await;
        }
        let short = is_short_list(holds, entry.is_large());
        if limit >= count {
            return drive_list(holds.iter_mut().map(enter), entry.policy(), short).await;
        }
        let members = holds.iter_mut().enumerate().map(|(turn, hold)| async move {
            // Asked when it is first polled: a member can fail between this and the one that made room.
            !may_start(turn, limit, entry) || hold.enter(entry).await
        });
        drive_limited(members, limit, entry.policy(), short).await
    }))
}

/// Exits the members of a group whose size is known only at run time, or that is limited, the last one first (law
/// `no-exit-cut`). Returns `true` if all succeeded.
fn exit_each<'h, H: Hold + 'h>(holds: &'h mut [H], exit: ExitContext<'_>) -> impl Future<Output = bool> + Send {
    let (count, (limit, exit)) = (holds.len(), exit.of_members());
    let exit_one = move |hold: &'h mut H| hold.exit(exit);
    let in_rows = limit >= count && are_single(holds);
    if in_rows && are_small(&exit_one) {
        return ListFuture::in_rows(holds.iter_mut().rev().map(exit_one), Policy::Settle);
    }
    ListFuture::Otherwise(Box::pin(async move {
        if in_rows {
            return drive_boxed_in_rows(holds.iter_mut().rev().map(exit_one), Policy::Settle).await;
        }
        let short = is_short_list(holds, exit.is_large());
        let members = holds.iter_mut().rev().map(exit_one);
        if limit >= count {
            drive_list(members, Policy::Settle, short).await
        } else {
            drive_limited(members, limit, Policy::Settle, short).await
        }
    }))
}

/// Returns `true` if no member is a group, so that a poll of one reaches no other.
fn are_single<H: Hold>(holds: &[H]) -> bool {
    holds.iter().all(|hold| hold.reach() <= 1)
}

fn is_short_list<H: Hold>(holds: &[H], is_large: bool) -> bool {
    holds.len() <= SHORT && (!is_large || is_short(holds.iter().map(H::reach).sum(), || true))
}

/// Runs all futures to completion, at most `limit` of them at a time, for members that no group holds.
pub(crate) async fn join_all<F: Future<Output = ()> + Send>(
    exits: impl ExactSizeIterator<Item = F> + Send,
    limit: usize,
) {
    let (count, short) = (exits.len(), exits.len() <= SHORT);
    let exits = exits.map(|exit| exit.map(|()| true));
    if limit >= count {
        drive_list(exits, Policy::Settle, short).await;
    } else {
        drive_limited(exits, limit, Policy::Settle, short).await;
    }
}
