//! In which order members are exited, and what an early exit does (laws `stack-order` and `early-once`).

use futures::FutureExt;
use std::panic::AssertUnwindSafe;
use withal::OutcomeKind::{Cancelled, Completed, Failed, Panicked, Released};
use withal::testing::Event::*;
use withal::testing::{READY, Step};
use withal::{BoxError, ExitPool, ExitStack, Handle, Phase, Resource, ResourceExt, Scope, ScopeError, ScopeErrorKind};
use withal_common::{World, quiet};

/// `stack-order`: each exit starts when the one before it has ended.
#[test]
fn a_stack_exits_one_by_one_in_reverse() {
    let world = World::default();
    let exit = READY.pending(2);
    let scope = ExitStack::new().scope(async |stack| {
        for id in 0..3 {
            stack.enter(world.exits(id, exit)).await?;
        }
        world.events();
        anyhow::Ok(stack.len())
    });
    assert_eq!(world.run(scope).unwrap(), 3);
    let expected = [2, 1, 0].map(|id| [ExitStarted(id, Completed), Exited(id)]).concat();
    assert_eq!(world.events(), expected);
}

/// `stack-order`, and `concurrent-exit` and `reverse-start` for a pool.
#[test]
fn a_pool_exits_all_at_once() {
    let world = World::default();
    let scope = ExitPool::new().scope(async |pool| {
        for id in 0..3 {
            pool.enter(world.exits(id, READY.pending(id))).await?;
        }
        world.events();
        anyhow::Ok(())
    });
    world.run(scope).unwrap();
    let expected = [
        ExitStarted(2, Completed),
        ExitStarted(1, Completed),
        ExitStarted(0, Completed),
        Exited(0),
        Exited(1),
        Exited(2),
    ];
    assert_eq!(world.events(), expected);
}

/// Members stand in the order in which they were in, not in that in which they started to enter.
#[test]
fn enters_run_concurrently_on_one_stack() {
    let world = World::default();
    let scope = ExitStack::new().scope(async |stack| {
        let (slow, fast) = futures::try_join!(
            stack.enter(world.enters(0, READY.pending(2))),
            stack.enter(world.enters(1, READY.pending(1)))
        )?;
        assert_eq!((slow.0, fast.0), (0, 1));
        assert_eq!(world.events(), [EnterStarted(0), EnterStarted(1), Entered(1), Entered(0)]);
        anyhow::Ok(())
    });
    world.run(scope).unwrap();
    assert_eq!(world.events(), [0, 1].map(|id| [ExitStarted(id, Completed), Exited(id)]).concat());
}

/// `no-exit-cut`, `nothing-lost`: failures and panics of exits keep nobody from exiting, and all are told by number.
#[test]
fn a_failed_exit_keeps_none_of_the_others() {
    quiet();
    let world = World::default();
    let scope = Scope::new((ExitStack::new(), ExitPool::new())).report(async |(stack, pool)| {
        for set in [0, 4] {
            for (id, exit) in [Step::error(), Step::panic(), READY, Step::error().pending(1)].into_iter().enumerate() {
                let member = world.exits(set + id, exit);
                if set == 0 {
                    stack.enter(member).await?;
                } else {
                    pool.enter(member).await?;
                }
            }
        }
        Ok::<_, ScopeError>("done")
    });
    let report = world.run(scope);
    world.0.check().unwrap();
    assert_eq!(report.body.unwrap().unwrap(), "done");
    let told: Vec<_> = report.failures.iter().map(|failure| (failure.path().to_vec(), failure.phase())).collect();
    let expected = [[0, 0], [0, 1], [0, 3], [1, 0], [1, 1], [1, 3]];
    assert_eq!(told, expected.map(|path| (path.to_vec(), Phase::Exit)));
    assert_eq!(report.failures.first().unwrap().path(), [1, 1], "the pool's first poll is before all");
}

/// `same-outcome`: what is in a set is told what every member of the scope is told, with the cause.
#[test]
fn members_are_told_how_the_scope_ended() {
    quiet();
    let world = World::default();
    let body = async |stack: &mut withal::OpenStack<'_>, end: u8| -> Result<(), BoxError> {
        stack.enter(world.ready(0)).await?;
        stack.defer(async |outcome| {
            if let withal::Outcome::Failed(cause) = outcome {
                assert!(cause.downcast_ref::<std::fmt::Error>().is_some());
            }
            Ok(())
        });
        match end {
            0 => Ok(()),
            1 => Err(std::fmt::Error.into()),
            2 => panic!("as scripted: {end}, as scripted"),
            _ => std::future::pending().await,
        }
    };
    for (end, told) in [(0, Completed), (1, Failed), (2, Panicked), (3, Cancelled)] {
        let signal =
            if end == 3 { futures::future::ready(()).left_future() } else { std::future::pending().right_future() };
        let signal = async {
            world.0.pend(2).await; // it is looked at before the enter, and before the body
            signal.await;
        };
        let report = world.run(Scope::new(ExitStack::new()).until(signal).report(async |stack| body(stack, end).await));
        assert!(report.failures.is_empty(), "{:?}", report.failures);
        assert_eq!(world.events(), [EnterStarted(0), Entered(0), ExitStarted(0, told), Exited(0)]);
    }
}

/// `early-once`: released in the middle, and not exited again.
#[test]
fn an_early_exit_is_awaited_and_not_repeated() {
    let world = World::default();
    let scope = ExitStack::new().scope(async |stack| {
        let first = stack.enter(world.ready(0)).await?;
        let second = stack.enter(world.exits(1, READY.pending(2))).await?;
        let third = stack.enter(world.ready(2)).await?;
        world.events();
        Handle::exit(second).await?;
        assert_eq!(world.events(), [ExitStarted(1, Released), Exited(1)]);
        assert_eq!((first.0, third.0, stack.len()), (0, 2, 2));
        anyhow::Ok(())
    });
    world.run(scope).unwrap();
    assert_eq!(world.events(), [2, 0].map(|id| [ExitStarted(id, Completed), Exited(id)]).concat());
}

/// `early-once`: what an early exit fails with is told there, and only there.
#[test]
fn a_failed_early_exit_is_told_once() {
    quiet();
    let world = World::default();
    let report = world.run(Scope::new(ExitPool::new()).report(async |pool| {
        let failing = pool.enter(world.exits(0, Step::error())).await?;
        let error = Handle::exit(failing).await.unwrap_err();
        assert_eq!(error.kind(), ScopeErrorKind::Set);
        assert_eq!(error.to_string(), "could not exit Scripted: member 0 fails, as scripted");
        let panicking = pool.enter(world.exits(1, Step::panic())).await?;
        let panic = AssertUnwindSafe(Handle::exit(panicking)).catch_unwind().await.unwrap_err();
        assert_eq!(panic.downcast_ref::<String>().unwrap(), "member 1 panics, as scripted");
        Ok::<_, ScopeError>(pool.len())
    }));
    assert_eq!(report.body.unwrap().unwrap(), 0);
    assert!(report.failures.is_empty());
    world.0.check().unwrap();
}

/// An early exit whose future is dropped goes on when the set exits, and is told what it was told.
#[test]
fn a_dropped_early_exit_goes_on_at_the_end() {
    let world = World::default();
    let report = world.run(Scope::new(ExitStack::new()).report(async |stack| {
        let first = stack.enter(world.exits(0, Step::error().pending(3))).await?;
        stack.enter(world.ready(1)).await?;
        world.events();
        let mut exit = Box::pin(Handle::exit(first));
        assert!(futures::poll!(&mut exit).is_pending());
        drop(exit);
        assert_eq!(world.events(), [ExitStarted(0, Released)]);
        Ok::<_, ScopeError>(())
    }));
    assert_eq!(world.events(), [ExitStarted(1, Completed), Exited(1), ExitFailed(0)]);
    assert_eq!(report.failures.len(), 1);
    assert_eq!(report.failures.first().unwrap().path(), [0]);
}

/// An early exit that was never polled has not begun.
#[test]
fn an_early_exit_that_is_not_polled_does_nothing() {
    let world = World::default();
    let scope = ExitStack::new().scope(async |stack| {
        let member = stack.enter(world.ready(0)).await?;
        drop(Handle::exit(member));
        anyhow::Ok(stack.len())
    });
    assert_eq!(world.run(scope).unwrap(), 1);
    assert_eq!(world.events()[2..], [ExitStarted(0, Completed), Exited(0)]);
}

/// A failing enter registers nothing, and its error says all.
#[test]
fn a_failing_enter_registers_nothing() {
    quiet();
    let world = World::default();
    let scope = ExitStack::new().scope(async |stack| {
        stack.enter(world.ready(0)).await?;
        let error = stack.enter(world.enters(1, Step::error())).await.unwrap_err();
        assert_eq!((error.kind(), error.failures().len()), (ScopeErrorKind::Set, 1));
        assert_eq!(error.to_string(), "could not enter Scripted: member 1 fails, as scripted");
        let pair = (world.ready(2), world.enters(3, Step::error().pending(1)));
        let error = stack.enter(pair).await.unwrap_err();
        assert_eq!(error.to_string(), "could not enter [1] Scripted: member 3 fails, as scripted");
        let panicking = AssertUnwindSafe(stack.enter((world.ready(4), world.enters(5, Step::panic()))));
        assert!(panicking.catch_unwind().await.is_err());
        anyhow::Ok(stack.len())
    });
    assert_eq!(world.run(scope).unwrap(), 1);
    world.0.check().unwrap();
    assert!(!world.0.events().iter().any(|event| matches!(event, Abandoned(_))));
}

/// An enter whose future is dropped registers nothing; what had entered of a group is exited with the set.
#[test]
fn a_dropped_enter_registers_nothing() {
    let world = World::default();
    let scope = ExitStack::new().scope(async |stack| {
        let mut enter = Box::pin(stack.enter([world.ready(0), world.enters(1, READY.pending(9))]));
        assert!(futures::poll!(&mut enter).is_pending());
        drop(enter);
        anyhow::Ok(stack.len())
    });
    assert_eq!(world.run(scope).unwrap(), 0);
    let exited = [ExitStarted(0, Cancelled), Exited(0)];
    assert_eq!(
        world.events(),
        [&[EnterStarted(0), Entered(0), EnterStarted(1), EnterDropped(1)][..], &exited].concat()
    );
}

/// A handle that is dropped leaves its member, with the guard as it was left.
#[test]
fn a_dropped_handle_leaves_its_member() {
    let world = World::default();
    let mut left = None;
    let scope = ExitStack::new().scope(async |stack| {
        let mut number = stack.adopt(1, async |number, _| {
            left = Some(number);
            Ok(())
        });
        *number += 1;
        drop(number);
        anyhow::Ok(())
    });
    world.run(scope).unwrap();
    assert_eq!(left, Some(2));
}

/// A handle that is forgotten takes the guard with it, and that is told.
#[test]
fn a_forgotten_handle_is_a_failure() {
    let world = World::default();
    let report = world.run(Scope::new(ExitStack::new()).report(async |stack| {
        std::mem::forget(stack.enter(world.ready(0)).await?);
        stack.enter(world.ready(1)).await?;
        Ok::<_, ScopeError>(())
    }));
    let told = "could not exit [0] Scripted: the body took its guard away, so there was nothing to exit it with";
    assert_eq!(report.failures.to_string(), told);
    assert_eq!(world.events()[4..], [ExitStarted(1, Completed), Exited(1)]);
}

/// A set that is a member of a group is exited with it, and rolled back with it.
#[test]
fn a_set_is_a_member_like_others() {
    let world = World::default();
    let filled = world.run(filled(&world, 0..2));
    world.events();
    let result = world.run((filled, world.enters(9, Step::error())).scope(async |_| anyhow::Ok(())));
    assert!(result.is_err());
    let told = withal::OutcomeKind::EnterFailed;
    let expected = [1, 0].map(|id| [ExitStarted(id, told), Exited(id)]).concat();
    assert_eq!(world.events()[2..], expected);
}

/// A stack with these members, moved out of a body.
pub async fn filled(world: &World, ids: std::ops::Range<usize>) -> ExitStack<'static> {
    let body = async |stack: &mut withal::OpenStack<'static>| {
        for id in ids {
            stack.enter(world.ready(id)).await?;
        }
        anyhow::Ok(stack.take_all())
    };
    ExitStack::new().scope(body).await.unwrap()
}

/// The handle's own methods are not in the way of the guard's.
#[test]
fn a_guard_keeps_its_methods() {
    struct Methods(&'static str);
    impl Methods {
        fn exit(&self) -> String {
            format!("{} exit", self.0)
        }
        fn take(&mut self) -> String {
            format!("{} take", self.0)
        }
    }
    let world = World::default();
    let scope = ExitStack::new().scope(async |stack| {
        let mut handle = stack.adopt(Methods("the guard's"), async |_, _| Ok(()));
        anyhow::Ok((handle.exit(), handle.take()))
    });
    assert_eq!(world.run(scope).unwrap(), ("the guard's exit".into(), "the guard's take".into()));
}

/// A resource's name stands in what an early exit and an enter tell.
#[test]
fn a_name_stands_in_what_is_told() {
    let world = World::default();
    let scope = ExitStack::new().scope(async |stack| {
        let group = (world.ready(0), world.exits(1, Step::error()).named("redis")).named("cluster");
        assert_eq!(group.name(), "cluster");
        let error = Handle::exit(stack.enter(group).await?).await.unwrap_err();
        anyhow::Ok(error.to_string())
    });
    assert_eq!(world.run(scope).unwrap(), "could not exit [1] cluster/redis: member 1 fails, as scripted");
}
