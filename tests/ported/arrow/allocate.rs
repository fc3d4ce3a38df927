//! `allocate`: the value, and the release that the caller has to run. And `ManagedCoroutineScope`: tasks as a resource.

use super::{Heard, hears};
use futures::StreamExt;
use futures::executor::block_on;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use std::sync::{Arc, Mutex};
use withal::OutcomeKind::{Cancelled, Completed, Failed};
use withal::testing::Ledger;
use withal::{
    BoxError, ExitStack, Handle, Outcome, Resource, ResourceExt, Scope, ScopeError, ScopeErrorKind, Taken, adopt,
    resource,
};

/// Two releases, each of which fails; what is allocated is the one who hears, with the two above it.
async fn allocate(heard: &Heard) -> Result<ExitStack<'_>, ScopeError> {
    let stack = ExitStack::new().scope(async |stack| {
        stack.enter(hears(heard)).await?;
        stack.defer(async |_| Err("the first one is stuck".into()));
        stack.defer(async |_| Err("the second one is stuck".into()));
        Ok::<_, ScopeError>(stack.take_all())
    });
    stack.await
}

/// `allocateWorks`
#[test]
fn what_is_allocated_is_released_by_hand() {
    let heard = Heard::default();
    let seed = resource(
        async || Ok(42),
        async |seed, outcome| {
            assert_eq!(seed, 43, "the guard as the use left it");
            heard.lock().unwrap().push(super::heard(outcome));
            Ok(())
        },
    );
    block_on(async {
        let open = ExitStack::new().scope(async |stack| anyhow::Ok(Handle::take(stack.enter(seed).await?)));
        let mut seed = open.await.unwrap();
        assert_eq!((*seed, heard.lock().unwrap().len()), (42, 0));
        *seed += 1;
        Taken::exit(seed, Outcome::Completed).await.unwrap();
    });
    assert_eq!(heard.into_inner().unwrap(), [(Completed, None)]);
}

/// `allocatedSuppressedExceptions`: behind the error of the use, those of the releases, in the order of release.
#[test]
fn what_is_allocated_adds_its_errors_to_that_of_the_use() {
    let heard = Heard::default();
    let used = block_on(async { allocate(&heard).await?.scope(async |_| Err::<(), BoxError>("no use".into())).await });
    let wanted = "no use; could not exit [2] Defer: the second one is stuck; \
                  could not exit [1] Defer: the first one is stuck";
    assert_eq!(used.unwrap_err().to_string(), wanted);
    assert_eq!(heard.into_inner().unwrap(), [(Failed, Some("no use".to_owned()))]);
}

/// `allocateCancellationException`
#[test]
fn what_is_allocated_adds_its_errors_to_a_cancellation() {
    let heard = Heard::default();
    let error = block_on(async { allocate(&heard).await?.close_with(Outcome::Cancelled).await }).unwrap_err();
    assert_eq!((error.kind(), error.failures().len()), (ScopeErrorKind::Exit, 2));
    let error = block_on(async {
        let stack = allocate(&heard).await?;
        Scope::new(stack).until(Ledger::new().pend(1)).run(async |_| std::future::pending().await).await
    });
    let error: ScopeError = error.map(|()| unreachable!("the use never ends")).unwrap_err();
    assert_eq!((error.kind(), error.failures().len()), (ScopeErrorKind::Cancelled, 2));
    assert_eq!(heard.into_inner().unwrap(), [(Cancelled, None), (Cancelled, None)]);
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
