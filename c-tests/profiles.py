#!/usr/bin/env python3
"""The library compiles for every profile and host, with and without TLS.

usage: profiles.py CARGO SOURCE-ROOT TARGET-DIR
"""

import subprocess
import sys

import abi

cargo, root, target = sys.argv[1:]
failed = 0
for profile in abi.PROFILES:
    for features in [profile, f'embedded,{profile}', f'embedded,tls,{profile}']:
        print(features, flush=True)
        failed += subprocess.run(
            [cargo, 'check', '--quiet', '--lib', '--locked', '--target-dir', target,
             '--no-default-features', '--features', features],
            cwd=root,
        ).returncode != 0  # fmt: skip
sys.exit(failed != 0)
