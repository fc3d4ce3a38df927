//! From a scope into the caller's error type, and from there back to the member's. Laws `untouched-body`,
//! `nothing-lost`, `first-is-first`.

use super::{Server, Trouble};
use std::error::Error;
use std::io;
use withal::{BoxError, Failures, Phase, ResourceExt, Scope, ScopeError, ScopeErrorKind};
use withal_common::run;

#[derive(Debug, thiserror::Error)]
enum AppError {
    #[error("the shop is closed")]
    Closed,
    #[error(transparent)]
    Scope(#[from] ScopeError),
}

const TEXT: &str = "could not enter Server: refused";

fn refusing() -> Server {
    Server::refuses(Trouble("refused"))
}

/// Displays what an error comes from, link by link.
fn sources(error: &(dyn Error + 'static)) -> Vec<String> {
    std::iter::successors(error.source(), |&error| error.source()).map(ToString::to_string).collect()
}

#[test]
fn nothing_lost_on_the_way_into_anyhow() {
    async fn work(server: Server) -> anyhow::Result<u32> {
        let count = server.scope(async |guard| anyhow::Ok(*guard)).await?;
        Ok(count)
    }
    let error = run(work(refusing())).unwrap_err();
    assert_eq!(error.to_string(), TEXT);
    let scope = error.downcast_ref::<ScopeError>().unwrap();
    assert_eq!(scope.kind(), ScopeErrorKind::Enter);
    assert!(scope.failures().first().unwrap().error().is::<Trouble>());
    assert!(error.root_cause().is::<ScopeError>(), "the member's error is in the words, and has no source");
}

#[test]
fn nothing_lost_on_the_way_into_a_box() {
    async fn work(server: Server) -> Result<u32, Box<dyn Error + Send + Sync>> {
        let count = server.scope(async |guard| Ok::<_, BoxError>(*guard)).await?;
        Ok(count)
    }
    let error = run(work(refusing())).unwrap_err();
    assert_eq!(error.to_string(), TEXT);
    assert_eq!(error.downcast::<ScopeError>().unwrap().kind(), ScopeErrorKind::Enter);
}

#[test]
fn nothing_lost_on_the_way_into_an_enum() {
    async fn work(server: Server) -> Result<u32, AppError> {
        let count = server.scope(async |guard| Ok::<_, AppError>(*guard)).await?;
        Ok(count)
    }
    let error = run(work(refusing())).unwrap_err();
    assert_eq!(error.to_string(), TEXT);
    assert!(matches!(error, AppError::Scope(error) if error.kind() == ScopeErrorKind::Enter));
}

/// A body that fails with nothing but `ScopeError`s: one `?` takes them everywhere.
#[test]
fn nothing_lost_of_a_plain_scope_error() {
    async fn plain(server: Server) -> Result<u32, ScopeError> {
        server.scope(async |guard| Ok(*guard)).await
    }
    async fn into_anyhow() -> anyhow::Result<u32> {
        Ok(plain(refusing()).await?)
    }
    async fn into_box() -> Result<u32, Box<dyn Error + Send + Sync>> {
        Ok(plain(refusing()).await?)
    }
    async fn into_enum() -> Result<u32, AppError> {
        Ok(plain(refusing()).await?)
    }
    assert!(run(into_anyhow()).unwrap_err().is::<ScopeError>());
    assert!(run(into_box()).unwrap_err().is::<ScopeError>());
    assert!(matches!(run(into_enum()), Err(AppError::Scope(_))));
}

#[test]
fn untouched_body_error_of_any_type() {
    let clean = Server::sound;
    let error = run(clean().scope(async |_| Err::<(), _>(AppError::Closed))).unwrap_err();
    assert!(matches!(error, AppError::Closed));
    let error = run(clean().scope(async |_| Err::<(), BoxError>(Trouble("mine").into()))).unwrap_err();
    assert_eq!(*error.downcast::<Trouble>().unwrap(), Trouble("mine"));
    let error = run(clean().scope(async |_| Err::<(), _>(anyhow::Error::new(Trouble("mine"))))).unwrap_err();
    assert_eq!(error.downcast::<Trouble>().unwrap(), Trouble("mine"));
}

/// A report becomes what `run` would have returned.
#[test]
fn untouched_body_through_a_report() {
    let report = run(Scope::new(Server::sound()).report(async |guard| Ok::<_, AppError>(*guard)));
    assert_eq!(report.into_result().unwrap(), 1);
    let report = run(Scope::new(refusing()).report(async |guard| Ok::<_, AppError>(*guard)));
    assert_eq!(report.into_result().unwrap_err().to_string(), TEXT);
}

#[test]
fn first_is_first_in_source() {
    let group = [refusing_for("late").after(1), refusing_for("early")];
    let error = run(group.scope(async |_| Ok::<_, ScopeError>(()))).unwrap_err();
    assert_eq!(error.failures().first().unwrap().error().to_string(), "order 7 failed");
    assert_eq!(sources(&error), ["early"]);
    let failures = error.into_failures();
    assert_eq!(sources(&failures), ["early"]);
    let sources: Vec<_> = failures.iter().map(|failure| sources(failure).concat()).collect();
    assert_eq!(sources, ["late", "early"]);
    assert!(Failures::default().source().is_none());
}

#[derive(Debug, thiserror::Error)]
#[error("order 7 failed")]
struct OrderFailed(#[source] io::Error);

fn refusing_for(reason: &'static str) -> Server<OrderFailed> {
    Server::refuses(OrderFailed(io::Error::other(reason)))
}

/// Of `BodyAndExit` what the body's error comes from is the source.
#[test]
fn nothing_lost_of_the_bodys_own_sources() {
    let body = async |_: &mut u32| -> anyhow::Result<()> { Err(OrderFailed(io::Error::other("disk full")).into()) };
    let error = run(Server::sticks(Trouble("stuck")).scope(body)).unwrap_err();
    let error = error.downcast::<ScopeError>().unwrap();
    assert_eq!(error.kind(), ScopeErrorKind::BodyAndExit);
    assert_eq!(sources(&error), ["disk full"]);
    assert_eq!(error.body().unwrap().to_string(), "order 7 failed");
    assert_eq!(error.failures().to_string(), "could not exit Server: stuck");
}

#[test]
fn nothing_lost_when_downcasting() {
    let group = (
        Server::refuses(io::Error::from(io::ErrorKind::AddrInUse)),
        Server::refuses(Trouble("mine")),
        Server::refuses(BoxError::from(Trouble("boxed"))),
        Server::refuses("a plain text".to_owned()),
        Server::refuses(anyhow::Error::new(Trouble("hidden")).context("on the way")),
    );
    let error = run(group.scope(async |_| Ok::<_, ScopeError>(()))).unwrap_err();
    let of = |index: usize| error.failures().iter().nth(index).unwrap().error();
    assert_eq!(of(0).downcast_ref::<io::Error>().unwrap().kind(), io::ErrorKind::AddrInUse);
    assert_eq!(of(1).downcast_ref(), Some(&Trouble("mine")));
    assert_eq!(of(2).downcast_ref(), Some(&Trouble("boxed")));
    assert_eq!(of(3).to_string(), "a plain text");
    assert_eq!(of(4).to_string(), "on the way");
    assert_eq!(sources(of(4)), ["hidden"], "what `anyhow` hides from a downcast is still among the sources");
}

/// Of a scope's error, each part by value; the body's own error, too.
#[test]
fn nothing_lost_when_taken_apart() {
    let body = async |_: &mut u32| -> Result<(), BoxError> { Err(Trouble("mine").into()) };
    let error = run(Server::sticks(Trouble("stuck")).scope(body)).unwrap_err();
    let (kind, body, failures) = error.downcast::<ScopeError>().unwrap().into_parts();
    assert_eq!(kind, ScopeErrorKind::BodyAndExit);
    assert_eq!(*body.unwrap().downcast::<Trouble>().unwrap(), Trouble("mine"));
    assert_eq!(failures.to_string(), "could not exit Server: stuck");

    let error = run(refusing().scope(async |_| Ok::<_, ScopeError>(()))).unwrap_err();
    let (kind, body, failures) = error.into_parts();
    assert_eq!((kind, body.is_none(), failures.len()), (ScopeErrorKind::Enter, true, 1));
}

#[test]
fn nothing_lost_when_given_away() {
    let group = [Server::refuses(Trouble("one")), Server::sound(), Server::refuses(Trouble("two"))];
    let failures = run(group.scope(async |_| Ok::<_, ScopeError>(()))).unwrap_err().into_failures();
    assert_eq!((failures.len(), failures.is_empty()), (2, false));
    let paths: Vec<_> = (&failures).into_iter().map(|failure| failure.path().to_vec()).collect();
    assert_eq!(paths, [[0], [2]]);
    let mut errors = Vec::new();
    for failure in failures {
        assert_eq!(failure.phase(), Phase::Enter);
        errors.push(*failure.into_error().downcast::<Trouble>().unwrap());
    }
    assert_eq!(errors, [Trouble("one"), Trouble("two")]);
}
