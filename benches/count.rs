//! Runs scenes so that their instructions can be counted, and sets the counts side by side: see `benches/README.md`.

mod check;
mod scene;
mod table;

use scene::list::{Scene, scenes};
use std::hint::black_box;
use table::Target;

const TARGETS: [Target; 2] = [
    Target {
        what: "instructions of tuples and arrays",
        most: 1.5,
        other: "guaranteed by futures",
        holds_for: |scene| !scene.shape.starts_with("Vec"),
    },
    Target {
        what: "instructions of a Vec woken one by one",
        most: 1.2,
        other: "guaranteed by futures",
        holds_for: |scene| scene.shape.starts_with("Vec") && scene.wait == "woken one by one",
    },
];

/// With the engine's own locks in it.
const WITH_STD: [Target; 1] = [Target {
    what: "instructions of tuples and arrays",
    most: 1.1,
    other: "guaranteed by the engine",
    holds_for: |scene| !scene.shape.starts_with("Vec"),
}];

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

/// Without an argument, as tests run it, it checks.
fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let mut scenes = scenes();
    scenes.retain(|scene| arguments.iter().skip(1).all(|part| scene.to_string().contains(part)));
    match arguments.first().map(String::as_str) {
        None | Some("check") => check(),
        Some("list") => scenes.iter().for_each(|scene| println!("{scene}")),
        Some("run") => scenes.iter().for_each(count),
        Some("table") => print(&scenes),
        Some(_) => println!("count check|list|run|table [part of a name].."),
    }
}

fn check() {
    match check::check() {
        Ok(runs) => println!("every way that claims the guarantee gives it, in {runs} runs"),
        Err(violation) => {
            eprintln!("{violation}");
            std::process::exit(1);
        }
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
fn print(scenes: &[Scene]) {
    let lines = std::io::stdin().lines().map_while(Result::ok);
    let figures: Vec<_> = scenes.iter().zip(lines.filter_map(|line| line.trim().parse().ok())).collect();
    table::print("instructions", &figures, |scene| format!("{}, {}", scene.shape, scene.wait));
    print_growth(&figures);
    table::print_targets(if std::env::var_os("FEATURES").is_some() { &WITH_STD } else { &TARGETS }, &figures);
}

/// Prints what a member costs among many, beside what it costs among a thousand.
fn print_growth(figures: &[table::Figure<'_>]) {
    let of_many = |(scene, _): &&table::Figure<'_>| {
        scene.shape == "Vec 100000" && ["scope", "guaranteed by futures"].contains(&scene.way)
    };
    let rows = figures.iter().filter(of_many).filter_map(|(scene, many)| {
        let thousand = table::find(figures, scene.way, "Vec 1000", scene.wait)?;
        let [few, many] = [thousand / 1000, many / 100_000];
        Some(format!("| {}, {} | {few} | {many} | {} |", scene.way, scene.wait, table::ratio(many, few)))
    });
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        println!("\ninstructions for a member of a Vec, which should not grow by half\n");
        println!("| way | among 1000 | among 100000 | ratio |\n|---|---:|---:|---:|\n{}", rows.join("\n"));
    }
}
