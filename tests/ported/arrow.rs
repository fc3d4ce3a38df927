//! The tests of `resourceScope`, `Resource`, `bracketCase`, `guaranteeCase`, `parZip` and `parMap` in Arrow's
//! fx-coroutines: the behaviour, not the text.
//!
//! `install` is a member, or an `enter` on a stack; `onRelease` is `defer`; `parZip` is a tuple, or enters on a pool
//! that are joined; `raise` and a thrown error are an `Err`; a `CancellationException` is a scope `until` a signal, or
//! one that is dropped on a reaper. A fatal error is a panic.

use crate::{OK, enters, finish, reaper, tick, told};
use futures::StreamExt;
use futures::executor::block_on;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use std::future::pending;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use withal::OutcomeKind::{Cancelled, Completed, Failed};
use withal::testing::{Event::*, Ledger, READY};
use withal::{
    BoxError, ExitPool, ExitStack, Outcome, OutcomeKind, Resource, ResourceExt, Scope, ScopeError, ScopeErrorKind,
    adopt, around, defer, in_order,
};

/// What exits were told, with the text of the body's error.
type Outcomes = Mutex<Vec<(OutcomeKind, Option<String>)>>;

fn records(outcomes: &Outcomes) -> impl Resource<Guard = ()> {
    defer(async |outcome| {
        let cause = match outcome {
            Outcome::Failed(cause) => cause.body::<BoxError>().map(ToString::to_string),
            _ => None,
        };
        outcomes.lock().unwrap().push((outcome.kind(), cause));
        Ok(())
    })
}

/// `addsSuppressedErrors`: behind the error of the use, those of the releases, in the order of release.
#[test]
fn errors_of_releases_stand_behind_that_of_the_use() {
    let outcomes = Outcomes::default();
    let used = block_on(ExitStack::new().scope(async |stack| {
        let up = stack.adopt(true, async |_, _| Err("the first one is stuck".into()));
        stack.enter(records(&outcomes)).await?;
        stack.defer(async |_| Err("the second one is stuck".into()));
        assert!(*up);
        Err::<(), BoxError>("no use".into())
    }));
    let wanted = "no use; could not exit [2] Defer: the second one is stuck; \
                  could not exit [0] Adopt: the first one is stuck";
    assert_eq!(used.unwrap_err().to_string(), wanted);
    assert_eq!(outcomes.into_inner().unwrap(), [(Failed, Some("no use".to_owned()))]);
}

/// Allocates one that records its outcome, and above it two whose releases fail.
async fn allocate(outcomes: &Outcomes) -> Result<ExitStack<'_>, ScopeError> {
    let stack = ExitStack::new().scope(async |stack| {
        stack.enter(records(outcomes)).await?;
        stack.defer(async |_| Err("the first one is stuck".into()));
        stack.defer(async |_| Err("the second one is stuck".into()));
        Ok::<_, ScopeError>(stack.take_all())
    });
    stack.await
}

/// `allocateCancellationException`
#[test]
fn what_is_allocated_adds_its_errors_to_a_cancellation() {
    let outcomes = Outcomes::default();
    let error = block_on(async { allocate(&outcomes).await?.close_with(Outcome::Cancelled).await }).unwrap_err();
    assert_eq!((error.kind(), error.failures().len()), (ScopeErrorKind::Exit, 2));
    let error = block_on(async {
        let stack = allocate(&outcomes).await?;
        Scope::new(stack).until(Ledger::new().pend(1)).run(async |_| std::future::pending().await).await
    });
    let error: ScopeError = error.map(|()| unreachable!("the use never ends")).unwrap_err();
    assert_eq!((error.kind(), error.failures().len()), (ScopeErrorKind::Cancelled, 2));
    assert_eq!(outcomes.into_inner().unwrap(), [(Cancelled, None), (Cancelled, None)]);
}

/// `cancelOnBracketCaseDoesNotInvokeAfterFinishing`: who is cancelled later has nothing left to release.
#[test]
fn a_cancellation_after_the_scope_releases_nothing() {
    let (ledger, (reaper, tasks)) = (Ledger::new(), reaper());
    let mut fiber = Box::pin(async {
        Scope::new(ledger.member(0, OK)).on(&reaper).run(async |_| Ok::<_, ScopeError>(())).await.unwrap();
        pending::<()>().await;
    });
    tick(&ledger, fiber.as_mut());
    let before = ledger.events();
    drop(fiber);
    assert_eq!((told(&ledger), ledger.events()), (vec![(0, Completed)], before));
    assert!(tasks.try_recv().is_err());
}

/// `allowsInstallingInsideInstall`: one is acquired while another is, and so is released after it.
#[test]
fn what_is_acquired_while_another_is_is_released_after_it() {
    let closed = Mutex::new(Vec::new());
    let close = |id: usize| {
        closed.lock().unwrap().push(id);
        Ok(())
    };
    let innermost = around(async |lend| {
        lend.lend(1).await;
        close(1)
    });
    let middle = around(async |lend| {
        let kind = lend.through(innermost.then(|one| adopt(*one + 1, async |two, _| close(two)))).await?;
        assert_eq!(kind, Completed);
        Ok(())
    });
    let outermost = middle.then(|(_, two)| adopt(*two + 1, async |three, _| close(three)));
    let three = block_on(outermost.scope(async |(_, three)| Ok::<_, ScopeError>(*three)));
    assert_eq!((three.unwrap(), closed.into_inner().unwrap()), (3, vec![3, 2, 1]));
}

/// `parZipSuccess`
#[test]
fn branches_acquire_at_once_in_one_scope() {
    let ledger = Ledger::new();
    let slow = enters(READY.pending(1));
    let list = |from: usize| in_order((from..from + 10).map(|id| ledger.member(id, slow)).collect::<Vec<_>>());
    let (left, right) = (list(0), list(10));
    let mut scope = pin!(ExitPool::new().scope(async |pool| {
        let (left, right) = futures::try_join!(pool.enter(left), pool.enter(right))?;
        Ok::<_, ScopeError>(left.iter().chain(&*right).map(|token| token.0).sum::<usize>())
    }));
    assert_eq!(tick(&ledger, scope.as_mut()), [EnterStarted(0), EnterStarted(10)]);
    assert_eq!(tick(&ledger, scope.as_mut()), [Entered(0), EnterStarted(1), Entered(10), EnterStarted(11)]);
    assert_eq!(finish(&ledger, scope).unwrap(), (0..20).sum());
    ledger.check().unwrap();
}

// `ManagedCoroutineScope` and `ManagedSupervisorScope`: on success the release waits for the tasks; else it drops them.

type Tasks = FuturesUnordered<BoxFuture<'static, ()>>;

fn tasks() -> impl Resource<Guard = Tasks> {
    adopt(Tasks::new(), async |mut tasks, outcome| {
        if let Outcome::Completed = outcome {
            while tasks.next().await.is_some() {}
        }
        Ok(())
    })
}

/// A task that says when it starts and when it ends, or is dropped.
struct Says(Arc<Mutex<Vec<&'static str>>>, &'static str);

impl Says {
    fn say(&self, what: &'static str) {
        self.0.lock().unwrap().push(what);
    }

    async fn run(mut self, pending: usize) {
        self.say("task starts");
        Ledger::new().pend(pending).await;
        self.1 = "task ends";
    }
}

impl Drop for Says {
    fn drop(&mut self) {
        self.say(self.1);
    }
}

async fn with_tasks(said: &Arc<Mutex<Vec<&'static str>>>, use_it: Result<(), BoxError>) -> Result<(), BoxError> {
    let says = Says(Arc::clone(said), "task is dropped");
    let stack = ExitStack::new().scope(async |stack| {
        says.say("hello");
        stack.defer(async |_| {
            said.lock().unwrap().push("goodbye");
            Ok(())
        });
        let mut tasks = stack.enter(tasks()).await?;
        tasks.push(Box::pin(says.run(3)));
        assert!(futures::poll!(tasks.next()).is_pending());
        said.lock().unwrap().push("finished");
        use_it
    });
    stack.await
}

#[test]
fn tasks_are_waited_for_before_what_they_stand_on_is_released() {
    let said = Arc::default();
    block_on(with_tasks(&said, Ok(()))).unwrap();
    assert_eq!(*said.lock().unwrap(), ["hello", "task starts", "finished", "task ends", "goodbye"]);
}

#[test]
fn tasks_are_dropped_when_the_use_fails() {
    let said = Arc::default();
    assert_eq!(block_on(with_tasks(&said, Err("no use".into()))).unwrap_err().to_string(), "no use");
    assert_eq!(*said.lock().unwrap(), ["hello", "task starts", "finished", "task is dropped", "goodbye"]);
}

// What does not carry over, and why:
// - A fatal error that skips the releases: a panic is caught, all are released, and it resumes.
// - `CancellationException`: a cancellation is no error here. It comes from a signal, or a drop, and has no message
//   that exits could be told. One that a release causes changes nothing; there, it becomes the error of the scope.
//   And a `raise` that leaves the scope is told as `Failed`; there, it is a cancellation.
// - A release that is called twice: `close` and `exit` take what they release, so a second call does not compile.
// - `release(ExitCase(e))` by hand: nobody can make an `Outcome::Failed` of an error of his own. A scope over what
//   was allocated tells it.
// - `install` within an `install` of the same scope: a stack is lent to the body, and what is entered on it cannot
//   borrow it. One that is acquired while another one is belongs into that one, by `around` and `then`.
// - `asFlow`: a stream cannot await when it is dropped, so a scope inside of one would be abandoned.
// - `closeable`, `autoCloseable` on a dispatcher of their own: a `Drop`, or an exit that awaits what it spawns.
// - `parMapNotNull`: no adaptor changes the guards. Leave a member out before, as an `Option`.
