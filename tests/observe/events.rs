//! The events that an `Observe` receives.

use crate::world::{barred, once, quiet, ready, run, slow, stuck};
#[cfg(feature = "timeline")]
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use withal::testing::{Ledger, READY, Script, Step, sweep_drops, sweep_drops_on};
use withal::{BoxError, Event, EventKind, ExitPool, Observe, PhaseEnd, Reaper, ResourceExt, Scope};

/// Writes down the events, one line each.
#[derive(Clone, Default)]
pub struct Events(Arc<Mutex<Vec<Line>>>);

/// The numbers of the scope and the member, and the line.
type Line = (usize, Option<usize>, String);

impl Observe for Events {
    fn event(&self, event: &Event<'_>) {
        let line = match event.member() {
            None => format!("{} {:?}", event.scope_name(), event.kind()),
            Some(_) => format!("{:?} {} {:?}", event.path(), event.name(), event.kind()),
        };
        self.0.lock().unwrap().push((event.scope(), event.member(), line));
    }
}

impl Events {
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().iter().map(|(.., line)| line.clone()).collect()
    }

    /// Checks that the events of a scope are in order: its own around all others, and those of each member.
    #[cfg(feature = "timeline")]
    pub fn check(&self) {
        let lines = self.lines();
        if let Some(last) = lines.last() {
            assert!(lines[0].ends_with(" ScopeBegan") && last.contains(" ScopeEnded("), "{lines:#?}");
            assert_eq!(lines.iter().filter(|line| line.contains(" Scope")).count(), 2, "{lines:#?}");
        }
        let mut before = BTreeMap::new();
        for (_, member, line) in &*self.0.lock().unwrap() {
            let Some(member) = member else { continue };
            let kinds = ["EnterBegan", "EnterEnded", "UpBegan", "UpEnded", "ExitBegan", "ExitEnded", "Abandoned"];
            let Some(kind) = kinds.into_iter().find(|kind| line.contains(&format!(" {kind}"))) else { continue };
            let previous = before.insert(*member, kind).unwrap_or("none");
            let allowed: &[&str] = match kind {
                "EnterBegan" => &["none"],
                "EnterEnded" => &["EnterBegan", "EnterEnded"],
                "UpBegan" => &["EnterEnded"],
                "UpEnded" if line.contains("(Failed)") => &["UpBegan", "none"], // of a group that is watched
                "UpEnded" => &["UpBegan"],
                "ExitEnded" => &["ExitBegan", "ExitEnded"],
                _ => &["UpEnded", "EnterEnded"], // of an exit, or abandoned
            };
            assert!(allowed.contains(&previous), "{kind} after {previous} in {lines:#?}");
        }
    }
}

#[test]
fn in_order() {
    let events = Events::default();
    run(Scope::new((ready("a"), slow("b"))).observe(&events).run(async |_| anyhow::Ok(()))).unwrap();
    let expected = [
        "tuple ScopeBegan",
        "[0] a EnterBegan",
        "[0] a EnterEnded(Done)",
        "[0] a UpBegan",
        "[1] b EnterBegan",
        "[1] b EnterEnded(Done)",
        "[1] b UpBegan",
        "tuple BodyBegan",
        "tuple BodyEnded(Done)",
        "[1] b UpEnded(Done)",
        "[1] b ExitBegan(Completed)",
        "[0] a UpEnded(Done)",
        "[0] a ExitBegan(Completed)",
        "[0] a ExitEnded(Done)",
        "[1] b ExitEnded(Done)",
        "tuple ScopeEnded(Completed)",
    ];
    assert_eq!(events.lines(), expected);
}

#[test]
fn of_failures() {
    let events = Events::default();
    run(Scope::new((stuck("a"), barred("b"))).observe(&events).run(async |_| anyhow::Ok(()))).unwrap_err();
    let expected = [
        "tuple ScopeBegan",
        "[0] a EnterBegan",
        "[0] a EnterEnded(Done)",
        "[0] a UpBegan",
        "[1] b EnterBegan",
        "[1] b EnterEnded(Failed)",
        "[1] b Failed(Enter, \"member 0 fails, as scripted\")",
        "[0] a UpEnded(Done)",
        "[0] a ExitBegan(EnterFailed)",
        "[0] a ExitEnded(Failed)",
        "[0] a Failed(Exit, \"member 0 fails, as scripted\")",
        "tuple ScopeEnded(EnterFailed)",
    ];
    assert_eq!(events.lines(), expected);
}

/// What was dropped turns out to be late, and what could not begin is abandoned.
#[test]
fn of_the_late() {
    let events = Events::default();
    let members = (ready("a"), crate::world::member("b", READY, READY.pending(9))).in_order().exit_within(once);
    run(Scope::new(members).observe(&events).run(async |_| anyhow::Ok(()))).unwrap_err();
    let expected = [
        "[1] b UpEnded(Done)",
        "[1] b ExitBegan(Completed)",
        "[1] b ExitEnded(Dropped)",
        "[1] b ExitEnded(Late)",
        "[0] a UpEnded(Dropped)",
        "[0] a Abandoned",
        "[0] a Failed(Exit, \"its deadline has elapsed\")",
        "[1] b Failed(Exit, \"its deadline has elapsed\")",
    ];
    assert_eq!(events.lines()[9..17], expected, "{:#?}", events.lines());
}

/// In a set a member has its number from the start, and its position once it has entered.
#[test]
fn of_sets() {
    let events = Events::default();
    run(Scope::new((ready("a"), ExitPool::new())).observe(&events).run(async |(_, pool)| {
        pool.enter((ready("b"), ready("c"))).await?;
        anyhow::Ok(())
    }))
    .unwrap();
    let c = events.0.lock().unwrap().iter().filter(|(_, member, _)| *member == Some(2)).cloned().collect::<Vec<_>>();
    let lines: Vec<_> = c.iter().map(|(.., line)| &**line).collect();
    let expected = [
        "[1, 1] c EnterBegan",
        "[1, 1] c EnterEnded(Done)",
        "[1, 1] c UpBegan",
        "[1, 0, 1] c PathChanged",
        "[1, 0, 1] c UpEnded(Done)",
        "[1, 0, 1] c ExitBegan(Completed)",
        "[1, 0, 1] c ExitEnded(Done)",
    ];
    assert_eq!(lines, expected);
}

/// A pair observes, the first one first; and scopes can be told apart.
#[test]
fn by_two_of_two_scopes() {
    let (first, second) = (Events::default(), Events::default());
    for name in ["a", "b"] {
        let scope = Scope::new(ready(name)).observe(&(first.clone(), Arc::new(second.clone())));
        run(scope.run(async |_| anyhow::Ok(()))).unwrap();
    }
    assert_eq!(first.lines(), second.lines());
    let lines = first.0.lock().unwrap();
    assert!(lines.iter().all(|(scope, ..)| *scope == lines[0].0 || *scope == lines.last().unwrap().0));
    assert_ne!(lines[0].0, lines.last().unwrap().0);
}

/// Panics at one event, or at each, and when it is dropped.
#[derive(Clone)]
struct Hostile(Option<usize>, Arc<AtomicUsize>);

impl Observe for Hostile {
    fn event(&self, event: &Event<'_>) {
        let nth = self.1.fetch_add(1, SeqCst);
        assert!(self.0.is_some_and(|other| other != nth), "{:?}, as scripted", event.kind());
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        assert!(self.0.is_some(), "the observer's drop, as scripted");
    }
}

/// Everything happens as it does without an observer.
fn check(hostile: impl Fn() -> Hostile) {
    let ledger = Ledger::new();
    let member = |id, script| ledger.member(id, script);
    let slow = Script { enter: READY.pending(2), exit: READY.pending(2) };
    let stuck = Script { enter: READY, exit: Step::error() };
    let watched = |hostile: Hostile| {
        let scope = Scope::new((member(0, slow), [member(1, stuck), member(2, slow)])).observe(&hostile);
        std::mem::forget(hostile); // it would panic here
        scope
    };
    let body = async |_: &mut _| {
        ledger.pend(2).await;
        Ok::<_, BoxError>(7)
    };
    let report = run(watched(hostile()).report(body));
    assert_eq!((report.body.unwrap().unwrap(), report.failures.len()), (7, 1));
    ledger.check().unwrap();
    ledger.clear();
    assert!(run(sweep_drops(&ledger, || watched(hostile()).report(body))) > 5);
    let reaper = Reaper::new(run);
    assert!(run(sweep_drops_on(&ledger, &reaper, || watched(hostile()).on(&reaper).report(body))) > 5);
}

#[test]
fn that_meet_a_panic() {
    quiet();
    check(|| Hostile(None, Arc::default()));
    for nth in 0..40 {
        check(|| Hostile(Some(nth), Arc::default()));
    }
}

/// A second panic while the thread unwinds would abort the process.
#[test]
fn that_meet_a_panic_while_the_thread_unwinds() {
    quiet();
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let hostile = Hostile(None, Arc::default());
        let scope = Scope::new(slow("a")).observe(&hostile);
        std::mem::forget(hostile);
        let mut scope = Box::pin(scope.run(async |_| anyhow::Ok(())));
        assert!(crate::world::poll(scope.as_mut()).is_pending());
        panic!("the test, as scripted");
    }));
    assert!(unwound.is_err());
}

/// New kinds may come: who looks at them all has an arm for the others.
#[test]
fn of_kinds_that_can_grow() {
    #[deny(unreachable_patterns, reason = "it is reachable as the kinds are `#[non_exhaustive]`")]
    fn of_body(kind: EventKind<'_>) -> Option<PhaseEnd> {
        match kind {
            EventKind::BodyEnded(end) => Some(end),
            EventKind::ScopeBegan | EventKind::ScopeEnded(_) | EventKind::BodyBegan | EventKind::EnterBegan => None,
            _ => panic!("a new kind"),
        }
    }
    assert_eq!(of_body(EventKind::BodyEnded(PhaseEnd::Done)), Some(PhaseEnd::Done));
    assert_eq!(of_body(EventKind::ScopeBegan), None);
}

/// The second of a pair receives the events at which the first one panics.
#[test]
fn that_meet_a_panic_of_the_other() {
    #[derive(Clone)]
    struct Panics;
    impl Observe for Panics {
        fn event(&self, event: &Event<'_>) {
            panic!("{:?}, as scripted", event.kind());
        }
    }
    quiet();
    let (first, second) = (Events::default(), Events::default());
    run(Scope::new(()).observe(&(first.clone(), Panics)).run(async |()| anyhow::Ok(()))).unwrap();
    run(Scope::new(()).observe(&(Panics, second.clone())).run(async |()| anyhow::Ok(()))).unwrap();
    assert_eq!(first.lines().len(), 4);
    assert_eq!(first.lines(), second.lines());
}
