#!/bin/sh
# cargo package of a workspace verifies a member against another member as it was packaged earlier.
#
# `cargo package --workspace` unpacks each .crate file that it has made and builds it against those of the
# other members. What it takes of them is unpacked below CARGO_HOME, like crates of any registry, by name
# and version. Packaged again from the same folder with the same version, a member is built against what
# was unpacked the first time: one that uses what its neighbour has got since doesn't compile, though
# `cargo build` of the same tree does. Removing the whole target directory in between changes nothing;
# another CARGO_HOME does.
#
# A workspace of two crates, of which one calls the only function of the other; the function gets
# another name between two runs. Installs the toolchain 1.95.0 by rustup in a temporary folder; no crate
# is fetched. Seen with cargo 1.95.0:
#   first: builds, is packaged
#   second: builds, is not packaged: cannot find function `second` in crate `package_trial_base`
#   second, with a CARGO_HOME that is new: is packaged
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export RUSTUP_HOME="$dir/rustup" CARGO_HOME="$dir/home" RUSTUP_TOOLCHAIN=1.95.0
rustup toolchain install --profile minimal --no-self-update 1.95.0 >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
unset CARGO_TARGET_DIR

manifest() {
    printf '[package]\nname = "package-trial-%s"\nversion = "0.1.0"\nedition = "2021"\nlicense = "MIT"\n' "$1"
    printf 'description = "A trial"\n'
}
mkdir -p "$dir/tree/base/src" "$dir/tree/user/src"
cd "$dir/tree"
printf '[workspace]\nresolver = "2"\nmembers = ["base", "user"]\n' >Cargo.toml
manifest base >base/Cargo.toml
manifest user >user/Cargo.toml
printf '[dependencies]\npackage-trial-base = { path = "../base", version = "0.1.0" }\n' >>user/Cargo.toml

# Both crates anew, with this name of the function.
write() {
    rm -rf target
    echo "pub fn $1() {}" >base/src/lib.rs
    echo "pub fn call() { package_trial_base::$1() }" >user/src/lib.rs
    cargo build --offline --quiet
}
package() {
    cargo package --workspace --offline --allow-dirty --quiet >"$dir/log" 2>&1
}
fail() {
    echo "$1; it has changed, or this is another cargo:"
    cargo --version
    cat "$dir/log"
    exit 1
}

write first
package || fail 'the first is not packaged'
write second
! package || fail 'the second is packaged'
grep -q 'cannot find function `second` in crate `package_trial_base`' "$dir/log" || fail 'another error'
export CARGO_HOME="$dir/other-home"
package || fail 'with a new CARGO_HOME the second is not packaged either'
cargo --version
echo 'a member is verified against what another was when it was packaged first'
