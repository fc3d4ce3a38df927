//! All scenes: every way, over every shape, with members that are ready or wait.

use super::as_written::{AsWritten, Spawned};
use super::engine::{Engine, Futures, InSeries, Tokio};
use super::guaranteed::Guaranteed;
use super::in_a_scope::{OnReaper, Scope};
use super::member::{Called, Desk, Pending, run, run_called};
use super::{Failed, Member, Sum, Way, on_tokio};
use std::fmt;
use std::hint::black_box;
use std::sync::Arc;

type Prepare = Box<dyn Fn() -> Box<dyn Fn()>>;

/// One way through one scope.
pub struct Scene {
    pub way: &'static str,
    pub shape: &'static str,
    pub wait: &'static str,
    /// The size of the future.
    pub bytes: usize,
    /// Makes what members wait at; what that gives is run and measured.
    pub prepare: Prepare,
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
    let mut list = List { scenes: Vec::new(), on_tokio: false };
    list.arrays::<Scope>("scope");
    list.vecs::<Scope>("scope", usize::MAX);
    list.arrays::<Guaranteed<Futures>>("guaranteed by futures");
    list.vecs::<Guaranteed<Futures>>("guaranteed by futures", usize::MAX);
    list.arrays::<Guaranteed<Tokio>>("guaranteed by tokio");
    list.arrays::<Guaranteed<Engine>>("guaranteed by the engine");
    list.vecs::<Guaranteed<Engine>>("guaranteed by the engine", QUADRATIC);
    list.arrays::<AsWritten<Futures>>("written with futures");
    list.vecs::<AsWritten<Futures>>("written with futures", usize::MAX);
    list.arrays::<AsWritten<Tokio>>("written with tokio");
    list.arrays::<AsWritten<Engine>>("written with the engine");
    list.vecs::<AsWritten<Engine>>("written with the engine", QUADRATIC);
    list.arrays::<AsWritten<InSeries>>("written in series");
    list.vecs::<AsWritten<InSeries>>("written in series", usize::MAX);
    list.arrays::<OnReaper>("scope on a reaper");
    list.vecs::<OnReaper>("scope on a reaper", usize::MAX);
    list.on_tokio = true;
    list.arrays::<Scope>("scope on tokio");
    list.vecs::<Scope>("scope on tokio", usize::MAX);
    list.arrays::<AsWritten<Spawned>>("spawned on tokio");
    list.vecs::<AsWritten<Spawned>>("spawned on tokio", usize::MAX);
    list.scenes
}

/// Members of one kind, in an array or a `Vec`.
pub trait Members<M>: Sized {
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

struct List {
    scenes: Vec<Scene>,
    on_tokio: bool,
}

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
        P: Members<Pending> + 'static,
        C: Members<Called> + 'static,
        W: Way<P> + Way<C>,
    {
        let bytes = bytes(|| W::run(P::collect(0, |_| Pending::new(0, 0)), Sum));
        let on_tokio = self.on_tokio;
        let mut add = |wait, prepare| self.scenes.push(Scene { way, shape, wait, bytes, prepare });
        for (wait, times) in PENDING {
            let scene = move || W::run(P::collect(number, |member| Pending::new(member, times)), Sum);
            add(
                wait,
                Box::new(move || {
                    let runtime = on_tokio.then(on_tokio::runtime);
                    measured(move || match &runtime {
                        Some(runtime) => runtime.block_on(scene()),
                        None => run(scene()),
                    })
                }),
            );
        }
        if woken {
            let scene = |desk: &Arc<Desk>| W::run(C::collect(desk.seats(), |seat| Called::new(seat, desk)), Sum);
            add(
                "woken one by one",
                Box::new(move || {
                    let (desk, runtime) = (Desk::new(number), on_tokio.then(on_tokio::runtime));
                    measured(move || match &runtime {
                        Some(runtime) => runtime.block_on(on_tokio::run_called(Arc::clone(&desk), scene(&desk))),
                        None => run_called(&desk, scene(&desk)),
                    })
                }),
            );
        }
    }
}

fn measured(run: impl Fn() -> Result<u64, Failed> + 'static) -> Box<dyn Fn()> {
    Box::new(move || drop(black_box(run())))
}

fn bytes<F>(_: impl FnOnce() -> F) -> usize {
    size_of::<F>()
}
