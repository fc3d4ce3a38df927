//! By hand, as people write it: the lower bound. A guard that came back is lost if another enter fails, nothing is
//! exited after a panic or a drop, and one failure hides the others.

use super::engine::{Engine, Futures, InSeries, Tokio, each_in_series, engine_all, for_each_number, join};
use super::{Body, Failed, Member, Told, Way};
use futures::future::join_all;
use std::io;
use std::marker::PhantomData;

pub struct AsWritten<By>(PhantomData<By>);

macro_rules! as_written {
    ($N:literal $By:ident [$($member:ident $index:literal $guard:ident),+] $reverse:tt) => {
        impl<M: Member> Way<[M; $N]> for AsWritten<$By> {
            async fn run<B: Body>(members: [M; $N], body: B) -> Result<u64, Failed> {
                let [$(mut $member),+] = members;
                let [$($guard),+] = <[_; $N]>::from(join!($By $N: $($member.enter()),+));
                $(let $guard = $guard?;)+
                let result = body.end(0 $(+ $guard)+).await;
                let told = Told::of(&result);
                let exits: [_; $N] = join!($By $N: $($member.leave($guard, told)),+).into();
                let value = result?;
                exits.into_iter().collect::<io::Result<()>>()?;
                Ok(value)
            }
        }
    };
}

for_each_number! { as_written! by Futures Tokio Engine InSeries }

macro_rules! vec_as_written {
    ($($By:ident: $join:ident;)+) => {$(
        impl<M: Member> Way<Vec<M>> for AsWritten<$By> {
            async fn run<B: Body>(mut members: Vec<M>, body: B) -> Result<u64, Failed> {
                let guards = $join(members.iter_mut().map(M::enter)).await;
                let guards = guards.into_iter().collect::<io::Result<Vec<_>>>()?;
                let result = body.end(guards.iter().sum()).await;
                let told = Told::of(&result);
                let exits = members.iter_mut().zip(guards).map(|(member, guard)| member.leave(guard, told));
                let exits = $join(exits).await;
                let value = result?;
                exits.into_iter().collect::<io::Result<()>>()?;
                Ok(value)
            }
        }
    )+};
}

vec_as_written! {
    Futures: join_all;
    Engine: engine_all;
    InSeries: each_in_series;
}

/// A task of tokio's for each member and phase.
pub struct Spawned;

impl<M: Member, const N: usize> Way<[M; N]> for AsWritten<Spawned> {
    fn run<B: Body>(members: [M; N], body: B) -> impl Future<Output = Result<u64, Failed>> + Send {
        spawned(members.into_iter(), body)
    }
}

impl<M: Member> Way<Vec<M>> for AsWritten<Spawned> {
    fn run<B: Body>(members: Vec<M>, body: B) -> impl Future<Output = Result<u64, Failed>> + Send {
        spawned(members.into_iter(), body)
    }
}

async fn spawned<M: Member, B: Body>(members: impl Iterator<Item = M> + Send, body: B) -> Result<u64, Failed> {
    let enter = |mut member: M| {
        tokio::spawn(async move {
            let entered = member.enter().await;
            entered.map(|guard| (member, guard))
        })
    };
    let entering: Vec<_> = members.map(enter).collect();
    let mut entered = Vec::with_capacity(entering.len());
    for task in entering {
        entered.push(task.await.map_err(io::Error::from)??);
    }
    let result = body.end(entered.iter().map(|(_, guard)| guard).sum()).await;
    // What a task is told cannot be borrowed.
    let completed = result.is_ok();
    let exit = |(mut member, guard): (M, u64)| {
        tokio::spawn(async move {
            let told = if completed { Told::Completed } else { Told::Otherwise };
            member.leave(guard, told).await
        })
    };
    let exiting: Vec<_> = entered.into_iter().map(exit).collect();
    for task in exiting {
        task.await.map_err(io::Error::from)??;
    }
    result
}
