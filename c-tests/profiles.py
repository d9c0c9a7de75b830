#!/usr/bin/env python3
"""The library compiles without a warning for every profile; hosted and without TLS for the first, the default and
the last one, which differ the most: the deep check builds every profile hosted.

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
for profile in abi.PROFILES:
    ends = profile in (abi.PROFILES[0], abi.DEFAULT, abi.PROFILES[-1])
    for host in ['tls', 'embedded', 'embedded,tls'] if ends else ['embedded,tls']:
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
