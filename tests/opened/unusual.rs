//! Guards that were replaced, members that were moved between threads, drops while a thread panics.

use super::{abandoned, exited};
use std::sync::{Arc, Mutex};
use std::thread;
use withal::testing::{READY, Scripted, Token};
use withal::{
    ExitPool, ExitStack, Handle, Opened, OutcomeKind, Reaper, Resource, ResourceExt, Scope, ScopeErrorKind, Taken,
    adopt, defer,
};
use withal_common::{World, caught, quiet_panic, reaper, run};

#[test]
fn a_guard_that_was_replaced_is_exited() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let number = |seen: &Arc<Mutex<Vec<u32>>>| {
        let seen = Arc::clone(seen);
        adopt(1, async move |number, _| {
            seen.lock().unwrap().push(number);
            Ok(())
        })
    };
    let mut opened = run(Scope::new(number(&seen)).open()).unwrap();
    *opened = 2;
    assert_eq!(*opened, 2);
    run(opened.close()).unwrap();
    let (mut a, mut b) =
        (run(Scope::new(number(&seen)).open()).unwrap(), run(Scope::new(number(&seen)).open()).unwrap());
    (*a, *b) = (3, 4);
    std::mem::swap(&mut *a, &mut *b);
    run(b.close()).unwrap();
    run(a.close()).unwrap();
    assert_eq!(*seen.lock().unwrap(), [2, 3, 4]);
}

#[test]
fn guards_that_are_missing_are_reported() {
    let world = World::default();
    let mut opened = world.run(Scope::new(vec![world.ready(0), world.ready(1)]).open()).unwrap();
    let taken: Vec<Token> = std::mem::take(&mut *opened);
    let error = world.run(opened.close()).unwrap_err();
    assert_eq!((error.kind(), error.failures().len(), taken.len()), (ScopeErrorKind::Exit, 2, 2));
}

/// Members that are in from the start, as those of a filled stack, are exited by awaiting, whatever happens.
#[test]
fn set_keeps_what_is_in_from_the_start() {
    let world = World::default();
    let filled = |world: &World| {
        let stack = ExitStack::new().open();
        world.run(stack.enter(world.ready(0))).unwrap();
        let mut stack = stack;
        stack.take_all()
    };
    world.run(world.run(Scope::new(filled(&world)).open()).unwrap().close()).unwrap();
    assert_eq!(exited(&world, OutcomeKind::Completed), [0]);

    let failing = world.enters(1, withal::testing::Step::error());
    world.run(Scope::new((filled(&world), failing)).open()).unwrap_err();
    assert_eq!(exited(&world, OutcomeKind::EnterFailed), [0]);

    world.run(Scope::new(filled(&world)).until(async {}).open()).unwrap_err();
    assert_eq!(exited(&world, OutcomeKind::Cancelled), [0]);

    let (reaper, tasks) = reaper();
    drop(Scope::new(filled(&world)).on(&reaper).open());
    tasks.run();
    assert_eq!(exited(&world, OutcomeKind::Cancelled), [0]);

    world.run(Scope::new(filled(&world)).on(&reaper).until(async {}).open()).unwrap_err();
    assert_eq!(exited(&world, OutcomeKind::Cancelled), [0]);
}

#[test]
fn a_member_that_was_taken_out_of_a_pool() {
    let world = World::default();
    let pool = ExitPool::new().open();
    let taken = Handle::take(world.run(pool.enter(world.ready(0))).unwrap());
    let opened = world.run(Scope::new(Taken::into_resource(taken)).open()).unwrap();
    assert_eq!(opened.0, 0);
    world.run(opened.close()).unwrap();
    assert_eq!(exited(&world, OutcomeKind::Completed), [0]);
    world.run(pool.close()).unwrap();
}

/// A struct with two stages, as a program has it.
struct App {
    database: Opened<Scripted>,
    pool: Opened<ExitPool<'static>>,
}

#[test]
fn in_a_struct_across_threads() {
    let world = World::default();
    let app = App {
        database: world.run(Scope::new(world.ready(0)).open()).unwrap(),
        pool: world.run(Scope::new(ExitPool::new()).open()).unwrap(),
    };
    let app = Arc::new(app);
    let threads = (1..4).map(|id| {
        let (app, world) = (Arc::clone(&app), world.clone());
        thread::spawn(move || {
            assert_eq!(app.database.0, 0);
            world.run(app.pool.enter(world.ready(id))).unwrap();
        })
    });
    threads.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().unwrap());
    let App { database, pool } = Arc::into_inner(app).unwrap();
    thread::spawn({
        let world = world.clone();
        move || {
            world.run(pool.close()).unwrap();
            world.run(database.close()).unwrap();
        }
    })
    .join()
    .unwrap();
    let exits = exited(&world, OutcomeKind::Completed);
    assert_eq!((exits.len(), exits[3]), (4, 0));
}

#[test]
fn dropped_in_a_panic() {
    let world = World::default();
    let stuck = defer(async |_| Ok(())).watch(|()| std::future::pending::<String>());
    let mut opened = Some(world.run(Scope::new((world.ready(0), stuck)).open()).unwrap());
    let panic = caught(|| {
        let _opened = opened.take();
        quiet_panic("the caller")
    });
    assert_eq!(*panic.unwrap().downcast::<&str>().unwrap(), "the caller");
    assert_eq!(abandoned(&world), [0]);

    let (reaper, tasks) = reaper();
    let mut opened = Some(world.run(Scope::new(world.ready(0)).on(&reaper).open()).unwrap());
    assert!(
        caught(|| {
            let _opened = opened.take();
            quiet_panic("the caller")
        })
        .is_some()
    );
    tasks.run();
    assert_eq!(exited(&world, OutcomeKind::Cancelled), [0]);
}

/// Law `panic-anywhere`: an `abandon` that panics in a drop.
#[test]
fn panic_anywhere_abandon() {
    struct Bomb;
    impl Resource for Bomb {
        type Guard = ();
        type Error = std::convert::Infallible;
        async fn enter(&mut self) -> Result<(), Self::Error> {
            Ok(())
        }
        async fn exit(&mut self, (): (), _: withal::Outcome<'_>) -> Result<(), Self::Error> {
            Ok(())
        }
        fn abandon(&mut self, (): ()) {
            quiet_panic("abandon")
        }
    }
    let world = World::default();
    for reaper in [None, Some(Reaper::try_new(Err))] {
        let members = (world.ready(0), Bomb, world.ready(1));
        let scope = Scope::new(members);
        let opened = match &reaper {
            None => world.run(scope.open()).unwrap(),
            Some(reaper) => world.run(scope.on(reaper).open()).unwrap(),
        };
        let panic = caught(|| drop(opened)).unwrap();
        assert_eq!(*panic.downcast::<&str>().unwrap(), "abandon");
        assert_eq!(abandoned(&world), [1, 0]);
    }
}

#[test]
fn spawned_and_shown() {
    fn assert_send<T: Send>(value: T) -> T {
        value
    }
    let world = World::default();
    let opening = assert_send(Scope::new((world.enters(0, READY.pending(1)), ())).open());
    let opened = assert_send(world.run(opening).unwrap());
    assert_eq!(format!("{opened:?}"), "Opened((Token(0), ()))");
    {
        let _attends = assert_send(opened.attend());
    }
    world.run(assert_send(opened.close())).unwrap();
}
