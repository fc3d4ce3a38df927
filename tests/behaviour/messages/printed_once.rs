//! What a printer of chains prints: every error once, as each is in the words of this crate's errors already.

use super::{Server, Trouble};
use std::error::Error;
use withal::{BoxError, BoxResource, Elapsed, ExitStack, Failures, Handle, Outcome, Resource, ResourceExt, Scope};
use withal::{ScopeError, adopt, resource};
use withal_common::{pend, quiet_panic, run};

/// An error that comes from another, which it does not mention.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Caused(&'static str, #[source] Trouble);

/// The errors of an application, as most write them.
#[derive(Debug, thiserror::Error)]
enum AppError {
    #[error(transparent)]
    Scope(#[from] ScopeError),
    #[error("the order failed")]
    Order(#[source] ScopeError),
}

/// What the printers of chains make of an error, one link after the other.
fn printed(error: &(dyn Error + 'static)) -> String {
    let links = std::iter::successors(Some(error), |&link| link.source());
    links.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// In what is printed each of these texts stands once.
#[track_caller]
fn once(printed: &str, texts: &[&str]) {
    for text in texts {
        assert_eq!(printed.matches(text).count(), 1, "{text:?} in {printed}");
    }
}

/// What is printed of an error that `main` returns, without the backtrace that there may be.
fn as_main_prints_it(error: &anyhow::Error) -> String {
    let printed = format!("{error:?}");
    printed.split("\n\nStack backtrace:").next().unwrap_or_default().to_owned()
}

/// As a link of a chain, and as what `main` returns.
#[track_caller]
fn each_once<E: Error + Send + Sync + 'static>(error: E, texts: &[&str]) {
    once(&printed(&error), texts);
    let error = anyhow::Error::new(error);
    once(&format!("{error:#}"), texts);
    once(&as_main_prints_it(&error), texts);
    // Not only at the top of a chain.
    let error = error.context("in vain");
    once(&format!("{error:#}"), texts);
    once(&as_main_prints_it(&error), texts);
}

/// What a scope over this tells when its body succeeds.
fn error_of<R: Resource<Guard: 'static> + 'static>(resource: R) -> ScopeError {
    fn error_of_boxed<G: Send + 'static>(resource: BoxResource<'static, G>) -> ScopeError {
        run(resource.scope(async |_| Ok(()))).unwrap_err()
    }
    error_of_boxed(resource.boxed())
}

fn refused() -> Server<Caused> {
    Server::refuses(Caused("refused", Trouble("no route")))
}

fn stuck() -> Server<Caused> {
    Server::sticks(Caused("stuck", Trouble("in use")))
}

/// A body that fails, with something behind it.
async fn fails(_: &mut u32) -> Result<(), BoxError> {
    Err(Caused("no such order", Trouble("no row")).into())
}

#[test]
fn every_error_is_printed_once() {
    each_once(error_of(refused()), &["could not enter", "refused", "no route"]);
    each_once(error_of(stuck()), &["could not exit", "stuck", "in use"]);
    each_once(error_of(refused()).into_failures(), &["could not enter", "refused", "no route"]);
    let failure = error_of(refused()).into_failures().into_iter().next().unwrap();
    each_once(failure, &["could not enter", "refused", "no route"]);

    // Of several the earliest goes on.
    let several = || [refused().after(1), Server::refuses(Caused("sooner", Trouble("no power")))];
    let error = error_of(several());
    each_once(error, &["refused", "sooner", "no power"]);
    each_once(error_of((several(), stuck())).into_failures(), &["refused", "sooner", "no power", "stuck"]);

    let error = run(stuck().scope(fails)).unwrap_err().downcast::<ScopeError>().unwrap();
    each_once(*error, &["no such order", "no row", "could not exit", "stuck"]);

    let signal = async { pend(1).await };
    let cancelled = run(Scope::new(stuck()).until(signal).run(async |_| {
        std::future::pending::<()>().await;
        Ok::<_, ScopeError>(())
    }));
    each_once(cancelled.unwrap_err(), &["the scope was cancelled", "could not exit", "stuck", "in use"]);
}

#[test]
fn every_error_of_a_set_is_printed_once() {
    let entered = run(ExitStack::new().scope(async |set| set.enter(refused()).await.map(drop)));
    each_once(entered.unwrap_err(), &["could not enter", "refused", "no route"]);
    let left = run(ExitStack::new().scope(async |set| Handle::exit(set.enter(stuck()).await?).await));
    each_once(left.unwrap_err(), &["could not exit", "stuck", "in use"]);
    let open = ExitStack::new().open();
    run(open.enter(stuck())).unwrap();
    each_once(run(open.close()).unwrap_err(), &["could not exit", "stuck", "in use"]);
}

/// Panics, deadlines, what this crate says of its own.
#[test]
fn every_error_of_this_crates_own_is_printed_once() {
    let panics = || resource(async || -> Result<(), BoxError> { quiet_panic("as told") }, async |(), _| Ok(()));
    let report = run(Scope::new((panics(), panics())).report(async |_| Ok::<_, ScopeError>(())));
    once(&printed(&report.failures), &["[0] ResourceFn: panicked: as told", "[1] ResourceFn: panicked: as told"]);
    let panic = report.failures.into_iter().next().unwrap();
    each_once(panic, &["could not enter", "as told"]);

    let late = || refused().after(9).enter_within(|| async {});
    each_once(error_of(late()), &["could not enter", "its deadline has elapsed"]);
    assert!(error_of(late()).failures().first().unwrap().error().is::<Elapsed>());

    let mut twice = resource(async || Ok(()), async |(), _| Ok(()));
    run((&mut twice).scope(async |()| anyhow::Ok(()))).unwrap();
    each_once(error_of(twice), &["it can be entered only once"]);
    let taken = run(vec![Server::<Trouble>::sound()].scope(async |guards| Ok::<_, ScopeError>(guards.pop())));
    each_once(taken.unwrap_err(), &["took its guard away"]);
    each_once(error_of(Server::refuses(Failures::default())), &["its error holds no failures"]);
}

/// Scopes in scopes: in a member, in the body, in an exit; and failures in failures, by hand.
#[test]
fn every_error_of_what_is_nested_is_printed_once() {
    // As a member's own error.
    each_once(
        error_of(Server::refuses(error_of(refused()))),
        &["could not enter Server: could", "refused", "no route"],
    );
    let group = error_of((Server::<Trouble>::sound(), stuck())).into_failures();
    each_once(error_of(Server::sticks(BoxError::from(group))), &["could not exit [1]", "stuck", "in use"]);
    let failure = error_of(refused()).into_failures().into_iter().next().unwrap();
    each_once(error_of(Server::sticks(failure)), &["could not exit", "could not enter", "refused", "no route"]);
    let hidden = anyhow::Error::new(error_of(refused())).context("no cluster");
    each_once(error_of(Server::refuses(hidden)), &["no cluster", "refused", "no route"]);

    // Of a body.
    let inner = async |_: &mut u32| -> Result<(), ScopeError> { refused().scope(async |_| Ok(())).await };
    each_once(run(stuck().scope(inner)).unwrap_err(), &["stuck", "refused", "no route"]);
    let inner = async |_: &mut u32| -> Result<(), BoxError> { Err(error_of(refused()).into_failures().into()) };
    let error = run(stuck().scope(inner)).unwrap_err().downcast::<ScopeError>().unwrap();
    each_once(*error, &["stuck", "refused", "no route"]);
    let inner =
        async |_: &mut u32| -> anyhow::Result<()> { stuck().scope(fails).await.map_err(anyhow::Error::from_boxed) };
    let error = run(Server::sticks(Trouble("jammed")).scope(inner)).unwrap_err();
    once(&format!("{error:#}"), &["no such order", "no row", "stuck", "jammed"]);

    // Of an exit that runs a scope.
    let adopted = adopt((), async |(), _: Outcome<'_>| Ok(stuck().scope(fails).await?));
    each_once(error_of((adopted, Server::<Trouble>::sound())), &["no such order", "no row", "stuck"]);
}

/// In the errors of an application; and as what `main` returns, which is what the README's program does.
#[test]
fn every_error_is_printed_once_in_what_wraps_it() {
    each_once(AppError::Scope(error_of(refused())), &["could not enter", "refused", "no route"]);
    each_once(AppError::Order(error_of(refused())), &["the order failed", "could not enter", "refused", "no route"]);

    let main = async || -> anyhow::Result<()> {
        (Server::<Trouble>::sound(), refused()).scope(async |_| anyhow::Ok(())).await?;
        Ok(())
    };
    let error = run(main()).unwrap_err();
    assert_eq!(format!("{error:#}"), "could not enter [1] Server: refused: no route");
    let printed = "could not enter [1] Server: refused\n\nCaused by:\n    no route";
    assert_eq!(as_main_prints_it(&error), printed);
    // What comes from nothing has nothing behind it.
    let error = anyhow::Error::new(error_of(Server::refuses(Trouble("refused"))));
    assert_eq!(format!("{error:#}"), "could not enter Server: refused");
    assert_eq!(error.chain().count(), 1);
}

/// Of a body that stays on its thread the text is kept.
#[test]
fn every_error_of_a_local_body_is_printed_once() {
    let error = run(stuck().scope_local(fails)).unwrap_err().downcast::<ScopeError>().unwrap();
    each_once(*error, &["no such order", "no row", "stuck"]);
    let inner =
        async |_: &mut u32| -> Result<(), BoxError> { Ok(refused().scope(async |_| Ok::<_, ScopeError>(())).await?) };
    let error = run(stuck().scope_local(inner)).unwrap_err().downcast::<ScopeError>().unwrap();
    each_once(*error, &["refused", "no route", "stuck"]);
}
