//! Members that are entered one after the other while the body runs, and members of several scopes.

use crate::scene::{Body, Failed, Member, Way};
use std::future::Future;
use withal::{ExitPool, ExitStack, ResourceExt, shared};

pub struct Stack;

pub struct Pool;

/// The first member, with as many users as there are members.
pub struct Users;

macro_rules! set {
    ($($Way:ident: $Set:ident;)+) => {$(
        impl<M: Member> Way<Vec<M>> for $Way {
            fn run<B: Body>(members: Vec<M>, body: B) -> impl Future<Output = Result<u64, Failed>> + Send {
                $Set::new().scope(async move |set| {
                    let mut sum = 0;
                    for member in members {
                        sum += *set.enter(member).await?;
                    }
                    body.end(sum).await
                })
            }
        }
    )+};
}

set! {
    Stack: ExitStack;
    Pool: ExitPool;
}

impl<M: Member> Way<Vec<M>> for Users {
    fn run<B: Body>(mut members: Vec<M>, body: B) -> impl Future<Output = Result<u64, Failed>> + Send {
        let users = vec![shared(members.swap_remove(0)); members.len() + 1];
        users.scope(async move |guards| body.end(guards.iter().map(|guard| **guard).sum()).await)
    }
}
