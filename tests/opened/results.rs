//! What `open` and `close` return, and what panics resume.

use super::{exited, worker};
use futures::future::join;
use std::sync::{Arc, Mutex};
use withal::testing::{READY, ScriptedError, Step};
use withal::{
    BoxError, Cause, MemberPanic, Outcome, OutcomeKind, Phase, ResourceExt, Scope, ScopeErrorKind, adopt, defer,
};
use withal_common::{Log, World, panic_of, pend, quiet_panic, reaper, run};

#[test]
fn roll_back_before_open_returns() {
    let world = World::default();
    for is_reaped in [false, true] {
        let members =
            (world.exits(0, READY.pending(3)), world.enters(1, Step::error().pending(1)).named("db"), world.ready(2));
        let error = if is_reaped {
            let (reaper, tasks) = reaper();
            let error = world.run(Scope::new(members).on(&reaper).open()).unwrap_err();
            assert!(tasks.pop().is_none());
            error
        } else {
            world.run(Scope::new(members).open()).unwrap_err()
        };
        assert_eq!(error.kind(), ScopeErrorKind::Enter);
        assert_eq!(error.to_string(), "could not enter [1] db: member 1 fails, as scripted");
        assert!(error.failures().first().unwrap().error().is::<ScriptedError>());
        assert_eq!(exited(&world, OutcomeKind::EnterFailed), [2, 0]);
    }
}

#[test]
fn panic_last() {
    let world = World::default();
    for is_reaped in [false, true] {
        let (reaper, _tasks) = reaper();
        let enter_panics = (world.enters(0, Step::panic()), world.exits(1, READY.pending(2)));
        let opening = Scope::new(enter_panics);
        let text = if is_reaped {
            panic_of(|| world.run(opening.on(&reaper).open()))
        } else {
            panic_of(|| world.run(opening.open()))
        };
        assert_eq!(text.unwrap(), "member 0 panics, as scripted");
        assert_eq!(exited(&world, OutcomeKind::Panicked), [1]);

        let members = (world.exits(0, READY.pending(2)), world.exits(1, Step::panic()), world.exits(2, Step::error()));
        let opening = Scope::new(members);
        let opened =
            if is_reaped { world.run(opening.on(&reaper).open()).unwrap() } else { world.run(opening.open()).unwrap() };
        assert_eq!(panic_of(|| world.run(opened.close())).unwrap(), "member 1 panics, as scripted");
        assert_eq!(exited(&world, OutcomeKind::Completed), [2, 1, 0]);
    }
}

#[test]
fn nothing_lost_by_close() {
    let world = World::default();
    let members = [world.exits(0, Step::error().pending(2)), world.ready(1), world.exits(2, Step::error())];
    let error = world.run(world.run(Scope::new(members).open()).unwrap().close()).unwrap_err();
    assert_eq!(error.kind(), ScopeErrorKind::Exit);
    let failures = error.failures();
    assert_eq!(failures.iter().map(|failure| failure.path()[0]).collect::<Vec<_>>(), [0, 2]);
    assert_eq!(failures.first().unwrap().path(), [2], "`first-is-first`");
}

#[test]
fn nothing_lost_by_a_drop_on_a_reaper() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (reaper, tasks) = reaper();
    let hear = Arc::clone(&heard);
    let reaper = reaper.on_failure(move |reaped| hear.lock().unwrap().push(reaped.failures.to_string()));
    let stuck = || defer(async |_| Err("it is stuck".into())).named("lock");

    drop(run(Scope::new(stuck()).on(&reaper).open()).unwrap());
    tasks.run();
    assert_eq!(std::mem::take(&mut *heard.lock().unwrap()), ["could not exit lock: it is stuck"]);

    // A member that died while it was up, and nobody attended it.
    let (log, (reaper, tasks)) = (Log::default(), (reaper, tasks));
    let (lease, death) = worker(&log, "lease");
    let opened = run(Scope::new(lease.named("lease")).on(&reaper).open()).unwrap();
    death.send(super::died()).unwrap();
    drop(opened);
    let (exits, work) = (tasks.pop().unwrap(), tasks.pop().unwrap());
    run(join(work, exits));
    assert_eq!(*heard.lock().unwrap(), ["lease failed: the lease was lost"]);
}

/// What an exit received: its kind, and the error that it could downcast.
type Seen = Arc<Mutex<Vec<(OutcomeKind, Option<ScriptedError>, String)>>>;

#[test]
fn same_outcome_with_its_cause() {
    let seen = Seen::default();
    let inner = || {
        let seen = Arc::clone(&seen);
        defer(async move |outcome| {
            let cause: Option<Cause<'_>> = if let Outcome::Failed(cause) = outcome { Some(cause) } else { None };
            let error = cause.and_then(|cause| cause.downcast_ref().copied());
            seen.lock().unwrap().push((outcome.kind(), error, format!("{:?}", cause.unwrap())));
            Ok(())
        })
    };
    let (reaper, _tasks) = reaper();
    let plain = run(Scope::new(inner()).open()).unwrap();
    let finished = run(Scope::new(inner()).on(&reaper).open()).unwrap();
    let outer = adopt((plain, finished), async |(plain, finished), outcome| {
        plain.close_with(outcome).await?;
        Ok(finished.close_with(outcome).await?)
    });
    let failed = run(outer.scope(async |_| Err::<(), BoxError>(ScriptedError(7).into())));
    assert!(failed.unwrap_err().is::<ScriptedError>());
    let text = "ScriptedError(7)".to_owned();
    let expected = [(OutcomeKind::Failed, Some(ScriptedError(7)), text.clone()), (OutcomeKind::Failed, None, text)];
    assert_eq!(*seen.lock().unwrap(), expected, "on a reaper it is a text");
}

#[test]
fn panic_of_work_resumes_in_close_unless_it_was_told() {
    let dies = async || -> BoxError {
        pend(1).await; // it is polled once by `open`
        quiet_panic("it panicked".to_owned())
    };
    let watched = || (defer(async |_| Ok(())).watch(move |()| dies()).named("lease"), ());
    let opened = run(Scope::new(watched()).open()).unwrap();
    assert_eq!(panic_of(move || run(opened.close())).unwrap(), "it panicked");

    let opened = run(Scope::new(watched()).open()).unwrap();
    let error = run(opened.attend());
    assert_eq!(error.kind(), ScopeErrorKind::MemberFailed);
    let first = error.failures().first().unwrap();
    assert_eq!((first.phase(), first.name(), first.path()), (Phase::Up, "lease", &[0][..]));
    assert!(first.error().is::<MemberPanic>());
    run(opened.close()).unwrap();
}

#[test]
fn panic_anywhere_signal() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            quiet_panic("the signal's drop");
        }
    }

    let world = World::default();
    let signal = async { quiet_panic("the signal") };
    let slow = world.enters(0, READY.pending(1));
    assert_eq!(
        panic_of(|| world.run(
            Scope::new(slow)
                .until(async {
                    pend(1).await;
                    signal.await
                })
                .open()
        ))
        .unwrap(),
        "the signal"
    );
    assert_eq!(exited(&world, OutcomeKind::Cancelled), [0]);

    let bomb = Bomb;
    let signal = async move {
        std::future::pending::<()>().await;
        drop(bomb);
    };
    assert_eq!(panic_of(|| world.run(Scope::new(world.ready(0)).until(signal).open())).unwrap(), "the signal's drop");
    assert_eq!(exited(&world, OutcomeKind::Panicked), [0]);
}
