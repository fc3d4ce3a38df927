//! Sets and closures in spawned tasks: that these compile is the test. Each holds what the compiler has to look into to
//! see that a future is `Send`: closures with boxed errors, guards that borrow, futures that are joined.

use withal::{
    BoxError, ExitPool, ExitStack, Handle, Outcome, Resource, ResourceExt, ScopeError, Taken, adopt, around, defer,
    resource,
};

fn spawn<T: Send + 'static>(future: impl Future<Output = anyhow::Result<T>> + Send + 'static) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async { tokio::spawn(future).await.unwrap().unwrap() })
}

async fn pause() {
    tokio::task::yield_now().await;
}

async fn well() -> Result<(), BoxError> {
    pause().await;
    Ok(())
}

/// Its guard borrows.
struct Lends<'a>(&'a str);

impl<'a> Resource for Lends<'a> {
    type Guard = &'a str;
    type Error = std::io::Error;

    async fn enter(&mut self) -> std::io::Result<&'a str> {
        pause().await;
        Ok(self.0)
    }

    async fn exit(&mut self, _: &'a str, _: Outcome<'_>) -> std::io::Result<()> {
        pause().await;
        Ok(())
    }
}

#[test]
fn everything_from_closures_in_one_group() {
    let length = spawn(async {
        let text = String::from("abc");
        let borrowed = resource(
            async || {
                pause().await;
                Ok(text.as_str())
            },
            async |guard: &str, outcome: Outcome<'_>| {
                pause().await;
                assert_eq!((guard, outcome.kind()), ("abc", withal::OutcomeKind::Completed));
                Ok(())
            },
        );
        let owned = resource(
            async || Ok(String::from("x")),
            async |guard, _| {
                pause().await;
                drop(guard);
                Ok(())
            },
        );
        let function = around(async |lend| {
            let text = String::from("q");
            lend.through(resource(async || Ok(text.len()), async |_, _| well().await)).await?;
            Ok(())
        });
        let boxed = vec![owned.boxed(), adopt(String::new(), async |_, _| Ok(())).boxed()];
        let chain = Lends("k").then(|guard| Lends(guard));
        let ordered = (Lends("k").named("x"), Lends("k").map_err(|error| -> BoxError { error.into() })).in_order();
        (borrowed, function, boxed.limit(2), chain, ordered, defer(async |_| well().await))
            .scope(async |(borrowed, .., chain, _, ())| {
                pause().await;
                anyhow::Ok(borrowed.len() + chain.0.len())
            })
            .await
    });
    assert_eq!(length, 4);
}

#[test]
fn all_that_a_stack_can_do() {
    let length = spawn(async {
        let text = String::from("abc");
        let body = async |stack: &mut withal::OpenStack<'_>| {
            let mut first = stack.enter(resource(async || Ok(String::from("a")), async |_, _| Ok(()))).await?;
            let second = stack.enter((Lends("k"), Lends("l"))).await?;
            stack.defer(async |_| well().await);
            let mut third = stack.adopt(3, async |_, _| well().await);
            *third += 1;
            first.push('x');
            let (fourth, fifth) = futures::try_join!(
                stack.enter(resource(async || Ok(String::new()), async |_, _| Ok(()))),
                stack.enter(Lends("f").map_err(|error| -> BoxError { error.into() }))
            )?;
            pause().await;
            Handle::exit(fourth).await?;
            Taken::exit(Handle::take(fifth), Outcome::Completed).await?;
            let length = first.len() + second.0.len() + *third;
            drop((first, second, third));
            let all = stack.take_all();
            let inner = stack.enter(all).await?;
            let pool = inner.enter(ExitPool::new()).await?;
            pool.enter(Lends("z")).await?;
            anyhow::Ok(length)
        };
        let stack = ExitStack::new();
        let borrowed = Lends(&text);
        (stack, borrowed).scope(async |(stack, _)| body(stack).await).await
    });
    assert_eq!(length, 7);
}

/// An error of one's own: one `?` is enough for each.
#[derive(Debug, thiserror::Error)]
enum AppError {
    #[error("it is Monday")]
    Monday,
    #[error(transparent)]
    Scope(#[from] ScopeError),
}

#[test]
fn errors_go_into_any_error() {
    async fn own(stop: bool) -> Result<u8, AppError> {
        ExitPool::new()
            .scope(async |pool| {
                let member = pool.enter(Lends("a")).await?;
                Handle::exit(member).await?;
                let member = pool.enter(Lends("b")).await?;
                Taken::exit(Handle::take(member), Outcome::Completed).await?;
                pool.take_all().close().await?;
                if stop { Err(AppError::Monday) } else { Ok(1) }
            })
            .await
    }
    async fn boxed() -> Result<u8, BoxError> {
        ExitStack::new()
            .scope(async |stack| {
                Handle::exit(stack.enter(Lends("a")).await?).await?;
                stack.take_all().close().await?;
                Ok::<_, BoxError>(1)
            })
            .await
    }
    assert_eq!(
        spawn(async { anyhow::Ok((own(false).await?, boxed().await.map_err(anyhow::Error::from_boxed)?)) }),
        (1, 1)
    );
    assert!(spawn(async { anyhow::Ok(matches!(own(true).await, Err(AppError::Monday))) }));
}

/// What is made from closures can borrow from several arguments, without a lifetime that has a name.
#[test]
fn closures_borrow_from_several_arguments() {
    fn greeting(text: &str, name: &str) -> impl Resource<Guard = String> {
        resource(async move || Ok(format!("{text}, {name}")), async |_, _| Ok(()))
    }
    fn around_both(text: &str, name: &str) -> impl Resource<Guard = usize> {
        around(async move |lend| {
            lend.through(resource(async || Ok(text.len() + name.len()), async |_, _| well().await)).await?;
            Ok(())
        })
    }
    fn at_exit(text: &str, name: &str) -> impl Resource<Guard = usize> {
        adopt(text.len(), async move |_, _| {
            assert_eq!((text, name), ("hello", "world"));
            Ok(())
        })
    }
    let length = spawn(async {
        let (text, name) = (String::from("hello"), String::from("world"));
        let members = (greeting(&text, &name), around_both(&text, &name), at_exit(&text, &name));
        members.scope(async |(greeting, sum, length)| anyhow::Ok(greeting.len() + *sum + *length)).await
    });
    assert_eq!(length, 12 + 10 + 5);
}
