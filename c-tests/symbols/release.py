#!/usr/bin/env python3
"""The tree keeps what the last release had, and what it wouldn't keep is noticed: each kind of change that breaks programs,
and none that only adds.

usage: release.py RELEASE
"""

import subprocess
import sys

import abi
import releases

last = releases.known()[-1]
exports, headers, profiles = releases.exports(), releases.headers(), releases.profiles()
gio = releases.gio_exports()
complaints = []


def expect(what, text, exports=exports, headers=headers, profiles=profiles, gio=gio):
    """That a changed tree is complained of with a text; without one that it isn't."""
    problems = releases.missing(last, exports, headers, profiles, gio)
    if text is None and problems or text is not None and not any(text in problem for problem in problems):
        complaints.append(f'{what}: {problems or "no complaint"}')


def without(table, name):
    assert name in table, name
    return {key: value for key, value in table.items() if key != name}


def other(name, old, new):
    """The headers with a part of one declaration replaced."""
    assert old in headers[name], headers[name]
    return headers | {name: headers[name].replace(old, new)}


expect('nothing', None)
expect('a function gone', 'qio_stats was exported', exports=without(exports, 'qio_stats'))
expect('a function gone in one profile', f'{abi.DEFAULT}: qio_channel_read was exported', exports=exports | {
    'qio_channel_read': [profile for profile in abi.PROFILES if profile != abi.DEFAULT]})  # fmt: skip
expect('a function of libqio-gio gone', f'libqio-gio: {gio[0]} was', gio=gio[1:])
expect('a new function', None, exports=exports | {'qio_new': [releases.ALL]}, headers=headers | {
    'qio_new': 'void qio_new ( void )'})  # fmt: skip
expect('a profile gone', f'{abi.DEFAULT}: a profile of {last}', profiles=without(profiles, abi.DEFAULT))
expect('a profile measured otherwise', f'{abi.DEFAULT}: its measured', profiles=profiles | {abi.DEFAULT: '0' * 64})
expect('a prototype gone', 'qio_debug_dump was there', headers=without(headers, 'qio_debug_dump'))
expect('another prototype', 'int qio_debug_dump ( long fd )', headers=other('qio_debug_dump', 'int fd', 'long fd'))
expect('another constant', 'QIO_STATS_ERRNOS 200', headers=other('QIO_STATS_ERRNOS', '134', '200'))
# A struct that tells its size may grow; where its members are stays.
expect('a struct with its size that grows', None, headers=other('QIOLimits', ' ; } ', ' ; uint32_t more ; } ') | {
    'sizeof(QIOLimits)': 'at 0, 48 bytes'})  # fmt: skip
expect('a member before others', 'QIOLimits', headers=other('QIOLimits', 'size_t size ;', 'size_t size ; int more ;'))
expect('a member elsewhere', 'QIOLimits.accept_rate', headers=other('QIOLimits.accept_rate', 'at 24', 'at 32'))
expect('a struct that shrinks', 'sizeof(QIOLimits)', headers=headers | {'sizeof(QIOLimits)': 'at 0, 8 bytes'})
expect('a struct without its size that grows', 'QIOTraceSink', headers=other(
    'QIOTraceSink', ' ; } ', ' ; int more ; } ') | {'sizeof(QIOTraceSink)': 'at 0, 32 bytes'})  # fmt: skip
if not releases.may_become('typedef enum A { A_ONE , } A', 'typedef enum A { A_ONE , A_TWO , } A'):
    complaints.append('an enumeration can\'t grow at its end')
if releases.may_become('typedef enum A { A_ONE , } A', 'typedef enum A { A_TWO , A_ONE , } A'):
    complaints.append('an enumeration can grow at its beginning')
# What reads headers sees all of them.
for name in abi.OWN:
    if name not in headers:
        complaints.append(f'{name}: not found in include/qio')

ran = subprocess.run([sys.argv[1], '--check'], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
if ran.returncode:
    complaints.append(ran.stdout)
if complaints:
    sys.exit('\n'.join(complaints))
print(f'all of {last} is there; {len(exports)} exports, {len(headers)} declarations and layouts')
