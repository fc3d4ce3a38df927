//! Law `nothing-lost`: every failure is in the text. Law `first-is-first`: the earliest stands first in the text, while
//! `iter()` is in member order.

use super::{Server, Trouble, lines};
use withal::{Failures, Outcome, Phase, Resource, ResourceExt, Scope, ScopeError, ScopeErrorKind};
use withal_common::run;

/// What a scope over this tells when its body succeeds.
fn error_of(resource: impl Resource) -> ScopeError {
    run(resource.scope(async |_| Ok::<_, ScopeError>(()))).unwrap_err()
}

#[test]
fn nothing_lost_of_one_failure() {
    let group = || (Server::sound(), Server::refuses(Trouble("connection refused")));
    let error = error_of(group());
    assert_eq!(error.kind(), ScopeErrorKind::Enter);
    assert_eq!(error.to_string(), "could not enter [1] Server: connection refused");
    assert_eq!(
        format!("{error:?}"),
        "ScopeError { kind: Enter, failures: \
         [Failure { path: [1], name: \"Server\", phase: Enter, error: Trouble(\"connection refused\") }] }"
    );

    let report = run(Scope::new(group()).report(async |_| Ok::<u32, Trouble>(1)));
    assert_eq!(report.failures.to_string(), "could not enter [1] Server: connection refused");
    assert_eq!(
        format!("{:?}", report.failures),
        "[Failure { path: [1], name: \"Server\", phase: Enter, error: Trouble(\"connection refused\") }]"
    );
    assert_eq!(
        format!("{report:?}"),
        "Report { body: None, panic: None, failures: \
         [Failure { path: [1], name: \"Server\", phase: Enter, error: Trouble(\"connection refused\") }], \
         cancelled: false, suppressed: false }"
    );
}

/// A lone resource has no place in a group, and so no brackets.
#[test]
fn nothing_lost_of_a_lone_resource() {
    let error = error_of(Server::sticks(Trouble("the lock is stuck")));
    assert_eq!(error.kind(), ScopeErrorKind::Exit);
    assert_eq!(error.to_string(), "could not exit Server: the lock is stuck");
    let first = error.failures().first().unwrap();
    assert!(first.path().is_empty());
    assert_eq!((first.name(), first.phase()), ("Server", Phase::Exit));
    assert_eq!(
        format!("{first:?}"),
        "Failure { path: [], name: \"Server\", phase: Exit, error: Trouble(\"the lock is stuck\") }"
    );
}

#[test]
fn first_is_first_of_several() {
    let error = error_of(vec![
        Server::refuses(Trouble("late")).after(2),
        Server::refuses(Trouble("latest")).after(3),
        Server::sound(),
        Server::refuses(Trouble("early")).after(1),
    ]);
    assert_eq!(
        error.to_string(),
        "could not enter [3] Server: early; could not enter [0] Server: late; could not enter [1] Server: latest"
    );
    assert_eq!(error.failures().first().unwrap().path(), [3]);
    assert_eq!(
        lines(error.failures()),
        ["could not enter [0] Server: late", "could not enter [1] Server: latest", "could not enter [3] Server: early",]
    );
}

#[test]
fn first_is_first_across_nested_groups() {
    let error = error_of((
        [Server::sound(), Server::sound(), Server::refuses(Trouble("late")).after(2)],
        (Server::sound(), vec![Server::refuses(Trouble("early")).after(1)]),
    ));
    assert_eq!(error.to_string(), "could not enter [1, 1, 0] Server: early; could not enter [0, 2] Server: late");
    assert_eq!(
        lines(error.failures()),
        ["could not enter [0, 2] Server: late", "could not enter [1, 1, 0] Server: early"]
    );
    assert_eq!(format!("{error:?}").matches("path: [0, 2]").count(), 1);
}

/// What cannot be exited while the scope is rolled back is told behind what began it, of the same kind.
#[test]
fn first_is_first_when_a_roll_back_fails() {
    let error = error_of((Server::sticks(Trouble("stuck")), Server::refuses(Trouble("refused"))));
    assert_eq!(error.kind(), ScopeErrorKind::Enter);
    assert_eq!(error.to_string(), "could not enter [1] Server: refused; could not exit [0] Server: stuck");
    assert_eq!(lines(error.failures()), ["could not exit [0] Server: stuck", "could not enter [1] Server: refused"]);
}

/// `Box`, `Option` and `&mut` leave no trace in path and name.
#[test]
fn nothing_lost_through_forwarding_members() {
    let mut third = Server::refuses(Trouble("third"));
    let mut group = (
        Box::new(Server::refuses(Trouble("first"))),
        Some(Server::refuses(Trouble("second"))),
        &mut third,
        Box::new((None::<Server>, Server::refuses(Trouble("fifth")))),
    );
    let fast = error_of((&mut group).fail_fast());
    assert_eq!(fast.to_string(), "could not enter [0] Server: first", "a policy adds no index either");
    assert_eq!(
        error_of(group).to_string(),
        "could not enter [1] Server: second; could not enter [2] Server: third; could not enter [3, 1] Server: fifth",
        "the first has failed once and is sound now"
    );
}

/// A member that gave itself a name.
struct Database(Server);

impl Resource for Database {
    type Guard = u32;
    type Error = Trouble;

    async fn enter(&mut self) -> Result<u32, Trouble> {
        self.0.enter().await
    }

    async fn exit(&mut self, guard: u32, outcome: Outcome<'_>) -> Result<(), Trouble> {
        self.0.exit(guard, outcome).await
    }

    fn name(&self) -> &'static str {
        "the orders' database"
    }
}

#[test]
fn first_is_first_with_member_name_and_phase() {
    let error = error_of((Server::sound(), Database(Server::sticks(Trouble("two rows are locked")))));
    assert_eq!(error.to_string(), "could not exit [1] the orders' database: two rows are locked");
    let first = error.failures().first().unwrap();
    assert_eq!((first.path(), first.name(), first.phase()), (&[1][..], "the orders' database", Phase::Exit));
}

/// The name of a type goes without its path, also where that begins with `<`: in a method of a trait.
#[test]
fn first_is_first_with_the_name_of_a_type_anywhere() {
    trait Start {
        fn start(self) -> ScopeError;
    }
    impl Start for Server {
        fn start(self) -> ScopeError {
            struct Starting(Server);
            impl Resource for Starting {
                type Guard = u32;
                type Error = Trouble;
                async fn enter(&mut self) -> Result<u32, Trouble> {
                    self.0.enter().await
                }
                async fn exit(&mut self, guard: u32, outcome: Outcome<'_>) -> Result<(), Trouble> {
                    self.0.exit(guard, outcome).await
                }
            }
            error_of([Starting(self)])
        }
    }
    assert_eq!(Server::refuses(Trouble("refused")).start().to_string(), "could not enter [0] Starting: refused");
}

#[test]
fn nothing_lost_of_body_and_exit() {
    let group = || (Server::sound(), Server::sticks(Trouble("the lock is stuck")));
    let error = run(group().scope(async |_| Err::<(), withal::BoxError>(Trouble("no such order").into()))).unwrap_err();
    let error = error.downcast::<ScopeError>().unwrap();
    assert_eq!(error.kind(), ScopeErrorKind::BodyAndExit);
    assert_eq!(error.to_string(), "no such order; could not exit [1] Server: the lock is stuck");
    assert_eq!(
        format!("{error:?}"),
        "ScopeError { kind: BodyAndExit, body: Trouble(\"no such order\"), failures: \
         [Failure { path: [1], name: \"Server\", phase: Exit, error: Trouble(\"the lock is stuck\") }] }"
    );

    let report = run(Scope::new(group()).report(async |_| Err::<(), _>(Trouble("no such order"))));
    assert_eq!(
        format!("{report:?}"),
        "Report { body: Some(Err(Trouble(\"no such order\"))), panic: None, failures: \
         [Failure { path: [1], name: \"Server\", phase: Exit, error: Trouble(\"the lock is stuck\") }], \
         cancelled: false, suppressed: false }"
    );
}

/// An error of a body that stays on its thread is kept as its `Debug` text.
#[test]
fn nothing_lost_of_a_local_body_but_its_type() {
    #[derive(Debug)]
    enum Lost {
        Key(#[expect(dead_code, reason = "read by `Debug`")] std::rc::Rc<str>),
        Scope(ScopeError),
    }
    impl From<ScopeError> for Lost {
        fn from(error: ScopeError) -> Self {
            Self::Scope(error)
        }
    }

    let body = async |_: &mut u32| Err::<(), _>(Lost::Key("k1".into()));
    let Err(Lost::Scope(error)) = run(Server::sticks(Trouble("stuck")).scope_local(body)) else {
        panic!("an exit failed too")
    };
    assert_eq!(error.kind(), ScopeErrorKind::BodyAndExit);
    assert_eq!(error.to_string(), "Key(\"k1\"); could not exit Server: stuck");
    assert_eq!(error.body().unwrap().to_string(), "Key(\"k1\")");

    let error = run(Server::sound().scope_local(body)).unwrap_err();
    assert!(matches!(error, Lost::Key(_)), "with clean exits it comes back as it is");
}

#[test]
fn nothing_lost_is_nothing_said() {
    assert_eq!(Failures::default().to_string(), "no failures");
    let report = run(Scope::new(Server::sound()).report(async |guard| Ok::<_, Trouble>(*guard)));
    assert!(report.is_clean());
    assert_eq!(
        format!("{report:?}"),
        "Report { body: Some(Ok(1)), panic: None, failures: [], cancelled: false, suppressed: false }"
    );
}

#[test]
fn nothing_lost_but_nothing_failed() {
    let cancelled = Scope::new(Server::<Trouble>::sound()).until(std::future::ready(()));
    let error = run(cancelled.run(async |_| Ok::<(), ScopeError>(()))).unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (ScopeErrorKind::Cancelled, "the scope was cancelled"));
}

/// Clean is what has nothing to tell: any one thing is enough.
#[test]
fn nothing_lost_where_a_report_is_clean() {
    let clean = || run(Scope::new(Server::<Trouble>::sound()).report(async |_| Ok::<_, Trouble>(1)));
    assert!(clean().is_clean());
    let mut report = clean();
    report.body = Some(Err(Trouble("no luck")));
    assert!(!report.is_clean());
    report = clean();
    report.body = None;
    assert!(!report.is_clean());
    report = clean();
    report.panic = Some(Box::new("no luck"));
    assert!(!report.is_clean());
    report = clean();
    report.cancelled = true;
    assert!(!report.is_clean());
    report = clean();
    report.failures = error_of(Server::sticks(Trouble("stuck"))).into_failures();
    assert!(!report.is_clean());
}
