//! What adaptors and orders promise beside what the model tells.

use crate::check::Ids;
use crate::world::{End, Event, Member, READY, Script, Step, Token, World, quiet};
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use withal::OutcomeKind::{Completed, EnterFailed};
use withal::{Elapsed, Failures, MemberPanic, Outcome, Phase, Resource, ResourceExt, Scope};

const FAILS: Step = Step { pending: 1, end: End::Error };

fn script(enter: Step, exit: Step) -> Script {
    Script { enter, exit }
}

fn ready(world: &World, id: usize) -> Member {
    world.member(id, script(READY, READY))
}

/// `guard-kept`: one body destructures what each adaptor gives.
#[test]
fn every_adaptor_keeps_the_guard() {
    async fn body((a, [b, c]): &mut (Token, [Token; 2])) -> anyhow::Result<[usize; 3]> {
        Ok([a.0, b.0, c.0])
    }
    let world = World::default();
    let members = || {
        let [a, b, c] = std::array::from_fn(|id| ready(&world, id));
        (a, [b, c])
    };
    assert_eq!(world.run(members().scope(body)).0.unwrap(), [0, 1, 2]);
    assert_eq!(world.run(members().fail_fast().scope(body)).0.unwrap(), [0, 1, 2]);
    assert_eq!(world.run(members().in_order().scope(body)).0.unwrap(), [0, 1, 2]);
    assert_eq!(world.run(members().limit(1).scope(body)).0.unwrap(), [0, 1, 2]);
    assert_eq!(world.run(members().named("all").scope(body)).0.unwrap(), [0, 1, 2]);
    assert_eq!(world.run(members().map_err(|failures| failures.to_string()).scope(body)).0.unwrap(), [0, 1, 2]);
    assert_eq!(world.run(members().boxed().scope(body)).0.unwrap(), [0, 1, 2]);
    assert_eq!(world.run(members().enter_within(pending::<()>).scope(body)).0.unwrap(), [0, 1, 2]);
    let all = members().fail_fast().limit(3).in_order().named("all").exit_within(pending::<()>).boxed();
    assert_eq!(world.run(all.scope(body)).0.unwrap(), [0, 1, 2]);
}

/// Every adaptor forwards the name, and the last name given is the one that counts.
#[test]
fn every_adaptor_forwards_the_name() {
    let world = World::default();
    let member = || ready(&world, 0).named("db");
    assert_eq!(Box::new(member()).name(), "db");
    assert_eq!(Some(member()).name(), "db");
    assert_eq!(member().map_err(|error| error).name(), "db");
    assert_eq!(member().boxed().name(), "db");
    assert_eq!(member().exit_within(pending::<()>).name(), "db");
    assert_eq!(member().named("other").name(), "other");
    let group = || (ready(&world, 0), ()).named("cluster");
    assert_eq!(group().fail_fast().name(), "cluster");
    assert_eq!(group().limit(1).name(), "cluster");
    assert_eq!(group().in_order().name(), "cluster");
}

/// Names in failures: of groups before those of members, of the outer before the inner.
#[test]
fn names_stand_before_names() {
    let world = World::default();
    let fails = |id| world.member(id, script(Step::error(), READY));
    let told = |report: withal::Report<(), ()>| report.failures.iter().map(|f| f.name().to_owned()).collect::<Vec<_>>();
    let body = async |_: &mut _| Ok(());
    let inner = [fails(0).named("a"), fails(1).named("b")].named("inner");
    let report = world.run(Scope::new((inner, fails(2)).named("outer")).report(body)).0;
    assert_eq!(told(report), ["outer/inner/a", "outer/inner/b", "outer/Scripted"]);
    let adapted = (fails(0), ()).fail_fast().named("x").limit(2).boxed().named("y");
    assert_eq!(told(world.run(Scope::new(adapted).report(async |_| Ok(()))).0), ["y/Scripted"], "the last one given");
    let lone = fails(0).named("x").boxed().named("y");
    assert_eq!(told(world.run(Scope::new(lone).report(async |_| Ok(()))).0), ["y"], "a lone member has one name");
}

/// `map_err` on one member: its own error; on a group: all its failures as one, a panic among them.
#[test]
fn errors_are_mapped() {
    quiet();
    let world = World::default();
    let fails = |id, end| world.member(id, script(Step { pending: 0, end }, READY));
    let mut seen = Vec::new();
    let group = [fails(0, End::Error), fails(1, End::Panic), fails(2, End::Ok)].map_err(|failures: Failures| {
        seen.extend(failures.iter().map(|failure| failure.error().is::<MemberPanic>()));
        std::fmt::Error
    });
    let report = world.run(Scope::new((group, ())).report(async |_| Ok::<_, ()>(()))).0;
    assert_eq!(report.failures.len(), 1);
    let failure = report.failures.first().unwrap();
    assert_eq!(
        (failure.path(), failure.phase(), failure.error().is::<std::fmt::Error>()),
        (&[0][..], Phase::Enter, true)
    );
    assert_eq!(seen, [false, true]);

    let member = fails(3, End::Panic).map_err(|error| format!("mapped: {error}"));
    let report = world.run(Scope::new(member).report(async |_| Ok::<_, ()>(()))).0;
    assert!(report.failures.first().unwrap().error().is::<MemberPanic>(), "a panic is no error of the member's");

    let late = world.member(4, script(READY.pending(9), READY)).enter_within(async || {}).map_err(|error| {
        assert!(error.is::<Elapsed>(), "a deadline is an error of what has one");
        "late"
    });
    let error = world.run(late.scope(async |_| anyhow::Ok(()))).0.unwrap_err();
    assert_eq!(error.to_string(), "could not enter Scripted: late");
}

/// A function that panics while it maps is told in the place of the error.
#[test]
fn a_mapping_that_panics() {
    quiet();
    let world = World::default();
    let member = world.member(0, script(Step::error(), READY));
    let member = member.map_err(|_| -> String { std::panic::panic_any("body") });
    let report = world.run(Scope::new((ready(&world, 1), member)).report(async |_| Ok::<_, ()>(()))).0;
    world.check("a mapping that panics");
    assert_eq!(report.failures.to_string(), "could not enter [1] Scripted: panicked: body");
}

/// `then`: a function that panics is a failure to enter; what it was made from is exited.
#[test]
fn a_function_that_panics_makes_no_second_member() {
    quiet();
    let world = World::default();
    let chain = ready(&world, 0).then(|_| -> Member { std::panic::panic_any("body") });
    let report = world.run(Scope::new((chain, ready(&world, 1))).report(async |_| Ok::<_, ()>(()))).0;
    world.check("a function that panics");
    assert_eq!(report.failures.to_string(), "could not enter [0] then: panicked: body");
    assert_eq!(
        world.events()[4..],
        [1, 0].map(|id| [Event::ExitStarted(id, withal::OutcomeKind::Panicked), Event::Exited(id)]).concat()
    );
}

/// `then`: made anew for each enter, from what is there then; also by hand.
#[test]
fn a_second_member_is_made_for_each_enter() {
    let world = World::default();
    let mut made = 0;
    let mut chain = ready(&world, 0).then(|first| {
        made += 1;
        ready(&world, first.0 + made)
    });
    for id in [1, 2] {
        let ids = world.run((&mut chain).scope(async |guard| anyhow::Ok(guard.ids()))).0.unwrap();
        assert_eq!(ids, [0, id]);
    }
    let guard = world.run(chain.enter()).0.unwrap();
    world.run(chain.exit(guard, Outcome::Completed)).0.unwrap();
    let guard = world.run(chain.enter()).0.unwrap();
    chain.abandon(guard);
    world.check("by hand");
    let told = [Event::ExitStarted(3, Completed), Event::Exited(3), Event::ExitStarted(0, Completed), Event::Exited(0)];
    let events = world.events();
    assert!(events.windows(4).any(|window| window == told), "{events:?}");
    assert!(events.ends_with(&[Event::Abandoned(4), Event::Abandoned(0)]), "{events:?}");
}

/// A later failure elsewhere keeps from starting what waits for its turn; what is in flight settles.
#[test]
fn what_would_be_in_vain_does_not_start() {
    let world = World::default();
    let waiting = [world.member(0, script(READY.pending(3), READY)), ready(&world, 1)];
    let chain = world.member(2, script(READY.pending(2), READY)).then(|_| ready(&world, 3));
    let members = (waiting.in_order(), chain, world.member(4, script(FAILS, READY)));
    let report = world.run(Scope::new(members).report(async |_| Ok::<_, ()>(()))).0;
    world.check("in vain");
    assert_eq!(report.failures.len(), 1, "what does not start is no failure");
    let started: Vec<_> = world.events().into_iter().filter(|event| matches!(event, Event::EnterStarted(_))).collect();
    assert_eq!(started, [0, 2, 4].map(Event::EnterStarted));
    assert!(!world.events().iter().any(|event| matches!(event, Event::EnterDropped(_))));
}

/// A failure outside of a group that fails fast cuts nothing in it, even if something in it waits for its turn.
#[test]
fn fail_fast_is_for_its_own_members() {
    let world = World::default();
    let slow = world.member(2, script(READY.pending(3), READY));
    let inner = ([world.member(0, script(READY.pending(2), READY)), ready(&world, 1)].in_order(), slow).fail_fast();
    let result = world.run((inner, world.member(3, script(FAILS, READY))).scope(async |_| anyhow::Ok(()))).0;
    assert!(result.is_err());
    world.check("fail fast");
    assert!(!world.events().iter().any(|event| matches!(event, Event::EnterDropped(_))), "{:?}", world.events());
}

/// A deadline on an ordered group: what is in flight is cut, what has not begun is abandoned, both are reported; and of
/// enters only what is in flight was late.
#[test]
fn deadlines_on_ordered_groups() {
    let world = World::default();
    let exits = [READY, READY.pending(9), READY];
    let members = std::array::from_fn::<_, 3, _>(|id| world.member(id, script(READY, exits[id])));
    let group = members.in_order().exit_within(|| world.pend(1));
    let report = world.run(Scope::new(group).report(async |_| Ok::<_, ()>(()))).0;
    let late: Vec<_> = report.failures.iter().map(|failure| failure.path().to_vec()).collect();
    assert_eq!(late, [[0], [1]]);
    let cut = [Event::ExitDropped(1), Event::Abandoned(0)];
    assert!(world.events().ends_with(&cut), "{:?}", world.events());

    let world = World::default();
    let members = (0..3).map(|id| world.member(id, script(READY.pending(id), READY))).collect::<Vec<_>>();
    let group = members.limit(1).enter_within(|| world.pend(2));
    let report = world.run(Scope::new(group).report(async |_| Ok::<_, ()>(()))).0;
    world.check("enters");
    let late: Vec<_> = report.failures.iter().map(|failure| failure.path().to_vec()).collect();
    assert_eq!(late, [[2]]);
    let told = [Event::EnterDropped(2), Event::ExitStarted(1, EnterFailed), Event::Exited(1)];
    assert!(world.events().windows(3).any(|window| window == told), "{:?}", world.events());
}

/// A limit of 0 is a clear panic where it is written.
#[test]
fn a_limit_of_zero() {
    let panic = catch_unwind(AssertUnwindSafe(|| [(), ()].limit(0))).unwrap_err();
    let message = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    assert_eq!(message, Some("a limit of 0 would never let a member in: give 1 or more"));
}

/// `bounded`: at no time are more in flight than the limit says, in enters and in exits, and as many as that are.
#[test]
fn no_more_are_in_flight_than_the_limit() {
    for most in 1..7 {
        let world = World::default();
        let members: Vec<_> =
            (0..50).map(|id| world.member(id, script(READY.pending(id % 3), READY.pending(id % 4)))).collect();
        world.run(members.limit(most).scope(async |_| anyhow::Ok(()))).0.unwrap();
        let (mut in_flight, mut highest) = (0, [0, 0]);
        for event in world.events() {
            match event {
                Event::EnterStarted(_) | Event::ExitStarted(..) => in_flight += 1,
                Event::Entered(_) | Event::Exited(_) => in_flight -= 1,
                _ => continue,
            }
            let phase = usize::from(matches!(event, Event::ExitStarted(..)));
            highest[phase] = in_flight.max(highest[phase]);
        }
        assert_eq!(highest, [most, most]);
    }
}

/// Of two limits on one group the narrower holds, whichever is outside.
#[test]
fn the_narrower_limit_holds() {
    for limits in [[2, 5], [5, 2]] {
        let world = World::default();
        let members: Vec<_> = (0..9).map(|id| world.member(id, script(READY.pending(1), READY))).collect();
        world.run(members.limit(limits[0]).limit(limits[1]).scope(async |_| anyhow::Ok(()))).0.unwrap();
        let first: Vec<_> = world.events().into_iter().take(3).collect();
        assert_eq!(first, [Event::EnterStarted(0), Event::EnterStarted(1), Event::Entered(1)]);
    }
}

/// Errors are mapped by each function in turn.
#[test]
fn errors_are_mapped_twice() {
    let world = World::default();
    let member = || world.member(0, script(Step::error(), READY));
    let once = member().map_err(|error| format!("once: {error}"));
    let error =
        world.run(once.map_err(|error| format!("twice: {error}")).scope(async |_| anyhow::Ok(()))).0.unwrap_err();
    assert_eq!(error.to_string(), "could not enter Scripted: twice: once: member 0 fails, as scripted");
    let group = [member()].map_err(|failures| format!("once: {}", failures.len()));
    let error =
        world.run(group.map_err(|error| format!("twice: {error}")).scope(async |_| anyhow::Ok(()))).0.unwrap_err();
    assert_eq!(error.to_string(), "could not enter array: twice: once: 1");
}

/// A deadline reaches the members through every adaptor: who is late is told, and who has not begun is abandoned.
#[test]
fn a_deadline_reaches_through_adaptors() {
    fn late<R: Resource>(make: impl Fn(Member, Member) -> R) {
        let world = World::default();
        let slow = || world.member(0, script(READY.pending(9), READY.pending(9)));
        let enters = make(slow(), ready(&world, 1)).enter_within(|| world.pend(1));
        let report = world.run(Scope::new(enters).report(async |_| Ok::<_, ()>(()))).0;
        world.check("enters");
        assert_eq!(report.failures.len(), 1, "{:?}", report.failures);
        assert!(report.failures.first().unwrap().error().is::<Elapsed>());

        let world = World::default();
        let member = |id, pending| world.member(id, script(READY, READY.pending(pending)));
        let exits = make(member(0, 0), member(1, 9)).exit_within(|| world.pend(1));
        let report = world.run(Scope::new(exits).report(async |_| Ok::<_, ()>(()))).0;
        world.check("exits");
        assert!(report.failures.iter().all(|failure| failure.error().is::<Elapsed>()));
        assert!(world.events().contains(&Event::ExitDropped(1)), "{:?}", world.events());
        let begun = world.events().contains(&Event::ExitStarted(0, Completed));
        assert_eq!(report.failures.len(), if begun { 1 } else { 2 }, "{:?}", report.failures);
    }
    late(|a, b| (a, b).boxed());
    late(|a, b| (a, b).named("named"));
    late(|a, b| (a.boxed(), b.named("b")).fail_fast());
    late(|a, b| [a, b].map_err(|failures| failures).limit(2));
    late(|a, b| (a, Box::new(b)).in_order());
    late(|a, b| Some([a, b].in_order().boxed()));
    late(|a, b| {
        let mut b = Some(b);
        a.then(move |_| b.take().unwrap())
    });
    late(|a, b| (a.map_err(|error| error), Some(b)).exit_within(pending::<()>));
}

/// A member that waits for its turn is not started once another one has failed, in a list that is polled in rounds and
/// in one of which only woken members are polled.
#[test]
fn nothing_starts_in_the_poll_of_a_failure() {
    for length in [20, 40] {
        let ledger = withal::testing::Ledger::new();
        let members: Vec<_> = (0..length)
            .map(|id| {
                let enter = match id {
                    0 => withal::testing::READY.pending(1),
                    1 => withal::testing::Step::error().pending(1),
                    _ => withal::testing::READY,
                };
                ledger.member(id, withal::testing::Script { enter, ..withal::testing::Script::default() })
            })
            .collect();
        let failed = futures::executor::block_on(members.limit(2).scope(async |_| anyhow::Ok(())));
        assert!(failed.is_err());
        let started =
            ledger.events().into_iter().filter(|event| matches!(event, withal::testing::Event::EnterStarted(_)));
        assert_eq!(started.count(), 2, "of {length}: {:?}", ledger.events());
        ledger.check().unwrap();
    }
}
