//! What an exit can find out about the error that ended the scope (law `same-outcome`).

use super::{Server, Trouble};
use std::convert::Infallible;
use std::fmt::Debug;
use withal::{BoxError, Cause, Outcome, Resource, ResourceExt, Scope, ScopeError};
use withal_common::{Log, run};

/// What members were told, in the words of those who looked.
#[derive(Clone, Default)]
struct Told(Log);

impl Told {
    /// A member that looks at what its exit is told.
    fn member(&self, look: fn(Cause<'_>) -> String) -> Curious {
        Curious { look, told: self.clone() }
    }

    /// What one member and another, in a group of its own, were told, which is the same.
    fn both(&self) -> String {
        let [one, other]: [String; 2] = self.0.take().try_into().unwrap();
        assert_eq!(one, other);
        one
    }
}

struct Curious {
    look: fn(Cause<'_>) -> String,
    told: Told,
}

impl Resource for Curious {
    type Guard = ();
    type Error = Infallible;

    async fn enter(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    async fn exit(&mut self, (): (), outcome: Outcome<'_>) -> Result<(), Infallible> {
        let told = match outcome {
            Outcome::Failed(cause) => format!("Failed: {}", (self.look)(cause)),
            Outcome::EnterFailed(cause) => format!("EnterFailed: {}", (self.look)(cause)),
            other => format!("{other:?}"),
        };
        self.told.0.add(told);
        Ok(())
    }
}

/// What members find who look at a body's error.
fn of_body<E: Debug + Send + Sync + 'static>(error: E, look: fn(Cause<'_>) -> String) -> String {
    let told = Told::default();
    let group = (told.member(look), [told.member(look)]);
    let report = run(Scope::new(group).report(async |_| Err::<(), _>(error)));
    assert!(report.failures.is_empty());
    told.both()
}

/// What members find who look at why the body never ran.
fn of_enter(failing: impl Resource, look: fn(Cause<'_>) -> String) -> String {
    let told = Told::default();
    let group = (told.member(look), failing, [told.member(look)]);
    run(group.scope(async |_| Ok::<_, ScopeError>(()))).unwrap_err();
    told.both()
}

fn trouble(cause: Cause<'_>) -> String {
    format!("{:?}", cause.downcast_ref::<Trouble>())
}

#[test]
fn same_outcome_in_words() {
    assert_eq!(of_body(Trouble("mine"), |cause| format!("{cause:?}")), "Failed: Trouble(\"mine\")");
    let failing = Server::refuses(Trouble("theirs"));
    assert_eq!(of_enter(failing, |cause| format!("{cause:?}")), "EnterFailed: Trouble(\"theirs\")");
    assert_eq!(format!("{:?}", Outcome::Completed), "Completed");
}

#[test]
fn same_outcome_with_the_bodys_own_error() {
    assert_eq!(of_body(Trouble("mine"), trouble), "Failed: Some(Trouble(\"mine\"))");
    assert_eq!(of_body(Box::new(Trouble("mine")), trouble), "Failed: Some(Trouble(\"mine\"))");
    assert_eq!(of_body(BoxError::from(Trouble("mine")), trouble), "Failed: Some(Trouble(\"mine\"))");
    assert_eq!(of_body("a text", trouble), "Failed: None");
}

/// `anyhow::Error` is no `Error` itself: it is found as what it is, and then asked for what it holds.
#[test]
fn same_outcome_with_the_bodys_anyhow() {
    let look = |cause: Cause<'_>| {
        assert!(cause.downcast_ref::<Trouble>().is_none());
        assert!(cause.body::<Trouble>().is_none());
        format!("{:?}", cause.body::<anyhow::Error>().and_then(|error| error.downcast_ref::<Trouble>()))
    };
    assert_eq!(of_body(anyhow::Error::new(Trouble("mine")), look), "Failed: Some(Trouble(\"mine\"))");
}

#[test]
fn same_outcome_with_the_earliest_members_error() {
    assert_eq!(of_enter(Server::refuses(Trouble("theirs")), trouble), "EnterFailed: Some(Trouble(\"theirs\"))");
    let boxed = Server::refuses(BoxError::from(Trouble("boxed")));
    assert_eq!(of_enter(boxed, trouble), "EnterFailed: Some(Trouble(\"boxed\"))");
    let several = (Server::refuses(Trouble("late")).after(1), [Server::refuses(Trouble("early"))]);
    assert_eq!(of_enter(several, trouble), "EnterFailed: Some(Trouble(\"early\"))");
    let body = |cause: Cause<'_>| format!("{:?}", cause.body::<Trouble>());
    assert_eq!(of_enter(Server::refuses(Trouble("theirs")), body), "EnterFailed: None");
}

/// A body that stays on its thread does not lend its error to exits, which are `Send`.
#[test]
fn same_outcome_under_scope_local_is_opaque() {
    let told = Told::default();
    let look = |cause: Cause<'_>| {
        assert!(cause.downcast_ref::<ScopeError>().is_none());
        assert!(cause.body::<anyhow::Error>().is_none());
        format!("{cause:?}")
    };
    let group = (told.member(look), [told.member(look)]);
    let error = run(group.scope_local(async |_| Err::<(), _>(anyhow::Error::new(Trouble("mine"))))).unwrap_err();
    assert_eq!(error.downcast::<Trouble>().unwrap(), Trouble("mine"));
    assert_eq!(told.both(), "Failed: anyhow::Error");
}

/// A member's error is `Send` under any scope.
#[test]
fn same_outcome_under_scope_local_of_a_failed_enter() {
    let told = Told::default();
    let group = (told.member(trouble), Server::refuses(Trouble("theirs")), told.member(trouble));
    run(group.scope_local(async |_| anyhow::Ok(()))).unwrap_err();
    assert_eq!(told.both(), "EnterFailed: Some(Trouble(\"theirs\"))");
}
