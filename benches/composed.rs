//! The scenes of what scopes are composed of, to be counted: see `benches/README.md`.

mod count;
mod scene;
mod table;

fn main() {
    count::main(scene::composed::composed(), &table::COMPOSED, &[]);
}
