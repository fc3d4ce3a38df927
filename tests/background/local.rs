//! Members that stay on their thread: with a future that ends when they have died, and beside members that work.

use super::{Woken, died, scope_error, waits, worker};
use futures::channel::oneshot;
use std::cell::Cell;
use std::rc::Rc;
use std::thread;
use withal::{BoxError, LocalResource, Outcome, Reaper, ResourceExt, Scope, ScopeErrorKind, local};
use withal_common::{Log, Task, run};

/// A connection whose state is not `Send`.
struct Line {
    log: Log,
    uses: Rc<Cell<u32>>,
}

fn line(log: &Log) -> Line {
    Line { log: log.clone(), uses: Rc::default() }
}

impl LocalResource for Line {
    type Guard = Rc<Cell<u32>>;
    type Error = BoxError;

    async fn enter(&mut self) -> Result<Rc<Cell<u32>>, BoxError> {
        self.log.add("line enters");
        Ok(Rc::clone(&self.uses))
    }

    async fn exit(&mut self, guard: Rc<Cell<u32>>, outcome: Outcome<'_>) -> Result<(), BoxError> {
        self.log.add(format!("line exits {:?} after {} uses", outcome.kind(), guard.get()));
        Ok(())
    }

    fn abandon(&mut self, _: Rc<Cell<u32>>) {
        self.log.add("line abandoned");
    }

    fn name(&self) -> &'static str {
        "line"
    }
}

/// Law `death-stops-the-body`: the guard is used and given back on its thread, wherever the death comes from.
#[test]
fn the_end_of_a_watch_stops_the_body() {
    let log = Log::default();
    let (kill, killed) = oneshot::channel::<()>();
    let mut killed = Some(killed);
    let watched = local(line(&log)).watch(move |uses| {
        uses.set(uses.get() + 1);
        let killed = killed.take().unwrap();
        async move {
            let _ = killed.await;
            "hung up"
        }
    });
    let (worker, _death) = worker(&log, "worker");
    let mut scope = Woken::new((watched, worker).scope(async |(uses, _)| {
        uses.set(uses.get() + 1);
        std::future::pending().await
    }));
    assert!(!scope.is_over());
    thread::spawn(move || drop(kill)).join().unwrap();
    let error = scope_error::<()>(scope.end());
    assert_eq!(error.kind(), ScopeErrorKind::MemberFailed);
    assert_eq!(error.to_string(), "[0] line failed: hung up");
    let story = "line enters, worker enters, worker stops MemberFailed, line exits MemberFailed after 2 uses";
    assert_eq!(log.line(), story);
}

#[test]
fn the_death_of_another_stops_the_body_and_the_exit_is_on_its_thread() {
    let log = Log::default();
    let (worker, death) = worker(&log, "worker");
    let mut scope = Woken::new((local(line(&log)), worker.named("worker")).scope_local(waits));
    assert!(!scope.is_over());
    thread::spawn(move || death.send(died()).unwrap()).join().unwrap();
    assert_eq!(scope_error(scope.end()).to_string(), "[1] worker failed: the lease was lost");
    assert_eq!(log.line(), "line enters, worker enters, worker ends, line exits MemberFailed after 0 uses");
}

/// Law `attended`: where the task of a reaper runs on another thread, the member cannot exit, and the work goes on.
#[test]
fn work_ends_on_a_reaper_that_is_on_another_thread() {
    let log = Log::default();
    let (tasks, queue) = std::sync::mpsc::channel::<Task>();
    let reaper = Reaper::new(move |task| tasks.send(task).unwrap());
    let (worker, _death) = worker(&log, "worker");
    let scope = Scope::new((worker, local(line(&log)))).on(&reaper);
    let scope = Woken::new(scope.run(waits));
    drop(scope);
    let task = queue.recv().unwrap();
    thread::spawn(move || run(task)).join().unwrap();
    assert_eq!(log.line(), "worker enters, line enters, worker stops Cancelled");
    assert_eq!(reaper.pending(), 0);
}
