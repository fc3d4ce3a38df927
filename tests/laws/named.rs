//! Laws that a script and a count of events cannot tell.

use crate::check::Ids;
use crate::world::{End, Event, Member, READY, Script, ScriptedError, Step, World, panicked, quiet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use withal::OutcomeKind;
use withal::{FailFast, Failures, Outcome, Phase, Resource, ResourceExt, Scope};

const FAILS: Step = Step { pending: 1, end: End::Error };
const SLOW: Step = Step { pending: 2, end: End::Ok };

fn enters(enter: Step) -> Script {
    Script { enter, exit: READY }
}

struct LogDrop<'a>(&'a World);

impl Drop for LogDrop<'_> {
    fn drop(&mut self) {
        self.0.log(Event::BodyDropped);
    }
}

/// `body-between`: what the body captured is gone before the first exit starts.
#[test]
fn a_body_is_dropped_before_any_exit() {
    let world = World::default();
    let captured = LogDrop(&world);
    let members = [world.member(0, enters(READY)), world.member(1, enters(READY))];
    let result = world.run(members.scope(async move |_| {
        let _captured = &captured;
        anyhow::Ok(())
    }));
    assert!(result.0.is_ok());
    let events = world.events();
    let told = OutcomeKind::Completed;
    assert_eq!(
        events[4..],
        [
            Event::BodyDropped,
            Event::ExitStarted(1, told),
            Event::Exited(1),
            Event::ExitStarted(0, told),
            Event::Exited(0)
        ]
    );
}

/// `body-between`: a body that never runs is dropped before the roll-back.
#[test]
fn a_body_that_never_runs_is_dropped_before_the_roll_back() {
    let world = World::default();
    let captured = LogDrop(&world);
    let members = (world.member(0, enters(READY)), world.member(1, enters(FAILS)));
    let result = world.run(members.scope(async move |_| {
        let _captured = &captured;
        anyhow::Ok(())
    }));
    assert!(result.0.is_err());
    let told = OutcomeKind::EnterFailed;
    let rolled_back = [Event::BodyDropped, Event::ExitStarted(0, told), Event::Exited(0)];
    assert!(world.events().ends_with(&rolled_back), "{:?}", world.events());
}

/// `borrow`: from the guard and from outside, also mutably, across awaits.
#[test]
fn a_body_borrows() {
    let world = World::default();
    let names = [String::from("a"), String::from("b")];
    let mut count = 0;
    let members = (world.member(0, enters(READY)), vec![world.member(1, enters(READY))]);
    let (longest, _) = world.run(members.scope(async |(a, rest)| {
        let first = &mut a.0;
        let second = &mut rest[0].0;
        world.pend(1).await;
        std::mem::swap(first, second);
        count += *first + *second;
        std::mem::swap(first, second);
        anyhow::Ok(names.iter().max())
    }));
    assert_eq!(longest.unwrap().map(String::as_str), Some("b"));
    assert_eq!(count, 1);
}

/// A resource may be entered again after an exit, a failure, a panic, a drop: nothing of the last time is left.
#[test]
fn a_resource_is_used_again() {
    quiet();
    let world = World::default();
    let mut members = (world.member(0, enters(READY)), world.member(1, enters(SLOW)));
    let mut failures = 0;
    for end in [End::Error, End::Panic, End::Ok, End::Ok] {
        members.1.set_script(enters(Step { end, ..SLOW }));
        let report = world.run(Scope::new(&mut members).report(async |_| Ok::<_, ()>(()))).0;
        failures += report.failures.len();
        assert_eq!(report.is_clean(), end == End::Ok);
        let mut dropped = Box::pin((&mut members).scope(async |_| anyhow::Ok(())));
        assert!(world.poll(dropped.as_mut()).is_pending());
    }
    assert_eq!(failures, 2);
    let count = |event| world.events().iter().filter(|other| **other == event).count();
    assert_eq!((count(Event::Entered(0)), count(Event::Exited(0)), count(Event::Abandoned(0))), (8, 4, 4));
    assert_eq!((count(Event::Entered(1)), count(Event::Exited(1)), count(Event::EnterDropped(1))), (2, 2, 4));
}

/// `unit`: nothing to enter, and the body runs.
#[test]
fn groups_without_members() {
    async fn runs<R: Resource<Guard: Ids>>(resource: R) {
        let answer = resource.scope(async |guard| anyhow::Ok(guard.ids().len())).await;
        assert_eq!(answer.unwrap(), 0);
    }
    let world = World::default();
    world.run(runs(()));
    world.run(runs(((), ())));
    world.run(runs(().fail_fast()));
    world.run(runs([(); 0]));
    world.run(runs([(); 0].fail_fast()));
    world.run(runs(Vec::<()>::new()));
    world.run(runs(Vec::<()>::new().fail_fast()));
    world.run(runs(None::<()>));
    world.run(runs((None::<()>, vec![(); 40], [(); 40])));
}

/// A user's own wrapper, which knows a group by `enter`, `exit` and `abandon` alone.
struct Wrapper<R>(R);

impl<R: Resource> Resource for Wrapper<R> {
    type Guard = R::Guard;
    type Error = R::Error;

    async fn enter(&mut self) -> Result<R::Guard, R::Error> {
        self.0.enter().await
    }

    async fn exit(&mut self, guard: R::Guard, outcome: Outcome<'_>) -> Result<(), R::Error> {
        self.0.exit(guard, outcome).await
    }

    fn abandon(&mut self, guard: R::Guard) {
        self.0.abandon(guard);
    }
}

fn wrapped<R: Resource<Error = Failures>>(
    make: impl Fn([Member; 3]) -> R,
    enter: [Step; 3],
) -> (Vec<Event>, Vec<(Vec<usize>, Phase)>) {
    let world = World::default();
    let members = std::array::from_fn(|id| world.member(id, enters(enter[id])));
    let (report, _) = world.run(Scope::new(Wrapper(make(members))).report(async |_| Ok::<_, ()>(())));
    let failures: Vec<_> = report.failures.iter().map(|failure| (failure.path().to_vec(), failure.phase())).collect();
    (world.events(), failures)
}

/// Called by hand, a group's `enter` rolls back on its own (law `roll-back`), and its failures keep their places.
#[test]
fn a_group_by_hand_rolls_back() {
    let (events, failures) = wrapped(|[a, b, c]| (a, b, c), [READY, FAILS, SLOW]);
    assert_eq!(failures, [(vec![1], Phase::Enter)]);
    let told = OutcomeKind::EnterFailed;
    let rolled_back = [Event::ExitStarted(2, told), Event::Exited(2), Event::ExitStarted(0, told), Event::Exited(0)];
    assert!(events.ends_with(&rolled_back), "{events:?}");
    assert_eq!(events, wrapped(|all| all, [READY, FAILS, SLOW]).0);
    assert_eq!(events, wrapped(Vec::from, [READY, FAILS, SLOW]).0);

    let (events, failures) = wrapped(|[a, b, c]| (a, b, c).fail_fast(), [READY, FAILS, SLOW]);
    assert_eq!(failures, [(vec![1], Phase::Enter)]);
    let dropped = [Event::EnterDropped(2), Event::ExitStarted(0, told), Event::Exited(0)];
    assert!(events.ends_with(&dropped), "{events:?}");

    let (events, failures) = wrapped(|[a, b, c]| ((a, b), c), [READY; 3]);
    assert_eq!(failures, []);
    assert!(events.ends_with(&[Event::ExitStarted(0, OutcomeKind::Completed), Event::Exited(0)]));
}

/// Called by hand, a group resumes the earliest panic once all is rolled back.
#[test]
fn a_group_by_hand_resumes_the_earliest_panic() {
    quiet();
    let world = World::default();
    let steps = [READY, Step { pending: 2, end: End::Panic }, Step { pending: 1, end: End::Panic }];
    let [a, b, c] = std::array::from_fn(|id| world.member(id, enters(steps[id])));
    let mut group = (a, (b, c));
    let panic = catch_unwind(AssertUnwindSafe(|| world.run(group.enter()))).unwrap_err();
    assert_eq!(panicked(&*panic), Some(2));
    assert!(world.events().ends_with(&[Event::ExitStarted(0, OutcomeKind::Panicked), Event::Exited(0)]));
}

/// Called by hand and dropped, a group's `enter` abandons what had entered.
#[test]
fn a_group_by_hand_is_dropped() {
    let world = World::default();
    let mut group = (world.member(0, enters(READY)), [world.member(1, enters(READY)), world.member(2, enters(SLOW))]);
    let mut enter = Box::pin(group.enter());
    assert!(world.poll(enter.as_mut()).is_pending());
    drop(enter);
    assert!(world.events().ends_with(&[Event::EnterDropped(2), Event::Abandoned(1), Event::Abandoned(0)]));

    let guard = world.run(group.enter()).0.unwrap();
    group.abandon(guard);
    assert!(world.events().ends_with(&[Event::Abandoned(2), Event::Abandoned(1), Event::Abandoned(0)]));
}

/// An adaptor by hand keeps its policy.
#[test]
fn fail_fast_by_hand() {
    let world = World::default();
    let members = (world.member(0, enters(SLOW)), world.member(1, enters(FAILS)));
    let mut group: FailFast<_> = members.fail_fast();
    let failures = world.run(group.enter()).0.unwrap_err();
    assert_eq!(failures.first().unwrap().error().downcast_ref(), Some(&ScriptedError(1)));
    assert!(world.events().contains(&Event::EnterDropped(0)));
}

/// `fail-fast`: a failure is seen at once also behind many members that are slower, whatever engine drives them.
#[test]
fn a_long_group_fails_fast() {
    let slow = Step { pending: 50, end: End::Ok };
    let members = |world: &World| -> [Member; 40] {
        std::array::from_fn(|id| world.member(id, enters(if id == 39 { FAILS } else { slow })))
    };
    let world = World::default();
    let (result, polls) = world.run(members(&world).fail_fast().scope(async |_| anyhow::Ok(())));
    assert_eq!((result.is_err(), polls), (true, 2));
    let world = World::default();
    let (result, polls) = world.run(Vec::from(members(&world)).fail_fast().scope(async |_| anyhow::Ok(())));
    assert_eq!((result.is_err(), polls), (true, 2));
}
