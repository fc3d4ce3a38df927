//! A scope over twelve members, in a spawned task; with `--cfg more`, two more over other members.

#[macro_use]
mod members;

use members::spawn;
use withal::{BoxError, Outcome, Resource, ResourceExt};

macro_rules! program {
    ($($name:ident)+) => {$(
        mod $name {
            use super::*;

            members! { Resource told by Outcome }

            pub async fn run() -> Result<usize, BoxError> {
                let (a, b, c, d, e, f) = (A("a"), B("b"), C("c"), D("d"), E("e"), F("f"));
                let (g, h, i, j, k, l) = (G("g"), H("h"), I("i"), J("j"), K("k"), L("l"));
                (a, b, c, d, e, f, g, h, i, j, k, l)
                    .scope(async |(a, b, c, d, e, f, g, h, i, j, k, l)| {
                        std::future::ready(()).await;
                        let first = a.0.len() + b.0.len() + c.0.len() + d.0.len() + e.0.len() + f.0.len();
                        Ok(first + g.0.len() + h.0.len() + i.0.len() + j.0.len() + k.0.len() + l.0.len())
                    })
                    .await
            }
        }
    )+};
}

program! { one }
#[cfg(more)]
program! { two three }

fn main() {
    spawn(one::run());
    #[cfg(more)]
    spawn(async { (two::run().await, three::run().await) });
}
