//! Laws `owned`, `drop-any-time`, `reaped` and `until`: opened and closed, and dropped or cancelled at every poll.

use futures::executor::{ThreadPool, block_on};
use withal::testing::{End, Event, Ledger, READY, Script, Step, sweep_drops, sweep_drops_on, sweep_signals};
use withal::{Group, Outcome, OutcomeKind, Reaper, ResourceExt, Scope, ScopeError, ScopeErrorKind, background, defer};
use withal_common::{World, pend, poll, quiet, reaper};

/// Three members, one of which fails or panics where it is told to.
fn members(ledger: &Ledger, odd: Script) -> impl Group<Guard: Send> + use<> + 'static {
    let script = |enter, exit| Script { enter: READY.pending(enter), exit: READY.pending(exit) };
    let worker = background(async |startup| {
        pend(1).await;
        startup.ready(()).await;
        pend(1).await;
        Ok(())
    });
    (ledger.member(0, script(2, 1)), worker, [ledger.member(1, odd)], vec![ledger.member(2, script(0, 3))])
}

fn odds() -> Vec<Script> {
    let mut odds = Vec::new();
    for enter in [End::Ok, End::Error, End::Panic] {
        for exit in [End::Ok, End::Error, End::Panic] {
            odds.push(Script { enter: step(enter), exit: step(exit) });
        }
    }
    odds
}

fn step(end: End) -> Step {
    let step = match end {
        End::Error => Step::error(),
        End::Panic => Step::panic(),
        _ => READY,
    };
    step.pending(1)
}

#[test]
fn dropped_at_every_poll() {
    quiet();
    let pool = ThreadPool::builder().pool_size(1).create().unwrap();
    let reaper = Reaper::new(move |task| pool.spawn_ok(task));
    for odd in odds() {
        let ledger = Ledger::new();
        let scene = || async {
            let opened = Scope::new(members(&ledger, odd)).open().await?;
            ledger.pend(2).await;
            opened.close().await
        };
        let polls = block_on(sweep_drops(&ledger, scene));
        assert!(polls > 2, "{odd:?}: {polls}");
        let scene = || async {
            let opened = Scope::new(members(&ledger, odd)).on(&reaper).open().await?;
            ledger.pend(2).await;
            opened.close().await
        };
        block_on(sweep_drops_on(&ledger, &reaper, scene));
    }
}

#[test]
fn cancelled_at_every_poll() {
    quiet();
    for odd in odds().into_iter().filter(|odd| odd.enter.end == End::Ok) {
        let ledger = Ledger::new();
        let scene = |signal| async {
            let opened = Scope::new(members(&ledger, odd).fail_fast()).until(signal).open().await?;
            ledger.pend(2).await;
            opened.close().await
        };
        block_on(sweep_signals(&ledger, scene));
    }
}

/// Polls so many times, and drops. Returns `true` if it was over by then.
fn cut<F: Future>(world: &World, polls: usize, future: F) -> bool {
    let mut future = Box::pin(future);
    (0..polls).any(|_| world.0.poll(future.as_mut()).is_ready())
}

/// By hand: what a reaper finishes when `open` is dropped at each poll, and then when `close` is.
#[test]
fn reaped_from_every_poll() {
    let slow = Script { enter: READY.pending(2), exit: READY.pending(2) };
    let pair = |world: &World| (world.0.member(0, slow), world.ready(1));
    for polls in 0.. {
        let (world, (reaper, tasks)) = (World::default(), reaper());
        let is_over = cut(&world, polls, async {
            std::mem::forget(Scope::new(pair(&world)).on(&reaper).open().await); // nothing happens to it then
        });
        if is_over {
            assert_eq!((polls, reaper.pending()), (3, 0));
            break;
        }
        assert_eq!(reaper.pending(), usize::from(polls > 0));
        tasks.run();
        let exits = if polls > 0 { vec![1, 0] } else { vec![] };
        assert_eq!(super::exited(&world, OutcomeKind::Cancelled), exits);
    }
    for polls in 0.. {
        let (world, (reaper, tasks)) = (World::default(), reaper());
        let opened = world.run(Scope::new(pair(&world)).on(&reaper).open()).unwrap();
        if cut(&world, polls, opened.close()) {
            assert_eq!((polls, reaper.pending()), (3, 0));
            break;
        }
        tasks.run();
        // Before its first poll it is dropped, and after that its exits go on.
        let told = if polls == 0 { OutcomeKind::Cancelled } else { OutcomeKind::Completed };
        assert_eq!(super::exited(&world, told), [1, 0]);
    }
}

/// By hand: without a reaper, exits in flight are dropped (`exit_dropped`), and others abandoned.
#[test]
fn dropped_in_the_middle_of_close() {
    let world = World::default();
    let members = [world.exits(0, READY.pending(1)), world.exits(1, READY.pending(1))].in_order();
    let opened = world.run(Scope::new(members).open()).unwrap();
    assert!(!cut(&world, 1, opened.close_with(Outcome::Released)));
    assert_eq!(world.0.exit_dropped_calls(), [1]);
    let events = world.events();
    let ends = [Event::ExitStarted(1, OutcomeKind::Released), Event::ExitDropped(1), Event::Abandoned(0)];
    assert!(events.ends_with(&ends), "{events:?}");
}

#[test]
fn until_ends_with_the_enter() {
    let world = World::default();
    let (stop, stopped) = futures::channel::oneshot::channel::<()>();
    let opened = world.run(Scope::new(world.ready(0)).until(stopped).open()).unwrap();
    assert!(stop.is_canceled(), "the signal is dropped");
    world.run(opened.close()).unwrap();
    assert_eq!(super::exited(&world, OutcomeKind::Completed), [0]);
}

#[test]
fn until_rolls_back() {
    let world = World::default();
    let (stop, stopped) = futures::channel::oneshot::channel::<()>();
    let members = (world.ready(0), world.enters(1, READY.pending(3)), world.enters(2, READY.pending(1)).named("two"));
    let mut opening = Box::pin(Scope::new(members).until(stopped).open());
    assert!(poll(opening.as_mut()).is_pending());
    stop.send(()).unwrap();
    let error: ScopeError = world.run(opening).unwrap_err();
    assert_eq!((error.kind(), error.failures().len()), (ScopeErrorKind::Cancelled, 0));
    assert_eq!(super::exited(&world, OutcomeKind::Cancelled), [2, 1, 0]);

    let error = world.run(Scope::new(world.ready(0)).until(async {}).open()).unwrap_err();
    assert_eq!(error.kind(), ScopeErrorKind::Cancelled);
    assert_eq!(world.events(), []);
}

/// As in a scope: exits may wait for what the signal holds.
#[test]
fn until_is_dropped_before_the_roll_back() {
    for is_reaped in [false, true] {
        for enters in [Step::error(), READY] {
            let world = World::default();
            let (mut held, holds) = futures::channel::oneshot::channel::<()>();
            let waits = defer(async move |_| {
                held.cancellation().await;
                Ok(())
            });
            let is_cancelled = enters == READY;
            let signal = async move {
                pend(1).await;
                if !is_cancelled {
                    std::future::pending::<()>().await;
                }
                drop(holds);
            };
            let scope = Scope::new((waits, world.enters(0, enters.pending(2)))).until(signal);
            let (reaper, _tasks) = reaper();
            let opened = if is_reaped { world.run(scope.on(&reaper).open()) } else { world.run(scope.open()) };
            let kind = if is_cancelled { ScopeErrorKind::Cancelled } else { ScopeErrorKind::Enter };
            assert_eq!(opened.unwrap_err().kind(), kind);
        }
    }
}
