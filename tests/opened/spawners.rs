//! Reapers whose spawner refuses, panics, or owns the executor; and who owns what.

use super::{abandoned, exited, worker};
use std::sync::{Arc, Mutex};
use withal::testing::READY;
use withal::{OutcomeKind, Reaper, Scope, ScopeErrorKind};
use withal_common::{Log, Task, World, panic_of, quiet_panic, reaper, run, settle};

#[test]
fn refused_it_is_abandoned() {
    let world = World::default();
    let reaper = Reaper::try_new(Err);
    let opened = world.run(Scope::new([world.ready(0), world.ready(1)]).on(&reaper).open()).unwrap();
    drop(opened);
    assert_eq!((abandoned(&world), reaper.pending()), (vec![1, 0], 0));

    let mut opening = Box::pin(Scope::new([world.ready(0), world.enters(1, READY.pending(1))]).on(&reaper).open());
    assert!(world.0.poll(opening.as_mut()).is_pending());
    drop(opening);
    assert_eq!(abandoned(&world), [0]);
}

#[test]
fn refused_the_work_is_attended_by_its_owner() {
    let log = Log::default();
    let (lease, death) = worker(&log, "lease");
    let reaper = Reaper::try_new(Err);
    let opened = run(Scope::new(lease).on(&reaper).open()).unwrap();
    death.send(super::died()).unwrap();
    assert_eq!(run(opened.attend()).kind(), ScopeErrorKind::MemberFailed);
    run(opened.close()).unwrap();
}

#[test]
fn panic_anywhere_spawner() {
    let world = World::default();
    let reaper = Reaper::new(|_| quiet_panic("the spawner"));
    // There is work, so the spawner is called by `open`.
    let (lease, _death) = worker(&Log::default(), "lease");
    let members = (world.ready(0), lease);
    assert_eq!(panic_of(|| world.run(Scope::new(members).on(&reaper).open())).unwrap(), "the spawner");
    assert_eq!(exited(&world, OutcomeKind::Panicked), [0]);
    // There is none, so it is called by the drop.
    let opened = world.run(Scope::new(world.ready(0)).on(&reaper).open()).unwrap();
    assert_eq!(panic_of(|| drop(opened)).unwrap(), "the spawner");
    assert_eq!(abandoned(&world), [0]);
}

/// Law `panic-anywhere`: the destructor of the spawner, when it goes last with the `Opened`.
#[test]
fn panic_anywhere_destructor_of_the_spawner() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            quiet_panic("the spawner's drop");
        }
    }
    let world = World::default();
    let open = |id| {
        let bomb = Bomb;
        let reaper = Reaper::new(move |task| {
            let _ = &bomb;
            run(task);
        });
        world.run(Scope::new(world.ready(id)).on(&reaper).open()).unwrap()
    };
    let opened = open(0);
    assert_eq!(panic_of(|| world.run(opened.close())).unwrap(), "the spawner's drop");
    assert_eq!(exited(&world, OutcomeKind::Completed), [0]);
    let opened = open(1);
    assert_eq!(panic_of(|| drop(opened)).unwrap(), "the spawner's drop");
    assert_eq!(exited(&world, OutcomeKind::Cancelled), [1]);
}

/// A spawner that owns its executor: the last handle drops both, whether the tasks are polled or not.
#[test]
fn no_cycle_keeps_the_executor() {
    for is_polled in [false, true] {
        for goes_first in [false, true] {
            let executor = Arc::new(Mutex::new(Vec::<Task>::new()));
            let alive = Arc::downgrade(&executor);
            let reaper = Reaper::new({
                let executor = Arc::clone(&executor);
                move |task| executor.lock().unwrap().push(task)
            });
            let world = World::default();
            let (lease, _death) = worker(&Log::default(), "lease");
            let opened = world.run(Scope::new((world.ready(0), lease)).on(&reaper).open()).unwrap();
            let mut tasks = std::mem::take(&mut *executor.lock().unwrap());
            assert_eq!(tasks.len(), 1);
            if is_polled {
                for task in &mut tasks {
                    settle(task.as_mut());
                }
            }
            executor.lock().unwrap().append(&mut tasks);
            drop(executor);
            if goes_first {
                drop(reaper);
                drop(opened); // the last handle: the task of the exits is dropped with the executor
            } else {
                drop(opened);
                drop(reaper);
            }
            assert!(alive.upgrade().is_none(), "who owns it still?");
            assert_eq!(abandoned(&world), [0]);
        }
    }
}

/// It is forgotten: nothing happens, and the task goes on.
#[test]
fn forgotten() {
    let (world, (reaper, tasks)) = (World::default(), reaper());
    let opened = world.run(Scope::new(world.ready(0)).on(&reaper).open()).unwrap();
    world.events();
    std::mem::forget(opened);
    assert!(world.events().is_empty() && tasks.pop().is_none());
    assert_eq!(reaper.pending(), 0);
}
