//! Law `nothing-lost`: a panic is told as a failure, with its message and its payload. Law `panic-last`: `run` resumes
//! it with the same payload.

use super::{Server, Trouble, lines};
use std::any::Any;
use std::convert::Infallible;
use withal::{MemberPanic, Outcome, Resource, ResourceExt, Scope};
use withal_common::{caught, quiet_panic, run};

/// A member that panics in one phase.
struct Bomb {
    enter: fn(),
    exit: fn(),
}

impl Resource for Bomb {
    type Guard = ();
    type Error = Infallible;

    async fn enter(&mut self) -> Result<(), Infallible> {
        (self.enter)();
        Ok(())
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), Infallible> {
        (self.exit)();
        Ok(())
    }
}

fn nothing() {}

fn report(resource: impl Resource) -> withal::Report<(), Infallible> {
    run(Scope::new(resource).report(async |_| Ok::<_, Infallible>(())))
}

#[test]
fn nothing_lost_of_an_enter_that_panics() {
    let report = report((Server::sound(), Bomb { enter: || panic!("boom"), exit: nothing }));
    assert_eq!(report.failures.to_string(), "could not enter [1] Bomb: panicked: boom");
    assert_eq!(
        format!("{report:?}"),
        "Report { body: None, panic: None, failures: \
         [Failure { path: [1], name: \"Bomb\", phase: Enter, error: MemberPanic(\"boom\") }], cancelled: false, suppressed: false }"
    );
}

#[test]
fn nothing_lost_of_exits_that_panic() {
    let report = report([
        Bomb { enter: nothing, exit: || quiet_panic("bay 1".to_owned()) },
        Bomb { enter: nothing, exit: nothing },
        Bomb { enter: nothing, exit: || quiet_panic(7) },
    ]);
    assert_eq!(
        report.failures.to_string(),
        "could not exit [2] Bomb: panicked: a payload that is no text; could not exit [0] Bomb: panicked: bay 1",
        "exits start in reverse"
    );
    assert_eq!(report.body, Some(Ok(())));
    let payloads: Vec<_> = report.failures.into_iter().map(|failure| payload(failure.into_error())).collect();
    assert_eq!(payloads[0].downcast_ref::<String>().unwrap(), "bay 1");
    assert_eq!(payloads[1].downcast_ref::<i32>(), Some(&7));
}

fn payload(error: withal::BoxError) -> Box<dyn Any + Send> {
    error.downcast::<MemberPanic>().unwrap().into_payload()
}

#[test]
fn nothing_lost_of_panic_and_error() {
    let report = report((Bomb { enter: nothing, exit: || panic!("boom") }, Server::refuses(Trouble("refused"))));
    assert_eq!(
        lines(&report.failures),
        ["could not exit [0] Bomb: panicked: boom", "could not enter [1] Server: refused"]
    );
}

/// Who asks for a report can do as `run` does, when all else is done: the earliest panic resumes.
#[test]
fn panic_last_out_of_a_report() {
    let failures = report((
        Bomb { enter: nothing, exit: || quiet_panic(1) },
        Server::refuses(Trouble("refused")),
        Bomb { enter: nothing, exit: || quiet_panic(2) },
    ))
    .failures;
    assert_eq!(failures.len(), 3);
    let payload = caught(|| failures.resume_panic()).unwrap();
    assert_eq!(payload.downcast_ref::<i32>(), Some(&2), "exits start in reverse");

    let failures = report(Server::refuses(Trouble("refused"))).failures.resume_panic();
    assert_eq!(failures.to_string(), "could not enter Server: refused", "nobody panicked, and nothing is lost");
    assert!(withal::Failures::default().resume_panic().is_empty());
}

/// The body's panic is no member's failure; it has a place of its own in the report.
#[test]
fn nothing_lost_of_a_body_that_panics() {
    let body = async |_: &mut u32| -> Result<(), Infallible> { panic!("boom") };
    let report = run(Scope::new(Server::sticks(Trouble("stuck"))).report(body));
    assert_eq!(
        format!("{report:?}"),
        "Report { body: None, panic: Some(\"boom\"), failures: \
         [Failure { path: [], name: \"Server\", phase: Exit, error: Trouble(\"stuck\") }], cancelled: false, suppressed: false }"
    );
    assert_eq!(report.panic.unwrap().downcast_ref(), Some(&"boom"));
}

#[test]
fn panic_last_resumes_the_payload() {
    let bomb = Bomb { enter: || quiet_panic(7), exit: nothing };
    let payload = caught(|| run(bomb.scope(async |()| anyhow::Ok(())))).unwrap();
    assert_eq!(payload.downcast_ref::<i32>(), Some(&7));
}

#[test]
fn nothing_lost_of_a_panic_as_an_error() {
    let report = report(Bomb { enter: || panic!("boom"), exit: nothing });
    let error = report.failures.into_iter().next().unwrap().into_error();
    assert_eq!((error.to_string(), format!("{error:?}")), ("panicked: boom".into(), "MemberPanic(\"boom\")".into()));
    assert!(error.source().is_none());
    assert_eq!(error.downcast::<MemberPanic>().unwrap().message(), "boom");
}
