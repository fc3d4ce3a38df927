//! The style. All selectors begin with the document's own class, so that they do not affect a page that includes it.

/// Plain colours for both schemes, because not every SVG viewer supports variables in CSS.
pub(super) const STYLE: &str = "\
.withal-timeline text{font:12px ui-monospace,\"SF Mono\",Menlo,Consolas,\"DejaVu Sans Mono\",monospace;fill:#1f2328;white-space:pre}
.withal-timeline .h{font:600 15px system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,sans-serif}
.withal-timeline .s,.withal-timeline .t,.withal-timeline .c{font:13px system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,sans-serif;fill:#59636e}
.withal-timeline .t,.withal-timeline .c{font-size:11px}
.withal-timeline .t,.withal-timeline .letter{text-anchor:middle}
.withal-timeline .n,.withal-timeline .c{text-anchor:end}
.withal-timeline .letter{font:700 10px system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,sans-serif;fill:#fff}
.withal-timeline .paper{fill:#fff;stroke:#d0d7de}
.withal-timeline .z{fill:#f3f5f8}
.withal-timeline .while{fill:#6e7781;fill-opacity:.1}
.withal-timeline .g{fill:none;stroke:#d8dee4;stroke-width:1}
.withal-timeline .enter,.withal-timeline .enter-ink{fill:#1f6feb;stroke:#1f6feb}
.withal-timeline .exit{fill:url(#withal-exit) #c2650c;stroke:#c2650c}
.withal-timeline .exit-ink{fill:#c2650c}
.withal-timeline .stripe{fill:#fff;fill-opacity:.55}
.withal-timeline .up{fill:#2f8f7b;stroke:#2f8f7b}
.withal-timeline .body{fill:#6e7781;stroke:#6e7781}
.withal-timeline .bad{stroke:#cf222e;stroke-width:2}
.withal-timeline .cut{fill-opacity:.15;stroke-dasharray:3 2}
.withal-timeline .alarm{fill:#cf222e}
.withal-timeline .loss{fill:#6639ba}
.withal-timeline .wait{fill:#57606a}
@media (prefers-color-scheme:dark){
.withal-timeline text{fill:#e6edf3}
.withal-timeline .s,.withal-timeline .t,.withal-timeline .c{fill:#9ea7b3}
.withal-timeline .letter{fill:#0d1117}
.withal-timeline .paper{fill:#0d1117;stroke:#3d444d}
.withal-timeline .z{fill:#161b22}
.withal-timeline .while{fill:#9ea7b3;fill-opacity:.13}
.withal-timeline .g{stroke:#2a313c}
.withal-timeline .enter,.withal-timeline .enter-ink{fill:#4493f8;stroke:#4493f8}
.withal-timeline .exit{fill:url(#withal-exit) #f0883e;stroke:#f0883e}
.withal-timeline .exit-ink{fill:#f0883e}
.withal-timeline .stripe{fill:#0d1117}
.withal-timeline .up{fill:#3fb598;stroke:#3fb598}
.withal-timeline .body{fill:#9ea7b3;stroke:#9ea7b3}
.withal-timeline .bad{stroke:#ff7b72}
.withal-timeline .alarm{fill:#ff7b72}
.withal-timeline .loss{fill:#d2a8ff}
.withal-timeline .wait{fill:#b1bac4}
}
";

pub(super) const PATTERNS: &str = "\
<defs><pattern id=\"withal-exit\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
<rect class=\"exit-ink\" width=\"6\" height=\"6\"/><rect class=\"stripe\" width=\"2.4\" height=\"6\"/></pattern></defs>\n";
