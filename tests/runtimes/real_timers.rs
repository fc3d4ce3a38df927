//! Deadlines with the timers of tokio, smol and async-std. What is late would never end, so nothing depends on speed.

use crate::gate::Gate;
use crate::scene::Member;
use std::future::{Future, pending};
use std::time::{Duration, Instant};
use withal::{Elapsed, Phase, Reaper, ResourceExt, Scope, ScopeError};
use withal_common::Log;

const SHORT: Duration = Duration::from_millis(2);
const LONG: Duration = Duration::from_secs(600);

/// Members that are never in or never out, with a short deadline, beside those that have all the time in the world.
async fn scene<T: Future + Send + 'static>(timer: impl FnMut(Duration) -> T + Clone + Send + 'static, reaper: Reaper) {
    let within = |time| {
        let mut timer = timer.clone();
        move || timer(time)
    };
    let (log, never) = (Log::default(), Gate::closed());
    let member = |name| Member::new(name, &log);
    let in_time = || member("a").enter_within(within(LONG)).exit_within(within(LONG));

    let never_in = member("b").entered_through(&never).enter_within(within(SHORT));
    let report = Scope::new((in_time(), never_in)).report(async |_| Ok::<_, ScopeError>(())).await;
    assert_eq!(report.failures.to_string(), "could not enter [1] b: its deadline has elapsed");
    assert!(report.failures.iter().all(|failure| failure.error().is::<Elapsed>()));
    assert_eq!(log.story(), "a: entered, told EnterFailed, exited; b: enter dropped");
    log.line();

    let group = vec![member("b").exited_through(&never), member("c")].exit_within(within(SHORT));
    let report = Scope::new((in_time(), group)).on(&reaper).report(async |_| Ok::<_, ScopeError>(42)).await;
    assert_eq!(report.failures.to_string(), "could not exit [1, 0] b: its deadline has elapsed");
    assert_eq!(report.body.unwrap().unwrap(), 42);
    let out = "entered, told Completed, exit";
    assert_eq!(log.story(), format!("a: {out}ed; b: {out} dropped; c: {out}ed"));
    log.line();

    // Law `reaped`: dropped on its way in, it is late on the reaper.
    let never_in = (member("a"), member("b").entered_through(&never)).enter_within(within(SHORT));
    let (tell, told) = futures::channel::oneshot::channel();
    let tell = std::sync::Mutex::new(Some(tell));
    let heard = reaper.clone().on_failure(move |reaped| {
        let tell = tell.lock().unwrap().take().expect("it is heard once");
        tell.send(reaped.failures.iter().map(|late| (late.path().to_vec(), late.phase())).collect::<Vec<_>>()).unwrap();
    });
    {
        let scope = std::pin::pin!(Scope::new(never_in).on(&heard).run(async |_| anyhow::Ok(())));
        assert!(futures::poll!(scope).is_pending());
    }
    reaper.idle().await;
    assert_eq!(told.await.unwrap(), [(vec![1], Phase::Enter)]);
    assert_eq!(log.story(), "a: entered, told Cancelled, exited; b: enter dropped");
}

#[test]
fn roll_back_and_reaped_by_timers_of_tokio() {
    let timer = |time| tokio::time::timeout(time, pending::<()>());
    let runtimes = [tokio::runtime::Builder::new_multi_thread(), tokio::runtime::Builder::new_current_thread()];
    for mut runtime in runtimes {
        let runtime = runtime.worker_threads(2).enable_time().build().unwrap();
        let spawner = runtime.handle().clone();
        let reaper = Reaper::new(move |task| drop(spawner.spawn(task)));
        runtime.block_on(async { tokio::spawn(scene(timer, reaper)).await.unwrap() });
    }
}

#[test]
fn roll_back_and_reaped_by_timers_of_smol() {
    let timer = |time| smol::Timer::at(Instant::now() + time);
    smol::block_on(smol::spawn(scene(timer, Reaper::new(|task| smol::spawn(task).detach()))));
}

#[test]
fn roll_back_and_reaped_by_timers_of_async_std() {
    let timer = |time| async_std::future::timeout(time, pending::<()>());
    let reaper = Reaper::new(|task| drop(async_std::task::spawn(task)));
    async_std::task::block_on(async_std::task::spawn(scene(timer, reaper)));
}
