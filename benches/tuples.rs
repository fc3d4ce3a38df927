//! The scenes of members in a tuple or an array, to be counted: see `benches/README.md`.

mod count;
mod scene;
mod table;

fn main() {
    count::main(scene::list::tuples(), &table::PLAIN, count::targets::targets());
}
