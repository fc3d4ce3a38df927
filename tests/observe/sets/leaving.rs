//! Members that leave before the others, and members that are late.

use crate::table::{Hand, lines};
use crate::world::{self, member, once, ready, slow, stuck};
use withal::testing::READY;
use withal::{ExitPool, ExitStack, Handle, Outcome, ResourceExt, Scope, Taken};

#[test]
fn released() {
    let hand = Hand::default();
    let timeline = hand.timeline();
    hand.run(Scope::new(ExitStack::new()).observe(&timeline).run(async |stack| {
        let a = stack.enter(slow("a")).await?;
        stack.enter(ready("b")).await?;
        Handle::exit(a).await?;
        let c = stack.enter(stuck("c")).await?;
        Handle::exit(c).await.unwrap_err();
        once().await;
        anyhow::Ok(())
    }))
    .unwrap();
    let expected = [
        "[0] a: enter 0-1, exit 1-2 told Released",
        "[1] b: enter 1-1, exit 3-3 told Completed",
        "[2] c: enter 2-2, exit 2-2 Failed told Released (member 0 fails, as scripted)",
    ];
    assert_eq!(lines(&timeline)[2..], expected);
}

/// Who waits for a release can be gone: it goes on when the set exits.
#[test]
fn released_and_left() {
    let hand = Hand::default();
    let timeline = hand.timeline();
    hand.run(Scope::new(ExitPool::new()).observe(&timeline).run(async |pool| {
        let a = pool.enter(member("a", READY, READY.pending(3))).await?;
        drop(futures::poll!(Box::pin(Handle::exit(a))));
        assert_eq!(timeline.in_flight().len(), 2, "it and the body");
        once().await;
        anyhow::Ok(())
    }))
    .unwrap();
    assert_eq!(lines(&timeline)[2..], ["[0] a: enter 0-0, exit 0-3 told Released"]);
}

#[test]
fn taken_out_and_exited_in_the_body() {
    let hand = Hand::default();
    let timeline = hand.timeline();
    hand.run(Scope::new(ExitStack::new()).observe(&timeline).run(async |stack| {
        let a = Handle::take(stack.enter(slow("a")).await?);
        drop(Handle::take(stack.enter(ready("b")).await?));
        Taken::exit(a, Outcome::Cancelled).await?;
        anyhow::Ok(())
    }))
    .unwrap();
    let expected = ["[0] a: enter 0-1, exit 1-2 told Cancelled", "[1] b: enter 1-1, abandoned at 1"];
    assert_eq!(lines(&timeline)[2..], expected);
}

#[test]
fn late() {
    let hangs = || member("b", READY, READY.pending(9));
    let elapsed = "(its deadline has elapsed)";

    let hand = Hand::default();
    let timeline = hand.timeline();
    hand.run(Scope::new(ExitPool::new().exit_within(once)).observe(&timeline).run(async |pool| {
        pool.enter(ready("a")).await?;
        pool.enter((hangs(), ready("c"))).await?;
        drop(futures::poll!(Box::pin(Handle::exit(pool.enter(hangs()).await?))));
        anyhow::Ok(())
    }))
    .unwrap_err();
    let expected = [
        "[0] a: enter 0-0, exit 0-0 told Completed",
        &format!("[1, 0] b: enter 0-0, exit 0-1 Late told Completed {elapsed}"),
        "[1, 1] c: enter 0-0, exit 0-0 told Completed",
        &format!("[2] b: enter 0-0, exit 0-1 Late told Released {elapsed}"),
    ];
    assert_eq!(lines(&timeline)[2..], expected);

    let hand = Hand::default();
    let timeline = hand.timeline();
    hand.run(Scope::new(ExitStack::new().exit_within(once)).observe(&timeline).run(async |stack| {
        stack.enter(ready("a")).await?;
        stack.enter(hangs()).await?;
        anyhow::Ok(())
    }))
    .unwrap_err();
    let expected = [
        format!("[0] a: enter 0-0, exit {elapsed}, abandoned at 1"),
        format!("[1] b: enter 0-0, exit 0-1 Late told Completed {elapsed}"),
    ];
    assert_eq!(lines(&timeline)[2..], expected);
}

/// What a drop of the scope cuts was not late, however deep it stands; by a deadline, all of it was.
#[test]
fn dropped_or_late_in_a_set_in_a_set() {
    for late in [false, true] {
        let hand = Hand::default();
        let timeline = hand.timeline();
        let hangs = |name| member(name, READY, READY.pending(9));
        let stack = ExitStack::new().exit_within(move || world::pend(if late { 1 } else { 99 }));
        let mut scope = Box::pin(Scope::new(stack).observe(&timeline).run(async |stack| {
            let pool = stack.enter(ExitPool::new()).await?;
            pool.enter(hangs("a")).await?;
            pool.enter((ready("b"), hangs("c")).in_order()).await?;
            anyhow::Ok(())
        }));
        if late {
            hand.run(scope).unwrap_err();
        } else {
            assert!(world::poll(scope.as_mut()).is_pending());
            drop(scope);
        }
        let cut = if late {
            "exit 0-1 Late told Completed (its deadline has elapsed)"
        } else {
            "exit 0-0 Dropped told Completed"
        };
        let left = if late { "exit (its deadline has elapsed), abandoned at 1" } else { "abandoned at 0" };
        let expected = [
            format!("[0, 0] a: enter 0-0, {cut}"),
            format!("[0, 1, 0] b: enter 0-0, {left}"),
            format!("[0, 1, 1] c: enter 0-0, {cut}"),
        ];
        assert_eq!(lines(&timeline)[2..], expected);
    }
}
