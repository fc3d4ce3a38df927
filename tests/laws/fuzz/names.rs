//! What the failures in a shape are called.

use crate::fuzz::shape::{Base, KEYS, Kind, Layer, Shape};
use crate::model::Expected;
use withal::Failures;

/// The members' names. Of several for one place the outermost counts; that of a group stands before those of its
/// members.
pub fn names(shape: &Shape) -> Vec<String> {
    let mut names = Vec::new();
    walk(shape, 0, &mut Vec::new(), &mut names);
    names
}

pub fn check_names(failures: &Failures, expected: &Expected, shape: &Shape) {
    if failures.is_empty() {
        return;
    }
    let names = names(shape);
    let mut in_order: Vec<_> = expected.faults.iter().map(|(id, ..)| *id).collect();
    in_order.sort_unstable();
    let told: Vec<_> = in_order.iter().map(|id| names[*id].as_str()).collect();
    let seen: Vec<_> = failures.iter().map(withal::Failure::name).collect();
    assert_eq!(seen, told, "{shape:?}");
}

/// Collects the members' names, below these names of places at these depths.
fn walk(shape: &Shape, depth: usize, above: &mut Vec<(usize, &'static str)>, names: &mut Vec<String>) {
    let all = above.len();
    match shape {
        Shape::Member(_, kind) => {
            let own = match kind {
                Kind::Plain | Kind::Mapped | Kind::Shared | Kind::Rude(_) | Kind::Mortal(_) => "Scripted",
                Kind::Wrapped => "Around",
                Kind::Pinned => "Pinned",
            };
            let given = above.iter().map(|(_, name)| *name);
            let own = if above.last().is_some_and(|(place, _)| *place == depth) { None } else { Some(own) };
            names.push(given.chain(own).collect::<Vec<_>>().join("/"));
        }
        Shape::Nobody | Shape::Unit => {}
        Shape::Group(base, members, layers) => {
            layers.iter().rev().for_each(|layer| give(*layer, depth, above));
            for (index, member) in members.iter().enumerate() {
                let of_group = above.len();
                if *base == Base::Map {
                    above.push((depth + 1, KEYS[index]));
                }
                walk(member, depth + 1, above, names);
                above.truncate(of_group);
            }
        }
        Shape::Then(first, second, _) => {
            walk(first, depth + 1, above, names);
            walk(second, depth + 1, above, names);
        }
        Shape::Around(layer, member) => {
            give(*layer, depth, above);
            walk(member, depth, above, names);
        }
    }
    above.truncate(all);
}

fn give(layer: Layer, depth: usize, above: &mut Vec<(usize, &'static str)>) {
    if let Layer::Named(name) = layer {
        if above.last().is_none_or(|(place, _)| *place != depth) {
            above.push((depth, name));
        }
    }
}
