//! The scopes that are measured, as users write them.

use super::{Body, Failed, Member, Way};
use std::sync::OnceLock;
use withal::{Reaper, ResourceExt};

pub struct Scope;

/// A scope on a reaper that is never needed.
pub struct OnReaper;

fn reaper() -> &'static Reaper {
    static REAPER: OnceLock<Reaper> = OnceLock::new();
    REAPER.get_or_init(|| Reaper::new(drop))
}

macro_rules! run {
    (Scope, $members:expr, $body:expr) => {
        $members.scope($body)
    };
    (OnReaper, $members:expr, $body:expr) => {
        withal::Scope::new($members).on(reaper()).run($body)
    };
}

macro_rules! in_a_scope {
    ($($Scope:ident)+) => {$(
        impl<M: Member> Way<[M; 2]> for $Scope {
            fn run<B: Body>([a, b]: [M; 2], body: B) -> impl Future<Output = Result<u64, Failed>> + Send {
                run!($Scope, (a, b), async move |(a, b)| body.end(*a + *b).await)
            }
        }

        impl<M: Member> Way<[M; 4]> for $Scope {
            fn run<B: Body>([a, b, c, d]: [M; 4], body: B) -> impl Future<Output = Result<u64, Failed>> + Send {
                run!($Scope, (a, b, c, d), async move |(a, b, c, d)| body.end(*a + *b + *c + *d).await)
            }
        }

        impl<M: Member> Way<[M; 12]> for $Scope {
            fn run<B: Body>(members: [M; 12], body: B) -> impl Future<Output = Result<u64, Failed>> + Send {
                let [a, b, c, d, e, f, g, h, i, j, k, l] = members;
                let members = (a, b, c, d, e, f, g, h, i, j, k, l);
                run!($Scope, members, async move |(a, b, c, d, e, f, g, h, i, j, k, l)| {
                    body.end(*a + *b + *c + *d + *e + *f + *g + *h + *i + *j + *k + *l).await
                })
            }
        }

        impl<M: Member> Way<[M; 8]> for $Scope {
            fn run<B: Body>(members: [M; 8], body: B) -> impl Future<Output = Result<u64, Failed>> + Send {
                run!($Scope, members, async move |guards| body.end(guards.iter().sum()).await)
            }
        }

        impl<M: Member> Way<Vec<M>> for $Scope {
            fn run<B: Body>(members: Vec<M>, body: B) -> impl Future<Output = Result<u64, Failed>> + Send {
                run!($Scope, members, async move |guards| body.end(guards.iter().sum()).await)
            }
        }
    )+};
}

in_a_scope! { Scope OnReaper }
