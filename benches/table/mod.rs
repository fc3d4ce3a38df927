//! Figures side by side, as tables in Markdown.

#![allow(dead_code, reason = "each of the benches needs a part of it")]

use crate::scene::list::Scene;

/// Ways to compare: the first with each of the others.
pub struct Table {
    title: &'static str,
    ways: &'static [&'static str],
}

const fn table(title: &'static str, ways: &'static [&'static str]) -> Table {
    Table { title, ways }
}

/// The plain scopes.
pub const PLAIN: [Table; 3] = [
    table(
        "by hand, with the same guarantee",
        &["scope", "expert", "guaranteed by futures", "guaranteed by tokio", "guaranteed by the engine"],
    ),
    table(
        "by hand, as people write it, without the guarantee",
        &["scope", "written with futures", "written with tokio", "written with the engine", "written in series"],
    ),
    table("a task for each, without the guarantee", &["scope on tokio", "spawned on tokio"]),
];

/// What scopes are composed of.
pub const COMPOSED: [Table; 11] = [
    table("a reaper that is never needed", &["scope on a reaper", "scope", "expert"]),
    table("groups in a group", &["nested pairs", "scope", "expert"]),
    table("one made from the other", &["then", "expert in series", "written in series"]),
    table("in order", &["in order", "then", "expert in series", "written in series", "scope"]),
    table("a scope in the body", &["scope in the body", "expert in series", "scope"]),
    table("one at a time", &["limit(1)", "scope", "expert"]),
    table("four at a time", &["limit(4)", "scope", "expert"]),
    table("boxed members", &["boxed", "scope", "expert"]),
    table("entered while the body runs", &["stack", "pool", "in order", "scope"]),
    table("so many users of a shared resource", &["shared", "scope"]),
    table("members that work", &["background", "written with select"]),
];

/// Scopes in a build that can observe them.
pub const WATCHED: [Table; 2] =
    [table("nobody looks", &["scope", "expert"]), table("watched", &["watched by a timeline", "scope"])];

/// A figure of a scene.
pub type Figure<'a> = (&'a Scene, u64);

/// Prints the tables for which there are figures, each row with the name that it is given.
pub fn print(tables: &[Table], what: &str, figures: &[Figure<'_>], row: impl Fn(&Scene) -> String) {
    if figures.iter().all(|(scene, _)| scene.way == figures[0].0.way) {
        return print_alone(what, figures, row);
    }
    for Table { title, ways } in tables {
        let ways: Vec<_> = ways.iter().filter(|way| figures.iter().any(|(scene, _)| scene.way == **way)).collect();
        let Some((first, others)) = ways.split_first() else { continue };
        if others.is_empty() {
            continue;
        }
        let heads: Vec<_> = others.iter().map(|way| format!(" {way} | ratio |")).collect();
        let rules = "---:|---:|".repeat(others.len());
        println!("\n{what}: {title}\n\n| members | {first} |{}\n|---|---:|{rules}", heads.concat());
        for (scene, figure) in figures.iter().filter(|(scene, _)| scene.way == **first) {
            print!("| {} | {figure} |", row(scene));
            for way in others {
                match find(figures, way, scene.shape, scene.wait) {
                    Some(other) => print!(" {other} | {} |", ratio(*figure, other)),
                    None => print!(" | |"),
                }
            }
            println!();
        }
    }
}

/// Prints the figures of one way, where a filter left nothing to compare it with.
fn print_alone(what: &str, figures: &[Figure<'_>], row: impl Fn(&Scene) -> String) {
    for (index, (scene, figure)) in figures.iter().enumerate() {
        if index == 0 {
            println!("\n{what}\n\n| members | {} |\n|---|---:|", scene.way);
        }
        println!("| {} | {figure} |", row(scene));
    }
}

/// What a scope may cost at most, as a multiple of what another way costs.
pub struct Target {
    pub what: &'static str,
    pub most: f64,
    pub other: &'static str,
    pub holds_for: fn(&Scene) -> bool,
}

/// Prints for each target the scene that is furthest from it, or nearest to it if it is met everywhere.
pub fn print_targets(targets: &[Target], figures: &[Figure<'_>]) {
    let rows = targets.iter().filter_map(|Target { what, most, other, holds_for }| {
        let scopes = figures.iter().filter(|(scene, _)| scene.way == "scope" && holds_for(scene));
        let ratios = scopes.filter_map(|(scene, figure)| {
            let other = find(figures, other, scene.shape, scene.wait)?;
            Some((quotient(*figure, other), scene))
        });
        let (ratio, scene) = ratios.max_by(|a, b| a.0.total_cmp(&b.0))?;
        let met = if ratio > *most { "missed" } else { "met" };
        Some(format!("| {what}, beside {other} | {most} | {ratio:.2} | {}, {} | {met} |", scene.shape, scene.wait))
    });
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        println!("\n| target | at most | furthest | where | |\n|---|---:|---:|---|---|\n{}", rows.join("\n"));
    }
}

/// The figure of one scene.
pub fn find(figures: &[Figure<'_>], way: &str, shape: &str, wait: &str) -> Option<u64> {
    let wanted = |scene: &Scene| (scene.way, scene.shape, scene.wait) == (way, shape, wait);
    figures.iter().find(|(scene, _)| wanted(scene)).map(|(_, figure)| *figure)
}

/// How much more one figure is than another.
pub fn ratio(figure: u64, other: u64) -> String {
    if other == 0 { String::new() } else { format!("{:.2}", quotient(figure, other)) }
}

#[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
fn quotient(figure: u64, other: u64) -> f64 {
    figure as f64 / other as f64
}
