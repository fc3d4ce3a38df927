//! Law `panic-anywhere`, call by call: of a member, of a body, of a scope that is dropped.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use withal::{BoxError, MemberPanic, Outcome, OutcomeKind, Phase, Reaper, Report, Resource, ResourceExt, Scope};
use withal_common::{Log, caught, poll, quiet_panic, run};

/// Every place of a member's in which this crate calls the user's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    EnterCall,
    EnterPoll,
    EnterDropDone,
    EnterDropInFlight,
    EnterError,
    ExitCall,
    ExitPoll,
    ExitDropDone,
    ExitDropInFlight,
    ExitError,
    Abandon,
    ExitDropped,
    Name,
    ResourceDrop,
}

/// A member that panics in some places, each time with the name of the place, and logs its exits and abandonments.
struct Wild {
    id: char,
    panics: Vec<At>,
    /// Whether its enter, and its exit, is pending for ever; and whether they fail.
    stuck: (bool, bool),
    fails: (bool, bool),
    log: Log,
}

impl Wild {
    fn new(id: char, panics: &[At], log: &Log) -> Self {
        Self { id, panics: panics.to_vec(), stuck: (false, false), fails: (false, false), log: log.clone() }
    }

    fn at(&self, place: At) {
        if self.panics.contains(&place) {
            quiet_panic(place);
        }
    }

    fn log(&self, what: impl fmt::Display) {
        self.log.add(format!("{} {what}", self.id));
    }
}

/// A future of one phase: its poll and its drop can panic.
struct Fut<'a, T> {
    wild: &'a Wild,
    poll: At,
    drop: [At; 2],
    output: Option<T>,
    done: bool,
}

impl<T: Unpin> Future for Fut<'_, T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        self.done = true;
        self.wild.at(self.poll);
        let output = self.output.take();
        self.done = output.is_some();
        output.map_or(Poll::Pending, Poll::Ready)
    }
}

impl<T> Drop for Fut<'_, T> {
    fn drop(&mut self) {
        self.wild.at(self.drop[usize::from(!self.done)]);
    }
}

/// An error that panics when it is boxed.
#[derive(Debug)]
struct Boxes(bool);

impl From<Boxes> for BoxError {
    fn from(error: Boxes) -> Self {
        if error.0 {
            quiet_panic(At::EnterError);
        }
        "refused".into()
    }
}

impl Resource for Wild {
    type Guard = char;
    type Error = Boxes;

    fn enter(&mut self) -> impl Future<Output = Result<char, Boxes>> + Send {
        self.at(At::EnterCall);
        let given = if self.fails.0 { Err(Boxes(self.panics.contains(&At::EnterError))) } else { Ok(self.id) };
        let drop = [At::EnterDropDone, At::EnterDropInFlight];
        Fut { poll: At::EnterPoll, drop, output: (!self.stuck.0).then_some(given), done: false, wild: self }
    }

    fn exit(&mut self, _: char, outcome: Outcome<'_>) -> impl Future<Output = Result<(), Boxes>> + Send {
        self.log(format!("{:?}", outcome.kind()));
        self.at(At::ExitCall);
        let given = if self.fails.1 { Err(Boxes(self.panics.contains(&At::ExitError))) } else { Ok(()) };
        let drop = [At::ExitDropDone, At::ExitDropInFlight];
        Fut { poll: At::ExitPoll, drop, output: (!self.stuck.1).then_some(given), done: false, wild: self }
    }

    fn abandon(&mut self, _: char) {
        self.log("abandoned");
        self.at(At::Abandon);
    }

    fn exit_dropped(&mut self) {
        self.log("cut");
        self.at(At::ExitDropped);
    }

    fn name(&self) -> &'static str {
        self.at(At::Name);
        "wild"
    }
}

impl Drop for Wild {
    fn drop(&mut self) {
        self.at(At::ResourceDrop);
    }
}

/// The place that the call panicked in, if it did.
fn place<T>(call: impl FnOnce() -> T) -> Option<At> {
    caught(call).map(|payload| *payload.downcast::<At>().expect("one of ours"))
}

fn panic_of(error: &(dyn Error + Send + Sync + 'static)) -> bool {
    error.is::<MemberPanic>()
}

/// The middle one of three panics in one place; what its neighbours are told, and in which phase it is blamed.
fn middle(at: At, fails: (bool, bool)) -> (Report<(), BoxError>, Vec<String>, Option<At>) {
    let scene = |log: &Log| {
        let mut middle = Wild::new('b', &[at], log);
        middle.fails = fails;
        (Wild::new('a', &[], log), (middle, Wild::new('c', &[], log)))
    };
    let log = Log::default();
    let report = run(Scope::new(scene(&log)).report(async |_| Ok::<_, BoxError>(())));
    let again = Log::default();
    let resumed = place(|| run(scene(&again).scope(async |_| Ok::<_, BoxError>(()))));
    let log = log.take();
    assert_eq!(log, again.take(), "`run` and `report` do the same");
    (report, log, resumed)
}

#[test]
fn enter_when_called_or_polled() {
    for at in [At::EnterCall, At::EnterPoll] {
        let (report, log, resumed) = middle(at, (false, false));
        assert_eq!(log, ["c Panicked", "a Panicked"], "{at:?}");
        assert_eq!(resumed, Some(at));
        let failure = report.failures.first().unwrap();
        assert_eq!((failure.path(), failure.phase()), (&[1, 0][..], Phase::Enter));
        assert!(panic_of(failure.error()) && report.failures.len() == 1 && report.body.is_none());
    }
}

/// It gave its guard, so it is exited; it panicked, so the body does not run.
#[test]
fn enter_when_dropped_at_its_end() {
    let (report, log, resumed) = middle(At::EnterDropDone, (false, false));
    assert_eq!(log, ["c Panicked", "b Panicked", "a Panicked"]);
    assert_eq!(resumed, Some(At::EnterDropDone));
    assert_eq!((report.failures.len(), report.body.is_none()), (1, true));
}

#[test]
fn enter_when_dropped_in_flight() {
    let scene = |log: &Log| {
        let mut stuck = Wild::new('a', &[At::EnterDropInFlight], log);
        stuck.stuck.0 = true;
        let mut failing = Wild::new('c', &[], log);
        failing.fails.0 = true;
        ((stuck, Wild::new('b', &[], log)), failing).fail_fast()
    };
    let log = Log::default();
    let report = run(Scope::new(scene(&log)).report(async |_| Ok::<_, BoxError>(())));
    assert_eq!(log.take(), ["b Panicked"]);
    let paths: Vec<_> = report.failures.iter().map(|failure| (failure.path(), panic_of(failure.error()))).collect();
    assert_eq!(paths, [(&[0, 0][..], true), (&[1][..], false)]);
    assert_eq!(
        place(|| run(scene(&Log::default()).scope(async |_| Ok::<_, BoxError>(())))),
        Some(At::EnterDropInFlight)
    );
}

#[test]
fn exit_when_called_polled_or_dropped_at_its_end() {
    for at in [At::ExitCall, At::ExitPoll, At::ExitDropDone] {
        let (report, log, resumed) = middle(at, (false, false));
        assert_eq!(log, ["c Completed", "b Completed", "a Completed"], "{at:?}");
        assert_eq!(resumed, Some(at));
        let failure = report.failures.first().unwrap();
        assert_eq!((failure.path(), failure.phase()), (&[1, 0][..], Phase::Exit));
        assert!(panic_of(failure.error()) && report.failures.len() == 1 && matches!(report.body, Some(Ok(()))));
    }
}

#[test]
fn errors_when_boxed() {
    let (report, log, resumed) = middle(At::EnterError, (true, false));
    assert_eq!(log, ["c Panicked", "a Panicked"]);
    assert_eq!((report.failures.len(), resumed), (1, Some(At::EnterError)));

    let (report, log, resumed) = middle(At::ExitError, (false, true));
    assert_eq!(log.len(), 3);
    assert_eq!((report.failures.len(), resumed), (1, Some(At::EnterError)));
}

#[test]
fn name() {
    let (report, log, resumed) = middle(At::Name, (false, true));
    assert_eq!(log.len(), 3);
    assert_eq!(resumed, Some(At::Name));
    let texts: Vec<_> = report.failures.iter().map(ToString::to_string).collect();
    assert_eq!(texts[0], "could not exit [1, 0] Wild: refused", "the error is not lost");
    assert_eq!(texts[1], "could not exit [1, 0] Wild: panicked: a payload that is no text");
}

#[test]
fn the_resource_when_dropped() {
    let (report, log, resumed) = middle(At::ResourceDrop, (false, false));
    assert_eq!(log.len(), 3);
    assert_eq!((report.failures.len(), resumed), (1, Some(At::ResourceDrop)));
    assert_eq!(report.failures.first().map(withal::Failure::name), Some("resource"));
    assert!(matches!(report.body, Some(Ok(()))));
}

/// Nothing can be reported after a drop: all are abandoned, then the first panic resumes.
#[test]
fn abandon() {
    let log = Log::default();
    let members = ['a', 'b', 'c'].map(|id| Wild::new(id, &[At::Abandon], &log));
    let mut scope = Box::pin(members.scope(async |_| -> Result<(), BoxError> { std::future::pending().await }));
    assert!(poll(scope.as_mut()).is_pending());
    assert_eq!(place(|| drop(scope)), Some(At::Abandon));
    assert_eq!(log.take(), ["c abandoned", "b abandoned", "a abandoned"]);
}

#[test]
fn drops_in_flight_of_a_dropped_scope() {
    for (at, stuck) in [(At::EnterDropInFlight, (true, false)), (At::ExitDropInFlight, (false, true))] {
        let log = Log::default();
        let members = ['a', 'b', 'c'].map(|id| {
            let mut member = Wild::new(id, &[at], &log);
            member.stuck = stuck;
            member
        });
        let mut scope = Box::pin((members, Wild::new('d', &[], &log)).scope(async |_| Ok::<_, BoxError>(())));
        assert!(poll(scope.as_mut()).is_pending());
        assert_eq!(place(|| drop(scope)), Some(at), "all three panic, one resumes, nothing aborts");
        assert!(log.take().iter().any(|line| line.starts_with("d ")), "{at:?}");
    }
}

/// All whose exits are cut are told so, then the first panic resumes, or is told by the deadline.
#[test]
fn exit_dropped() {
    for late in [false, true] {
        let log = Log::default();
        let members = ['a', 'b', 'c'].map(|id| {
            let mut member = Wild::new(id, &[At::ExitDropped], &log);
            member.stuck.1 = true;
            member
        });
        let timer = || std::future::poll_fn(move |_| if late { Poll::Ready(()) } else { Poll::Pending });
        let scope = Scope::new(members.exit_within(timer));
        let mut scope = Box::pin(scope.report(async |_| Ok::<_, BoxError>(())));
        match poll(scope.as_mut()) {
            Poll::Ready(report) => {
                assert!(late);
                let panics = report.failures.iter().filter(|failure| failure.error().is::<withal::MemberPanic>());
                assert_eq!((panics.count(), report.failures.len()), (3, 6), "{report:?}");
            }
            Poll::Pending => assert_eq!(place(|| drop(scope)), Some(At::ExitDropped)),
        }
        assert_eq!(log.take()[3..], ["c cut", "b cut", "a cut"]);
    }
}

/// While the thread unwinds already, all is done as well, and no second panic aborts the process.
#[test]
fn a_scope_dropped_while_the_thread_unwinds() {
    let log = Log::default();
    let members = ['a', 'b'].map(|id| Wild::new(id, &[At::Abandon], &log));
    let outer = caught(|| {
        let members = (members, Wild::new('c', &[At::ResourceDrop], &log));
        let mut scope = Box::pin(members.scope(async |_| -> Result<(), BoxError> { std::future::pending().await }));
        assert!(poll(scope.as_mut()).is_pending());
        quiet_panic("outer");
    });
    assert_eq!(outer.unwrap().downcast_ref(), Some(&"outer"));
    assert_eq!(log.take(), ["c abandoned", "b abandoned", "a abandoned"]);
}

/// A panic of a member that the caller has not been told of yet is not lost in a drop.
#[test]
fn a_scope_dropped_in_its_roll_back() {
    let log = Log::default();
    let mut stuck = Wild::new('b', &[], &log);
    stuck.stuck.1 = true;
    let members = (Wild::new('a', &[At::EnterPoll], &log), stuck);
    let mut scope = Box::pin(members.scope(async |_| Ok::<_, BoxError>(())));
    assert!(poll(scope.as_mut()).is_pending());
    assert_eq!(place(|| drop(scope)), Some(At::EnterPoll));
    assert_eq!(log.take(), ["b Panicked", "b cut"]);
}

/// Nor is that of a body, when the reaper refuses what the drop leaves, or loses it.
#[test]
fn a_scope_dropped_in_its_exits_with_a_reaper_that_refuses() {
    for reaper in [Reaper::try_new(Err), Reaper::new(drop)] {
        let log = Log::default();
        let mut stuck = Wild::new('a', &[], &log);
        stuck.stuck.1 = true;
        let scope = Scope::new(stuck).on(&reaper);
        let mut scope = Box::pin(scope.run(async |_| -> Result<(), BoxError> { quiet_panic("body") }));
        assert!(poll(scope.as_mut()).is_pending());
        let resumed = caught(|| drop(scope)).unwrap();
        assert_eq!(resumed.downcast_ref(), Some(&"body"));
        assert_eq!((log.take().join(", "), reaper.pending()), ("a Panicked, a cut".to_owned(), 0));
    }
}

struct Bomb(&'static str);

impl Drop for Bomb {
    fn drop(&mut self) {
        if !self.0.is_empty() {
            quiet_panic(self.0);
        }
    }
}

/// A body future that is made, polled and dropped by hand.
struct BodyFut {
    poll: &'static str,
    _drop: Bomb,
}

impl Future for BodyFut {
    type Output = Result<u8, BoxError>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        if !self.poll.is_empty() {
            quiet_panic(self.poll);
        }
        Poll::Ready(Ok(7))
    }
}

fn body_scene<F>(body: impl Fn() -> F) -> (Report<u8, BoxError>, &'static str)
where
    for<'r> F: AsyncFnOnce(&'r mut [char; 2]) -> Result<u8, BoxError>
        + withal::SendBody<&'r mut [char; 2], Result<u8, BoxError>>,
{
    let log = Log::default();
    let members = || ['a', 'b'].map(|id| Wild::new(id, &[], &log));
    let report = run(Scope::new(members()).report(body()));
    assert_eq!(log.take(), ["b Panicked", "a Panicked"]);
    let resumed = caught(|| run(members().scope(body()))).unwrap();
    (report, resumed.downcast_ref::<&str>().unwrap())
}

fn own_panic<T, E>(report: &Report<T, E>) -> Option<&&'static str> {
    report.panic.as_ref().and_then(|payload| payload.downcast_ref())
}

#[test]
fn body_when_called() {
    fn body(_: &mut [char; 2]) -> std::future::Ready<Result<u8, BoxError>> {
        quiet_panic("call")
    }
    let (report, resumed) = body_scene(|| body);
    assert_eq!((own_panic(&report), resumed), (Some(&"call"), "call"));
    assert!(report.body.is_none());
}

#[test]
fn body_before_and_after_its_first_await() {
    let (report, resumed) = body_scene(|| async |_: &mut [char; 2]| quiet_panic("before"));
    assert_eq!((own_panic(&report), resumed), (Some(&"before"), "before"));
    let (report, resumed) = body_scene(|| {
        async |_: &mut [char; 2]| {
            let mut polled = false;
            std::future::poll_fn(
                |_| if std::mem::replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending },
            )
            .await;
            quiet_panic("after")
        }
    });
    assert_eq!((own_panic(&report), resumed), (Some(&"after"), "after"));
}

/// The value of a body whose future panics when it is dropped is not lost.
#[test]
fn body_when_dropped() {
    let (report, resumed) = body_scene(|| |_: &mut [char; 2]| BodyFut { poll: "", _drop: Bomb("drop") });
    assert_eq!((own_panic(&report), resumed), (Some(&"drop"), "drop"));
    assert!(matches!(report.body, Some(Ok(7))));
}

#[test]
fn body_when_polled_and_then_when_dropped() {
    let (report, resumed) = body_scene(|| |_: &mut [char; 2]| BodyFut { poll: "poll", _drop: Bomb("drop") });
    assert_eq!((own_panic(&report), resumed), (Some(&"poll"), "poll"));
    assert_eq!(report.failures.to_string(), "could not exit body: panicked: drop", "nothing is lost");
}

/// A body that never runs is dropped before the roll-back (law `body-between`), and its panic does not stop that.
#[test]
fn body_that_never_ran_when_dropped() {
    let log = Log::default();
    let mut failing = Wild::new('b', &[], &log);
    failing.fails.0 = true;
    let bomb = Bomb("capture");
    let members = (Wild::new('a', &[], &log), failing);
    let report = run(Scope::new(members).report(async move |_| {
        let _bomb = &bomb;
        Ok::<_, BoxError>(())
    }));
    assert_eq!(log.take(), ["a EnterFailed"]);
    assert_eq!(own_panic(&report), Some(&"capture"));
    assert_eq!(report.failures.to_string(), "could not enter [1] wild: refused");
}

#[test]
fn body_of_a_dropped_scope() {
    let log = Log::default();
    let bomb = Bomb("body");
    let members = ['a', 'b'].map(|id| Wild::new(id, &[At::Abandon], &log));
    let mut scope = Box::pin(members.scope(async move |_| -> Result<(), BoxError> {
        let _bomb = bomb;
        std::future::pending().await
    }));
    assert!(poll(scope.as_mut()).is_pending());
    let resumed = caught(|| drop(scope)).unwrap();
    assert_eq!(resumed.downcast_ref(), Some(&"body"), "the first one");
    assert_eq!(log.take(), ["b abandoned", "a abandoned"]);
}

/// Panics in every phase of one scope: everything is exited, the body's is resumed, none aborts.
#[test]
fn all_at_once() {
    let log = Log::default();
    let places = [At::ExitPoll, At::ExitDropDone, At::Name];
    // Two members whose own drops panic would abort the process in every Rust program.
    let last = || Wild::new('c', &[&places[..], &[At::ResourceDrop]].concat(), &log);
    let members = || (['a', 'b'].map(|id| Wild::new(id, &places, &log)), last());
    let report = run(Scope::new(members()).report(async |_| -> Result<(), BoxError> { quiet_panic("body") }));
    assert_eq!(log.take(), ["c Panicked", "b Panicked", "a Panicked"]);
    assert_eq!(own_panic(&report), Some(&"body"));
    assert!(report.failures.len() == 10, "three for each member, and one drop: {:?}", report.failures);
    let resumed = caught(|| run(members().scope(async |_| -> Result<(), BoxError> { quiet_panic("body") })));
    assert_eq!(resumed.unwrap().downcast_ref(), Some(&"body"));
}

/// An outcome is told as it was, whatever panics later (law `same-outcome`).
#[test]
fn a_panic_in_an_exit_does_not_change_what_the_others_are_told() {
    let (_, log, _) = middle(At::ExitCall, (false, false));
    let told = format!("{:?}", OutcomeKind::Completed);
    assert!(log.iter().all(|line| line.ends_with(&told)));
}
