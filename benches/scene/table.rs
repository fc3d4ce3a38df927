//! Figures side by side, as tables in Markdown.

use super::list::Scene;
use std::collections::HashMap;

struct Table {
    title: &'static str,
    /// What the others are compared with: their ratio says how much more it takes.
    first: &'static str,
    others: &'static [&'static str],
}

const TABLES: [Table; 1] = [Table {
    title: "By hand with the same guarantee",
    first: "scope",
    others: &["guaranteed futures", "guaranteed tokio", "guaranteed engine"],
}];

/// Prints what there are figures for.
pub fn print(scenes: &[Scene], figures: &HashMap<String, u64>) {
    for Table { title, first, others } in TABLES {
        let figure = |way: &str, scene: &Scene| figures.get(&format!("{way}/{}, {}", scene.shape, scene.wait)).copied();
        let others: Vec<_> = others.iter().filter(|way| scenes.iter().any(|scene| scene.way == **way)).collect();
        let rows = scenes.iter().filter(|scene| scene.way == first);
        if rows.clone().next().is_none() {
            continue;
        }
        print!("\n{title}\n\n| members | {first} |");
        others.iter().for_each(|way| print!(" {way} | ratio |"));
        print!("\n|---|---:|");
        others.iter().for_each(|_| print!("---:|---:|"));
        println!();
        for scene in rows {
            let base = figure(first, scene);
            print!("| {}, {} | {} |", scene.shape, scene.wait, shown(base));
            for way in &others {
                let other = figure(way, scene);
                print!(" {} | {} |", shown(other), ratio(base, other));
            }
            println!();
        }
    }
}

fn shown(figure: Option<u64>) -> String {
    figure.map_or_else(String::new, |figure| figure.to_string())
}

#[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
fn ratio(base: Option<u64>, other: Option<u64>) -> String {
    match (base, other) {
        (Some(base), Some(other)) => format!("{:.2}", base as f64 / other as f64),
        _ => String::new(),
    }
}
