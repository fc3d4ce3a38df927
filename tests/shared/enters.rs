//! Law `shared-enter`: an attempt that fails is told to one user, and one whose user is dropped is taken over.

use super::{run_all, short, slow, user};
use futures::channel::oneshot;
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use withal::testing::{Event, READY, Step};
use withal::{Elapsed, Outcome, Resource, ResourceExt, Scope, ScopeError, ScopeErrorKind, Shared, shared};
use withal_common::{Log, World, panic_of, pend};

/// Fails so often in its enter, and works from then on.
struct Flaky {
    fails: usize,
    entered: Arc<AtomicUsize>,
}

impl Resource for Flaky {
    type Guard = usize;
    type Error = std::io::Error;

    async fn enter(&mut self) -> std::io::Result<usize> {
        pend(1).await;
        let before = self.entered.fetch_add(1, SeqCst);
        if before < self.fails { Err(std::io::ErrorKind::ConnectionRefused.into()) } else { Ok(before) }
    }

    async fn exit(&mut self, _: usize, _: Outcome<'_>) -> std::io::Result<()> {
        pend(1).await;
        Ok(())
    }
}

fn flaky(fails: usize) -> (Shared<Flaky>, Arc<AtomicUsize>) {
    let entered = Arc::<AtomicUsize>::default();
    (shared(Flaky { fails, entered: Arc::clone(&entered) }), entered)
}

/// Whoever polls the end of the attempt, the user that began it is told, and nobody else.
#[test]
fn a_failed_enter_is_told_to_the_user_that_began_it() {
    for fails in 0..4 {
        let (world, (db, entered)) = (World::default(), flaky(fails));
        let users = (0..4).map(|_| user(db.clone().scope(async |n| anyhow::Ok(**n))));
        let outputs: Vec<_> = run_all(&world, users.collect()).into_iter().map(Option::unwrap).collect();
        assert_eq!(outputs[0].is_err(), fails > 0);
        assert_eq!(outputs.iter().filter(|output| output.is_err()).count(), fails);
        assert_eq!(entered.load(SeqCst), fails + 1);
        for output in outputs {
            match output {
                Ok(guard) => assert_eq!(guard, fails),
                Err(error) => {
                    assert_eq!(error.to_string(), "could not enter Flaky: connection refused");
                    let error = error.downcast::<ScopeError>().unwrap();
                    assert!(error.failures().first().unwrap().error().is::<std::io::Error>());
                }
            }
        }
    }
}

/// A graph of dependencies: two members need the database. If it fails, that is one failure, after one attempt, and the
/// members that need it are none.
#[test]
fn dependents_of_what_failed_are_not_told_as_failures() {
    for users in [2, 5] {
        for fail_fast in [false, true] {
            let (world, (db, entered)) = (World::default(), flaky(1));
            let log = Log::default();
            let dependents = (0..users).map(|n| {
                let log = log.clone();
                db.clone().then(move |_| {
                    log.add(format!("{n} is made"));
                    log.quick(n)
                })
            });
            let dependents: Vec<_> = dependents.collect();
            let members = (world.ready(0), dependents, db.clone());
            let report = if fail_fast {
                world.run(Scope::new(members.fail_fast()).report(async |_| Ok::<_, ()>(())))
            } else {
                world.run(Scope::new(members).report(async |_| Ok::<_, ()>(())))
            };
            assert_eq!(report.failures.to_string(), "could not enter [1, 0, 0] Flaky: connection refused");
            assert_eq!((report.failures.len(), entered.load(SeqCst), log.line().as_str()), (1, 1, ""));
            assert_eq!(short(&world), "ex");
        }
    }
}

/// `c` needs `a` and `b`, `d` needs `b`: each is up as soon as its needs are, and the exits mirror that.
#[test]
fn a_graph_of_dependencies() {
    let log = Log::default();
    let (a, b) = (shared(log.quick(1)), shared(log.slow(2)));
    let (c, d) = (log.quick(3), log.quick(4));
    let (mut c, mut d) = (Some(c), Some(d));
    let graph = ((a, b.clone()).then(move |_| c.take().unwrap()), b.then(move |_| d.take().unwrap()));
    let world = World::default();
    let scope = graph.scope(async |(((a, b), c), (same, d))| {
        assert_eq!((**a, **b, *c, **same, *d), (1, 2, 3, 2, 4));
        log.add("body");
        anyhow::Ok(())
    });
    world.run(scope).unwrap();
    let line = log.line();
    assert_eq!(
        line,
        "enter 1, enter 2, enter 4, enter 3, body, exit 4, Completed, exit 3, Completed, exit 1, Completed, exit 2, \
         Completed"
    );
}

/// A user that waits for an exit does not enter it anew if its scope has failed meanwhile.
#[test]
fn a_user_that_is_in_vain_enters_nothing() {
    let world = World::default();
    let db = slow(&world, 0, 3);
    let mut first = Box::pin(db.clone().scope(async |_| anyhow::Ok(())));
    assert!(world.0.poll(first.as_mut()).is_pending());
    let second = (db.clone(), world.enters(1, Step::error().pending(1)));
    let error = world.run(second.scope(async |_| anyhow::Ok(()))).unwrap_err();
    assert_eq!(error.to_string(), "could not enter [1] Scripted: member 1 fails, as scripted");
    world.run(first).unwrap();
    assert_eq!(short(&world), "efx", "it was entered once, and exited once");
}

#[test]
fn the_next_user_takes_an_enter_over() {
    let world = World::default();
    let db = slow(&world, 2, 0);
    let mut first = Box::pin(db.clone().scope(async |_| anyhow::Ok(())));
    let mut second = Box::pin(db.clone().scope(async |_| anyhow::Ok(())));
    assert!(world.0.poll(first.as_mut()).is_pending() && world.0.poll(second.as_mut()).is_pending());
    drop(first);
    world.run(second).unwrap();
    let enters = world.0.events().iter().filter(|event| matches!(event, Event::EnterStarted(_))).count();
    assert_eq!((enters, short(&world)), (1, "ex".to_owned()), "the enter went on");
}

#[test]
fn the_next_user_is_told_the_failure_of_an_enter_that_it_took_over() {
    let world = World::default();
    let db = shared(world.enters(0, Step::error().pending(3)));
    let mut first = Box::pin(db.clone().scope(async |_| anyhow::Ok(())));
    let mut second = Box::pin(db.clone().scope(async |_| anyhow::Ok(())));
    assert!(world.0.poll(first.as_mut()).is_pending() && world.0.poll(second.as_mut()).is_pending());
    drop(first);
    let error = world.run(second).unwrap_err();
    assert_eq!(error.to_string(), "could not enter Scripted: member 0 fails, as scripted");
    assert_eq!(short(&world), "f");
}

/// A deadline is a user's own: the others go on.
#[test]
fn a_deadline_ends_one_user() {
    let world = World::default();
    let db = slow(&world, 4, 0);
    let hasty = db.clone().enter_within(|| pend(1));
    let (hasty, other) = (hasty.scope(async |_| Ok(())), db.clone().scope(async |_| Ok(())));
    let mut outputs = run_all(&world, vec![user(hasty), user(other)]).into_iter().map(Option::unwrap);
    let late: ScopeError = outputs.next().unwrap().unwrap_err();
    assert!(late.failures().first().unwrap().error().is::<Elapsed>());
    assert_eq!(late.to_string(), "could not enter Scripted: its deadline has elapsed");
    outputs.next().unwrap().unwrap();
    assert_eq!(short(&world), "ex");
    let hasty = db.clone().enter_within(|| ready(())).scope(async |_| anyhow::Ok(()));
    world.run(hasty).unwrap_err();
    assert_eq!(short(&world), "d", "nobody else waited for it");
    world.run(db.scope(async |_| anyhow::Ok(()))).unwrap();
    assert_eq!(short(&world), "ex");
}

#[test]
fn a_panic_resumes_in_one_scope() {
    let world = World::default();
    let db = shared(world.enters(0, Step::panic().pending(1)));
    let mut first = Box::pin(db.clone().scope(async |_| anyhow::Ok(())));
    assert!(world.0.poll(first.as_mut()).is_pending());
    let text = panic_of(|| world.run(first));
    assert_eq!(text.as_deref(), Some("member 0 panics, as scripted"));
    let report = world.run(Scope::new((db, world.ready(1))).report(async |_| Ok::<_, ()>(())));
    assert_eq!(report.failures.to_string(), "could not enter [0] Scripted: panicked: member 0 panics, as scripted");
    assert_eq!(short(&world), "pepx");
}

/// `until` lets the enter settle, and the others do not notice.
#[test]
fn a_cancelled_user_settles() {
    let world = World::default();
    let db = slow(&world, 2, 1);
    let (stop, stopped) = oneshot::channel::<()>();
    let mut first = Box::pin(Scope::new(db.clone()).until(stopped).run(async |_| Ok(())));
    assert!(world.0.poll(first.as_mut()).is_pending());
    stop.send(()).unwrap();
    let second = db.scope(async |_| Ok(()));
    let mut outputs = run_all(&world, vec![user(first), user(second)]).into_iter().map(Option::unwrap);
    let cancelled: ScopeError = outputs.next().unwrap().unwrap_err();
    assert_eq!((cancelled.kind(), cancelled.failures().len()), (ScopeErrorKind::Cancelled, 0));
    outputs.next().unwrap().unwrap();
    assert_eq!(short(&world), "ex");
}

/// Under `fail_fast` a user is dropped in the middle of the enter.
#[test]
fn fail_fast_drops_a_user() {
    for others in [false, true] {
        let world = World::default();
        let db = slow(&world, 3, 1);
        let failing = (db.clone(), world.enters(1, Step::error().pending(1)), world.enters(2, READY));
        let mut all = vec![user(failing.fail_fast().scope(async |_| anyhow::Ok(())))];
        if others {
            all.push(user((world.ready(3), db, world.ready(4)).scope(async |_| anyhow::Ok(()))));
        }
        let outputs = run_all(&world, all);
        assert!(outputs[0].as_ref().unwrap().is_err() && outputs.iter().flatten().skip(1).all(Result::is_ok));
        let events = world.0.events();
        assert_eq!(events.contains(&Event::EnterDropped(0)), !others);
        short(&world);
    }
}

/// A group of a member that is in at once and one that never is.
fn half(world: &World) -> Shared<(withal::testing::Scripted, withal::testing::Scripted)> {
    let exit = READY.pending(2);
    let first = world.0.member(0, withal::testing::Script { enter: READY, exit });
    shared((first, world.enters(1, READY.pending(usize::MAX))))
}

/// Law `fail-fast`: the enter in flight is dropped, and what has entered of the group is exited by awaiting.
#[test]
fn a_group_that_is_dropped_by_fail_fast_is_exited() {
    for pending in 1..4 {
        let world = World::default();
        let db = half(&world);
        let members = (db.clone(), world.enters(2, Step::error().pending(pending)));
        let error = world.run(members.fail_fast().scope(async |_| anyhow::Ok(()))).unwrap_err();
        assert_eq!(error.to_string(), "could not enter [1] Scripted: member 2 fails, as scripted");
        let left: Vec<_> = world.events().into_iter().filter(|event| event.member() == Some(0)).collect();
        assert!(matches!(left[..], [_, _, Event::ExitStarted(0, _), Event::Exited(0)]), "{left:?}");
        assert!(format!("{db:?}").contains("out"), "{db:?}");
    }
}

/// So it is by the signal under `fail_fast`, and by a deadline of the enter; the deadline is told.
#[test]
fn a_group_that_is_dropped_by_a_signal_or_a_deadline_is_exited() {
    let exited = |world: &World| {
        let left: Vec<_> = world.events().into_iter().filter(|event| event.member() == Some(0)).collect();
        assert!(matches!(left[..], [_, _, Event::ExitStarted(0, _), Event::Exited(0)]), "{left:?}");
    };
    let world = World::default();
    let scope = Scope::new((half(&world), ()).fail_fast()).until(pend(2)).run(async |_| anyhow::Ok(()));
    assert_eq!(world.run(scope).unwrap_err().to_string(), "the scope was cancelled");
    exited(&world);
    let world = World::default();
    let late = half(&world).enter_within(|| pend(2)).named("db");
    let error = world.run(late.scope(async |_| anyhow::Ok(()))).unwrap_err();
    assert_eq!(error.to_string(), "could not enter db: its deadline has elapsed");
    exited(&world);
}

/// The failures of that roll-back are told.
#[test]
fn a_roll_back_of_a_group_that_was_given_up_can_fail() {
    let world = World::default();
    let first = world.exits(0, Step::error().pending(1));
    let db = shared((first, world.enters(1, READY.pending(usize::MAX))));
    let members = (db, world.enters(2, Step::error().pending(1)));
    let error = world.run(members.fail_fast().scope(async |_| anyhow::Ok(()))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "could not enter [1] Scripted: member 2 fails, as scripted; \
         could not exit [0, 0] Scripted: member 0 fails, as scripted"
    );
}

/// Another user goes on with the enter.
#[test]
fn a_group_that_one_of_two_users_gives_up_goes_on() {
    let world = World::default();
    let slow = world.0.member(1, withal::testing::Script { enter: READY.pending(6), exit: READY });
    let db = shared((world.ready(0), slow));
    let other = user(db.clone().scope(async |_| anyhow::Ok(())));
    let members = (db.clone(), world.enters(2, Step::error().pending(2)));
    let failed = user(members.fail_fast().scope(async |_| anyhow::Ok(())));
    let outputs = run_all(&world, vec![failed, other]);
    assert!(outputs[0].as_ref().is_some_and(Result::is_err) && outputs[1].as_ref().is_some_and(Result::is_ok));
    let enters = world.events().into_iter().filter(|event| matches!(event, Event::EnterStarted(0))).count();
    assert_eq!(enters, 1);
}

/// Dropped by hand, or with its scope, the enter is dropped, and what has entered is abandoned. On a reaper it settles.
#[test]
fn a_group_that_is_dropped_with_its_scope_is_abandoned() {
    let world = World::default();
    let mut db = half(&world);
    {
        let mut entering = Box::pin(db.enter());
        assert!(world.0.poll(entering.as_mut()).is_pending());
    }
    assert!(world.events().contains(&Event::Abandoned(0)));
    {
        let mut scope = Box::pin((&mut db).scope(async |_| anyhow::Ok(())));
        assert!(world.0.poll(scope.as_mut()).is_pending());
    }
    assert!(world.events().contains(&Event::Abandoned(0)));
    assert!(format!("{db:?}").contains("out"), "{db:?}");
    let scope = Scope::new(db).abandon_on(pend(2)).run(async |_| anyhow::Ok(()));
    let error = world.run(scope).unwrap_err();
    assert!(error.to_string().contains("its enter was cut: the scope was abandoned"), "{error}");
    assert!(world.events().contains(&Event::Abandoned(0)));
}

/// Law `shared-enter`: who comes while an attempt that was given up is rolled back waits for that, is told nothing of
/// it, and enters anew, also if the one that gave it up is dropped.
#[test]
fn a_user_that_comes_in_the_roll_back_enters_anew() {
    for dropped_after in [None, Some(0), Some(1)] {
        let world = World::default();
        let first = world.0.member(0, withal::testing::Script { enter: READY, exit: Step::error().pending(3) });
        let hangs = Arc::new(AtomicUsize::new(1));
        let second = {
            let hangs = Arc::clone(&hangs);
            withal::retry_with(
                move || {
                    let hangs = hangs.fetch_sub(1, SeqCst) == 1;
                    withal::resource(
                        async move || {
                            pend(if hangs { usize::MAX } else { 0 }).await;
                            Ok(())
                        },
                        async |(), _| Ok(()),
                    )
                },
                |_, _| None::<std::future::Ready<()>>,
            )
        };
        let db = shared((first, second));
        let members = (db.clone(), world.enters(2, Step::error().pending(1)));
        let mut gives_up = user(members.fail_fast().scope(async |_| anyhow::Ok(())));
        let mut output = None;
        for _ in 0..3 {
            super::poll_one(&world, &mut gives_up, &mut output);
        }
        assert!(output.is_none() && world.0.events().iter().any(|event| matches!(event, Event::ExitStarted(0, _))));
        let mut other = user(Scope::new(db).report(async |_| Ok::<_, ()>(())));
        let mut report = None;
        for polls in 0..40 {
            if dropped_after == Some(polls) {
                gives_up = None;
            }
            super::poll_one(&world, &mut other, &mut report);
            super::poll_one(&world, &mut gives_up, &mut output);
        }
        let report = report.expect("it has ended");
        assert_eq!(report.body, Some(Ok(())), "{dropped_after:?}: {report:?}");
        let failures = report.failures.to_string();
        assert_eq!(failures, "could not exit [0] Scripted: member 0 fails, as scripted", "its own exit fails, too");
        if dropped_after.is_none() {
            let error = output.expect("it has ended").unwrap_err().to_string();
            assert!(error.contains("could not exit [0, 0] Scripted: member 0 fails, as scripted"), "{error}");
        }
    }
}

/// Law `nothing-lost`: what had failed in the group before it was given up is told.
#[test]
fn a_failure_before_the_group_is_given_up_is_told() {
    let world = World::default();
    let db = shared((world.enters(0, Step::error()), world.enters(1, READY.pending(usize::MAX))));
    let members = (db, world.enters(2, Step::error().pending(2)));
    let error = world.run(members.fail_fast().scope(async |_| anyhow::Ok(()))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "could not enter [0, 0] Scripted: member 0 fails, as scripted; \
         could not enter [1] Scripted: member 2 fails, as scripted"
    );
}
