//! Law `drop-any-time`: an exit that is cut calls `exit_dropped`, once, after its future is gone, through every
//! adaptor; in a scope, under a deadline, on a reaper, in a set, and by hand.

use super::on_thread::OnThread;
use std::cell::Cell;
use std::future::{pending, ready};
use std::rc::Rc;
use withal::testing::{Event, Ledger, READY, Script, Scripted, Step};
use withal::{
    BoxResource, ExitPool, ExitStack, Handle, Outcome, OutcomeKind, Resource, ResourceExt, Scope, Taken, around, local,
};
use withal_common::{caught, poll, poll_and_drop, reaper, run};

const HANGS: Script = Script { enter: READY, exit: READY.pending(usize::MAX) };

/// Checks that the one exit that was cut was told so.
#[track_caller]
fn check(ledger: &Ledger, how: &str) {
    ledger.check().unwrap();
    let dropped: Vec<_> = ledger.events().into_iter().filter(|event| matches!(event, Event::ExitDropped(_))).collect();
    assert_eq!(dropped, [Event::ExitDropped(0)], "{how}: {:?}", ledger.events());
    assert_eq!(ledger.exit_dropped_calls(), [0], "{how}");
    ledger.clear();
}

/// Cuts the exit of the one member in a resource in every way. What the test runs in most of them is boxed.
fn each_way<R: Resource<Guard: 'static> + 'static>(make: impl Fn(Scripted) -> R) {
    let ledger = Ledger::new();
    in_a_scope(&ledger, make(ledger.member(0, HANGS)));
    late_and_reaped(&ledger, &|| make(ledger.member(0, HANGS)).boxed());
    by_hand(&ledger, make(ledger.member(0, HANGS)));
}

fn in_a_scope<R: Resource>(ledger: &Ledger, resource: R) {
    poll_and_drop(resource.scope(async |_| anyhow::Ok(())));
    check(ledger, "a scope that is dropped");
}

fn late_and_reaped<G: Send + 'static>(ledger: &Ledger, fresh: &dyn Fn() -> BoxResource<'static, G>) {
    let body = async |_: &mut G| anyhow::Ok(());
    let late = run(fresh().exit_within(|| ready(())).scope(body)).unwrap_err().to_string();
    assert!(late.contains("its deadline has elapsed"), "{late}");
    check(ledger, "a deadline");

    let (reaper, tasks) = reaper();
    poll_and_drop(Scope::new(fresh()).on(&reaper).run(body));
    let mut task = tasks.pop().unwrap();
    assert!(poll(task.as_mut()).is_pending());
    assert!(ledger.exit_dropped_calls().is_empty());
    drop(task);
    check(ledger, "a reaper's task that is dropped");
}

fn by_hand<R: Resource>(ledger: &Ledger, mut resource: R) {
    let Ok(guard) = run(resource.enter()) else { panic!("it enters") };
    poll_and_drop(resource.exit(guard, Outcome::Completed));
    resource.exit_dropped();
    check(ledger, "by hand, and told by hand");
}

/// Cuts it in a set, in every way.
fn in_sets<G: Send + 'static>(ledger: &Ledger, fresh: &dyn Fn() -> BoxResource<'static, G>) {
    poll_and_drop(ExitStack::new().scope_local(async |stack| {
        stack.enter(fresh()).await?;
        anyhow::Ok(())
    }));
    check(ledger, "a stack");

    poll_and_drop(ExitPool::new().scope_local(async |pool| {
        Handle::exit(pool.enter(fresh()).await?).await?;
        anyhow::Ok(())
    }));
    check(ledger, "an early exit");

    let late = ExitPool::new().exit_within(|| ready(())).scope_local(async |pool| {
        pool.enter(fresh()).await?;
        anyhow::Ok(())
    });
    run(late).unwrap_err();
    check(ledger, "a pool with a deadline");

    let set = ExitStack::new().open();
    let taken = Handle::take(run(set.enter(fresh())).unwrap());
    poll_and_drop(Taken::exit(taken, Outcome::Completed));
    check(ledger, "what was taken out");

    let taken = Handle::take(run(set.enter(fresh())).unwrap());
    poll_and_drop(Taken::into_resource(taken).scope(async |_| anyhow::Ok(())));
    check(ledger, "what was taken out, as a resource");
}

#[test]
fn exit_dropped_through_every_adaptor() {
    fn both<R: Resource<Guard: 'static> + 'static>(make: impl Fn(Scripted) -> R) {
        each_way(&make);
        let ledger = Ledger::new();
        in_sets(&ledger, &|| make(ledger.member(0, HANGS)).boxed());
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
    both(|member| (member,).in_order());
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
    poll_and_drop(member.scope_local(async |_| anyhow::Ok(())));
    check(&ledger, "local");
    assert_eq!(count.get(), 1);
}

/// An exit that has not begun is abandoned, one that has ended or panicked was not cut: neither is told so.
#[test]
fn exit_dropped_is_for_exits_that_are_cut() {
    let ledger = Ledger::new();
    let panics = Script { enter: READY, exit: Step::panic() };
    let members = (ledger.member(0, Script::default()), ledger.member(1, HANGS), ledger.member(2, panics)).in_order();
    let mut scope = Box::pin(members.scope(async |_| anyhow::Ok(())));
    assert!(ledger.poll(scope.as_mut()).is_pending());
    caught(|| drop(scope)).expect("that of the exit");
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
