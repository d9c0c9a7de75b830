//! Build script: takes over the switches of the ABI profile.

use std::env;

fn main() -> Result<(), env::VarError> {
    println!("cargo::rerun-if-changed=build.rs");
    for instruction in env::var("DEP_QIO_ABI_INSTRUCTIONS")?.split(';') {
        println!("cargo::{instruction}");
    }
    Ok(())
}
