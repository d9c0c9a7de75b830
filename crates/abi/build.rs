//! Build script: turns the chosen row of `profiles.toml` into `cfg`s, here and in the crates above.

use std::env;
use std::error::Error;
use std::fs;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=profiles.toml");
    let table: toml::Table = fs::read_to_string("profiles.toml")?.parse()?;
    let default = table["default"].as_str().ok_or("no default profile")?;
    let feature = |name: &str| {
        // Cargo leaves the dots as they are.
        let name = name.to_uppercase().replace('-', "_");
        env::var_os(format!("CARGO_FEATURE_{name}")).is_some()
    };
    let names: Vec<_> = table.keys().filter(|name| *name != "default").collect();
    let chosen: Vec<_> = names.iter().filter(|name| feature(name)).collect();
    let chosen = match chosen[..] {
        [] => default,
        [name] => name,
        _ => return Err(format!("choose one ABI profile of: {chosen:?}").into()),
    };
    println!("cargo::metadata=PROFILE={chosen}");
    println!("cargo::rustc-check-cfg=cfg(profile, values(any()))");
    println!("cargo::rustc-cfg=profile=\"{chosen}\"");
    Ok(())
}
