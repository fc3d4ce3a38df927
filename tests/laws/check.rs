//! `check` is the laws, over one scene; the rest of this folder is scenes.

use crate::model::{Expected, Model, Node};
use crate::world::{BodyFailed, End, Event, Script, ScriptedError, Step, Token, World, panicked, quiet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use withal::{MemberPanic, Phase, Report, Resource, Scope, ScopeErrorKind};

/// The body of a scene.
macro_rules! body {
    ($world:expr, $scene:expr $(, $by:tt)?) => {
        async $($by)? |guard| {
            assert_eq!(guard.ids(), (0..$scene.scripts.len()).collect::<Vec<_>>(), "`member-order`");
            $world.body($scene.body).await
        }
    };
}
pub(crate) use body;

/// The members' numbers in a guard, in member order.
pub trait Ids {
    fn ids(&self) -> Vec<usize>;
}

impl Ids for Token {
    fn ids(&self) -> Vec<usize> {
        vec![self.0]
    }
}

impl Ids for () {
    fn ids(&self) -> Vec<usize> {
        Vec::new()
    }
}

impl<G: Ids> Ids for Vec<G> {
    fn ids(&self) -> Vec<usize> {
        self.iter().flat_map(Ids::ids).collect()
    }
}

impl<G: Ids, const N: usize> Ids for [G; N] {
    fn ids(&self) -> Vec<usize> {
        self.iter().flat_map(Ids::ids).collect()
    }
}

impl<G: Ids> Ids for Option<G> {
    fn ids(&self) -> Vec<usize> {
        self.iter().flat_map(Ids::ids).collect()
    }
}

macro_rules! tuple_ids {
    ($($G:ident)+) => {
        impl<$($G: Ids),+> Ids for ($($G,)+) {
            #[allow(non_snake_case, reason = "the parameters name the fields")]
            fn ids(&self) -> Vec<usize> {
                let ($($G,)+) = self;
                [$($G.ids()),+].concat()
            }
        }
    };
}

tuple_ids!(A);
tuple_ids!(A B);
tuple_ids!(A B C);
tuple_ids!(A B C D);
tuple_ids!(A B C D E F G H I J K L);

/// A scene: the members' scripts and how the body goes.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    pub scripts: &'a [Script],
    pub body: Step,
}

/// Runs a scene over a shape to its end, and compares what happened with what the model tells.
///
/// The events are all that happened to members and body, in their order. So they hold the laws `concurrent-enter`,
/// `all-or-none`, `settle`, `fail-fast`, `roll-back`, `never-entered`, `body-between`, `exactly-once`,
/// `concurrent-exit`, `reverse-start`, `same-outcome`, `no-exit-cut` and, as the model knows nothing of nesting but the
/// policies, `associative`.
pub fn check<R>(shape: impl Fn(&World, &[Script]) -> R, tree: &Node, scene: Scene<'_>)
where
    R: Resource,
    R::Guard: Ids,
{
    quiet();
    let expected = Model::run(tree, scene.scripts, scene.body);
    let world = World::default();
    let (report, polls) = world.run(open(&world, shape(&world, scene.scripts), scene));

    assert_eq!(sorted_drops(world.events()), sorted_drops(expected.events.clone()), "{scene:?}");
    assert_eq!(polls, expected.polls, "`wait-for-exits`, and no poll more: {scene:?}");
    check_report(&report, &expected, &paths(tree), scene);
    check_result(report, &expected, scene);
}

fn open<'a, R>(world: &'a World, resource: R, scene: Scene<'a>) -> impl Future<Output = Report<u32, BodyFailed>> + 'a
where
    R: Resource<Guard: Ids> + 'a,
{
    Scope::new(resource).report(body!(world, scene, move))
}

/// Laws `nothing-lost` and `first-is-first`.
fn check_report(report: &Report<u32, BodyFailed>, expected: &Expected, paths: &[Vec<usize>], scene: Scene<'_>) {
    let ended = expected.body_ran.then_some(scene.body.end);
    assert_eq!(matches!(report.body, Some(Ok(42))), ended == Some(End::Ok), "{scene:?}");
    assert_eq!(matches!(report.body, Some(Err(BodyFailed::Itself))), ended == Some(End::Error), "{scene:?}");
    assert_eq!(report.panic.is_some(), ended == Some(End::Panic), "{scene:?}");
    assert!(!report.cancelled);

    let mut in_order = expected.faults.clone();
    in_order.sort_by_key(|(id, phase, _)| (*id, *phase == Phase::Exit));
    let seen: Vec<_> = report.failures.iter().map(|f| (f.path(), f.phase(), f.error().is::<MemberPanic>())).collect();
    let told: Vec<_> = in_order.iter().map(|(id, phase, panicked)| (&*paths[*id], *phase, *panicked)).collect();
    assert_eq!(seen, told, "in member order: {scene:?}");

    let first = report.failures.first().map(|failure| (failure.path(), failure.phase()));
    assert_eq!(first, expected.faults.first().map(|(id, phase, _)| (&*paths[*id], *phase)), "{scene:?}");
    for (failure, (id, _, panicked)) in report.failures.iter().zip(&in_order) {
        let own = failure.error().downcast_ref::<ScriptedError>();
        assert_eq!(own, (!panicked).then_some(&ScriptedError(*id)), "the member's own error: {scene:?}");
    }
}

/// Laws `untouched-body` and `panic-last`, and which of several things `run` returns.
fn check_result(report: Report<u32, BodyFailed>, expected: &Expected, scene: Scene<'_>) {
    let failed = !report.failures.is_empty();
    let ended = expected.body_ran.then_some(scene.body.end);
    let first_panic = expected.faults.iter().find(|(.., panicked)| *panicked).map(|(id, ..)| *id);
    match catch_unwind(AssertUnwindSafe(|| report.into_result())) {
        Err(payload) => match ended {
            Some(End::Panic) => assert_eq!(payload.downcast_ref(), Some(&"body"), "the body's wins: {scene:?}"),
            _ => assert_eq!(panicked(&*payload), first_panic, "then the earliest: {scene:?}"),
        },
        Ok(result) => {
            assert_eq!(first_panic, None, "no panic is swallowed: {scene:?}");
            match (result, ended, failed) {
                (Ok(42), Some(End::Ok), false) | (Err(BodyFailed::Itself), Some(End::Error), false) => {}
                (Err(BodyFailed::Scope(error)), ended, true) => assert_eq!(
                    (error.kind(), error.body().is_some()),
                    match ended {
                        None => (ScopeErrorKind::Enter, false),
                        Some(End::Error) => (ScopeErrorKind::BodyAndExit, true),
                        Some(End::Ok | End::Panic) => (ScopeErrorKind::Exit, false),
                    },
                    "{scene:?}"
                ),
                (result, ..) => panic!("{result:?}: {scene:?}"),
            }
        }
    }
}

/// Drops a scope after every possible number of polls (laws `drop-any-time`, `exactly-once`, `never-entered`).
pub fn sweep<R>(shape: impl Fn(&World, &[Script]) -> R, scene: Scene<'_>)
where
    R: Resource,
    R::Guard: Ids,
{
    quiet();
    let world = World::default();
    let (_, polls) = world.run(open(&world, shape(&world, scene.scripts), scene));
    let whole = world.events();
    for cut in 0..polls {
        let world = World::default();
        let before;
        {
            let mut future = Box::pin(open(&world, shape(&world, scene.scripts), scene));
            for _ in 0..cut {
                assert!(world.poll(future.as_mut()).is_pending());
            }
            before = world.events();
            assert!(whole.starts_with(&before), "{scene:?}");
            let _ = catch_unwind(AssertUnwindSafe(|| drop(future)));
        }
        world.check(&format!("dropped after {cut} polls: {scene:?}"));
        check_cut(&before, &world.events()[before.len()..], &format!("dropped after {cut} polls: {scene:?}"));
    }
}

fn check_cut(before: &[Event], after: &[Event], at: &str) {
    let begun = |id| before.iter().any(|event| matches!(event, Event::ExitStarted(other, _) if *other == id));
    let mut left: Vec<_> = before.iter().filter_map(entered).filter(|id| !begun(*id)).collect();
    left.sort_unstable();
    let first_abandoned = after.len() - left.len();
    let abandoned: Vec<_> = left.iter().rev().map(|id| Event::Abandoned(*id)).collect();
    assert_eq!(after.get(first_abandoned..), Some(&*abandoned), "after all drops, in reverse member order, {at}");

    let mut in_flight: Vec<_> = before.iter().filter_map(|event| in_flight(*event, before)).collect();
    in_flight.sort_by_key(|event| (event.member().is_some(), event.member()));
    let mut dropped = after[..first_abandoned].to_vec();
    dropped.sort_by_key(|event| (event.member().is_some(), event.member()));
    assert_eq!(dropped, in_flight, "what was in flight is dropped, {at}");
}

fn entered(event: &Event) -> Option<usize> {
    if let Event::Entered(id) = event { Some(*id) } else { None }
}

/// What a drop has to do to that which this event started.
fn in_flight(start: Event, events: &[Event]) -> Option<Event> {
    let (ends, dropped) = match start {
        Event::EnterStarted(id) => (
            vec![Event::Entered(id), Event::EnterFailed(id), Event::EnterPanicked(id), Event::EnterDropped(id)],
            Event::EnterDropped(id),
        ),
        Event::ExitStarted(id, _) => {
            (vec![Event::Exited(id), Event::ExitFailed(id), Event::ExitPanicked(id)], Event::ExitDropped(id))
        }
        Event::BodyStarted => (vec![Event::BodyEnded], Event::BodyDropped),
        _ => return None,
    };
    (!ends.iter().any(|end| events.contains(end))).then_some(dropped)
}

fn paths(tree: &Node) -> Vec<Vec<usize>> {
    fn walk(node: &Node, path: &mut Vec<usize>, found: &mut Vec<Vec<usize>>) {
        match node {
            Node::Leaf(_) => found.push(path.clone()),
            Node::Nobody => {}
            Node::Group { members, .. } => {
                for (index, member) in members.iter().enumerate() {
                    path.push(index);
                    walk(member, path, found);
                    path.pop();
                }
            }
        }
    }
    let mut found = Vec::new();
    walk(tree, &mut Vec::new(), &mut found);
    found
}

/// In which order enters that are given up together are dropped is not promised.
fn sorted_drops(mut events: Vec<Event>) -> Vec<Event> {
    let is_drop = |event: &Event| matches!(event, Event::EnterDropped(_));
    events.chunk_by_mut(|a, b| is_drop(a) && is_drop(b)).for_each(|drops| drops.sort_by_key(Event::member));
    events
}
