//! Groups in groups, members in order, bounded groups, boxed members, and a scope in the body of another.

use crate::scene::{Body, Failed, Member, Way};
use std::future::Future;
use withal::ResourceExt;

/// A pair of pairs.
pub struct Nested;

/// `a.then(|_| b)`.
pub struct Then;

/// `group.in_order()`.
pub struct InOrder;

/// `group.limit(N)`.
pub struct Limit<const N: usize>;

/// Each member `boxed()`.
pub struct Boxed;

/// The second member has a scope of its own, in the body of the first.
pub struct InTheBody;

impl<M: Member> Way<[M; 4]> for Nested {
    fn run<B: Body>([a, b, c, d]: [M; 4], body: B) -> impl Future<Output = Result<u64, Failed>> + Send {
        ((a, b), (c, d)).scope(async move |((a, b), (c, d))| body.end(*a + *b + *c + *d).await)
    }
}

impl<M: Member> Way<[M; 2]> for Then {
    fn run<B: Body>([a, b]: [M; 2], body: B) -> impl Future<Output = Result<u64, Failed>> + Send {
        let mut b = Some(b);
        let members = a.then(move |_| b.take().expect("a scope enters it once"));
        members.scope(async move |(a, b)| body.end(*a + *b).await)
    }
}

impl<M: Member> Way<[M; 2]> for InOrder {
    fn run<B: Body>([a, b]: [M; 2], body: B) -> impl Future<Output = Result<u64, Failed>> + Send {
        (a, b).in_order().scope(async move |(a, b)| body.end(*a + *b).await)
    }
}

impl<M: Member> Way<Vec<M>> for InOrder {
    fn run<B: Body>(members: Vec<M>, body: B) -> impl Future<Output = Result<u64, Failed>> + Send {
        members.in_order().scope(async move |guards| body.end(guards.iter().sum()).await)
    }
}

impl<M: Member, const N: usize> Way<[M; 4]> for Limit<N> {
    fn run<B: Body>([a, b, c, d]: [M; 4], body: B) -> impl Future<Output = Result<u64, Failed>> + Send {
        (a, b, c, d).limit(N).scope(async move |(a, b, c, d)| body.end(*a + *b + *c + *d).await)
    }
}

impl<M: Member, const N: usize> Way<Vec<M>> for Limit<N> {
    fn run<B: Body>(members: Vec<M>, body: B) -> impl Future<Output = Result<u64, Failed>> + Send {
        members.limit(N).scope(async move |guards| body.end(guards.iter().sum()).await)
    }
}

impl<M: Member> Way<[M; 2]> for Boxed {
    fn run<B: Body>([a, b]: [M; 2], body: B) -> impl Future<Output = Result<u64, Failed>> + Send {
        (a.boxed(), b.boxed()).scope(async move |(a, b)| body.end(*a + *b).await)
    }
}

impl<M: Member> Way<Vec<M>> for Boxed {
    fn run<B: Body>(members: Vec<M>, body: B) -> impl Future<Output = Result<u64, Failed>> + Send {
        let members: Vec<_> = members.into_iter().map(M::boxed).collect();
        members.scope(async move |guards| body.end(guards.iter().sum()).await)
    }
}

impl<M: Member> Way<[M; 2]> for InTheBody {
    fn run<B: Body>([a, b]: [M; 2], body: B) -> impl Future<Output = Result<u64, Failed>> + Send {
        a.scope(async move |a| b.scope(async move |b| body.end(*a + *b).await).await)
    }
}
