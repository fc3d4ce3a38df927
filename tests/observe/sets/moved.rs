//! Members that are moved are watched where they go (law `moved`).

use crate::table::{Hand, lines};
use crate::world::{ready, slow};
use std::pin::pin;
use withal::{ExitPool, ExitStack, Handle, Outcome, ResourceExt, Scope, Taken};

/// Gives a stack with two members that entered in a scope that is over.
fn filled(hand: &Hand, timeline: &withal::Timeline) -> ExitStack<'static> {
    hand.run(Scope::new(ExitStack::new().named("first")).observe(timeline).run(async |stack| {
        stack.enter(slow("a")).await?;
        stack.enter((ready("b"), ready("c"))).await?;
        anyhow::Ok(stack.take_all())
    }))
    .unwrap()
}

const ENTERED: [&str; 3] = ["[0] first/a: enter 0-1", "[1, 0] first/b: enter 1-1", "[1, 1] first/c: enter 1-1"];

#[test]
fn into_a_scope_that_is_observed() {
    let hand = Hand::default();
    let timeline = hand.timeline();
    let members = (ready("z"), filled(&hand, &timeline).named("second"));
    hand.run(Scope::new(members).observe(&timeline).run(async |(_, stack)| {
        stack.enter(ready("d")).await?;
        anyhow::Ok(())
    }))
    .unwrap();
    let lines = lines(&timeline);
    assert_eq!(lines[..5], [&["first 0-1 Completed", "body 0-1"], &ENTERED[..]].concat());
    let expected = [
        "tuple 2-3 Completed",
        "body 2-2",
        "[0] z: enter 2-2, exit 2-2 told Completed",
        "[1, 0] second/a:, exit 2-3 told Completed",
        "[1, 1, 0] second/b:, exit 2-2 told Completed",
        "[1, 1, 1] second/c:, exit 2-2 told Completed",
        "[1, 2] second/d: enter 2-2, exit 2-2 told Completed",
    ];
    assert_eq!(lines[5..], expected);
}

#[test]
fn into_a_scope_that_is_not() {
    let hand = Hand::default();
    let timeline = hand.timeline();
    let stack = filled(&hand, &timeline);
    hand.run(stack.scope(async |_| anyhow::Ok(()))).unwrap();
    assert_eq!(lines(&timeline)[2..], ENTERED);
}

/// What is exited by hand when its scope is over is nobody's.
#[test]
fn out_of_all_scopes() {
    let hand = Hand::default();
    let timeline = hand.timeline();
    hand.run(filled(&hand, &timeline).close()).unwrap();
    assert_eq!(lines(&timeline)[2..], ENTERED);
}

/// In the body it still is the scope's.
#[test]
fn closed_in_the_body() {
    let hand = Hand::default();
    let timeline = hand.timeline();
    hand.run(Scope::new(ExitPool::new()).observe(&timeline).run(async |pool| {
        pool.enter(slow("a")).await?;
        let mut moved = pool.take_all().open();
        pool.enter(ready("b")).await?;
        moved.enter(ready("c")).await?;
        moved.take_all().close_with(Outcome::Cancelled).await?;
        anyhow::Ok(())
    }))
    .unwrap();
    // Those that enter after the others were moved out go on with the numbers.
    let mut lines = lines(&timeline).split_off(2);
    lines.sort();
    let expected = [
        "[0] a: enter 0-1, exit 1-2 told Cancelled",
        "[1] b: enter 1-1, exit 2-2 told Completed",
        "[1] c: enter 1-1, exit 1-1 told Cancelled",
    ];
    assert_eq!(lines, expected);
}

/// One that is taken out and entered elsewhere has its exit there, and not in its old row, too.
#[test]
fn one_alone() {
    let hand = Hand::default();
    let timeline = hand.timeline();
    let members = (ExitStack::new(), ExitPool::new());
    hand.run(Scope::new(members).observe(&timeline).run(async |(stack, pool)| {
        let taken = Handle::take(stack.enter(ready("a")).await?);
        pool.enter(Taken::into_resource(taken)).await?;
        anyhow::Ok(())
    }))
    .unwrap();
    let expected = ["[0, 0] a: enter 0-0", "[1, 0] a: enter 0-0, exit 0-0 told Completed"];
    assert_eq!(lines(&timeline)[2..], expected);
}

/// An exit that was begun is its old scope's to the end.
#[test]
fn on_its_way_out() {
    let hand = Hand::default();
    let timeline = hand.timeline();
    let stack = hand
        .run(Scope::new(ExitStack::new()).observe(&timeline).run(async |stack| {
            let a = stack.enter(slow("a")).await?;
            drop(futures::poll!(Box::pin(Handle::exit(a))));
            anyhow::Ok(stack.take_all())
        }))
        .unwrap();
    assert_eq!(timeline.in_flight().len(), 1);
    let mut scope = pin!(Scope::new(stack).observe(&timeline).run(async |_| anyhow::Ok(())));
    while hand.poll(scope.as_mut()).is_pending() {}
    assert!(timeline.in_flight().is_empty());
    assert_eq!(lines(&timeline)[2], "[0] a: enter 0-1, exit 1-2 told Released");
}
