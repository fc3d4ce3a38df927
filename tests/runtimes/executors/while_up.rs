//! The later acts of the scene: what happens while members are up.

use super::stage::{Act, Stage, Trouble};
use futures::StreamExt;
use futures::channel::{mpsc, oneshot};
use futures::future::{Either, select};
use std::future::pending;
use std::pin::pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::thread;
use withal::{BoxError, Report, Resource, ResourceExt, Scope, ScopeErrorKind, background, cancelled, defer, shield};
use withal_common::Log;

type Question = (usize, oneshot::Sender<usize>);
type Questions = mpsc::UnboundedSender<Question>;

/// Each act, in a body that may move between threads, or in one that stays on its thread. The count is what the bodies
/// capture.
macro_rules! acts {
    ($name:ident, $report:ident, $count:expr) => {
        pub(crate) async fn $name() {
            let (stage, count) = (Stage::default(), $count);
            let run = Run::default();
            let report = Scope::new(asking(&run, &stage)).$report(async |(questions, _)| {
                let mut sum = 0;
                for number in 1..=3 {
                    sum += ask(questions, number).await;
                }
                run.log.add("body");
                Ok(sum * *count)
            });
            work_goes_on(&run, &report.await);

            let run = Run::default();
            let report = Scope::new((run.member("a"), dying(&stage))).$report(async |(_, poison)| {
                poison.give();
                let _dropped = run.on_drop("body dropped");
                Ok(pending::<usize>().await * *count)
            });
            a_death_stops_the_body(&run, &report.await);

            let (run, signal) = Run::with_signal();
            let report = Scope::new(run.member("outer")).until(signal).$report(async |_| {
                let _dropped = run.on_drop("body dropped");
                let inner = Scope::new(run.member("inner")).$report(async |_| {
                    let _dropped = run.on_drop("inner body dropped");
                    run.fire();
                    Ok::<_, Trouble>(pending::<usize>().await * *count)
                });
                unreachable!("{:?}", inner.await)
            });
            inner_scopes_come_down_first(&run, &report.await);

            let (run, signal) = Run::with_signal();
            let report = Scope::new(run.member("a")).until(signal).$report(async |_| {
                let _dropped = run.on_drop("body dropped");
                shield(async {
                    run.fire();
                    cancelled().await;
                    stage.play(Act::Answer).await?;
                    run.log.add("region over");
                    Ok::<_, Trouble>(*count)
                })
                .await?;
                unreachable!("the body is dropped")
            });
            a_region_is_shielded(&run, &report.await);
        }
    };
}

acts!(acts, report, Arc::new(1));
acts!(acts_local, report_local, Rc::new(1));

/// What a run logs, and the signal that it fires.
#[derive(Default)]
struct Run {
    log: Log,
    signal: Mutex<Option<oneshot::Sender<()>>>,
}

impl Run {
    fn with_signal() -> (Self, oneshot::Receiver<()>) {
        let (sender, signal) = oneshot::channel();
        (Self { log: Log::default(), signal: Some(sender).into() }, signal)
    }

    /// From another thread, so that it comes when it comes.
    fn fire(&self) {
        let signal = self.signal.lock().unwrap().take().expect("it fires once");
        thread::spawn(move || signal.send(()));
    }

    /// Logs how it is exited, and is never abandoned.
    fn member(&self, name: &'static str) -> impl Resource<Guard = (), Error = BoxError> + use<> {
        let (log, late) = (self.log.clone(), Stage::default());
        defer(async move |outcome| {
            let mut ending = Ending(log.clone(), format!("{name} dropped"));
            log.add(format!("{name} told {:?}", outcome.kind()));
            late.play(Act::Answer).await?;
            ending.1 = format!("{name} out");
            Ok(())
        })
        .named(name)
    }

    fn on_drop(&self, what: &str) -> Ending {
        Ending(self.log.clone(), what.into())
    }
}

/// Logs this when it is dropped.
struct Ending(Log, String);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.add(self.1.clone());
    }
}

async fn ask(questions: &Questions, number: usize) -> usize {
    let (sender, answer) = oneshot::channel();
    questions.unbounded_send((number, sender)).expect("the worker listens");
    answer.await.expect("the worker answers")
}

/// Doubles numbers, with the help of other threads, for as long as anyone can ask.
fn worker(run: &Run, stage: &Stage) -> impl Resource<Guard = Questions, Error = BoxError> + use<> {
    let (log, stage) = (run.log.clone(), stage.clone());
    background(async move |startup| {
        let (sender, mut questions) = mpsc::unbounded::<Question>();
        let _ended = Ending(log, "worker ended".into());
        let _stop = startup.ready(sender);
        while let Some((number, answer)) = questions.next().await {
            stage.play(Act::Answer).await?;
            answer.send(2 * number).expect("who asks waits");
        }
        Ok(())
    })
}

/// A worker, and a member that asks it when it exits.
fn asking(run: &Run, stage: &Stage) -> impl Resource<Guard = (Questions, ()), Error: Send> + use<> {
    let log = run.log.clone();
    worker(run, stage).then(move |questions| {
        let (questions, log) = (questions.clone(), log.clone());
        defer(async move |_| {
            log.add(format!("answered {}", ask(&questions, 21).await));
            Ok(())
        })
    })
}

/// Law `attended`: the work is polled while the body runs, and while others exit.
fn work_goes_on(run: &Run, report: &Report<usize, Trouble>) {
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(report.body, Some(Ok(2 + 4 + 6)));
    assert_eq!(run.log.line(), "body, answered 42, worker ended");
}

/// Fails, a while after it was told to.
fn dying(stage: &Stage) -> impl Resource<Guard = Poison, Error = BoxError> + use<> {
    let stage = stage.clone();
    let dying = background(async move |startup| {
        let (sender, poison) = oneshot::channel();
        let _stop = startup.ready(Poison(Some(sender)));
        poison.await?;
        stage.play(Act::Fail).await?;
        Ok(())
    });
    dying.named("worker")
}

struct Poison(Option<oneshot::Sender<()>>);

impl Poison {
    /// From another thread, so that it comes when it comes.
    fn give(&mut self) {
        let sender = self.0.take().expect("one dose is enough");
        thread::spawn(move || sender.send(()));
    }
}

/// Laws `death-stops-the-body`, `death-is-first`.
fn a_death_stops_the_body(run: &Run, report: &Report<usize, Trouble>) {
    assert_eq!((&report.body, report.cancelled), (&None, false));
    assert_eq!(report.failures.to_string(), "[1] worker failed: no luck");
    assert_eq!(run.log.line(), "body dropped, a told MemberFailed, a out");
}

/// Law `nested-until`.
fn inner_scopes_come_down_first(run: &Run, report: &Report<usize, Trouble>) {
    assert!(report.cancelled && report.failures.is_empty(), "{report:?}");
    let story = "inner body dropped, inner told Cancelled, inner out, body dropped, outer told Cancelled, outer out";
    assert_eq!(run.log.line(), story);
}

/// Law `shielded`.
fn a_region_is_shielded(run: &Run, report: &Report<usize, Trouble>) {
    assert!(report.cancelled && report.failures.is_empty(), "{report:?}");
    assert_eq!(run.log.line(), "region over, body dropped, a told Cancelled, a out");
}

/// Laws `owned`, `attended`: without a reaper, who owns the scope polls the work.
pub(crate) async fn acts_owned() {
    let (stage, run) = (Stage::default(), Run::default());
    let opened = Scope::new(asking(&run, &stage)).open().await.unwrap();
    let Either::Right((sum, _)) = select(pin!(opened.attend()), pin!(ask(&opened.0, 4))).await else {
        unreachable!("the worker lives")
    };
    assert_eq!(sum, 8);
    opened.close().await.unwrap();
    assert_eq!(run.log.line(), "answered 42, worker ended");

    let mut opened = Scope::new((run.member("a"), dying(&stage))).open().await.unwrap();
    opened.1.give();
    let death = opened.attend().await;
    assert_eq!(
        (death.kind(), death.to_string().as_str()),
        (ScopeErrorKind::MemberFailed, "[1] worker failed: no luck")
    );
    opened.close().await.unwrap();
    assert_eq!(run.log.line(), "a told Completed, a out");
}
