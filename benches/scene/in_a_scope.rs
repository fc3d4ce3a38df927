//! The scopes that are measured, as users write them.

use super::{Body, Failed, Member, Way};
use withal::ResourceExt;

pub struct Scope;

impl<M: Member> Way<[M; 2]> for Scope {
    fn run<B: Body>([a, b]: [M; 2], body: B) -> impl Future<Output = Result<u64, Failed>> + Send {
        (a, b).scope(async move |(a, b)| body.end(*a + *b).await)
    }
}

impl<M: Member> Way<[M; 4]> for Scope {
    fn run<B: Body>([a, b, c, d]: [M; 4], body: B) -> impl Future<Output = Result<u64, Failed>> + Send {
        (a, b, c, d).scope(async move |(a, b, c, d)| body.end(*a + *b + *c + *d).await)
    }
}

impl<M: Member> Way<[M; 12]> for Scope {
    #[expect(clippy::many_single_char_names, reason = "they are twelve of a kind")]
    fn run<B: Body>(members: [M; 12], body: B) -> impl Future<Output = Result<u64, Failed>> + Send {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = members;
        (a, b, c, d, e, f, g, h, i, j, k, l).scope(async move |(a, b, c, d, e, f, g, h, i, j, k, l)| {
            body.end(*a + *b + *c + *d + *e + *f + *g + *h + *i + *j + *k + *l).await
        })
    }
}

impl<M: Member> Way<[M; 8]> for Scope {
    fn run<B: Body>(members: [M; 8], body: B) -> impl Future<Output = Result<u64, Failed>> + Send {
        members.scope(async move |guards| body.end(guards.iter().sum()).await)
    }
}

impl<M: Member> Way<Vec<M>> for Scope {
    fn run<B: Body>(members: Vec<M>, body: B) -> impl Future<Output = Result<u64, Failed>> + Send {
        members.scope(async move |guards| body.end(guards.iter().sum()).await)
    }
}
