//! Checks that what is compared gives the same guarantee: see `benches/README.md`.

mod guarantee;
mod scene;

fn main() {
    match guarantee::check() {
        Ok(runs) => println!("every way that claims the guarantee gives it, in {runs} runs"),
        Err(violation) => {
            eprintln!("{violation}");
            std::process::exit(1);
        }
    }
}
