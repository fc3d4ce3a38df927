//! Twelve kinds of members, each with a guard of its own, as a scope and by hand have them alike.

macro_rules! members {
    ($Trait:ident told by $Told:ident: $($Member:ident $Guard:ident),+) => {$(
        struct $Guard(String);

        struct $Member(&'static str);

        impl $Trait for $Member {
            type Guard = $Guard;
            type Error = std::io::Error;

            async fn enter(&mut self) -> std::io::Result<$Guard> {
                std::future::ready(()).await;
                Ok($Guard(self.0.to_owned()))
            }

            async fn exit(&mut self, guard: $Guard, _: $Told<'_>) -> std::io::Result<()> {
                std::future::ready(()).await;
                drop(guard);
                Ok(())
            }
        }
    )+};
    ($Trait:ident told by $Told:ident) => {
        members! {
            $Trait told by $Told:
            A GuardA, B GuardB, C GuardC, D GuardD, E GuardE, F GuardF,
            G GuardG, H GuardH, I GuardI, J GuardJ, K GuardK, L GuardL
        }
    };
}

/// Asks of a future what a spawner asks of it.
pub fn spawn<T>(_: impl Future<Output = T> + Send + 'static) {}
