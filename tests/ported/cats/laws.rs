//! The laws that `Resource` is checked with: of a monad for `then`, of a product for `both`. Two resources are equal if
//! the same happens whenever they are dropped or cancelled, and the same failures come back.

use crate::ticks::failed;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use withal::testing::{End, Event, Ledger, Script, Scripted, Step};
use withal::{Phase, Report, Resource, ResourceExt, Scope, adopt, in_order};

const BODY: [Event; 2] = [Event::BodyStarted, Event::BodyEnded];

/// More ticks than anything here takes.
const LONG: usize = 100;

#[derive(Debug, PartialEq)]
struct History {
    /// What had happened, and happened then, when it was dropped after 0, 1, 2, .. ticks, until it came to its end.
    dropped: Vec<Vec<Event>>,
    /// What happened when it was cancelled at these ticks.
    cancelled: Vec<Vec<Event>>,
    failed: Vec<(Phase, usize)>,
}

impl History {
    /// Without the order within a tick: rounds after the first begin with another member, and nested groups have their
    /// own.
    fn unordered(mut self) -> Self {
        for events in self.dropped.iter_mut().chain(&mut self.cancelled) {
            events.sort_by_key(|event| format!("{event:?}"));
        }
        self
    }
}

fn history<R: Resource>(make: impl Fn(&Ledger) -> R) -> History {
    let mut dropped = Vec::new();
    for ticks in 0..LONG {
        let (events, report) = run(&make, ticks, LONG);
        dropped.push(events);
        if let Some(report) = report {
            let cancelled = (0..ticks).map(|at| run(&make, LONG, at).0).collect();
            return History { dropped, cancelled, failed: failed(&report.failures) };
        }
    }
    panic!("it waits for something");
}

/// Runs it for so many ticks, and cancels it from a certain one on.
fn run<R: Resource>(make: impl Fn(&Ledger) -> R, ticks: usize, cancel: usize) -> (Vec<Event>, Option<Report<(), ()>>) {
    let ledger = Ledger::new();
    let report = {
        let signal = poll_fn(|_| if ledger.polls() > cancel { Poll::Ready(()) } else { Poll::Pending });
        let mut scope = pin!(Scope::new(make(&ledger)).until(signal).report(async |_: &mut R::Guard| {
            ledger.record(BODY[0]);
            ledger.pend(1).await;
            ledger.record(BODY[1]);
            Ok::<_, ()>(())
        }));
        let mut polls = (0..ticks).map(|_| ledger.poll(scope.as_mut()));
        polls.find_map(|poll| if let Poll::Ready(report) = poll { Some(report) } else { None })
    };
    ledger.check().unwrap();
    (with_drops_sorted(ledger.events()), report)
}

/// In which order futures in flight are dropped together is not promised.
fn with_drops_sorted(mut events: Vec<Event>) -> Vec<Event> {
    let is_drop = |event: &Event| matches!(event, Event::EnterDropped(_) | Event::ExitDropped(_));
    let both_drops = |a: &Event, b: &Event| is_drop(a) && is_drop(b);
    events.chunk_by_mut(both_drops).for_each(|run| run.sort_by_key(Event::member));
    events
}

/// Every choice of how the phases of so many members end.
fn scripts<const N: usize>() -> impl Iterator<Item = [Script; N]> {
    let step = |fails| Step { pending: 1, end: if fails { End::Error } else { End::Ok } };
    let script = move |bits: usize| Script { enter: step(bits & 1 == 1), exit: step(bits & 2 == 2) };
    (0..1 << (2 * N)).map(move |bits| std::array::from_fn(|id| script(bits >> (2 * id))))
}

#[test]
fn then_from_a_value_is_the_step_made_from_it() {
    for [script] in scripts() {
        let then = history(|ledger| {
            let ledger = ledger.clone();
            adopt(0, async |_, _| Ok(())).then(move |id| ledger.member(*id, script))
        });
        assert_eq!(then, history(|ledger| ledger.member(0, script)));
    }
}

#[test]
fn then_to_a_value_changes_nothing() {
    for [script] in scripts() {
        let then = history(|ledger| {
            let member = ledger.member(0, script);
            member.then(|token| adopt(token.0, async |_, _| Ok(())))
        });
        assert_eq!(then, history(|ledger| ledger.member(0, script)));
    }
}

#[test]
fn then_is_associative() {
    for [a, b, c] in scripts() {
        let left = history(|ledger| {
            let (second, third) = (ledger.clone(), ledger.clone());
            let pair = ledger.member(0, a).then(move |token| second.member(token.0 + 1, b));
            pair.then(move |(_, token)| third.member(token.0 + 1, c))
        });
        let right = history(|ledger| {
            let ledger = ledger.clone();
            ledger.member(0, a).then(move |token| {
                let third = ledger.clone();
                ledger.member(token.0 + 1, b).then(move |token| third.member(token.0 + 1, c))
            })
        });
        assert_eq!(left, right);
        let listed = history(|ledger| in_order((ledger.member(0, a), ledger.member(1, b), ledger.member(2, c))));
        assert_eq!(left, listed);
    }
}

/// `both` with nothing, on either side, is the list itself: its order of release, too.
#[test]
fn both_with_unit_changes_nothing() {
    fn list(ledger: &Ledger, scripts: [Script; 3]) -> impl Resource<Guard: Send> + use<> {
        let mut id = 0..;
        in_order(scripts.map(|script| ledger.member(id.next().unwrap(), script)))
    }
    for scripts in scripts() {
        let alone = history(|ledger| list(ledger, scripts));
        assert_eq!(alone, history(|ledger| (list(ledger, scripts), ())));
        assert_eq!(alone, history(|ledger| ((), list(ledger, scripts))));
    }
}

#[test]
fn both_is_associative() {
    fn members(ledger: &Ledger, scripts: [Script; 3]) -> [Scripted; 3] {
        let mut id = 0..;
        scripts.map(|script| ledger.member(id.next().unwrap(), script))
    }
    for scripts in scripts() {
        let left = history(|ledger| {
            let [a, b, c] = members(ledger, scripts);
            ((a, b), c)
        });
        let right = history(|ledger| {
            let [a, b, c] = members(ledger, scripts);
            (a, (b, c))
        });
        let left = left.unordered();
        assert_eq!(left, right.unordered());
        assert_eq!(left, history(|ledger| members(ledger, scripts)).unordered());
    }
}
