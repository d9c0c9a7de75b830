#!/bin/sh
# GCC: a header that is found as HEADER.gch alone can be included once; the second time its file is missed.
#
# For each directory of the search path GCC looks for a precompiled header before it looks for the header
# itself, and one that can't be used is passed over: behind the first declaration, where none is taken any
# more, the search goes on to the next directory and finds the header there. So a directory of .gch files
# at the head of the path looks like a cache that can be left out or be out of date. But where the
# precompiled header was taken, the same #include once more, as other headers have it, is an error: GCC wants
# to see whether the file has guards, in the directory where the .gch was, and doesn't go on to the next.
# With an empty file of that name beside the .gch it compiles.
#
# Installs gcc-12 and cpp-12 of Debian 12, as pinned, in a temporary folder; the libraries that they stand on
# (gmp, mpfr, mpc, isl and so on) are taken from the system.
# Seen with gcc 12.2.0:
#   once: compiles
#   twice: fatal error: first/part/size.h: No such file or directory
#   once, behind a declaration: compiles
#   twice, with an empty file: compiles
set -eu

version=12.2.0-14+deb12u1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -qq "gcc-12=$version" "cpp-12=$version"
for package in *.deb; do
    dpkg-deb -x "$package" root
done
bin=$(echo root/usr/bin/*-linux-gnu*-gcc-12)
gcc() {
    "$bin" -B"$(dirname "$(find root -name cc1)")" "$@"
}

mkdir -p first/part second/part
cat >second/part/size.h <<'EOF'
#ifndef PART_SIZE_H
#define PART_SIZE_H
typedef unsigned long part_size;
#endif
EOF
gcc -x c-header second/part/size.h -o first/part/size.h.gch

# What the compiler says to these lines is expected to be this.
expect() {
    what=$1 expected=$2
    shift 2
    printf '%s\n' "$@" >unit.c
    if LC_ALL=C gcc -Ifirst -Isecond -fsyntax-only unit.c >said 2>&1; then
        said=compiles
    else
        said=$(grep -o 'fatal error: .*' said || cat said)
    fi
    echo "$what: $said"
    [ "$said" = "$expected" ] || { echo "it has changed, or this is another GCC:"; gcc --version; exit 1; }
}
include='#include "part/size.h"'
use='part_size size;'
missing='fatal error: first/part/size.h: No such file or directory'

expect 'once' compiles "$include" "$use"
expect 'twice' "$missing" "$include" "$include" "$use"
expect 'once, behind a declaration' compiles 'int before;' "$include" "$use"
: >first/part/size.h
expect 'twice, with an empty file' compiles "$include" "$include" "$use"
gcc --version | head -1
