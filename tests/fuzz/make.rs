//! How a resource is made from a shape.

use crate::check::Ids;
use crate::erased::{Erased, Guard, erased};
use crate::members::{pinned, timer};
use crate::shape::{Base, Kind, Layer, Shape};
use crate::world::{Member, Script, World};
use withal::{Group, Phase, ResourceExt, around, in_order};

pub fn make(shape: &Shape, world: &World, scripts: &[Script]) -> Erased {
    let make_all = |shapes: &[Shape]| shapes.iter().map(|shape| make(shape, world, scripts)).collect::<Vec<_>>();
    match shape {
        Shape::Member(id, kind) => {
            let member = world.member(*id, scripts[*id]);
            match kind {
                Kind::Plain => erased(member),
                Kind::Wrapped => erased(around(async move |lend| lend.through(member).await.map(drop))),
                Kind::Pinned => erased(pinned(member)),
            }
        }
        Shape::Nobody => erased(None::<Member>),
        Shape::Unit => erased([(); 0]),
        Shape::Group(base, members, layers) => group(*base, make_all(members), layers, world),
        Shape::Then(first, second) => {
            let (second, after, scripts) = (second.clone(), world.clone(), scripts.to_vec());
            let first = make(first, world, &scripts);
            erased(first.then(move |_: &mut Guard| make(&second, &after, &scripts)))
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
        (Base::Tuple, 1) => two_layers(<(Erased,)>::from(all(members)), layers, world),
        (Base::Tuple, 2) => two_layers(<(Erased, Erased)>::from(all(members)), layers, world),
        (Base::Tuple, 3) => two_layers(<(Erased, Erased, Erased)>::from(all(members)), layers, world),
        (Base::Tuple, 4) => two_layers(<(Erased, Erased, Erased, Erased)>::from(all(members)), layers, world),
        (Base::Tuple, _) => two_layers(Dozen::from(all(members)), layers, world),
        (Base::Array, 0) => two_layers(all::<0>(members), layers, world),
        (Base::Array, 1) => two_layers(all::<1>(members), layers, world),
        (Base::Array, 2) => two_layers(all::<2>(members), layers, world),
        (Base::Array, _) => two_layers(all::<3>(members), layers, world),
    }
}

macro_rules! layers {
    ($layers:ident, $fewer:ident) => {
        fn $layers<G: Group<Guard: Ids> + 'static>(group: G, layers: &[Layer], world: &World) -> Erased {
            let Some((layer, rest)) = layers.split_first() else { return erased(group) };
            match *layer {
                Layer::FailFast => $fewer(group.fail_fast(), rest, world),
                Layer::InOrder => $fewer(in_order(group), rest, world),
                Layer::Limit(most) => $fewer(group.limit(most), rest, world),
                Layer::Named(name) => $fewer(group.named(name), rest, world),
                Layer::MapErr => $fewer(group.map_err(|error| error), rest, world),
                Layer::Boxed => $fewer(Box::new(group), rest, world),
                Layer::Optional => $fewer(Some(group), rest, world),
                Layer::Within(Phase::Enter, after) => $fewer(group.enter_within(timer(world, after)), rest, world),
                Layer::Within(Phase::Exit, after) => $fewer(group.exit_within(timer(world, after)), rest, world),
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
        Layer::MapErr => erased(member.map_err(|error| error)),
        Layer::Boxed => erased(Box::new(member.boxed())),
        Layer::Optional => erased(Some(member)),
        Layer::Within(Phase::Enter, after) => erased(member.enter_within(timer(world, after))),
        Layer::Within(Phase::Exit, after) => erased(member.exit_within(timer(world, after))),
        Layer::FailFast | Layer::InOrder | Layer::Limit(_) => panic!("{layer:?} is for groups"),
    }
}
