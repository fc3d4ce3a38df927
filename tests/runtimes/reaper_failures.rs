//! Laws `reaped` and `nothing-lost`: what no caller can be told any more is heard once, and only if there is something.

use crate::gate::Gate;
use crate::scene::{Member, OutOfOrder, PHASES, Phase, Scene};
use std::sync::{Arc, Mutex};
use withal::{MemberPanic, Outcome, Reaped, Reaper, Resource, Scope, ScopeError};
use withal_common::{Log, Task, Tasks, panic_of, quiet_panic, reaper, run, settle};

type Heard = Arc<Mutex<Vec<Reaped>>>;

fn hearing() -> (Reaper, Tasks, Heard) {
    let (heard, (reaper, tasks)) = (Heard::default(), reaper());
    let hear = Arc::clone(&heard);
    (reaper.on_failure(move |reaped| hear.lock().unwrap().push(reaped)), tasks, heard)
}

/// Runs a scope up to its gate, drops it, opens the gate, and gives what is heard of it.
fn heard(gate: &Gate, open: impl FnOnce(&Reaper) -> std::pin::Pin<Box<dyn Future<Output = ()>>>) -> Option<Reaped> {
    let (reaper, tasks, heard) = hearing();
    let mut scope = open(&reaper);
    settle(scope.as_mut());
    drop(scope);
    gate.open();
    tasks.run();
    assert_eq!(reaper.pending(), 0);
    let mut heard = heard.lock().unwrap();
    assert!(heard.len() <= 1, "once for a scope");
    heard.pop()
}

/// A macro, as a future that has the scope's type cannot be named.
macro_rules! heard {
    ($gate:expr, $members:expr, $run:ident($body:expr)) => {
        heard(&$gate, |reaper| {
            let scope = Scope::new($members).on(reaper).$run($body);
            Box::pin(async move { drop(scope.await) })
        })
    };
}

/// Two members, the exit of the second of which is held up, and then ends like this.
fn held_exit(gate: &Gate) -> (Member, Member) {
    let log = Log::default();
    (Member::new("a", &log), Member::new("b", &log).exited_through(gate))
}

#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("no luck: {0}")]
    NoLuck(u32),
    #[error(transparent)]
    Scope(#[from] ScopeError),
}

#[test]
fn reaped_and_clean_is_never_heard() {
    for phase in PHASES {
        let scene = Scene::held(phase);
        let heard = heard(&scene.gate.clone(), |reaper| {
            let scope = scene.on(reaper);
            Box::pin(async move { drop(scope.await) })
        });
        assert!(heard.is_none(), "{phase:?}: {heard:?}");
        scene.assert_reaped();
    }
}

#[test]
fn nothing_lost_of_enters() {
    let (gate, log) = (Gate::closed(), Log::default());
    let failing = || Member::new("a", &log).fails_to(Phase::Enter);
    let late = || Member::new("b", &log).entered_through(&gate);
    let reaped = heard!(gate, (failing(), late().fails_to(Phase::Enter)), run(async |_| anyhow::Ok(()))).unwrap();
    assert_eq!(
        reaped.failures.to_string(),
        "could not enter [0] a: a is out of order; could not enter [1] b: b is out of order"
    );
    assert!(reaped.failures.iter().all(|failure| failure.error().is::<OutOfOrder>()));
    assert!(reaped.body.is_none() && reaped.panic.is_none());
}

#[test]
fn nothing_lost_of_exits() {
    for phase in PHASES {
        let scene = Scene::held(phase);
        let (a, b) = scene.members();
        let body = scene.clone();
        let members = (a.fails_to(Phase::Exit), b.fails_to(Phase::Exit));
        let reaped = heard!(
            scene.gate,
            members,
            run(async move |_| {
                body.body().await;
                anyhow::Ok(())
            })
        );
        let reaped = reaped.unwrap();
        assert_eq!(reaped.failures.len(), 2, "{phase:?}");
        assert_eq!(reaped.failures.iter().map(withal::Failure::name).collect::<Vec<_>>(), ["a", "b"]);
        assert!(reaped.failures.iter().all(|failure| failure.phase() == withal::Phase::Exit));
        assert!(reaped.body.is_none() && reaped.panic.is_none());
    }
}

/// Its exit panics when the gate is open.
struct Panics(Gate);

impl Resource for Panics {
    type Guard = ();
    type Error = std::convert::Infallible;

    async fn enter(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), Self::Error> {
        self.0.pass().await;
        quiet_panic("boom")
    }
}

#[test]
fn nothing_lost_of_panics() {
    let gate = Gate::closed();
    let members = (Panics(gate.clone()), Panics(gate.clone()));
    let reaped = heard!(gate, members, run(async |_| anyhow::Ok(()))).unwrap();
    assert_eq!(reaped.failures.len(), 2);
    let first = reaped.failures.into_iter().next().unwrap().into_error().downcast::<MemberPanic>().unwrap();
    assert_eq!(first.into_payload().downcast_ref(), Some(&"boom"));
}

/// The body's error is the body's own.
#[test]
fn nothing_lost_of_the_bodys_error() {
    let gate = Gate::closed();
    let reaped = heard!(gate, held_exit(&gate), run(async |_| Err::<(), _>(Trouble::NoLuck(7)))).unwrap();
    let error = reaped.body.unwrap().downcast::<Trouble>().unwrap();
    assert!(matches!(*error, Trouble::NoLuck(7)));
    assert!(reaped.failures.is_empty() && reaped.panic.is_none());

    let gate = Gate::closed();
    let (a, b) = held_exit(&gate);
    let members = (a, b.fails_to(Phase::Exit));
    let reaped = heard!(gate, members, run(async |_| Err::<(), _>(Trouble::NoLuck(7)))).unwrap();
    assert_eq!(reaped.body.unwrap().to_string(), "no luck: 7");
    assert_eq!(reaped.failures.to_string(), "could not exit [1] b: b is out of order");
}

/// Under `report` any type can be the error, and is heard as text; under `run_local` it need not be `Send`.
#[test]
fn nothing_lost_of_a_bodys_error_of_any_type() {
    #[derive(Debug)]
    struct Odd(#[expect(dead_code, reason = "it is read by `Debug`")] u32);

    let gate = Gate::closed();
    let reaped = heard!(gate, held_exit(&gate), report(async |_| Err::<(), _>(Odd(7)))).unwrap();
    assert_eq!(reaped.body.unwrap().to_string(), "Odd(7)");

    let gate = Gate::closed();
    let local = async |_: &mut _| Err::<(), _>(std::rc::Rc::new(7));
    let reaped = heard!(gate, held_exit(&gate), report_local(local)).unwrap();
    assert!(reaped.body.unwrap().to_string().contains("Rc<"), "the name of the type");

    let gate = Gate::closed();
    let reaped = heard!(gate, held_exit(&gate), run_local(async |_| Err::<(), _>(Trouble::NoLuck(7)))).unwrap();
    assert!(reaped.body.is_some());
}

#[test]
fn nothing_lost_of_the_bodys_panic() {
    async fn body<G>(_: &mut G) -> anyhow::Result<()> {
        quiet_panic("boom")
    }

    let gate = Gate::closed();
    let reaped = heard!(gate, held_exit(&gate), run(body)).unwrap();
    assert_eq!(reaped.panic.unwrap().downcast_ref(), Some(&"boom"));
    assert!(reaped.failures.is_empty() && reaped.body.is_none());

    let gate = Gate::closed();
    let reaped = heard!(gate, (held_exit(&gate), Panics(gate.clone())), report(body)).unwrap();
    assert_eq!(reaped.panic.unwrap().downcast_ref(), Some(&"boom"));
    assert_eq!(reaped.failures.to_string(), "could not exit [1] Panics: panicked: boom");
}

/// A caller who is there is told, and nobody else.
#[test]
fn nothing_is_heard_of_a_scope_that_ends() {
    let (reaper, tasks, heard) = hearing();
    let gate = Gate::closed();
    gate.open();
    let (a, b) = held_exit(&gate);
    let members = (a.fails_to(Phase::Exit), b);
    assert!(run(Scope::new(members).on(&reaper).run(async |_| anyhow::Ok(()))).is_err());
    assert!(heard.lock().unwrap().is_empty() && tasks.pop().is_none());
}

/// Nor of one whose task the runtime drops: it is not finished.
#[test]
fn nothing_is_heard_of_a_task_that_is_dropped() {
    let (reaper, tasks, heard) = hearing();
    let gate = Gate::closed();
    let (a, b) = held_exit(&gate);
    let members = (a.fails_to(Phase::Exit), b);
    settle(Box::pin(Scope::new(members).on(&reaper).run(async |_| anyhow::Ok(()))).as_mut());
    drop(tasks.pop());
    assert!(heard.lock().unwrap().is_empty());
    assert_eq!(reaper.pending(), 0);
}

/// Law `panic-anywhere`: one who hears and panics panics in the task; the scope counts as finished.
#[test]
fn panic_anywhere_in_what_hears() {
    let (reaper, tasks) = reaper();
    let reaper = reaper.on_failure(|_| quiet_panic("deaf"));
    let gate = Gate::closed();
    let (a, b) = held_exit(&gate);
    let members = (a.fails_to(Phase::Exit), b);
    settle(Box::pin(Scope::new(members).on(&reaper).run(async |_| anyhow::Ok(()))).as_mut());
    gate.open();
    let task: Task = tasks.pop().unwrap();
    assert_eq!(panic_of(|| run(task)).as_deref(), Some("deaf"));
    assert_eq!(reaper.pending(), 0);
    run(reaper.idle());
}
