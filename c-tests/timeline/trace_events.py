"""Reads the Trace Event format, and holds a file to its rules, by nothing of libqio.

The rules are those of the format's description ("Trace Event Format"): which phases there are, which fields each
needs, that the spans of a thread nest, that asynchronous spans of one track nest, that an arrow begins before
it goes on, and that each of its points lies in a span.
"""

import collections
import json

NEEDED = {
    'B': {'ts', 'tid', 'name', 'cat'}, 'E': {'ts', 'tid'}, 'b': {'ts', 'name', 'cat', 'id'}, 'e': {'ts', 'name', 'cat', 'id'},
    'n': {'ts', 'name', 'cat', 'id'}, 's': {'ts', 'tid', 'name', 'cat', 'id'}, 't': {'ts', 'tid', 'name', 'cat', 'id'},
    'f': {'ts', 'tid', 'name', 'cat', 'id'}, 'C': {'ts', 'name', 'args'}, 'M': {'name', 'args'}, 'i': {'ts', 'tid', 'name', 's'},
}  # fmt: skip


class Broken(Exception):
    pass


def unique(pairs):
    """An object whose names are each there once."""
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise Broken(f'twice the same name: {pairs}')
    return dict(pairs)


class Trace:
    """All rows, and what they come to: spans of threads, spans of tracks, arrows, counters, moments."""

    def __init__(self, text):
        document = json.loads(text, object_pairs_hook=unique, parse_constant=self.no_number)
        self.rows = document['traceEvents']
        self.threads, self.process = {}, None
        # (thread, name, category, begin, end or None, arguments, depth)
        self.spans = []
        # (track, name, category, begin, end or None, arguments)
        self.tracks = []
        self.arrows = collections.defaultdict(list)
        self.counters, self.moments = [], []
        self.open, self.open_tracks = collections.defaultdict(list), collections.defaultdict(list)
        last = 0
        for row in self.rows:
            phase = row['ph']
            if not (phase in NEEDED and NEEDED[phase] | {'pid'} <= row.keys()):
                raise Broken(f'lacks a field: {row}')
            if phase != 'M':
                if row['ts'] < last:
                    raise Broken(f'goes back in time: {row}')
                last = row['ts']
            if 'tid' in row and phase != 'M' and row['tid'] not in self.threads:
                raise Broken(f'a thread without a name: {row}')
            getattr(self, {'B': 'begin', 'E': 'end', 'b': 'begin_track', 'e': 'end_track', 'n': 'in_track', 'C': 'counter',
                           'M': 'metadata', 'i': 'moment'}.get(phase, 'arrow'))(row)  # fmt: skip
        for thread, stack in self.open.items():
            for depth, row in enumerate(stack):
                self.spans.append((thread, row['name'], row['cat'], row['ts'], None, row.get('args', {}), depth))
        for (_, track), stack in self.open_tracks.items():
            self.tracks += [(track, row['name'], row['cat'], row['ts'], None, row.get('args', {})) for row in stack]
        for number, points in self.arrows.items():
            phases = ''.join(phase for phase, _, _ in points)
            if phases not in ('s', 'st', 'stf', 'sf'):
                raise Broken(f'arrow {number} is {phases}')
        for name, values in self.counters:
            if any(value < 0 for value in values.values()):
                raise Broken(f'{name} counts {values}')

    @staticmethod
    def no_number(text):
        raise Broken(f'{text} is no JSON')

    def metadata(self, row):
        if row['name'] == 'thread_name':
            if row['tid'] in self.threads:
                raise Broken(f'two names for a thread: {row}')
            self.threads[row['tid']] = row['args']['name']
        elif row['name'] == 'process_name':
            self.process = row['args']['name']
        else:
            raise Broken(f'unknown metadata: {row}')

    def begin(self, row):
        self.open[row['tid']].append(row)

    def end(self, row):
        stack = self.open[row['tid']]
        if not stack or stack[-1]['name'] != row['name']:
            raise Broken(f'ends what is not the last span: {row}')
        begun = stack.pop()
        self.spans.append((row['tid'], row['name'], begun['cat'], begun['ts'], row['ts'], begun.get('args', {}), len(stack)))

    def begin_track(self, row):
        self.open_tracks[row['cat'], row['id']].append(row)

    def in_track(self, row):
        if not self.open_tracks[row['cat'], row['id']]:
            raise Broken(f'nothing is open there: {row}')
        self.moments.append((row['cat'], row['name']))

    def end_track(self, row):
        stack = self.open_tracks[row['cat'], row['id']]
        if not stack or stack[-1]['name'] != row['name']:
            raise Broken(f'ends what is not the last span of its track: {row}')
        begun = stack.pop()
        self.tracks.append((row['id'], row['name'], row['cat'], begun['ts'], row['ts'], begun.get('args', {}) | row.get('args', {})))

    def arrow(self, row):
        if not self.open[row['tid']]:
            raise Broken(f'an arrow that touches no span: {row}')
        self.arrows[row['id']].append((row['ph'], row['tid'], self.open[row['tid']][-1]['name']))

    def counter(self, row):
        self.counters.append((row['name'], row['args']))

    def moment(self, row):
        self.moments.append((row.get('cat'), row['name']))
