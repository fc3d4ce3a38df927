//! Members that are made in other ways, and timers.

use crate::check::Ids;
use crate::world::{End, Member, ScriptedError, Step, Token, World};
use futures::future::BoxFuture;
use std::future::pending;
use std::marker::PhantomData;
use std::panic::panic_any;
use withal::{
    Around, BoxError, Lend, Local, LocalGuard, LocalResource, Outcome, Resource, ResourceExt, Watch, around, local,
};

/// One async function around a member, whose future is dropped with it.
pub type Function = Box<dyn FnOnce(Lend<Token>) -> BoxFuture<'static, Result<(), BoxError>> + Send>;
pub type Wrapped = Around<Token, Function, BoxFuture<'static, Result<(), BoxError>>>;

pub fn wrapped(member: Member) -> Wrapped {
    around(Box::new(|lend| Box::pin(async { lend.through(member).await.map(drop) })))
}

/// A member that is not `Send`.
pub struct Pinned(Member, PhantomData<std::rc::Rc<()>>);

impl LocalResource for Pinned {
    type Guard = Token;
    type Error = ScriptedError;

    async fn enter(&mut self) -> Result<Token, ScriptedError> {
        self.0.enter().await
    }

    async fn exit(&mut self, guard: Token, outcome: Outcome<'_>) -> Result<(), ScriptedError> {
        self.0.exit(guard, outcome).await
    }

    fn abandon(&mut self, guard: Token) {
        self.0.abandon(guard);
    }

    fn exit_dropped(&mut self) {
        self.0.exit_dropped();
    }
}

impl Ids for LocalGuard<Token> {
    fn ids(&self) -> Vec<usize> {
        (**self).ids()
    }
}

pub fn pinned(member: Member) -> Local<Pinned> {
    local(Pinned(member, PhantomData))
}

/// Makes the future of a member that dies.
pub type MakeLife = Box<dyn FnMut(&mut Token) -> BoxFuture<'static, ScriptedError> + Send>;
pub type Mortal = Watch<Member, MakeLife>;

/// A member that dies so many polls after it has entered, or never. A member that is watched cannot end well.
pub fn mortal(world: &World, member: Member, life: Option<Step>) -> Mortal {
    let world = world.clone();
    member.watch(Box::new(move |token| {
        let (world, id) = (world.clone(), token.0);
        Box::pin(async move {
            let Some(life) = life else { return pending().await };
            world.pend(life.pending).await;
            match life.end {
                End::Panic => panic_any(format!("member {id} panics, as scripted")),
                _ => ScriptedError(id),
            }
        })
    }))
}

/// Makes timers.
pub type Timer = Box<dyn FnMut() -> BoxFuture<'static, ()> + Send>;

/// They are ready after so many polls, or never.
pub fn timer(world: &World, after: Option<usize>) -> Timer {
    let world = world.clone();
    Box::new(move || {
        let world = world.clone();
        Box::pin(async move {
            match after {
                Some(after) => world.pend(after).await,
                None => pending().await,
            }
        })
    })
}
