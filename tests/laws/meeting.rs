//! Members that wait for each other: they deadlock unless all of them are driven at once.

use crate::check::Ids;
use crate::world::{READY, Script, Token, World};
use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use withal::{Outcome, Resource, ResourceExt};

/// Lets all pass once so many have come.
#[derive(Clone, Debug)]
struct Barrier(Arc<Mutex<(usize, Vec<Waker>)>>);

impl Barrier {
    fn new(missing: usize) -> Self {
        Self(Arc::new(Mutex::new((missing, Vec::new()))))
    }

    async fn meet(&self) {
        self.0.lock().unwrap().0 -= 1;
        poll_fn(|cx| {
            let (missing, wakers) = &mut *self.0.lock().unwrap();
            if *missing == 0 {
                wakers.drain(..).for_each(Waker::wake);
                return Poll::Ready(());
            }
            wakers.push(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

struct Guest {
    id: usize,
    enter: Barrier,
    exit: Barrier,
}

impl Resource for Guest {
    type Guard = Token;
    type Error = Infallible;

    async fn enter(&mut self) -> Result<Token, Infallible> {
        self.enter.meet().await;
        Ok(Token(self.id))
    }

    async fn exit(&mut self, _: Token, _: Outcome<'_>) -> Result<(), Infallible> {
        self.exit.meet().await;
        Ok(())
    }
}

/// Laws `concurrent-enter` and `concurrent-exit`: an exit may wait for any other, in either direction.
fn all_meet<const N: usize, R>(party: impl FnOnce([Guest; N]) -> R)
where
    R: Resource<Guard: Ids>,
{
    let (enter, exit) = (Barrier::new(N), Barrier::new(N));
    let guests = std::array::from_fn(|id| Guest { id, enter: enter.clone(), exit: exit.clone() });
    let ids = World::default().run(party(guests).scope(async |guard| anyhow::Ok(guard.ids()))).0;
    assert_eq!(ids.unwrap(), (0..N).collect::<Vec<_>>());
}

#[test]
fn in_every_shape() {
    all_meet(|[a]| a);
    all_meet(|[a, b]| (a, b));
    all_meet(|[a, b, c, d, e, f, g, h, i, j, k, l]| (a, b, c, d, e, f, g, h, i, j, k, l));
    all_meet::<7, _>(|all| all);
    all_meet::<40, _>(|all| all);
    all_meet::<7, _>(Vec::from);
    all_meet::<500, _>(Vec::from);
    all_meet(|[a, b]| (Some(a), b));
    all_meet(|[a, b]| [Box::new(a), Box::new(b)]);
    all_meet(|[a, b, c]| ((a, b), c));
    all_meet(|[a, b, c]| (a, (b, c)));
    all_meet(|[a, b, c, d, e]| (vec![a, b], [Some(c)], Box::new((d, (e, ())))));
    all_meet(|[a, b, c]| ((a, b).fail_fast(), c));
    all_meet(|[a, b, c, d]| (vec![a, b], [c, d]).fail_fast());
}

#[test]
fn in_borrowed_shapes() {
    let (enter, exit) = (Barrier::new(3), Barrier::new(3));
    let [mut a, mut b, c] = std::array::from_fn(|id| Guest { id, enter: enter.clone(), exit: exit.clone() });
    let mut pair = (&mut b, c);
    let ids = World::default().run((&mut a, &mut pair).scope(async |guard| anyhow::Ok(guard.ids()))).0;
    assert_eq!(ids.unwrap(), [0, 1, 2]);
}

/// However long each takes, together they take as long as the longest.
#[test]
fn exits_overlap() {
    for order in [[0, 1, 2], [2, 1, 0]] {
        let world = World::default();
        let script = |id: usize| {
            let mut exit = READY;
            exit.pending = order[id];
            Script { enter: READY, exit }
        };
        let members = (world.member(0, script(0)), (world.member(1, script(1)), world.member(2, script(2))));
        let (result, polls) = world.run(members.scope(async |_| anyhow::Ok(())));
        assert!(result.is_ok());
        assert_eq!(polls, 3, "they overlap");
    }
}
