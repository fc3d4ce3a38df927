//! Members that work, and die while they are up.

use crate::events::Events;
#[cfg(feature = "tracing")]
use crate::layer::Log;
use crate::world::{pend, quiet, ready, run};
use std::pin::pin;
use withal::{BoxError, ExitStack, Handle, Resource, ResourceExt, Scope, Taken, background};

/// A member that dies after it was polled so often, and else works until it has to stop.
fn mortal(name: &'static str, polls: Option<usize>) -> impl Resource<Guard = (), Error = BoxError> + 'static {
    background(async move |startup| {
        let stop = startup.ready(());
        if let Some(polls) = polls {
            pend(polls).await;
            return Err("the lease was lost".into());
        }
        stop.await;
        Ok(())
    })
    .named(name)
}

/// A member that dies at this time.
#[cfg(feature = "timeline")]
fn mortal_at(hand: &crate::table::Hand, at: u64) -> impl Resource<Guard = (), Error = BoxError> + 'static {
    let hand = hand.clone();
    background(async move |startup| {
        let _stop = startup.ready(());
        while hand.now() < at {
            pend(1).await;
        }
        Err("the lease was lost".into())
    })
    .named("lease")
}

async fn waits<G>(_: &mut G) -> anyhow::Result<()> {
    std::future::pending().await
}

/// The events of one member, and of the body.
fn events_of<R: Resource>(member: &str, members: R) -> Vec<String> {
    let events = Events::default();
    drop(run(Scope::new(members).observe(&events).report(async |guard| waits(guard).await)));
    #[cfg(feature = "timeline")]
    events.check();
    let is_its = |line: &String| line.contains(&format!(" {member} ")) || line.contains(" Body");
    events.lines().into_iter().filter(is_its).collect()
}

#[test]
fn that_dies_while_the_body_runs() {
    let expected = [
        "[1] lease EnterBegan",
        "[1] lease EnterEnded(Done)",
        "[1] lease UpBegan",
        "tuple BodyBegan",
        "[1] lease UpEnded(Failed)",
        "tuple BodyEnded(Dropped)",
        "[1] lease Failed(Up, \"the lease was lost\")",
        "[1] lease ExitBegan(MemberFailed)",
        "[1] lease ExitEnded(Done)",
    ];
    assert_eq!(events_of("lease", (ready("a"), mortal("lease", Some(3)))), expected);
}

#[test]
fn that_panics() {
    quiet();
    let lease = background(async |startup| {
        let _stop = startup.ready(());
        pend(3).await;
        panic!("as scripted")
    });
    let lines = events_of("lease", (ready("a"), lease.named("lease")));
    assert_eq!(lines[4], "[1] lease UpEnded(Panicked)");
    assert_eq!(lines[6], "[1] lease Failed(Up, \"panicked: as scripted\")");
}

/// It is known at once, while the others settle.
#[test]
fn that_dies_while_others_enter() {
    let events = Events::default();
    let slow = crate::world::member("slow", withal::testing::READY.pending(3), withal::testing::READY);
    run(Scope::new((mortal("lease", Some(1)), slow)).observe(&events).run(async |_| waits(&mut ()).await)).unwrap_err();
    let expected = [
        "tuple ScopeBegan",
        "[0] lease EnterBegan",
        "[0] lease EnterEnded(Done)",
        "[0] lease UpBegan",
        "[1] slow EnterBegan",
        "[0] lease UpEnded(Failed)",
        "[1] slow EnterEnded(Done)",
        "[1] slow UpBegan",
        "[0] lease Failed(Enter, \"the lease was lost\")",
        "[1] slow UpEnded(Done)",
        "[1] slow ExitBegan(EnterFailed)",
        "[1] slow ExitEnded(Done)",
        "[0] lease ExitBegan(EnterFailed)",
        "[0] lease ExitEnded(Done)",
        "tuple ScopeEnded(EnterFailed)",
    ];
    let mut lines = events.lines();
    lines[9..14].sort_by_key(|line| line.starts_with("[0]"));
    assert_eq!(lines, expected);
}

/// An end while the exit is in flight is that of the exit, and a quiet end is none at all.
#[test]
fn that_ends_otherwise() {
    let events = Events::default();
    let fails_to_stop = background(async |startup| {
        startup.ready(()).await;
        Err("no luck".into())
    });
    let ends = background(async |startup| {
        let _stop = startup.ready(());
        pend(1).await;
        Ok(())
    });
    let members = (fails_to_stop.named("fails"), ends.named("ends"));
    run(Scope::new(members).observe(&events).run(async |_| {
        pend(3).await;
        anyhow::Ok(())
    }))
    .unwrap_err();
    let of = |name: &str| {
        let lines = events.lines().into_iter().filter(|line| line.contains(&format!(" {name} ")));
        lines.skip(3).map(|line| line[4 + name.len() + 1..].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        of("fails"),
        ["UpEnded(Done)", "ExitBegan(Completed)", "ExitEnded(Failed)", "Failed(Exit, \"no luck\")"]
    );
    assert_eq!(of("ends"), ["UpEnded(Done)", "ExitBegan(Completed)", "ExitEnded(Done)"]);
}

/// A watch of a group is at the place of the group, which has no other events.
#[test]
fn that_is_a_watched_group() {
    let watched = (ready("a"), ready("b")).watch(|_| async {
        pend(3).await;
        "hung up"
    });
    let lines = events_of("line", (ready("db"), watched.named("line")));
    let expected =
        ["tuple BodyBegan", "[1] line UpEnded(Failed)", "tuple BodyEnded(Dropped)", "[1] line Failed(Up, \"hung up\")"];
    assert_eq!(lines, expected);
}

/// The path is known once the member is in. A stack that was filled before has its members from the start.
#[test]
fn of_sets() {
    let events = Events::default();
    let scope = Scope::new((ready("a"), ExitStack::new())).observe(&events).run(async |(_, stack)| {
        stack.enter(mortal("lease", Some(3))).await?;
        waits(&mut ()).await
    });
    run(scope).unwrap_err();
    let lines: Vec<_> = events.lines().into_iter().filter(|line| line.contains("lease")).collect();
    let expected = [
        "[1] lease EnterBegan",
        "[1] lease EnterEnded(Done)",
        "[1] lease UpBegan",
        "[1, 0] lease PathChanged",
        "[1, 0] lease UpEnded(Failed)",
        "[1, 0] lease Failed(Up, \"the lease was lost\")",
        "[1, 0] lease ExitBegan(MemberFailed)",
        "[1, 0] lease ExitEnded(Done)",
    ];
    assert_eq!(lines, expected);

    let (before, events) = (Events::default(), Events::default());
    let filled = run(Scope::new(ExitStack::new()).observe(&before).run(async |stack| {
        stack.enter(mortal("lease", Some(6))).await?;
        anyhow::Ok(stack.take_all())
    }))
    .unwrap();
    let seen = before.lines();
    run(Scope::new((ready("a"), filled)).observe(&events).run(async |_| waits(&mut ()).await)).unwrap_err();
    let lines: Vec<_> = events.lines().into_iter().filter(|line| line.contains("lease")).collect();
    assert_eq!(lines, expected[4..]);
    assert_eq!(before.lines(), seen, "the scope that it left");
}

/// A member that was taken out is observed where it went.
#[test]
fn that_was_taken_out() {
    let (before, events) = (Events::default(), Events::default());
    let scope = Scope::new(ExitStack::new()).observe(&before).run(async |stack| {
        let lease = stack.enter(mortal("lease", Some(6))).await?;
        let taken = Taken::into_resource(Handle::take(lease));
        run(Scope::new((ready("a"), taken)).observe(&events).run(async |_| waits(&mut ()).await)).unwrap_err();
        anyhow::Ok(())
    });
    run(scope).unwrap();
    let of_lease =
        |events: &Events| events.lines().into_iter().filter(|line| line.contains("lease")).collect::<Vec<_>>();
    let expected = [
        "[1] lease EnterBegan",
        "[1] lease EnterEnded(Done)",
        "[1] lease UpBegan",
        "[1] lease UpEnded(Failed)",
        "[1] lease Failed(Up, \"the lease was lost\")",
        "[1] lease ExitBegan(MemberFailed)",
        "[1] lease ExitEnded(Done)",
    ];
    assert_eq!(of_lease(&events), expected);
    assert_eq!(of_lease(&before).len(), 4, "the scope that it left: {:#?}", of_lease(&before));
}

#[cfg(feature = "timeline")]
#[test]
fn on_a_timeline() {
    use crate::table::Hand;
    use withal::Phase;

    let hand = Hand::default();
    let timeline = hand.timeline();
    let scope = Scope::new((crate::world::slow("db"), mortal_at(&hand, 6))).observe(&timeline);
    hand.run(scope.run(async |_| waits(&mut ()).await)).unwrap_err();
    let lease = &timeline.members()[1];
    assert_eq!(lease.died().map(|at| at.as_millis()), Some(6));
    assert_eq!((lease.error(Phase::Up), lease.error(Phase::Exit)), (Some("the lease was lost"), None));
    assert_eq!(lease.told(), Some(withal::OutcomeKind::MemberFailed));
    assert_eq!(timeline.members()[0].died(), None);
    let text = timeline.to_string();
    assert!(text.starts_with("tuple: a member failed, 7 ms in all, 1 failure\n"), "{text}");
    assert!(text.contains("\n- [1] lease failed: the lease was lost\n"), "{text}");
    let row = text.lines().find(|line| line.starts_with("[1] lease")).unwrap();
    assert!(row.trim_end_matches('<').ends_with("==F"), "{text}");
    let svg = timeline.to_svg();
    assert!(svg.contains("class=\"up bad\""), "{svg}");
    assert!(svg.contains("[1] lease\nup: 6ms, failed\nfrom 0ns to 6ms\nthe lease was lost"), "{svg}");
    let trace = timeline.to_chrome_trace();
    assert!(trace.contains("\"args\":{\"end\":\"failed\",\"error\":\"the lease was lost\"}"), "{trace}");
    assert!(trace.contains("\"outcome\":\"a member failed\""), "{trace}");
}

/// It died at once, and the others have settled later. One failure is one sentence.
#[cfg(feature = "timeline")]
#[test]
fn on_a_timeline_while_others_enter() {
    use crate::table::Hand;
    use withal::Phase;

    let hand = Hand::default();
    let timeline = hand.timeline();
    let db = crate::world::member("db", withal::testing::READY.pending(5), withal::testing::READY);
    let mut scope = pin!(Scope::new((db, mortal_at(&hand, 1))).observe(&timeline).run(async |_| waits(&mut ()).await));
    for _ in 0..4 {
        assert!(hand.poll(scope.as_mut()).is_pending());
    }
    let text = timeline.to_string();
    assert!(text.contains("\n- [1] lease failed: failed\n"), "its words are not known yet: {text}");
    hand.run(scope).unwrap_err();
    let lease = &timeline.members()[1];
    assert_eq!(lease.died().map(|at| at.as_millis()), Some(1));
    assert_eq!((lease.error(Phase::Enter), lease.error(Phase::Up)), (Some("the lease was lost"), None));
    let text = timeline.to_string();
    assert!(text.contains("1 failure\n"), "{text}");
    assert!(text.contains("\n- could not enter [1] lease: the lease was lost\n"), "{text}");
}

#[cfg(feature = "tracing")]
#[test]
fn in_spans() {
    let log = Log::of(|_| {
        drop(run((ready("db"), mortal("lease", Some(3))).scope(async |_| waits(&mut ()).await)));
    });
    let expected = [
        "* failed [1] name=lease error=the lease was lost in scope tuple",
        "new exit [1] name=lease outcome=MemberFailed in scope tuple",
        "new exit [0] name=db outcome=MemberFailed in scope tuple",
    ];
    assert_eq!(log.that(&["*", "new exit"]), expected);
    assert_eq!(log.recorded().last().unwrap(), "scope tuple error=[1] lease failed: the lease was lost");
    let quiet_end = Log::of(|_| {
        run((ready("db"), mortal("lease", None)).scope(async |_| anyhow::Ok(()))).unwrap();
        let mut dropped = pin!(async { mortal("lease", None).scope(async |()| waits(&mut ()).await).await });
        assert!(crate::world::poll(dropped.as_mut()).is_pending());
    });
    assert_eq!(quiet_end.that(&["* failed"]), [""; 0]);
    assert!(quiet_end.lines().len() > 10);
}
