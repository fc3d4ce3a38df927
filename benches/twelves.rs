//! The scenes of twelve members, to be counted: see `benches/README.md`.

mod count;
mod scene;
mod table;

fn main() {
    count::main(scene::list::twelves(), &table::PLAIN, count::targets::targets());
}
