#!/bin/sh
# GDB 18 runs the commands of a breakpoint after what comes next in a script, if another thread stops there.
#
# A script for `gdb -batch -x` sets breakpoints whose commands print and go on (`silent`, `printf`, `continue`), and ends in `run`:
# so one traces a program with a debugger alone. Up to GDB 13, at least, everything is printed until the program ends. GDB 18.1
# prints what the first thread meets, says that it switches to the thread that stops next, takes its script for over, and ends
# the program without an error and without a word of what was left; the exit status is 0. With one more
# line behind `run` that line is executed first, and the commands of the stop after it. `stop()` of a gdb.Breakpoint in Python is
# called in time, for every thread.
#
# Installs GDB 18.1-3 and a compiler of Debian sid in a temporary folder; needs root, and mmdebstrap. Seen with GDB 18.1:
#   breakpoint commands:    one, then "[Switching to thread 2", then the end
#   a line behind `run`:    one, after, two
#   stop() in Python:       one, two, three
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
root=$dir/root
mmdebstrap --quiet --variant=apt --aptopt='Acquire::Check-Valid-Until "false"' \
    --include=gdb=18.1-3,gcc,libc6-dev sid "$root" >"$dir/log" 2>&1 ||
    { cat "$dir/log"; exit 1; }

cat >"$root/program.c" <<'END'
#include <pthread.h>

__attribute__((noinline)) void one(void) { __asm__ volatile(""); }
__attribute__((noinline)) void two(void) { __asm__ volatile(""); }
__attribute__((noinline)) void three(void) { __asm__ volatile(""); }

static void *other(void *opaque)
{
    two();
    return opaque;
}

int main(void)
{
    pthread_t thread;

    one();
    pthread_create(&thread, 0, other, 0);
    pthread_join(thread, 0);
    three();
    return 0;
}
END
for name in one two three; do
    printf 'break %s\ncommands\nsilent\nprintf "%s\\n"\ncontinue\nend\n' $name $name
done >"$root/breaks"
{ cat "$root/breaks"; echo run; } >"$root/commands"
{ cat "$root/breaks"; printf 'run\necho after\\n\n'; } >"$root/line-behind"
cat >"$root/python" <<'END'
python
class Told(gdb.Breakpoint):
    def stop(self):
        gdb.write(self.location + '\n')
        return False
for name in ('one', 'two', 'three'):
    Told(name)
end
run
END
cat >"$root/trial" <<'END'
cd /
gcc -g program.c -o program
for script in commands line-behind python; do
    timeout 60 gdb -batch -nx -ex 'set startup-with-shell off' -x $script ./program >$script.said 2>&1
    echo "status $?" >>$script.said
done
gdb --version | head -n 1
END
unshare --mount --pid --fork sh -c 'mount -t proc proc "$0/proc" && exec chroot "$0" /bin/sh /trial' "$root"

# What one script printed, on one line.
said() {
    grep -xE 'one|two|three|after|status [0-9]+' "$root/$1.said" | tr '\n' ' '
}
expect() {
    [ "$(said "$1")" = "$2 " ] || { echo "$1: it has changed:"; cat "$root/$1.said"; exit 1; }
    echo "$1: $2"
}
expect commands 'one status 0'
expect line-behind 'one after two status 0'
expect python 'one two three status 0'
grep -q 'Switching to thread 2' "$root/commands.said"
