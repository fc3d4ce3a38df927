//! Checks that what is compared gives the same guarantee: every way that claims it goes through errors, panics and
//! drops.

mod model;
mod scripted;

use crate::scene::engine::{Engine, Futures, Tokio};
use crate::scene::expert::Expert;
use crate::scene::guaranteed::{Drive, Guaranteed};
use crate::scene::in_a_scope::Scope;
use crate::scene::list::Members;
use crate::scene::{Body, Failed, Way};
use model::{Script, check_drop, check_events, check_result};
use scripted::{End, Ledger, Place, Scripted, Step};
use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::task::{Context, Poll, Waker};

/// Runs all of it; what is violated, and where.
pub fn check() -> Result<usize, String> {
    let hook = take_hook();
    set_hook(Box::new(|_| ()));
    let checked = catch_unwind(all).unwrap_or_else(|_| Err("a check panicked".to_owned()));
    set_hook(hook);
    checked
}

fn all() -> Result<usize, String> {
    let mut runs = 0;
    runs += arrays::<Scope>(true)? + vecs::<Scope>(true)?;
    runs += arrays::<Expert>(true)? + vecs::<Expert>(true)?;
    runs += arrays::<Guaranteed<Futures>>(true)? + vecs::<Guaranteed<Futures>>(true)?;
    runs += arrays::<Guaranteed<Tokio>>(true)?;
    runs += arrays::<Guaranteed<Engine>>(true)? + vecs::<Guaranteed<Engine>>(true)?;
    runs += arrays::<Reported<Futures>>(false)? + vecs::<Reported<Futures>>(false)?;
    Ok(runs)
}

/// By hand, where no panic is resumed: it stands among the failures.
struct Reported<By>(std::marker::PhantomData<By>);

impl<Members: Send, By: 'static> Way<Members> for Reported<By>
where
    Guaranteed<By>: Drive<Members>,
{
    async fn run<B: Body>(members: Members, body: B) -> Result<u64, Failed> {
        let report = Guaranteed::<By>::report(members, body).await;
        match report.body {
            Some(result) if report.failures.is_empty() => result,
            body => Err(Failed::ByHand { body: body.and_then(Result::err).map(Box::new), failures: report.failures }),
        }
    }
}

fn arrays<W>(resumes: bool) -> Result<usize, String>
where
    W: Way<[Scripted; 2]> + Way<[Scripted; 4]> + Way<[Scripted; 12]> + Way<[Scripted; 8]>,
{
    Ok(shape::<W, [Scripted; 2]>(2, resumes)?
        + shape::<W, [Scripted; 4]>(4, resumes)?
        + shape::<W, [Scripted; 12]>(12, resumes)?
        + shape::<W, [Scripted; 8]>(8, resumes)?)
}

/// With few members and with more than thirty, which `join_all` keeps in another way.
fn vecs<W: Way<Vec<Scripted>>>(resumes: bool) -> Result<usize, String> {
    Ok(shape::<W, Vec<Scripted>>(3, resumes)? + shape::<W, Vec<Scripted>>(40, resumes)?)
}

fn shape<W: Way<M>, M: Members<Scripted>>(number: usize, resumes: bool) -> Result<usize, String> {
    let mut runs = 0;
    for script in scripts(number) {
        for limit in 0.. {
            let ledger = Ledger::default();
            let (members, body) = script.make(&ledger);
            let (ended, dropped) = run_at_most(limit, W::run(members, body));
            let events = ledger.take();
            runs += 1;
            let verdict = check_events(&script, &events, ended.is_some()).and_then(|()| match &ended {
                Some(ended) => check_result(&script, ended, resumes),
                None => check_drop(&events, dropped),
            });
            if let Err(violation) = verdict {
                let way = std::any::type_name::<W>();
                return Err(format!("{way}: {violation}\n{script:?}, {limit} polls\n{events:?}\n{ended:?}"));
            }
            if ended.is_some() {
                break;
            }
        }
    }
    Ok(runs)
}

type Ended = Result<Result<u64, Failed>, Option<Place>>;

/// Polls so often at most, and drops it: what it gave, or the place of the panic that it resumed; and that of a panic
/// of the drop.
fn run_at_most(limit: usize, future: impl Future<Output = Result<u64, Failed>>) -> (Option<Ended>, Option<Place>) {
    let mut future = Box::pin(future);
    let place = |payload: Box<dyn Any + Send>| payload.downcast_ref::<Place>().copied();
    let ended = (0..limit).find_map(|_| {
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut Context::from_waker(Waker::noop()))));
        match polled {
            Ok(Poll::Pending) => None,
            Ok(Poll::Ready(result)) => Some(Ok(result)),
            Err(payload) => Some(Err(place(payload))),
        }
    });
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(future)));
    (ended, dropped.err().and_then(place))
}

/// All goes well but for one member, for two, or for all; and the body ends in every way.
fn scripts(number: usize) -> Vec<Script> {
    const ENDS: [End; 5] = [End::Well, End::Error, End::PanicWhereMade, End::PanicInPoll, End::PanicWhereDropped];
    let steps = |pending: usize| ENDS.map(|end| Step { pending, end });
    let last = number - 1;
    let mut scripts = Vec::new();
    for pending in [0, 1] {
        let well = Script::well(number, pending);
        for body in steps(pending) {
            for exit in steps(pending) {
                scripts.push(well.clone().body(body).exit(last, exit));
                scripts.push(well.clone().body(body).exit(0, exit).exit(last, Step { pending: 1 - pending, ..exit }));
            }
        }
        for enter in steps(pending) {
            scripts.push(well.clone().enter(0, enter));
            scripts.push(well.clone().enter(last, enter));
            for exit in steps(1) {
                scripts.push(well.clone().enter(0, enter).exit(0, exit).exit(last, exit));
                scripts.push(well.clone().enter(last, Step { pending: 2, end: exit.end }).enter(0, enter));
                scripts.push((0..number).fold(well.clone(), |script, id| script.enter(id, enter).exit(id, exit)));
            }
        }
    }
    scripts
}
