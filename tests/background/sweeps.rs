//! A worker that dies at each poll, beside members that a ledger follows: dropped and cancelled at every poll.

use futures::executor::{ThreadPool, block_on};
use futures::future::{Either, select};
use std::pin::pin;
use withal::testing::{Ledger, READY, Script, sweep_drops, sweep_drops_on, sweep_signals};
use withal::{BoxError, Reaper, Resource, ResourceExt, Scope, background};
use withal_common::{pend, quiet_panic};

const LIVES: usize = usize::MAX;

/// How a worker ends that dies.
#[derive(Clone, Copy, Debug)]
enum Dies {
    Well,
    Badly,
    Panicking,
}

/// A worker that dies after so many polls.
fn mortal((dies, how): (usize, Dies)) -> impl Resource<Guard = (), Error = BoxError> + 'static {
    background(async move |startup| {
        pend(1).await;
        let stop = startup.ready(());
        let dies = pin!(async { if dies == LIVES { std::future::pending().await } else { pend(dies).await } });
        match select(dies, stop).await {
            Either::Left(_) => match how {
                Dies::Well => Ok(()),
                Dies::Badly => Err("it died, as scripted".into()),
                Dies::Panicking => quiet_panic("it died, as scripted"),
            },
            Either::Right(_) => {
                pend(2).await; // the work goes on until it has ended
                Ok(())
            }
        }
    })
}

fn members(ledger: &Ledger, dies: (usize, Dies)) -> impl Resource<Guard: Send> + 'static {
    let script = Script { enter: READY.pending(2), exit: READY.pending(2) };
    let member = |id| ledger.member(id, script);
    (member(0), mortal(dies), (member(1), (mortal((LIVES, Dies::Well)), member(2)).in_order()), vec![member(3)])
}

async fn body<G>(_: &mut G) -> anyhow::Result<()> {
    pend(3).await;
    Ok(())
}

#[test]
fn swept_at_every_poll() {
    let pool = ThreadPool::builder().pool_size(1).create().unwrap();
    let reaper = Reaper::new(move |task| pool.spawn_ok(task));
    let deaths = (0..12).flat_map(|dies| [Dies::Well, Dies::Badly, Dies::Panicking].map(|how| (dies, how)));
    for dies in deaths.chain([(LIVES, Dies::Well)]) {
        let ledger = Ledger::new();
        let polls = block_on(sweep_drops(&ledger, || members(&ledger, dies).scope(async |guard| body(guard).await)));
        assert!(polls > 3, "dies after {dies:?}: {polls} polls");
        let on_reaper = || Scope::new(members(&ledger, dies)).on(&reaper).run(async |guard| body(guard).await);
        block_on(sweep_drops_on(&ledger, &reaper, on_reaper));
        let until = |signal| Scope::new(members(&ledger, dies)).until(signal).run(async |guard| body(guard).await);
        block_on(sweep_signals(&ledger, until));
        let fail_fast = || {
            let member = |id| ledger.member(id, Script { enter: READY.pending(4), exit: READY });
            (member(0), mortal(dies), [member(1), member(2)]).fail_fast().scope(async |guard| body(guard).await)
        };
        block_on(sweep_drops(&ledger, fail_fast));
    }
}
