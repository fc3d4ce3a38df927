//! Figures side by side, as tables in Markdown.

use crate::scene::list::Scene;

/// Ways to compare: the first with each of the others.
struct Table {
    title: &'static str,
    ways: &'static [&'static str],
}

const TABLES: [Table; 4] = [
    Table {
        title: "by hand, with the same guarantee",
        ways: &["scope", "guaranteed by futures", "guaranteed by tokio", "guaranteed by the engine"],
    },
    Table {
        title: "by hand, as people write it, without the guarantee",
        ways: &["scope", "written with futures", "written with tokio", "written with the engine", "written in series"],
    },
    Table { title: "a task for each, without the guarantee", ways: &["scope on tokio", "spawned on tokio"] },
    Table { title: "a reaper that is never needed", ways: &["scope on a reaper", "scope"] },
];

/// A figure of a scene.
pub type Figure<'a> = (&'a Scene, u64);

/// Prints the tables for which there are figures, each row with the name that it is given.
pub fn print(what: &str, figures: &[Figure<'_>], row: impl Fn(&Scene) -> String) {
    for Table { title, ways } in TABLES {
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
