//! Members that panic where nobody thinks of it (law `panic-anywhere`): the model knows nothing of that, the ledger
//! does.

use crate::check::Ids;
use crate::world::{Event, Member, Script, ScriptedError, Token, World};
use std::panic::panic_any;
use std::pin::Pin;
use std::task::{Context, Poll};
use withal::{Outcome, Resource};

/// Where a rude member panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    MakingEnter,
    MakingExit,
    DroppingEnter,
    DroppingExit,
    DroppingGuard,
    Abandoning,
    Naming,
}

pub const PLACES: [Where; 7] = [
    Where::MakingEnter,
    Where::MakingExit,
    Where::DroppingEnter,
    Where::DroppingExit,
    Where::DroppingGuard,
    Where::Abandoning,
    Where::Naming,
];

/// Panics as a scripted member does.
pub fn panic_if(condition: bool) {
    if condition {
        panic_any("member 0 panics, as scripted".to_owned());
    }
}

pub struct Rude {
    id: usize,
    member: Member,
    world: World,
    place: Where,
}

impl Rude {
    pub fn new(world: &World, id: usize, script: Script, place: Where) -> Self {
        Self { id, member: world.member(id, script), world: world.clone(), place }
    }

    fn bomb(&self, place: Where) -> Bomb {
        Bomb(self.place == place)
    }

    fn panics_at(&self, place: Where) {
        panic_if(self.place == place);
    }
}

/// Panics when it is dropped, unless that would end the process.
struct Bomb(bool);

impl Drop for Bomb {
    fn drop(&mut self) {
        panic_if(self.0 && !std::thread::panicking());
    }
}

pub struct RudeToken(Token, Bomb);

impl Ids for RudeToken {
    fn ids(&self) -> Vec<usize> {
        self.0.ids()
    }
}

/// A future that drops a bomb after what it was made of.
struct Armed<F>(Pin<Box<F>>, #[expect(dead_code, reason = "it is there to be dropped")] Bomb);

impl<F: Future> Future for Armed<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl Resource for Rude {
    type Guard = RudeToken;
    type Error = ScriptedError;

    fn enter(&mut self) -> impl Future<Output = Result<RudeToken, ScriptedError>> + Send {
        self.panics_at(Where::MakingEnter);
        let (bomb, guards) = (self.bomb(Where::DroppingEnter), self.bomb(Where::DroppingGuard));
        let entering = async { self.member.enter().await.map(|token| RudeToken(token, guards)) };
        Armed(Box::pin(entering), bomb)
    }

    fn exit(
        &mut self,
        RudeToken(token, guards): RudeToken,
        outcome: Outcome<'_>,
    ) -> impl Future<Output = Result<(), ScriptedError>> + Send {
        let bomb = self.bomb(Where::DroppingExit);
        if self.place == Where::MakingExit {
            self.world.log(Event::ExitStarted(self.id, outcome.kind()));
            self.world.log(Event::ExitPanicked(self.id));
            panic_if(true);
        }
        let exiting = async move {
            let _guards = guards;
            self.member.exit(token, outcome).await
        };
        Armed(Box::pin(exiting), bomb)
    }

    fn abandon(&mut self, RudeToken(token, _guards): RudeToken) {
        self.member.abandon(token);
        self.panics_at(Where::Abandoning);
    }

    fn exit_dropped(&mut self) {
        self.member.exit_dropped();
    }

    fn name(&self) -> &str {
        self.panics_at(Where::Naming);
        self.member.name()
    }
}
