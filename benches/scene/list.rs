//! All scenes: every way, over every shape, with members that are ready or wait.

use super::guaranteed::{Engine, Futures, Guaranteed, Tokio};
use super::in_a_scope::Scope;
use super::member::{Called, Desk, Pending, run, run_called};
use super::{Member, Sum, Way};
use std::fmt;
use std::hint::black_box;

/// One way through one scope.
pub struct Scene {
    pub way: &'static str,
    pub shape: &'static str,
    pub wait: &'static str,
    /// The size of the future.
    pub bytes: usize,
    /// Makes what members wait at; what that gives is run and measured.
    pub prepare: Box<dyn Fn() -> Box<dyn Fn()>>,
}

impl fmt::Display for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}, {}", self.way, self.shape, self.wait)
    }
}

const PENDING: [(&str, u32); 3] = [("ready", 0), ("pending once", 1), ("pending five times", 5)];

const VECS: [(&str, usize); 5] =
    [("Vec 10", 10), ("Vec 100", 100), ("Vec 1000", 1000), ("Vec 10000", 10_000), ("Vec 100000", 100_000)];

/// Above this number of members, what is quadratic takes too long to count.
const QUADRATIC: usize = 1000;

pub fn scenes() -> Vec<Scene> {
    let mut list = List(Vec::new());
    list.arrays::<Scope>("scope");
    list.vecs::<Scope>("scope", usize::MAX);
    list.arrays::<Guaranteed<Futures>>("guaranteed futures");
    list.vecs::<Guaranteed<Futures>>("guaranteed futures", usize::MAX);
    list.arrays::<Guaranteed<Tokio>>("guaranteed tokio");
    list.arrays::<Guaranteed<Engine>>("guaranteed engine");
    list.vecs::<Guaranteed<Engine>>("guaranteed engine", QUADRATIC);
    list.0
}

/// Members of one kind, in an array or a `Vec`.
trait Members<M>: Sized {
    fn collect(number: usize, make: impl FnMut(usize) -> M) -> Self;
}

impl<M: Member, const N: usize> Members<M> for [M; N] {
    fn collect(_: usize, make: impl FnMut(usize) -> M) -> Self {
        std::array::from_fn(make)
    }
}

impl<M: Member> Members<M> for Vec<M> {
    fn collect(number: usize, make: impl FnMut(usize) -> M) -> Self {
        (0..number).map(make).collect()
    }
}

struct List(Vec<Scene>);

impl List {
    fn arrays<W>(&mut self, way: &'static str)
    where
        W: Way<[Pending; 2]> + Way<[Pending; 4]> + Way<[Pending; 12]> + Way<[Pending; 8]>,
        W: Way<[Called; 2]> + Way<[Called; 4]> + Way<[Called; 12]> + Way<[Called; 8]>,
    {
        self.shape::<W, [Pending; 2], [Called; 2]>(way, "2", 2, true);
        self.shape::<W, [Pending; 4], [Called; 4]>(way, "4", 4, true);
        self.shape::<W, [Pending; 12], [Called; 12]>(way, "12", 12, true);
        self.shape::<W, [Pending; 8], [Called; 8]>(way, "[8]", 8, true);
    }

    /// With members that are woken one by one up to a number of them.
    fn vecs<W: Way<Vec<Pending>> + Way<Vec<Called>>>(&mut self, way: &'static str, woken: usize) {
        for (shape, number) in VECS {
            self.shape::<W, Vec<Pending>, Vec<Called>>(way, shape, number, number <= woken);
        }
    }

    fn shape<W, P, C>(&mut self, way: &'static str, shape: &'static str, number: usize, woken: bool)
    where
        P: Members<Pending>,
        C: Members<Called>,
        W: Way<P> + Way<C>,
    {
        let bytes = bytes(|| W::run(P::collect(0, |_| Pending::new(0, 0)), Sum));
        for (wait, times) in PENDING {
            let scene = move || {
                let members = P::collect(number, |member| Pending::new(member, times));
                drop(black_box(run(W::run(members, Sum))));
            };
            self.0.push(Scene { way, shape, wait, bytes, prepare: Box::new(move || Box::new(scene)) });
        }
        if woken {
            let prepare = move || -> Box<dyn Fn()> {
                let desk = Desk::new(number);
                Box::new(move || {
                    let members = C::collect(number, |seat| Called::new(seat, &desk));
                    drop(black_box(run_called(&desk, W::run(members, Sum))));
                })
            };
            self.0.push(Scene { way, shape, wait: "woken one by one", bytes, prepare: Box::new(prepare) });
        }
    }
}

fn bytes<F>(_: impl FnOnce() -> F) -> usize {
    size_of::<F>()
}
