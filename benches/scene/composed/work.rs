//! A pair of members that work until they are told to stop, beside a loop of `select!`.

use crate::scene::Failed;
use crate::scene::member::pend;
use futures::channel::oneshot::channel;
use futures::{FutureExt, join, select_biased};
use std::future::Future;
use std::io;
use std::pin::pin;
use withal::{Resource, ResourceExt, background};

fn worker(number: u64) -> impl Resource<Guard = u64> {
    background(async move |startup| {
        startup.ready(number).await;
        Ok(())
    })
}

/// The body is pending so often.
pub fn in_a_scope(times: u32) -> impl Future<Output = Result<u64, Failed>> + Send {
    (worker(1), worker(2)).scope(async move |(a, b)| {
        pend(times).await;
        Ok(*a + *b)
    })
}

/// As people write it: if the body panics or the future is dropped, nobody waits for the workers.
pub async fn by_hand(times: u32) -> Result<u64, Failed> {
    let (stop_a, a_stops) = channel::<()>();
    let (stop_b, b_stops) = channel::<()>();
    let mut a = pin!(a_stops.map(|_| io::Result::Ok(())).fuse());
    let mut b = pin!(b_stops.map(|_| io::Result::Ok(())).fuse());
    let body = async {
        pend(times).await;
        Ok(3)
    };
    let mut body = pin!(body.fuse());
    let result = loop {
        select_biased! {
            result = body => break result,
            ended = a => ended?,
            ended = b => ended?,
        }
    };
    drop((stop_a, stop_b));
    let (a, b) = join!(a, b);
    a.and(b)?;
    result
}
