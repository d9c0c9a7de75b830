//! Build script: turns the chosen row of `profiles.toml` into `cfg`s, here and in the crates above.

use std::collections::BTreeSet;
use std::env;
use std::error::Error;
use std::fs;

use toml::{Table, Value};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=profiles.toml");
    let table: Table = fs::read_to_string("profiles.toml")?.parse()?;
    let switches = table["switches"].as_table().ok_or("no switches")?;
    let profiles = table["profiles"].as_table().ok_or("no profiles")?;
    println!("cargo::rerun-if-env-changed=QIO_ABI_SWITCHES");
    let custom = custom_row()?;
    let (profile, row) = match &custom {
        Some(row) => ("custom", row),
        None => chosen(&table, profiles)?,
    };

    let known: Vec<_> = switches.keys().map(String::as_str).collect();
    let row = resolved(profiles, row)?;
    let mut instructions = vec![
        format!("rustc-check-cfg=cfg({})", known.join(", ")),
        format!("rustc-env=QIO_ABI_SYMBOL=qio_abi_{}", symbol(profile, &row)),
    ];
    for switch in row {
        if !switches.contains_key(switch) {
            return Err(format!("{profile} has the unknown switch {switch}").into());
        }
        instructions.push(format!("rustc-cfg={switch}"));
    }
    for instruction in &instructions {
        println!("cargo::{instruction}");
    }
    // The build scripts above get the metadata as DEP_QIO_ABI_*, and print the same instructions.
    println!("cargo::metadata=INSTRUCTIONS={}", instructions.join(";"));
    println!("cargo::metadata=SWITCHES={}", known.join(" "));
    println!(
        "cargo::metadata=MACRO=QIO_ABI_{}",
        identifier(profile).to_uppercase()
    );
    Ok(())
}

/// The profile that a feature chooses, or the default one, and its row.
fn chosen<'t>(
    table: &'t Table,
    profiles: &'t Table,
) -> Result<(&'t str, &'t Value), Box<dyn Error>> {
    // Cargo leaves the dots in.
    let variable = |name: &str| format!("CARGO_FEATURE_{}", name.to_uppercase().replace('-', "_"));
    let wanted: Vec<_> = profiles
        .iter()
        .filter(|(name, _)| env::var_os(variable(name)).is_some())
        .collect();
    let asked =
        env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_FEATURE_QEMU"));
    if asked.count() != wanted.len() {
        return Err("a feature names no profile of profiles.toml".into());
    }
    let default = table["default"].as_str().ok_or("no default profile")?;
    match wanted[..] {
        [] => Ok((default, profiles.get(default).ok_or("no such default")?)),
        [(name, row)] => Ok((name, row)),
        [(one, _), (other, _), ..] => {
            Err(format!("choose one ABI profile, {one} or {other}").into())
        }
    }
}

/// The switches of a row: those of the row that it is `like`, and its own, `without` some.
fn resolved<'t>(profiles: &'t Table, row: &'t Value) -> Result<BTreeSet<&'t str>, Box<dyn Error>> {
    let list = |key: &str| {
        let found = row.get(key).and_then(Value::as_array).into_iter().flatten();
        found.filter_map(Value::as_str)
    };
    let mut switches = match row.get("like").and_then(Value::as_str) {
        Some(other) => resolved(profiles, profiles.get(other).ok_or("like an unknown row")?)?,
        None => BTreeSet::new(),
    };
    for switch in list("without") {
        if !switches.remove(switch) {
            return Err(format!("without {switch}, which the row that it is like has not").into());
        }
    }
    switches.extend(list("switches"));
    Ok(switches)
}

/// The combination of switches that the feature `custom` asks for.
fn custom_row() -> Result<Option<Value>, Box<dyn Error>> {
    if env::var_os("CARGO_FEATURE_CUSTOM").is_none() {
        return Ok(None);
    }
    let path = env::var("QIO_ABI_SWITCHES").map_err(|_| "QIO_ABI_SWITCHES names no file")?;
    println!("cargo::rerun-if-changed={path}");
    let row: Table = fs::read_to_string(path)?.parse()?;
    Ok(Some(Value::Table(row)))
}

/// The end of the symbol that programs refer to; a combination has the digest of its switches
/// (FNV-1a), as in `scripts/abi.py`.
fn symbol(profile: &str, switches: &BTreeSet<&str>) -> String {
    if profile != "custom" {
        return identifier(profile);
    }
    let text = switches.iter().copied().collect::<Vec<_>>().join("\n");
    let digest = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |value, byte| {
        (value ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("custom_{digest:016x}")
}

/// The profile's name as a part of C names.
fn identifier(profile: &str) -> String {
    profile.replace(['-', '.'], "_")
}
