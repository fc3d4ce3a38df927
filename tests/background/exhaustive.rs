//! A worker beside a plain member, which ends by itself at any poll or when it has to stop, in any way: against a small
//! model that counts polls.

use futures::FutureExt;
use futures::future::{Either, select};
use std::pin::pin;
use withal::testing::{End, Event, Ledger, READY, Script, Step, Token};
use withal::{BoxError, Group, OutcomeKind, Phase, Report, Resource, ResourceExt, Scope, background};
use withal_common::quiet_panic;

/// What a scene does. All numbers count polls.
#[derive(Clone, Copy, Debug)]
struct Scene {
    /// The worker: until it is ready, how it ends by itself so long after that, and how once it has to stop.
    ready: usize,
    dies: Option<Step>,
    stops: Step,
    /// The plain member.
    enter: usize,
    exit: usize,
    body: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Together,
    WorkerFirst,
    WorkerLast,
}

/// What has to happen.
#[derive(Debug, PartialEq, Eq)]
struct Expected {
    told: OutcomeKind,
    body_ends: bool,
    /// The failure of the worker.
    failure: Option<(Phase, End)>,
}

impl Scene {
    /// Laws `attended`, `death-stops-the-body`, `death-is-first` and `quiet-end`.
    fn expect(&self, order: Order) -> Expected {
        let ready = if order == Order::WorkerLast { self.enter + self.ready } else { self.ready };
        let all_in = if order == Order::Together { self.ready.max(self.enter) } else { self.ready + self.enter };
        let exits = all_in + self.body;
        let stops = if order == Order::WorkerFirst { exits + self.exit } else { exits };
        let completed = |failure| Expected { told: OutcomeKind::Completed, body_ends: true, failure };
        let failure = |end, phase| (end != End::Ok).then_some((phase, end));
        let Some(Step { pending, end }) = self.dies.filter(|dies| ready + dies.pending <= stops) else {
            return completed(failure(self.stops.end, Phase::Exit));
        };
        match ready + pending {
            dies if dies <= all_in && end != End::Ok => {
                let told = if end == End::Panic { OutcomeKind::Panicked } else { OutcomeKind::EnterFailed };
                Expected { told, body_ends: false, failure: failure(end, Phase::Enter) }
            }
            dies if dies < exits && end != End::Ok => {
                Expected { told: OutcomeKind::MemberFailed, body_ends: false, failure: failure(end, Phase::Up) }
            }
            dies if dies < stops => completed(failure(end, Phase::Up)),
            _ => completed(failure(end, Phase::Exit)),
        }
    }

    fn worker(self, ledger: &Ledger) -> impl Resource<Guard = Token, Error = BoxError> + 'static {
        let ledger = ledger.clone();
        background(async move |startup| {
            ledger.pend(self.ready).await;
            let stop = startup.ready(Token(1));
            let dies = pin!(async {
                match self.dies {
                    Some(dies) => wait(&ledger, dies.pending).await,
                    None => std::future::pending().await,
                }
            });
            // In the same poll the end by itself comes first.
            let end = match select(dies, stop).await {
                Either::Left(_) => self.dies.map_or(End::Ok, |dies| dies.end),
                Either::Right(_) => {
                    wait(&ledger, self.stops.pending).await;
                    self.stops.end
                }
            };
            match end {
                End::Ok => Ok(()),
                End::Panic => quiet_panic("as scripted"),
                _ => Err("as scripted".into()),
            }
        })
    }

    fn check(self, order: Order) {
        let ledger = Ledger::new();
        let plain = Script { enter: READY.pending(self.enter), exit: READY.pending(self.exit) };
        let (worker, plain) = (self.worker(&ledger), ledger.member(0, plain));
        let (report, at) = match order {
            Order::Together => (self.run(&ledger, (worker, plain)), 0),
            Order::WorkerFirst => (self.run(&ledger, (worker, plain).in_order()), 0),
            Order::WorkerLast => (self.run(&ledger, (plain, worker).in_order()), 1),
        };
        ledger.check().unwrap();
        let told = ledger.events().into_iter().find_map(|event| match event {
            Event::ExitStarted(_, told) => Some(told),
            _ => None,
        });
        let failures: Vec<_> = report.failures.iter().collect();
        assert!(failures.iter().all(|failure| failure.path() == [at]), "{order:?} {self:?}");
        assert!(failures.len() < 2, "{failures:?}: {order:?} {self:?}");
        let failure = failures.first().map(|failure| {
            (failure.phase(), if failure.error().is::<withal::MemberPanic>() { End::Panic } else { End::Error })
        });
        let seen = Expected { told: told.unwrap(), body_ends: report.body.is_some(), failure };
        assert_eq!(seen, self.expect(order), "{order:?} {self:?}");
    }

    fn run<G: Group>(self, ledger: &Ledger, members: G) -> Report<(), BoxError> {
        let body = async |_: &mut G::Guard| {
            ledger.pend(self.body).await;
            Ok::<_, BoxError>(())
        };
        let mut scope = Scope::new(members).report_local(body).boxed_local();
        for _ in 0..100 {
            if let std::task::Poll::Ready(report) = ledger.poll(scope.as_mut()) {
                return report;
            }
        }
        panic!("it hangs: {self:?}");
    }
}

/// Waits for so many polls of the scope, however often this is polled in them.
async fn wait(ledger: &Ledger, polls: usize) {
    let due = ledger.polls() + polls;
    while ledger.polls() < due {
        ledger.pend(1).await;
    }
}

#[test]
fn every_scene() {
    let ends = [End::Ok, End::Error, End::Panic];
    let step = |pending, end| match end {
        End::Error => Step::error().pending(pending),
        End::Panic => Step::panic().pending(pending),
        _ => READY.pending(pending),
    };
    for at in 0..3 * 3 * 3 * 4 * 2 * 3 {
        let mut left = at;
        let mut pick = |below: usize| {
            let picked = left % below;
            left /= below;
            picked
        };
        let (ready, enter, exit, body) = (pick(3), pick(3), pick(3), pick(4));
        let stops = step(pick(2), ends[pick(3)]);
        let lives = (1..8).flat_map(|pending| ends.map(|end| Some(step(pending, end)))).chain([None]);
        for dies in lives {
            let scene = Scene { ready, dies, stops, enter, exit, body };
            for order in [Order::Together, Order::WorkerFirst, Order::WorkerLast] {
                scene.check(order);
            }
        }
    }
}
