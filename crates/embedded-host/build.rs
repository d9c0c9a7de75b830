//! Build script: the switches of the ABI profile, and the C parts of the embedded host.
//!
//! Stable Rust can't define C-variadic functions nor name `va_list`, and a weak default must stand
//! in an object of its own (R-HDR-9, R-MON-1): these few functions are C.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// The C headers of the project, by a link that becomes their copy in a package.
const INCLUDE: &str = "include";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    for instruction in env::var("DEP_QIO_ABI_INSTRUCTIONS")?.split(';') {
        println!("cargo::{instruction}");
    }
    compile_c(Path::new("src/c"), &["required", "extras"])?;
    if env::var_os("CARGO_FEATURE_TLS").is_some() {
        // What cargo links, tests for one; a C program's linker is told by meson.
        pkg_config("gnutls", "libgnutls28-dev", true)?;
    }
    Ok(())
}

/// Compiles each C file in the folders of `dir` to an object of its own in the library.
fn compile_c(dir: &Path, folders: &[&str]) -> Result<(), Box<dyn Error>> {
    watch(dir)?;
    watch(Path::new(INCLUDE))?;
    let mut sources = Vec::new();
    for folder in folders {
        for entry in fs::read_dir(dir.join(folder))? {
            let path: PathBuf = entry?.path();
            if path.extension().is_some_and(|e| e == "c") {
                sources.push(path);
            }
        }
    }
    sources.sort();
    cc::Build::new()
        .files(sources)
        .include(INCLUDE)
        .includes(pkg_config("glib-2.0", "libglib2.0-dev", false)?)
        .define(&env::var("DEP_QIO_ABI_MACRO")?, None)
        .define("_GNU_SOURCE", None)
        .define("_FILE_OFFSET_BITS", "64")
        .std("gnu11")
        .flag("-Wall")
        .flag("-Wextra")
        .flag("-Wno-unused-parameter")
        .flag("-Wno-missing-field-initializers")
        .pic(true)
        .link_lib_modifier("+whole-archive")
        .compile("qio-c");
    Ok(())
}

/// Makes changes below `path` a reason to build again.
///
/// Each file by its name: ninja, which reads the list too, only looks at the directory itself.
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

/// Where the headers of a module are, which is in the Debian package; with `link` cargo is told to link with it.
///
/// Of a cross build the variables say which pkg-config, `PKG_CONFIG_aarch64_unknown_linux_gnu` for one.
fn pkg_config(module: &str, package: &str, link: bool) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let found = pkg_config::Config::new().cargo_metadata(link).probe(module);
    let library =
        found.map_err(|e| format!("pkg-config doesn't find {module} (Debian: {package}): {e}"))?;
    Ok(library.include_paths)
}
