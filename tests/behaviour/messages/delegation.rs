//! A user's own resource that delegates to a group: laws `nothing-lost` and `first-is-first`, through its hands.

use super::{Server, Trouble, lines};
use withal::{BoxError, Failures, Outcome, Phase, Resource, ResourceExt, ScopeError};
use withal_common::run;

/// A wrapper that says nothing of itself.
struct Cluster<G>(G);

impl<G: Resource<Error = Failures>> Resource for Cluster<G> {
    type Guard = G::Guard;
    type Error = Failures;

    async fn enter(&mut self) -> Result<G::Guard, Failures> {
        self.0.enter().await
    }

    async fn exit(&mut self, guard: G::Guard, outcome: Outcome<'_>) -> Result<(), Failures> {
        self.0.exit(guard, outcome).await
    }
}

/// A wrapper with a name, whose error can also be something else.
struct Named<G>(&'static str, G);

impl<G: Resource<Error = Failures>> Resource for Named<G> {
    type Guard = G::Guard;
    type Error = BoxError;

    async fn enter(&mut self) -> Result<G::Guard, BoxError> {
        Ok(self.1.enter().await?)
    }

    async fn exit(&mut self, guard: G::Guard, outcome: Outcome<'_>) -> Result<(), BoxError> {
        self.1.exit(guard, outcome).await?;
        Err("the name is still taken".into())
    }

    fn name(&self) -> &str {
        self.0
    }
}

fn failures_of(resource: impl Resource) -> Failures {
    run(resource.scope(async |_| Ok::<_, ScopeError>(()))).unwrap_err().into_failures()
}

#[test]
fn nothing_lost_through_a_wrapper() {
    let inner = || (Server::sound(), Server::refuses(Trouble("refused")));
    assert_eq!(failures_of(Cluster(inner())).to_string(), "could not enter [1] Server: refused");
    assert_eq!(failures_of((Server::sound(), Cluster(inner()))).to_string(), "could not enter [1, 1] Server: refused");
    assert_eq!(
        failures_of([Cluster(Cluster(vec![inner()]))]).to_string(),
        "could not enter [0, 0, 1] Server: refused",
        "a wrapper adds no index of its own"
    );
}

#[test]
fn nothing_lost_through_a_wrapper_with_a_name() {
    let group = || [Server::refuses(Trouble("refused")), Server::sound()];
    assert_eq!(failures_of(Named("redis", group())).to_string(), "could not enter [0] redis/Server: refused");
    let nested = (Server::sound(), Named("east", (Cluster(group()), Named("redis", group()))));
    assert_eq!(
        failures_of(nested).to_string(),
        "could not enter [1, 0, 0] east/Server: refused; could not enter [1, 1, 0] east/redis/Server: refused"
    );
}

/// An error of the wrapper itself has the wrapper's name and path.
#[test]
fn nothing_lost_of_the_wrapper() {
    let named = Named("redis", (Server::sound(),));
    assert_eq!(failures_of((named, Server::sound())).to_string(), "could not exit [0] redis: the name is still taken");
}

/// The members behind a wrapper keep phase and time.
#[test]
fn first_is_first_through_a_wrapper() {
    let failures = failures_of((
        Server::refuses(Trouble("latest")).after(3),
        Cluster((Server::sticks(Trouble("stuck")), Server::refuses(Trouble("refused")).after(1))),
        Server::refuses(Trouble("late")).after(2),
    ));
    assert_eq!(
        lines(&failures),
        [
            "could not enter [0] Server: latest",
            "could not exit [1, 0] Server: stuck",
            "could not enter [1, 1] Server: refused",
            "could not enter [2] Server: late",
        ]
    );
    let first = failures.first().unwrap();
    assert_eq!((first.path(), first.phase()), (&[1, 1][..], Phase::Enter));
    assert_eq!(
        failures.to_string(),
        "could not enter [1, 1] Server: refused; could not exit [1, 0] Server: stuck; \
         could not enter [2] Server: late; could not enter [0] Server: latest",
        "the wrapper rolls back on its own, before the others have settled"
    );
}

/// A member of the group that panics: the wrapper is the one whose enter panicked.
#[test]
fn nothing_lost_of_a_panic_behind_a_wrapper() {
    struct Bomb;
    impl Resource for Bomb {
        type Guard = ();
        type Error = Trouble;
        async fn enter(&mut self) -> Result<(), Trouble> {
            panic!("boom")
        }
        async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), Trouble> {
            Ok(())
        }
    }

    let group = (Server::sound(), Cluster((Server::sound(), Bomb)));
    let report = run(withal::Scope::new(group).report(async |_| Ok::<_, Trouble>(())));
    assert_eq!(report.failures.to_string(), "could not enter [1] Cluster: panicked: boom");
}
