//! Sweeps: how far they go, that they run on any executor, and that what breaks a law is found, with its poll.

use super::panic_of;
use futures::FutureExt;
use futures::executor::block_on;
use std::cell::RefCell;
use std::future::{pending, poll_fn};
use std::mem::ManuallyDrop;
use std::task::Poll;
use withal::testing::{Event::*, Ledger, READY, Script, Scripted, ScriptedError, Step, Token};
use withal::testing::{Signal, sweep_drops, sweep_drops_on, sweep_signals};
use withal::{BoxError, Outcome, OutcomeKind, Reaper, Resource, ResourceExt, Scope};

const SLOW: Script = Script { enter: READY.pending(2), exit: READY.pending(1) };

/// How a resource breaks a law.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// Its exit forgets the inner one.
    Forgets,
    /// Its exit is done twice.
    Twice,
    /// It exits although it did not enter.
    Early,
    /// Its enter is dropped, and the inner one's is not.
    Leaks,
    /// Its exit is over before the inner one's.
    Loses,
    /// It does not pass it on that it is abandoned.
    Keeps,
    /// It does not exit where the scope was cancelled.
    Cancelled,
}

struct Faulty(Fault, Scripted);

impl Resource for Faulty {
    type Guard = Token;
    type Error = ScriptedError;

    async fn enter(&mut self) -> Result<Token, ScriptedError> {
        if self.0 == Fault::Early {
            self.1.exit(Token(3), Outcome::Completed).await?;
        }
        if self.0 == Fault::Leaks {
            return ManuallyDrop::new(Box::pin(self.1.enter())).as_mut().await;
        }
        self.1.enter().await
    }

    async fn exit(&mut self, token: Token, outcome: Outcome<'_>) -> Result<(), ScriptedError> {
        match self.0 {
            Fault::Forgets => Ok(()),
            Fault::Loses => {
                ManuallyDrop::new(Box::pin(self.1.exit(token, outcome))).as_mut().now_or_never();
                Ok(())
            }
            Fault::Cancelled if outcome.kind() == OutcomeKind::Cancelled => Ok(()),
            Fault::Twice => {
                self.1.exit(token, outcome).await?;
                self.1.exit(Token(3), outcome).await
            }
            Fault::Early | Fault::Leaks | Fault::Keeps | Fault::Cancelled => self.1.exit(token, outcome).await,
        }
    }

    fn abandon(&mut self, token: Token) {
        if self.0 != Fault::Keeps {
            self.1.abandon(token);
        }
    }
}

/// What a sweep of drops says to a resource with this fault.
fn dropped(fault: Fault) -> String {
    let ledger = Ledger::new();
    let pending = usize::from(fault == Fault::Keeps);
    let scene = || {
        Scope::new(Faulty(fault, ledger.member(3, SLOW))).run(async |_| {
            ledger.pend(pending).await;
            Ok::<_, BoxError>(())
        })
    };
    panic_of(|| block_on(sweep_drops(&ledger, scene)))
}

/// What a sweep of signals says to it.
fn cancelled(fault: Fault) -> String {
    let ledger = Ledger::new();
    let scene =
        |signal| Scope::new(Faulty(fault, ledger.member(3, SLOW))).until(signal).run(async |_| Ok::<_, BoxError>(()));
    panic_of(|| block_on(sweep_signals(&ledger, scene)))
}

#[test]
fn what_breaks_a_law_is_found() {
    let found = |told: String, at: &str, law: &str| {
        assert!(told.starts_with(&format!("{at}: law `{law}`: member 3 ")), "{told}");
    };
    found(dropped(Fault::Leaks), "dropped after 1 polls", "settle");
    for found_in in [dropped, cancelled] {
        found(found_in(Fault::Early), "undisturbed", "never-entered");
        found(found_in(Fault::Forgets), "undisturbed", "exactly-once");
        found(found_in(Fault::Twice), "undisturbed", "never-entered");
        found(found_in(Fault::Loses), "undisturbed", "wait-for-exits");
    }
    found(dropped(Fault::Keeps), "dropped after 3 polls", "exactly-once");
    found(cancelled(Fault::Cancelled), "with the signal fired at poll 1", "exactly-once");
}

/// A scene of this many polls: its end is one of them.
#[test]
fn all_polls_are_swept() {
    let ledger = Ledger::new();
    for pending in [0, 1, 5] {
        let (mut drops, mut signals) = (0, 0);
        let dropped = block_on(sweep_drops(&ledger, || {
            drops += 1;
            ledger.pend(pending)
        }));
        let cancelled = block_on(sweep_signals(&ledger, |_| {
            signals += 1;
            ledger.pend(pending)
        }));
        assert_eq!((dropped, cancelled), (pending + 1, pending + 1));
        // Twice undisturbed, and then with none, and with each.
        assert_eq!((drops, signals), (pending + 4, pending + 4));
    }
}

/// The scene is dropped before it is polled once more, and the ledger has what happened since it was made.
#[test]
fn a_drop_comes_after_that_many_polls() {
    let ledger = Ledger::new();
    let mut seen = Vec::new();
    let scene = || {
        seen.push(ledger.events());
        ledger.record(BodyDropped);
        let mut polls = 0;
        poll_fn({
            let ledger = &ledger;
            move |cx| {
                polls += 1;
                ledger.record(BodyStarted);
                cx.waker().wake_by_ref();
                if polls == 3 { Poll::Ready(()) } else { Poll::Pending }
            }
        })
    };
    assert_eq!(block_on(sweep_drops(&ledger, scene)), 3);
    assert!(seen.iter().all(Vec::is_empty), "it is cleared before each: {seen:?}");
    assert_eq!(ledger.events(), [BodyDropped, BodyStarted, BodyStarted, BodyStarted]);
}

/// Undisturbed it takes two polls, and then of no poll, of one, and of two, the second of which does not come: a
/// scene is dropped in its last poll, and nobody has to wake it for that.
#[test]
fn a_drop_needs_no_wake() {
    let (ledger, mut scenes) = (Ledger::new(), 0);
    let scene = || {
        scenes += 1;
        if scenes > 2 { pending().left_future() } else { ledger.pend(1).right_future() }
    };
    let told = panic_of(|| block_on(sweep_drops(&ledger, scene)));
    assert_eq!(scenes, 5);
    assert_eq!(
        told,
        "dropped after 2 polls: the scene is pending after 1 polls, and nobody is left who could wake it; \
         in flight: no member; what happened: []"
    );
}

/// From the first poll on, from the second, and so on; and from none in the end.
#[test]
fn a_signal_is_ready_from_its_poll_on() {
    let seen = RefCell::new(Vec::new());
    let scene = |signal: Signal| {
        let (seen, mut signal, mut polls, mut first) = (&seen, Box::pin(signal), 0, None);
        poll_fn(move |cx| {
            polls += 1;
            if first.is_none() && signal.as_mut().poll(cx).is_ready() {
                first = Some(polls);
            }
            if polls == 3 {
                seen.borrow_mut().push(first);
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
    };
    assert_eq!(block_on(sweep_signals(&Ledger::new(), scene)), 3);
    assert_eq!(seen.into_inner(), [None, None, Some(1), Some(2), Some(3), None]);
}

/// Who panics comes to its end, too.
#[test]
fn panics_are_part_of_the_scene() {
    let ledger = Ledger::new();
    let wild = || ledger.member(0, Script { enter: READY.pending(1), exit: Step::panic().pending(1) });
    let told =
        panic_of(|| panic!("{}", block_on(sweep_drops(&ledger, || wild().scope(async |_| Ok::<_, BoxError>(()))))));
    assert_eq!(told, "3");
    let signals = block_on(sweep_signals(&ledger, |signal| {
        Scope::new(wild()).until(signal).run(async |_| Ok::<_, BoxError>(()))
    }));
    assert_eq!(signals, 3);
}

/// Two members and a body, dropped in all phases.
fn on(reaper: &Reaper) -> usize {
    let ledger = Ledger::new();
    let scene = || {
        let body = ledger.clone();
        Scope::new([ledger.member(0, SLOW), ledger.member(1, SLOW)]).on(reaper).run(async move |_| {
            body.pend(1).await;
            Ok::<_, BoxError>(())
        })
    };
    block_on(sweep_drops_on(&ledger, reaper, scene))
}

/// Nobody is abandoned: what the reaper is still at is waited for.
#[test]
fn a_reaper_finishes_first() {
    assert_eq!(on(&Reaper::new(|task| smol::spawn(task).detach())), 5);
}

/// Without a task that goes on, the members are abandoned.
#[test]
fn a_reaper_has_to_finish() {
    let told = panic_of(|| on(&Reaper::new(drop)));
    assert_eq!(told, "dropped after 3 polls: not every exit was awaited: Abandoned(1)");
}

/// A scene that gives up its scope when the exits are under way.
#[test]
fn a_signal_cuts_no_exit() {
    let ledger = Ledger::new();
    let scene = |signal| {
        let mut scope = Box::pin(Scope::new(ledger.member(0, SLOW)).until(signal).run(async |_| Ok::<_, BoxError>(())));
        async move {
            for _ in 0..3 {
                assert!(poll_fn(|cx| Poll::Ready(scope.as_mut().poll(cx))).await.is_pending());
            }
        }
    };
    let told = panic_of(|| block_on(sweep_signals(&ledger, scene)));
    assert_eq!(told, "undisturbed: not every exit was awaited: ExitDropped(0)");
}

#[test]
fn a_scene_has_to_end() {
    let endless = || {
        poll_fn(|cx| -> Poll<()> {
            cx.waker().wake_by_ref();
            Poll::Pending
        })
    };
    let told = panic_of(|| block_on(sweep_signals(&Ledger::new(), |_| endless())));
    assert_eq!(
        told,
        "undisturbed: the scene has not come to its end after 10000 polls; in flight: no member; what happened: []"
    );
}
