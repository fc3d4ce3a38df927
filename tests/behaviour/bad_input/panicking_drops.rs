//! Resources and errors that panic when they are dropped, where another panic is on its way: law `panic-anywhere`. A
//! second panic in the middle of the first would abort the process; here the first one resumes.

use std::error::Error;
use std::fmt;
use std::future::{Future, Ready, pending, poll_fn, ready};
use std::task::Poll;
use withal::{BoxError, ExitStack, Handle, Lend, Outcome, Resource, ResourceExt, Scope, ScopeError, Taken, around};
use withal_common::{caught, poll, quiet_panic, reaper, run};

/// Panics when it is dropped.
struct Bomb(&'static str);

impl Drop for Bomb {
    fn drop(&mut self) {
        quiet_panic(self.0);
    }
}

/// An error with a bomb.
struct Bad {
    _bomb: Bomb,
}

fn bad() -> Bad {
    Bad { _bomb: Bomb("the error goes") }
}

impl fmt::Debug for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bad")
    }
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is bad")
    }
}

impl Error for Bad {}

/// How a phase goes.
#[derive(Clone, Copy, PartialEq)]
enum How {
    Well,
    Late,
    Fails,
    Panics,
    Hangs,
    /// Is pending, and panics when it is dropped.
    HangsWithABomb,
}

impl How {
    async fn go(self) -> Result<(), Bad> {
        let mut polled = false;
        match self {
            Self::Well => Ok(()),
            Self::Late => {
                poll_fn(|_| if std::mem::replace(&mut polled, true) { Poll::Ready(Ok(())) } else { Poll::Pending })
                    .await
            }
            Self::Fails => Err(bad()),
            Self::Panics => quiet_panic("a phase"),
            Self::Hangs => pending().await,
            Self::HangsWithABomb => {
                let _bomb = Bomb("a phase");
                pending().await
            }
        }
    }
}

struct Member {
    enter: How,
    exit: How,
    abandon: How,
    _bomb: Option<Bomb>,
}

/// A member that goes so.
fn member(enter: How, exit: How) -> Member {
    Member { enter, exit, abandon: How::Well, _bomb: None }
}

/// One that panics when it is dropped, too.
fn bomb(enter: How, exit: How) -> Member {
    Member { _bomb: Some(Bomb("the resource goes")), ..member(enter, exit) }
}

impl Resource for Member {
    type Guard = ();
    type Error = Bad;

    async fn enter(&mut self) -> Result<(), Bad> {
        self.enter.go().await
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), Bad> {
        self.exit.go().await
    }

    fn abandon(&mut self, (): ()) {
        if self.abandon == How::Panics {
            quiet_panic("a phase");
        }
    }
}

/// What comes out of it.
fn resumed<T>(call: impl FnOnce() -> T) -> &'static str {
    let panic = caught(call).expect("one of them resumes");
    panic.downcast_ref::<&'static str>().copied().expect("it is ours")
}

fn polled_and_dropped<F: Future>(future: F) {
    let mut future = Box::pin(future);
    assert!(poll(future.as_mut()).is_pending());
    drop(future);
}

fn ok<G>(_: &mut G) -> Ready<Result<(), BoxError>> {
    ready(Ok(()))
}

#[test]
fn a_resource_that_does_not_get_into_a_set() {
    let enters = |how| ExitStack::new().scope(async move |stack| stack.enter(bomb(how, How::Well)).await.map(drop));
    assert_eq!(resumed(|| run(enters(How::Panics))), "a phase");
    assert_eq!(resumed(|| polled_and_dropped(enters(How::HangsWithABomb))), "a phase");
    assert_eq!(resumed(|| drop(run(enters(How::Fails)))), "the resource goes");
}

#[test]
fn a_resource_that_leaves_a_set() {
    let leaves = |how| {
        ExitStack::new().scope(async move |stack| {
            Handle::exit(stack.enter(bomb(How::Well, how)).await?).await?;
            Ok::<_, BoxError>(())
        })
    };
    assert_eq!(resumed(|| run(leaves(How::Panics))), "a phase");
    assert_eq!(resumed(|| run(leaves(How::Fails))), "the resource goes");
    let taken = |how| {
        let scope = ExitStack::new()
            .scope(async move |stack| Ok::<_, ScopeError>(Handle::take(stack.enter(bomb(How::Well, how)).await?)));
        run(Taken::exit(run(scope).unwrap(), Outcome::Completed))
    };
    assert_eq!(resumed(|| taken(How::Panics)), "a phase");
    assert_eq!(resumed(|| taken(How::Fails)), "the resource goes");
    let scope = ExitStack::new().scope(async |stack| {
        Ok::<_, ScopeError>(Handle::take(stack.enter(member(How::Well, How::HangsWithABomb)).await?))
    });
    let taken = run(scope).unwrap();
    assert_eq!(resumed(|| polled_and_dropped(Taken::exit(taken, Outcome::Completed))), "a phase");
}

/// Each resource that panics when it goes is a failure of its own: law `nothing-lost`.
#[test]
fn resources_that_go_with_a_set() {
    let scope = Scope::new(ExitStack::new()).report(async |stack| {
        for _ in 0..2 {
            stack.enter(bomb(How::Well, How::Well)).await?;
        }
        Ok::<_, BoxError>(())
    });
    let told = "could not exit [1] resource: panicked: the resource goes; could not exit [0] resource: panicked: the \
                resource goes";
    assert_eq!(run(scope).failures.to_string(), told);
}

#[test]
fn errors_that_nobody_gets() {
    let two = || (member(How::Well, How::Panics), member(How::Well, How::Fails), member(How::Well, How::Fails));
    assert_eq!(resumed(|| run(two().scope(async |g| ok(g).await))), "a phase");
    let rolled_back = (member(How::Well, How::Hangs), member(How::Fails, How::Well), member(How::Fails, How::Well));
    assert_eq!(resumed(|| polled_and_dropped(rolled_back.scope(async |g| ok(g).await))), "the error goes");
    let failures =
        run(Scope::new([member(How::Fails, How::Well), member(How::Fails, How::Well)]).report(async |g| ok(g).await));
    assert_eq!(resumed(|| failures), "the error goes");
}

#[test]
fn an_error_beside_a_conversion_that_panics() {
    #[derive(Debug)]
    struct Broken;
    impl From<ScopeError> for Broken {
        fn from(_: ScopeError) -> Self {
            Self
        }
    }
    impl From<Broken> for BoxError {
        fn from(_: Broken) -> Self {
            quiet_panic("the conversion")
        }
    }
    let scope = member(How::Well, How::Fails).scope(async |()| Err::<(), _>(Broken));
    assert_eq!(resumed(|| run(scope)), "the conversion");
}

/// A reaper that nobody listens to has all of it to drop, and its task goes on.
#[test]
fn errors_that_a_reaper_has() {
    let bodies: [fn() -> Result<(), BoxError>; 2] = [|| Err(bad().into()), || quiet_panic(Bomb("the payload goes"))];
    for body in bodies {
        let (reaper, tasks) = reaper();
        let members = (member(How::Well, How::Fails), member(How::Well, How::Late));
        polled_and_dropped(Scope::new(members).on(&reaper).run(async move |_| body()));
        run(tasks.pop().expect("the exits are under way"));
        assert_eq!(reaper.pending(), 0);
    }
}

#[test]
fn what_a_function_goes_through() {
    let through = |inner: Member, panics: bool| {
        let outer = around(async move |lend: Lend<()>| {
            let inner = lend.through(inner);
            if panics {
                futures::join!(inner, async { quiet_panic("the function") }).0?;
            } else {
                inner.await?;
            }
            Ok(())
        });
        resumed(|| run(outer.scope(async |g| ok(g).await)))
    };
    assert_eq!(through(Member { abandon: How::Panics, ..member(How::Well, How::Well) }, true), "the function");
    assert_eq!(through(bomb(How::Panics, How::Well), false), "a phase");
    assert_eq!(through(bomb(How::Fails, How::Well), false), "the resource goes");
}
