//! The second signal before each poll, with stacks and pools: members that are in, that enter, and that exit early.

use crate::sweep::sweep;
use crate::{abandoned, member};
use futures::FutureExt;
use futures::channel::oneshot;
use std::future::{pending, ready};
use std::pin::pin;
use withal::testing::{Event, Ledger, READY, Scripted};
use withal::{BoxError, ExitPool, ExitStack, Handle, Named, OnDrop, OpenPool, OpenStack, ResourceExt, Scope};
use withal_common::{reaper, run};

fn slow(ledger: &Ledger, id: usize) -> Named<Scripted> {
    member(ledger, id, READY.pending(1), READY.pending(2))
}

type Sets = (OpenStack<'static>, OpenPool<'static>);

/// Enters members into both sets, lets one go early, and gives up another one's exit.
async fn body(ledger: &Ledger, (stack, pool): &mut Sets) -> Result<(), BoxError> {
    stack.enter(slow(ledger, 2)).await?;
    let early = pool.enter(slow(ledger, 3)).await?;
    pool.enter(slow(ledger, 4)).await?;
    let given_up = pool.enter(slow(ledger, 5)).await?;
    Handle::exit(early).await?;
    let mut exit = Box::pin(Handle::exit(given_up));
    futures::future::select(&mut exit, Box::pin(ledger.pend(1))).await;
    drop(exit);
    ledger.pend(1).await;
    Ok(())
}

fn check<F: OnDrop<Members>>(label: &str, on: impl Fn(Scope<Members>) -> Scope<Members, withal::NoSignal, F>) {
    let ledger = Ledger::new();
    let ledger = &ledger;
    sweep(label, ledger, |until, abandon| {
        let members = (slow(ledger, 0), (ExitStack::new(), ExitPool::new()), slow(ledger, 1));
        let scope = on(Scope::new(members)).until(until).abandon_on(abandon);
        scope.report(async |(_, sets, _)| body(ledger, sets).await).boxed_local()
    });
}

type Members = (Named<Scripted>, (ExitStack<'static>, ExitPool<'static>), Named<Scripted>);

#[test]
fn sets_of_members() {
    let (reaper, tasks) = reaper();
    check("sets", |scope| scope);
    check("sets on a reaper", |scope| scope.on(&reaper));
    assert!(tasks.pop().is_none(), "nothing is passed to the reaper");
}

/// A group whose enter was dropped when a part of it was in: the part stays with the set, and is abandoned with it.
#[test]
fn part_of_a_group_that_stays_with_the_set() {
    let ledger = Ledger::new();
    let (second, signal) = oneshot::channel();
    let scope = Scope::new(ExitStack::new()).abandon_on(signal).report(async |stack| {
        let group = (member(&ledger, 0, READY, READY.pending(5)), member(&ledger, 1, READY.pending(5), READY));
        stack.enter(group).await?;
        Ok::<_, BoxError>(())
    });
    let report = abandoned(&ledger, 2, second, pin!(scope));
    ledger.check().unwrap();
    assert_eq!(report.failures.len(), 1, "{report:?}");
    let failure = report.failures.first().unwrap();
    assert!(failure.path().starts_with(&[0]) && failure.name() == "m0", "{report:?}");
    assert!(failure.error().is::<withal::Abandoned>());
    assert_eq!(ledger.events().last(), Some(&Event::Abandoned(0)));
}

/// Members that are in from the start are abandoned even if nothing begins.
#[test]
fn set_that_is_filled_from_the_start() {
    let ledger = Ledger::new();
    let mut stack = ExitStack::new().open();
    run(stack.enter(member(&ledger, 0, READY, READY))).unwrap();
    run(stack.enter(member(&ledger, 1, READY, READY))).unwrap();
    let members = (stack.take_all(), member(&ledger, 2, READY, READY));
    let report = run(Scope::new(members).abandon_on(ready(())).report(async |_| Ok::<_, BoxError>(())));
    let words = "could not exit [0, 1] m1: the scope was abandoned before its exit began; \
                 could not exit [0, 0] m0: the scope was abandoned before its exit began";
    assert_eq!(report.failures.to_string(), words);
    assert!(report.cancelled);
    ledger.check().unwrap();
}

/// A set in a deadline, whose exits are cut by the signal and not by the deadline.
#[test]
fn set_with_a_deadline() {
    let ledger = Ledger::new();
    let (second, signal) = oneshot::channel();
    let pool = ExitPool::new().exit_within(pending::<()>);
    let scope = Scope::new(pool).abandon_on(signal).report(async |pool| {
        pool.enter(member(&ledger, 0, READY, READY.pending(9))).await?;
        Ok::<_, BoxError>(())
    });
    let report = abandoned(&ledger, 2, second, pin!(scope));
    assert_eq!(report.failures.to_string(), "could not exit [0] m0: its exit was cut: the scope was abandoned");
    assert_eq!(report.body.unwrap().map_err(|error| error.to_string()), Ok(()));
    ledger.check().unwrap();
}
