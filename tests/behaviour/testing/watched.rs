//! A resource of one's own that is watched: it does what it does without, and the ledger is told.

use super::panic_of;
use futures::executor::block_on;
use std::pin::pin;
use withal::testing::{Event, Event::*, Ledger, READY, Script, ScriptedError, Step, Token, Watched};
use withal::{Outcome, OutcomeKind, Resource};

/// A scripted member that is watched as member 1, and its events as they are told of both.
struct Scene {
    own: Ledger,
    seen: Ledger,
    watched: Watched<withal::testing::Scripted>,
}

impl Scene {
    fn new(enter: Step, exit: Step) -> Self {
        let (own, seen) = (Ledger::new(), Ledger::new());
        let watched = seen.watch(1, own.member(1, Script { enter, exit }));
        Self { own, seen, watched }
    }

    /// Both were told these.
    fn told(&self, events: &[Event]) {
        assert_eq!(self.seen.events(), events);
        assert_eq!(self.own.events(), events);
        self.seen.clear();
        self.own.clear();
    }

    fn inside(&mut self) -> Token {
        let token = block_on(self.watched.enter()).unwrap();
        assert_eq!(token, Token(1));
        self.told(&[EnterStarted(1), Entered(1)]);
        token
    }
}

#[test]
fn an_enter_is_seen() {
    let mut scene = Scene::new(Step::error(), READY);
    assert_eq!(block_on(scene.watched.enter()), Err(ScriptedError(1)));
    scene.told(&[EnterStarted(1), EnterFailed(1)]);

    let mut scene = Scene::new(Step::panic(), READY);
    assert_eq!(panic_of(|| block_on(scene.watched.enter())), "member 1 panics, as scripted");
    scene.told(&[EnterStarted(1), EnterPanicked(1)]);

    let mut scene = Scene::new(READY.pending(1), READY);
    assert!(scene.own.poll(pin!(scene.watched.enter())).is_pending());
    scene.told(&[EnterStarted(1), EnterDropped(1)]);
}

#[test]
fn an_exit_is_seen() {
    let started = ExitStarted(1, OutcomeKind::Released);
    let mut scene = Scene::new(READY, READY);
    let token = scene.inside();
    assert_eq!(block_on(scene.watched.exit(token, Outcome::Released)), Ok(()));
    scene.told(&[started, Exited(1)]);

    let mut scene = Scene::new(READY, Step::error());
    let token = scene.inside();
    assert_eq!(block_on(scene.watched.exit(token, Outcome::Released)), Err(ScriptedError(1)));
    scene.told(&[started, ExitFailed(1)]);

    let mut scene = Scene::new(READY, Step::panic());
    let token = scene.inside();
    let told = panic_of(|| block_on(scene.watched.exit(token, Outcome::Released)));
    assert_eq!(told, "member 1 panics, as scripted");
    scene.told(&[started, ExitPanicked(1)]);

    let mut scene = Scene::new(READY, READY.pending(1));
    let token = scene.inside();
    assert!(scene.own.poll(pin!(scene.watched.exit(token, Outcome::Released))).is_pending());
    scene.told(&[started, ExitDropped(1)]);
}

#[test]
fn an_abandonment_is_seen() {
    let mut scene = Scene::new(READY, READY);
    let token = scene.inside();
    scene.watched.abandon(token);
    scene.told(&[Abandoned(1)]);
}

#[test]
fn it_keeps_its_name() {
    use withal::ResourceExt;
    let ledger = Ledger::new();
    let watched = ledger.watch(0, ledger.member(0, Script::default()).named("database"));
    assert_eq!(watched.name(), "database");
}
