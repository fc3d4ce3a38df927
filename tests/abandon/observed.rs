//! What an observer receives: the ends as on a drop, and a failure for each that is named.

use crate::{abandoned, member, pends};
use futures::channel::oneshot;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use withal::testing::{Ledger, READY};
use withal::{BoxError, Event, EventKind, ExitPool, Observe, OutcomeKind, PhaseEnd, Scope};

/// Keeps the ends and failures, with the names.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Observe for Seen {
    fn event(&self, event: &Event<'_>) {
        let name = if event.member().is_some() { event.name() } else { "scope" };
        let text = match event.kind() {
            EventKind::EnterEnded(PhaseEnd::Dropped) => "enter dropped".to_owned(),
            EventKind::ExitEnded(PhaseEnd::Dropped) => "exit dropped".to_owned(),
            EventKind::BodyEnded(PhaseEnd::Dropped) => "body dropped".to_owned(),
            EventKind::Abandoned => "abandoned".to_owned(),
            EventKind::Failed(phase, words) => format!("{phase:?}: {words}"),
            EventKind::ScopeEnded(outcome) => format!("ended {outcome:?}"),
            _ => return,
        };
        self.0.lock().unwrap().push(format!("{name} {text}"));
    }
}

impl Seen {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

#[test]
fn ends_and_failures() {
    let (ledger, seen) = (Ledger::new(), Seen::default());
    let pair = || [member(&ledger, 0, READY, READY.pending(9)), member(&ledger, 1, READY.pending(1), READY.pending(9))];

    let (second, signal) = oneshot::channel();
    let scope = Scope::new([member(&ledger, 0, READY, READY), member(&ledger, 1, READY.pending(9), READY)]);
    let scope = scope.observe(&seen).abandon_on(signal).run(async |_| anyhow::Ok(()));
    abandoned(&ledger, 1, second, pin!(scope)).unwrap_err();
    let expected = [
        "m1 enter dropped",
        "m1 Enter: its enter was cut: the scope was abandoned",
        "m0 abandoned",
        "m0 Exit: the scope was abandoned before its exit began",
        "scope ended Cancelled",
    ];
    assert_eq!(seen.take(), expected);

    let (second, signal) = oneshot::channel();
    let scope =
        Scope::new(pair()).observe(&seen).abandon_on(signal).run(async |_| pends::<anyhow::Error>(&ledger, 9).await);
    abandoned(&ledger, 3, second, pin!(scope)).unwrap_err();
    let expected = [
        "scope body dropped",
        "m1 abandoned",
        "m0 abandoned",
        "m0 Exit: the scope was abandoned before its exit began",
        "m1 Exit: the scope was abandoned before its exit began",
        "scope ended Cancelled",
    ];
    assert_eq!(seen.take(), expected);

    let (second, signal) = oneshot::channel();
    let scope = Scope::new(pair()).observe(&seen).abandon_on(signal).run(async |_| anyhow::Ok(()));
    abandoned(&ledger, 3, second, pin!(scope)).unwrap_err();
    let seen = seen.take();
    assert!(seen.contains(&"m0 exit dropped".to_owned()) && seen.contains(&"m1 exit dropped".to_owned()), "{seen:?}");
    let expected = [
        "m0 Exit: its exit was cut: the scope was abandoned",
        "m1 Exit: its exit was cut: the scope was abandoned",
        "scope ended Completed",
    ];
    assert_eq!(seen[2..], expected);
}

/// Members of a set, whose exits were dropped, or had not begun.
#[test]
fn members_of_a_set() {
    for in_exit in [false, true] {
        let (ledger, seen) = (Ledger::new(), Seen::default());
        let (second, signal) = oneshot::channel();
        let scope = Scope::new(ExitPool::new()).observe(&seen).abandon_on(signal).run(async |pool| {
            pool.enter(member(&ledger, 0, READY, READY.pending(9))).await?;
            ledger.pend(if in_exit { 0 } else { 9 }).await;
            Ok::<_, BoxError>(())
        });
        abandoned(&ledger, 2, second, pin!(scope)).unwrap_err();
        let (end, words, outcome) = if in_exit {
            ("exit dropped", "its exit was cut: the scope was abandoned", OutcomeKind::Completed)
        } else {
            ("abandoned", "the scope was abandoned before its exit began", OutcomeKind::Cancelled)
        };
        let mut seen = seen.take();
        seen.retain(|seen| seen != "scope body dropped");
        assert_eq!(seen, [format!("m0 {end}"), format!("m0 Exit: {words}"), format!("scope ended {outcome:?}")]);
    }
}
