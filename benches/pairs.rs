//! The scenes of two and four members, to be counted: see `benches/README.md`.

mod count;
mod scene;
mod table;

fn main() {
    count::main(scene::list::pairs(), &table::PLAIN, count::targets::targets());
}
