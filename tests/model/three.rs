//! Every shape that three members can take, compiled here so that it is optimised.

use crate::check::{Ids, Scene, check};
use crate::erased::{Erased, erased};
use crate::members::mortal;
use crate::model::{self, Node, Policy, fail_fast, group, then};
use crate::world::{Script, Step, World};
use withal::{Resource, ResourceExt};

/// A shape over three members, and the tree that it stands for.
pub struct Three {
    pub name: &'static str,
    pub tree: fn() -> Node,
    pub shape: fn(&World, &[Script]) -> Erased,
    /// The same shape over members of which some are mortal.
    pub mortal: fn(&World, &[Script], &[Option<Step>]) -> Erased,
    /// Checks a scene over the shape as it is, with no box around it.
    pub check: fn(&Node, Scene<'_>),
}

fn leaves<const N: usize>(ids: [usize; N]) -> Vec<Node> {
    ids.map(Node::Leaf).to_vec()
}

fn with_fail_fast(tree: Node) -> Node {
    let Node::Group { policy, members } = tree else { panic!("{tree:?} is no group") };
    Node::Group { policy: Policy { fail_fast: true, ..policy }, members }
}

fn limit(most: usize, members: Vec<Node>) -> Node {
    Node::Group { policy: Policy { width: Some(most), ..Policy::default() }, members }
}

/// A function that makes a member which is there already.
fn once<G, M>(member: M) -> impl FnMut(&mut G) -> M {
    let mut member = Some(member);
    move |_| member.take().expect("it is made once")
}

/// A shape is given by a pattern and the tree that it stands for.
macro_rules! shapes {
    ($($name:ident: |$a:ident, $b:ident, $c:ident| $shape:expr, $tree:expr;)+) => {
        pub static SHAPES: &[Three] = &[$({
            fn shape(world: &World, scripts: &[Script]) -> impl Resource<Guard: Ids> + use<> + 'static {
                let [$a, $b, $c] = [0, 1, 2].map(|id| world.member(id, scripts[id]));
                $shape
            }
            fn mortal_shape(
                world: &World,
                scripts: &[Script],
                lives: &[Option<Step>],
            ) -> impl Resource<Guard: Ids> + use<> + 'static {
                let [$a, $b, $c] = [0, 1, 2].map(|id| mortal(world, world.member(id, scripts[id]), lives[id]));
                $shape
            }
            Three {
                name: stringify!($name),
                tree: || $tree,
                shape: |world, scripts| erased(shape(world, scripts)),
                mortal: |world, scripts, lives| erased(mortal_shape(world, scripts, lives)),
                check: |tree, scene| check(shape, tree, scene),
            }
        }),+];
    };
}

shapes! {
    flat_tuple: |a, b, c| (a, b, c), group(leaves([0, 1, 2]));
    left_nested: |a, b, c| ((a, b), c), group(vec![group(leaves([0, 1])), Node::Leaf(2)]);
    right_nested: |a, b, c| (a, (b, c)), group(vec![Node::Leaf(0), group(leaves([1, 2]))]);
    array: |a, b, c| [a, b, c], group(leaves([0, 1, 2]));
    vec: |a, b, c| vec![a, b, c], group(leaves([0, 1, 2]));
    flat_tuple_fail_fast: |a, b, c| (a, b, c).fail_fast(), fail_fast(leaves([0, 1, 2]));
    left_nested_fail_fast: |a, b, c| ((a, b), c).fail_fast(), fail_fast(vec![group(leaves([0, 1])), Node::Leaf(2)]);
    right_nested_fail_fast: |a, b, c| (a, (b, c)).fail_fast(), fail_fast(vec![Node::Leaf(0), group(leaves([1, 2]))]);
    array_fail_fast: |a, b, c| [a, b, c].fail_fast(), fail_fast(leaves([0, 1, 2]));
    vec_fail_fast: |a, b, c| vec![a, b, c].fail_fast(), fail_fast(leaves([0, 1, 2]));
    one_by_one: |a, b, c| (a, b, c).in_order(), model::in_order(leaves([0, 1, 2]));
    one_by_one_fail_fast: |a, b, c| [a, b, c].in_order().fail_fast(), with_fail_fast(model::in_order(leaves([0, 1, 2])));
    two_at_a_time: |a, b, c| vec![a, b, c].limit(2), limit(2, leaves([0, 1, 2]));
    chained: |a, b, c| a.then(once(b)).then(once(c)), then(then(Node::Leaf(0), Node::Leaf(1)), Node::Leaf(2));
    inner_fail_fast: |a, b, c| ((a, b).fail_fast(), c), group(vec![fail_fast(leaves([0, 1])), Node::Leaf(2)]);
}
