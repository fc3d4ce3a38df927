//! Scopes that a `Timeline` observes, in a build with the features `timeline` and `tracing`.

use super::expert::Expert;
use super::in_a_scope::Scope;
use super::list::{List, Scene};
use super::member::Pending;
use super::{Body, Failed, Member, Way};
use withal::Timeline;

/// A scope with a timeline of its own.
struct Watched;

impl<M: Member> Way<[M; 2]> for Watched {
    async fn run<B: Body>([a, b]: [M; 2], body: B) -> Result<u64, Failed> {
        let timeline = Timeline::new();
        withal::Scope::new((a, b)).observe(&timeline).run(async move |(a, b)| body.end(*a + *b).await).await
    }
}

impl<M: Member> Way<Vec<M>> for Watched {
    async fn run<B: Body>(members: Vec<M>, body: B) -> Result<u64, Failed> {
        let timeline = Timeline::new();
        let scope = withal::Scope::new(members).observe(&timeline);
        scope.run(async move |guards| body.end(guards.iter().sum()).await).await
    }
}

pub fn watched() -> Vec<Scene> {
    let mut list = List::default();
    list.pending::<Watched, [Pending; 2]>("watched by a timeline", "2", 2);
    list.pending::<Watched, Vec<Pending>>("watched by a timeline", "Vec 10", 10);
    list.pending::<Scope, [Pending; 2]>("scope", "2", 2);
    list.pending::<Scope, [Pending; 12]>("scope", "12", 12);
    list.pending::<Scope, Vec<Pending>>("scope", "Vec 10", 10);
    list.pending::<Expert, [Pending; 2]>("expert", "2", 2);
    list.pending::<Expert, [Pending; 12]>("expert", "12", 12);
    list.pending::<Expert, Vec<Pending>>("expert", "Vec 10", 10);
    list.scenes
}
