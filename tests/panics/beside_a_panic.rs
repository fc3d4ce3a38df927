//! A member that panics takes nothing from the others in its group: those before it in the round stay pending, those
//! behind it are polled in the same round, and the phase is over when all of them have ended.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use withal::{BoxError, Outcome, Resource, ResourceExt, Scope};
use withal_common::{poll, quiet_panic};

/// The call into a member that panics, in one of its phases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Make,
    Poll,
    Drop,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Enter,
    Exit,
}

#[derive(Clone, Copy, Debug)]
struct Scene {
    /// The index of the member that panics.
    index: usize,
    call: Call,
    phase: Phase,
    /// The number of pending polls of this member.
    own: usize,
    /// The number of pending polls of the others.
    others: usize,
}

/// What happened to the members.
#[derive(Default)]
struct Log {
    round: AtomicUsize,
    /// The last round in which a member was polled, by phase and index.
    polled: Mutex<[[usize; 20]; 2]>,
    entered: AtomicUsize,
    exited: AtomicUsize,
}

struct Member {
    index: usize,
    scene: Scene,
    log: Arc<Log>,
}

impl Member {
    fn step(&self, phase: Phase) -> Step {
        let Scene { index, own, others, call, .. } = self.scene;
        let panics = Some(call).filter(|_| index == self.index && phase == self.scene.phase);
        if panics == Some(Call::Make) {
            quiet_panic("made");
        }
        let pending = if index == self.index { own } else { others };
        Step { panics, pending, index: self.index, phase, log: Arc::clone(&self.log) }
    }
}

struct Step {
    panics: Option<Call>,
    pending: usize,
    index: usize,
    phase: Phase,
    log: Arc<Log>,
}

impl Future for Step {
    type Output = Result<(), BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let round = self.log.round.load(SeqCst);
        let before = std::mem::replace(&mut self.log.polled.lock().unwrap()[self.phase as usize][self.index], round);
        assert!(before < round, "member {} is polled twice in a round", self.index);
        if self.pending > 0 {
            self.pending -= 1;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.panics == Some(Call::Poll) {
            quiet_panic("polled");
        }
        let count = if self.phase == Phase::Enter { &self.log.entered } else { &self.log.exited };
        count.fetch_add(1, SeqCst);
        Poll::Ready(Ok(()))
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        if self.panics == Some(Call::Drop) {
            quiet_panic("dropped");
        }
    }
}

impl Resource for Member {
    type Guard = ();
    type Error = BoxError;

    fn enter(&mut self) -> impl Future<Output = Result<(), BoxError>> + Send {
        self.step(Phase::Enter)
    }

    fn exit(&mut self, (): (), _: Outcome<'_>) -> impl Future<Output = Result<(), BoxError>> + Send {
        self.step(Phase::Exit)
    }
}

/// Runs a scope of this many members through all scenes.
fn check<R: Resource>(shape: &str, members: usize, resource: impl Fn(&dyn Fn(usize) -> Member) -> R) {
    for index in 0..members {
        for (own, others) in (0..4).flat_map(|own| (0..4).map(move |others| (own, others))) {
            for call in [Call::Make, Call::Poll, Call::Drop] {
                for phase in [Phase::Enter, Phase::Exit] {
                    let scene = Scene { index, call, phase, own, others };
                    run(&format!("{shape}: {scene:?}"), scene, members, &resource);
                }
            }
        }
    }
}

fn run<R: Resource>(what: &str, scene: Scene, members: usize, resource: impl Fn(&dyn Fn(usize) -> Member) -> R) {
    let log = Arc::new(Log::default());
    let resource = resource(&|index| Member { index, scene, log: Arc::clone(&log) });
    let mut scope = Box::pin(Scope::new(resource).report(async |_| Ok::<_, BoxError>(())));
    let report = loop {
        assert!(log.round.fetch_add(1, SeqCst) < 100, "{what}: it hangs");
        if let Poll::Ready(report) = poll(scope.as_mut()) {
            break report;
        }
    };
    // The exit of a member that has entered ends before the scope returns. A panic in the drop of the future comes
    // after its end.
    let ends = members - usize::from(scene.call != Call::Drop);
    let (entered, exited) = match scene.phase {
        Phase::Enter => (ends, ends),
        Phase::Exit => (members, ends),
    };
    let counted = (log.entered.load(SeqCst), log.exited.load(SeqCst));
    if what.starts_with("limited") && scene.phase == Phase::Enter {
        assert_eq!(counted.0, counted.1, "{what}: a member that waits for its turn is not entered after a failure");
    } else {
        assert_eq!(counted, (entered, exited), "{what}: members that entered, and that exited");
    }
    let failures: Vec<_> = report.failures.iter().map(|failure| failure.path().to_owned()).collect();
    assert_eq!(failures, [[scene.index]], "{what}: {:?}", report.failures);
}

#[test]
fn the_others_end() {
    check("pair", 2, |member| (member(0), member(1)));
    check("three", 3, |member| (member(0), member(1), member(2)));
    check("six", 6, |m| (m(0), m(1), m(2), m(3), m(4), m(5)));
    check("named", 2, |member| (member(0).named("a"), member(1).named("b")));
    check("array", 3, |member| [0, 1, 2].map(member));
    check("list", 3, |member| Vec::from([0, 1, 2].map(member)));
    check("long list", 20, |member| (0..20).map(member).collect::<Vec<_>>());
    check("limited", 3, |member| (member(0), member(1), member(2)).limit(2));
}
