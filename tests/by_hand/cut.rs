//! Law `drop-any-time`: an exit that is cut calls `exit_dropped`, once, after its future is gone, through every
//! adaptor; in a scope, under a deadline, on a reaper, in a set, and by hand.

use futures::executor::block_on;
use futures::poll;
use std::cell::Cell;
use std::future::{pending, ready};
use std::pin::pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use withal::testing::{Event, Ledger, READY, Script, Scripted};
use withal::{
    ExitPool, ExitStack, Handle, LocalResource, Outcome, OutcomeKind, Reaper, Resource, ResourceExt, Scope, Taken,
    around, in_order, local,
};

const HANGS: Script = Script { enter: READY, exit: READY.pending(usize::MAX) };

/// A member whose exit hangs, on its thread.
struct OnThread(Scripted, Rc<Cell<u32>>);

impl LocalResource for OnThread {
    type Guard = withal::testing::Token;
    type Error = withal::testing::ScriptedError;

    async fn enter(&mut self) -> Result<Self::Guard, Self::Error> {
        self.0.enter().await
    }

    async fn exit(&mut self, guard: Self::Guard, outcome: Outcome<'_>) -> Result<(), Self::Error> {
        self.0.exit(guard, outcome).await
    }

    fn exit_dropped(&mut self) {
        self.0.exit_dropped();
        self.1.set(self.1.get() + 1);
    }
}

/// Checks that the one exit that was cut was told so.
#[track_caller]
fn check(ledger: &Ledger, how: &str) {
    ledger.check().unwrap();
    let dropped: Vec<_> = ledger.events().into_iter().filter(|event| matches!(event, Event::ExitDropped(_))).collect();
    assert_eq!(dropped, [Event::ExitDropped(0)], "{how}: {:?}", ledger.events());
    assert_eq!(ledger.exit_dropped_calls(), [0], "{how}");
    ledger.clear();
}

/// Cuts the exit of the one member in a resource in every way.
fn each_way<R: Resource + 'static>(make: impl Fn(Scripted) -> R) {
    let ledger = Ledger::new();
    let fresh = || make(ledger.member(0, HANGS));
    let body = async |_: &mut R::Guard| anyhow::Ok(());
    block_on(async {
        {
            let mut scope = pin!(fresh().scope(body));
            assert!(poll!(scope.as_mut()).is_pending());
        }
        check(&ledger, "a scope that is dropped");

        let late = fresh().exit_within(|| ready(())).scope(body).await.unwrap_err().to_string();
        assert!(late.contains("its deadline has elapsed"), "{late}");
        check(&ledger, "a deadline");

        let tasks = Arc::new(Mutex::new(Vec::new()));
        let queue = Arc::clone(&tasks);
        let reaper = Reaper::new(move |task| queue.lock().unwrap().push(task));
        {
            let mut scope = pin!(Scope::new(fresh()).on(&reaper).run(body));
            assert!(poll!(scope.as_mut()).is_pending());
        }
        let mut task = tasks.lock().unwrap().pop().unwrap();
        assert!(poll!(task.as_mut()).is_pending());
        assert!(ledger.exit_dropped_calls().is_empty());
        drop(task);
        check(&ledger, "a reaper's task that is dropped");

        let mut by_hand = fresh();
        let Ok(guard) = by_hand.enter().await else { panic!("it enters") };
        {
            let mut exit = pin!(by_hand.exit(guard, Outcome::Completed));
            assert!(poll!(exit.as_mut()).is_pending());
        }
        by_hand.exit_dropped();
        check(&ledger, "by hand, and told by hand");
    });
}

/// Cuts it in a set, in every way.
fn in_sets<R: Resource + 'static>(make: impl Fn(Scripted) -> R) {
    let ledger = Ledger::new();
    let fresh = || make(ledger.member(0, HANGS));
    block_on(async {
        {
            let mut scope = pin!(ExitStack::new().scope_local(async |stack| {
                stack.enter(fresh()).await?;
                anyhow::Ok(())
            }));
            assert!(poll!(scope.as_mut()).is_pending());
        }
        check(&ledger, "a stack");
        {
            let mut scope = pin!(ExitPool::new().scope_local(async |pool| {
                Handle::exit(pool.enter(fresh()).await?).await?;
                anyhow::Ok(())
            }));
            assert!(poll!(scope.as_mut()).is_pending());
        }
        check(&ledger, "an early exit");
        let late = ExitPool::new().exit_within(|| ready(())).scope_local(async |pool| {
            pool.enter(fresh()).await?;
            anyhow::Ok(())
        });
        late.await.unwrap_err();
        check(&ledger, "a pool with a deadline");
        let set = ExitStack::new().open();
        let taken = Handle::take(set.enter(fresh()).await.unwrap());
        {
            let mut exit = pin!(Taken::exit(taken, Outcome::Completed));
            assert!(poll!(exit.as_mut()).is_pending());
        }
        check(&ledger, "what was taken out");
        let taken = Handle::take(set.enter(fresh()).await.unwrap());
        {
            let mut scope = pin!(Taken::into_resource(taken).scope(async |_| anyhow::Ok(())));
            assert!(poll!(scope.as_mut()).is_pending());
        }
        check(&ledger, "what was taken out, as a resource");
    });
}

#[test]
fn exit_dropped_through_every_adaptor() {
    fn both<R: Resource + 'static>(make: impl Fn(Scripted) -> R) {
        each_way(&make);
        in_sets(make);
    }
    both(|member| member);
    both(Box::new);
    both(Some);
    both(|member| &mut *Box::leak(Box::new(member)));
    both(|member| member.named("named"));
    both(|member| member.map_err(|error| error));
    both(Scripted::boxed);
    both(|member| member.enter_within(pending::<()>));
    both(|member| member.exit_within(pending::<()>));
    both(|member| (member, ()));
    both(|member| [member]);
    both(|member| vec![member]);
    both(|member| vec![member].fail_fast());
    both(|member| [member].limit(1));
    both(|member| in_order((member,)));
    both(|member| member.then(|_| ()));
    both(|member| {
        let mut member = Some(member);
        ().then(move |()| member.take().unwrap())
    });
    both(|member| Some(Box::new((member.named("a"), ()).map_err(|error| error))).boxed().named("b"));
    both(|member| {
        let mut vec = vec![member];
        vec.reserve(50);
        vec
    });
    each_way(|member| around(async |lend| lend.through(member).await.map(drop)));
    let watching = Ledger::new();
    let watch = watching.clone();
    each_way(move |member| watch.watch(5, member));
    assert_eq!(watching.exit_dropped_calls(), [5; 4]);
}

/// What stays on its thread is told there.
#[test]
fn exit_dropped_of_a_local_member() {
    let (ledger, count) = (Ledger::new(), Rc::new(Cell::new(0)));
    let member = local(OnThread(ledger.member(0, HANGS), Rc::clone(&count)));
    block_on(async {
        let mut scope = pin!(member.scope_local(async |_| anyhow::Ok(())));
        assert!(poll!(scope.as_mut()).is_pending());
    });
    check(&ledger, "local");
    assert_eq!(count.get(), 1);
}

/// An exit that has not begun is abandoned, one that has ended or panicked was not cut: neither is told so.
#[test]
fn exit_dropped_is_for_exits_that_are_cut() {
    let ledger = Ledger::new();
    let panics = Script { enter: READY, exit: withal::testing::Step::panic() };
    let members = in_order((ledger.member(0, READY_SCRIPT), ledger.member(1, HANGS), ledger.member(2, panics)));
    let mut scope = Box::pin(members.scope(async |_| anyhow::Ok(())));
    assert!(ledger.poll(scope.as_mut()).is_pending());
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(scope))).unwrap_err(); // that of the exit
    ledger.check().unwrap();
    assert_eq!(ledger.exit_dropped_calls(), [1]);
    let told = OutcomeKind::Completed;
    assert_eq!(
        ledger.events()[6..],
        [
            Event::ExitStarted(2, told),
            Event::ExitPanicked(2),
            Event::ExitStarted(1, told),
            Event::ExitDropped(1),
            Event::Abandoned(0)
        ]
    );
}

const READY_SCRIPT: Script = Script { enter: READY, exit: READY };
