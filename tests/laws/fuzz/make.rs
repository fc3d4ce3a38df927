//! How a resource is made from a shape.

use crate::check::Ids;
use crate::erased::{Erased, Guard, erased};
use crate::fuzz::rude::{Rude, panic_if};
use crate::fuzz::shape::{Base, KEYS, Kind, Layer, Shape, Timed};
use crate::members::{Timer, mortal, pinned, timer};
use crate::world::{Member, Script, World};
use std::collections::BTreeMap;
use withal::{Group, Phase, ResourceExt, around, shared};

pub fn make(shape: &Shape, world: &World, scripts: &[Script]) -> Erased {
    let make_all = |shapes: &[Shape]| shapes.iter().map(|shape| make(shape, world, scripts)).collect::<Vec<_>>();
    match shape {
        Shape::Member(id, Kind::Rude(place)) => erased(Rude::new(world, *id, scripts[*id], *place)),
        Shape::Member(id, kind) => {
            let member = world.member(*id, scripts[*id]);
            match kind {
                Kind::Plain | Kind::Rude(_) => erased(member),
                Kind::Mapped => erased(Some(member.map_err(passed_on(false)))),
                Kind::Wrapped => erased(around(async move |lend| lend.through(member).await.map(drop))),
                Kind::Pinned => erased(pinned(member)),
                Kind::Shared => erased(shared(member)),
                Kind::Mortal(life) => erased(mortal(world, member, Some(*life))),
            }
        }
        Shape::Nobody => erased(None::<Member>),
        Shape::Unit => erased([(); 0]),
        Shape::Group(base, members, layers) => group(*base, make_all(members), layers, world),
        Shape::Then(first, second, panics) => {
            let (second, after, scripts, panics) = (second.clone(), world.clone(), scripts.to_vec(), *panics);
            let first = make(first, world, &scripts);
            erased(first.then(move |_: &mut Guard| {
                panic_if(panics);
                make(&second, &after, &scripts)
            }))
        }
        Shape::Around(layer, member) => adapted(*layer, make(member, world, scripts), world),
    }
}

type Dozen = (Erased, Erased, Erased, Erased, Erased, Erased, Erased, Erased, Erased, Erased, Erased, Erased);

fn group(base: Base, members: Vec<Erased>, layers: &[Layer], world: &World) -> Erased {
    fn all<const N: usize>(members: Vec<Erased>) -> [Erased; N] {
        members.try_into().expect("as many as there are")
    }
    match (base, members.len()) {
        (Base::Vec, _) => two_layers(members, layers, world),
        (Base::Map, _) => one_layer(KEYS.into_iter().zip(members).collect::<BTreeMap<_, _>>(), layers, world),
        (Base::Tuple, 1) => one_layer(<(Erased,)>::from(all(members)), layers, world),
        (Base::Tuple, 2) => two_layers(<(Erased, Erased)>::from(all(members)), layers, world),
        (Base::Tuple, 3) => one_layer(<(Erased, Erased, Erased)>::from(all(members)), layers, world),
        (Base::Tuple, 4) => one_layer(<(Erased, Erased, Erased, Erased)>::from(all(members)), layers, world),
        (Base::Tuple, _) => one_layer(Dozen::from(all(members)), layers, world),
        (Base::Array, 0) => one_layer(all::<0>(members), layers, world),
        (Base::Array, 1) => one_layer(all::<1>(members), layers, world),
        (Base::Array, 2) => one_layer(all::<2>(members), layers, world),
        (Base::Array, _) => one_layer(all::<3>(members), layers, world),
    }
}

macro_rules! layers {
    ($layers:ident, $fewer:ident) => {
        fn $layers<G: Group<Guard: Ids> + 'static>(group: G, layers: &[Layer], world: &World) -> Erased {
            let Some((layer, rest)) = layers.split_first() else { return erased(group) };
            match *layer {
                Layer::FailFast => $fewer(group.fail_fast(), rest, world),
                Layer::InOrder => $fewer(group.in_order(), rest, world),
                Layer::Limit(most) => $fewer(group.limit(most), rest, world),
                Layer::Named(name) => $fewer(group.named(name), rest, world),
                Layer::MapErr(panics) => $fewer(group.map_err(passed_on(panics)), rest, world),
                Layer::Boxed => $fewer(Box::new(group), rest, world),
                Layer::Optional => $fewer(Some(group), rest, world),
                Layer::Within(Phase::Enter, timed) => $fewer(group.enter_within(clock(world, timed)), rest, world),
                Layer::Within(Phase::Exit, timed) => $fewer(group.exit_within(clock(world, timed)), rest, world),
                Layer::Within(..) => panic!("{layer:?} is for no phase"),
                Layer::Checked(_) | Layer::Retry(_) => panic!("{layer:?} is around any resource"),
            }
        }
    };
}

layers!(two_layers, one_layer);
layers!(one_layer, no_layer);

fn no_layer<G: Group<Guard: Ids> + 'static>(group: G, layers: &[Layer], _: &World) -> Erased {
    assert!(layers.is_empty(), "{layers:?} are too many");
    erased(group)
}

fn adapted(layer: Layer, member: Erased, world: &World) -> Erased {
    match layer {
        Layer::Named(name) => erased(member.named(name)),
        Layer::MapErr(panics) => erased(member.map_err(passed_on(panics))),
        Layer::Boxed => erased(Box::new(member.boxed())),
        Layer::Optional => erased(Some(member)),
        Layer::Within(Phase::Enter, timed) => erased(member.enter_within(clock(world, timed))),
        Layer::Within(Phase::Exit, timed) => erased(member.exit_within(clock(world, timed))),
        Layer::Within(..) => panic!("{layer:?} is for no phase"),
        Layer::Checked(pending) => {
            let world = world.clone();
            erased(member.ready_when(async move |_| {
                world.pend(pending).await;
                Ok(())
            }))
        }
        Layer::Retry(attempts) => {
            let world = world.clone();
            erased(member.retry(move |_, attempt| (attempt < attempts).then(|| pause(world.clone()))))
        }
        Layer::FailFast | Layer::InOrder | Layer::Limit(_) => panic!("{layer:?} is for groups"),
    }
}

async fn pause(world: World) {
    world.pend(1).await;
}

fn passed_on<E>(panics: bool) -> impl Fn(E) -> E {
    move |error| {
        panic_if(panics);
        error
    }
}

fn clock(world: &World, timed: Timed) -> Timer {
    match timed {
        Timed::After(after) => timer(world, Some(after)),
        Timed::Never => timer(world, None),
        Timed::Panics => Box::new(|| Box::pin(async { panic_if(true) })),
    }
}
