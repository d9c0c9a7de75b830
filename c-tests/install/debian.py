#!/usr/bin/env python3
"""debian/ names the licence of every crate that the library is made of, and what scripts/debian-source makes of it for
another profile has no file and no package of the default one's, nor documentation. The packages themselves: scripts/packages.

usage: debian.py SOURCE-DIR
"""

import importlib.machinery
import importlib.util
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import abi

source = pathlib.Path(sys.argv[1]).resolve()
loader = importlib.machinery.SourceFileLoader('debian_source', str(source / 'scripts/debian-source'))
debian_source = importlib.util.module_from_spec(importlib.util.spec_from_loader('debian_source', loader))
loader.exec_module(debian_source)
complaints = []

crates = sorted(f'{name}-{version}' for name, version in debian_source.needed_crates())
if len(crates) < 30:
    complaints.append(f'only {len(crates)} crates')
complaints += [f'debian/copyright: no licence of {crate}' for crate in debian_source.without_licence(crates)]
# Of a crate with a longer name, and of one that isn't there.
for name in 'serde_other-1.0.0', 'serd-1.0.0':
    if debian_source.without_licence([name]) != [name]:
        complaints.append(f'debian/copyright: is taken to name {name}')


def packages(folder):
    return re.findall(r'^Package: (.*)', (folder / 'control').read_text(), re.M)


of_default_profile = re.compile(re.escape(abi.DEFAULT) + r'(?!\.?\d)')
of_default = packages(source / 'debian')
for profile in abi.PROFILES:
    if profile == abi.DEFAULT:
        continue
    number = profile.removeprefix('qemu-').replace('.', '-')
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch) / 'debian'
        shutil.copytree(source / 'debian', folder, ignore=shutil.ignore_patterns('cargo-*', 'tmp', '.debhelper'))
        debian_source.for_profile(folder, profile)
        own = packages(folder)
        control = (folder / 'control').read_text()
        if 'Architecture: all' in control or 'Build-Depends-Indep' in control:
            complaints.append(f'{profile}: has documentation, or asks for what makes it')
        if f'libqio-{number}' not in own or f'libqio-{number}-dev' not in own:
            complaints.append(f'{profile}: its packages are {" ".join(own)}')
        if both := set(own) & set(of_default):
            complaints.append(f'{profile}: a package of the default profile has that name, too: {" ".join(both)}')
        installed = {path: [line.split()[0] for line in path.read_text().splitlines()] for path in folder.glob('*.install')}
        if {path.name.removesuffix('.install') for path in installed} != set(own):
            complaints.append(f'{profile}: packages {own}, and files {sorted(path.name for path in installed)}')
        for path, lines in installed.items():
            # What two profiles would both install.
            complaints += [f'{profile}: {path.name}: {line} has no profile in its name' for line in lines
                           if line.startswith('usr/') and not re.search(r'[*]|qemu-', line.split('/')[-1])]  # fmt: skip
        for path in folder.rglob('*'):
            if path.is_file() and path.name not in ('changelog', 'copyright') and of_default_profile.search(path.read_text()):
                complaints.append(f'{profile}: {path.name} names {abi.DEFAULT}')
        version = subprocess.check_output(['sed', '-n', '1p', folder / 'changelog'], text=True)
        if not version.startswith(f'libqio-{number} ('):
            complaints.append(f'{profile}: the change log is of {version}')

if complaints:
    sys.exit('\n'.join(complaints))
print(f'{len(crates)} crates with their licences; packages of {len(abi.PROFILES) - 1} more profiles')
