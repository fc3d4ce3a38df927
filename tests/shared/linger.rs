//! A shared resource that stays up for a while after its last use.

use super::{short, slow, told};
use futures::channel::oneshot;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use withal::testing::{Event, Step};
use withal::{OutcomeKind, Reaper, ResourceExt, shared};
use withal_common::{World, panic_of, pend, poll, quiet_panic, reaper};

/// Timers that the test fires.
#[derive(Clone, Default)]
struct Timers(Arc<Mutex<Vec<oneshot::Sender<()>>>>);

impl Timers {
    fn start(&self) -> oneshot::Receiver<()> {
        let (fire, fired) = oneshot::channel();
        self.0.lock().unwrap().push(fire);
        fired
    }

    /// Fires the last one. Returns `false` if it was dropped.
    fn fire(&self) -> bool {
        self.0.lock().unwrap().pop().unwrap().send(()).is_ok()
    }
}

#[test]
fn it_stays_up_until_the_timer_is_ready() {
    let (world, timers, (reaper, tasks)) = (World::default(), Timers::default(), reaper());
    let timer = timers.clone();
    let db = slow(&world, 1, 1).linger(move || timer.start(), &reaper);
    let failing = db.clone().scope(async |_| Err::<(), anyhow::Error>(std::fmt::Error.into()));
    world.run(failing).unwrap_err();
    assert_eq!(reaper.pending(), 1, "`idle` waits for it");
    assert!(poll(pin!(reaper.idle())).is_pending());
    let mut task = tasks.pop().unwrap();
    assert!(world.0.poll(task.as_mut()).is_pending());
    assert!(world.0.check().is_err(), "it is in");
    assert!(timers.fire());
    world.run(task);
    assert_eq!(told(&world), [OutcomeKind::Failed], "that of its last use");
    world.run(reaper.idle());
}

/// A user that comes while it lingers enters nothing, and the timer is dropped.
#[test]
fn a_user_that_comes_takes_it_over() {
    let (world, timers, (reaper, tasks)) = (World::default(), Timers::default(), reaper());
    let timer = timers.clone();
    let db = slow(&world, 1, 1).linger(move || timer.start(), &reaper);
    world.run(db.clone().scope(async |_| anyhow::Ok(()))).unwrap();
    let mut first = tasks.pop().unwrap();
    assert!(world.0.poll(first.as_mut()).is_pending());
    world
        .run(db.clone().scope(async |_| {
            assert!(world.0.poll(first.as_mut()).is_ready());
            assert!(!timers.fire(), "its timer is gone");
            assert_eq!(reaper.pending(), 0);
            anyhow::Ok(())
        }))
        .unwrap();
    // It lingers again, and another user comes and goes before the task is polled.
    let early = tasks.pop().unwrap();
    world.run(db.scope(async |_| anyhow::Ok(()))).unwrap();
    world.run(early);
    assert_eq!(reaper.pending(), 1);
    let mut last = tasks.pop().unwrap();
    assert!(world.0.poll(last.as_mut()).is_pending());
    assert!(timers.fire());
    world.run(last);
    assert_eq!(short(&world), "ex");
}

/// A user that comes while it exits on the reaper waits, and goes on with the exit if the runtime ends.
#[test]
fn a_user_that_comes_late_enters_it_anew() {
    for runtime_ends in [false, true] {
        let (world, (reaper, tasks)) = (World::default(), reaper());
        let db = slow(&world, 1, 3).linger(|| async {}, &reaper);
        world.run(db.clone().scope(async |_| anyhow::Ok(()))).unwrap();
        let mut task = tasks.pop().unwrap();
        assert!(world.0.poll(task.as_mut()).is_pending());
        let mut late = Box::pin(db.scope(async |_| anyhow::Ok(())));
        assert!(world.0.poll(late.as_mut()).is_pending());
        if runtime_ends {
            drop(task);
        } else {
            world.run(task);
        }
        world.run(late).unwrap();
        world.run(tasks.pop().unwrap());
        assert_eq!(short(&world), "exex");
    }
}

/// With the task of the reaper, the resource is abandoned. The next user enters it anew.
#[test]
fn the_runtime_has_ended() {
    for is_polled in [false, true] {
        let (world, (reaper, tasks)) = (World::default(), reaper());
        let db = slow(&world, 1, 1).linger(std::future::pending::<()>, &reaper);
        world.run(db.clone().scope(async |_| anyhow::Ok(()))).unwrap();
        let mut task = tasks.pop().unwrap();
        assert!(!is_polled || world.0.poll(task.as_mut()).is_pending());
        drop(task);
        assert_eq!((short(&world).as_str(), reaper.pending()), ("ea", 0));
        world.run(db.scope(async |_| anyhow::Ok(()))).unwrap();
        drop(tasks.pop());
        assert_eq!(short(&world), "ea");
    }
    // In the middle of its exit, that is cut.
    let (world, (reaper, tasks)) = (World::default(), reaper());
    let db = slow(&world, 0, 3).linger(|| async {}, &reaper);
    world.run(db.scope(async |_| anyhow::Ok(()))).unwrap();
    let mut task = tasks.pop().unwrap();
    assert!(world.0.poll(task.as_mut()).is_pending());
    drop(task);
    assert_eq!((world.0.exit_dropped_calls(), short(&world)), (vec![0], "ed".to_owned()));
}

#[test]
fn a_spawner_that_refuses_or_panics() {
    let world = World::default();
    let refusing = slow(&world, 1, 1).linger(|| async {}, &Reaper::try_new(Err));
    world.run(refusing.scope(async |_| anyhow::Ok(()))).unwrap();
    assert_eq!(short(&world), "ea");
    let panicking = slow(&world, 1, 1).linger(|| async {}, &Reaper::new(|_| panic!("no runtime")));
    let text = panic_of(|| world.run(panicking.scope(async |_| anyhow::Ok(()))));
    assert_eq!(text.as_deref(), Some("no runtime"));
    assert_eq!(short(&world), "ea");
}

/// Panics in its drop.
struct Loud(bool);

impl Drop for Loud {
    fn drop(&mut self) {
        if self.0 {
            quiet_panic("timer");
        }
    }
}

/// A timer that panics is ready, and `on_failure` receives the panic with the failures of the exit.
#[test]
fn a_timer_that_panics_is_ready() {
    for when in 0..3 {
        let (world, (reaper, tasks), heard) = (World::default(), reaper(), Arc::<Mutex<String>>::default());
        let texts = Arc::clone(&heard);
        let reaper = reaper.on_failure(move |reaped| *texts.lock().unwrap() = reaped.failures.to_string());
        let timer = move || {
            if when == 0 {
                quiet_panic("timer");
            }
            let loud = Loud(when == 2);
            async move {
                if when == 1 {
                    quiet_panic("timer");
                }
                drop(loud);
            }
        };
        let db = shared(world.exits(0, Step::error())).linger(timer, &reaper);
        world.run(db.scope(async |_| anyhow::Ok(()))).unwrap();
        world.run(tasks.pop().unwrap());
        assert_eq!(
            *heard.lock().unwrap(),
            "could not exit timer: panicked: timer; could not exit Scripted: member 0 fails, as scripted"
        );
        assert_eq!(short(&world), "ef");
    }
}

/// A user that is dropped leaves it lingering, and so does a guard: it need not be abandoned.
#[test]
fn a_dropped_user_leaves_it_lingering() {
    let (world, (reaper, tasks)) = (World::default(), reaper());
    let db = slow(&world, 0, 1).linger(|| async {}, &reaper);
    let mut scope = Box::pin(db.clone().scope(async |_| std::future::pending::<anyhow::Result<()>>().await));
    assert!(world.0.poll(scope.as_mut()).is_pending());
    drop(scope);
    world.run(tasks.pop().unwrap());
    assert_eq!(told(&world), [OutcomeKind::Cancelled]);
    // It is dropped after the enter of which it is a user has succeeded.
    let mut both = [db.clone(), db].map(|db| {
        Box::pin(db.scope(async |_| {
            pend(1).await;
            anyhow::Ok(())
        }))
    });
    for scope in &mut both {
        assert!(world.0.poll(scope.as_mut()).is_pending());
    }
    drop(both);
    assert_eq!(reaper.pending(), 1);
    world.run(tasks.pop().unwrap());
    assert_eq!(world.events().iter().filter(|event| matches!(event, Event::Exited(_))).count(), 1);
}
