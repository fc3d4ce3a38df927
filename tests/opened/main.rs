//! Scopes that are owned (law `owned`): closed, dropped at every poll, on a reaper and without, and attended.

mod observed;
mod results;
mod shapes;
mod spawners;
mod sweeps;
mod unusual;
mod work;

use futures::channel::oneshot;
use futures::future::{Either, select};
use std::pin::pin;
use withal::testing::Event;
use withal::{BoxError, OutcomeKind, Resource, background};
use withal_common::{Log, World};

type Death = oneshot::Sender<Result<(), BoxError>>;

/// Returns a member that works until it has to stop, or until it is told to end with a result.
fn worker(
    log: &Log,
    name: &'static str,
) -> (impl Resource<Guard = &'static str, Error = BoxError> + use<> + 'static, Death) {
    let (death, dies) = oneshot::channel();
    let log = log.clone();
    let worker = background(async move |startup| {
        let stop = startup.ready(name);
        let dies = pin!(async { if let Ok(end) = dies.await { end } else { std::future::pending().await } });
        match select(dies, stop).await {
            Either::Left((end, _)) => {
                log.add(format!("{name} ends"));
                end?;
            }
            Either::Right((told, _)) => log.add(format!("{name} stops {told:?}")),
        }
        Ok(())
    });
    (worker, death)
}

fn died() -> Result<(), BoxError> {
    Err("the lease was lost".into())
}

/// Returns the members that were exited since the last call, in the order of their starts, if all were told this.
fn exited(world: &World, told: OutcomeKind) -> Vec<usize> {
    world.0.check().unwrap();
    let starts = world.events().into_iter().filter_map(|event| match event {
        Event::ExitStarted(id, kind) => {
            assert_eq!(kind, told, "`same-outcome`");
            Some(id)
        }
        Event::Abandoned(_) | Event::ExitDropped(_) => panic!("{event:?}"),
        _ => None,
    });
    starts.collect()
}

/// Returns the members that were abandoned since the last call. None may have been exited.
fn abandoned(world: &World) -> Vec<usize> {
    world.0.check().unwrap();
    let abandoned = world.events().into_iter().filter_map(|event| match event {
        Event::Abandoned(id) => Some(id),
        Event::ExitStarted(..) => panic!("{event:?}"),
        _ => None,
    });
    abandoned.collect()
}
