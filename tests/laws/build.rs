//! How a shape is made from a random tree.

use crate::check::Ids;
use crate::members::{Pinned, Timer, Wrapped, pinned, timer, wrapped};
use crate::model::{Node, Policy, group, then, tuple};
use crate::source::Source;
use crate::world::{Member, Script, Token, World};
use std::collections::BTreeMap;
use std::future::{Pending, pending};
use withal::{
    BoxResource, FailFast, Group, InOrder, Limit, Local, MapErr, Named, Phase, Resource, ResourceExt, Then, Within,
};

pub trait Build: Resource<Guard: Ids> + Sized + 'static {
    fn tree(source: &mut Source<'_>) -> Node;

    /// Makes the resource for a tree that `tree` made.
    fn build(node: &Node, world: &World, scripts: &[Script]) -> Self;
}

impl Build for Member {
    fn tree(source: &mut Source<'_>) -> Node {
        Node::Leaf(source.member())
    }

    fn build(node: &Node, world: &World, scripts: &[Script]) -> Self {
        let Node::Leaf(id) = node else { panic!("{node:?}") };
        world.member(*id, scripts[*id])
    }
}

impl<R: Build> Build for Vec<R> {
    fn tree(source: &mut Source<'_>) -> Node {
        // More than 30 now and then, as then another engine drives it: one that wakes itself, and so polls a second one
        // inside of it in an order of its own.
        let long = source.below(16) == 15 && !std::mem::replace(&mut source.has_long, true);
        let len = if long { 35 } else { source.below(4) };
        group((0..len).map(|_| R::tree(source)).collect())
    }

    fn build(node: &Node, world: &World, scripts: &[Script]) -> Self {
        members(node).iter().map(|node| R::build(node, world, scripts)).collect()
    }
}

/// The keys are the positions.
impl<R: Build> Build for BTreeMap<usize, R> {
    fn tree(source: &mut Source<'_>) -> Node {
        <Vec<R>>::tree(source)
    }

    fn build(node: &Node, world: &World, scripts: &[Script]) -> Self {
        <Vec<R>>::build(node, world, scripts).into_iter().enumerate().collect()
    }
}

impl<R: Build, const N: usize> Build for [R; N] {
    fn tree(source: &mut Source<'_>) -> Node {
        group((0..N).map(|_| R::tree(source)).collect())
    }

    fn build(node: &Node, world: &World, scripts: &[Script]) -> Self {
        std::array::from_fn(|i| R::build(&members(node)[i], world, scripts))
    }
}

/// `Option` adds no path index, so `None` is a group that adds none.
impl<R: Build> Build for Option<R> {
    fn tree(source: &mut Source<'_>) -> Node {
        if source.below(3) == 0 { Node::Nobody } else { R::tree(source) }
    }

    fn build(node: &Node, world: &World, scripts: &[Script]) -> Self {
        (!matches!(node, Node::Nobody)).then(|| R::build(node, world, scripts))
    }
}

impl<R: Build> Build for Box<R> {
    fn tree(source: &mut Source<'_>) -> Node {
        R::tree(source)
    }

    fn build(node: &Node, world: &World, scripts: &[Script]) -> Self {
        Box::new(R::build(node, world, scripts))
    }
}

impl<R: Build> Build for &'static mut R {
    fn tree(source: &mut Source<'_>) -> Node {
        R::tree(source)
    }

    fn build(node: &Node, world: &World, scripts: &[Script]) -> Self {
        Box::leak(Box::new(R::build(node, world, scripts)))
    }
}

impl<G: Build + Group> Build for FailFast<G> {
    fn tree(source: &mut Source<'_>) -> Node {
        with(G::tree(source), |policy| policy.fail_fast = true)
    }

    fn build(node: &Node, world: &World, scripts: &[Script]) -> Self {
        G::build(node, world, scripts).fail_fast()
    }
}

/// Changes the policy of a group.
fn with(tree: Node, change: impl FnOnce(&mut Policy)) -> Node {
    match tree {
        Node::Group { mut policy, members } => {
            change(&mut policy);
            Node::Group { policy, members }
        }
        Node::Within { phase, after, member } => Node::Within { phase, after, member: Box::new(with(*member, change)) },
        lone => lone,
    }
}

impl<G: Build + Group> Build for InOrder<G> {
    fn tree(source: &mut Source<'_>) -> Node {
        source.has_long = true;
        with(G::tree(source), |policy| policy.width = Some(1))
    }

    fn build(node: &Node, world: &World, scripts: &[Script]) -> Self {
        G::build(node, world, scripts).in_order()
    }
}

impl<G: Build + Group> Build for Limit<G> {
    fn tree(source: &mut Source<'_>) -> Node {
        source.has_long = true;
        let most = usize::from(source.below(4)) + 1;
        with(G::tree(source), |policy| policy.width = Some(policy.width.map_or(most, |width| width.min(most))))
    }

    fn build(node: &Node, world: &World, scripts: &[Script]) -> Self {
        // A narrower limit inside is in the tree, and holds.
        G::build(node, world, scripts).limit(width(node).unwrap_or(1))
    }
}

fn width(node: &Node) -> Option<usize> {
    match node {
        Node::Group { policy, .. } => policy.width,
        Node::Within { member, .. } => width(member),
        Node::Leaf(_) | Node::Nobody | Node::GivenUp { .. } | Node::Mortal { .. } => None,
    }
}

impl<A: Build, B: Build> Build for Then<A, Box<dyn FnMut(&mut A::Guard) -> B + Send>, B> {
    fn tree(source: &mut Source<'_>) -> Node {
        let first = A::tree(source);
        then(first, B::tree(source))
    }

    fn build(node: &Node, world: &World, scripts: &[Script]) -> Self {
        let [first, second] = members(node) else { panic!("{node:?}") };
        let (second, world, scripts) = (second.clone(), world.clone(), scripts.to_vec());
        let first = A::build(first, &world, &scripts);
        first.then(Box::new(move |_| B::build(&second, &world, &scripts)))
    }
}

impl<R: Build> Build for Named<R> {
    fn tree(source: &mut Source<'_>) -> Node {
        R::tree(source)
    }

    fn build(node: &Node, world: &World, scripts: &[Script]) -> Self {
        R::build(node, world, scripts).named("named")
    }
}

impl<R: Build> Build for MapErr<R, fn(R::Error) -> R::Error> {
    fn tree(source: &mut Source<'_>) -> Node {
        R::tree(source)
    }

    fn build(node: &Node, world: &World, scripts: &[Script]) -> Self {
        R::build(node, world, scripts).map_err(|error| error)
    }
}

impl<R: Build> Build for Within<R, fn() -> Pending<()>> {
    fn tree(source: &mut Source<'_>) -> Node {
        R::tree(source)
    }

    fn build(node: &Node, world: &World, scripts: &[Script]) -> Self {
        R::build(node, world, scripts).exit_within(pending)
    }
}

/// One that elapses in the middle.
impl<R: Build> Build for Within<R, Timer> {
    fn tree(source: &mut Source<'_>) -> Node {
        let phase = if source.below(2) == 0 { Phase::Enter } else { Phase::Exit };
        let after = source.below(4).into();
        Node::Within { phase, after, member: Box::new(R::tree(source)) }
    }

    fn build(node: &Node, world: &World, scripts: &[Script]) -> Self {
        let Node::Within { phase, after, member } = node else { panic!("{node:?}") };
        let (member, timer) = (R::build(member, world, scripts), timer(world, Some(*after)));
        match phase {
            Phase::Enter => member.enter_within(timer),
            Phase::Exit => member.exit_within(timer),
            _ => unreachable!("{phase:?}"),
        }
    }
}

impl Build for BoxResource<'static, Token> {
    fn tree(source: &mut Source<'_>) -> Node {
        M::tree(source)
    }

    fn build(node: &Node, world: &World, scripts: &[Script]) -> Self {
        M::build(node, world, scripts).boxed()
    }
}

/// Groups of one guard, whose policies are known only when they run.
impl Build for BoxResource<'static, Vec<Token>> {
    fn tree(source: &mut Source<'_>) -> Node {
        // Within a long group none in order: a member that makes room wakes the engine, and so is polled once more.
        let kind = if source.has_long { source.below(2) } else { source.below(3) };
        with(<Vec<M>>::tree(source), |policy| {
            policy.fail_fast = kind == 1;
            policy.width = (kind == 2).then_some(1);
        })
    }

    fn build(node: &Node, world: &World, scripts: &[Script]) -> Self {
        let members = <Vec<M>>::build(node, world, scripts);
        match node {
            Node::Group { policy, .. } if policy.fail_fast => members.fail_fast().boxed(),
            Node::Group { policy, .. } if policy.width.is_some() => members.in_order().boxed(),
            _ => members.boxed(),
        }
    }
}

impl Build for Wrapped {
    fn tree(source: &mut Source<'_>) -> Node {
        M::tree(source)
    }

    fn build(node: &Node, world: &World, scripts: &[Script]) -> Self {
        wrapped(M::build(node, world, scripts))
    }
}

impl Build for Local<Pinned> {
    fn tree(source: &mut Source<'_>) -> Node {
        M::tree(source)
    }

    fn build(node: &Node, world: &World, scripts: &[Script]) -> Self {
        pinned(M::build(node, world, scripts))
    }
}

impl Build for () {
    fn tree(_: &mut Source<'_>) -> Node {
        group(Vec::new())
    }

    fn build(_: &Node, _: &World, _: &[Script]) -> Self {}
}

macro_rules! build_tuple {
    ($($M:ident $i:tt)+) => {
        impl<$($M: Build),+> Build for ($($M,)+) {
            fn tree(source: &mut Source<'_>) -> Node {
                tuple(vec![$($M::tree(source)),+])
            }

            fn build(node: &Node, world: &World, scripts: &[Script]) -> Self {
                ($($M::build(&members(node)[$i], world, scripts),)+)
            }
        }
    };
}

build_tuple!(A 0);
build_tuple!(A 0 B 1);
build_tuple!(A 0 B 1 C 2);
build_tuple!(A 0 B 1 C 2 D 3);
build_tuple!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11);

fn members(node: &Node) -> &[Node] {
    match node {
        Node::Group { members, .. } => members,
        _ => panic!("{node:?} has no members"),
    }
}

pub type M = Member;
