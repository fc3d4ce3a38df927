//! Law `nested-reap`: on a drop, a scope on the reaper of the scope around it is finished before that one's exits.

use crate::slow;
use futures::executor::block_on;
use futures::future::{join_all, select};
use std::future::pending;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use withal::{Reaper, Scope, shield};
use withal_common::{Log, Task, pend, poll, settle};

#[derive(Clone, Default)]
struct Queue(Arc<Mutex<Vec<Task>>>);

impl Queue {
    fn reaper(&self) -> Reaper {
        let queue = self.clone();
        Reaper::new(move |task| queue.0.lock().unwrap().push(task))
    }

    /// Runs all tasks side by side.
    fn run(&self) {
        let tasks = std::mem::take(&mut *self.0.lock().unwrap());
        block_on(join_all(tasks));
    }

    /// Runs all tasks side by side, the last one first.
    fn run_reversed(&self) {
        let mut tasks = std::mem::take(&mut *self.0.lock().unwrap());
        tasks.reverse();
        block_on(join_all(tasks));
    }
}

async fn on(reaper: &Reaper, log: &Log, name: &'static str) -> anyhow::Result<()> {
    Scope::new(slow(log, name)).on(reaper).run(async |_| pending().await).await
}

const ORDERED: &str = "outer in, inner in, inner told Cancelled, inner out, outer told Cancelled, outer out";

#[test]
fn inner_scope_is_finished_first() {
    for reversed in [false, true] {
        let (log, queue) = (Log::default(), Queue::default());
        let reaper = queue.reaper();
        {
            let outer = Scope::new(slow(&log, "outer")).on(&reaper);
            settle(pin!(outer.run(async |_| on(&reaper, &log, "inner").await)));
        }
        if reversed {
            queue.run_reversed();
        } else {
            queue.run();
        }
        assert_eq!(log.line(), ORDERED);
    }
}

/// Clones of a reaper are the same reaper, also one that tells its failures elsewhere.
#[test]
fn clone_is_the_same_reaper() {
    let (log, queue) = (Log::default(), Queue::default());
    let reaper = queue.reaper();
    let clone = reaper.clone().on_failure(|reaped| panic!("{reaped:?}"));
    {
        let outer = Scope::new(slow(&log, "outer")).on(&clone);
        settle(pin!(outer.run(async |_| on(&reaper, &log, "inner").await)));
    }
    queue.run_reversed();
    assert_eq!(log.line(), ORDERED);
}

/// Through a plain scope, or a shield, between the two.
#[test]
fn scope_between_the_two_changes_nothing() {
    let (log, queue) = (Log::default(), Queue::default());
    let reaper = queue.reaper();
    {
        let outer = Scope::new(slow(&log, "outer")).on(&reaper);
        let body = async |_: &mut _| {
            Scope::new(slow(&log, "middle")).run(async |_| shield(on(&reaper, &log, "inner")).await).await
        };
        settle(pin!(outer.run(body)));
    }
    queue.run_reversed();
    let all = "outer in, middle in, inner in, middle abandoned, inner told Cancelled, inner out, outer told Cancelled, outer out";
    assert_eq!(log.line(), all);
}

/// A scope that was dropped onto the reaper earlier is waited for, too.
#[test]
fn scope_that_the_body_dropped_earlier_is_finished_first() {
    let (log, queue) = (Log::default(), Queue::default());
    let reaper = queue.reaper();
    {
        let outer = Scope::new(slow(&log, "outer")).on(&reaper);
        let body = async |_: &mut _| {
            select(Box::pin(on(&reaper, &log, "inner")), Box::pin(pend(1))).await;
            pending::<anyhow::Result<()>>().await
        };
        settle(pin!(outer.run(body)));
    }
    queue.run_reversed();
    assert_eq!(log.line(), ORDERED);
}

/// A normal end does not wait for what the body dropped: its caller may run the queue only afterwards.
#[test]
fn normal_end_does_not_wait() {
    let (log, queue) = (Log::default(), Queue::default());
    let reaper = queue.reaper();
    let outer = Scope::new(slow(&log, "outer")).on(&reaper);
    let ended = block_on(outer.run(async |_| {
        select(Box::pin(on(&reaper, &log, "inner")), Box::pin(pend(1))).await;
        anyhow::Ok(())
    }));
    ended.unwrap();
    queue.run();
    assert_eq!(log.line(), "outer in, inner in, outer told Completed, outer out, inner told Cancelled, inner out");
}

/// The outer scope is finished while the inner one is on another reaper, or abandoned.
#[test]
fn another_reaper_is_not_waited_for() {
    let (log, queue, other) = (Log::default(), Queue::default(), Queue::default());
    let (reaper, others) = (queue.reaper(), other.reaper());
    {
        let outer = Scope::new(slow(&log, "outer")).on(&reaper);
        settle(pin!(outer.run(async |_| on(&others, &log, "inner").await)));
    }
    queue.run();
    assert_eq!(log.line(), "outer in, inner in, outer told Cancelled, outer out");
    other.run();
    assert_eq!(log.line(), "inner told Cancelled, inner out");
}

/// A refused task is abandoned at once, and is not waited for.
#[test]
fn refused_inner_scope_is_not_waited_for() {
    let (log, queue) = (Log::default(), Queue::default());
    let refuses = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let (tasks, first) = (queue.clone(), Arc::clone(&refuses));
    let reaper = Reaper::try_new(move |task| {
        if first.swap(false, std::sync::atomic::Ordering::SeqCst) {
            return Err(task);
        }
        tasks.0.lock().unwrap().push(task);
        Ok(())
    });
    {
        let outer = Scope::new(slow(&log, "outer")).on(&reaper);
        settle(pin!(outer.run(async |_| on(&reaper, &log, "inner").await)));
    }
    queue.run();
    assert_eq!(log.line(), "outer in, inner in, inner abandoned, outer told Cancelled, outer out");
    assert_eq!(reaper.pending(), 0);
}

/// A task that its executor drops is not waited for either.
#[test]
fn inner_task_that_is_dropped_is_not_waited_for() {
    let (log, queue) = (Log::default(), Queue::default());
    let reaper = queue.reaper();
    {
        let outer = Scope::new(slow(&log, "outer")).on(&reaper);
        settle(pin!(outer.run(async |_| on(&reaper, &log, "inner").await)));
    }
    let mut tasks = std::mem::take(&mut *queue.0.lock().unwrap());
    let mut outer = tasks.pop().unwrap();
    assert!(poll(outer.as_mut()).is_pending());
    drop(tasks);
    block_on(outer);
    assert_eq!(log.line(), "outer in, inner in, inner abandoned, outer told Cancelled, outer out");
}

/// An owned scope that is dropped with the body counts as one within it.
#[test]
fn owned_scope_of_the_body_is_finished_first() {
    for through in [false, true] {
        let (log, queue) = (Log::default(), Queue::default());
        let reaper = queue.reaper();
        {
            let owns = async || {
                let _inner = Scope::new(slow(&log, "inner")).on(&reaper).open().await?;
                pending::<anyhow::Result<()>>().await
            };
            let outer = Scope::new(slow(&log, "outer")).on(&reaper);
            let body = async |_: &mut _| {
                if through { Scope::new(()).run(async |()| owns().await).await } else { owns().await }
            };
            settle(pin!(outer.run(body)));
        }
        queue.run_reversed();
        assert_eq!(log.line(), ORDERED);
    }
}
