//! Exits that block: on threads of their own they overlap, and a deadline can pass meanwhile.

use crate::gate::Gate;
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::task::spawn_blocking;
use withal::{Elapsed, ResourceExt, Scope, adopt};

/// Law `concurrent-exit`: each blocks until all of them do.
#[test]
fn concurrent_exit_of_those_that_block_elsewhere() {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let meeting = Arc::new(Barrier::new(3));
        let members = [(); 3].map(|()| {
            adopt(Arc::clone(&meeting), async |meeting, _| {
                spawn_blocking(move || meeting.wait()).await?;
                Ok(())
            })
        });
        let runtime = Builder::new_current_thread().build().unwrap();
        tell.send(runtime.block_on(members.scope(async |_| anyhow::Ok(())))).unwrap();
    });
    let ended = told.recv_timeout(Duration::from_secs(60)).expect("they wait for one another");
    assert!(ended.is_ok());
}

/// The deadline ends the wait, and not what blocks.
#[test]
fn no_exit_cut_but_one_that_blocks_elsewhere_past_its_deadline() {
    let late = Gate::closed();
    late.open();
    let (go_on, blocked) = mpsc::channel::<()>();
    let (tell, told) = mpsc::channel();
    let member = adopt((blocked, tell), async |(blocked, tell), _| {
        spawn_blocking(move || tell.send(blocked.recv().is_ok())).await??;
        Ok(())
    });
    let runtime = Builder::new_current_thread().build().unwrap();
    let members = ((), member.exit_within(|| late.pass()));
    let report = runtime.block_on(Scope::new(members).report(async |_| Ok::<_, String>(())));
    assert!(report.failures.first().is_some_and(|failure| failure.error().is::<Elapsed>()), "{report:?}");
    assert!(told.try_recv().is_err(), "it blocks");
    go_on.send(()).unwrap();
    assert_eq!(told.recv(), Ok(true), "it went on");
}
