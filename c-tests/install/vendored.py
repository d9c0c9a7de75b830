#!/usr/bin/env python3
"""docs/packaging.md's commands make a source tree that cargo needs no network for: with the home of
cargo empty, every crate that the lock file names is in the tree. What the crates then compile to is
what the other tests see.

usage: vendored.py CARGO SOURCE-DIR
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pages

cargo, source = sys.argv[1], pathlib.Path(sys.argv[2])
(commands,) = [block.text for block in pages.blocks('sh') if block.word('by') == 'vendored']

with tempfile.TemporaryDirectory() as scratch:
    tree = pathlib.Path(scratch) / 'tree'
    tree.mkdir()
    for name in ['Cargo.toml', 'Cargo.lock', 'build.rs', 'build_headers.rs']:
        shutil.copy(source / name, tree)
    for name in ['src', 'crates']:
        shutil.copytree(source / name, tree / name)
    home = pathlib.Path(scratch) / 'home'
    home.mkdir()
    # The cargo that builds the library comes first.
    path = f'{pathlib.Path(cargo).parent}:{os.environ["PATH"]}'
    subprocess.run(['sh', '-e', '-c', commands], cwd=tree, check=True, env={**os.environ, 'PATH': path})

    offline = {**os.environ, 'CARGO_HOME': str(home), 'CARGO_NET_OFFLINE': 'true'}
    metadata = [cargo, 'metadata', '--locked', '--format-version', '1', '--all-features']
    packages = json.loads(subprocess.check_output(metadata, cwd=tree, env=offline))['packages']
    crates = [package for package in packages if package['source']]
    for package in crates:
        if tree / 'vendor' not in pathlib.Path(package['manifest_path']).parents:
            sys.exit(f'{package["name"]} is at {package["manifest_path"]}')
    if len(crates) < 10:
        sys.exit(f'only {len(crates)} crates')
    print(f'{len(crates)} crates in vendor/')
