/// Calls a macro for tuples of 1 to 12 members: with the members in order, and with the members in reverse.
macro_rules! for_each_tuple {
    ($callback:ident) => {
        for_each_tuple! { @grow $callback [] []
            (A a 0) (B b 1) (C c 2) (D d 3) (E e 4) (F f 5) (G g 6) (H h 7) (I i 8) (J j 9) (K k 10) (L l 11)
        }
    };
    (@grow $callback:ident [$($up:tt)*] [$($down:tt)*] $next:tt $($rest:tt)*) => {
        $callback! { [$($up)* $next] [$next $($down)*] }
        for_each_tuple! { @grow $callback [$($up)* $next] [$next $($down)*] $($rest)* }
    };
    (@grow $callback:ident $up:tt $down:tt) => {};
}
