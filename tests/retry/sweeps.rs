//! Attempts beside members that a ledger follows: dropped and cancelled at every poll, plain and on a reaper.

use super::flaky;
use futures::executor::{ThreadPool, block_on};
use withal::testing::{Ledger, READY, Script, sweep_drops, sweep_drops_on, sweep_signals};
use withal::{BoxError, Reaper, Resource, ResourceExt, Scope};
use withal_common::{Log, pend};

/// A member that fails its first enters, beside some that the ledger follows, under attempts of one of five shapes.
fn members(ledger: &Ledger, shape: usize) -> impl Resource<Guard: Send> + 'static {
    let log = Log::default();
    let script = Script { enter: READY.pending(1), exit: READY.pending(2) };
    let member = |id| ledger.member(id, script);
    let again = |_: &withal::Failures, attempt| (attempt < 3).then(|| pend(2));
    let flaky = |fails| super::Flaky { pending: (2, 1), ..flaky(&log, "flaky", fails) };
    let fails = [2, 2, 1, 9, 2][shape];
    let group = (member(0), [member(1)], flaky(fails));
    match shape {
        0 => group.retry(again).boxed(),
        1 => group.fail_fast().retry(again).boxed(),
        2 => group.retry(again).enter_within(|| pend(9)).boxed(),
        3 => group.in_order().retry(again).boxed(),
        _ => group
            .ready_when(async |_| Ok(pend(2).await))
            .retry(|_: &BoxError, attempt| (attempt < 3).then(|| pend(1)))
            .boxed(),
    }
}

async fn body<G>(_: &mut G) -> anyhow::Result<()> {
    pend(2).await;
    Ok(())
}

#[test]
fn swept_at_every_poll() {
    let pool = ThreadPool::builder().pool_size(1).create().unwrap();
    let reaper = Reaper::new(move |task| pool.spawn_ok(task));
    for shape in 0..5 {
        let ledger = Ledger::new();
        let other = || ledger.member(7, Script { enter: READY.pending(2), exit: READY.pending(1) });
        let polls = block_on(sweep_drops(&ledger, || {
            (members(&ledger, shape), other()).scope(async |guard| body(guard).await)
        }));
        assert!(polls > 6, "shape {shape}: {polls} polls");
        let on_reaper =
            || Scope::new((members(&ledger, shape), other())).on(&reaper).run(async |guard| body(guard).await);
        block_on(sweep_drops_on(&ledger, &reaper, on_reaper));
        let until =
            |signal| Scope::new((members(&ledger, shape), other())).until(signal).run(async |guard| body(guard).await);
        block_on(sweep_signals(&ledger, until));
        let until = |signal| {
            Scope::new((members(&ledger, shape), other()).fail_fast())
                .until(signal)
                .run(async |guard| body(guard).await)
        };
        block_on(sweep_signals(&ledger, until));
    }
}
