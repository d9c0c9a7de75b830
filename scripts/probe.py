"""What a source tree's headers say, found out by compiling small C files with its options."""

import os
import re
import subprocess

import abi
import contract


class Unusable(Exception):
    """The tree does not compile; one line says why."""


class Compiler:
    """The compiler with the options of a tree."""

    def __init__(self, compiler, options, directory):
        # What it says is read here, and meson asks for colours.
        plain = ['-fno-lto', '-fdiagnostics-color=never', '-fmessage-length=0', '-x', 'c']
        self.command = [*compiler, *options, *plain]
        self.directory = directory
        version = self._run(['--version'], '')
        if version.returncode:
            raise Unusable(f'{self.command[0]}: no C compiler')
        if 'clang' in version.stdout:
            self.command.append('-ferror-limit=0')

    def _run(self, arguments, text):
        try:
            return subprocess.run(
                [*self.command, *arguments], input=text, text=True, errors='replace',
                capture_output=True, cwd=self.directory, env={**os.environ, 'LC_ALL': 'C'},
            )  # fmt: skip
        except OSError as problem:
            raise Unusable(f'{self.command[0]}: {problem.strerror}') from problem

    def architecture(self):
        """What it compiles for, by the name in abi/architectures.toml."""
        return self._run(['-dumpmachine'], '').stdout.split('-')[0]

    def complaints(self, prelude, lines, *options):
        """Which of the lines does the compiler say something about, and what?"""
        start = prelude.count('\n') + 1
        text = prelude + ''.join(f'{line}\n' for line in lines)
        run = self._run([*options, '-fsyntax-only', '-'], text)
        found = {}
        for line in run.stderr.splitlines():
            match = re.match(r'(.*?):(\d+):(?:\d+:)? (fatal error|error|warning): (.*)', line)
            if not match:
                continue
            file, number, severity, message = match[1], int(match[2]) - start, match[3], match[4]
            if file == '<stdin>' and 0 <= number < len(lines):
                found.setdefault(lines[number], []).append(message)
            elif severity != 'warning':
                raise Unusable(self.why(file, match[2], message))
        if run.returncode and not found:
            raise Unusable(f'{self.command[0]}: {self.first_error(run.stderr)}')
        return found

    def uses(self, header, directory):
        """Whether a header is taken from a directory."""
        run = self._run(['-M', '-w', '-'], f'#include "{header}"\n')
        return str(directory) in run.stdout

    def functions(self, prelude, prefix):
        """The functions that the headers declare, by their names' beginning."""
        run = self._run(['-E', '-w', '-'], prelude)
        if run.returncode:
            raise Unusable(self._first_problem(run.stderr))
        return functions_in(run.stdout, prefix)

    def _first_problem(self, text):
        for line in text.splitlines():
            if match := re.match(r'(.*?):(\d+):(?:\d+:)? (?:fatal error|error): (.*)', line):
                return self.why(match[1], match[2], match[3])
        return f'{self.command[0]}: {self.first_error(text)}'

    @staticmethod
    def first_error(text):
        lines = text.splitlines()
        return next((line for line in lines if 'error: ' in line), (lines or ['failed'])[0])

    @staticmethod
    def why(file, number, message):
        """One line on an error that is not the probe's."""
        missing = re.match(r"'?([\w./-]+)'?(?:: No such file or directory| file not found)", message)
        if not missing:
            return f'{file}:{number}: {message}'
        hint = ''
        if missing[1] in contract.MOVED:
            return f'{missing[1]} is missing, and {contract.MOVED[missing[1]]} too'
        if missing[1].startswith('qapi/qapi-') or missing[1] == 'config-host.h':
            hint = ': the tree generates it, so build it first, and say --build DIR'
        return f'{missing[1]} is missing{hint}'

    def numbers(self, prelude, expressions):
        """The values of constant expressions that compile."""
        # Assembler output shows them for any target, without running anything.
        lines = [
            f'    __asm__ volatile("\\n.ascii \\"libqio {i}=%c0\\"" : : "i" ((long long)({text})));'
            for i, text in enumerate(expressions)
        ]
        text = prelude + 'void libqio_probe(void);\nvoid libqio_probe(void)\n{\n'
        run = self._run(['-w', '-S', '-o', '-', '-'], text + '\n'.join(lines) + '\n}\n')
        found = dict(re.findall(r'"libqio (\d+)=(-?\d+)"', run.stdout))
        if len(found) != len(expressions):
            raise Unusable(f'{self.command[0]}: {self.first_error(run.stderr)}')
        return {text: int(found[str(i)]) for i, text in enumerate(expressions)}


def functions_in(text, prefix):
    """The functions that preprocessed C declares and does not define, by their names' beginning."""
    found = set()
    for match in re.finditer(rf'\b({prefix}\w+)\s*\(', text):
        # Back to where the declaration begins: one in a body is a call, a static one is inline.
        before = re.split(r'[;{{}}]|^#.*$', text[max(0, match.start() - 400):match.start()], flags=re.M)[-1]
        if re.search(r'[\w*]\s*$', before) and not re.search(r'\b(static|inline|return|typedef)\b', before):
            found.add(match[1])
    return found


class Tree:
    """The parts of a tree that the contract names.

    sizes        struct -> (bytes, alignment), of the complete ones
    members      struct -> {name: (offset, bytes)}
    unknown      struct -> names of members behind which stands one that no profile has
    enumerators  name -> value
    declared     names of functions and variables
    true         the constant expressions of `contract` that hold
    exported     names of all functions that the headers of io/ declare
    """

    def __init__(self, compiler):
        self.sizes, self.members, self.unknown, self.enumerators = {}, {}, {}, {}
        self.declared, self.true, self.exported = set(), set(), set()
        of_null = contract.OF_NULL_HEADER
        self._measure(compiler, contract.HEADERS, lambda name: name not in of_null)
        self._measure(compiler, [contract.NULL_HEADER], lambda name: name in of_null)

    def _measure(self, compiler, headers, here):
        prelude = ''.join(f'{contract.include(name)}\n' for name in ['qemu/osdep.h', *headers])
        self.exported |= compiler.functions(prelude, 'qio_')
        structs, enums, functions, questions = {}, set(), set(), set()
        for profile in abi.PROFILES:
            for name, shape in filter(lambda item: here(item[0]), contract.structs(profile).items()):
                for field in shape['fields']:
                    structs.setdefault(name, set()).add(field['name'])
                    questions.add(contract.has_member_type(name, field))
            for name, values in contract.enumerators(profile).items():
                enums |= {*values, *contract.synonyms_of_enum(profile, values)} if here(name) else set()
            for name, prototype in [*contract.api(profile).items(), *contract.host(profile).items()]:
                if here(name):
                    functions.add(name)
                    questions.add(contract.declared_type(name, prototype))
                    if other := contract.synonym(profile, prototype):
                        questions.add(contract.declared_type(name, other))
        questions.discard(None)

        # Everything that might be asked, to learn what can be.
        expressions = [*questions, *enums]
        for name, members in structs.items():
            expressions += [f'sizeof({name})', f'_Alignof({name})']
            for member in members:
                expressions += [f'__builtin_offsetof({name}, {member})',
                                f'sizeof({contract.member(name, member)})']  # fmt: skip
        # Each in a function of its own, or gcc complains about an unknown name only once.
        probes = {text: f'void libqio_{i}(void) {{ enum {{ value = {text} != 0 }}; }}'
                  for i, text in enumerate(expressions)}  # fmt: skip
        declarations = {name: f'void libqio_{name}(void) {{ __typeof__({name}) *pointer; }}'
                        for name in functions}  # fmt: skip
        lines = [*probes.values(), *declarations.values()]
        refused = compiler.complaints(prelude, lines, '-w')
        self.declared |= {name for name, line in declarations.items() if line not in refused}
        answers = compiler.numbers(prelude, [text for text in expressions if probes[text] not in refused])

        self.true |= {text for text in questions if answers.get(text)}
        self.enumerators |= {name: answers[name] for name in enums if name in answers}
        for name, members in structs.items():
            if f'sizeof({name})' not in answers:
                continue
            self.sizes[name] = answers[f'sizeof({name})'], answers[f'_Alignof({name})']
            self.members[name] = {
                member: (answers[at], answers[f'sizeof({contract.member(name, member)})'])
                for member in members
                if (at := f'__builtin_offsetof({name}, {member})') in answers
            }
        self._look_into_gaps(compiler, prelude, structs)

    def _look_into_gaps(self, compiler, prelude, structs):
        """Finds members in what is padding as far as the profiles know."""
        probes = {}
        for name in self.sizes.keys() & structs.keys():
            members = sorted(self.members[name].items(), key=lambda item: item[1])
            ends = [(following, offset) for following, (offset, _) in members[1:]]
            for (member, (offset, size)), (following, end) in zip(
                members, [*ends, (None, self.sizes[name][0])], strict=True
            ):
                if offset + size >= end:
                    continue
                # The initialiser without a name is the one of the member behind `member`. It
                # draws a warning if that has a value already, or if there is none.
                first = f'.{following} = {{0}}, ' if following else ''
                line = f'const {name} libqio_{len(probes)} = {{ {first}.{member} = {{0}}, {{0}} }};'
                probes[line] = name, member
        expected = re.compile(r'excess elements|extra brace group|\[-W(override-init|initializer-overrides)')
        found = compiler.complaints(prelude, list(probes), '-Woverride-init')
        for line, (name, member) in probes.items():
            if not any(expected.search(message) for message in found.get(line, [])):
                self.unknown.setdefault(name, []).append(member)
