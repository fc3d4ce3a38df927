//! The scenes of members in a `Vec`, to be counted: see `benches/README.md`.

mod count;
mod scene;
mod table;

fn main() {
    count::main(scene::list::lists(), &table::PLAIN, count::targets::targets());
}
