//! Every scene of three members: each pending 0 to 2 times in enter and exit, each ok, error or panic in enter and
//! exit, the body ok, error or panic, under both policies, for every shape that three members can take.
//!
//! Left out are only scenes that cannot differ from one that is in: the exit of a member that does not enter, and the
//! body where not all enter.

use crate::cancel::{reaped_at_any_poll, until_any_poll};
use crate::check::{Scene, check};
use crate::drops::sweep;
use crate::erased::{Erased, erased};
use crate::model::{self, Node, Policy, fail_fast, group, then};
use crate::world::{End, Member, READY, Script, Step, World};
use withal::{ResourceExt, in_order};

const STEPS: [Step; 9] = {
    let mut steps = [READY; 9];
    let mut i = 0;
    while i < 9 {
        let end = match i % 3 {
            0 => End::Ok,
            1 => End::Error,
            _ => End::Panic,
        };
        steps[i] = Step { pending: i / 3, end };
        i += 1;
    }
    steps
};

/// All that one member can do.
fn scripts() -> Vec<Script> {
    let exits = |enter: Step| if enter.end == End::Ok { &STEPS[..] } else { &STEPS[..1] };
    STEPS.iter().flat_map(|enter| exits(*enter).iter().map(|exit| Script { enter: *enter, exit: *exit })).collect()
}

/// What a member can do, without the exits that a cancelled scope cannot tell apart.
fn fewer_scripts() -> Vec<Script> {
    let mut scripts = scripts();
    scripts.retain(|script| script.exit.end != End::Error && script.exit.pending != 1);
    scripts
}

fn every_scene(scripts: &[Script], bodies: &[Step], mut run: impl FnMut(Scene<'_>)) {
    for a in scripts {
        for b in scripts {
            for c in scripts {
                let scripts = [*a, *b, *c];
                let all_in = scripts.iter().all(|script| script.enter.end == End::Ok);
                for body in &bodies[..if all_in { bodies.len() } else { 1 }] {
                    run(Scene { scripts: &scripts, body: *body });
                }
            }
        }
    }
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
fn once<G>(member: Member) -> impl FnMut(&mut G) -> Member {
    let mut member = Some(member);
    move |_| member.take().expect("it is made once")
}

/// A scene over three members; the shape is given by a pattern and the tree that it stands for.
macro_rules! shapes {
    ($($name:ident: |$a:ident, $b:ident, $c:ident| $shape:expr, $tree:expr;)+) => {$(
        mod $name {
            use super::*;

            fn shape(world: &World, scripts: &[Script]) -> Erased {
                let [$a, $b, $c] = [0, 1, 2].map(|id| world.member(id, scripts[id]));
                erased($shape)
            }

            #[test]
            fn does_what_the_model_tells() {
                every_scene(&scripts(), &STEPS[..3], |scene| check(&shape, &$tree, scene));
            }

            /// An error in an exit changes nothing for a drop, and neither does how the body would have ended.
            #[test]
            fn loses_nothing_when_it_is_dropped_at_any_poll() {
                let mut scripts = scripts();
                scripts.retain(|script| script.exit.end != End::Error);
                every_scene(&scripts, &STEPS[3..4], |scene| sweep(&shape, scene));
            }

            #[test]
            fn is_cancelled_by_a_signal_at_any_poll() {
                every_scene(&fewer_scripts(), &STEPS[3..4], |scene| until_any_poll(&shape, &$tree, scene));
            }

            #[test]
            fn is_finished_by_a_reaper_when_it_is_dropped_at_any_poll() {
                every_scene(&fewer_scripts(), &STEPS[3..4], |scene| reaped_at_any_poll(&shape, &$tree, scene));
            }
        }
    )+};
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
    one_by_one: |a, b, c| in_order((a, b, c)), model::in_order(leaves([0, 1, 2]));
    one_by_one_fail_fast: |a, b, c| in_order([a, b, c]).fail_fast(), with_fail_fast(model::in_order(leaves([0, 1, 2])));
    two_at_a_time: |a, b, c| vec![a, b, c].limit(2), limit(2, leaves([0, 1, 2]));
    chained: |a, b, c| a.then(once(b)).then(once(c)), then(then(Node::Leaf(0), Node::Leaf(1)), Node::Leaf(2));
    inner_fail_fast: |a, b, c| ((a, b).fail_fast(), c), group(vec![fail_fast(leaves([0, 1])), Node::Leaf(2)]);
}
