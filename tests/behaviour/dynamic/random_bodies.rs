//! Random bodies that enter, release, take out and move members, dropped and cancelled at every poll.

use proptest::prelude::*;
use std::sync::Mutex;
use withal::testing::{End, Event, Ledger, Script, Step, sweep_drops, sweep_drops_on, sweep_signals};
use withal::{ExitPool, ExitStack, Handle, OpenPool, OpenStack, Outcome, Reaper, Scope, ScopeError, Taken};
use withal_common::{World, quiet};

/// One step of a body.
#[derive(Clone, Copy, Debug)]
enum Op {
    Enter(Script),
    /// Two at once, into the stack.
    EnterBoth(Script, Script),
    /// Into the pool.
    EnterPool(Script),
    /// The oldest handle.
    Release,
    TakeAndExit,
    TakeAndDrop,
    /// From the stack into the pool.
    Move,
    Forgo,
    /// All of the stack, to its end.
    CloseAll,
    /// All of the stack, into the stack.
    Nest,
    Pend,
    Fail,
}

fn step() -> impl Strategy<Value = Step> {
    let end = prop_oneof![8 => Just(End::Ok), 1 => Just(End::Error), 1 => Just(End::Panic)];
    (0..3_usize, end).prop_map(|(pending, end)| Step { pending, end })
}

fn script() -> impl Strategy<Value = Script> {
    (step(), step()).prop_map(|(enter, exit)| Script { enter, exit })
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => script().prop_map(Op::Enter),
        2 => (script(), script()).prop_map(|(a, b)| Op::EnterBoth(a, b)),
        3 => script().prop_map(Op::EnterPool),
        2 => Just(Op::Release),
        1 => Just(Op::TakeAndExit),
        1 => Just(Op::TakeAndDrop),
        2 => Just(Op::Move),
        1 => Just(Op::Forgo),
        1 => Just(Op::CloseAll),
        1 => Just(Op::Nest),
        2 => Just(Op::Pend),
        1 => Just(Op::Fail),
    ]
}

/// Does what the steps say; a failure ends it, as a `?` does.
async fn body(
    ledger: &Ledger,
    ops: &[Op],
    stack: &mut OpenStack<'static>,
    pool: &mut OpenPool<'static>,
) -> Result<(), ScopeError> {
    let mut number = 0;
    let mut member = |script| {
        number += 1;
        ledger.member(number - 1, script)
    };
    let mut rest = ops;
    while !rest.is_empty() {
        // Handles borrow the stack, so that what takes all of it starts over.
        let mut handles = std::collections::VecDeque::new();
        while let Some((op, others)) = rest.split_first() {
            if matches!(op, Op::CloseAll | Op::Nest) {
                break;
            }
            rest = others;
            match *op {
                Op::Enter(script) => handles.push_back(stack.enter(member(script)).await?),
                Op::EnterBoth(a, b) => {
                    let (a, b) = futures::try_join!(stack.enter(member(a)), stack.enter(member(b)))?;
                    handles.extend([a, b]);
                }
                Op::EnterPool(script) => drop(pool.enter(member(script)).await?),
                Op::Pend => ledger.pend(1).await,
                Op::Fail => {
                    stack.enter(member(Script { enter: Step::error(), ..Script::default() })).await?;
                }
                _ => match (handles.pop_front(), op) {
                    (Some(handle), Op::Release) => Handle::exit(handle).await?,
                    (Some(handle), Op::TakeAndExit) => Taken::exit(Handle::take(handle), Outcome::Completed).await?,
                    (Some(handle), Op::TakeAndDrop) => drop(Handle::take(handle)),
                    (Some(handle), Op::Move) => drop(pool.enter(Taken::into_resource(Handle::take(handle))).await?),
                    (handle, _) => drop(handle),
                },
            }
        }
        drop(handles);
        if let Some((op, others)) = rest.split_first() {
            rest = others;
            let all = stack.take_all();
            match op {
                Op::CloseAll => all.close().await?,
                _ => drop(stack.enter(all).await?),
            }
        }
    }
    ledger.record(Event::BodyEnded);
    Ok(())
}

fn scope(_: &Ledger) -> Scope<(ExitStack<'static>, ExitPool<'static>)> {
    Scope::new((ExitStack::new(), ExitPool::new()))
}

/// Whatever happens to it: everybody who is in is let go of once (`exactly-once`), and where exits are awaited,
/// awaited.
fn obeys(ops: &[Op]) {
    quiet();
    let World(ledger) = World::default();
    let drops_by_hand = ops.iter().any(|op| matches!(op, Op::TakeAndDrop));
    futures::executor::block_on(async {
        sweep_drops(&ledger, || scope(&ledger).report(async |(stack, pool)| body(&ledger, ops, stack, pool).await))
            .await;
        // What the body itself drops is abandoned, and what it enters by hand is dropped with it.
        if drops_by_hand || ops.iter().any(|op| matches!(op, Op::TakeAndExit | Op::CloseAll)) {
            return;
        }
        sweep_signals(&ledger, |signal| {
            scope(&ledger).until(signal).report(async |(stack, pool)| body(&ledger, ops, stack, pool).await)
        })
        .await;
        let tasks = std::sync::Arc::new(Mutex::new(Vec::new()));
        let queue = std::sync::Arc::clone(&tasks);
        let reaper = Reaper::new(move |task| {
            queue.lock().unwrap().push(std::thread::spawn(|| futures::executor::block_on(task)));
        });
        sweep_drops_on(&ledger, &reaper, || {
            scope(&ledger).on(&reaper).report(async |(stack, pool)| body(&ledger, ops, stack, pool).await)
        })
        .await;
        for task in tasks.lock().unwrap().drain(..) {
            task.join().unwrap();
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_body_lets_go_of_all_once(ops in prop::collection::vec(op(), 0..14)) {
        obeys(&ops);
    }
}
