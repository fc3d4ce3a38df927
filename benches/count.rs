//! Runs scenes so that their instructions can be counted, and sets the counts side by side: see `benches/README.md`.

mod scene;

use scene::list::{Scene, scenes};
use scene::table;
use std::collections::HashMap;
use std::hint::black_box;

/// What is counted: one scope, from its members to its result.
#[inline(never)]
fn counted(run: &dyn Fn()) {
    run();
    // No jump to the end of `run`, or valgrind sees no return from here.
    black_box(());
}

/// Where valgrind writes down what it counted.
#[inline(never)]
fn written_down() {
    black_box(());
}

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let mut scenes = scenes();
    scenes.retain(|scene| arguments.iter().skip(1).all(|part| scene.to_string().contains(part)));
    match arguments.first().map(String::as_str) {
        Some("list") => scenes.iter().for_each(|scene| println!("{scene}")),
        Some("run") => scenes.iter().for_each(count),
        Some("table") => table::print(&scenes, &counts(&scenes)),
        _ => println!("count list|run|table [part of a name].."),
    }
}

/// Runs it twice: the first time warms up what is made once, as the allocator's lists.
fn count(scene: &Scene) {
    let run = (scene.prepare)();
    run();
    counted(&run);
    written_down();
}

/// Reads the counts of the scenes, in their order, line by line.
fn counts(scenes: &[Scene]) -> HashMap<String, u64> {
    let lines = std::io::stdin().lines().map_while(Result::ok);
    let counts = lines.filter_map(|line| line.trim().parse().ok());
    scenes.iter().map(ToString::to_string).zip(counts).collect()
}
