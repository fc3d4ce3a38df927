//! Bodies that do to the guards what they should not: a clear failure, and every other member is exited. Laws
//! `exactly-once`, `no-exit-cut`, `nothing-lost`.

use withal::{Report, Resource, ResourceExt, Scope, ScopeError, ScopeErrorKind};
use withal_common::{Log, Member, poll, run};

fn text<T, E>(report: &Report<T, E>) -> String {
    report.failures.to_string()
}

#[test]
fn no_exit_cut_when_a_guard_is_popped() {
    let log = Log::default();
    let members = vec![log.slow(0), log.slow(1), log.slow(2)];
    let report = run(Scope::new(members).report(async |guards| Ok::<_, ScopeError>(guards.pop())));
    assert_eq!(
        text(&report),
        "could not exit [2] Member: the body took its guard away, so there was nothing to exit it with"
    );
    assert_eq!(report.body.unwrap().unwrap(), Some(2), "the body's value is there all the same");
    assert_eq!(log.take()[3..], ["exit 1, Completed", "exit 0, Completed"]);

    let error = run(vec![log.slow(0)].scope(async |guards| {
        guards.clear();
        Ok::<_, ScopeError>(())
    }))
    .unwrap_err();
    assert_eq!(error.kind(), ScopeErrorKind::Exit);
}

#[test]
fn no_exit_cut_when_all_guards_are_taken() {
    let log = Log::default();
    let members = (log.slow(9), vec![(log.slow(0),), (log.slow(1),)]);
    let report = run(Scope::new(members).report(async |(_, guards)| Ok::<_, ScopeError>(std::mem::take(guards))));
    assert_eq!(
        report.failures.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "could not exit [1, 0, 0] Member: the body took its guard away, so there was nothing to exit it with",
            "could not exit [1, 1, 0] Member: the body took its guard away, so there was nothing to exit it with",
        ]
    );
    assert_eq!(log.take()[3..], ["exit 9, Completed"]);
}

#[test]
fn no_exit_cut_when_a_guard_is_added() {
    let log = Log::default();
    let members = (log.slow(9), vec![log.slow(0)]);
    let report = run(Scope::new(members).report(async |(_, guards)| {
        guards.extend([100, 101]);
        Ok::<_, ScopeError>(())
    }));
    assert_eq!(
        text(&report),
        "could not exit [1] Vec: the body left a guard that belongs to no member; it was dropped; \
         could not exit [1] Vec: the body left a guard that belongs to no member; it was dropped"
    );
    assert_eq!(log.take()[2..], ["exit 9, Completed", "exit 0, Completed"]);
}

#[test]
fn no_exit_cut_when_an_option_is_taken() {
    let log = Log::default();
    let members = [Some(log.slow(0)), Some(log.slow(1)), None];
    let report = run(Scope::new(members).report(async |guards| Ok::<_, ScopeError>(guards[0].take())));
    assert_eq!(
        text(&report),
        "could not exit [0] Member: the body took its guard away, so there was nothing to exit it with"
    );
    assert_eq!(log.take()[2..], ["exit 1, Completed"]);
}

#[test]
fn no_exit_cut_when_an_option_is_filled() {
    let log = Log::default();
    let members = [Some(log.slow(0)), None];
    let report = run(Scope::new(members).report(async |guards| {
        guards[1] = Some(100);
        Ok::<_, ScopeError>(())
    }));
    assert_eq!(
        text(&report),
        "could not exit [1] Member: the body left a guard that belongs to no member; it was dropped"
    );
    assert_eq!(log.take()[1..], ["exit 0, Completed"]);
}

/// What is missing has no name of its own; it is called what such a group is called.
#[test]
fn no_exit_cut_when_a_groups_option_is_filled() {
    let log = Log::default();
    let members = (log.slow(9), None::<(Member, Member)>, None::<[Member; 2]>);
    let report = run(Scope::new(members).report(async |(_, pair, array)| {
        *pair = Some((100, 101));
        *array = Some([102, 103]);
        Ok::<_, ScopeError>(())
    }));
    assert_eq!(
        report.failures.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "could not exit [1] tuple: the body left a guard that belongs to no member; it was dropped",
            "could not exit [2] array: the body left a guard that belongs to no member; it was dropped",
        ]
    );
    assert_eq!(log.take()[1..], ["exit 9, Completed"]);
}

/// A group in an `Option`: taken, it leaves every member of it without a guard.
#[test]
fn no_exit_cut_when_a_groups_option_is_taken() {
    let log = Log::default();
    let members = (log.slow(9), Some((log.slow(0), log.slow(1))));
    let report = run(Scope::new(members).report(async |(_, pair)| Ok::<_, ScopeError>(pair.take())));
    let paths: Vec<_> = report.failures.iter().map(withal::Failure::path).collect();
    assert_eq!(paths, [[1, 0], [1, 1]]);
    assert_eq!(log.take()[3..], ["exit 9, Completed"]);
}

/// Also when the body ends in an error, or in a panic.
#[test]
fn no_exit_cut_when_the_body_fails_too() {
    let log = Log::default();
    let members = || vec![log.slow(0), log.slow(1)];
    let error = run(members().scope(async |guards| -> anyhow::Result<()> {
        guards.pop();
        anyhow::bail!("mine")
    }));
    assert_eq!(
        error.unwrap_err().to_string(),
        "mine; could not exit [1] Member: the body took its guard away, so there was nothing to exit it with"
    );
    assert_eq!(log.take()[2..], ["exit 0, Failed"]);

    let report = run(Scope::new(members()).report(async |guards| -> Result<(), ScopeError> {
        guards.pop();
        panic!("boom")
    }));
    assert!(report.panic.is_some());
    assert_eq!(report.failures.len(), 1);
    assert_eq!(log.take()[2..], ["exit 0, Panicked"]);
}

/// A guard that is replaced by one of the body's own goes to the exit: it cannot be told from the first.
#[test]
fn exactly_once_with_a_guard_of_the_bodys_own() {
    let log = Log::default();
    run((log.slow(0), vec![log.slow(1), log.slow(2)]).scope(async |(first, rest)| {
        *first = 100;
        rest.swap(0, 1);
        anyhow::Ok(())
    }))
    .unwrap();
    assert_eq!(log.take()[3..], ["exit 100, Completed", "exit 2, Completed", "exit 1, Completed"]);
}

/// Law `drop-any-time`: what is left of the guards is abandoned.
#[test]
fn drop_any_time_after_a_guard_is_popped() {
    let log = Log::default();
    let members = vec![log.quick(0), log.quick(1), log.quick(2)];
    let mut scope = Box::pin(members.scope(async |guards| {
        guards.pop();
        std::future::pending().await
    }));
    let polled: std::task::Poll<anyhow::Result<()>> = poll(scope.as_mut());
    assert!(polled.is_pending());
    drop(scope);
    assert_eq!(log.take()[3..], ["abandon 1", "abandon 0"]);
}

/// A guard that panics when it is dropped, where it belongs to no member.
#[test]
fn no_exit_cut_when_a_stray_guard_panics() {
    struct Fragile(bool);
    impl Drop for Fragile {
        fn drop(&mut self) {
            assert!(!self.0, "boom");
        }
    }
    struct Shelf;
    impl Resource for Shelf {
        type Guard = Fragile;
        type Error = String;
        async fn enter(&mut self) -> Result<Fragile, String> {
            Ok(Fragile(false))
        }
        async fn exit(&mut self, _: Fragile, _: withal::Outcome<'_>) -> Result<(), String> {
            Ok(())
        }
    }

    let log = Log::default();
    let report = run(Scope::new((log.slow(9), vec![Shelf])).report(async |(_, guards)| {
        guards.push(Fragile(true));
        Ok::<_, ScopeError>(())
    }));
    assert_eq!(
        text(&report),
        "could not exit [1] Vec: the body left a guard that belongs to no member; it was dropped; \
         could not exit [1] Vec: panicked: boom"
    );
    assert_eq!(log.take()[1..], ["exit 9, Completed"]);
}
