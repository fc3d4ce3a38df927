//! Sets side by side what a scope and the same by hand need of memory: see `benches/README.md`.

mod scene;
mod table;

use scene::composed::composed;
use scene::list::{Scene, scenes, unique};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const TARGETS: [table::Target; 1] =
    [table::Target { what: "bytes of the future", most: 1.5, other: "expert", holds_for: |_| true }];

/// Counts what one scope allocates, from its members to its result.
fn allocations(scene: &Scene) -> u64 {
    let run = (scene.prepare)();
    run();
    let region = Region::new(ALLOCATOR);
    run();
    let change = region.change();
    (change.allocations + change.reallocations) as u64
}

fn main() {
    let mut scenes = unique([scenes(), composed()]);
    // A future is as large for any number of members of a `Vec`; and that of a task for each holds no member.
    let sizes = scenes.iter().filter(|scene| scene.wait == "ready" && !scene.way.ends_with("on tokio"));
    let sizes = sizes.filter(|scene| !scene.shape.starts_with("Vec 100"));
    let sizes: Vec<_> = sizes.map(|scene| (scene, scene.bytes as u64)).collect();
    for tables in [&table::PLAIN[..], &table::COMPOSED] {
        table::print(tables, "bytes of the future", &sizes, |scene| scene.shape.to_owned());
    }
    table::print_targets(&TARGETS, &sizes);
    scenes.retain(|scene| !["Vec 10000", "Vec 100000"].contains(&scene.shape));
    let counts: Vec<_> = scenes.iter().map(|scene| (scene, allocations(scene))).collect();
    for tables in [&table::PLAIN[..], &table::COMPOSED] {
        table::print(tables, "heap allocations", &counts, |scene| format!("{}, {}", scene.shape, scene.wait));
    }
}
