//! The second signal before each poll, for every shape: plain, local, and on a reaper.

use crate::sweep::sweep;
use crate::{member, pends};
use futures::FutureExt;
use std::future::pending;
use withal::testing::{Ledger, READY, Scripted, Step};
use withal::{BoxError, Named, Resource, ResourceExt, Scope, background};
use withal_common::{pend, reaper};

/// Pends in each phase.
fn slow(ledger: &Ledger, id: usize) -> Named<Scripted> {
    member(ledger, id, READY.pending(2), READY.pending(2))
}

fn quick(ledger: &Ledger, id: usize) -> Named<Scripted> {
    member(ledger, id, READY, READY.pending(1))
}

/// Sweeps a shape, with each way to run it.
fn check<R: Resource + 'static>(label: &str, shape: impl Fn(&Ledger) -> R) {
    let ledger = Ledger::new();
    let (shape, ledger) = (&shape, &ledger);
    sweep(label, ledger, |until, abandon| {
        let scope = Scope::new(shape(ledger)).until(until).abandon_on(abandon);
        scope.report(async move |_| pends::<BoxError>(ledger, 2).await).boxed_local()
    });
    sweep(&format!("{label}, local"), ledger, |until, abandon| {
        Scope::new(shape(ledger))
            .until(until)
            .abandon_on(abandon)
            .report_local(async |_| pends::<BoxError>(ledger, 2).await)
            .boxed_local()
    });
    let (reaper, tasks) = reaper();
    sweep(&format!("{label}, on a reaper"), ledger, |until, abandon| {
        let scope = Scope::new(shape(ledger)).abandon_on(abandon).on(&reaper).until(until);
        scope.report(async move |_| pends::<BoxError>(ledger, 2).await).boxed_local()
    });
    assert!(tasks.pop().is_none(), "{label}: nothing is passed to the reaper");
    assert_eq!(reaper.pending(), 0);
}

#[test]
fn single_resources() {
    check("one", |ledger| slow(ledger, 0));
    check("an option", |ledger| (Some(slow(ledger, 0)), None::<Named<Scripted>>));
    check("boxed", |ledger| vec![slow(ledger, 0).boxed(), quick(ledger, 1).boxed()]);
    check("an error that is mapped", |ledger| slow(ledger, 0).map_err(|error| error));
}

#[test]
fn groups() {
    check("a tuple", |ledger| (slow(ledger, 0), quick(ledger, 1), slow(ledger, 2)));
    check("nested", |ledger| {
        ((slow(ledger, 0), quick(ledger, 1)), [slow(ledger, 2), slow(ledger, 3)], vec![slow(ledger, 4)])
    });
    check("a list", |ledger| (0..5).map(|id| slow(ledger, id)).collect::<Vec<_>>());
    check("limited", |ledger| (0..5).map(|id| slow(ledger, id)).collect::<Vec<_>>().limit(2));
    check("in order", |ledger| (slow(ledger, 0), quick(ledger, 1), slow(ledger, 2)).in_order());
    check("fail-fast", |ledger| (slow(ledger, 0), [quick(ledger, 1), slow(ledger, 2)]).fail_fast());
    check("then", |ledger| {
        let (second, third) = (slow(ledger, 1), quick(ledger, 2));
        let mut second = Some((second, third));
        slow(ledger, 0).then(move |_| second.take().expect("it is called once"))
    });
}

/// A member that fails, or panics, where it is told to.
#[test]
fn failing_members() {
    for step in [Step::error(), Step::panic()] {
        check("an enter fails", |ledger| (slow(ledger, 0), member(ledger, 1, step.pending(1), READY), slow(ledger, 2)));
        check("an exit fails", |ledger| (slow(ledger, 0), member(ledger, 1, READY, step.pending(1)), slow(ledger, 2)));
        check("an enter fails fast", |ledger| {
            (quick(ledger, 0), member(ledger, 1, step.pending(1), READY), slow(ledger, 2)).fail_fast()
        });
    }
}

#[test]
fn deadlines() {
    check("deadlines", |ledger| {
        let timer = |ledger: &Ledger| {
            let ledger = ledger.clone();
            move || {
                let ledger = ledger.clone();
                async move { ledger.pend(1).await }
            }
        };
        let enters = member(ledger, 0, READY.pending(1), READY.pending(3)).enter_within(timer(ledger));
        let exits = [slow(ledger, 1), slow(ledger, 2)].in_order().exit_within(timer(ledger));
        let never = slow(ledger, 3).exit_within(pending::<()>);
        (enters, exits, never)
    });
}

/// The work is dropped with its member. The ledger does not follow the worker.
#[test]
fn members_that_work() {
    check("work", |ledger| {
        let worker = background(async |startup| {
            pend(1).await;
            startup.ready(()).await;
            pend(2).await;
            Ok(())
        });
        (slow(ledger, 0), slow(ledger, 1).watch(|_| pending::<BoxError>()), quick(ledger, 2), worker.named("worker"))
    });
    for dies in 0..8 {
        let death = move || async move {
            pend(dies).await;
            BoxError::from("it died, as scripted")
        };
        check("work that fails", |ledger| {
            (slow(ledger, 0), quick(ledger, 1).watch(move |_| death()), quick(ledger, 2))
        });
    }
}
