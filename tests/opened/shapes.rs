//! Law `owned`, for every shape: closed, dropped, and dropped on a reaper.

use super::{abandoned, exited};
use std::future::pending;
use withal::testing::{READY, Script, Scripted};
use withal::{ExitPool, ExitStack, Failures, Outcome, OutcomeKind, Resource, ResourceExt, Scope, adopt, background};
use withal_common::{World, reaper};

/// Opens a shape, lets the caller work with it, and ends it in each way. The members start to exit in this order.
fn owned_with<R: Resource + 'static>(
    make: impl Fn(&World) -> R,
    order: &[usize],
    work: impl Fn(&World, &mut R::Guard),
) {
    let world = World::default();
    let open = || {
        let mut opened = world.run(Scope::new(make(&world)).open()).unwrap();
        work(&world, &mut opened);
        opened
    };

    world.run(open().close()).unwrap();
    assert_eq!(exited(&world, OutcomeKind::Completed), order);

    world.run(open().close_with(Outcome::Panicked)).unwrap();
    assert_eq!(exited(&world, OutcomeKind::Panicked), order);

    drop(open());
    assert_eq!(abandoned(&world), order);

    let (reaper, tasks) = reaper();
    let open = || {
        let mut opened = world.run(Scope::new(make(&world)).on(&reaper).open()).unwrap();
        work(&world, &mut opened);
        opened
    };
    world.run(open().close()).unwrap();
    assert_eq!(exited(&world, OutcomeKind::Completed), order);
    assert_eq!(reaper.pending(), 0);
    tasks.run();

    let opened = open();
    assert_eq!(reaper.pending(), 0, "it is finished by its owner");
    let at_work = tasks.pop();
    drop(opened);
    assert_eq!(reaper.pending(), 1);
    drop(at_work);
    world.run(tasks.pop().unwrap());
    assert_eq!(exited(&world, OutcomeKind::Cancelled), order);
    assert_eq!(reaper.pending(), 0);
}

fn owned<R: Resource + 'static>(make: impl Fn(&World) -> R, order: &[usize]) {
    owned_with(make, order, |_, _| ());
}

fn member(world: &World, id: usize) -> Scripted {
    world.0.member(id, Script { enter: READY.pending(id % 3), exit: READY.pending(2 - id % 3) })
}

#[test]
fn owned_lone_members() {
    owned(|w| member(w, 1), &[1]);
    owned(|w| Box::new(member(w, 1)), &[1]);
    owned(|w| Some(member(w, 1)), &[1]);
    owned(|_| None::<Scripted>, &[]);
    owned(|w| member(w, 1).boxed(), &[1]);
}

#[test]
fn owned_groups() {
    owned(|w| (member(w, 0),), &[0]);
    owned(|w| (member(w, 0), member(w, 1), member(w, 2)), &[2, 1, 0]);
    owned(|w| [member(w, 0), member(w, 1)], &[1, 0]);
    owned(|w| (0..40).map(|id| member(w, id)).collect::<Vec<_>>(), &(0..40).rev().collect::<Vec<_>>());
    owned(|w| ((member(w, 0), [member(w, 1)]), vec![member(w, 2), member(w, 3)], ()), &[3, 2, 1, 0]);
    owned(|w| vec![(member(w, 0), member(w, 1)).boxed(), (member(w, 2), member(w, 3)).boxed()], &[3, 2, 1, 0]);
}

#[test]
fn owned_groups_of_nobody() {
    owned(|_| (), &[]);
    owned(|_| Vec::<Scripted>::new(), &[]);
    owned(|_| [(); 0], &[]);
}

#[test]
fn owned_adaptors() {
    let pair = |w: &World| (member(w, 0), member(w, 1));
    owned(move |w| pair(w).in_order(), &[1, 0]);
    owned(move |w| pair(w).limit(1), &[1, 0]);
    owned(move |w| pair(w).fail_fast(), &[1, 0]);
    owned(move |w| pair(w).named("pair"), &[1, 0]);
    owned(move |w| pair(w).map_err(Failures::resume_panic), &[1, 0]);
    owned(move |w| pair(w).enter_within(pending::<()>).exit_within(pending::<()>), &[1, 0]);
    owned(
        |w| {
            member(w, 0).then({
                let w = w.clone();
                move |_| (member(&w, 1), member(&w, 2))
            })
        },
        &[2, 1, 0],
    );
    owned(
        |w| {
            let (second, third) = (w.clone(), w.clone());
            member(w, 0).then(move |_| member(&second, 1)).then(move |_| member(&third, 2))
        },
        &[2, 1, 0],
    );
    owned(|w| (member(w, 0), adopt((), async |(), _| Ok(())).watch(|()| pending::<String>()), member(w, 1)), &[1, 0]);
}

#[test]
fn owned_members_that_work() {
    let worker = || {
        background(async |startup| {
            startup.ready(()).await;
            Ok(())
        })
    };
    owned(move |w| (member(w, 0), worker(), member(w, 1)), &[1, 0]);
    owned(move |w| member(w, 0).watch(|_| pending::<String>()), &[0]);
}

#[test]
fn owned_stacks_and_pools() {
    owned_with(
        |w| (member(w, 0), ExitStack::new()),
        &[2, 1, 0],
        |w, (_, stack)| {
            w.run(stack.enter(member(w, 1))).unwrap();
            w.run(stack.enter((member(w, 2), ()))).unwrap();
        },
    );
    owned_with(
        |_| ExitPool::new().named("pool").boxed(),
        &[2, 1],
        |w, pool| {
            w.run(pool.enter(member(w, 1))).unwrap();
            w.run(pool.enter(member(w, 2))).unwrap();
        },
    );
    owned_with(|_| ExitStack::new(), &[], |_, stack| assert_eq!(stack.len(), 0));
}

/// Its resource need not be `'static`, nor does it stay borrowed.
#[test]
fn owned_borrowed_members() {
    let world = World::default();
    let mut members = [world.ready(0), world.ready(1)];
    for _ in 0..2 {
        world.run(world.run(Scope::new(&mut members).open()).unwrap().close()).unwrap();
        assert_eq!(exited(&world, OutcomeKind::Completed), [1, 0]);
    }
    drop(world.run(Scope::new(&mut members).open()).unwrap());
    assert_eq!(abandoned(&world), [1, 0]);
}
