//! When spans are made, entered, exited and closed.

use crate::layer::Log;
use crate::world::{barred, member, once, poll, ready, run, slow};
use std::pin::pin;
use withal::testing::{READY, Step};
use withal::{ResourceExt, Scope};

/// One that is ready at once is entered when its future is made, when it is polled, and when it is dropped.
#[test]
fn a_scope_over_one() {
    let log = Log::of(|_| {
        run(ready("a").scope(async |_| anyhow::Ok(()))).unwrap();
    });
    let expected = [
        "new scope a name=a in -",
        "new enter [] name=a in scope a",
        "> enter []",
        "< enter []",
        "> enter []",
        "< enter []",
        "> enter []",
        "< enter []",
        "end enter []",
        "new body in scope a",
        "> body",
        "< body",
        "> body",
        "< body",
        "> body",
        "< body",
        "end body",
        "new exit [] name=a outcome=Completed in scope a",
        "> exit []",
        "< exit []",
        "> exit []",
        "< exit []",
        "> exit []",
        "< exit []",
        "end exit []",
        "scope a outcome=Completed",
        "end scope a",
    ];
    assert_eq!(log.lines(), expected);
}

/// The second pends: its span is exited whenever it does, and the first is over by then.
#[test]
fn poll_by_poll() {
    let enters_slowly = member("b", READY.pending(1), READY);
    Log::of(|log| {
        let mut scope = pin!((ready("a"), enters_slowly).scope(async |_| {
            once().await;
            anyhow::Ok(())
        }));
        log.news();
        assert!(poll(scope.as_mut()).is_pending());
        let started = ["new scope tuple name=tuple in -", "new enter [0] name=a in scope tuple"];
        assert_eq!(log.news()[..2], started);
        assert_eq!(log.open(), ["scope tuple", "enter [1]"]);

        assert!(poll(scope.as_mut()).is_pending());
        let entered = ["> enter [1]", "< enter [1]", "> enter [1]", "< enter [1]", "end enter [1]"];
        let body = ["new body in scope tuple", "> body", "< body", "> body", "< body"];
        assert_eq!(log.news(), [&entered[..], &body].concat());
        assert_eq!(log.open(), ["scope tuple", "body"]);

        assert!(poll(scope.as_mut()).is_ready());
        assert_eq!(
            log.news()[..6],
            [
                "> body",
                "< body",
                "> body",
                "< body",
                "end body",
                "new exit [1] name=b outcome=Completed in scope tuple"
            ]
        );
    });
}

/// Exits begin in reverse, and each span ends with its exit, not with the last one.
#[test]
fn spans_end_with_their_phase() {
    Log::of(|log| {
        let members = (member("a", READY, READY.pending(1)), member("b", READY, READY.pending(2)), ready("c"));
        let mut scope = pin!(members.scope(async |_| anyhow::Ok(())));
        assert!(poll(scope.as_mut()).is_pending());
        assert_eq!(log.open(), ["scope tuple", "exit [1]", "exit [0]"]);
        assert!(poll(scope.as_mut()).is_pending());
        assert_eq!(log.open(), ["scope tuple", "exit [1]"]);
        assert!(poll(scope.as_mut()).is_ready());
        assert_eq!(log.open(), [""; 0]);
    });
}

/// The span of an enter that failed waits for the words, which come when all enters have settled.
#[test]
fn a_failed_enter_ends_before_the_first_exit() {
    let log = Log::of(|_| {
        let members = (ready("a"), barred("b"), member("c", READY.pending(2), READY));
        run(members.scope(async |_| anyhow::Ok(()))).unwrap_err();
    });
    let expected = [
        "new enter [0] name=a in scope tuple",
        "end enter [0]",
        "new enter [1] name=b in scope tuple",
        "new enter [2] name=c in scope tuple",
        "end enter [2]",
        "enter [1] error=member 0 fails, as scripted",
        "end enter [1]",
        "new exit [2] name=c outcome=EnterFailed in scope tuple",
        "end exit [2]",
        "new exit [0] name=a outcome=EnterFailed in scope tuple",
        "end exit [0]",
    ];
    assert_eq!(log.that(&["new enter", "new exit", "enter", "end e"]), expected);
}

/// What `fail_fast` drops is over when it is dropped, and not when the others have settled.
#[test]
fn given_up() {
    Log::of(|log| {
        let hasty = (member("a", READY.pending(9), READY), member("b", Step::error().pending(1), READY)).fail_fast();
        let mut scope = pin!((hasty, member("c", READY.pending(5), READY)).scope(async |_| anyhow::Ok(())));
        while log.that(&["end enter [0, 0]"]).is_empty() {
            assert!(poll(scope.as_mut()).is_pending());
        }
        assert_eq!(log.open(), ["scope tuple", "enter [0, 1]", "enter [1]"]);
        assert_eq!(log.that(&["enter"]), [""; 0]);
    });
}

/// The result is there when the span is: whoever awaits the scope finds it closed.
#[test]
fn the_scope_ends_when_it_returns() {
    Log::of(|log| {
        let mut scope = Box::pin(Scope::new(slow("a")).run(async |_| anyhow::Ok(())));
        assert_eq!(log.lines(), [""; 0]);
        while poll(scope.as_mut()).is_pending() {
            assert_eq!(log.open()[0], "scope a");
        }
        assert_eq!(log.open(), [""; 0]);
        assert_eq!(log.lines().last().unwrap(), "end scope a");
    });
}
