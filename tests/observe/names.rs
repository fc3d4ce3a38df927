//! Names and paths: observers are told those that stand in the failures, whatever the shape.

use crate::world::{barred, ready, run, stuck};
use std::collections::BTreeSet;
use withal::testing::Scripted;
use withal::{Failures, Named, Phase, Resource, ResourceExt, Scope};

/// What failed: the phase, path, name and error.
type Failed = BTreeSet<(&'static str, String, String, String)>;

/// Makes a member that fails.
type Make = fn(&'static str) -> Named<Scripted>;

/// Checks a shape whose members all fail to exit, and one whose members all fail to enter.
fn check<R: Resource>(shape: impl Fn(Make) -> R) {
    for make in [stuck, barred] {
        #[cfg(feature = "tracing")]
        {
            let mut failures = Failures::default();
            let log = crate::layer::Log::of(|_| {
                failures = run(Scope::new(shape(make)).report_local(async |_| Ok::<_, ()>(()))).failures;
            });
            assert_eq!(in_spans(&log), of_failures(&failures));
        }
        #[cfg(feature = "timeline")]
        {
            let timeline = withal::Timeline::new();
            let scope = Scope::new(shape(make)).observe(&timeline);
            let failures = run(scope.report_local(async |_| Ok::<_, ()>(()))).failures;
            assert_eq!(on_timeline(&timeline), of_failures(&failures));
        }
    }
}

fn word(phase: Phase) -> &'static str {
    if phase == Phase::Enter { "enter" } else { "exit" }
}

fn of_failures(failures: &Failures) -> Failed {
    assert!(!failures.is_empty());
    let failed = failures.iter().map(|failure| {
        let path = format!("{:?}", failure.path());
        (word(failure.phase()), path, failure.name().to_owned(), failure.error().to_string())
    });
    failed.collect()
}

#[cfg(feature = "timeline")]
fn on_timeline(timeline: &withal::Timeline) -> Failed {
    let mut failed = Failed::new();
    for member in timeline.members() {
        for phase in [Phase::Enter, Phase::Exit] {
            if let Some(error) = member.error(phase) {
                let path = format!("{:?}", member.path());
                failed.insert((word(phase), path, member.name().to_owned(), error.to_owned()));
            }
        }
    }
    failed
}

#[cfg(feature = "tracing")]
fn in_spans(log: &crate::layer::Log) -> Failed {
    let (news, errors) = (log.that(&["new enter", "new exit"]), log.recorded());
    let failed = news.iter().filter_map(|new| {
        let (label, rest) = new.strip_prefix("new ")?.split_once(" name=")?;
        let name = rest.split_once(" outcome=").or(rest.split_once(" in "))?.0;
        let error = errors.iter().find_map(|line| line.strip_prefix(label)?.strip_prefix(" error="))?;
        let phase = if label.starts_with("enter") { "enter" } else { "exit" };
        Some((phase, label.split_once(' ')?.1.to_owned(), name.to_owned(), error.to_owned()))
    });
    failed.collect()
}

#[test]
fn alone() {
    check(|make| make("a"));
    check(|make| make("inner").named("outer"));
}

#[test]
fn in_groups() {
    check(|make| (make("a"), [make("b"), make("c")], vec![make("d"), make("e")]));
    check(|make| ((make("a"), (make("b"),)), make("c")));
    check(|make| vec![vec![make("a")], vec![], vec![make("b"), make("c")]]);
}

#[test]
fn in_named_groups() {
    check(|make| (make("a"), (make("b"), make("c")).named("pair")).named("all"));
    check(|make| (vec![make("a")].named("inner").named("outer"), make("b")).named("all"));
    check(|make| ((make("a").named("renamed"), ready("b")).named("in"), make("c")).named("out").named("outermost"));
}

#[test]
fn behind_what_adds_no_path() {
    check(|make| (Some(make("a")), None::<Scripted>, Some((make("b"), make("c"))).named("maybe")));
    check(|make| (Box::new(make("a")), Box::new([make("b")]).named("box"), make("c").boxed()));
    check(|make| vec![make("a").boxed().named("one"), make("b").named("inner").boxed().named("two")]);
}

#[test]
fn behind_policies_and_deadlines() {
    check(|make| (make("a"), make("b")).in_order().named("order"));
    check(|make| (make("a"), make("b").named("b")).fail_fast().named("fast"));
    check(|make| vec![make("a"), make("b"), make("c")].limit(2).named("few"));
    check(|make| (make("a"), make("b")).enter_within(std::future::pending::<()>).named("timely"));
    check(|make| (make("a"), make("b").exit_within(std::future::pending::<()>)));
}

#[test]
fn one_after_the_other() {
    check(|make| make("a").then(move |_| make("b")));
    check(|make| (ready("a").then(move |_| (make("b"), make("c")).named("pair"))).named("then"));
    check(|make| ready("a").then(move |_| ready("b").then(move |_| make("c"))).named("deep"));
}

#[test]
fn with_errors_mapped() {
    check(|make| (make("a").map_err(|error| format!("sadly, {error}")), make("b")).named("all"));
}

#[test]
fn made_from_closures() {
    use withal::{adopt, defer, resource};
    let no_luck = async |_: withal::Outcome<'_>| Err("no luck".into());
    check(|make| (adopt((), async |(), _| Err("no luck".into())), defer(no_luck).named("deferred"), make("a")));
    check(|make| (resource(async || Err::<(), _>("shut".into()), async |(), _| Ok(())).named("a"), make("b")));
    let around = |make: Make| withal::around(async move |lend| lend.through(make("lent")).await.map(|_| ()));
    check(move |make| (around(make).named("around"), make("b")));
}

/// One that stays on its thread.
#[cfg(feature = "local")]
#[test]
fn local() {
    struct Here;
    impl withal::LocalResource for Here {
        type Guard = std::rc::Rc<()>;
        type Error = &'static str;
        async fn enter(&mut self) -> Result<std::rc::Rc<()>, &'static str> {
            Ok(std::rc::Rc::default())
        }
        async fn exit(&mut self, _: std::rc::Rc<()>, _: withal::Outcome<'_>) -> Result<(), &'static str> {
            Err("no luck")
        }
        fn name(&self) -> &'static str {
            "here"
        }
    }
    check(|make| (withal::local(Here), make("a"), withal::local(Here).named("named")));
}

/// A resource that delegates to a group is one member, whose failures tell of those in it.
#[test]
fn delegating() {
    struct Delegates((Named<Scripted>, Named<Scripted>));
    impl Resource for Delegates {
        type Guard = (withal::testing::Token, withal::testing::Token);
        type Error = Failures;
        async fn enter(&mut self) -> Result<Self::Guard, Failures> {
            self.0.enter().await
        }
        async fn exit(&mut self, guard: Self::Guard, outcome: withal::Outcome<'_>) -> Result<(), Failures> {
            self.0.exit(guard, outcome).await
        }
    }
    let words = "could not exit [0] a: member 0 fails, as scripted; could not exit [1] b: member 0 fails, as scripted";
    #[cfg(feature = "timeline")]
    {
        let timeline = withal::Timeline::new();
        let scope = Scope::new((Delegates((stuck("a"), stuck("b"))), ())).observe(&timeline);
        run(scope.run(async |_| anyhow::Ok(()))).unwrap_err();
        assert_eq!(timeline.members()[0].error(Phase::Exit), Some(words));
        assert_eq!(timeline.members().len(), 1, "`()` is nobody");
    }
    #[cfg(feature = "tracing")]
    {
        let log = crate::layer::Log::of(|_| {
            run((Delegates((stuck("a"), stuck("b"))), ()).scope(async |_| anyhow::Ok(()))).unwrap_err();
        });
        assert_eq!(log.that(&["exit"]), [format!("exit [0] error={words}")]);
    }
}

/// A group whose error is mapped as a whole gives one failure; its members are watched all the same.
#[test]
fn a_group_with_its_error_mapped() {
    let group = || (stuck("a"), stuck("b")).map_err(|failures| format!("all of {}", failures.len()));
    #[cfg(feature = "timeline")]
    {
        let timeline = withal::Timeline::new();
        run(Scope::new((ready("c"), group())).observe(&timeline).run(async |_| anyhow::Ok(()))).unwrap_err();
        let members = timeline.members();
        let members: Vec<_> = members.iter().map(|member| (member.path(), member.name())).collect();
        assert_eq!(members, [(&[0][..], "c"), (&[1, 0], "a"), (&[1, 1], "b")]);
    }
    #[cfg(feature = "tracing")]
    {
        let log = crate::layer::Log::of(|_| {
            run((ready("c"), group()).scope(async |_| anyhow::Ok(()))).unwrap_err();
        });
        assert_eq!(log.recorded().last().unwrap(), "scope tuple error=could not exit [1] tuple: all of 2");
    }
}
