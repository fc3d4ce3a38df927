//! Runs scenes so that their instructions can be counted, and prints the counts side by side.

pub mod targets;

use crate::scene::list::Scene;
use crate::table::{self, Table, Target};
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

/// Does what the first argument says, for the scenes whose names contain all of the others.
pub fn main(mut scenes: Vec<Scene>, tables: &[Table], targets: &[Target]) {
    let arguments: Vec<_> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    scenes.retain(|scene| arguments.iter().skip(1).all(|part| scene.to_string().contains(part)));
    match arguments.first().map(String::as_str) {
        Some("list") => scenes.iter().for_each(|scene| println!("{scene}")),
        Some("run") => scenes.iter().for_each(count),
        Some("table") => print(&scenes, tables, targets),
        _ => println!("list|run|table [part of a name].."),
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
fn print(scenes: &[Scene], tables: &[Table], targets: &[Target]) {
    let lines = std::io::stdin().lines().map_while(Result::ok);
    let figures: Vec<_> = scenes.iter().zip(lines.filter_map(|line| line.trim().parse().ok())).collect();
    table::print(tables, "instructions", &figures, |scene| format!("{}, {}", scene.shape, scene.wait));
    print_growth(&figures);
    table::print_targets(targets, &figures);
}

/// Prints what a member costs among many, beside what it costs among a thousand.
fn print_growth(figures: &[table::Figure<'_>]) {
    let of_many = |(scene, _): &&table::Figure<'_>| {
        scene.shape == "Vec 100000" && ["scope", "expert", "guaranteed by futures"].contains(&scene.way)
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
