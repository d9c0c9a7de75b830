//! A Rust library that a program may have beside libqio: it uses std, and catches a panic.

#[unsafe(no_mangle)]
pub extern "C" fn other_length() -> usize {
    std::panic::set_hook(Box::new(|_| ()));
    let panicked = std::thread::spawn(|| panic!("{:?}", vec![1])).join().is_err();
    format!("{:?}", [panicked]).len()
}
