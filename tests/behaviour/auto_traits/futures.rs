//! Every way to run a scope, and whether its future is `Send`.

use super::{Otherwise, Probe};
use futures::executor::block_on;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::fmt::Debug;
use std::rc::Rc;
use withal::{Outcome, Reaper, Report, Resource, ResourceExt, Scope, ScopeError};

/// A resource that makes its guard.
struct Gives<G>(fn() -> G);

impl<G: Send> Resource for Gives<G> {
    type Guard = G;
    type Error = Infallible;

    async fn enter(&mut self) -> Result<G, Infallible> {
        Ok((self.0)())
    }

    async fn exit(&mut self, _: G, _: Outcome<'_>) -> Result<(), Infallible> {
        Ok(())
    }
}

/// A resource that lends what it borrows.
struct Lends<'a>(&'a str);

impl<'a> Resource for Lends<'a> {
    type Guard = &'a str;
    type Error = Infallible;

    async fn enter(&mut self) -> Result<&'a str, Infallible> {
        Ok(self.0)
    }

    async fn exit(&mut self, _: &'a str, _: Outcome<'_>) -> Result<(), Infallible> {
        Ok(())
    }
}

async fn pause() {
    std::future::ready(()).await;
}

fn send<F: Future<Output: Send> + Send>(future: F) -> F {
    future
}

fn spawn<F: Future<Output: Send> + Send + 'static>(future: F) {
    drop(future);
}

/// Law `borrow`: each kind of scope, awaited in a task, over a guard of any type.
macro_rules! spawns {
    ($($resource:expr;)+) => {$(
        spawn(async move { $resource.scope(async |_| { pause().await; anyhow::Ok(()) }).await });
        spawn(async move { Scope::new($resource).run(async |_| { pause().await; anyhow::Ok(()) }).await });
        spawn(async move {
            let reaper = Reaper::new(drop);
            let scope = Scope::new($resource).until(pause()).on(&reaper);
            scope.report(async |_| { pause().await; anyhow::Ok(()) }).await
        });
        spawn(async move {
            let reaper = Reaper::new(drop);
            let opened = Scope::new($resource).until(pause()).on(&reaper).open().await?;
            pause().await;
            opened.close().await
        });
        spawn(async move { Scope::new($resource).report(async |_| { pause().await; Err::<(), _>("mine") }).await });
    )+};
}

#[test]
fn borrow_in_a_spawned_task() {
    spawns! {
        Gives(|| 1);
        Gives(|| "static");
        Gives(|| Cow::Borrowed("static"));
        Gives(|| Box::new(std::iter::empty()) as Box<dyn Iterator<Item = &'static str> + Send>);
        Gives(|| Cell::new(1));
        Gives(|| Box::new(Cell::new(Some("static"))) as Box<dyn Send>);
        (Gives(|| Cell::new("static")), [Gives(|| "static")], vec![Gives(|| Box::new(1) as Box<dyn Debug + Send>)]);
        (Gives(|| "static"), Some([Gives(|| Cell::new("static"))].fail_fast())).fail_fast();
    }
}

/// The resource, the guard, the body's value and the body itself borrow from the caller.
#[test]
fn borrow_from_the_caller() {
    async fn caller(text: &str) -> anyhow::Result<&str> {
        let mut count = 0;
        let mut lends = Lends(text);
        let longest = (&mut lends, Gives(|| Cell::new("static")))
            .scope(async |(text, cell)| {
                count += text.len();
                pause().await;
                let inner: &mut &str = text;
                let len = Lends(inner).scope(async |inner| anyhow::Ok(inner.len())).await?;
                anyhow::Ok(if len > cell.get().len() { *text } else { cell.get() })
            })
            .await?;
        assert_eq!(count, text.len());
        Ok(longest)
    }
    let text = String::from("longer than static");
    let longest = block_on(send(caller(&text))).unwrap();
    assert_eq!(longest, text);
    spawn(async { caller("static").await });
}

/// In generic code, with nothing known but `Resource`, or the guard's type beside it.
#[test]
fn borrow_in_generic_code() {
    fn any<R: Resource + 'static>(resource: R) {
        spawn(async move {
            let body = async |_: &mut (R::Guard, Cell<&'static str>)| {
                pause().await;
                anyhow::Ok(())
            };
            (resource, Gives(|| Cell::new("static"))).scope(body).await
        });
    }
    fn owned<R: Resource<Guard: Sync>>(resource: R) -> impl Future<Output = Result<(), ScopeError>> + Send {
        send(async move {
            let opened = Scope::new((resource, Gives(|| "static"))).open().await?;
            {
                let attend = send(opened.attend());
                drop(attend);
            }
            opened.close_with(Outcome::Cancelled).await
        })
    }
    fn of_a_cell<'a>(resource: impl Resource<Guard = Cell<&'a str>>) -> usize {
        let scope = send(async move {
            let report = Scope::new(resource).report(async |cell| {
                pause().await;
                Ok::<_, Infallible>(cell.get().len())
            });
            report.await.body.unwrap().unwrap()
        });
        block_on(scope)
    }
    any(Gives(|| "static"));
    any(vec![(Gives(|| Cell::new("static")), Gives(|| Box::new(1) as Box<dyn Debug + Send>))]);
    block_on(owned(vec![Lends(&String::from("borrowed"))])).unwrap();
    assert_eq!(of_a_cell(Gives(|| Cell::new("four"))), 4);
}

/// A body that holds an `Rc` or a borrow of a `RefCell`, on its thread.
mod local {
    use super::{Gives, Rc, RefCell, Report, ResourceExt, Scope, pause};

    pub(super) fn scope(count: Rc<u8>) -> impl Future<Output = anyhow::Result<u8>> {
        Gives(|| 1).scope_local(async move |one| {
            pause().await;
            anyhow::Ok(*count + *one)
        })
    }

    #[expect(clippy::await_holding_refcell_ref, reason = "a body on its own thread may do so")]
    pub(super) fn run(list: &RefCell<Vec<u8>>) -> impl Future<Output = anyhow::Result<usize>> {
        Scope::new(Gives(|| 1)).run_local(async move |one| {
            let mut list = list.borrow_mut();
            list.push(*one);
            pause().await;
            anyhow::Ok(list.len())
        })
    }

    pub(super) fn report(count: Rc<u8>) -> impl Future<Output = Report<Rc<u8>, ()>> {
        Scope::new(Gives(|| 1)).report_local(async move |_| Ok(count))
    }

    #[cfg(feature = "std")]
    #[cfg(feature = "std")]
    pub(super) fn shielded(count: Rc<u8>) -> impl Future<Output = u8> {
        withal::shield(async move {
            pause().await;
            *count
        })
    }
}

/// The probe says no where it should, and the futures work where they are.
#[test]
fn borrow_on_ones_own_thread() {
    let list = RefCell::new(vec![0]);
    let (scope, run, report) = (local::scope(Rc::new(1)), local::run(&list), local::report(Rc::new(1)));
    assert!(!Probe::of(&scope).send());
    assert!(!Probe::of(&run).send());
    assert!(!Probe::of(&report).send());
    assert_eq!(block_on(scope).unwrap(), 2);
    assert_eq!(block_on(run).unwrap(), 2);
    assert_eq!(*block_on(report).body.unwrap().unwrap(), 1);
}

/// A shield is what its region is; whoever asks whether the body is given up may do so anywhere.
#[cfg(feature = "std")]
#[test]
fn shielded_in_a_spawned_task() {
    fn unpin<F: Future + Unpin>(future: F) -> F {
        future
    }
    spawn(async { withal::shield(pause()).await });
    spawn(async { withal::shield(async { withal::cancelled().await }).await });
    spawn(async move {
        let body = async |text: &mut &'static str| {
            let len = withal::shield(async {
                pause().await;
                text.len()
            });
            anyhow::Ok(len.await)
        };
        Gives(|| "static").scope(body).await
    });
    drop(unpin(send(withal::cancelled())));
    let shielded = local::shielded(Rc::new(1));
    assert!(!Probe::of(&shielded).send());
    assert_eq!(block_on(shielded), 1);
}
