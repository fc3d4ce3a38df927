//! Law `fair` on tokio: a member that is always busy, and is polled before the others, cannot keep from them for ever
//! what is ready for them. It uses up the budget of every poll that it comes first in.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use tokio::runtime::Builder;
use tokio::sync::Semaphore;
use withal::{ExitPool, Group, Outcome, Resource, ResourceExt};

/// How long the busy ones go on if the others do not get their turn.
const END: usize = 2_000_000;

/// In so many polls of 128 units each a group of 40 members comes around, busy ones among them.
const SOON: usize = 100 * 128;

#[derive(Default)]
struct State {
    units: AtomicUsize,
    others: AtomicUsize,
    is_over: AtomicBool,
}

/// In one phase, a member that is busy until the others had their turn, or one that needs a turn.
struct Member {
    is_busy: bool,
    in_exit: bool,
    others: usize,
    state: Arc<State>,
}

impl Member {
    async fn act(&self) {
        let always = Semaphore::new(1);
        if self.is_busy {
            while !self.state.is_over.load(SeqCst) && self.state.units.fetch_add(1, SeqCst) < END {
                drop(always.acquire().await);
            }
        } else {
            drop(always.acquire().await);
            let all = self.state.others.fetch_add(1, SeqCst) + 1 == self.others;
            self.state.is_over.store(all, SeqCst);
        }
    }
}

impl Resource for Member {
    type Guard = ();
    type Error = Infallible;

    async fn enter(&mut self) -> Result<(), Infallible> {
        if !self.in_exit {
            self.act().await;
        }
        Ok(())
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), Infallible> {
        if self.in_exit {
            self.act().await;
        }
        Ok(())
    }
}

/// So many members, of which those are busy that are polled first in the phase.
fn members(count: usize, busy: usize, in_exit: bool, state: &Arc<State>) -> impl Iterator<Item = Member> {
    let state = Arc::clone(state);
    (0..count).map(move |index| {
        let turn = if in_exit { count - 1 - index } else { index };
        Member { is_busy: turn < busy, in_exit, others: count - busy, state: Arc::clone(&state) }
    })
}

/// Runs a group with one and with two busy members, in each phase.
fn check<R: Resource + 'static>(name: &str, count: usize, make: impl Fn(&mut dyn Iterator<Item = Member>) -> R) {
    for (busy, in_exit) in [(1, false), (1, true), (2, false), (2, true)] {
        if busy < count {
            let state = Arc::new(State::default());
            let group = make(&mut members(count, busy, in_exit, &state));
            run(group);
            check_units(name, busy, in_exit, &state);
        }
    }
}

fn run<R: Resource + 'static>(resource: R) {
    let runtime = Builder::new_current_thread().build().unwrap();
    let scope = resource.scope(async |_| anyhow::Ok(()));
    runtime.block_on(async { tokio::task::LocalSet::new().run_until(scope).await }).unwrap();
}

fn check_units(name: &str, busy: usize, in_exit: bool, state: &State) {
    let units = state.units.load(SeqCst);
    assert!(units < SOON, "{name}, {busy} busy, in the exit: {in_exit}: all had their turn after {units} units");
}

fn array<const N: usize>(members: &mut dyn Iterator<Item = Member>) -> [Member; N] {
    std::array::from_fn(|_| members.next().unwrap())
}

fn dozen(members: &mut dyn Iterator<Item = Member>) -> impl Group + use<> {
    let mut next = || members.next().unwrap();
    (next(), next(), next(), next(), next(), next(), next(), next(), next(), next(), next(), next())
}

#[test]
fn fair_in_every_group() {
    check("pair", 2, |members| <(_, _)>::from(array::<2>(members)));
    check("three", 3, |members| <(_, _, _)>::from(array::<3>(members)));
    check("dozen", 12, dozen);
    check("[2]", 2, array::<2>);
    check("[8]", 8, array::<8>);
    check("[40]", 40, array::<40>);
    for count in [2, 5, 30, 31, 60] {
        check("Vec", count, |members| members.collect::<Vec<_>>());
        check("Vec, fail_fast", count, |members| members.collect::<Vec<_>>().fail_fast());
    }
    check("dozen, fail_fast", 12, |members| dozen(members).fail_fast());
    check("[8], fail_fast", 8, |members| array::<8>(members).fail_fast());
    check("limit", 3, |members| <(_, _, _)>::from(array::<3>(members)).limit(3));
    check("limit of a Vec", 8, |members| members.collect::<Vec<_>>().limit(4));
    check("nested", 8, |members| {
        let [a, b] = [array::<2>(members), array::<2>(members)];
        ((a, b), members.take(4).collect::<Vec<_>>())
    });
    check("boxed", 4, |members| (array::<2>(members).boxed(), Some(array::<2>(members))));
}

/// A pool exits all at once.
#[test]
fn fair_in_a_pool() {
    for (count, busy) in [(2, 1), (8, 2), (40, 2)] {
        let state = Arc::new(State::default());
        let runtime = Builder::new_current_thread().build().unwrap();
        let mut all = members(count, busy, true, &state).collect::<Vec<_>>().into_iter();
        let scope = ExitPool::new().scope(async |pool| {
            for member in all.by_ref() {
                pool.enter(member).await?;
            }
            anyhow::Ok(())
        });
        runtime.block_on(scope).unwrap();
        check_units("pool", busy, true, &state);
    }
}
