"""A client's WebSocket channel against the server of npm's ws.

usage: websock_node.py CLIENT [SEED]
"""

import os
import pathlib
import random
import shutil
import subprocess
import sys

from program import Program

client, *seeds = sys.argv[1:]
seed = seeds[0] if seeds else str(random.SystemRandom().getrandbits(31))
# Where Debian has the package node-ws; Node itself may be another one.
os.environ.setdefault('NODE_PATH', '/usr/share/nodejs')
if not shutil.which('node') or subprocess.run(['node', '-e', 'require("ws")'], stderr=subprocess.DEVNULL).returncode:
    print("skipped: there is no Node with ws here (Debian's package node-ws)")
    sys.exit(77)
print(f'seed {seed}', flush=True)
server = Program('node', pathlib.Path(__file__).with_name('websock-server.js'))
port = server.out.until(rb'(\d+)\n')[1].decode()
for path, expected, ends in [
    ('/echo', 'echoed', '/echo 1000 pongs'),
    ('/closes', 'The WebSocket peer has closed the connection', '/closes 1000'),
]:
    said = subprocess.run([client, port, path, seed], stdout=subprocess.PIPE, text=True, check=True, timeout=60)
    assert said.stdout.strip() == expected, said.stdout
    server.out.until(ends.encode() + rb'\n')
