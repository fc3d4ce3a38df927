//! Laws `owned`, `reaped` and `attended` on tokio and smol: scopes that are owned by tasks, shared among them, and
//! dropped with them; and the work of their members, which a task of the reaper polls.

use crate::scene::{PHASES, Phase, Scene};
use futures::channel::{mpsc, oneshot};
use futures::future::{BoxFuture, Either, select};
use futures::{FutureExt, StreamExt};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use withal::{BoxError, Opened, Outcome, Reaper, Resource, ResourceExt, Scope, ScopeError, ScopeErrorKind, background};
use withal_common::Task;

/// Longer than anything takes that does not hang.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs tasks on some runtime.
type Spawn = fn(Task);

/// Plays a test on each runtime, as a task.
fn on_each<F: Future<Output = ()> + Send + 'static>(test: fn(Spawn) -> F) {
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let on_tokio: Spawn = |task| drop(tokio::spawn(task));
    let task = tokio.spawn(test(on_tokio));
    tokio.block_on(async { tokio::time::timeout(LIMIT, task).await }).expect("it hangs").unwrap();

    let on_smol: Spawn = |task| smol::spawn(task).detach();
    let limit = async_std::future::timeout(LIMIT, smol::spawn(test(on_smol)));
    smol::block_on(limit).expect("it hangs");
}

/// Spawns, and returns what waits for the output.
fn join<T: Send + 'static>(
    spawn: Spawn,
    future: impl Future<Output = T> + Send + 'static,
) -> impl Future<Output = T> + Send {
    let (send, output) = oneshot::channel();
    spawn(Box::pin(async move { drop(send.send(future.await)) }));
    output.map(|output| output.expect("the task ends"))
}

/// Opens and closes, or is dropped where it is held up.
fn open_and_close(scene: &Scene, reaper: &Reaper) -> BoxFuture<'static, Result<(), ScopeError>> {
    let (scene, opening) = (scene.clone(), Scope::new(scene.members()).on(reaper).open());
    Box::pin(async move {
        let opened = opening.await?;
        scene.body().await;
        opened.close().await
    })
}

#[test]
fn reaped_from_each_phase() {
    on_each(|spawn| async move {
        for phase in PHASES {
            let (scene, reaper) = (Scene::held(phase), Reaper::new(spawn));
            let (cut, is_cut) = oneshot::channel::<()>();
            let owner = open_and_close(&scene, &reaper);
            let owner = join(spawn, async move {
                assert!(matches!(select(owner, is_cut).await, Either::Right(_)), "it is held up");
            });
            scene.gate.reached().await;
            drop(cut);
            owner.await;
            scene.gate.open();
            reaper.idle().await;
            scene.assert_reaped();
        }
    });
}

#[test]
fn drop_any_time_without_a_reaper() {
    on_each(|_| async move {
        for phase in PHASES {
            let scene = Scene::held(phase);
            let opening = Scope::new(scene.members()).open();
            let held = scene.clone();
            let owner = Box::pin(async move {
                let opened = opening.await?;
                held.body().await;
                opened.close().await
            });
            let Either::Right(((), owner)) = select(owner, Box::pin(scene.gate.reached())).await else {
                panic!("it is held up")
            };
            drop(owner);
            scene.assert_abandoned();
        }
    });
}

type Question = (u32, oneshot::Sender<u32>);

/// A server that doubles numbers, until it is told 0.
fn doubler() -> impl Resource<Guard = mpsc::UnboundedSender<Question>, Error = BoxError> + 'static {
    let doubler = background(async |startup| {
        let (sender, mut questions) = mpsc::unbounded::<Question>();
        let mut stop = startup.ready(sender);
        while let Either::Left((Some((number, answer)), _)) = select(questions.next(), &mut stop).await {
            if number == 0 {
                return Err("it was told 0".into());
            }
            let _ = answer.send(2 * number);
        }
        Ok(())
    });
    doubler.named("doubler")
}

async fn double(doubler: &mpsc::UnboundedSender<Question>, number: u32) -> Option<u32> {
    let (answer, answered) = oneshot::channel();
    doubler.unbounded_send((number, answer)).ok()?;
    answered.await.ok()
}

/// As axum's `State` is: cloned for each request.
struct App<R: Resource> {
    doubler: Opened<R>,
}

#[test]
fn attended_while_tasks_share_it() {
    on_each(|spawn| async move {
        let reaper = Reaper::new(spawn);
        let app = Arc::new(App { doubler: Scope::new(doubler()).on(&reaper).open().await.unwrap() });
        let requests = (1..=20).map(|number| {
            let app = Arc::clone(&app);
            join(spawn, async move { double(&app.doubler, number).await })
        });
        let answers = futures::future::join_all(requests).await;
        assert_eq!(answers, (1..=20).map(|number| Some(2 * number)).collect::<Vec<_>>());
        reaper.idle().await; // it does not wait for the task that polls the doubler

        let waiting = Arc::clone(&app);
        let death = join(spawn, async move { waiting.doubler.attend().await.to_string() });
        assert_eq!(double(&app.doubler, 0).await, None);
        assert_eq!(death.await, "doubler failed: it was told 0");
        drop(app); // whichever task has the last one
        reaper.idle().await;
    });
}

/// The owner's `attend` polls the work, on another task than `open` and `close`.
#[test]
fn attended_without_a_reaper() {
    on_each(|spawn| async move {
        let app = Arc::new(App { doubler: Scope::new(doubler()).open().await.unwrap() });
        let (waiting, (stop, stopped)) = (Arc::clone(&app), oneshot::channel::<()>());
        let attends = join(spawn, async move {
            let attend = pin!(waiting.doubler.attend());
            matches!(select(attend, stopped).await, Either::Right(_))
        });
        assert_eq!(double(&app.doubler, 4).await, Some(8));
        drop(stop);
        assert!(attends.await, "nobody died");
        // The task drops its clone soon.
        let mut app = Some(app);
        let App { doubler } = loop {
            match Arc::try_unwrap(app.take().unwrap()) {
                Ok(app) => break app,
                Err(shared) => app = Some(shared),
            }
            std::thread::yield_now();
        };
        doubler.close().await.unwrap();
    });
}

/// Polls a few times, with the executor in between.
async fn soon<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    for _ in 0..3 {
        if let Some(output) = future.as_mut().now_or_never() {
            return Some(output);
        }
        withal_common::pend(1).await;
    }
    None
}

/// Law `nothing-lost`: it dies while one task attends and another closes. Exactly one of them is told.
#[test]
fn nothing_lost_when_a_death_meets_a_close() {
    on_each(|spawn| async move {
        for round in 0..300 {
            let reaper = (round % 3 > 0).then(|| Reaper::new(spawn));
            let scope = Scope::new((doubler(), ()));
            let opened = match &reaper {
                Some(reaper) => scope.on(reaper).open().await.unwrap(),
                None => scope.open().await.unwrap(),
            };
            let (sender, app) = (opened.0.clone(), Arc::new(opened));
            let waiting = Arc::clone(&app);
            let attended = join(spawn, async move { soon(waiting.attend()).await });
            let killed = join(spawn, async move { drop(sender.unbounded_send((0, oneshot::channel().0))) });
            let attended = attended.await;
            if round % 2 == 0 {
                killed.await;
            }
            let mut app = app;
            let opened = loop {
                match Arc::try_unwrap(app) {
                    Ok(opened) => break opened,
                    Err(shared) => app = shared,
                }
                std::thread::yield_now();
            };
            let closed = opened.close_with(Outcome::Cancelled).await;
            let told = usize::from(attended.is_some()) + usize::from(closed.is_err());
            assert!(told <= 1, "{attended:?} {closed:?}");
            if round % 2 == 0 {
                assert_eq!(told, 1, "round {round}: its death was lost");
            }
            let kind = attended.map(|error| error.kind());
            assert!(kind.is_none_or(|kind| kind == ScopeErrorKind::MemberFailed));
        }
    });
}

#[test]
fn reaped_with_its_work_when_dropped() {
    on_each(|spawn| async move {
        let reaper = Reaper::new(spawn);
        let scene = Scene::held(Phase::Body);
        for _ in 0..50 {
            let opened = Scope::new((scene.members(), doubler())).on(&reaper).open().await.unwrap();
            assert_eq!(double(&opened.1, 3).await, Some(6));
            drop(opened);
            reaper.idle().await;
            assert_eq!(scene.log.story(), "a: entered, told Cancelled, exited; b: entered, told Cancelled, exited");
            scene.log.take();
        }
    });
}
