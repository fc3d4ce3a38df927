//! Law `set-keeps`: what is under way in a set when its waiter is dropped stays with the set, and what is in already
//! counts as entered from the start: it is exited by awaiting wherever anything can be awaited.

use futures::FutureExt;
use std::future::{pending, ready};
use withal::OutcomeKind::{Cancelled, EnterFailed};
use withal::testing::Event::{self, *};
use withal::testing::{READY, Step, Token};
use withal::{BoxResource, ExitPool, ExitStack, Handle, Resource, ResourceExt, Scope, ScopeError, Taken};
use withal_common::{Tasks, World, caught, quiet, reaper};

/// Polls the one task to its end.
fn run_one(world: &World, tasks: &Tasks) {
    let task = tasks.pop().expect("a task was handed over");
    assert!(tasks.pop().is_none());
    world.run(task);
}

/// Nothing that could be awaited was abandoned, or cut.
#[track_caller]
fn check(world: &World) -> Vec<Event> {
    world.0.check().unwrap();
    let events = world.events();
    assert!(!events.iter().any(|event| matches!(event, Abandoned(_) | ExitDropped(_))), "{events:?}");
    events
}

/// A group of one that is ready, one that is slow, and groups in it; and what becomes of them when they are given up.
fn group(world: &World) -> impl Resource<Guard: Send> + 'static + use<> {
    let slow = || READY.pending(9);
    ([world.ready(0)], (world.ready(1), world.enters(2, slow()), world.ready(3)).in_order(), world.enters(4, slow()))
}

#[track_caller]
fn check_group(world: &World) {
    let events = check(world);
    let told = |id| [ExitStarted(id, Cancelled), Exited(id)];
    let expected = [EnterStarted(0), Entered(0), EnterStarted(1), Entered(1), EnterStarted(2), EnterStarted(4)];
    assert_eq!(events[..6], expected);
    let mut dropped = events[6..8].to_vec();
    dropped.sort_by_key(Event::member);
    assert_eq!(dropped, [EnterDropped(2), EnterDropped(4)]);
    assert_eq!(events[8..], [told(1), told(0)].concat());
}

/// The signal fires while a group enters into a set.
#[test]
fn what_enters_stays_with_the_set_under_until() {
    macro_rules! each {
        ($Set:ident) => {
            let world = World::default();
            let scope = Scope::new($Set::new()).until(world.0.pend(3)).report(async |set| {
                set.enter(group(&world)).await?;
                Ok::<_, ScopeError>(())
            });
            let report = world.run(scope);
            assert!(report.cancelled && report.failures.is_empty(), "{report:?}");
            check_group(&world);
        };
    }
    each!(ExitStack);
    each!(ExitPool);
}

/// The scope is dropped while a group enters into its set, at every poll; a reaper finishes it.
#[test]
fn what_enters_stays_with_the_set_on_a_reaper() {
    for polls in 1.. {
        let (world, (reaper, tasks)) = (World::default(), reaper());
        let mut scope =
            Box::pin(Scope::new((ExitPool::new(), ExitStack::new())).on(&reaper).run(async |(pool, stack)| {
                futures::try_join!(pool.enter(group(&world)), stack.enter([world.enters(5, READY.pending(4))]))?;
                anyhow::Ok(())
            }));
        let is_over = (0..polls).any(|_| world.0.poll(scope.as_mut()).is_ready());
        drop(scope);
        if is_over {
            assert!(polls > 9);
            return;
        }
        run_one(&world, &tasks);
        let events = check(&world);
        let exited = |id| events.contains(&Exited(id));
        assert!(exited(0) && exited(1), "{events:?}");
        assert_eq!(exited(5), polls > 4, "{events:?}");
    }
}

/// One of two enters into a set fails, and the other one is given up.
#[test]
fn what_enters_stays_with_the_set_beside_a_failure() {
    let world = World::default();
    let result = world.run(ExitPool::new().scope(async |pool| {
        futures::try_join!(pool.enter(group(&world)), pool.enter(world.enters(9, Step::error().pending(1))))?;
        anyhow::Ok(())
    }));
    assert_eq!(result.unwrap_err().to_string(), "could not enter Scripted: member 9 fails, as scripted");
    let events = check(&world);
    let exits: Vec<_> = events.into_iter().filter(|event| matches!(event, ExitStarted(..))).collect();
    assert_eq!(exits, [ExitStarted(1, Cancelled), ExitStarted(0, Cancelled)]);
}

/// An enter that was never polled, of what is in already, is given up as well.
#[test]
fn what_is_in_already_is_kept_before_the_first_poll_of_its_enter() {
    fn each<R: Resource + 'static>(make: impl Fn(&World) -> R) {
        let world = World::default();
        let members = (make(&world), world.ready(5));
        let result = world.run(ExitPool::new().scope(async |pool| {
            futures::try_join!(pool.enter(world.enters(9, Step::error())), pool.enter(members))?;
            anyhow::Ok(())
        }));
        assert_eq!(result.unwrap_err().to_string(), "could not enter Scripted: member 9 fails, as scripted");
        let told = check(&world).into_iter().filter(|event| matches!(event, ExitStarted(..)));
        assert_eq!(told.collect::<Vec<_>>(), [1, 0].map(|id| ExitStarted(id, Cancelled)));
    }
    each(full);
    each(taken);
}

/// What is in flight of a group that is given up is dropped at once: it can hold what the body waits for.
#[test]
fn what_is_in_flight_is_dropped_when_its_group_is_given_up() {
    let world = World::default();
    world
        .run(ExitPool::new().scope(async |pool| {
            assert!(pool.enter((world.ready(0), [world.enters(1, READY.pending(9))])).now_or_never().is_none());
            assert_eq!(world.events(), [EnterStarted(0), Entered(0), EnterStarted(1), EnterDropped(1)]);
            pool.settle().await?;
            assert_eq!(world.events(), [ExitStarted(0, Cancelled), Exited(0)]);
            anyhow::Ok(())
        }))
        .unwrap();
}

/// A lone member that is given up has not entered: it is dropped at once, and nothing is left of it.
#[test]
fn what_has_not_entered_is_dropped_at_once() {
    let world = World::default();
    world
        .run(ExitPool::new().scope(async |pool| {
            for _ in 0..3 {
                assert!(pool.enter((world.enters(0, READY.pending(9)), ())).now_or_never().is_none());
                assert_eq!(world.events(), [EnterStarted(0), EnterDropped(0)]);
            }
            assert!(pool.is_empty());
            pool.settle().await?;
            anyhow::Ok(())
        }))
        .unwrap();
    assert!(world.events().is_empty());
}

/// What goes wrong with what was given up is told when the set exits, with its position in the set.
#[test]
fn what_was_given_up_is_told_by_the_set() {
    quiet();
    let world = World::default();
    let report = world.run(Scope::new(ExitStack::new()).report(async |stack| {
        stack.enter(world.ready(8)).await?;
        let members =
            (world.exits(0, Step::error()), world.enters(1, Step::error()), world.enters(2, READY.pending(9)));
        assert!(stack.enter(members).now_or_never().is_none());
        Ok::<_, ScopeError>(())
    }));
    check(&world);
    let told: Vec<_> = report.failures.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "could not exit [1, 0] Scripted: member 0 fails, as scripted",
            "could not enter [1, 1] Scripted: member 1 fails, as scripted",
        ]
    );
}

/// If the scope is dropped with nobody to finish it, or its deadline passes, what was given up is abandoned.
#[test]
fn what_was_given_up_is_abandoned_where_nothing_can_be_awaited() {
    for deadline in [false, true] {
        let world = World::default();
        let set =
            ExitPool::new().exit_within(|| if deadline { ready(()).left_future() } else { pending().right_future() });
        let mut scope = Box::pin(set.scope(async |pool| {
            let slow = [world.exits(0, READY.pending(9)), world.enters(1, READY.pending(9))];
            assert!(pool.enter(slow).now_or_never().is_none());
            if !deadline {
                pending::<()>().await;
            }
            anyhow::Ok(())
        }));
        let polled = world.0.poll(scope.as_mut());
        drop(scope);
        world.0.check().unwrap();
        let (events, cut) = (world.events(), world.0.exit_dropped_calls());
        if deadline {
            let std::task::Poll::Ready(Err(late)) = polled else { panic!("{polled:?}") };
            assert_eq!(late.to_string(), "could not exit [0, 0] Scripted: its deadline has elapsed");
            assert!(events.ends_with(&[ExitStarted(0, Cancelled), ExitDropped(0)]), "{events:?}, {cut:?}");
        } else {
            assert!(events.ends_with(&[EnterDropped(1), Abandoned(0)]), "{events:?}");
        }
    }
}

/// A panic in the drop of what was given up resumes where it is dropped, or is told by the set.
#[test]
fn what_was_given_up_panics() {
    quiet();
    let world = World::default();
    let report = world.run(Scope::new(ExitPool::new()).report(async |pool| {
        let members =
            (world.exits(0, Step::panic()), world.enters(1, Step::panic()), world.enters(2, READY.pending(9)));
        assert!(pool.enter(members).now_or_never().is_none());
        Ok::<_, ScopeError>(())
    }));
    world.0.check().unwrap();
    let told: Vec<_> = report.failures.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "could not exit [0, 0] Scripted: panicked: member 0 panics, as scripted",
            "could not enter [0, 1] Scripted: panicked: member 1 panics, as scripted",
        ]
    );
    assert!(world.events().contains(&ExitStarted(0, withal::OutcomeKind::Panicked)));
}

/// Early exits, and what was given up, go on when the set settles; they count as members no more.
#[test]
fn settle_drives_what_was_given_up() {
    let world = World::default();
    world
        .run(ExitPool::new().scope(async |pool| {
            let [a, b] = [pool.enter(world.exits(0, READY.pending(3))).await?, pool.enter(world.ready(1)).await?];
            assert!(Handle::exit(a).now_or_never().is_none());
            let group = [world.exits(2, READY.pending(2)), world.enters(3, READY.pending(9))];
            assert!(pool.enter(group).now_or_never().is_none());
            assert_eq!((pool.len(), pool.is_empty()), (1, false));
            {
                let mut settling = Box::pin(pool.settle());
                assert!(futures::poll!(settling.as_mut()).is_pending());
                // What another one waits for is left to that, and comes back.
                pool.settle().await?;
                assert!(!world.0.events().contains(&Exited(0)));
            }
            pool.settle().await?;
            let events = world.0.events();
            assert!(events.contains(&Exited(0)) && events.contains(&Exited(2)), "{events:?}");
            assert_eq!(b.0, 1);
            anyhow::Ok(())
        }))
        .unwrap();
    check(&world);
}

/// What one call drives that is given up then is not lost: it is told by the next one, or by the set.
#[test]
fn settle_that_is_dropped_loses_nothing() {
    for again in [false, true] {
        let world = World::default();
        let report = world.run(Scope::new(ExitPool::new().named("pool")).report(async |pool| {
            let fails = pool.enter(world.exits(0, Step::error().pending(1))).await?;
            let slow = pool.enter(world.exits(1, READY.pending(5))).await?;
            assert!(Handle::exit(fails).now_or_never().is_none());
            assert!(Handle::exit(slow).now_or_never().is_none());
            {
                let mut settling = Box::pin(pool.settle());
                for _ in 0..2 {
                    assert!(futures::poll!(settling.as_mut()).is_pending());
                    world.0.pend(1).await;
                }
            }
            assert!(world.0.events().contains(&ExitFailed(0)));
            if again {
                let told = pool.settle().await.unwrap_err();
                assert_eq!(told.kind(), withal::ScopeErrorKind::Set);
                assert_eq!(told.to_string(), "could not exit [0] pool/Scripted: member 0 fails, as scripted");
            }
            Ok::<_, ScopeError>(())
        }));
        let told: Vec<_> = report.failures.iter().map(ToString::to_string).collect();
        let expected = ["could not exit [0] pool/Scripted: member 0 fails, as scripted"];
        assert_eq!(told, expected[usize::from(again)..]);
        check(&world);
    }
}

/// The panic of an exit that was driven and given up resumes where the set is dropped.
#[test]
fn settle_that_is_dropped_loses_no_panic() {
    quiet();
    let world = World::default();
    let pool = ExitPool::new().open();
    world.run(async {
        let panics = pool.enter(world.exits(0, Step::panic().pending(1))).await.unwrap();
        let slow = pool.enter(world.exits(1, READY.pending(9))).await.unwrap();
        assert!(Handle::exit(panics).now_or_never().is_none());
        assert!(Handle::exit(slow).now_or_never().is_none());
        let mut settling = Box::pin(pool.settle());
        for _ in 0..2 {
            assert!(futures::poll!(settling.as_mut()).is_pending());
            world.0.pend(1).await;
        }
    });
    let panic = caught(|| drop(pool)).unwrap();
    assert_eq!(panic.downcast_ref::<String>().unwrap(), "member 0 panics, as scripted");
    world.0.check().unwrap();
}

/// What settles and fails is told there, and not again.
#[test]
fn settle_tells_what_failed() {
    let world = World::default();
    world
        .run(ExitStack::new().scope(async |stack| {
            stack.enter(world.ready(0)).await?;
            let fails = stack.enter(world.exits(1, Step::error().pending(1))).await?;
            assert!(Handle::exit(fails).now_or_never().is_none());
            let told = stack.settle().await.unwrap_err();
            assert_eq!(told.to_string(), "could not exit [1] Scripted: member 1 fails, as scripted");
            anyhow::Ok(())
        }))
        .unwrap();
    check(&world);
}

/// A full stack, filled elsewhere.
fn full(world: &World) -> ExitStack<'static> {
    world
        .run(ExitStack::new().scope(async |stack| {
            stack.enter(world.ready(0)).await?;
            stack.enter([world.ready(1)]).await?;
            anyhow::Ok(stack.take_all())
        }))
        .unwrap()
}

/// One that was taken out.
fn taken(world: &World) -> BoxResource<'static, (Token, Token)> {
    let set = ExitPool::new().open();
    let taken = world.run(async { set.enter((world.ready(0), world.ready(1))).await.map(Handle::take) });
    Taken::into_resource(taken.unwrap())
}

/// What is in from the start is exited by awaiting, though its turn to enter does not come.
#[test]
fn what_is_in_already_counts_as_entered() {
    fn each<R: Resource>(make: impl Fn(&World) -> R + Copy) {
        fn exited<R: Resource>(how: &str, world: &World, resource: R) {
            let report = world.run(Scope::new(resource).report(async |_| Ok::<_, ScopeError>(())));
            assert_eq!(report.failures.len(), 1, "{how}: {report:?}");
            let told = check(world).into_iter().filter(|event| matches!(event, ExitStarted(..)));
            assert_eq!(told.collect::<Vec<_>>(), [1, 0].map(|id| ExitStarted(id, EnterFailed)), "{how}");
        }
        let world = World::default();
        let fails = || world.enters(9, Step::error());
        exited("fail_fast", &world, (fails(), make(&world)).fail_fast());
        exited("in_order", &world, (fails(), make(&world)).in_order());
        exited("limit", &world, (fails(), make(&world)).limit(1));
        exited("nested", &world, (fails(), Some([make(&world).named("named")]), Box::new(())).in_order());
        exited("boxed", &world, (fails(), (make(&world),).boxed()).in_order());
        exited("then", &world, {
            let mut inner = Some(make(&world));
            (fails(), make_then(move || inner.take().unwrap())).in_order()
        });
    }
    /// The first of a chain is in already.
    fn make_then<R: Resource>(mut make: impl FnMut() -> R) -> impl Resource<Guard: Send> {
        make().then(|_| ())
    }
    each(full);
    each(taken);
}

/// The signal is ready before anything.
#[test]
fn what_is_in_already_is_exited_if_it_is_cancelled_from_the_start() {
    fn each<R: Resource + 'static>(make: impl Fn(&World) -> R) {
        for reaped in [false, true] {
            let (world, (reaper, tasks)) = (World::default(), reaper());
            let members = (make(&world), world.ready(5));
            let scope = Scope::new(members).until(ready(()));
            let body = async |_: &mut _| -> Result<(), ScopeError> { unreachable!() };
            let report = if reaped { world.run(scope.on(&reaper).report(body)) } else { world.run(scope.report(body)) };
            assert!(report.cancelled && report.failures.is_empty(), "{report:?}");
            let events = check(&world);
            assert!(tasks.pop().is_none());
            let told = events.iter().filter(|event| matches!(event, ExitStarted(..)));
            assert_eq!(told.copied().collect::<Vec<_>>(), [1, 0].map(|id| ExitStarted(id, Cancelled)));
            assert!(!events.contains(&EnterStarted(5)), "nothing is entered");
        }
    }
    each(full);
    each(taken);
}

/// A scope on a reaper is dropped before it is polled.
#[test]
fn what_is_in_already_is_reaped_before_the_first_poll() {
    fn each<R: Resource + 'static>(make: impl Fn(&World) -> R) {
        let (world, (reaper, tasks)) = (World::default(), reaper());
        let members = || (Some(make(&world)), world.ready(5));
        drop(Scope::new(members()).on(&reaper).run(async |_| anyhow::Ok(())));
        assert_eq!(reaper.pending(), 1);
        run_one(&world, &tasks);
        let told = check(&world).into_iter().filter(|event| matches!(event, ExitStarted(..)));
        assert_eq!(told.collect::<Vec<_>>(), [1, 0].map(|id| ExitStarted(id, Cancelled)));
        assert_eq!(reaper.pending(), 0);
        // With nothing in, there is nothing to finish.
        drop(Scope::new((world.ready(5), ExitStack::new())).on(&reaper).run(async |_| anyhow::Ok(())));
        assert!(tasks.pop().is_none());
        // With nobody to finish it, it is abandoned.
        drop(members().scope(async |_| anyhow::Ok(())));
        assert!(world.events().ends_with(&[Abandoned(1), Abandoned(0)]));
    }
    each(full);
    each(taken);
}

/// Deadlines, and drops, find it as one whose exit has not begun.
#[test]
fn what_is_in_already_can_be_late() {
    fn each<R: Resource>(make: impl Fn(&World) -> R) {
        let world = World::default();
        let members = (world.enters(9, Step::error()), make(&world), world.ready(8)).in_order();
        let report = world.run(Scope::new(members.exit_within(|| ready(()))).report(async |_| Ok::<_, ScopeError>(())));
        assert_eq!(report.failures.len(), 1, "all was over in the first poll: {report:?}");
        check(&world);
        let (slow, hangs) = (make(&world), world.exits(8, READY.pending(99)));
        let mut both =
            Box::pin((slow, hangs, world.enters(9, Step::error())).in_order().scope(async |_| anyhow::Ok(())));
        assert!(world.0.poll(both.as_mut()).is_pending());
        drop(both);
        world.0.check().unwrap();
        assert!(world.events().ends_with(&[ExitDropped(8), Abandoned(1), Abandoned(0)]));
    }
    each(full);
    each(taken);
}

/// The numbers of a set go on after its members were moved out, in failures as on a timeline.
#[test]
fn numbers_go_on_after_all_were_taken() {
    let world = World::default();
    let report = world.run(Scope::new((ExitStack::new(), ExitPool::new())).report(async |(stack, pool)| {
        stack.enter(world.exits(0, Step::error())).await?;
        pool.enter(stack.take_all()).await?;
        stack.enter(world.exits(1, Step::error())).await?;
        Ok::<_, ScopeError>(())
    }));
    let places: Vec<_> = report.failures.iter().map(|failure| failure.path().to_vec()).collect();
    assert_eq!(places, [vec![0, 1], vec![1, 0, 0]]);
}

/// The failure of an enter into a named set is told with the set's name, as that of an exit is.
#[test]
fn an_enter_into_a_named_set_is_told_with_its_name() {
    let world = World::default();
    let fails = || world.enters(0, Step::error());
    let sets = (ExitStack::new().named("stack"), [ExitPool::new()], ExitPool::new().boxed().named("pool")).named("all");
    world
        .run(sets.scope(async |(stack, [unnamed], pool)| {
            let told = [
                stack.enter(fails()).await.unwrap_err().to_string(),
                stack.enter((fails().named("a"), ())).await.unwrap_err().to_string(),
                unnamed.enter(fails()).await.unwrap_err().to_string(),
                pool.enter([fails()].named("group")).await.unwrap_err().to_string(),
            ];
            let because = "member 0 fails, as scripted";
            let who = ["all/stack/Scripted", "[0] all/stack/a", "all/Scripted", "[0] all/pool/group/Scripted"];
            assert_eq!(told, who.map(|who| format!("could not enter {who}: {because}")));
            anyhow::Ok(())
        }))
        .unwrap();
}

/// A set that `then` makes is within the names around `then`, too.
#[test]
fn an_enter_into_a_set_within_a_named_then_is_told_with_its_name() {
    let world = World::default();
    let fails = || world.enters(0, Step::error());
    let sets = ExitStack::new().then(|_| ExitPool::new().named("pool")).named("all");
    world
        .run(sets.scope(async |(stack, pool)| {
            let told = [
                stack.enter(fails()).await.unwrap_err().to_string(),
                pool.enter(fails()).await.unwrap_err().to_string(),
            ];
            let who = ["all/Scripted", "all/pool/Scripted"];
            assert_eq!(told, who.map(|who| format!("could not enter {who}: member 0 fails, as scripted")));
            anyhow::Ok(())
        }))
        .unwrap();
}
