//! Whose name stands where: the same in a scope, by the hand of a resource that delegates, and through `lend.through`.
//! Laws `nothing-lost` and `first-is-first`.

use super::{Delegate, Server, Trouble};
use std::convert::Infallible;
use std::future::{Pending, pending};
use withal::{BoxError, Failures, Outcome, Resource, ResourceExt, Scope, around};
use withal_common::run;

/// Delegates to any resource, and has a name.
struct Own<R>(R);

impl<R: Resource> Resource for Own<R> {
    type Guard = R::Guard;
    type Error = R::Error;

    async fn enter(&mut self) -> Result<R::Guard, R::Error> {
        self.0.enter().await
    }

    async fn exit(&mut self, guard: R::Guard, outcome: Outcome<'_>) -> Result<(), R::Error> {
        self.0.exit(guard, outcome).await
    }

    fn name(&self) -> &'static str {
        "own"
    }
}

type Make = fn() -> Server;

const MAKES: [(Make, &str); 2] =
    [(|| Server::refuses(Trouble("so")), "enter"), (|| Server::sticks(Trouble("so")), "exit")];

fn failures_of(resource: impl Resource) -> Failures {
    run(Scope::new(resource).report(async |_| Ok::<_, Infallible>(()))).failures
}

/// The same of a resource that is not what the test is about: boxed, it costs the compiler little.
fn failures_of_boxed<R: Resource<Guard: 'static> + 'static>(resource: R) -> Failures {
    failures_of(resource.boxed())
}

/// Checks who failed, where the resource is a member of a scope, and where it is an inner one of `around`.
fn check_through<R: Resource<Guard: 'static> + 'static>(who: &str, shape: impl Fn(Make) -> R) {
    for (make, phase) in MAKES {
        let expected = format!("could not {phase} {who}: so");
        assert_eq!(failures_of(shape(make)).to_string(), expected, "in a scope");
        let inner = shape(make);
        let lent = around(async |lend| lend.through(inner).await.map(|_| ()));
        assert_eq!(failures_of_boxed(lent).to_string(), expected, "through");
    }
}

/// Checks that, and where a resource without a name delegates to it.
fn check<R: Resource<Guard: 'static> + 'static>(who: &str, shape: impl Fn(Make) -> R) {
    check_through(who, &shape);
    for (make, phase) in MAKES {
        let expected = format!("could not {phase} {who}: so");
        assert_eq!(failures_of_boxed(Delegate(shape(make))).to_string(), expected, "by hand");
        let twice = Delegate(Delegate(shape(make)));
        assert_eq!(failures_of_boxed(twice).to_string(), expected, "by the hand of another");
    }
}

fn timer() -> Pending<()> {
    pending()
}

fn pair(make: Make) -> (Server, Server) {
    (Server::sound(), make())
}

#[test]
fn the_name_of_a_group_by_hand() {
    check("[1] Server", pair);
    check("[1] group/Server", |make| pair(make).named("group"));
    check("[1] group/Server", |make| <[_; 2]>::from(pair(make)).named("group"));
    check("[1] group/Server", |make| Vec::from(<[_; 2]>::from(pair(make))).named("group"));
    check("[1] group/Server", |make| Server::sound().then(move |_| make()).named("group"));
    check("[1, 1] outer/inner/Server", |make| (Server::sound(), pair(make).named("inner")).named("outer"));
    check("[1] outer/server", |make| (Server::sound(), make().named("server")).named("outer"));
    check("[1, 1] inner/Server", |make| (Server::sound(), pair(make).named("inner")));
}

#[test]
fn the_outer_name_of_a_group_by_hand() {
    check("[1] group/Server", |make| pair(make).named("inner").named("group"));
    check("[1] group/Server", |make| Box::new(pair(make).named("inner")).fail_fast().named("group"));
    check("[1] group/Server", |make| Some(pair(make).named("inner").boxed()).named("between").named("group"));
}

#[test]
fn the_name_of_a_group_by_hand_within_an_adaptor() {
    check("[1] group/Server", |make| pair(make).named("group").fail_fast());
    check("[1] group/Server", |make| pair(make).named("group").limit(1));
    check("[1] group/Server", |make| pair(make).named("group").in_order());
    check("[1] group/Server", |make| pair(make).named("group").boxed());
    check("[1] group/Server", |make| pair(make).named("group").enter_within(timer));
    check("[1] group/Server", |make| pair(make).named("group").exit_within(timer));
    check("[1] group/Server", |make| pair(make).named("group").map_err(|failures| failures));
    check("[1] group/Server", |make| Some(pair(make).named("group")));
    check("[1] group/Server", |make| Box::new(pair(make).named("group")));
    check("[1] group/Server", |make| Box::leak(Box::new(pair(make).named("group"))));
    check("[0, 1] group/Server", |make| pair(make).named("group").then(|_| ()));
}

#[test]
fn the_name_of_a_group_by_hand_around_an_adaptor() {
    check("[1] group/Server", |make| pair(make).fail_fast().named("group"));
    check("[1] group/Server", |make| pair(make).limit(1).named("group"));
    check("[1] group/Server", |make| pair(make).in_order().named("group"));
    check("[1] group/Server", |make| pair(make).boxed().named("group"));
    check("[1] group/Server", |make| pair(make).enter_within(timer).named("group"));
    check("[1] group/Server", |make| pair(make).exit_within(timer).named("group"));
    check("[1] group/Server", |make| Some(pair(make)).named("group"));
    check("[1] group/Server", |make| Box::new(pair(make)).named("group"));
    check("[1] group/Server", |make| Box::leak(Box::new(pair(make))).named("group"));
    check("[1] group/Server", |make| Some(Box::new(pair(make).exit_within(timer)).boxed()).named("group"));
}

/// An error of any type is not looked into by hand, before it is boxed.
#[test]
fn the_name_of_what_is_a_group_no_more() {
    check_through("[1] group/Server", |make| pair(make).map_err(|failures| failures).named("group"));
    check_through("[1] group/Server", |make| pair(make).map_err(BoxError::from).named("group"));
    check_through("[1] own/Server", |make| Own(pair(make)));
    check_through("[1] own/Server", |make| Own(Own(pair(make))));
    check_through("[1] own/Server", |make| Some(Box::new(Own(pair(make).named("group")))));
    check_through("[1] group/Server", |make| Own(pair(make)).named("group"));
    check_through("[1] own/Server", |make| Own(pair(make)).map_err(|failures| failures));
    check_through("[1] group/Server", |make| Delegate(Some(Own(pair(make)))).named("group"));
    check_through("[1, 1] group/own/Server", |make| (Server::sound(), Own(pair(make))).named("group"));
    check("[1] own/Server", |make| Own(pair(make)).boxed());
    check("[1] group/Server", |make| Own(pair(make)).boxed().named("group"));
}

/// A lone resource fails with its own error, through an inner one too: it can be downcast.
#[test]
fn the_error_of_a_lone_resource_by_hand() {
    for (make, _) in MAKES {
        let failures = failures_of(Delegate(Some(Box::new(make().named("server"))).named("alone")));
        assert_eq!(failures.first().unwrap().error().downcast_ref(), Some(&Trouble("so")));
        let failures = failures_of(around(async |lend| lend.through(make().named("server")).await.map(|_| ())));
        assert_eq!(failures.first().unwrap().error().downcast_ref(), Some(&Trouble("so")));
    }
}

/// A name that panics takes nothing away from the failures that it was to stand before.
#[test]
fn a_name_that_panics_by_hand() {
    struct Nameless<R>(R);
    impl<R: Resource> Resource for Nameless<R> {
        type Guard = R::Guard;
        type Error = R::Error;
        async fn enter(&mut self) -> Result<R::Guard, R::Error> {
            self.0.enter().await
        }
        async fn exit(&mut self, guard: R::Guard, outcome: Outcome<'_>) -> Result<(), R::Error> {
            self.0.exit(guard, outcome).await
        }
        fn name(&self) -> &str {
            panic!("no name")
        }
    }
    for (make, phase) in MAKES {
        let expected = format!("could not {phase} [1] Server: so; could not {phase} Nameless: panicked: no name");
        assert_eq!(failures_of(Nameless(pair(make))).to_string(), expected);
        let lent = around(async |lend| lend.through(Nameless(pair(make))).await.map(|_| ()));
        assert_eq!(failures_of(lent).to_string(), expected);
    }
}

/// The function of `map_err` sees the names that were given below it, in a scope as by hand.
#[test]
fn the_names_that_a_mapping_sees() {
    fn check<R: Resource<Guard: 'static> + 'static>(shape: impl Fn(Make) -> R) {
        for (make, phase) in MAKES {
            let expected = format!("could not {phase} [1] group/Server: so");
            let inner = shape(make);
            let lent = around(async |lend| lend.through(inner).await.map(|_| ()));
            let by_hand = failures_of_boxed(Delegate(shape(make)));
            for failures in [failures_of(shape(make)), by_hand, failures_of_boxed(lent)] {
                assert_eq!(failures.len(), 1);
                assert_eq!(failures.first().unwrap().error().to_string(), expected);
            }
        }
    }
    let words = |failures: Failures| failures.to_string();
    check(|make| pair(make).named("group").map_err(words));
    check(|make| pair(make).named("inner").named("group").map_err(words));
    check(|make| pair(make).fail_fast().named("group").map_err(words));
    check(|make| pair(make).named("group").fail_fast().limit(1).map_err(words));
    check(|make| Some(Box::new(pair(make).in_order()).named("group")).map_err(words).named("mapped"));
    check(|make| pair(make).named("group").boxed().map_err(|error| error.to_string()));
    check(|make| pair(make).boxed().named("group").map_err(|error| error.to_string()));
    check(|make| pair(make).exit_within(timer).named("group").map_err(|error| error.to_string()));
}

/// A failure of a group as a whole goes by the group's own name, whatever adapts it.
#[test]
fn a_name_that_nobody_wrote() {
    fn check<R: Resource<Error = Failures>>(name: &str, shape: impl Fn(Make) -> R) {
        for (make, phase) in MAKES {
            let mapped = shape(make).map_err(|failures: Failures| failures.len().to_string());
            assert_eq!(mapped.name(), name);
            assert_eq!(failures_of((mapped,)).to_string(), format!("could not {phase} [0] {name}: 1"));
        }
    }
    check("tuple", pair);
    check("array", |make| [make()]);
    check("Vec", |make| vec![make()]);
    check("then", |make| make().then(|_| ()));
    check("tuple", |make| pair(make).in_order());
    check("array", |make| [make()].limit(1));
    check("Vec", |make| vec![make()].fail_fast());
    check("tuple", |make| Some(Box::new(pair(make))).fail_fast().limit(1));
    check("Vec", |make| vec![make()].map_err(|failures| failures).exit_within(timer).in_order());
    check("group", |make| pair(make).named("group").in_order());
    check("group", |make| Some(vec![make()].limit(1).named("group")).fail_fast());
    check("group", |make| vec![make()].named("inner").limit(1).named("group"));
    check("group", |make| make().then(|_| ()).named("group"));
}

/// What a `None` is to be called is told by its type alone.
#[test]
fn a_name_that_nobody_wrote_of_nobody() {
    fn check<R: Resource>(name: &str, none: Option<R>, guard: impl Fn() -> R::Guard + Send) {
        assert_eq!(none.name(), name);
        let body = async |stray: &mut Option<R::Guard>| {
            *stray = Some(guard());
            Ok::<_, Infallible>(())
        };
        let failures = run(Scope::new(none).report_local(body)).failures;
        let words = "the body left a guard that belongs to no member; it was dropped";
        assert_eq!(failures.to_string(), format!("could not exit {name}: {words}"));
    }
    fn none<R>(_: impl FnOnce() -> R) -> Option<R> {
        None
    }
    check("Server", None::<Server>, || 1);
    check("Server", None::<Box<Server>>, || 1);
    check("Server", none(|| Server::<Trouble>::sound().named("none").enter_within(timer)), || 1);
    check("Vec", none(|| vec![Server::<Trouble>::sound()].limit(1).fail_fast()), Vec::new);
    check("then", none(|| ().then(|()| ())), || ((), ()));
}
