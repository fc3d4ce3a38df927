//! A scope of any shape, cancelled in one way or in none, against the model.

use crate::cancel::{ByHand, signal};
use crate::check::{At, Ids, Scene, body, judge, open};
use crate::drops::drop_at;
use crate::erased::Erased;
use crate::make::make;
use crate::model::{Cancel, Expected, Model, Node};
use crate::names::check_names;
use crate::shape::Shape;
use crate::source::Source;
use crate::world::{Script, Step, World};
use withal::{Report, Scope};

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

impl crate::engine::Input for Input {
    const KEPT_BY: &str = "scopes";

    fn read(bytes: &[u8]) -> Self {
        let mut source = Source::new(bytes);
        let way = WAYS[usize::from(source.below(8))];
        let (at, more) = (source.below(32).into(), source.below(8).into());
        let body = source.step();
        let shape = Shape::read(&mut source);
        Self { shape, scripts: source.scripts, body, way, at, more }
    }

    fn check(&self) {
        let tree = self.shape.node();
        let whole = self.expect(&tree, Cancel::Never);
        match self.way {
            Way::ToTheEnd => self.to_the_end(&tree, &whole),
            Way::Dropped => {
                let world = World::default();
                let scope = open(&world, self.resource(&world), self.scene());
                drop_at(self.at % whole.polls, &world, scope, &whole.events, self.scene());
            }
            Way::Signal => self.signal(&tree, self.at % (whole.polls + 1)),
            Way::SignalOnReaper => self.signal_on_reaper(&tree, self.at % (whole.polls + 1)),
            Way::Reaped | Way::ReapedAndDropped => self.reaped(&tree, self.at % whole.polls),
            Way::Again => self.again(&tree, &whole),
            Way::Local => self.local(&tree, &whole),
        }
    }
}

impl Input {
    fn scene(&self) -> Scene<'_> {
        Scene { scripts: &self.scripts, body: self.body }
    }

    fn resource(&self, world: &World) -> Erased {
        make(&self.shape, world, &self.scripts)
    }

    fn expect(&self, tree: &Node, cancel: Cancel) -> Expected {
        Model::run(tree, &self.scripts, self.body, cancel)
    }

    fn judge(
        &self,
        world: &World,
        (report, polls): (Report<u32, crate::world::BodyFailed>, usize),
        expected: &Expected,
        tree: &Node,
        cancel: Cancel,
    ) {
        check_names(&report.failures, expected, &self.shape);
        judge(world, report, polls, expected, tree, At { scene: self.scene(), cancel });
    }

    fn to_the_end(&self, tree: &Node, whole: &Expected) {
        let world = World::default();
        let ended = world.run(open(&world, self.resource(&world), self.scene()));
        self.judge(&world, ended, whole, tree, Cancel::Never);
    }

    fn local(&self, tree: &Node, whole: &Expected) {
        let (world, scene) = (World::default(), self.scene());
        let ended = world.run(Scope::new(self.resource(&world)).report_local(body!(world, scene)));
        self.judge(&world, ended, whole, tree, Cancel::Never);
    }

    fn signal(&self, tree: &Node, fired: usize) {
        let (world, scene, cancel) = (World::default(), self.scene(), Cancel::Signal(fired));
        let scope = Scope::new(self.resource(&world)).until(signal(&world, fired));
        let ended = world.run(scope.report(body!(world, scene)));
        self.judge(&world, ended, &self.expect(tree, cancel), tree, cancel);
    }

    fn signal_on_reaper(&self, tree: &Node, fired: usize) {
        let (world, scene, cancel) = (World::default(), self.scene(), Cancel::Signal(fired));
        let by_hand = ByHand::new();
        let scope = Scope::new(self.resource(&world)).until(signal(&world, fired)).on(&by_hand.reaper);
        let ended = world.run(scope.report(body!(world, scene)));
        self.judge(&world, ended, &self.expect(tree, cancel), tree, cancel);
        assert!(by_hand.is_idle());
    }

    fn reaped(&self, tree: &Node, cut: usize) {
        let (world, scene, cancel) = (World::default(), self.scene(), Cancel::Reaped(cut));
        let at = At { scene, cancel };
        let by_hand = ByHand::new();
        let scope = Scope::new(self.resource(&world)).on(&by_hand.reaper).report(body!(world, scene));
        let Some(task) = by_hand.drop_after(&world, cut, scope, at) else {
            assert_eq!((cut, world.events().len()), (0, 0), "nothing is left behind, {at}");
            return;
        };
        let expected = self.expect(tree, cancel);
        if let Way::Reaped = self.way {
            by_hand.finish(&world, cut, task, &expected, tree, at);
        } else {
            by_hand.drop_again(&world, self.more % (expected.polls - cut), task, at);
        }
    }

    /// Nothing of the first time is left (law `drop-any-time`, and the contract of `Resource::enter`).
    fn again(&self, tree: &Node, whole: &Expected) {
        if !self.shape.is_reusable() {
            return self.to_the_end(tree, whole);
        }
        let world = World::default();
        let mut resource = self.resource(&world);
        drop_at(self.at % whole.polls, &world, open(&world, &mut resource, self.scene()), &whole.events, self.scene());
        world.clear();
        let ended = world.run(open(&world, &mut resource, self.scene()));
        self.judge(&world, ended, whole, tree, Cancel::Never);
    }
}
