#!/bin/sh
# cargo's `include` makes `cargo build` walk every folder beside the sources, through symbolic links, too.
#
# A package with a build script that says `include = ["/src/**", "/build.rs"]` seems to be the one for which cargo
# has least to look at. It is the one for which cargo looks at most: before the build script has run in a
# target directory, cargo wants the time of the latest file of the package. With `include` it walks all folders
# for that, whether git ignores them or not, and only then asks of each file whether it is included. Links to folders are
# followed, so the walk leaves the tree. Where a build lies in the tree, `cargo build` gets slower with
# everything in it, and fails where a folder opens and can't be listed. The same files named by
# `exclude = ["/*", "!/src/", "!/build.rs"]` are found without: no other folder is looked at, and the package is equal.
#
# A link from a folder to itself shows where the walk has been: cargo warns of it. Installs the
# toolchain 1.95.0 by rustup in a temporary folder; no crate is fetched. Seen with cargo 1.95.0:
#   include: warning: File system loop found: ignored/deep/loop points to an ancestor
#   exclude: no warning, the same list of files
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export RUSTUP_HOME="$dir/rustup" CARGO_HOME="$dir/home" RUSTUP_TOOLCHAIN=1.95.0
rustup toolchain install --profile minimal --no-self-update 1.95.0 >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
unset CARGO_TARGET_DIR

mkdir -p "$dir/tree/src" "$dir/tree/ignored/deep"
cd "$dir/tree"
git init --quiet .
printf '/ignored/\n/target/\n' >.gitignore
ln -s . ignored/deep/loop
echo 'pub fn nothing() {}' >src/lib.rs
echo 'fn main() { println!("cargo::rerun-if-changed=build.rs"); }' >build.rs

fail() {
    echo "$1; it has changed, or this is another cargo:"
    cargo --version
    cat "$dir/log"
    exit 1
}
# Builds anew a package that says this, and lists its files.
build() {
    rm -rf target
    printf '[package]\nname = "include-trial"\nversion = "0.1.0"\nedition = "2021"\n%s\n' "$1" >Cargo.toml
    git add .
    cargo build --offline >"$dir/log" 2>&1
    cargo package --list --offline --allow-dirty 2>/dev/null
}

included=$(build 'include = ["/src/**", "/build.rs"]')
grep -q 'File system loop found: .*/ignored/deep/loop points to an ancestor' "$dir/log" || fail 'no walk with include'
excluded=$(build 'exclude = ["/*", "!/src/", "!/build.rs"]')
! grep -q 'File system loop' "$dir/log" || fail 'a walk with exclude'
[ "$included" = "$excluded" ] || fail 'other files'
cargo --version
echo 'with include cargo build walks a folder that is neither included nor tracked; with exclude it does not'
