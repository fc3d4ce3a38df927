//! The picture as SVG: one document without scripts, fonts and references to elsewhere.
//!
//! Every colour is accompanied by a shape or a letter: enters are plain blocks, exits are hatched, members that are up
//! are a thin line, calls that were dropped are hollow, and errors have a letter beside them.

mod legend;
mod row;
mod section;
mod sheet;
mod style;
mod xml;

use super::ScopeRecord;
use super::label::Label;
use super::summary::{summary, title};
use super::words::UNICODE;
use sheet::Sheet;
use std::format;
use std::string::String;
use std::time::Duration;
use std::vec::Vec;
use xml::Xml;

/// The most characters of a name; the rest is in the tooltip.
const LABEL: usize = 30;

pub(super) fn picture(scopes: &[ScopeRecord], now: Duration) -> String {
    let members = scopes.iter().flat_map(ScopeRecord::members);
    let label = members.map(|member| Label::new(member.path(), member.name()).columns()).max();
    let mut sheet = Sheet::new(label.unwrap_or(0).clamp(8, LABEL));
    let first = scopes.iter().map(ScopeRecord::opened).min().unwrap_or_default();
    for scope in scopes {
        section::draw(&mut sheet, scope, first, now);
    }
    if scopes.is_empty() {
        sheet.text(sheet::MARGIN, "s", "no scope was recorded");
        sheet.down(sheet::ROW);
    } else {
        legend::draw(&mut sheet);
    }

    let name = match scopes {
        [scope] => format!("Timeline of {}", UNICODE.name(&title(scope))),
        _ => format!("Timeline of {} scopes", scopes.len()),
    };
    let told =
        scopes.iter().map(|scope| format!("{}: {}.", UNICODE.name(&title(scope)), summary(scope, first, now, UNICODE)));
    let description = told.collect::<Vec<_>>().join("\n");
    let (width, height) = (sheet::WIDTH, sheet.height());
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" class=\"withal-timeline\" role=\"img\" \
         width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <title>{name}</title>\n<desc>{description}</desc>\n\
         <style>\n{style}</style>\n{patterns}\
         <rect class=\"paper\" x=\"0.5\" y=\"0.5\" width=\"{inner_width}\" height=\"{inner_height}\" rx=\"6\"/>\n\
         {drawn}</svg>\n",
        name = Xml(&name),
        description = Xml(&description),
        style = style::STYLE,
        patterns = style::PATTERNS,
        inner_width = width - 1,
        inner_height = height - 1,
        drawn = sheet.into_drawn(),
    )
}
