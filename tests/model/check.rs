//! `check` is the laws, over one scene.

use crate::erased::Erased;
use crate::model::{Cancel, Expected, Model, Node, Wrong, sorted_drops};
use crate::world::{BodyFailed, End, Script, ScriptedError, Step, Token, World, panicked, quiet};
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use withal::{Elapsed, Failures, MemberPanic, Report, Resource, Scope, ScopeErrorKind, SharedGuard};

/// The body of a scene.
#[macro_export]
macro_rules! body {
    ($world:expr, $scene:expr $(, $by:tt)?) => {
        async $($by)? |guard| {
            assert_eq!($crate::check::Ids::ids(&*guard), (0..$scene.scripts.len()).collect::<Vec<_>>(), "`member-order`");
            $world.body($scene.body).await
        }
    };
}
pub use body;

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

impl<G: Ids> Ids for SharedGuard<G> {
    fn ids(&self) -> Vec<usize> {
        (**self).ids()
    }
}

impl<G: Ids> Ids for Vec<G> {
    fn ids(&self) -> Vec<usize> {
        self.iter().flat_map(Ids::ids).collect()
    }
}

impl<K, G: Ids> Ids for BTreeMap<K, G> {
    fn ids(&self) -> Vec<usize> {
        self.values().flat_map(Ids::ids).collect()
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

/// A scene with what comes from outside: where a check that fails says it was.
#[derive(Clone, Copy)]
pub struct At<'a> {
    pub scene: Scene<'a>,
    pub cancel: Cancel,
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} in {:?}", self.cancel, self.scene)
    }
}

/// Makes a resource of one shape, in a world of its own.
pub type Shape<'a> = &'a dyn Fn(&World, &[Script]) -> Erased;

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
    let at = At { scene, cancel: Cancel::Never };
    let expected = Model::run(tree, scene.scripts, scene.body, at.cancel);
    let world = World::default();
    let (report, polls) = world.run(open(&world, shape(&world, scene.scripts), scene));
    judge(&world, report, polls, &expected, tree, at);
}

pub fn open<'a, R>(
    world: &'a World,
    resource: R,
    scene: Scene<'a>,
) -> impl Future<Output = Report<u32, BodyFailed>> + 'a
where
    R: Resource<Guard: Ids> + 'a,
{
    Scope::new(resource).report(body!(world, scene, move))
}

/// Compares what happened to a scope that came to its end with what the model tells.
pub fn judge(
    world: &World,
    report: Report<u32, BodyFailed>,
    polls: usize,
    expected: &Expected,
    tree: &Node,
    at: At<'_>,
) {
    world.check_cut_exits(at);
    let is_stopped = matches!(at.cancel, Cancel::Signal(_)) || tree.has_mortals();
    if is_stopped && tree.is_polled_out_of_turn() {
        let unordered = |mut events: Vec<_>| {
            events.sort_by_key(|event| format!("{event:?}"));
            events
        };
        assert_eq!(unordered(world.events()), unordered(expected.events()), "{at}");
        return;
    }
    assert_eq!(sorted_drops(world.events()), expected.events(), "{at}");
    assert_eq!(polls, expected.polls, "`wait-for-exits`, and no poll more: {at}");
    check_report(&report, expected, tree, at);
    check_result(report, expected, at);
}

/// Laws `nothing-lost` and `first-is-first`.
fn check_report(report: &Report<u32, BodyFailed>, expected: &Expected, tree: &Node, at: At<'_>) {
    assert_eq!(matches!(report.body, Some(Ok(42))), expected.body == Some(End::Ok), "{at}");
    assert_eq!(matches!(report.body, Some(Err(BodyFailed::Itself))), expected.body == Some(End::Error), "{at}");
    assert_eq!(report.panic.is_some(), expected.body == Some(End::Panic), "{at}");
    assert_eq!(report.cancelled, expected.cancelled, "{at}");
    check_failures(&report.failures, expected, tree, at);
}

pub fn check_failures(failures: &Failures, expected: &Expected, tree: &Node, at: At<'_>) {
    if failures.is_empty() && expected.faults.is_empty() {
        return;
    }
    let paths = tree.paths();
    let mut in_order = expected.faults.clone();
    in_order.sort_by_key(|(id, ..)| *id); // those of one member are in the order of time
    let told: Vec<_> = in_order.iter().map(|(id, phase, _)| (&*paths[*id], *phase)).collect();
    let seen: Vec<_> = failures.iter().map(|failure| (failure.path(), failure.phase())).collect();
    assert_eq!(seen, told, "in member order: {at}");
    for (failure, (id, _, wrong)) in failures.iter().zip(&in_order) {
        let error = failure.error();
        assert_eq!(error.is::<MemberPanic>(), *wrong == Wrong::Panic, "{at}");
        assert_eq!(error.is::<Elapsed>(), *wrong == Wrong::Late, "{at}");
        let own = error.downcast_ref::<ScriptedError>();
        assert_eq!(own, (*wrong == Wrong::Error).then_some(&ScriptedError(*id)), "the member's own error: {at}");
    }
    let first = failures.first().map(|failure| (failure.path(), failure.phase()));
    assert_eq!(first, expected.faults.first().map(|(id, phase, _)| (&*paths[*id], *phase)), "{at}");
}

/// Laws `untouched-body` and `panic-last`, and which of several things `run` returns.
fn check_result(report: Report<u32, BodyFailed>, expected: &Expected, at: At<'_>) {
    let failed = !report.failures.is_empty();
    let first_panic = expected.first_panic();
    match catch_unwind(AssertUnwindSafe(|| report.into_result())) {
        Err(payload) => match expected.body {
            Some(End::Panic) => assert_eq!(payload.downcast_ref(), Some(&"body"), "the body's wins: {at}"),
            _ => assert_eq!(panicked(&*payload), first_panic, "then the earliest: {at}"),
        },
        Ok(result) => {
            assert_eq!(first_panic, None, "no panic is swallowed: {at}");
            match (result, expected.body) {
                (Ok(42), Some(End::Ok)) | (Err(BodyFailed::Itself), Some(End::Error)) if !failed => {}
                (Err(BodyFailed::Scope(error)), ended) if failed || expected.cancelled => assert_eq!(
                    (error.kind(), error.body().is_some()),
                    match ended {
                        None if expected.cancelled => (ScopeErrorKind::Cancelled, false),
                        None if expected.member_failed => (ScopeErrorKind::MemberFailed, false),
                        None => (ScopeErrorKind::Enter, false),
                        Some(End::Error) => (ScopeErrorKind::BodyAndExit, true),
                        Some(_) => (ScopeErrorKind::Exit, false),
                    },
                    "{at}"
                ),
                (result, _) => panic!("{result:?}: {at}"),
            }
        }
    }
}
