//! A dropped scope that a reaper finishes: it is watched there to its end.

use crate::world::{member, once, poll, quiet, run, slow, stuck};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use withal::testing::{READY, Step};
use withal::{BoxError, Reaper, Resource, Scope};

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A reaper that keeps its tasks.
fn reaper() -> (Reaper, Arc<Mutex<Vec<Task>>>) {
    let tasks = Arc::new(Mutex::new(Vec::<Task>::new()));
    let queue = Arc::clone(&tasks);
    (Reaper::new(move |task| queue.lock().unwrap().push(task)), tasks)
}

async fn body() -> Result<(), BoxError> {
    once().await;
    Ok(())
}

/// Drops a scene on a reaper after each number of polls, and has the rest run as `finish` does it.
fn sweep<R: Resource + 'static>(
    observed: impl Fn(Scope<R>) -> Scope<R>,
    members: impl Fn() -> R,
    finish: impl Fn(Vec<Task>),
) {
    quiet();
    for limit in 0..100 {
        let (reaper, tasks) = reaper();
        let scope = observed(Scope::new(members())).on(&reaper);
        let mut scope = Box::pin(scope.report(async |_| body().await));
        let ended = (0..limit).any(|_| poll(scope.as_mut()).is_ready());
        drop(scope);
        let tasks = std::mem::take(&mut *tasks.lock().unwrap());
        assert_eq!(tasks.len(), usize::from(!ended && limit > 0));
        finish(tasks);
        if ended {
            assert!(limit > 3, "there was nothing to finish");
            return;
        }
    }
    panic!("it hangs");
}

fn members() -> impl Resource + 'static {
    (slow("a"), member("b", READY.pending(2), READY.pending(3)), stuck("c"))
}

fn failing() -> impl Resource + 'static {
    (slow("a"), member("b", Step::error().pending(2), READY), member("c", READY, Step::panic().pending(1)))
}

#[cfg(feature = "timeline")]
#[test]
fn on_the_timeline() {
    use withal::Timeline;
    fn check<R: Resource + 'static>(members: impl Fn() -> R) {
        let timeline = Timeline::new();
        let finish = |tasks: Vec<Task>| {
            let on_its_way = !tasks.is_empty();
            assert_eq!(timeline.scopes().iter().any(|scope| scope.closed().is_none()), on_its_way);
            tasks.into_iter().for_each(run);
            assert!(timeline.in_flight().is_empty());
            assert!(timeline.scopes().iter().all(|scope| scope.closed().is_some()));
            assert!(timeline.members().iter().all(|member| member.abandoned().is_none()));
        };
        sweep(|scope| scope.observe(&timeline), members, finish);
    }
    check(members);
    check(failing);
}

/// A task that nobody runs is dropped, and then its members are abandoned.
#[cfg(feature = "timeline")]
#[test]
fn on_a_runtime_that_ends() {
    let timeline = withal::Timeline::new();
    sweep(|scope| scope.observe(&timeline), members, drop);
    assert!(timeline.in_flight().is_empty());
    assert!(timeline.scopes().iter().all(|scope| scope.closed().is_some()));
    assert!(timeline.members().iter().any(|member| member.abandoned().is_some()));
}

#[cfg(feature = "timeline")]
#[test]
fn by_the_clock() {
    use crate::table::{Hand, lines};
    let hand = Hand::default();
    let timeline = hand.timeline();
    let (reaper, tasks) = reaper();
    let mut scope = Box::pin(Scope::new(slow("a")).observe(&timeline).on(&reaper).run(async |_| body().await));
    for _ in 0..2 {
        assert!(hand.poll(scope.as_mut()).is_pending());
    }
    drop(scope);
    hand.tick();
    let expected = ["a 0- open", "body 1-2 Dropped", "[] a: enter 0-1"];
    assert_eq!(lines(&timeline), expected);
    let mut task = tasks.lock().unwrap().pop().unwrap();
    assert!(hand.poll(task.as_mut()).is_pending());
    assert_eq!(timeline.in_flight()[0].to_string(), "a has been exiting for 1 ms");
    assert!(hand.poll(task.as_mut()).is_ready());
    let expected = ["a 0-4 Cancelled", "body 1-2 Dropped", "[] a: enter 0-1, exit 3-4 told Cancelled"];
    assert_eq!(lines(&timeline), expected);
}

#[cfg(feature = "tracing")]
mod spans {
    use super::{Task, body, failing, members, reaper, run, sweep};
    use crate::layer::Log;
    use crate::world::{poll, stuck};
    use withal::{Resource, Scope};

    /// On another thread, which has no subscriber of its own, or another one.
    fn elsewhere(tasks: Vec<Task>) {
        std::thread::spawn(|| tasks.into_iter().for_each(run)).join().unwrap();
    }

    fn with_another_subscriber(tasks: Vec<Task>) {
        // With a span, so that the numbers of the spans of the two are not the same.
        Log::of(|_| tracing::info_span!("other", name = "one").in_scope(|| tasks.into_iter().for_each(run)));
    }

    /// All exits are below the scope's span, which is closed when the last one has ended.
    fn check<R: Resource + 'static>(members: impl Fn() -> R, finish: impl Fn(Vec<Task>)) {
        let log = Log::of(|log| {
            let finish = |tasks: Vec<Task>| {
                assert_eq!(log.open().is_empty(), tasks.is_empty());
                finish(tasks);
                log.check();
            };
            sweep(|scope| scope, members, finish);
        });
        let made = log.that(&["new enter", "new exit"]);
        assert!(made.iter().all(|line| line.ends_with(" in scope tuple")), "{made:#?}");
        let count = |begin| log.that(&[begin]).len();
        assert_eq!(count("new "), count("end "));
        assert_eq!(count("scope tuple outcome="), count("new scope"));
    }

    #[test]
    fn finished_here() {
        check(members, |tasks| tasks.into_iter().for_each(run));
        check(failing, |tasks| tasks.into_iter().for_each(run));
    }

    #[test]
    fn finished_elsewhere() {
        check(members, elsewhere);
        check(failing, with_another_subscriber);
    }

    #[test]
    fn dropped_there() {
        check(members, drop);
    }

    /// The scope's span tells what went wrong, though no caller can be told.
    #[test]
    fn failures() {
        let log = Log::of(|_| {
            let (reaper, tasks) = reaper();
            let mut scope = Box::pin(Scope::new(stuck("a")).on(&reaper).run(async |_| body().await));
            assert!(poll(scope.as_mut()).is_pending());
            drop(scope);
            elsewhere(std::mem::take(&mut tasks.lock().unwrap()));
        });
        let expected = [
            "new exit [] name=a outcome=Cancelled in scope a",
            "exit [] error=member 0 fails, as scripted",
            "scope a outcome=Cancelled",
            "scope a error=could not exit a: member 0 fails, as scripted",
        ];
        assert_eq!(log.that(&["new exit", "exit", "scope"]), expected);
    }
}
