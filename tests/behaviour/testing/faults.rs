//! Resources that are faulty by themselves: one call of a sweep finds each, says where, and names the member.

use super::panic_of;
use futures::executor::block_on;
use futures::lock::Mutex;
use std::future::{pending, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use withal::testing::{Ledger, READY, Script, sweep_drops, sweep_drops_on, sweep_signals};
use withal::{BoxError, Outcome, OutcomeKind, Reaper, Resource, Scope};

/// What is wrong with a resource.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    /// A dropped enter leaves behind what it had opened.
    LeaksEntering,
    /// A dropped exit does not close.
    LeaksExiting,
    /// A last resort that does nothing.
    ForgetsAbandon,
    /// The last resort closes what it had closed before.
    AbandonsTwice,
    /// It closes twice.
    ExitsTwice,
    /// It closes only if all went well.
    ExitsIfCompleted,
    /// Nobody wakes its exit, unless all went well.
    HangsUnlessCompleted,
    /// It is closed, but does not wait for it.
    LeaksAfterwards,
    /// Nobody wakes its enter.
    NeverWakesEntering,
    /// Nobody wakes its exit.
    NeverWakesExiting,
    /// Nobody wakes it, although it keeps the waker.
    KeepsWaker,
    /// It wakes who polled it first, not who polled it last.
    WakesTheFirst,
    /// It cannot be entered again.
    FailsAgain,
    /// The same, and panics.
    PanicsAgain,
    /// What an enter that was dropped has left behind stands in its way.
    FailsAfterDrop,
    /// What an exit that was dropped has left behind stands in the way of the next exit.
    FailsExitAfterDrop,
    /// It takes what an enter that was dropped has left behind for its own.
    QuickAfterDrop,
    /// It finds somebody else in, and waits for a round.
    SlowAfterDrop,
}

/// What stays when the resources are gone: a disk, a process table.
#[derive(Debug, Default)]
struct Outside {
    open: AtomicIsize,
    enters: AtomicUsize,
    left: AtomicUsize,
    waker: std::sync::Mutex<Option<Waker>>,
}

#[derive(Clone)]
struct Faulty(Fault, Arc<Outside>);

/// Closes when it is dropped, if it is to.
struct Open(Arc<Outside>, bool);

impl Drop for Open {
    fn drop(&mut self) {
        if self.1 {
            self.0.open.fetch_sub(1, SeqCst);
        }
    }
}

/// Counts if it is dropped before it is told that all is done.
struct Left<'a>(&'a AtomicUsize, bool);

impl Drop for Left<'_> {
    fn drop(&mut self) {
        if !self.1 {
            self.0.fetch_add(1, SeqCst);
        }
    }
}

async fn yield_once() {
    let mut polled = false;
    poll_fn(|cx| {
        if polled {
            return Poll::Ready(());
        }
        polled = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Is pending twice, and wakes itself through the waker of its first poll.
async fn wake_the_first() {
    let (mut first, mut polls) = (None, 0);
    poll_fn(|cx| {
        polls += 1;
        first.get_or_insert_with(|| cx.waker().clone()).wake_by_ref();
        if polls > 2 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

impl Resource for Faulty {
    type Guard = Open;
    type Error = &'static str;

    async fn enter(&mut self) -> Result<Open, &'static str> {
        let Self(fault, outside) = self;
        let again = outside.enters.fetch_add(1, SeqCst) > 0;
        let left = outside.left.load(SeqCst) > 0;
        match fault {
            Fault::FailsAgain if again => return Err("there is one already"),
            Fault::PanicsAgain if again => panic!("there is one already"),
            Fault::FailsAfterDrop if left => return Err("somebody is in"),
            Fault::SlowAfterDrop if left => yield_once().await,
            Fault::NeverWakesEntering => pending().await,
            Fault::KeepsWaker => {
                poll_fn(|cx| {
                    *outside.waker.lock().unwrap() = Some(cx.waker().clone());
                    Poll::<()>::Pending
                })
                .await;
            }
            Fault::WakesTheFirst => wake_the_first().await,
            _ => {}
        }
        outside.open.fetch_add(1, SeqCst);
        // An enter that cleans up after itself.
        let mut open = Open(Arc::clone(outside), *fault != Fault::LeaksEntering);
        let after_drop = [Fault::FailsAfterDrop, Fault::QuickAfterDrop, Fault::SlowAfterDrop].contains(fault);
        let mut entering = Left(&outside.left, !after_drop);
        if !(left && *fault == Fault::QuickAfterDrop) {
            yield_once().await;
        }
        entering.1 = true;
        open.1 = ![Fault::ForgetsAbandon, Fault::AbandonsTwice].contains(fault);
        Ok(open)
    }

    async fn exit(&mut self, mut open: Open, outcome: Outcome<'_>) -> Result<(), &'static str> {
        let Self(fault, outside) = self;
        // Here what drops the guard closes it, but for these.
        open.1 = *fault != Fault::LeaksExiting;
        let mut exiting = Left(&outside.left, *fault != Fault::FailsExitAfterDrop);
        if *fault == Fault::FailsExitAfterDrop && outside.left.load(SeqCst) > 0 {
            return Err("somebody was in");
        }
        yield_once().await;
        exiting.1 = true;
        match fault {
            Fault::NeverWakesExiting => pending().await,
            Fault::HangsUnlessCompleted if outcome.kind() != OutcomeKind::Completed => pending().await,
            Fault::ExitsTwice => drop(Open(Arc::clone(outside), true)),
            Fault::LeaksAfterwards => open.1 = false,
            Fault::ExitsIfCompleted => open.1 = outcome.kind() == OutcomeKind::Completed,
            _ => open.1 = true,
        }
        Ok(())
    }

    fn abandon(&mut self, mut open: Open) {
        if self.0 == Fault::AbandonsTwice {
            drop(Open(Arc::clone(&self.1), true));
            open.1 = true;
        }
    }
}

/// A ledger that looks at what is left, too, and does not wait for long.
fn ledger(outside: &Arc<Outside>) -> Ledger {
    let (ledger, outside) = (Ledger::new(), Arc::clone(outside));
    ledger.check_also("nothing is open", move || outside.open.load(SeqCst) == 0);
    ledger.set_patience(Duration::from_millis(20));
    ledger
}

/// A sweep of drops of this resource, as member 3, and one without a fault, as member 1.
fn sweep(fault: Fault) -> usize {
    let outside = Arc::default();
    let ledger = ledger(&outside);
    let scene = || {
        let well = Faulty(Fault::None, Arc::default());
        let members = (ledger.watch(3, Faulty(fault, Arc::clone(&outside))), ledger.watch(1, well));
        Scope::new(members).run(async |_| {
            ledger.pend(1).await;
            Ok::<_, BoxError>(())
        })
    };
    block_on(sweep_drops(&ledger, scene))
}

/// What a sweep says to this fault.
fn found(fault: Fault, at: &str, what: &str) {
    let told = panic_of(|| sweep(fault));
    assert!(told.starts_with(&format!("{at}: {what}; what happened")), "{fault:?}: {told}");
    assert!(told.contains("(3)"), "{fault:?}: {told}");
}

#[test]
fn a_resource_without_a_fault_passes() {
    assert_eq!(sweep(Fault::None), 4);
}

/// The ledger sees calls, and the check of the user's own sees what they did.
#[test]
fn what_is_left_behind_is_found() {
    let open = "`nothing is open` does not hold";
    found(Fault::LeaksEntering, "dropped after 1 polls", open);
    found(Fault::LeaksExiting, "dropped after 3 polls", open);
    found(Fault::ForgetsAbandon, "dropped after 2 polls", open);
    found(Fault::AbandonsTwice, "dropped after 2 polls", open);
    found(Fault::ExitsTwice, "undisturbed", open);
    found(Fault::LeaksAfterwards, "undisturbed", open);
}

/// Without such a check, too, when it stands in the way of another run.
#[test]
fn what_stands_in_the_way_is_found() {
    let behind = "and undisturbed it does not: an earlier run has left something behind";
    let enter = format!("member 3 failed to enter, {behind}");
    found(Fault::FailsAgain, "undisturbed, a second time", &enter);
    found(Fault::PanicsAgain, "undisturbed, a second time", &format!("member 3 panicked in its enter, {behind}"));
    found(Fault::FailsAfterDrop, "dropped after 2 polls", &enter);
    // The drop was the last one, and what follows it is the last run.
    found(Fault::FailsExitAfterDrop, "undisturbed, after all drops", &format!("member 3 failed to exit, {behind}"));
    let late = "the scene has not come to its end after 4 polls, and undisturbed after 4, first seen at member 3: \
                an earlier run has left something behind";
    found(Fault::SlowAfterDrop, "dropped after 4 polls", late);
}

#[test]
fn who_never_wakes_is_named() {
    let pending = |polls, who| format!("the scene is pending after {polls} polls, and {who}");
    let nobody = "nobody is left who could wake it";
    let enter = "in flight: the enter of member 3";
    let never = format!("{}; {enter}", pending(2, nobody));
    found(Fault::NeverWakesEntering, "undisturbed", &never);
    found(Fault::NeverWakesExiting, "undisturbed", &format!("{}; in flight: the exit of member 3", pending(4, nobody)));
    found(Fault::KeepsWaker, "undisturbed", &format!("{}; {enter}", pending(2, "nobody has woken it for 20ms")));
    let first = format!("{nobody}, but for the waker of an earlier poll, which is no good");
    found(Fault::WakesTheFirst, "undisturbed", &format!("{}; {enter}", pending(2, &first)));
}

/// A scene of this member alone, with no check of the user's own.
fn alone(fault: Fault) -> String {
    let (ledger, outside) = (Ledger::new(), Arc::<Outside>::default());
    let scene = || {
        let member = ledger.watch(3, Faulty(fault, Arc::clone(&outside)));
        Scope::new(member).run(async |_| Ok::<_, BoxError>(()))
    };
    panic_of(|| block_on(sweep_drops(&ledger, scene)))
}

/// No member fails, and yet the scene is not the same: it is over too early, be it by a panic of its own.
#[test]
fn an_early_end_is_found() {
    let told = alone(Fault::QuickAfterDrop);
    let early = "dropped after 2 polls: the scene came to its end after 2 polls, and undisturbed after 3, first seen \
                 at member 3: an earlier run has left something behind; what happened: [EnterStarted(3), Entered(3), ";
    assert!(told.starts_with(early), "{told}");

    let (ledger, left) = (Ledger::new(), AtomicUsize::new(0));
    let scene = || async {
        assert_eq!(left.load(SeqCst), 0, "nothing is left");
        let mut scene = Left(&left, false);
        ledger.pend(2).await;
        scene.1 = true;
    };
    let told = panic_of(|| block_on(sweep_drops(&ledger, scene)));
    let panics = "dropped after 2 polls: the scene panicked, and undisturbed it does not: an earlier run has left \
                  something behind: assertion `left == right` failed: nothing is left";
    assert!(told.starts_with(panics), "{told}");
}

/// A member that goes another way, in as many polls.
#[test]
fn another_way_is_found() {
    let (ledger, left) = (Ledger::new(), AtomicUsize::new(0));
    let scene = || async {
        let id = usize::from(left.load(SeqCst) > 0);
        let mut scene = Left(&left, false);
        Scope::new(ledger.member(id, Script { enter: READY.pending(1), exit: READY }))
            .run(async |_| Ok::<_, BoxError>(()))
            .await
            .unwrap();
        scene.1 = true;
    };
    let told = panic_of(|| block_on(sweep_drops(&ledger, scene)));
    assert_eq!(
        told,
        "undisturbed, after all drops: member 0 went another way than undisturbed: an earlier run has left something \
         behind; what happened to it: [], and undisturbed: \
         [EnterStarted(0), Entered(0), ExitStarted(0, Completed), Exited(0)]"
    );
}

/// The first run may do what need not be done again.
#[test]
fn the_first_run_may_take_longer() {
    let (ledger, warm) = (Ledger::new(), AtomicBool::new(false));
    let scene = || async {
        ledger.pend(if warm.swap(true, SeqCst) { 1 } else { 4 }).await;
    };
    assert_eq!(block_on(sweep_drops(&ledger, scene)), 2);
    warm.store(false, SeqCst);
    assert_eq!(block_on(sweep_signals(&ledger, |_| scene())), 2);
}

/// One value, in all runs: it is entered again after each exit, and after each enter and exit that was dropped.
#[test]
fn the_same_resource_again_and_again() {
    /// Has what it opens for one enter.
    struct Once(Option<&'static str>);
    impl Resource for Once {
        type Guard = &'static str;
        type Error = BoxError;

        async fn enter(&mut self) -> Result<&'static str, BoxError> {
            yield_once().await;
            Ok(self.0.take().ok_or("it is used up")?)
        }

        async fn exit(&mut self, guard: &'static str, _: Outcome<'_>) -> Result<(), BoxError> {
            yield_once().await;
            self.0 = Some(guard);
            Ok(())
        }
    }
    let ledger = Ledger::new();
    let again = |resource| {
        let member = Mutex::new(ledger.watch(3, resource));
        let scene = || async {
            let mut member = member.lock().await;
            Scope::new(&mut *member).run(async |_| Ok::<_, BoxError>(())).await
        };
        panic_of(|| block_on(sweep_drops(&ledger, scene)))
    };
    let told = again(Once(Some("socket")));
    let used_up = "undisturbed, after all drops: member 3 failed to enter, and undisturbed it does not: an earlier run";
    assert!(told.starts_with(used_up), "{told}");
}

/// What a sweep of signals says.
fn cancelled(fault: Fault) -> String {
    let outside = Arc::default();
    let ledger = ledger(&outside);
    let scene = |signal| {
        let well = Faulty(Fault::None, Arc::default());
        let members = (ledger.watch(1, well), ledger.watch(3, Faulty(fault, Arc::clone(&outside))));
        Scope::new(members).until(signal).run(async |_| pending::<Result<(), BoxError>>().await)
    };
    panic_of(|| block_on(sweep_signals(&ledger, scene)))
}

#[test]
fn a_sweep_of_signals_finds_them() {
    let told = cancelled(Fault::ExitsIfCompleted);
    assert!(told.starts_with("undisturbed: `nothing is open` does not hold; what happened: "), "{told}");
    let told = cancelled(Fault::NeverWakesExiting);
    let hangs = "undisturbed: the scene is pending after 4 polls, and nobody is left who could wake it; \
                 in flight: the exit of member 3; ";
    assert!(told.starts_with(hangs), "{told}");
    let told = cancelled(Fault::FailsAgain);
    assert!(told.contains(": member 3 failed to enter, and undisturbed it does not: "), "{told}");
}

/// On a reaper, who does not come to an end is named.
#[test]
fn a_reaper_that_never_rests_is_found() {
    let outside = Arc::default();
    let ledger = ledger(&outside);
    let stuck = std::sync::Mutex::new(Vec::new());
    let reaper = Reaper::new(move |mut task| {
        let cx = &mut Context::from_waker(Waker::noop());
        if !(0..10).any(|_| task.as_mut().poll(cx).is_ready()) {
            stuck.lock().unwrap().push(task);
        }
    });
    let scene = || {
        let member = ledger.watch(3, Faulty(Fault::HangsUnlessCompleted, Arc::clone(&outside)));
        Scope::new(member).on(&reaper).run(async |_| {
            ledger.pend(1).await;
            Ok::<_, BoxError>(())
        })
    };
    let told = panic_of(|| block_on(sweep_drops_on(&ledger, &reaper, scene)));
    let hangs = "dropped after 1 polls: the reaper is not idle, and nothing has happened for 20ms; \
                 in flight: the exit of member 3; what happened: ";
    assert!(told.starts_with(hangs), "{told}");
}
