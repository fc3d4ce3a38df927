//! Members that come and go in a stack and a pool while a body runs, against what has to be in them.

mod body;
mod contents;
mod ops;

use crate::cancel::{ByHand, signal};
use crate::members::{Timer, timer};
use crate::model::{Expected, Model, Node, Wrong, sorted_drops};
use crate::source::Source;
use crate::world::{Event, Script, World, panicked};
use body::Body;
use contents::{Contents, Member};
use futures::FutureExt;
use ops::Op;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use withal::{
    Elapsed, ExitPool, ExitStack, Failure, Failures, MemberPanic, OpenPool, OpenStack, OutcomeKind, Phase, ResourceExt,
    Scope, ScopeError, Within,
};

/// What the bytes stand for.
#[derive(Debug)]
pub struct Input {
    ops: Vec<Op>,
    scripts: Vec<Script>,
    way: Way,
    at: usize,
    /// How many polls of the exits are in time.
    deadline: Option<usize>,
    /// How many members the pool exits at a time.
    limit: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
enum Way {
    ToTheEnd,
    Dropped,
    Signal,
    Reaped,
}

impl crate::fuzz::engine::Input for Input {
    const KEPT_BY: &str = "sets";

    fn read(bytes: &[u8]) -> Self {
        let mut source = Source::new(bytes);
        let way = [Way::ToTheEnd, Way::Dropped, Way::Signal, Way::Reaped][usize::from(source.below(4))];
        let at = source.below(32).into();
        let count = source.below(24);
        let ops: Vec<_> = (0..count).map(|_| Op::read(&mut source)).collect();
        // Of a set that is a member of another one, what has not begun is not told by name.
        let nests = ops.iter().any(|op| matches!(op, Op::Nest(..)));
        let deadline = Some(source.below(12).into()).filter(|after| *after < 4 && !nests);
        let limit = Some(source.below(6).into()).filter(|limit| (1..4).contains(limit));
        Self { ops, scripts: source.scripts, way, at, deadline, limit }
    }

    fn check(&self) {
        let run = Run::new(self);
        let scope = run.scope().report(async |(stack, pool)| run.body(stack, pool).await);
        let (report, polls) = run.world.run(scope);
        run.check_exits(Some(&report.failures));
        let run = Run::new(self);
        match self.way {
            Way::ToTheEnd => {}
            Way::Dropped => run.dropped(self.at % polls),
            Way::Signal => run.signal(self.at % (polls + 1)),
            Way::Reaped => run.reaped(self.at % polls),
        }
    }
}

type Sets = Within<(ExitStack<'static>, ExitPool<'static>), Timer>;

/// One run of an input.
struct Run<'a> {
    input: &'a Input,
    world: World,
    contents: Contents,
    /// How the body ended: it was dropped, unless it is told otherwise.
    ended: Mutex<OutcomeKind>,
    /// Whether an assertion in the body failed.
    is_wrong: AtomicBool,
}

impl<'a> Run<'a> {
    fn new(input: &'a Input) -> Self {
        let ended = Mutex::new(OutcomeKind::Cancelled);
        let is_wrong = AtomicBool::new(false);
        Self { input, world: World::default(), contents: Contents::new(input.limit), ended, is_wrong }
    }

    fn scope(&self) -> Scope<Sets> {
        let pool = self.input.limit.map_or_else(ExitPool::new, |limit| ExitPool::new().limit(limit));
        Scope::new((ExitStack::new(), pool).exit_within(timer(&self.world, self.input.deadline)))
    }

    async fn body(&self, stack: &mut OpenStack<'static>, pool: &mut OpenPool<'static>) -> Result<(), ScopeError> {
        let Self { input: Input { scripts, ops, .. }, world, contents, .. } = self;
        let body = Body { world, scripts, ops, contents: contents.clone() };
        let ended = AssertUnwindSafe(body.run(stack, pool)).catch_unwind().await;
        *self.ended.lock().unwrap() = match &ended {
            Ok(Ok(())) => OutcomeKind::Completed,
            Ok(Err(_)) => OutcomeKind::Failed,
            Err(panic) => {
                let is_scripted = panicked(&**panic).is_some() || panic.downcast_ref() == Some(&"body");
                self.is_wrong.store(!is_scripted, SeqCst);
                OutcomeKind::Panicked
            }
        };
        ended.unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// What has to happen once the body is over.
    fn expect_exits(&self) -> Expected {
        let both = self.contents.both();
        let mut begun = Vec::new();
        both.visit(&mut |member, _| {
            if let Member::Leaving(id, polls) = member {
                begun.push((*id, *polls));
            }
        });
        let mut node = both.node();
        if let Some(after) = self.input.deadline {
            node = Node::Within { phase: Phase::Exit, after, member: Box::new(node) };
        }
        Model::run_exits(&node, &self.input.scripts, &begun, *self.ended.lock().unwrap())
    }

    /// Laws `stack-order`, `early-once`, `moved`, `same-outcome`, `nothing-lost`: whatever the body did before.
    fn check_exits(&self, failures: Option<&Failures>) {
        self.world.check("");
        assert!(!self.is_wrong.load(SeqCst), "the body was told something wrong");
        let (events, expected) = (self.world.events(), self.expect_exits());
        assert!(events.len() >= expected.events.len(), "{events:?}, {expected:?}");
        let (by_body, exits) = events.split_at(events.len() - expected.events.len());
        assert_eq!(sorted_drops(exits.to_vec()), expected.events(), "{events:?}");
        for event in by_body {
            if let Event::ExitStarted(id, told) = event {
                let both = self.contents.both();
                let expected = match () {
                    () if both.released.contains(id) => OutcomeKind::Released,
                    () if both.given_up.contains(id) => OutcomeKind::Cancelled,
                    () => OutcomeKind::Completed,
                };
                drop(both);
                assert_eq!(*told, expected, "{events:?}");
            }
        }
        if let Some(failures) = failures {
            self.check_failures(failures, &expected);
        }
    }

    fn check_failures(&self, failures: &Failures, expected: &Expected) {
        let both = self.contents.both();
        let mut paths = HashMap::new();
        both.visit(&mut |member, path| {
            for (id, position, _) in member.leaves() {
                paths.insert(id, path.iter().copied().chain(position).collect::<Vec<_>>());
            }
        });
        let told = |(id, phase, wrong): &(usize, Phase, Wrong)| (paths[id].clone(), *phase, *wrong);
        let mut told: Vec<_> = expected.faults.iter().map(told).collect();
        let first = told.first().cloned();
        told.sort_by(|a, b| a.0.cmp(&b.0));
        let seen = |failure: &Failure| (failure.path().to_vec(), failure.phase(), wrong(failure));
        assert_eq!(failures.iter().map(seen).collect::<Vec<_>>(), told);
        assert_eq!(failures.first().map(seen), first);
    }

    fn signal(&self, fired: usize) {
        let scope = self.scope().until(signal(&self.world, fired));
        let (report, _) = self.world.run(scope.report(async |(stack, pool)| self.body(stack, pool).await));
        assert_eq!(report.cancelled, *self.ended.lock().unwrap() == OutcomeKind::Cancelled);
        if report.panic.is_some() {
            // Also one that panics while it is dropped.
            *self.ended.lock().unwrap() = OutcomeKind::Panicked;
        }
        self.check_exits(Some(&report.failures));
    }

    fn reaped(&self, cut: usize) {
        let by_hand = ByHand::new();
        let scope = self.scope().on(&by_hand.reaper);
        let scope = scope.report(async |(stack, pool)| self.body(stack, pool).await);
        let Some(mut task) = by_hand.drop_after(&self.world, cut, scope, "a set") else {
            return assert_eq!((cut, self.world.events().len()), (0, 0));
        };
        self.world.run(&mut task);
        drop(task);
        assert_eq!(by_hand.reaper.pending(), 0);
        let expected = self.expect_exits();
        let told = by_hand.told();
        let failed = *self.ended.lock().unwrap();
        let nothing = expected.faults.is_empty() && !matches!(failed, OutcomeKind::Failed | OutcomeKind::Panicked);
        assert_eq!(told.is_none(), nothing);
        self.check_exits(told.as_ref().map(|reaped| &reaped.failures));
    }

    /// What is in is abandoned, the pool's before the stack's, and each set's last one first.
    fn dropped(&self, cut: usize) {
        let mut scope = Box::pin(self.scope().report(async |(stack, pool)| self.body(stack, pool).await));
        for _ in 0..cut {
            assert!(self.world.poll(scope.as_mut()).is_pending());
        }
        let before = self.world.events();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(scope)));
        self.world.check("");
        let is_its_end =
            |event: &Event, id| matches!(event, Event::ExitStarted(other, _) | Event::Abandoned(other) if *other == id);
        let begun = |id| before.iter().any(|event| is_its_end(event, id));
        let mut left = Vec::new();
        self.contents.both().visit(&mut |member, _| {
            for (id, _, is_in) in member.leaves() {
                if is_in && !begun(id) {
                    left.push(Event::Abandoned(id));
                }
            }
        });
        left.reverse();
        let mut abandoned = self.world.events().split_off(before.len());
        abandoned.retain(|event| matches!(event, Event::Abandoned(_)));
        if self.input.limit.is_some() {
            // Dropped in its exits, the stack lets go of what it has before the pool does.
            abandoned.drain(..abandoned.len().saturating_sub(left.len()));
            let id = |event: &Event| if let Event::Abandoned(id) = event { *id } else { usize::MAX };
            abandoned.sort_unstable_by_key(id);
            left.sort_unstable_by_key(id);
        }
        assert!(abandoned.ends_with(&left), "{abandoned:?}, {left:?}");
    }
}

fn wrong(failure: &Failure) -> Wrong {
    if failure.error().is::<MemberPanic>() {
        Wrong::Panic
    } else if failure.error().is::<Elapsed>() {
        Wrong::Late
    } else {
        Wrong::Error
    }
}
