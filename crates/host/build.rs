//! Build script: takes over the switches of the ABI profile.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let profile = env::var("DEP_QIO_ABI_PROFILE").unwrap_or_default();
    println!("cargo::rustc-check-cfg=cfg(profile, values(any()))");
    println!("cargo::rustc-cfg=profile=\"{profile}\"");
}
