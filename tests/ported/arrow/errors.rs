//! How an error of the use and errors of releases come together: the one that was first, and the others beside it.

use super::{Heard, hears};
use crate::ticks::{enters, failed, told};
use futures::executor::block_on;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use withal::OutcomeKind::{Completed, Failed, Panicked};
use withal::testing::{Event, Event::*, Ledger, READY, Script, ScriptedError, Step};
use withal::{
    BoxError, ExitStack, Phase, Resource, ResourceExt, Scope, ScopeError, ScopeErrorKind, adopt, defer, in_order,
    resource,
};

fn fails(with: &'static str) -> impl Resource<Guard = ()> {
    defer(async move |_| Err(with.into()))
}

/// `errorFinishesWithError`, `..ErrorInAcquireStaysTheSameError`: at once, or later.
#[test]
fn an_error_of_an_acquire_stays_the_same_and_nothing_is_released() {
    for pending in [0, 1] {
        let ledger = Ledger::new();
        let member = ledger.member(3, enters(Step::error().pending(pending)));
        let error = block_on(member.scope(async |_| Ok::<_, ScopeError>(()))).unwrap_err();
        assert_eq!(error.kind(), ScopeErrorKind::Enter);
        let failure = error.into_failures().into_iter().next().unwrap();
        assert_eq!(*failure.into_error().downcast::<ScriptedError>().unwrap(), ScriptedError(3));
        assert_eq!(ledger.events(), [EnterStarted(3), Event::EnterFailed(3)]);
    }
}

/// `bracketCaseMustRunReleaseTaskOnUse..Error`: at once, or later.
#[test]
fn an_error_of_the_use_stays_the_same_and_is_told() {
    for pending in [0, 1] {
        let heard = Heard::default();
        let used = hears(&heard).scope(async |()| {
            Ledger::new().pend(pending).await;
            Err::<(), BoxError>(ScriptedError(5).into())
        });
        assert_eq!(block_on(used).unwrap_err().downcast_ref(), Some(&ScriptedError(5)));
        assert_eq!(heard.into_inner().unwrap(), [(Failed, Some(ScriptedError(5).to_string()))]);
    }
}

/// `bracketCaseMustAlwaysRun..ReleaseError`: the value of the use is lost to `scope`, and not to `report`.
#[test]
fn an_error_of_the_release_is_the_error_of_the_scope() {
    for pending in [0, 1] {
        let ledger = Ledger::new();
        let script = Script { enter: READY, exit: Step::error().pending(pending) };
        let error = block_on(ledger.member(0, script).scope(async |_| Ok::<_, ScopeError>(7))).unwrap_err();
        assert_eq!((error.kind(), failed(error.failures())), (ScopeErrorKind::Exit, vec![(Phase::Exit, 0)]));
        let report = block_on(Scope::new(ledger.member(0, script)).report(async |_| Ok::<_, ()>(7)));
        assert_eq!((report.body, failed(&report.failures)), (Some(Ok(7)), vec![(Phase::Exit, 0)]));
    }
}

/// `bracketCaseMustCompose..UseAnd..ReleaseError`: each at once, or later.
#[test]
fn an_error_of_the_use_comes_before_that_of_the_release() {
    for (used, released) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let ledger = Ledger::new();
        let member = ledger.member(0, Script { enter: READY, exit: Step::error().pending(released) });
        let scope = member.scope(async |_| {
            ledger.pend(used).await;
            Err::<(), BoxError>(ScriptedError(9).into())
        });
        let error = block_on(scope).unwrap_err().downcast::<ScopeError>().unwrap();
        assert_eq!(error.kind(), ScopeErrorKind::BodyAndExit);
        assert_eq!(error.body().unwrap().downcast_ref(), Some(&ScriptedError(9)));
        assert_eq!(failed(error.failures()), [(Phase::Exit, 0)]);
        assert_eq!(told(&ledger), [(0, Failed)]);
    }
}

/// `addsSuppressedErrors`: behind the error of the use, those of the releases, in the order of release.
#[test]
fn errors_of_releases_stand_behind_that_of_the_use() {
    let heard = Heard::default();
    let used = block_on(ExitStack::new().scope(async |stack| {
        let up = stack.adopt(true, async |_, _| Err("the first one is stuck".into()));
        stack.enter(hears(&heard)).await?;
        stack.defer(async |_| Err("the second one is stuck".into()));
        assert!(*up);
        Err::<(), BoxError>("no use".into())
    }));
    let wanted = "no use; could not exit [2] Defer: the second one is stuck; \
                  could not exit [0] Adopt: the first one is stuck";
    assert_eq!(used.unwrap_err().to_string(), wanted);
    assert_eq!(heard.into_inner().unwrap(), [(Failed, Some("no use".to_owned()))]);
}

/// `addsSuppressedErrorsFromReleasers`: where the use went well, the release that failed first is the error.
#[test]
fn errors_of_releases_stand_behind_the_first_of_them() {
    let heard = Heard::default();
    let members = in_order((fails("the first one is stuck"), hears(&heard), fails("the last one is stuck")));
    let error = block_on(members.scope(async |_| Ok::<_, ScopeError>(()))).unwrap_err();
    assert_eq!(error.failures().first().unwrap().error().to_string(), "the last one is stuck");
    assert!(error.to_string().starts_with("could not exit [2] Defer: the last one is stuck; "));
    assert_eq!(error.failures().len(), 2);
    assert_eq!(heard.into_inner().unwrap(), [(Completed, None)], "what is told was fixed before");
}

// `blowBracketOnFatal`, `blowTheScopeOnFatal`: there, a fatal error releases nothing, and what was thrown before it is
// gone. A panic is no such thing: all are released, and then it resumes.

fn panic_of<T>(scope: impl Future<Output = T>) -> &'static str {
    let panicked = catch_unwind(AssertUnwindSafe(|| drop(block_on(scope))));
    panicked.unwrap_err().downcast_ref::<&'static str>().expect("it panics with a text")
}

#[test]
fn a_panic_of_the_use_releases_all_and_resumes() {
    let heard = Heard::default();
    let members = (hears(&heard), fails("the other one is stuck"));
    let used = members.scope(async |_| -> Result<(), BoxError> { resume_unwind(Box::new("out of cheese")) });
    assert_eq!(panic_of(used), "out of cheese");
    assert_eq!(heard.into_inner().unwrap(), [(Panicked, None)]);
}

#[test]
fn a_panic_of_a_release_lets_the_others_be_released_and_resumes() {
    let heard = Heard::default();
    let panics = || defer(async |_| resume_unwind(Box::new("out of cheese")));
    let used = in_order((hears(&heard), panics(), hears(&heard), fails("the last one is stuck")));
    assert_eq!(panic_of(used.scope(async |_| Err::<(), BoxError>("no use".into()))), "out of cheese");
    let told = (Failed, Some("no use".to_owned()));
    assert_eq!(*heard.lock().unwrap(), [told.clone(), told]);
    let report = block_on(Scope::new((panics(), fails("stuck"))).report(async |_| Ok::<_, ()>(7)));
    assert_eq!((report.body, report.failures.len()), (Some(Ok(7)), 2), "a report loses nothing");
}

#[test]
fn a_panic_of_an_acquire_releases_what_was_acquired_and_resumes() {
    let heard = Heard::default();
    let panics = resource(async || resume_unwind(Box::new("out of cheese")), async |(), _| Ok(()));
    let members = (hears(&heard), panics, adopt((), async |(), _| Ok(())));
    assert_eq!(panic_of(members.scope(async |_| Ok::<_, BoxError>(()))), "out of cheese");
    assert_eq!(heard.into_inner().unwrap(), [(Panicked, None)]);
}
