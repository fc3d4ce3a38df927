//! A scope of any shape, cancelled in one way or in none, against the model.

use crate::cancel::{ByHand, signal};
use crate::check::{At, Scene, body, judge, open};
use crate::drops::drop_at;
use crate::erased::Erased;
use crate::fuzz::make::make;
use crate::fuzz::names::{check_names, names};
use crate::fuzz::seen::{check_seen, timeline};
use crate::fuzz::shape::Shape;
use crate::model::{Cancel, Expected, Model, Node};
use crate::source::Source;
use crate::world::{BodyFailed, Event, Script, Step, World};
use std::panic::{AssertUnwindSafe, catch_unwind};
use withal::{Report, Scope, Timeline};

/// What the bytes stand for.
#[derive(Debug)]
pub struct Input {
    shape: Shape,
    scripts: Vec<Script>,
    body: Step,
    way: Way,
    /// What it is about is cut, or fires, at a poll that this picks.
    at: usize,
    more: usize,
    is_observed: bool,
}

#[derive(Clone, Copy, Debug)]
enum Way {
    ToTheEnd,
    Dropped,
    Signal,
    Reaped,
    ReapedAndDropped,
    SignalOnReaper,
    /// Dropped, and then run to the end.
    Again,
    /// By a body that is not `Send`.
    Local,
}

const WAYS: [Way; 8] = [
    Way::ToTheEnd,
    Way::Dropped,
    Way::Signal,
    Way::Reaped,
    Way::ReapedAndDropped,
    Way::SignalOnReaper,
    Way::Again,
    Way::Local,
];

impl crate::fuzz::engine::Input for Input {
    const KEPT_BY: &str = "scopes";

    fn read(bytes: &[u8]) -> Self {
        let mut source = Source::new(bytes);
        let way = WAYS[usize::from(source.below(8))];
        let (at, more) = (source.below(32).into(), source.below(8).into());
        let is_observed = source.below(4) == 1;
        source.has_lives = source.below(3) == 1;
        let body = source.step();
        let shape = Shape::read(&mut source);
        Self { shape, scripts: source.scripts, body, way, at, more, is_observed }
    }

    fn check(&self) {
        if self.shape.is_rude() || self.shape.is_large() {
            return self.check_in_any_order();
        }
        let tree = self.shape.node();
        let whole = self.expect(&tree, Cancel::Never);
        let (run, scene) = (Run::new(self), self.scene());
        let world = &run.world;
        match self.way {
            Way::Dropped => {
                let scope = run.scope().report(body!(world, scene));
                drop_at(self.at % whole.polls, world, scope, &whole.events, scene);
                run.see(&tree, None);
            }
            Way::Signal | Way::SignalOnReaper => self.signal(&run, self.at % (whole.polls + 1), &tree),
            Way::Reaped | Way::ReapedAndDropped => self.reaped(&run, self.at % whole.polls, &tree),
            Way::Again if self.shape.is_reusable() => self.again(&run, &tree, &whole),
            Way::ToTheEnd | Way::Again => {
                let ended = world.run(run.scope().report(body!(world, scene)));
                run.judge(ended, &whole, &tree, Cancel::Never);
            }
            Way::Local => {
                let ended = world.run(run.scope().report_local(body!(world, scene)));
                run.judge(ended, &whole, &tree, Cancel::Never);
            }
        }
    }
}

impl Input {
    fn scene(&self) -> Scene<'_> {
        Scene { scripts: &self.scripts, body: self.body }
    }

    fn expect(&self, tree: &Node, cancel: Cancel) -> Expected {
        Model::run(tree, &self.scripts, self.body, cancel)
    }

    fn signal(&self, run: &Run<'_>, fired: usize, tree: &Node) {
        let (scene, cancel) = (self.scene(), Cancel::Signal(fired));
        let scope = run.scope().until(signal(&run.world, fired));
        let by_hand = ByHand::new();
        let ended = if let Way::SignalOnReaper = self.way {
            run.world.run(scope.on(&by_hand.reaper).report(body!(run.world, scene)))
        } else {
            run.world.run(scope.report(body!(run.world, scene)))
        };
        run.judge(ended, &self.expect(tree, cancel), tree, cancel);
        assert!(by_hand.is_idle());
    }

    fn reaped(&self, run: &Run<'_>, cut: usize, tree: &Node) {
        let (world, scene, cancel) = (&run.world, self.scene(), Cancel::Reaped(cut));
        let at = At { scene, cancel };
        let by_hand = ByHand::new();
        let scope = run.scope().on(&by_hand.reaper).report(body!(world, scene));
        let Some(task) = by_hand.drop_after(world, cut, scope, at) else {
            assert_eq!((cut, world.events().len()), (0, 0), "nothing is left behind, {at}");
            return;
        };
        let expected = self.expect(tree, cancel);
        if let Way::Reaped = self.way {
            by_hand.finish(world, cut, task, &expected, tree, at);
            run.see(tree, Some(&expected));
        } else {
            by_hand.drop_again(world, self.more % (expected.polls - cut), task, at);
            run.see(tree, None);
        }
    }

    /// What is left to say of members that panic anywhere, and of so many that they are polled in the order of the
    /// wakes: that everybody who is in is let go of once, and is told the same, and that the panics end nothing.
    fn check_in_any_order(&self) {
        let scene = self.scene();
        let run = Run::new(self);
        let (report, polls) = run.world.run(run.scope().report(body!(run.world, scene)));
        run.check_ledger();
        if !self.shape.is_rude() {
            let expected = self.expect(&self.shape.node(), Cancel::Never);
            assert_eq!(unordered(&run.world.events()), unordered(&expected.events));
        }
        let _ = catch_unwind(AssertUnwindSafe(|| report.into_result()));
        let run = Run::new(self);
        let at = At { scene, cancel: Cancel::Reaped(self.at % polls) };
        match self.way {
            Way::ToTheEnd | Way::Again | Way::Local => return,
            Way::Signal | Way::SignalOnReaper => {
                let scope = run.scope().until(signal(&run.world, self.at % (polls + 1)));
                drop(run.world.run(scope.report(body!(run.world, scene))));
            }
            Way::Dropped => {
                let mut scope = Box::pin(run.scope().report(body!(run.world, scene)));
                for _ in 0..self.at % polls {
                    assert!(run.world.poll(scope.as_mut()).is_pending(), "{at}");
                }
                let _ = catch_unwind(AssertUnwindSafe(|| drop(scope)));
            }
            Way::Reaped | Way::ReapedAndDropped => {
                let by_hand = ByHand::new();
                let scope = run.scope().on(&by_hand.reaper).report(body!(run.world, scene));
                if let Some(mut task) = by_hand.drop_after(&run.world, self.at % polls, scope, at) {
                    let mut left = if let Way::Reaped = self.way { 1000 } else { self.more };
                    while left > 0 && run.world.poll(task.as_mut()).is_pending() {
                        left -= 1;
                    }
                    let _ = catch_unwind(AssertUnwindSafe(|| drop(task)));
                }
                assert_eq!(by_hand.reaper.pending(), 0, "{at}");
            }
        }
        run.check_ledger();
    }

    /// Nothing of the first time is left (law `drop-any-time`, and the contract of `Resource::enter`).
    fn again(&self, run: &Run<'_>, tree: &Node, whole: &Expected) {
        let world = &run.world;
        let mut resource = run.resource();
        drop_at(self.at % whole.polls, world, open(world, &mut resource, self.scene()), &whole.events, self.scene());
        world.clear();
        let ended = world.run(open(world, &mut resource, self.scene()));
        run.judge(ended, whole, tree, Cancel::Never);
    }
}

fn unordered(events: &[Event]) -> Vec<String> {
    let mut events: Vec<_> = events.iter().map(|event| format!("{event:?}")).collect();
    events.sort_unstable();
    events
}

/// One run of an input.
struct Run<'a> {
    input: &'a Input,
    world: World,
    timeline: Option<Timeline>,
}

impl<'a> Run<'a> {
    fn new(input: &'a Input) -> Self {
        let world = World::default();
        let timeline = input.is_observed.then(|| timeline(&world));
        Self { input, world, timeline }
    }

    fn resource(&self) -> Erased {
        make(&self.input.shape, &self.world, &self.input.scripts)
    }

    fn scope(&self) -> Scope<Erased> {
        let scope = Scope::new(self.resource());
        if let Some(timeline) = &self.timeline { scope.observe(timeline) } else { scope }
    }

    fn judge(
        &self,
        (report, polls): (Report<u32, BodyFailed>, usize),
        expected: &Expected,
        tree: &Node,
        cancel: Cancel,
    ) {
        check_names(&report.failures, expected, &self.input.shape);
        judge(&self.world, report, polls, expected, tree, At { scene: self.input.scene(), cancel });
        self.see(tree, Some(expected));
    }

    fn check_ledger(&self) {
        self.world.check(format_args!("{:?}", self.input));
        let told = |event: &Event| if let Event::ExitStarted(_, told) = event { Some(*told) } else { None };
        let mut told: Vec<_> = self.world.events().iter().filter_map(told).collect();
        told.dedup();
        // Each attempt is rolled back with an outcome of its own.
        assert!(told.len() <= 1 || self.input.shape.has_attempts(), "`same-outcome`: {told:?}");
        if let Some(timeline) = &self.timeline {
            assert!(timeline.in_flight().is_empty(), "{timeline}");
        }
    }

    fn see(&self, tree: &Node, expected: Option<&Expected>) {
        if let Some(timeline) = self.timeline.as_ref().filter(|timeline| !timeline.scopes().is_empty()) {
            let names = names(&self.input.shape);
            check_seen(timeline, &self.world, tree, &names, expected.map(|expected| &*expected.faults));
        }
    }
}
