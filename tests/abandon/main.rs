//! Law `abandon-on`: the second signal, in every phase, for every shape.

mod bodies;
mod cancelled;
mod observed;
mod owned;
mod panics;
mod phases;
mod sets;
mod shapes;
mod sweep;

use futures::channel::oneshot;
use std::pin::Pin;
use std::task::Poll;
use withal::testing::{Ledger, Script, Scripted, Step};
use withal::{Named, ResourceExt};

/// A signal that has not fired.
type Signal = oneshot::Receiver<()>;

const NAMES: [&str; 10] = ["m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9"];

/// A member whose name is its number, and whose enter and exit go like this.
fn member(ledger: &Ledger, id: usize, enter: Step, exit: Step) -> Named<Scripted> {
    ledger.member(id, Script { enter, exit }).named(NAMES[id])
}

/// A body that is pending so often.
async fn pends<E>(ledger: &Ledger, times: usize) -> Result<(), E> {
    ledger.pend(times).await;
    Ok(())
}

/// Polls so many times, fires the signal, and polls once more.
fn abandoned<F: Future + ?Sized>(
    ledger: &Ledger,
    polls: usize,
    signal: oneshot::Sender<()>,
    mut scene: Pin<&mut F>,
) -> F::Output {
    for _ in 0..polls {
        assert!(ledger.poll(scene.as_mut()).is_pending());
    }
    signal.send(()).ok();
    match ledger.poll(scene) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits for something: {:?}", ledger.events()),
    }
}
