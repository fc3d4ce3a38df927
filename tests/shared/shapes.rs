//! Users in every shape: groups, adaptors, stacks and pools, and scopes that are owned.

use super::{run_all, short, slow, user};
use futures::channel::oneshot;
use withal::testing::{READY, Script};
use withal::{ExitPool, ExitStack, Outcome, ResourceExt, Scope, ScopeError, shared};
use withal_common::{World, pend, reaper};

#[test]
fn groups_and_adaptors() {
    let world = World::default();
    let db = slow(&world, 1, 1);
    let user = || db.clone();
    let shapes = (
        [user(), user()],
        vec![user(); 3],
        Some(user()),
        (user(), (user(), user()).in_order()).fail_fast(),
        user().boxed(),
        Box::new(user().named("db")),
        user().then(|_| user()).then(|_| user()),
        vec![user(), user(), user()].limit(1),
        user().enter_within(|| pend(50)).exit_within(|| pend(50)),
        &mut user(),
    );
    world.run(shapes.scope(async |_| anyhow::Ok(()))).unwrap();
    assert_eq!(short(&world), "ex");
}

#[test]
fn stacks_and_pools() {
    let world = World::default();
    let db = slow(&world, 1, 1);
    let body = async |(stack, pool, _): &mut (_, _, _)| {
        let stack: &mut withal::OpenStack = stack;
        let pool: &mut withal::OpenPool = pool;
        let first = stack.enter(db.clone()).await?;
        stack.enter(db.clone()).await?;
        pool.enter(db.clone()).await?;
        withal::Handle::exit(first).await?;
        anyhow::Ok(())
    };
    world.run((ExitStack::new(), ExitPool::new(), db.clone()).scope(body)).unwrap();
    assert_eq!(short(&world), "ex");
    let body = async |stack: &mut withal::OpenStack| {
        stack.enter(db.clone()).await?;
        anyhow::Ok(())
    };
    world.run(ExitStack::new().scope(body)).unwrap();
    assert_eq!(short(&world), "ex");
}

#[test]
fn owned_scopes() {
    let world = World::default();
    let db = slow(&world, 1, 1);
    let first = world.run(Scope::new(db.clone()).open()).unwrap();
    let second = world.run(Scope::new((db.clone(), ())).open()).unwrap();
    drop(first);
    world.run(second.close_with(Outcome::Cancelled)).unwrap();
    assert_eq!(short(&world), "ex");
    let (reaper, tasks) = reaper();
    drop(world.run(Scope::new(db).on(&reaper).open()).unwrap());
    let tasks = std::iter::from_fn(|| tasks.pop()).map(user);
    run_all(&world, tasks.collect());
    assert_eq!(short(&world), "ex");
}

/// A scope in the body of another one, over the same resource, joins it.
#[test]
fn nested_scopes() {
    let world = World::default();
    let db = slow(&world, 1, 1);
    let outer = db.clone().scope(async |_| {
        db.clone().scope(async |_| anyhow::Ok(())).await?;
        db.clone().scope(async |_| anyhow::Ok(())).await
    });
    world.run(outer).unwrap();
    assert_eq!(short(&world), "ex");
}

/// The enter goes on when the body in which it was begun is given up, and another scope waits for it.
#[test]
fn it_outlives_the_body_in_which_it_was_begun() {
    for depth in 0..2 {
        let world = World::default();
        let script = Script { enter: READY.pending(4), exit: READY.pending(1) };
        let db = shared(world.0.member(0, script));
        let (stop, stopped) = oneshot::channel::<()>();
        let inner = db.clone();
        let outer = Scope::new(world.ready(1)).until(stopped).run(async |_| {
            let scope = (inner, ()).scope(async |_| Ok(()));
            if depth == 0 { scope.await } else { ().scope(async |()| scope.await).await }
        });
        let other = db.scope(async |_| Ok(()));
        let (mut outer, mut other) = (Box::pin(outer), Box::pin(other));
        assert!(world.0.poll(outer.as_mut()).is_pending() && world.0.poll(other.as_mut()).is_pending());
        stop.send(()).unwrap();
        let outputs: Vec<Result<(), ScopeError>> =
            run_all(&world, vec![user(outer), user(other)]).into_iter().flatten().collect();
        assert!(outputs[0].is_err() && outputs[1].is_ok());
        assert_eq!(short(&world), "eexx", "each once");
    }
}
