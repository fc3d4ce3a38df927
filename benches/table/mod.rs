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
                let same =
                    |(other, _): &&Figure<'_>| (other.way, other.shape, other.wait) == (way, scene.shape, scene.wait);
                match figures.iter().find(same) {
                    Some((_, other)) => print!(" {other} | {} |", ratio(*figure, *other)),
                    None => print!(" | |"),
                }
            }
            println!();
        }
    }
}

/// How much more one figure is than another.
#[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
pub fn ratio(figure: u64, other: u64) -> String {
    if other == 0 { String::new() } else { format!("{:.2}", figure as f64 / other as f64) }
}
