//! What scopes are composed of, beside the same by an expert or a flat scope.

mod adapted;
mod sets;
mod work;

use super::as_written::AsWritten;
use super::engine::InSeries;
use super::expert::{Expert, ExpertInSeries};
use super::in_a_scope::{OnReaper, Scope};
use super::list::{List, Scene};
use super::member::Pending;
use adapted::{Boxed, InOrder, InTheBody, Limit, Nested, Then};
use sets::{Pool, Stack, Users};

type Pair = [Pending; 2];
type Four = [Pending; 4];
type Twelve = [Pending; 12];
type Many = Vec<Pending>;

pub fn composed() -> Vec<Scene> {
    let mut list = List::default();
    list.pending::<Scope, Pair>("scope", "2", 2);
    list.pending::<Scope, Four>("scope", "4", 4);
    list.pending::<Scope, Twelve>("scope", "12", 12);
    list.pending::<Expert, Pair>("expert", "2", 2);
    list.pending::<Expert, Four>("expert", "4", 4);
    list.pending::<ExpertInSeries, Pair>("expert in series", "2", 2);
    list.pending::<AsWritten<InSeries>, Pair>("written in series", "2", 2);
    list.pending::<Scope, Many>("scope", "Vec 1", 1);
    list.pending::<Users, Many>("shared", "Vec 1", 1);
    for (shape, number) in [("Vec 10", 10), ("Vec 1000", 1000)] {
        list.pending::<Scope, Many>("scope", shape, number);
        list.pending::<Expert, Many>("expert", shape, number);
        list.pending::<AsWritten<InSeries>, Many>("written in series", shape, number);
        list.pending::<InOrder, Many>("in order", shape, number);
        list.pending::<Limit<4>, Many>("limit(4)", shape, number);
        list.pending::<Boxed, Many>("boxed", shape, number);
        list.pending::<Stack, Many>("stack", shape, number);
        list.pending::<Pool, Many>("pool", shape, number);
        list.pending::<OnReaper, Many>("scope on a reaper", shape, number);
    }
    list.pending::<Users, Many>("shared", "Vec 10", 10);
    list.pending::<Nested, Four>("nested pairs", "4", 4);
    list.pending::<Then, Pair>("then", "2", 2);
    list.pending::<InOrder, Pair>("in order", "2", 2);
    list.pending::<InTheBody, Pair>("scope in the body", "2", 2);
    list.pending::<Limit<1>, Four>("limit(1)", "4", 4);
    list.pending::<Limit<4>, Four>("limit(4)", "4", 4);
    list.pending::<Boxed, Pair>("boxed", "2", 2);
    list.pending::<OnReaper, Pair>("scope on a reaper", "2", 2);
    list.pending::<OnReaper, Twelve>("scope on a reaper", "12", 12);
    list.all_waits("background", "2", work::in_a_scope);
    list.all_waits("written with select", "2", work::by_hand);
    list.scenes
}
