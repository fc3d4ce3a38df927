//! A body that does what its steps say.

use super::contents::{Contents, Member};
use super::ops::{Op, Pick, Place};
use crate::world::{End, Script, Step, Token, World};
use futures::FutureExt;
use futures::future::poll_fn;
use std::collections::VecDeque;
use std::panic::panic_any;
use std::pin::pin;
use std::task::Poll;
use withal::{Handle, OpenPool, OpenStack, Outcome, ScopeError, ScopeErrorKind, Taken};

pub struct Body<'a> {
    pub world: &'a World,
    pub scripts: &'a [Script],
    pub ops: &'a [Op],
    pub contents: Contents,
}

type Held<'s> = Handle<'s, 'static, Token>;
type Sets<'s> = (&'s OpenStack<'static>, &'s OpenPool<'static>);

impl Body<'_> {
    /// A failure ends it, as a `?` does.
    pub async fn run(&self, stack: &mut OpenStack<'static>, pool: &mut OpenPool<'static>) -> Result<(), ScopeError> {
        let mut rest = self.ops;
        while !rest.is_empty() {
            let steps = rest.iter().take_while(|op| !op.takes_all()).count();
            let (now, then) = rest.split_at(steps);
            self.run_steps(now, (&*stack, &*pool)).await?;
            // Handles borrow the sets, so that what takes all of one starts over.
            rest = then;
            if let Some((op, others)) = then.split_first() {
                rest = others;
                self.take_all(*op, stack, pool).await?;
            }
            self.check_len((&*stack, &*pool));
        }
        Ok(())
    }

    fn check_len(&self, (stack, pool): Sets<'_>) {
        let both = self.contents.both();
        assert_eq!((stack.len(), pool.len()), (both.stack.len(), both.pool.len()));
    }

    async fn run_steps(&self, ops: &[Op], sets: Sets<'_>) -> Result<(), ScopeError> {
        let mut handles = [VecDeque::new(), VecDeque::new()];
        for op in ops {
            self.step(*op, sets, &mut handles).await?;
            self.check_len(sets);
        }
        Ok(())
    }

    async fn step<'s>(&self, op: Op, sets: Sets<'s>, handles: &mut [VecDeque<Held<'s>>; 2]) -> Result<(), ScopeError> {
        let mut pick = |place: Place, pick| {
            let handles = &mut handles[place as usize];
            if let Pick::Oldest = pick { handles.pop_front() } else { handles.pop_back() }
        };
        match op {
            Op::Enter(place, id) => handles[place as usize].push_back(self.enter(place, id, sets).await?),
            Op::EnterBoth([(a, first), (b, second)]) => {
                let both = futures::try_join!(self.enter(a, first, sets), self.enter(b, second, sets))?;
                handles[a as usize].push_back(both.0);
                handles[b as usize].push_back(both.1);
            }
            Op::EnterPair(place, ids, polls) => self.enter_pair(place, ids, polls, sets).await?,
            Op::Release(place, which) => {
                if let Some(handle) = pick(place, which) {
                    self.release(place, handle, usize::MAX).await?;
                }
            }
            Op::ReleaseFor(place, which, polls) => {
                if let Some(handle) = pick(place, which) {
                    self.release(place, handle, polls).await?;
                }
            }
            Op::TakeAndExit(place, which) => {
                if let Some(taken) = pick(place, which).map(|handle| self.take(place, handle)) {
                    let exit = self.scripts[taken.0].exit;
                    told(Taken::exit(taken, Outcome::Completed).await, exit, ScopeErrorKind::Exit)?;
                }
            }
            Op::TakeAndDrop(place, which) => drop(pick(place, which).map(|handle| self.take(place, handle))),
            Op::Move(place, which) => {
                if let Some(taken) = pick(place, which).map(|handle| self.take(place, handle)) {
                    let (other, id) = (place.other(), taken.0);
                    let moved = Taken::into_resource(taken);
                    let handle = match other {
                        Place::Stack => sets.0.enter(moved).await?,
                        Place::Pool => sets.1.enter(moved).await?,
                    };
                    self.contents.add(other, Member::In(id));
                    handles[other as usize].push_back(handle);
                }
            }
            Op::Forgo(place, which) => drop(pick(place, which)),
            Op::Pend(times) => self.world.pend(times).await,
            Op::Fail => sets
                .0
                .enter(withal::resource(async || Err::<(), _>("as it has to".into()), async |(), _| Ok(())))
                .await
                .map(drop)?,
            Op::Panic => panic_any("body"),
            Op::CloseAll(_) | Op::Nest(..) => unreachable!("{op:?} takes all"),
        }
        Ok(())
    }

    async fn enter<'s>(&self, place: Place, id: usize, (stack, pool): Sets<'s>) -> Result<Held<'s>, ScopeError> {
        let member = self.world.member(id, self.scripts[id]);
        let entered = match place {
            Place::Stack => stack.enter(member).await,
            Place::Pool => pool.enter(member).await,
        };
        let handle = told(entered, self.scripts[id].enter, ScopeErrorKind::Set)?;
        self.contents.add(place, Member::In(id));
        Ok(handle)
    }

    /// Enters a group of two that enter well, or begins to.
    async fn enter_pair(
        &self,
        place: Place,
        ids: [usize; 2],
        polls: usize,
        (stack, pool): Sets<'_>,
    ) -> Result<(), ScopeError> {
        if ids.iter().any(|id| self.scripts[*id].enter.end != End::Ok) {
            return Ok(());
        }
        let pending = ids.map(|id| self.scripts[id].enter.pending);
        let mut given_up = GivenUp { contents: &self.contents, place, ids, pending, polls: 0, is: true };
        let pair = ids.map(|id| self.world.member(id, self.scripts[id]));
        let mut enter = match place {
            Place::Stack => stack.enter(pair).boxed(),
            Place::Pool => pool.enter(pair).boxed(),
        };
        let entered = poll_fn(|cx| {
            if given_up.polls == polls {
                return Poll::Ready(None);
            }
            given_up.polls += 1;
            enter.poll_unpin(cx).map(Some)
        })
        .await;
        if let Some(entered) = entered {
            given_up.is = false;
            drop(entered?);
            self.contents.add(place, Member::Pair(ids));
        }
        Ok(())
    }

    fn take(&self, place: Place, handle: Held<'_>) -> Taken<'static, Token> {
        self.contents.remove(place, handle.0);
        Handle::take(handle)
    }

    /// Exits a member early, or begins to.
    async fn release(&self, place: Place, handle: Held<'_>, polls: usize) -> Result<(), ScopeError> {
        let id = handle.0;
        let mut exit = pin!(Handle::exit(handle));
        let mut left = polls;
        poll_fn(|cx| {
            if left == 0 {
                return Poll::Ready(Ok(()));
            }
            left -= 1;
            self.contents.poll(place, id);
            // What panics is out, too.
            let gone = Gone { contents: &self.contents, place, id, is: true };
            let polled = exit.as_mut().poll(cx);
            gone.unless(polled.is_pending());
            let polled = polled.map(|exited| told(exited, self.scripts[id].exit, ScopeErrorKind::Set));
            if polled.is_pending() && left == 0 { Poll::Ready(Ok(())) } else { polled }
        })
        .await
    }

    async fn take_all(
        &self,
        op: Op,
        stack: &mut OpenStack<'static>,
        pool: &mut OpenPool<'static>,
    ) -> Result<(), ScopeError> {
        match op {
            Op::CloseAll(from) => {
                self.contents.take_all(from);
                match from {
                    Place::Stack => stack.take_all().close().await,
                    Place::Pool => pool.take_all().close().await,
                }
            }
            Op::Nest(from, into) => {
                let all = self.contents.take_all(from);
                match (from, into) {
                    (Place::Stack, Place::Stack) => {
                        let all = stack.take_all();
                        drop(stack.enter(all).await?);
                    }
                    (Place::Stack, Place::Pool) => drop(pool.enter(stack.take_all()).await?),
                    (Place::Pool, Place::Stack) => drop(stack.enter(pool.take_all()).await?),
                    (Place::Pool, Place::Pool) => {
                        let all = pool.take_all();
                        drop(pool.enter(all).await?);
                    }
                }
                self.contents.add(into, all);
                Ok(())
            }
            _ => unreachable!("{op:?} takes not all"),
        }
    }
}

/// Who enters or exits one member by hand is told how that went.
fn told<T>(ended: Result<T, ScopeError>, step: Step, kind: ScopeErrorKind) -> Result<T, ScopeError> {
    let told = ended.as_ref().err().map(|error| (error.kind(), error.failures().len()));
    assert_eq!(told, (step.end == End::Error).then_some((kind, 1)));
    ended
}

/// Takes a member out of the contents if it is not said to stay.
struct Gone<'a> {
    contents: &'a Contents,
    place: Place,
    id: usize,
    is: bool,
}

impl Gone<'_> {
    fn unless(mut self, stays: bool) {
        self.is = !stays;
    }
}

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        if self.is {
            self.contents.remove(self.place, self.id);
        }
    }
}

/// Notes what is left of a group whose enter is given up, once the enter is dropped.
struct GivenUp<'a> {
    contents: &'a Contents,
    place: Place,
    ids: [usize; 2],
    pending: [usize; 2],
    polls: usize,
    is: bool,
}

impl Drop for GivenUp<'_> {
    fn drop(&mut self) {
        let members = [0, 1].map(|i| (self.ids[i], self.pending[i] < self.polls));
        if self.is && members.iter().any(|(_, is_in)| *is_in) {
            self.contents.both().given_up.extend(self.ids);
            self.contents.add(self.place, Member::GivenUp(members));
        }
    }
}
