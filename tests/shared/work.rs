//! Laws `attended`, `death-stops-the-body`: the work of a shared resource is polled by all users, and stops them.

use super::{run_all, user};
use futures::channel::oneshot;
use std::future::pending;
use std::sync::{Arc, Mutex};
use withal::{
    BoxError, MemberPanic, OutcomeKind, Phase, Resource, ResourceExt, Scope, ScopeError, ScopeErrorKind, Shared,
    background, shared,
};
use withal_common::{Log, World, panic_of, pend, quiet_panic, reaper};

type Death = oneshot::Sender<Result<(), BoxError>>;

/// Returns a member that counts how often it is polled, until it is told to end or to stop.
fn worker(log: &Log) -> (Shared<impl Resource<Guard = u32, Error = BoxError> + use<> + 'static>, Death) {
    let (death, mut dies) = oneshot::channel();
    let log = log.clone();
    let worker = background(async move |startup| {
        log.add("enters");
        let mut stop = startup.ready(7);
        std::future::poll_fn(|cx| {
            use std::task::Poll;
            if let Poll::Ready(Ok(end)) = std::pin::Pin::new(&mut dies).poll(cx) {
                log.add("ends");
                return Poll::Ready(end);
            }
            std::pin::Pin::new(&mut stop).poll(cx).map(|kind| {
                log.add(format!("stops {kind:?}"));
                Ok(())
            })
        })
        .await
    });
    (shared(worker.named("worker")), death)
}

fn died() -> BoxError {
    std::io::Error::other("the lease was lost").into()
}

#[test]
fn a_death_stops_the_bodies_of_all_users() {
    let (world, log) = (World::default(), Log::default());
    let (worker, death) = worker(&log);
    let mut death = Some(death);
    let mut bodies = |kills: bool| {
        let death = if kills { death.take() } else { None };
        async move |n: &mut withal::SharedGuard<u32>| {
            assert_eq!(**n, 7);
            pend(1).await;
            if let Some(death) = death {
                death.send(Err(died())).unwrap();
            }
            pending::<Result<(), ScopeError>>().await
        }
    };
    let users = vec![
        user(worker.clone().scope(bodies(false))),
        user((worker.clone(), world.ready(1)).scope(async |_| pending().await)),
        user(worker.clone().scope(bodies(true))),
    ];
    let outputs: Vec<_> = run_all(&world, users).into_iter().map(|output| output.unwrap().unwrap_err()).collect();
    for (n, error) in outputs.iter().enumerate() {
        assert_eq!((error.kind(), error.failures().len()), (ScopeErrorKind::MemberFailed, 1));
        let first = error.failures().first().unwrap();
        assert_eq!(first.phase(), Phase::Up);
        let text = if n == 1 { "[0] worker failed: the lease was lost" } else { "worker failed: the lease was lost" };
        assert_eq!(first.to_string(), text);
        assert!(first.error().is::<std::io::Error>(), "each has the error itself");
        assert!(std::error::Error::source(first).is_none());
    }
    let mut errors = outputs.into_iter().map(|error| error.into_failures().into_iter().next().unwrap().into_error());
    let shared = errors.next().unwrap();
    assert_eq!((shared.to_string(), format!("{shared:?}").is_empty()), ("the lease was lost".to_owned(), false));
    let last = errors.next_back().unwrap();
    drop((shared, errors));
    assert!(!last.is::<std::io::Error>(), "others had it");
    assert_eq!(log.line(), "enters, ends");
}

/// The last one that has the error can take it.
#[test]
fn the_error_of_a_lone_user_is_its_own() {
    let (world, log) = (World::default(), Log::default());
    let (worker, death) = worker(&log);
    let scope = worker.scope(async |_| {
        death.send(Err(died())).unwrap();
        pending::<Result<(), ScopeError>>().await
    });
    let failures = world.run(scope).unwrap_err().into_failures();
    assert!(failures.into_iter().next().unwrap().into_error().is::<std::io::Error>());
}

#[test]
fn a_user_that_comes_after_a_death_is_told_as_well() {
    let (world, log) = (World::default(), Log::default());
    let (worker, death) = worker(&log);
    let opened = world.run(Scope::new(worker.clone()).open()).unwrap();
    death.send(Err(died())).unwrap();
    assert_eq!(world.run(opened.attend()).to_string(), "worker failed: the lease was lost");
    let error: ScopeError = world.run(worker.scope(async |_| Ok(()))).unwrap_err();
    assert_eq!(error.failures().to_string(), "worker failed: the lease was lost");
    world.run(opened.close()).unwrap();
    assert_eq!(log.line(), "enters, ends");
}

#[test]
fn any_user_polls_the_work() {
    let (world, log) = (World::default(), Log::default());
    let (worker, death) = worker(&log);
    let mut first = Box::pin(worker.clone().scope(async |_| pending::<Result<(), ScopeError>>().await));
    let mut second = Box::pin(worker.scope(async |_| pending::<Result<(), ScopeError>>().await));
    assert!(world.0.poll(first.as_mut()).is_pending() && world.0.poll(second.as_mut()).is_pending());
    drop(first);
    death.send(Err(died())).unwrap();
    world.run(second).unwrap_err();
    assert_eq!(log.line(), "enters, ends");
}

/// The work ends well, or is told to stop by the last one out.
#[test]
fn it_stops_with_the_last_user() {
    let (world, log) = (World::default(), Log::default());
    let (worker, _death) = worker(&log);
    world.run((worker.clone(), worker).scope(async |_| anyhow::Ok(()))).unwrap();
    assert_eq!(log.line(), "enters, stops Completed");
    let (worker, death) = self::worker(&log);
    let scope = worker.scope(async |_| {
        death.send(Ok(())).unwrap();
        pend(3).await;
        anyhow::Ok(())
    });
    world.run(scope).unwrap();
    assert_eq!(log.line(), "enters, ends", "`quiet-end`");
}

#[test]
fn a_panic_of_the_work_resumes_in_all_scopes() {
    let world = World::default();
    let (break_it, broken) = oneshot::channel::<()>();
    let fragile = shared(background(async move |startup| {
        let _stop = startup.ready(());
        let _ = broken.await;
        quiet_panic("out of cheese")
    }));
    let body = async |_: &mut _| pending::<Result<(), ScopeError>>().await;
    let mut first = Box::pin(fragile.clone().scope(body));
    let second = Scope::new(fragile).report(async |_| pending::<Result<(), ScopeError>>().await);
    let mut second = Box::pin(second);
    assert!(world.0.poll(first.as_mut()).is_pending() && world.0.poll(second.as_mut()).is_pending());
    break_it.send(()).unwrap();
    let text = panic_of(|| world.run(first));
    assert_eq!(text.as_deref(), Some("out of cheese"));
    let failures = world.run(second).failures;
    assert!(failures.first().unwrap().error().is::<MemberPanic>());
    assert_eq!(failures.to_string(), "Background failed: panicked: out of cheese");
}

/// What lingers is polled on the reaper, and exited if it dies.
#[test]
fn it_is_polled_while_it_lingers() {
    let (world, log, (reaper, tasks)) = (World::default(), Log::default(), reaper());
    let heard = Arc::<Mutex<String>>::default();
    let texts = Arc::clone(&heard);
    let reaper = reaper.on_failure(move |reaped| *texts.lock().unwrap() = reaped.failures.to_string());
    let (worker, death) = worker(&log);
    let worker = worker.linger(pending::<()>, &reaper);
    world.run(worker.scope(async |_| anyhow::Ok(()))).unwrap();
    let mut task = tasks.pop().unwrap();
    assert!(world.0.poll(task.as_mut()).is_pending());
    death.send(Err(died())).unwrap();
    world.run(task);
    assert_eq!(*heard.lock().unwrap(), "worker failed: the lease was lost");
    assert_eq!(log.line(), "enters, ends");
}

/// `watch` around the resource, and around a user of it.
#[test]
fn watched() {
    let (world, log) = (World::default(), Log::default());
    let (kill, killed) = oneshot::channel::<()>();
    let mut killed = Some(killed);
    let inner = shared(log.quick(1).watch(move |_| {
        let killed = killed.take();
        async move {
            if let Some(killed) = killed {
                let _ = killed.await;
            }
            std::io::Error::other("hung up")
        }
    }));
    let body = async |_: &mut _| pending::<Result<(), ScopeError>>().await;
    let mut first =
        Box::pin((inner.clone(), world.ready(2)).scope(async |_| pending::<Result<(), ScopeError>>().await));
    let mut second = Box::pin(inner.scope(body));
    assert!(world.0.poll(first.as_mut()).is_pending() && world.0.poll(second.as_mut()).is_pending());
    kill.send(()).unwrap();
    assert_eq!(world.run(first).unwrap_err().to_string(), "[0] Member failed: hung up");
    assert_eq!(world.run(second).unwrap_err().to_string(), "Member failed: hung up");
    assert_eq!(log.line(), format!("enter 1, exit 1, {:?}", OutcomeKind::MemberFailed));
    let watched = shared(log.quick(2)).watch(|_| async { std::io::Error::other("hung up") });
    assert_eq!(world.run(watched.scope(body)).unwrap_err().to_string(), "could not enter Member: hung up");
}
