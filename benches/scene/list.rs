//! The scenes: every way, over every shape, with members that are ready or wait.

use super::as_written::{AsWritten, Spawned};
use super::engine::{Engine, Futures, InSeries, Tokio};
use super::expert::Expert;
use super::guaranteed::Guaranteed;
use super::in_a_scope::Scope;
use super::member::{Called, Desk, Pending, run, run_called};
use super::{Failed, Member, Sum, Way, on_tokio};
use std::collections::HashSet;
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

/// All scenes that are in no program of their own.
pub fn scenes() -> Vec<Scene> {
    unique([pairs(), twelves(), arrays(), lists(), tasks()])
}

/// Joins lists. Scopes to compare with are in several of them.
pub fn unique<const N: usize>(lists: [Vec<Scene>; N]) -> Vec<Scene> {
    let mut names = HashSet::new();
    lists.into_iter().flatten().filter(|scene| names.insert(scene.to_string())).collect()
}

/// All ways over the shapes of one method of `List`.
macro_rules! all_ways {
    ($shapes:ident) => {{
        let mut list = List::default();
        list.$shapes::<Scope>("scope");
        list.$shapes::<Expert>("expert");
        list.$shapes::<Guaranteed<Futures>>("guaranteed by futures");
        list.$shapes::<Guaranteed<Engine>>("guaranteed by the engine");
        list.$shapes::<AsWritten<Futures>>("written with futures");
        list.$shapes::<AsWritten<Engine>>("written with the engine");
        list.$shapes::<AsWritten<InSeries>>("written in series");
        list.scenes
    }};
}

/// Two and four members in a tuple.
pub fn pairs() -> Vec<Scene> {
    all_ways!(pairs)
}

/// Twelve members in a tuple.
pub fn twelves() -> Vec<Scene> {
    all_ways!(twelves)
}

/// Eight members in an array.
pub fn arrays() -> Vec<Scene> {
    all_ways!(arrays)
}

/// Members in a `Vec`.
pub fn lists() -> Vec<Scene> {
    let mut list = List::default();
    list.vecs::<Scope>("scope", usize::MAX);
    list.vecs::<Expert>("expert", usize::MAX);
    list.vecs::<Guaranteed<Futures>>("guaranteed by futures", usize::MAX);
    list.vecs::<Guaranteed<Engine>>("guaranteed by the engine", QUADRATIC);
    list.vecs::<AsWritten<Futures>>("written with futures", usize::MAX);
    list.vecs::<AsWritten<Engine>>("written with the engine", QUADRATIC);
    list.vecs::<AsWritten<InSeries>>("written in series", usize::MAX);
    list.scenes
}

/// By hand with tokio: its `join!`, and a task for each member on its runtime. With fewer shapes.
pub fn tasks() -> Vec<Scene> {
    let mut list = List::default();
    list.pairs::<Scope>("scope");
    list.pairs::<Guaranteed<Tokio>>("guaranteed by tokio");
    list.pairs::<AsWritten<Tokio>>("written with tokio");
    list.on_tokio = true;
    list.pairs::<Scope>("scope on tokio");
    list.vecs::<Scope>("scope on tokio", usize::MAX);
    list.pairs::<AsWritten<Spawned>>("spawned on tokio");
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

#[derive(Default)]
pub struct List {
    pub scenes: Vec<Scene>,
    on_tokio: bool,
}

impl List {
    fn pairs<W>(&mut self, way: &'static str)
    where
        W: Way<[Pending; 2]> + Way<[Pending; 4]> + Way<[Called; 2]> + Way<[Called; 4]>,
    {
        self.shape::<W, [Pending; 2], [Called; 2]>(way, "2", 2, true);
        self.shape::<W, [Pending; 4], [Called; 4]>(way, "4", 4, true);
    }

    fn twelves<W: Way<[Pending; 12]> + Way<[Called; 12]>>(&mut self, way: &'static str) {
        self.shape::<W, [Pending; 12], [Called; 12]>(way, "12", 12, true);
    }

    fn arrays<W: Way<[Pending; 8]> + Way<[Called; 8]>>(&mut self, way: &'static str) {
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
        self.pending::<W, P>(way, shape, number);
        if !woken {
            return;
        }
        let on_tokio = self.on_tokio;
        let scene = |desk: &Arc<Desk>| W::run(C::collect(desk.seats(), |seat| Called::new(seat, desk)), Sum);
        let prepare = Box::new(move || {
            let (desk, runtime) = (Desk::new(number), on_tokio.then(on_tokio::runtime));
            measured(move || match &runtime {
                Some(runtime) => runtime.block_on(on_tokio::run_called(Arc::clone(&desk), scene(&desk))),
                None => run_called(&desk, scene(&desk)),
            })
        });
        let bytes = bytes(|| W::run(P::collect(0, |_| Pending::new(0, 0)), Sum));
        self.scenes.push(Scene { way, shape, wait: "woken one by one", bytes, prepare });
    }

    /// Adds scenes with members that are ready, or wake themselves.
    pub fn pending<W: Way<P>, P: Members<Pending> + 'static>(
        &mut self,
        way: &'static str,
        shape: &'static str,
        number: usize,
    ) {
        self.all_waits(way, shape, move |times| W::run(P::collect(number, |member| Pending::new(member, times)), Sum));
    }

    /// Adds a scene for each number of times that its members are pending.
    pub fn all_waits<F>(&mut self, way: &'static str, shape: &'static str, scene: impl Fn(u32) -> F + Copy + 'static)
    where
        F: Future<Output = Result<u64, Failed>>,
    {
        let on_tokio = self.on_tokio;
        for (wait, times) in PENDING {
            let prepare = Box::new(move || {
                let runtime = on_tokio.then(on_tokio::runtime);
                measured(move || match &runtime {
                    Some(runtime) => runtime.block_on(scene(times)),
                    None => run(scene(times)),
                })
            });
            self.scenes.push(Scene { way, shape, wait, bytes: bytes(|| scene(0)), prepare });
        }
    }
}

fn measured(run: impl Fn() -> Result<u64, Failed> + 'static) -> Box<dyn Fn()> {
    Box::new(move || drop(black_box(run())))
}

fn bytes<F>(_: impl FnOnce() -> F) -> usize {
    size_of::<F>()
}
