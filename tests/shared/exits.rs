//! Law `shared`: the last one out exits, and who comes meanwhile waits, and enters it anew.

use super::{run_all, short, slow, told, user};
use std::convert::Infallible;
use std::sync::{Arc, OnceLock};
use withal::testing::{Event, READY, Script, Step};
use withal::{BoxError, Outcome, OutcomeKind, Resource, ResourceExt, Scope, ScopeError, Shared, adopt, defer, shared};
use withal_common::{World, panic_of, pend};

#[test]
fn who_comes_while_it_exits_waits_and_enters_it_anew() {
    let world = World::default();
    let db = slow(&world, 1, 3);
    let mut first = Box::pin(db.clone().scope(async |_| anyhow::Ok(())));
    while !world.0.events().iter().any(|event| matches!(event, Event::ExitStarted(..))) {
        assert!(world.0.poll(first.as_mut()).is_pending());
    }
    let body = async |_: &mut _| {
        world.0.record(Event::BodyStarted);
        anyhow::Ok(())
    };
    let (second, third) = (db.clone().scope(body), db.scope(body));
    run_all(&world, vec![user(first), user(second), user(third)]);
    let events = world.0.events();
    let exited = events.iter().position(|event| matches!(event, Event::Exited(_))).unwrap();
    assert!(!events[..exited].contains(&Event::BodyStarted), "{events:?}");
    assert_eq!(short(&world), "exex", "the two share the second enter");
}

/// The last one out is told, and the others are not.
#[test]
fn a_failed_exit_is_told_to_the_last_user() {
    let world = World::default();
    let db = shared(world.0.member(0, Script { enter: READY.pending(1), exit: Step::error().pending(1) }));
    let users = (0..3).map(|n| {
        user(db.clone().scope(async move |_| {
            pend(n).await;
            Ok(())
        }))
    });
    let outputs: Vec<Result<(), ScopeError>> = run_all(&world, users.collect()).into_iter().flatten().collect();
    assert!(outputs[0].is_ok() && outputs[1].is_ok());
    let error = outputs.into_iter().last().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "could not exit Scripted: member 0 fails, as scripted");
    assert_eq!(short(&world), "ef");
}

#[test]
fn a_panic_resumes_in_the_last_scope() {
    let world = World::default();
    let db = shared(world.exits(0, Step::panic().pending(1)));
    let both = (db.clone(), db.clone()).scope(async |_| anyhow::Ok(()));
    assert_eq!(panic_of(|| world.run(both)).as_deref(), Some("member 0 panics, as scripted"));
    let report = world.run(Scope::new(db).report(async |_| Ok::<_, Infallible>(())));
    assert_eq!(report.failures.to_string(), "could not exit Scripted: panicked: member 0 panics, as scripted");
    assert_eq!(short(&world), "epep");
}

/// If the last one out is dropped, a user that waits for the exit goes on with it.
#[test]
fn an_exit_goes_on_for_who_waits() {
    for waits in [false, true] {
        let world = World::default();
        let db = slow(&world, 0, 3);
        let mut last = Box::pin(db.clone().scope(async |_| anyhow::Ok(())));
        let mut next = Box::pin(db.clone().scope(async |_| anyhow::Ok(())));
        assert!(world.0.poll(last.as_mut()).is_pending());
        assert!(!waits || world.0.poll(next.as_mut()).is_pending());
        drop(last);
        world.run(next).unwrap();
        assert_eq!(world.0.exit_dropped_calls().len(), usize::from(!waits));
        assert_eq!(short(&world), if waits { "exex" } else { "edex" });
    }
}

#[test]
fn an_exit_that_is_late_is_cut() {
    let world = World::default();
    let db = slow(&world, 0, 9);
    let late = db.clone().exit_within(|| pend(2)).scope(async |_| Ok(()));
    let error: ScopeError = world.run(late).unwrap_err();
    assert_eq!(error.to_string(), "could not exit Scripted: its deadline has elapsed");
    assert_eq!(world.0.exit_dropped_calls(), [0]);
    assert_eq!(short(&world), "ed");
    // In order, the exit of the first one has not begun by then.
    let members = [db.clone(), db].in_order().exit_within(|| pend(2));
    world.run(members.scope(async |_| anyhow::Ok(()))).unwrap_err();
    short(&world);
}

#[test]
fn the_outcome_is_that_of_the_last_user() {
    let world = World::default();
    let db = slow(&world, 0, 1);
    let failing = db.clone().scope(async |_| Err::<(), anyhow::Error>(std::fmt::Error.into()));
    world.run(failing).unwrap_err();
    let members = (db.clone(), world.enters(1, Step::error()));
    world.run(members.scope(async |_| anyhow::Ok(()))).unwrap_err();
    let stopped = Scope::new(db).until(pend(1)).run(async |_| std::future::pending::<anyhow::Result<()>>().await);
    world.run(stopped).unwrap_err();
    assert_eq!(told(&world), [OutcomeKind::Failed, OutcomeKind::EnterFailed, OutcomeKind::Cancelled]);
}

/// A cause is passed on as its text. A vote counts.
#[test]
fn an_exit_can_vote() {
    let voter = shared(adopt((), async |(), outcome| {
        if let Outcome::Failed(cause) = outcome {
            assert!(format!("{cause:?}").starts_with("an error occurred"));
            assert!(cause.downcast_ref::<std::fmt::Error>().is_none());
            cause.suppress();
        }
        Ok(())
    }));
    let body = async |_: &mut _| Err::<(), anyhow::Error>(std::fmt::Error.into());
    let suppressed = World::default().run(Scope::new(voter).run_or_suppress(body)).unwrap();
    assert_eq!(suppressed, None);
}

/// A resource whose enter or exit enters itself.
#[derive(Clone, Default)]
struct Selfish {
    own: Arc<OnceLock<Shared<Selfish>>>,
    in_enter: bool,
}

impl Selfish {
    async fn enter_itself(&self) -> Result<(), BoxError> {
        let own = self.own.get().unwrap().clone();
        own.scope(async |_| Ok::<_, ScopeError>(())).await.map_err(Into::into)
    }
}

impl Resource for Selfish {
    type Guard = ();
    type Error = BoxError;

    async fn enter(&mut self) -> Result<(), BoxError> {
        pend(1).await;
        if self.in_enter { self.enter_itself().await } else { Ok(()) }
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), BoxError> {
        pend(1).await;
        self.enter_itself().await
    }
}

#[test]
fn it_cannot_wait_for_itself() {
    for (in_enter, expected) in [
        (
            true,
            "could not enter Selfish: could not enter Selfish: its own enter or exit enters it, and would wait for \
             itself",
        ),
        (
            false,
            "could not exit Selfish: could not enter Selfish: its own enter or exit enters it, and would wait for \
             itself",
        ),
    ] {
        let selfish = Selfish { in_enter, ..Selfish::default() };
        let own = selfish.own.clone();
        let db = shared(selfish);
        own.set(db.clone()).unwrap();
        let error: ScopeError = World::default().run(db.scope(async |_| Ok(()))).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

/// What two users exit at the same moment is exited once, in order too.
#[test]
fn in_order() {
    let world = World::default();
    let script = Script { enter: READY.pending(1), exit: READY.pending(1) };
    let (a, b) = (shared(world.0.member(0, script)), shared(world.0.member(1, script)));
    let members = (a.clone(), b.clone(), a, b, defer(async |_| Ok(()))).in_order();
    world.run(members.scope(async |_| anyhow::Ok(()))).unwrap();
    assert_eq!(short(&world), "eexx");
}
