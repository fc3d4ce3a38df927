//! What is recorded: the outcome on exits and on the scope, and the error on what failed.

use crate::layer::Log;
use crate::world::{barred, member, once, quiet, ready, run, slow, stuck};
use std::future::{pending, ready as now};
use std::pin::Pin;
use std::task::{Context, Poll};
use withal::testing::{READY, Step};
use withal::{BoxError, Outcome, Resource, ResourceExt, Scope};

const FAILS: &str = "member 0 fails, as scripted";
const PANICS: &str = "panicked: member 0 panics, as scripted";

/// What is recorded in a scope whose body is this.
fn recorded<R: Resource>(members: R, body: impl FnOnce() -> Result<(), BoxError> + Send) -> Vec<String> {
    quiet();
    let log = Log::of(|_| {
        // Not `run`: that would resume the panics.
        drop(run(Scope::new(members).report(async |_| body())));
    });
    let exits = log.that(&["new exit"]).into_iter();
    let told = exits.map(|line| line.split(' ').filter(|word| word.contains("outcome=")).collect::<String>());
    told.chain(log.recorded()).collect()
}

#[expect(clippy::unnecessary_wraps, reason = "it stands for a body")]
fn well() -> Result<(), BoxError> {
    Ok(())
}

#[test]
fn completed() {
    assert_eq!(recorded(slow("a"), well), ["outcome=Completed", "scope a outcome=Completed"]);
}

/// It is no error.
#[derive(Debug)]
struct Coded {
    #[expect(dead_code, reason = "for `Debug`")]
    code: u8,
}

#[test]
fn failed() {
    let told = ["outcome=Failed", "scope a outcome=Failed"].map(str::to_owned);
    let with = |error: &str| [&told[..], &[format!("scope a error={error}")]].concat();
    assert_eq!(recorded(ready("a"), || Err("no luck".into())), with("no luck"));

    let body = async |_: &mut _| Err::<(), _>(Coded { code: 7 });
    let log = Log::of(|_| drop(run(Scope::new(ready("a")).report(body))));
    assert_eq!(log.recorded()[1..], with("Coded { code: 7 }")[2..]);
}

/// Under `scope_local` the error stays where it is.
#[test]
fn failed_locally() {
    let log = Log::of(|_| {
        run(ready("a").scope_local(async |_| Err::<(), _>(withal::BoxError::from("no luck")))).unwrap_err();
    });
    let type_name = std::any::type_name::<BoxError>();
    assert_eq!(log.recorded(), ["scope a outcome=Failed".to_owned(), format!("scope a error={type_name}")]);
}

#[cfg(feature = "anyhow")]
#[test]
fn an_anyhow_error_is_told_with_its_causes() {
    let log = Log::of(|_| {
        run(ready("a").scope(async |_| Err::<(), _>(anyhow::anyhow!("the disk").context("no luck")))).unwrap_err();
    });
    assert_eq!(log.recorded()[1], "scope a error=no luck: the disk");
}

#[test]
fn enter_failed() {
    let expected = [
        "outcome=EnterFailed",
        &format!("enter [1] error={FAILS}"),
        "scope tuple outcome=EnterFailed",
        &format!("scope tuple error=could not enter [1] b: {FAILS}"),
    ];
    assert_eq!(recorded((ready("a"), barred("b")), well), expected);
}

#[test]
fn exits_failed() {
    let expected = [
        "outcome=Completed",
        "outcome=Completed",
        &format!("exit [0] error={FAILS}"),
        &format!("exit [1] error={PANICS}"),
        "scope tuple outcome=Completed",
        &format!("scope tuple error=could not exit [1] b: {PANICS}; could not exit [0] a: {FAILS}"),
    ];
    assert_eq!(recorded((stuck("a"), member("b", READY, Step::panic())), well), expected);
}

#[test]
fn body_and_exit_failed() {
    let expected = [
        "outcome=Failed",
        &format!("exit [] error={FAILS}"),
        "scope a outcome=Failed",
        &format!("scope a error=no luck; could not exit a: {FAILS}"),
    ];
    assert_eq!(recorded(stuck("a"), || Err("no luck".into())), expected);
}

#[test]
fn panicked() {
    let body = || panic!("no luck, as scripted");
    let expected = ["outcome=Panicked", "scope a outcome=Panicked", "scope a error=panicked: no luck, as scripted"];
    assert_eq!(recorded(ready("a"), body), expected);

    let expected = [
        "outcome=Panicked",
        &format!("enter [1] error={PANICS}"),
        "scope tuple outcome=Panicked",
        &format!("scope tuple error=could not enter [1] b: {PANICS}"),
    ];
    assert_eq!(recorded((ready("a"), member("b", Step::panic(), READY)), well), expected);
}

#[test]
fn cancelled() {
    let cancelled = |log: &Log| assert_eq!(log.recorded(), ["scope a outcome=Cancelled"]);
    let log = Log::of(|_| {
        let forever = async |_: &mut _| pending::<anyhow::Result<()>>().await;
        run(Scope::new(ready("a")).until(once()).run(forever)).unwrap_err();
    });
    cancelled(&log);
    assert_eq!(log.that(&["new exit"]), ["new exit [] name=a outcome=Cancelled in scope a"]);

    let log = Log::of(|_| {
        run(Scope::new(ready("a")).until(now(())).run(async |_| anyhow::Ok(()))).unwrap_err();
    });
    cancelled(&log);
    assert_eq!(log.that(&["new enter"]), [""; 0]);
}

#[test]
fn late() {
    let expected = [
        "outcome=EnterFailed",
        "enter [1] error=its deadline has elapsed",
        "scope tuple outcome=EnterFailed",
        "scope tuple error=could not enter [1] b: its deadline has elapsed",
    ];
    let hangs = member("b", READY.pending(99), READY);
    assert_eq!(recorded((ready("a"), hangs).enter_within(once), well), expected);

    let expected = [
        "outcome=Completed",
        "outcome=Completed",
        "exit [1] error=its deadline has elapsed",
        "scope tuple outcome=Completed",
        "scope tuple error=could not exit [1] b: its deadline has elapsed",
    ];
    let hangs = member("b", READY, READY.pending(99));
    assert_eq!(recorded((ready("a"), hangs).exit_within(once), well), expected);
}

/// An exit that has not begun by its deadline has no span; it is abandoned, and the scope tells why.
#[test]
fn late_before_it_began() {
    let log = Log::of(|_| {
        let members = (ready("a"), member("b", READY, READY.pending(99))).in_order().exit_within(once);
        run(members.scope(async |_| anyhow::Ok(()))).unwrap_err();
    });
    let expected = [
        "new exit [1] name=b outcome=Completed in scope tuple",
        "* abandoned [0] name=a in scope tuple",
        "exit [1] error=its deadline has elapsed",
        "scope tuple outcome=Completed",
        "scope tuple error=could not exit [1] b: its deadline has elapsed; could not exit [0] a: its deadline has elapsed",
    ];
    assert_eq!(log.that(&["new exit", "*", "exit", "scope"]), expected);
}

/// The words are those of the failures: after `map_err`.
#[test]
fn mapped() {
    let mapped = (stuck("a").map_err(|error| format!("sadly, {error}")), ready("b"));
    assert_eq!(recorded(mapped, well)[2], format!("exit [0] error=sadly, {FAILS}"));
}

/// An error, and then a panic when the future is dropped.
struct Twice;

impl Future for Twice {
    type Output = Result<(), &'static str>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Err("no luck"))
    }
}

impl Drop for Twice {
    fn drop(&mut self) {
        panic!("the drop, as scripted");
    }
}

impl Resource for Twice {
    type Guard = ();
    type Error = &'static str;

    fn enter(&mut self) -> impl Future<Output = Result<(), &'static str>> + Send {
        Twice
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), &'static str> {
        Ok(())
    }
}

#[test]
fn twice() {
    // The resource itself is not to be dropped.
    let errors = recorded(vec![Box::leak(Box::new(Twice))], well);
    assert_eq!(errors[0], "enter [0] error=no luck; panicked: the drop, as scripted");
}
