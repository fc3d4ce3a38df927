//! A panic in a group whose errors are mapped stays one: laws `roll-back` and `panic-last`.

use super::Delegate;
use std::any::Any;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use withal::OutcomeKind::{Completed, EnterFailed, Panicked};
use withal::{BoxError, BoxResource, ExitPool, ExitStack, Failures, MemberPanic, Outcome, OutcomeKind, Phase};
use withal::{Report, Resource, ResourceExt, Scope, ScopeError, resource};
use withal_common::{caught, pend, poll, quiet_panic, reaper, run};

/// What the exits were told.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<OutcomeKind>>>);

impl Told {
    fn member(&self, part: Part) -> Member {
        Member { part, told: self.clone() }
    }

    fn sound(&self) -> Member {
        self.member(Part::Sound)
    }

    fn take(&self) -> Vec<OutcomeKind> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// What a member does: panics carry a number, which no message could.
#[derive(Clone, Copy)]
enum Part {
    Sound,
    Panics(Phase, u32),
    Fails(Phase),
}

struct Member {
    part: Part,
    told: Told,
}

impl Member {
    fn act(&self, now: Phase) -> Result<(), &'static str> {
        match self.part {
            Part::Panics(phase, number) if phase == now => quiet_panic(number),
            Part::Fails(phase) if phase == now => Err("refused"),
            _ => Ok(()),
        }
    }
}

impl Resource for Member {
    type Guard = u32;
    type Error = &'static str;

    async fn enter(&mut self) -> Result<u32, &'static str> {
        pend(1).await; // so that all are under way when one panics
        self.act(Phase::Enter).map(|()| 1)
    }

    async fn exit(&mut self, _: u32, outcome: Outcome<'_>) -> Result<(), &'static str> {
        self.told.0.lock().unwrap().push(outcome.kind());
        self.act(Phase::Exit)
    }
}

/// The payload of the panic that the call ends in.
fn panicked<T>(call: impl FnOnce() -> T) -> Box<dyn Any + Send> {
    caught(call).expect("it panics")
}

fn number(payload: &(dyn Any + Send)) -> Option<u32> {
    payload.downcast_ref().copied()
}

#[expect(clippy::needless_pass_by_value, reason = "so `map_err` passes them")]
fn words(failures: Failures) -> String {
    format!("{} of them failed: {failures}", failures.len())
}

/// A resource, made anew each time, in which the panic 7 is mapped; and how many are told of an exit, and what.
fn check<R: Resource<Guard: 'static> + 'static>(make: impl Fn(&Told) -> R, told: &[OutcomeKind]) {
    // `report` hands it over as a failure, from which it can be resumed.
    let all = Told::default();
    check_report(report(make(&all)), &all, told);
    check_boxed(&|all| make(all).boxed(), &|all| Delegate(make(all)).boxed(), told);
}

fn report<R: Resource>(resource: R) -> Report<u32, Infallible> {
    run(Scope::new(resource).report(async |_| Ok(42)))
}

fn check_report(report: Report<u32, Infallible>, all: &Told, told: &[OutcomeKind]) {
    assert_eq!(all.take(), told);
    assert!(report.panic.is_none());
    assert_eq!(report.failures.len(), 1, "{}", report.failures);
    assert_eq!(report.body, told.contains(&Completed).then_some(Ok(42)), "what the body returned is not lost");
    assert_eq!(number(&*panicked(|| report.failures.resume_panic())), Some(7));
}

type Make<'a, G> = &'a dyn Fn(&Told) -> BoxResource<'static, G>;

/// What is the same for all types of resources is compiled once for a type of guards.
fn check_boxed<G: Send + 'static>(make: Make<'_, G>, delegate: Make<'_, G>, told: &[OutcomeKind]) {
    let all = Told::default();
    // `run` resumes it, when every exit has ended.
    assert_eq!(number(&*panicked(|| run(make(&all).scope(async |_| anyhow::Ok(()))))), Some(7));
    assert_eq!(all.take(), told);
    // So does a resource that drives it by hand: its own enter or exit is what panicked.
    let failures = report(delegate(&all)).failures;
    let panic = failures.into_iter().next().unwrap().into_error().downcast::<MemberPanic>().unwrap();
    assert_eq!(number(&*panic.into_payload()), Some(7));
    assert_eq!(all.take(), told);
    let on_a_reaper = (1..).map_while(|polls| reaped_after(polls, make(&all))).filter(|failures| !failures.is_empty());
    let resumed = on_a_reaper.map(|failures| number(&*panicked(|| failures.resume_panic()))).collect::<Vec<_>>();
    assert!(!resumed.is_empty() && resumed.iter().all(|number| *number == Some(7)), "{resumed:?}");
}

/// What a reaper tells of a scope that is dropped after so many polls; none if it is over before.
fn reaped_after<G: Send + 'static>(polls: usize, resource: BoxResource<'static, G>) -> Option<Failures> {
    let ((reaper, tasks), told) = (reaper(), Arc::new(Mutex::new(Failures::default())));
    let hears = Arc::clone(&told);
    let reaper = reaper.on_failure(move |one| *hears.lock().unwrap() = one.failures);
    let report = Scope::new(resource).on(&reaper).report(async |_| {
        pend(1).await;
        Ok::<_, Infallible>(())
    });
    let mut scope = Box::pin(report);
    for _ in 0..polls {
        if poll(scope.as_mut()).is_ready() {
            return None;
        }
    }
    drop(scope);
    tasks.run();
    Some(std::mem::take(&mut *told.lock().unwrap()))
}

/// Every kind of group, with every adaptor that converts its errors, in both phases.
macro_rules! check_all {
    ($($group:expr),+ $(,)?) => {$(
        check(|told| adapted($group, told, Phase::Enter).map_err(words), &[Panicked]);
        check(|told| adapted($group, told, Phase::Exit).map_err(words), &[Completed; 2]);
    )+};
}

fn adapted<R>(group: impl Fn(Member, Member) -> R, told: &Told, phase: Phase) -> R {
    group(told.sound(), told.member(Part::Panics(phase, 7)))
}

#[test]
fn a_panic_in_a_group_that_is_mapped_stays_a_panic() {
    check_all!(
        |a, b| (a, b),
        |a, b| (b, a),
        |a, b| [a, b],
        |a, b| vec![a, b],
        |a, b| ((a, ()), [b]),
        |a, b| (a, b).in_order(),
        |a, b| (a, b).limit(1),
        |a, b| (b, a).fail_fast(), // the second round begins with the second one: it is in when the first panics
        |a, b| vec![b, a].fail_fast().limit(2),
        |a, b| {
            let mut b = Some(b);
            a.then(move |_| b.take().expect("it is made once"))
        },
        |a, b| (a, b).named("cluster"),
        |a, b| Box::new((a, b)),
        |a, b| Some((a, b)).map_err(|failures: Failures| failures),
        |a, b| (a, b).map_err(|failures: Failures| failures),
        |a, b| (a, (b,).map_err(words)),
        |a, b| (a, [(b,).map_err(words).named("inner")].map_err(words).boxed()),
    );
}

/// Where what is mapped is behind an adaptor, in a set, or a set itself.
#[test]
fn a_panic_that_is_mapped_stays_a_panic_wherever_that_is() {
    let bomb = |told: &Told| (told.sound(), told.member(Part::Panics(Phase::Enter, 7))).map_err(words);
    check(|told| bomb(told).boxed(), &[Panicked]);
    check(|told| bomb(told).named("cluster"), &[Panicked]);
    check(|told| bomb(told).enter_within(std::future::pending::<()>), &[Panicked]);
    check(|told| bomb(told).map_err(BoxError::from).exit_within(std::future::pending::<()>), &[Panicked]);
    check(|told| (told.sound(), [bomb(told)]), &[Panicked; 2]);
    check(|told| bomb(told).map_err(|text| format!("{text}!")), &[Panicked]);
    check(|told| (bomb(told).boxed(), ()).map_err(words), &[Panicked]);

    let exits = |told: &Told| (told.sound(), told.member(Part::Panics(Phase::Exit, 7))).map_err(words);
    let all = Told::default();
    let entered = |told: &Told| {
        let exits = exits(told);
        run(ExitStack::new().scope(async |stack| {
            stack.enter(exits).await?;
            Ok::<_, ScopeError>(stack.take_all())
        }))
        .unwrap()
    };
    check(entered, &[Completed; 2]);
    let set = |told: &Told| {
        let open = ExitPool::new().open();
        run(open.enter(told.sound())).unwrap();
        run(open.enter(told.member(Part::Panics(Phase::Exit, 7)))).unwrap();
        let mut open = open;
        open.take_all().map_err(words)
    };
    check(set, &[Completed; 2]);
    // An enter into a set, and an exit by hand.
    let entering = panicked(|| run(ExitStack::new().scope(async |stack| stack.enter(bomb(&all)).await.map(drop))));
    assert_eq!(number(&*entering), Some(7));
    assert_eq!(all.take(), [Panicked]);
    assert_eq!(number(&*panicked(|| run(entered(&all).close()))), Some(7));
}

/// Whatever the function makes of it.
#[test]
fn a_panic_that_is_mapped_stays_a_panic_whatever_is_made_of_it() {
    fn check_with<E: Into<BoxError> + Send + 'static>(map: fn(Failures) -> E) {
        let group = |told: &Told| (told.sound(), told.member(Part::Panics(Phase::Enter, 7)));
        check(|told| group(told).map_err(map), &[Panicked]);
        let group = |told: &Told| (told.sound(), told.member(Part::Panics(Phase::Exit, 7)));
        check(|told| group(told).map_err(map), &[Completed; 2]);
    }
    check_with(|_| "the cluster is down");
    check_with(|failures| failures);
    check_with(BoxError::from);
    check_with(|failures| failures.into_iter().next().unwrap());
    check_with(|failures| failures.into_iter().next().unwrap().into_error());
    check_with(|_| Failures::default());
}

/// The function sees the panic with its message. If it takes the payload, the message is what is left to resume.
#[test]
fn a_payload_is_there_once() {
    let group = |part| {
        let told = Told::default();
        (told.sound(), told.member(part)).map_err(|failures: Failures| {
            let panic = failures.into_iter().next().unwrap().into_error().downcast::<MemberPanic>().unwrap();
            let message = panic.message().to_owned();
            assert_eq!(number(&*panic.into_payload()), Some(7));
            message
        })
    };
    let report = run(Scope::new(group(Part::Panics(Phase::Exit, 7))).report(async |_| Ok::<_, Infallible>(())));
    assert_eq!(report.failures.to_string(), "could not exit tuple: a payload that is no text");
    let payload = panicked(|| report.failures.resume_panic());
    assert_eq!(payload.downcast_ref::<String>().unwrap(), "a payload that is no text");
}

/// The earliest panic resumes, be it in a group that is mapped or not; and no error becomes a panic.
#[test]
fn the_earliest_panic_resumes_also_of_those_that_are_mapped() {
    let told = Told::default();
    let bomb = |number| told.member(Part::Panics(Phase::Exit, number));
    // Exits start in reverse.
    let last = panicked(|| run(((bomb(1), told.sound()).map_err(words), bomb(2)).scope(async |_| anyhow::Ok(()))));
    assert_eq!(number(&*last), Some(2));
    let first = panicked(|| run((bomb(1), (bomb(2), bomb(3)).map_err(words)).scope(async |_| anyhow::Ok(()))));
    assert_eq!(number(&*first), Some(3));
    // An error that came before it is the first failure, and no panic.
    let fails = || told.member(Part::Fails(Phase::Exit));
    let report = Scope::new((bomb(1), fails()).map_err(words)).report(async |_| Ok::<_, Infallible>(()));
    let failures = run(report).failures;
    assert_eq!(failures.len(), 1);
    assert_eq!(number(&*panicked(|| failures.resume_panic())), Some(1));

    told.take();
    let fails = (told.sound(), told.member(Part::Fails(Phase::Enter))).map_err(words);
    let error = run((told.sound(), fails).scope(async |_| Ok::<_, ScopeError>(()))).unwrap_err();
    assert_eq!(told.take(), [EnterFailed; 2]);
    assert_eq!(error.to_string(), "could not enter [1] tuple: 1 of them failed: could not enter [1] Member: refused");
    let failures = error.into_failures().resume_panic();
    assert_eq!(failures.len(), 1, "nobody panicked");
}

/// A panic of the function is told, as the failure; the member's was first, and resumes.
#[test]
fn the_functions_own_panic_is_the_failure() {
    let told = Told::default();
    let bomb = told.member(Part::Panics(Phase::Enter, 7));
    let group = (told.sound(), bomb).map_err(|_| -> BoxError { quiet_panic(8_u32) });
    let report = run(Scope::new(group).report(async |_| Ok::<_, Infallible>(())));
    assert_eq!(told.take(), [Panicked]);
    assert_eq!(report.failures.to_string(), "could not enter tuple: panicked: a payload that is no text");
    assert_eq!(number(&*panicked(|| report.failures.resume_panic())), Some(7));

    let fails = told.member(Part::Fails(Phase::Enter));
    let group = (told.sound(), fails).map_err(|_| -> BoxError { quiet_panic(8_u32) });
    assert_eq!(number(&*panicked(|| run(group.scope(async |_| anyhow::Ok(()))))), Some(8));
    assert_eq!(told.take(), [Panicked]);
}

/// A lone member's panic passes as it is.
#[test]
fn a_lone_members_panic_passes_as_it_is() {
    let bomb = || resource(async || -> Result<(), BoxError> { quiet_panic(7_u32) }, async |(), _| Ok(()));
    let report = run(Scope::new(bomb().map_err(|_| "mapped")).report(async |()| Ok::<_, Infallible>(())));
    assert!(report.failures.first().unwrap().error().is::<MemberPanic>());
    assert_eq!(number(&*panicked(|| report.failures.resume_panic())), Some(7));
}
