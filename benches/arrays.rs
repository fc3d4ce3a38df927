//! The scenes of eight members in an array, to be counted: see `benches/README.md`.

mod count;
mod scene;
mod table;

fn main() {
    count::main(scene::list::arrays(), &table::PLAIN, count::targets::targets());
}
