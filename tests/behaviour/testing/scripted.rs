//! Members that follow a script, by hand: what they give, and what the ledger is told.

use super::panic_of;
use futures::executor::block_on;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use withal::testing::{Event::*, Ledger, READY, Script, Scripted, ScriptedError, Step, Token};
use withal::{Outcome, OutcomeKind, Resource, ResourceExt};
use withal_common::{poll, quiet_panic};

fn enters(step: Step) -> Script {
    Script { enter: step, exit: READY }
}

fn exits(step: Step) -> Script {
    Script { enter: READY, exit: step }
}

/// Enters, and forgets how.
fn inside(ledger: &Ledger, script: Script) -> (Scripted, Token) {
    let mut member = ledger.member(3, script);
    let token = block_on(member.enter()).unwrap();
    ledger.clear();
    (member, token)
}

#[test]
fn an_enter_ends_as_scripted() {
    let ledger = Ledger::new();
    let mut member = ledger.member(3, Script::default());
    assert_eq!(block_on(member.enter()), Ok(Token(3)));
    assert_eq!(ledger.events(), [EnterStarted(3), Entered(3)]);

    ledger.clear();
    member.set_script(enters(Step::error().pending(1)));
    let error = block_on(member.enter()).unwrap_err();
    assert_eq!((error, error.to_string().as_str()), (ScriptedError(3), "member 3 fails, as scripted"));
    assert_eq!(ledger.events(), [EnterStarted(3), EnterFailed(3)]);

    ledger.clear();
    member.set_script(enters(Step::panic().pending(1)));
    assert_eq!(panic_of(|| block_on(member.enter())), "member 3 panics, as scripted");
    assert_eq!(ledger.events(), [EnterStarted(3), EnterPanicked(3)]);
}

#[test]
fn an_exit_ends_as_scripted() {
    let ledger = Ledger::new();
    let (mut member, token) = inside(&ledger, Script::default());
    assert_eq!(block_on(member.exit(token, Outcome::Completed)), Ok(()));
    assert_eq!(ledger.events(), [ExitStarted(3, OutcomeKind::Completed), Exited(3)]);

    let (mut member, token) = inside(&ledger, exits(Step::error()));
    assert_eq!(block_on(member.exit(token, Outcome::Cancelled)), Err(ScriptedError(3)));
    assert_eq!(ledger.events(), [ExitStarted(3, OutcomeKind::Cancelled), ExitFailed(3)]);

    let (mut member, token) = inside(&ledger, exits(Step::panic()));
    assert_eq!(panic_of(|| block_on(member.exit(token, Outcome::Panicked))), "member 3 panics, as scripted");
    assert_eq!(ledger.events(), [ExitStarted(3, OutcomeKind::Panicked), ExitPanicked(3)]);

    let (mut member, token) = inside(&ledger, Script::default());
    member.abandon(token);
    assert_eq!(ledger.events(), [Abandoned(3)]);
}

#[test]
fn it_is_pending_as_scripted() {
    let ledger = Ledger::new();
    let mut member = ledger.member(3, Script { enter: READY.pending(2), exit: READY.pending(1) });
    let token = {
        let mut enter = pin!(member.enter());
        assert!(ledger.poll(enter.as_mut()).is_pending() && ledger.poll(enter.as_mut()).is_pending());
        assert_eq!(ledger.events(), [EnterStarted(3)]);
        block_on(enter).unwrap()
    };
    ledger.clear();
    let mut exit = pin!(member.exit(token, Outcome::Completed));
    assert!(ledger.poll(exit.as_mut()).is_pending());
    assert_eq!(ledger.events(), [ExitStarted(3, OutcomeKind::Completed)]);
    assert!(ledger.poll(exit.as_mut()).is_ready());
}

/// A member whose phases are dropped in flight.
fn cut(ledger: &Ledger) {
    let mut member = ledger.member(3, Script { enter: READY.pending(1), exit: READY.pending(1) });
    assert!(ledger.poll(pin!(member.enter())).is_pending());
    member.set_script(exits(READY.pending(1)));
    let token = block_on(member.enter()).unwrap();
    assert!(ledger.poll(pin!(member.exit(token, Outcome::Completed))).is_pending());
}

#[test]
fn a_drop_in_flight_is_recorded() {
    let ledger = Ledger::new();
    cut(&ledger);
    assert_eq!(
        ledger.events(),
        [
            EnterStarted(3),
            EnterDropped(3),
            EnterStarted(3),
            Entered(3),
            ExitStarted(3, OutcomeKind::Completed),
            ExitDropped(3),
        ]
    );
}

/// The same in a destructor that runs because of a panic: that panic is not the member's.
#[test]
fn a_panic_elsewhere_is_not_its_own() {
    struct OnDrop<'a>(&'a Ledger);
    impl Drop for OnDrop<'_> {
        fn drop(&mut self) {
            cut(self.0);
        }
    }
    let ledger = Ledger::new();
    let message = panic_of(|| {
        let _cut = OnDrop(&ledger);
        panic!("elsewhere");
    });
    assert_eq!(message, "elsewhere");
    assert_eq!(ledger.events().iter().filter(|event| matches!(event, EnterDropped(3) | ExitDropped(3))).count(), 2);
}

#[test]
fn it_takes_its_own_guard_alone() {
    let ledger = Ledger::new();
    let (mut member, _) = inside(&ledger, Script::default());
    let told = panic_of(|| block_on(member.exit(Token(4), Outcome::Completed)));
    assert!(told.contains("a guard goes back to the member that gave it"), "{told}");
    let told = panic_of(|| member.abandon(Token(4)));
    assert!(told.contains("a guard goes back to the member that gave it"), "{told}");
    assert_eq!(ledger.events(), []);
}

/// The panic of somebody else drops the scope: its phases in flight are dropped, and did not panic.
#[test]
fn a_phase_that_is_dropped_while_another_panic_unwinds() {
    for script in [enters(READY.pending(2)), exits(READY.pending(2))] {
        let ledger = Ledger::new();
        let unwound = catch_unwind(AssertUnwindSafe(|| {
            let mut scope = Box::pin(ledger.member(0, script).scope(async |_| anyhow::Ok(())));
            assert!(poll(scope.as_mut()).is_pending());
            quiet_panic::<&str>("as scripted");
        }));
        assert!(unwound.is_err());
        let events = ledger.events();
        assert!(matches!(events.last(), Some(EnterDropped(0) | ExitDropped(0))), "{events:?}");
        ledger.check().unwrap();
    }
}
