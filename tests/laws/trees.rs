//! Random trees against the model: every shape in every other, random scripts, random policies.

use crate::build::{Build, M};
use crate::cancel::{on_a_reaper, reaped_at_any_poll, until_any_poll};
use crate::check::{Scene, Shape, check};
use crate::drops::sweep;
use crate::erased::erased;
use crate::members::{Pinned, Timer, Wrapped};
use crate::source::Source;
use crate::world::Token;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::future::Pending;
use withal::{BoxResource, FailFast, InOrder, Limit, Local, MapErr, Named, Resource, Then, Within};

fn obeys<R: Build>(bytes: &[u8]) {
    let mut source = Source::new(bytes);
    let body = source.step();
    let tree = R::tree(&mut source);
    let scene = Scene { scripts: &source.scripts, body };
    let shape: Shape<'_> = &|world, scripts| erased(R::build(&tree, world, scripts));
    check(shape, &tree, scene);
    on_a_reaper(shape, &tree, scene);
    sweep(shape, scene);
    until_any_poll(shape, &tree, scene);
    reaped_at_any_poll(shape, &tree, scene);
}

type AndThen<A, B> = Then<A, Box<dyn FnMut(&mut <A as Resource>::Guard) -> B + Send>, B>;
type Mapped<R> = MapErr<R, fn(<R as Resource>::Error) -> <R as Resource>::Error>;
type Timed<R> = Within<R, fn() -> Pending<()>>;
type Late<R> = Within<R, Timer>;
type Dozen = (M, M, M, M, M, M, M, M, M, M, M, M);

macro_rules! random {
    ($($name:ident: $shape:ty;)+) => {
        proptest! {
            #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
            $(
                #[test]
                fn $name(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
                    obeys::<$shape>(&bytes);
                }
            )+
        }
    };
}

random! {
    lone: M;
    unit: ();
    pair_with_unit: (M, ());
    one_tuple: (M,);
    dozen: Dozen;
    dozen_fail_fast: FailFast<Dozen>;
    empty_array: [M; 0];
    array_of_seven: [M; 7];
    long_array: [M; 33];
    long_array_fail_fast: FailFast<[M; 33]>;
    vec: Vec<M>;
    vec_fail_fast: FailFast<Vec<M>>;
    map: BTreeMap<usize, M>;
    map_fail_fast: FailFast<BTreeMap<usize, M>>;
    map_of_maps: BTreeMap<usize, BTreeMap<usize, M>>;
    maps_among_others: (BTreeMap<usize, (M, M)>, FailFast<BTreeMap<usize, Vec<M>>>, Option<BTreeMap<usize, M>>);
    option: Option<M>;
    boxed: Box<M>;
    borrowed: &'static mut M;
    borrowed_group: &'static mut (M, M);
    vec_of_vec: Vec<Vec<M>>;
    vec_of_vec_of_vec: Vec<Vec<Vec<M>>>;
    vec_in_fail_fast: FailFast<Vec<Vec<M>>>;
    fail_fast_in_vec: Vec<FailFast<Vec<M>>>;
    tuple_of_all: (Vec<M>, [M; 2], Option<Box<M>>, (M, ()));
    arrays_of_tuples: [(M, Vec<M>); 3];
    policies_side_by_side: (FailFast<(M, M)>, (M, M), FailFast<[M; 2]>);
    policies_in_one_another: FailFast<(M, (FailFast<(M, M)>, Vec<M>), [Option<M>; 2])>;
    deep: ((((M, M), (M,)), Box<(M, [(M, M); 2])>), Option<FailFast<Vec<(M, Vec<M>)>>>);
    optional_group: FailFast<Option<(M, M, M)>>;
    boxed_group: (Box<FailFast<Box<(M, M)>>>, M);
    ordered_tuple: InOrder<(M, M, M, M)>;
    ordered_array: InOrder<[M; 3]>;
    ordered_vec: InOrder<Vec<M>>;
    ordered_fail_fast: FailFast<InOrder<(M, Vec<M>, M)>>;
    fail_fast_ordered: InOrder<FailFast<[(M, M); 2]>>;
    ordered_in_a_group: (M, InOrder<(M, M)>, M);
    groups_in_order: InOrder<((M, M), M, Vec<M>)>;
    series_parallel: (InOrder<(M, (InOrder<(M, M)>, M), M)>, FailFast<(M, InOrder<[M; 2]>)>);
    bounded_tuple: Limit<(M, M, M, M)>;
    bounded_array: Limit<[M; 5]>;
    bounded_vec: Limit<Vec<M>>;
    bounded_groups: Limit<Vec<(M, Vec<M>)>>;
    bounded_map: (Limit<BTreeMap<usize, M>>, InOrder<BTreeMap<usize, M>>, Late<BTreeMap<usize, M>>);
    bounded_twice: Limit<Limit<Vec<M>>>;
    bounded_fail_fast: FailFast<Limit<Vec<M>>>;
    fail_fast_bounded: (Limit<FailFast<Vec<M>>>, M);
    bounded_side_by_side: (Limit<[M; 3]>, Limit<Vec<M>>, M);
    one_after_the_other: AndThen<M, M>;
    after_a_group: AndThen<(M, M), Vec<M>>;
    chain: AndThen<AndThen<M, (M, M)>, M>;
    chains_in_a_group: (AndThen<M, M>, M, FailFast<(AndThen<M, M>, M)>);
    renamed: (Named<M>, Named<(M, Named<M>)>);
    mapped: (Mapped<M>, Mapped<Named<M>>);
    timed: (Timed<M>, Timed<(M, M)>, FailFast<Timed<Vec<M>>>);
    late: (Late<M>, Late<Late<(M, M)>>, FailFast<Late<Vec<M>>>);
    late_in_order: (Late<InOrder<(M, M, M)>>, Late<AndThen<M, Late<M>>>, Limit<Late<Vec<M>>>);
    different_ones: Vec<BoxResource<'static, Vec<Token>>>;
    boxed_member: (BoxResource<'static, Token>, M);
    boxed_in_policies: FailFast<(Limit<Vec<BoxResource<'static, Vec<Token>>>>, M)>;
    by_a_function: (Wrapped, M, FailFast<Vec<Wrapped>>);
    on_its_thread: (Local<Pinned>, InOrder<(M, Local<Pinned>)>);
    all_of_it: (Limit<Vec<AndThen<Named<M>, InOrder<(M, Mapped<M>)>>>>, Option<FailFast<Timed<(M, BoxResource<'static, Vec<Token>>)>>>);
}
