//! How a shape is made from a random tree.

use crate::check::Ids;
use crate::model::{Node, Policy, group, then};
use crate::world::{End, Member, Script, ScriptedError, Step, Token, World};
use futures::future::BoxFuture;
use std::future::{Pending, pending};
use std::marker::PhantomData;
use withal::{
    Around, BoxError, BoxResource, FailFast, Group, InOrder, Lend, Limit, Local, LocalGuard, LocalResource, MapErr,
    Named, Outcome, Resource, ResourceExt, Then, Within, around, in_order, local,
};

/// Makes trees and scripts from bytes; when they are used up, the smallest ones.
pub struct Source<'a> {
    bytes: std::slice::Iter<'a, u8>,
    pub scripts: Vec<Script>,
    has_long: bool,
}

impl<'a> Source<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.iter(), scripts: Vec::new(), has_long: false }
    }

    fn below(&mut self, bound: u8) -> u8 {
        self.bytes.next().copied().unwrap_or(0) % bound
    }

    pub fn step(&mut self) -> Step {
        let end = match self.below(8) {
            6 => End::Error,
            7 => End::Panic,
            _ => End::Ok,
        };
        Step { pending: self.below(4).into(), end }
    }
}

pub trait Build: Resource<Guard: Ids> + Sized + 'static {
    fn tree(source: &mut Source<'_>) -> Node;

    /// Makes the resource for a tree that `tree` made.
    fn build(node: &Node, world: &World, scripts: &[Script]) -> Self;
}

impl Build for Member {
    fn tree(source: &mut Source<'_>) -> Node {
        let script = Script { enter: source.step(), exit: source.step() };
        source.scripts.push(script);
        Node::Leaf(source.scripts.len() - 1)
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
        lone => lone,
    }
}

impl<G: Build + Group> Build for InOrder<G> {
    fn tree(source: &mut Source<'_>) -> Node {
        source.has_long = true;
        with(G::tree(source), |policy| policy.width = Some(1))
    }

    fn build(node: &Node, world: &World, scripts: &[Script]) -> Self {
        in_order(G::build(node, world, scripts))
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
        let most = if let Node::Group { policy, .. } = node { policy.width } else { None };
        G::build(node, world, scripts).limit(most.unwrap_or(1))
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
            Node::Group { policy, .. } if policy.width.is_some() => in_order(members).boxed(),
            _ => members.boxed(),
        }
    }
}

/// One async function around a member, whose future is dropped with it.
pub type Function = Box<dyn FnOnce(Lend<Token>) -> BoxFuture<'static, Result<(), BoxError>> + Send>;
pub type Wrapped = Around<Token, Function, BoxFuture<'static, Result<(), BoxError>>>;

impl Build for Wrapped {
    fn tree(source: &mut Source<'_>) -> Node {
        M::tree(source)
    }

    fn build(node: &Node, world: &World, scripts: &[Script]) -> Self {
        let member = M::build(node, world, scripts);
        let function: Function = Box::new(|lend| Box::pin(async { lend.through(member).await.map(drop) }));
        around(function)
    }
}

/// A member that is not `Send`.
pub struct Pinned(M, PhantomData<std::rc::Rc<()>>);

impl LocalResource for Pinned {
    type Guard = Token;
    type Error = ScriptedError;

    async fn enter(&mut self) -> Result<Token, ScriptedError> {
        self.0.enter().await
    }

    async fn exit(&mut self, guard: Token, outcome: Outcome<'_>) -> Result<(), ScriptedError> {
        self.0.exit(guard, outcome).await
    }

    fn abandon(&mut self, guard: Token) {
        self.0.abandon(guard);
    }
}

impl Ids for LocalGuard<Token> {
    fn ids(&self) -> Vec<usize> {
        (**self).ids()
    }
}

impl Build for Local<Pinned> {
    fn tree(source: &mut Source<'_>) -> Node {
        M::tree(source)
    }

    fn build(node: &Node, world: &World, scripts: &[Script]) -> Self {
        local(Pinned(M::build(node, world, scripts), PhantomData))
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
                group(vec![$($M::tree(source)),+])
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
        Node::Leaf(_) | Node::Nobody => panic!("{node:?} has no members"),
    }
}

pub type M = Member;
