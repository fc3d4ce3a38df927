//! What leaves a set is exited where it goes (law `moved`).

use super::exit_order::filled;
use futures::FutureExt;
use std::panic::AssertUnwindSafe;
use withal::OutcomeKind::{Cancelled, Completed, Failed, Released};
use withal::testing::Event::*;
use withal::testing::{READY, Scripted, Step, Token};
use withal::{BoxError, ExitPool, ExitStack, Handle, Outcome, Resource, ResourceExt, Scope, Taken};
use withal_common::{World, caught, quiet, reaper};

/// All members, out of a function, and exited by hand.
#[test]
fn a_whole_stack_is_returned_and_closed() {
    let world = World::default();
    world.run(async {
        let stack = filled(&world, 0..3).await;
        assert_eq!((stack.len(), stack.is_empty()), (3, false));
        world.events();
        stack.close_with(Outcome::Released).await.unwrap();
    });
    assert_eq!(world.events(), [2, 1, 0].map(|id| [ExitStarted(id, Released), Exited(id)]).concat());
}

/// A body that moves all out and fails all the same: they went where they went.
#[test]
fn what_was_moved_out_is_not_exited_where_it_was() {
    let world = World::default();
    let mut out = None;
    let scope = ExitStack::new().scope(async |stack| {
        stack.enter(world.ready(0)).await?;
        out = Some(stack.take_all());
        stack.enter(world.ready(1)).await?;
        Err::<(), BoxError>("the body fails".into())
    });
    assert!(world.run(scope).is_err());
    assert_eq!(world.events()[4..], [ExitStarted(1, Failed), Exited(1)]);
    world.run(out.unwrap().close()).unwrap();
    assert_eq!(world.events(), [ExitStarted(0, Completed), Exited(0)]);
}

/// A stack that is a resource: its body finds the members, and adds more.
#[test]
fn a_filled_stack_is_entered_again() {
    let world = World::default();
    let stack = world.run(filled(&world, 0..2));
    world.events();
    let scope = stack.scope(async |stack| {
        stack.enter(world.ready(2)).await?;
        anyhow::Ok(stack.len())
    });
    assert_eq!(world.run(scope).unwrap(), 3);
    assert_eq!(world.events()[2..], [2, 1, 0].map(|id| [ExitStarted(id, Completed), Exited(id)]).concat());
}

/// A stack in a pool in a stack.
#[test]
fn sets_go_into_sets() {
    let world = World::default();
    let inner = world.run(filled(&world, 0..2));
    world.events();
    let scope = ExitStack::new().scope(async |outer| {
        let pool = outer.enter(ExitPool::new()).await?;
        let stack = pool.enter(inner).await?;
        stack.enter(world.ready(2)).await?;
        outer.enter(world.ready(3)).await?;
        anyhow::Ok(stack.len())
    });
    assert_eq!(world.run(scope).unwrap(), 3);
    assert_eq!(world.events()[4..], [3, 2, 1, 0].map(|id| [ExitStarted(id, Completed), Exited(id)]).concat());
}

/// `drop`: abandoned in reverse order, whatever the way.
#[test]
fn a_set_that_is_dropped_abandons_in_reverse() {
    let world = World::default();
    drop(world.run(filled(&world, 0..3)));
    assert_eq!(world.events()[6..], [Abandoned(2), Abandoned(1), Abandoned(0)]);

    let mut close = Box::pin(async {
        let body = async |stack: &mut withal::OpenStack<'static>| {
            for (id, exit) in [READY, READY.pending(5), READY].into_iter().enumerate() {
                stack.enter(world.exits(id, exit)).await?;
            }
            anyhow::Ok(stack.take_all())
        };
        let stack = ExitStack::new().scope(body).await.unwrap();
        stack.close().await
    });
    assert!(world.0.poll(close.as_mut()).is_pending());
    drop(close);
    let expected = [ExitStarted(2, Completed), Exited(2), ExitStarted(1, Completed), ExitDropped(1), Abandoned(0)];
    assert_eq!(world.events()[6..], expected);
}

/// A panic in one `abandon` or drop keeps none of the others from it, and then resumes.
#[test]
fn a_panic_in_a_drop_keeps_none_of_the_others() {
    struct Bad(Scripted);
    impl Resource for Bad {
        type Guard = Token;
        type Error = withal::testing::ScriptedError;
        async fn enter(&mut self) -> Result<Token, Self::Error> {
            self.0.enter().await
        }
        async fn exit(&mut self, guard: Token, outcome: Outcome<'_>) -> Result<(), Self::Error> {
            self.0.exit(guard, outcome).await
        }
        fn abandon(&mut self, guard: Token) {
            let id = guard.0;
            self.0.abandon(guard);
            panic!("member {id} panics, as scripted");
        }
        fn exit_dropped(&mut self) {
            self.0.exit_dropped();
        }
    }
    quiet();
    let world = World::default();
    let stack = world.run(ExitStack::new().scope(async |stack| {
        stack.enter(world.ready(0)).await?;
        stack.enter(Bad(world.ready(1))).await?;
        stack.enter(Bad(world.ready(2))).await?;
        anyhow::Ok(stack.take_all())
    }));
    world.events();
    let panic = caught(|| drop(stack.unwrap())).unwrap();
    assert_eq!(panic.downcast_ref::<String>().unwrap(), "member 2 panics, as scripted", "the earliest");
    assert_eq!(world.events(), [Abandoned(2), Abandoned(1), Abandoned(0)]);
}

/// One member, taken out for good.
#[test]
fn a_member_is_taken_out_for_good() {
    let world = World::default();
    let scope = ExitStack::new().scope(async |stack| {
        let first = stack.enter(world.ready(0)).await?;
        stack.enter(world.ready(1)).await?;
        anyhow::Ok(Handle::take(first))
    });
    let mut taken = world.run(scope).unwrap();
    assert_eq!(world.events()[4..], [ExitStarted(1, Completed), Exited(1)]);
    assert_eq!((taken.0, format!("{taken:?}")), (0, "Taken(Token(0))".to_owned()));
    *taken = Token(0);
    world.run(Taken::exit(taken, Outcome::Cancelled)).unwrap();
    assert_eq!(world.events(), [ExitStarted(0, Cancelled), Exited(0)]);
}

/// A member that was taken out becomes one elsewhere, and keeps its name.
#[test]
fn a_taken_member_goes_elsewhere() {
    let world = World::default();
    let report = world.run(Scope::new((ExitStack::new(), ExitPool::new())).report(async |(stack, pool)| {
        let member = stack.enter(world.exits(0, Step::error()).named("db")).await?;
        let moved = pool.enter(Taken::into_resource(Handle::take(member))).await?;
        assert_eq!((moved.0, stack.len(), pool.len()), (0, 0, 1));
        Ok::<_, withal::ScopeError>(())
    }));
    assert_eq!(report.failures.to_string(), "could not exit [1, 0] db: member 0 fails, as scripted");
    world.0.check().unwrap();
}

/// The failures of a group that was moved keep the names that they have, however often it was.
#[test]
fn a_moved_group_keeps_its_names() {
    let world = World::default();
    let report = world.run(Scope::new(ExitStack::new()).report(async |stack| {
        let fails = |id| world.exits(id, Step::error());
        let again = |member| Taken::into_resource(Handle::take(member));
        let unnamed = stack.enter([fails(0)]).await?;
        let named = stack.enter([fails(1)].named("trio")).await?;
        let (unnamed, named) = (stack.enter(again(unnamed)).await?, stack.enter(again(named)).await?);
        let (unnamed, named) = (again(unnamed), again(named));
        assert_eq!((unnamed.name(), named.name()), ("array", "trio"));
        stack.enter(unnamed).await?;
        stack.enter(named).await?;
        Ok::<_, withal::ScopeError>(())
    }));
    let names: Vec<_> = report.failures.iter().map(withal::Failure::name).collect();
    assert_eq!(names, ["Scripted", "trio/Scripted"]);
}

/// What was taken out is abandoned if nobody takes care of it, also where it became a member and was never entered.
#[test]
fn a_taken_member_that_is_dropped_is_abandoned() {
    let world = World::default();
    let take = async |world: &World| {
        let body = async |stack: &mut withal::OpenStack<'static>| {
            let member = stack.enter(world.ready(0)).await?;
            anyhow::Ok(Handle::take(member))
        };
        ExitStack::new().scope(body).await.unwrap()
    };
    drop(world.run(take(&world)));
    assert_eq!(world.events()[2..], [Abandoned(0)]);
    drop(Taken::into_resource(world.run(take(&world))));
    assert_eq!(world.events()[2..], [Abandoned(0)]);
    let pair = (Taken::into_resource(world.run(take(&world))), world.enters(1, READY.pending(1)));
    let mut scope = Box::pin(pair.scope(async |_| anyhow::Ok(())));
    assert!(world.0.poll(scope.as_mut()).is_pending());
    drop(scope);
    assert_eq!(world.events()[2..], [EnterStarted(1), EnterDropped(1), Abandoned(0)]);
    let guard = Taken::into_guard(world.run(take(&world)));
    assert_eq!((guard.0, world.events().len()), (0, 2), "nobody exits it any more");
}

/// A member that was taken out is there once: a second enter says so.
#[test]
fn a_taken_member_is_entered_once() {
    let world = World::default();
    let mut again = world.run(ExitStack::new().scope(async |stack| {
        let member = stack.enter(world.ready(0)).await?;
        anyhow::Ok(Taken::into_resource(Handle::take(member)))
    }));
    let resource = again.as_mut().unwrap();
    world.run(resource.scope(async |_| anyhow::Ok(()))).unwrap();
    let error = world.run(resource.scope(async |_| anyhow::Ok(()))).unwrap_err();
    assert!(error.to_string().contains("it can be entered only once"), "{error}");
    world.0.check().unwrap();
}

/// A whole stack inside a resource's own `enter` undoes what was half done.
struct Cluster<'w>(&'w World, Step);

impl Resource for Cluster<'_> {
    type Guard = ExitStack<'static>;
    type Error = withal::ScopeError;

    async fn enter(&mut self) -> Result<ExitStack<'static>, withal::ScopeError> {
        ExitStack::new()
            .scope(async |stack| {
                stack.enter(self.0.ready(0)).await?;
                stack.enter(self.0.ready(1)).await?;
                stack.enter(self.0.enters(2, self.1)).await?;
                Ok::<_, withal::ScopeError>(stack.take_all())
            })
            .await
    }

    async fn exit(&mut self, members: ExitStack<'static>, outcome: Outcome<'_>) -> Result<(), withal::ScopeError> {
        members.close_with(outcome).await
    }
}

#[test]
fn a_half_done_enter_is_undone() {
    quiet();
    let world = World::default();
    let members = world.run(Cluster(&world, READY).scope(async |members| anyhow::Ok(members.len())));
    assert_eq!(members.unwrap(), 3);
    assert_eq!(world.events()[6..], [2, 1, 0].map(|id| [ExitStarted(id, Completed), Exited(id)]).concat());

    let failed = world.run(Cluster(&world, Step::error()).scope(async |_| anyhow::Ok(())));
    let told = "could not enter Cluster: could not enter Scripted: member 2 fails, as scripted";
    assert_eq!(failed.unwrap_err().to_string(), told);
    assert_eq!(world.events()[6..], [1, 0].map(|id| [ExitStarted(id, Failed), Exited(id)]).concat());

    let panicked = AssertUnwindSafe(Cluster(&world, Step::panic()).scope(async |_| anyhow::Ok(())));
    assert!(world.run(panicked.catch_unwind()).is_err());
    let told = withal::OutcomeKind::Panicked;
    assert_eq!(world.events()[6..], [1, 0].map(|id| [ExitStarted(id, told), Exited(id)]).concat());
}

/// With a reaper, what is in a set when the scope is dropped is exited there, in the set's order.
#[test]
fn a_reaper_exits_a_set() {
    let world = World::default();
    let (reaper, tasks) = reaper();
    let body_world = world.clone();
    let mut scope = Box::pin(Scope::new((ExitStack::new(), ExitPool::new())).on(&reaper).run(async |(stack, pool)| {
        for id in 0..2 {
            stack.enter(body_world.exits(id, READY.pending(1))).await?;
            pool.enter(body_world.exits(id + 2, READY.pending(1))).await?;
        }
        std::future::pending::<anyhow::Result<()>>().await
    }));
    assert!(world.0.poll(scope.as_mut()).is_pending());
    drop(scope);
    world.events();
    world.run(tasks.pop().unwrap());
    assert_eq!(reaper.pending(), 0);
    let started: Vec<_> = world.0.events().into_iter().filter(|event| matches!(event, ExitStarted(..))).collect();
    assert_eq!(started, [3, 2, 1, 0].map(|id| ExitStarted(id, Cancelled)));
    let ended: Vec<_> = world.events().into_iter().filter(|event| matches!(event, Exited(_))).collect();
    assert_eq!(ended.len(), 4);
}

/// What owns a stack opens it by hand, enters into it for long, and closes it by hand; dropped, it abandons.
#[test]
fn a_stack_in_a_field_is_opened_and_closed_by_hand() {
    struct Server {
        members: withal::OpenStack<'static>,
    }
    let world = World::default();
    let server = Server { members: ExitStack::new().open() };
    world.run(async {
        server.members.enter(world.ready(0)).await.unwrap();
        server.members.enter(world.ready(1)).await.unwrap();
    });
    assert_eq!(server.members.len(), 2);
    world.events();
    world.run(server.members.close()).unwrap();
    assert_eq!(world.events(), [1, 0].map(|id| [ExitStarted(id, Completed), Exited(id)]).concat());

    let pool = ExitPool::new().open();
    world.run(pool.enter(world.ready(0))).unwrap();
    world.events();
    drop(pool);
    assert_eq!(world.events(), [Abandoned(0)]);
}

/// `close` in an exit of one's own keeps the places of the members.
#[test]
fn failures_of_a_stack_within_keep_their_places() {
    let world = World::default();
    let inner = world.run(ExitStack::new().scope(async |stack| {
        stack.enter(world.ready(0)).await?;
        stack.enter(world.exits(1, Step::error())).await?;
        anyhow::Ok(stack.take_all())
    }));
    let close = async |stack: ExitStack<'_>, outcome: Outcome<'_>| {
        stack.close_with(outcome).await.map_err(|error| BoxError::from(error.into_failures()))
    };
    let adopted = withal::adopt(inner.unwrap(), close);
    let error = world.run(((), adopted).scope(async |_| anyhow::Ok(()))).unwrap_err();
    assert_eq!(error.to_string(), "could not exit [1, 1] Scripted: member 1 fails, as scripted");
}
