//! Build script: the switches of the ABI profile, and, with `headers`, the C headers of io/.

use std::env;
use std::error::Error;
#[cfg(feature = "headers")]
use std::{fs, path::Path};

#[cfg(feature = "headers")]
#[path = "build_headers.rs"]
mod headers;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    for instruction in env::var("DEP_QIO_ABI_INSTRUCTIONS")?.split(';') {
        println!("cargo::{instruction}");
    }
    #[cfg(feature = "headers")]
    headers::generate(&Path::new(&env::var_os("OUT_DIR").ok_or("no OUT_DIR")?).join("include"))?;
    Ok(())
}

/// Makes changes below `path` a reason to build again.
///
/// Each file by its name: ninja, which reads the list too, only looks at the directory itself.
#[cfg(feature = "headers")]
fn watch(path: &Path) -> Result<(), Box<dyn Error>> {
    if path.exists() {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            watch(&entry?.path())?;
        }
    }
    Ok(())
}
