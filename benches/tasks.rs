//! The scenes of scopes on tokio, and tasks, to be counted: see `benches/README.md`.

mod count;
mod scene;
mod table;

fn main() {
    count::main(scene::list::tasks(), &table::PLAIN, &[]);
}
