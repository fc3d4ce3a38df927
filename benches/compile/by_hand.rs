//! The same by hand, with the same guarantee, in a spawned task: see `benches/scene/guaranteed/`. With `--cfg more`,
//! two more over other members.

mod guarantee;
#[macro_use]
mod members;

use guarantee::{BoxError, Failed, Log, Member, Phase, Slot, Told, call, resume_first};
use members::spawn;

macro_rules! program {
    ($($name:ident)+) => {$(
        mod $name {
            use super::*;

            members! { Member told by Told }

            pub async fn run() -> Result<usize, BoxError> {
                let mut log = Log::default();
                let mut returned = None;
                {
                    let log = &log;
                    let mut a = Slot::new(A("a"), 0, log);
                    let mut b = Slot::new(B("b"), 1, log);
                    let mut c = Slot::new(C("c"), 2, log);
                    let mut d = Slot::new(D("d"), 3, log);
                    let mut e = Slot::new(E("e"), 4, log);
                    let mut f = Slot::new(F("f"), 5, log);
                    let mut g = Slot::new(G("g"), 6, log);
                    let mut h = Slot::new(H("h"), 7, log);
                    let mut i = Slot::new(I("i"), 8, log);
                    let mut j = Slot::new(J("j"), 9, log);
                    let mut k = Slot::new(K("k"), 10, log);
                    let mut l = Slot::new(L("l"), 11, log);
                    let all_in: [bool; 12] = futures::join!(
                        a.enter(),
                        b.enter(),
                        c.enter(),
                        d.enter(),
                        e.enter(),
                        f.enter(),
                        g.enter(),
                        h.enter(),
                        i.enter(),
                        j.enter(),
                        k.enter(),
                        l.enter(),
                    )
                    .into();
                    if let (
                        true,
                        (Some(a), Some(b), Some(c), Some(d), Some(e), Some(f)),
                        (Some(g), Some(h), Some(i), Some(j), Some(k), Some(l)),
                    ) = (
                        all_in.into_iter().all(|is_in| is_in),
                        (&mut a.guard, &mut b.guard, &mut c.guard, &mut d.guard, &mut e.guard, &mut f.guard),
                        (&mut g.guard, &mut h.guard, &mut i.guard, &mut j.guard, &mut k.guard, &mut l.guard),
                    ) {
                        let body = async {
                            std::future::ready(()).await;
                            let first = a.0.len() + b.0.len() + c.0.len() + d.0.len() + e.0.len() + f.0.len();
                            Ok(first + g.0.len() + h.0.len() + i.0.len() + j.0.len() + k.0.len() + l.0.len())
                        };
                        let note = |ended| match ended {
                            Ok(ended) => returned = Some(ended),
                            Err(payload) => log.panic(None, Phase::Exit, payload),
                        };
                        call(|| body, note).await;
                    }
                    let told = match &returned {
                        Some(Ok(_)) => Told::Completed,
                        Some(Err(error)) => Told::Failed(error),
                        None => log.told(),
                    };
                    futures::join!(
                        l.exit(told),
                        k.exit(told),
                        j.exit(told),
                        i.exit(told),
                        h.exit(told),
                        g.exit(told),
                        f.exit(told),
                        e.exit(told),
                        d.exit(told),
                        c.exit(told),
                        b.exit(told),
                        a.exit(told),
                    );
                }
                match (returned, log.end()) {
                    (Some(result), failures) if failures.is_empty() => result,
                    (body, failures) => {
                        let failures = resume_first(failures);
                        Err(Failed { body: body.and_then(Result::err), failures }.into())
                    }
                }
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
