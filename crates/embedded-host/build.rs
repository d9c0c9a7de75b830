//! Build script: the switches of the ABI profile, and the C parts of the embedded host.
//!
//! Stable Rust can't define C-variadic functions nor name `va_list`, and a weak default must stand
//! in an object of its own (R-HDR-9, R-MON-1): these few functions are C.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// The C headers of the project.
const INCLUDE: &str = "../../include";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    for instruction in env::var("DEP_QIO_ABI_INSTRUCTIONS")?.split(';') {
        println!("cargo::{instruction}");
    }
    compile_c(Path::new("src/c"), &["required", "extras"])?;
    if env::var_os("CARGO_FEATURE_TLS").is_some() {
        link_gnutls()?;
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
    let glib: Vec<_> = pkg_config("--cflags-only-I", "glib-2.0", "libglib2.0-dev")?
        .into_iter()
        .filter_map(|flag| flag.strip_prefix("-I").map(PathBuf::from))
        .collect();
    cc::Build::new()
        .files(sources)
        .include(INCLUDE)
        .includes(glib)
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

/// Links what cargo links, tests for one, with GnuTLS; a C program's linker is told by meson.
fn link_gnutls() -> Result<(), Box<dyn Error>> {
    for flag in pkg_config("--libs", "gnutls", "libgnutls28-dev")? {
        if let Some(directory) = flag.strip_prefix("-L") {
            println!("cargo::rustc-link-search=native={directory}");
        } else if let Some(library) = flag.strip_prefix("-l") {
            println!("cargo::rustc-link-lib={library}");
        }
    }
    Ok(())
}

/// The flags that pkg-config tells for a module, which is in the Debian package.
fn pkg_config(what: &str, module: &str, package: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let output = std::process::Command::new("pkg-config")
        .args([what, module])
        .output()?;
    if !output.status.success() {
        return Err(format!("pkg-config doesn't find {module} (Debian: {package})").into());
    }
    let flags = String::from_utf8(output.stdout)?;
    Ok(flags.split_whitespace().map(str::to_owned).collect())
}
