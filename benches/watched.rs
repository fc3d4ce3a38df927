//! The scenes of scopes in a build that can observe them, to be counted: see `benches/README.md`.

mod count;
mod scene;
mod table;

fn main() {
    count::main(scene::watched::watched(), &table::WATCHED, &[]);
}
