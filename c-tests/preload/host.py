"""What a hosted libqio imports, for test programs that bring only a part of a host."""

import subprocess

import abi

# What examples/preload/other-host.c has.
OWN = {
    'register_module_init', 'type_register_static', 'object_new', 'object_ref', 'object_unref',
    'error_setg_internal', 'error_get_pretty', 'error_free', 'error_propagate',
}  # fmt: skip


def rest(profile, archive):
    """C that defines the other imports of the archive, as functions that nobody may call."""
    text = subprocess.check_output(['nm', '--undefined-only', '--format=posix', archive], text=True)
    undefined = {line.split()[0] for line in text.splitlines() if len(line.split()) > 1}
    known = abi.facts(profile)['host_functions']
    lines = ['#include <stdlib.h>']
    for name in sorted((undefined & known.keys()) - OWN):
        data = known[name].endswith(';')
        lines.append(f'void *{name};' if data else f'void {name}(void) {{ abort(); }}')
    return '\n'.join(lines) + '\n'
