#!/usr/bin/env python3
"""The library compiles without a warning where nothing else builds it: without TLS for the first, the default and the last
profile, which differ the most, and hosted for the default one. The deep check builds all others, embedded and hosted,
with warnings as errors.

usage: profiles.py CARGO SOURCE-ROOT TARGET-DIR
"""

import os
import subprocess
import sys

import abi

cargo, root, target = sys.argv[1:]
# What meson says of tools is what cargo takes anyway; said, it would compile all anew that asks for it.
environment = {name: value for name, value in os.environ.items() if name not in ('CC', 'PKG_CONFIG')}
environment.setdefault('CARGO_TARGET_DIR', target)
failed = []
for profile, host in (*((which, 'embedded') for which in (abi.PROFILES[0], abi.DEFAULT, abi.PROFILES[-1])), (abi.DEFAULT, 'tls')):
    features = f'qio-abi/{profile},{host}'
    print(features, flush=True)
    run = subprocess.run(
        [cargo, 'check', '--quiet', '--locked', '--package', 'qio-archive', '--package', 'qio-abi',
         '--no-default-features', '--features', features],
        cwd=root, env=environment, text=True, stderr=subprocess.PIPE,
    )  # fmt: skip
    sys.stdout.write(run.stderr)
    if run.returncode or run.stderr:
        failed.append(features)
sys.exit(f'failed: {failed}' if failed else 0)
