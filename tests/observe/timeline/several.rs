//! Several scopes on one timeline.

use crate::table::{Hand, lines};
use crate::world::{ready, slow};
use std::pin::pin;
use withal::{ResourceExt, Scope, Timeline};

#[test]
fn at_once_and_one_after_the_other() {
    let hand = Hand::default();
    let timeline = hand.timeline();
    let scope = |name| Scope::new(slow(name)).observe(&timeline).run(async |_| anyhow::Ok(()));
    let (mut one, mut two) = (pin!(scope("one")), pin!(scope("two")));
    assert!(hand.poll(one.as_mut()).is_pending());
    assert!(hand.poll(two.as_mut()).is_pending());
    hand.run(one).unwrap();
    hand.run(scope("three")).unwrap();
    let expected = [
        "one 0-3 Completed",
        "body 2-2",
        "[] one: enter 0-2, exit 2-3 told Completed",
        "two 1- open",
        "[] two: enter 1-",
        "three 4-6 Completed",
        "body 5-5",
        "[] three: enter 4-5, exit 5-6 told Completed",
    ];
    assert_eq!(lines(&timeline), expected);

    timeline.clear();
    assert_eq!(lines(&timeline), ["two 1- open", "[] two: enter 1-"]);
    hand.run(two).unwrap();
    assert_eq!(lines(&timeline)[0], "two 1-8 Completed");
}

/// The same members in two scopes, one after the other, have their rows in each.
#[test]
fn the_same_members_again() {
    let hand = Hand::default();
    let timeline = hand.timeline();
    let mut members = (ready("a"), slow("b"));
    for _ in 0..2 {
        hand.run(Scope::new(&mut members).observe(&timeline).run(async |_| anyhow::Ok(()))).unwrap();
    }
    assert_eq!(timeline.scopes().len(), 2);
    assert_eq!(timeline.members().len(), 4);
}

/// A scope in the body is watched where it is told to be, and only there.
#[test]
fn in_the_body() {
    let (outer, inner) = (Timeline::new(), Timeline::new());
    crate::world::run(Scope::new(ready("a")).observe(&outer).run(async |_| {
        ready("b").scope(async |_| anyhow::Ok(())).await?;
        Scope::new(ready("c")).observe(&inner).run(async |_| anyhow::Ok(())).await
    }))
    .unwrap();
    let names = |timeline: &Timeline| timeline.members().iter().map(|one| one.name().to_owned()).collect::<Vec<_>>();
    assert_eq!((names(&outer), names(&inner)), (vec!["a".to_owned()], vec!["c".to_owned()]));
}

/// Of two timelines the one that was given last observes.
#[test]
fn the_last_one_observes() {
    let (first, last) = (Timeline::new(), Timeline::new());
    crate::world::run(Scope::new(ready("a")).observe(&first).observe(&last).run(async |_| anyhow::Ok(()))).unwrap();
    assert_eq!((first.scopes().len(), last.scopes().len()), (0, 1));
}
