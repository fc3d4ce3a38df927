//! Runs one scene so often, to count its instructions: see `benches/README.md`.
//!
//! `count <scene> <times>`; `count list` names the scenes, `count size` tells the sizes of futures, in bytes, and
//! `count allocations` the heap allocations of each scene.

mod scene;

use scene::{by_hand, in_a_scope, run};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use std::hint::black_box;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

type Scene = (&'static str, Box<dyn Fn()>);

fn scenes() -> Vec<Scene> {
    fn scene(name: &'static str, run: impl Fn() + 'static) -> Scene {
        (name, Box::new(run))
    }
    macro_rules! both {
        ($($name:literal: $function:ident($($argument:expr),*);)+) => {
            vec![$(
                scene(concat!("scope/", $name), || drop(black_box(run(in_a_scope::$function($($argument),*))))),
                scene(concat!("by hand/", $name), || drop(black_box(run(by_hand::$function($($argument),*))))),
            )+]
        };
    }
    let mut scenes = both! {
        "pair, ready": pair(0);
        "pair, pending once": pair(1);
        "pair, pending five times": pair(5);
        "four, ready": four(0);
        "four, pending once": four(1);
        "four, pending five times": four(5);
        "twelve, ready": twelve(0);
        "twelve, pending once": twelve(1);
        "twelve, pending five times": twelve(5);
        "array of 8, ready": array(0);
        "array of 8, pending once": array(1);
        "array of 8, pending five times": array(5);
        "vec of 10, ready": vec(10, 0);
        "vec of 10, pending once": vec(10, 1);
        "vec of 1000, ready": vec(1000, 0);
        "vec of 1000, pending once": vec(1000, 1);
    };
    for pending in [0, 1] {
        let name = if pending == 0 { "as written/pair, ready" } else { "as written/pair, pending once" };
        scenes.push(scene(name, move || drop(black_box(run(by_hand::pair_as_written(pending))))));
    }
    scenes
}

fn sizes() {
    macro_rules! size {
        ($($name:literal: $function:ident($($argument:expr),*);)+) => {$(
            let scope = size_of_val(&in_a_scope::$function($($argument),*));
            let hand = size_of_val(&by_hand::$function($($argument),*));
            println!("{}\t{scope}\t{hand}", $name);
        )+};
    }
    size! {
        "pair": pair(0);
        "four": four(0);
        "twelve": twelve(0);
        "array of 8": array(0);
        "vec": vec(1, 0);
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let (scenes, name) = (scenes(), arguments.next());
    match name.as_deref() {
        None => println!("count <scene> <times>, or list, size, allocations: see benches/README.md"),
        Some("list") => scenes.iter().for_each(|(name, _)| println!("{name}")),
        Some("size") => sizes(),
        Some("allocations") => {
            for (name, run) in &scenes {
                let region = Region::new(ALLOCATOR);
                run();
                println!("{name}\t{}", region.change().allocations);
            }
        }
        Some(wanted) => {
            let times = arguments.next().and_then(|times| times.parse().ok()).unwrap_or(1);
            let (_, run) = scenes.iter().find(|(name, _)| *name == wanted).expect("`count list` names the scenes");
            (0..times).for_each(|_| run());
        }
    }
}
