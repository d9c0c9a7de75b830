#!/bin/sh
# What GLib installs for valgrind to suppress of its threads suppresses nothing with the library that Debian has beside it.
#
# Memory of threads that wait in a GThreadPool is "possibly lost" to valgrind when a program ends. GLib brings a file of
# suppressions along, in the package of its headers, which has an entry for the memory of threads: a calloc, anything, then
# `fun:g_system_thread_new`. That function is no symbol of the library as Debian ships it: the frame is `???`, to which no `fun:`
# is equal, and the entry applies to nothing. With `obj:*/libglib-2.0.so*` in that place it applies.
#
# Installs GLib 2.74.6 and valgrind 3.19.0 of Debian 12 in a temporary folder; needs root, and mmdebstrap. Seen with
# 2.74.6-2+deb12u9, of a program whose pool has run four functions in one or two threads:
#   no suppressions:                      272 bytes possibly lost for each thread, 0 suppressed
#   --suppressions=.../glib.supp:         the same
#   the entry with obj:*/libglib-2.0.so*: 0 bytes possibly lost, 2424 suppressed (others are still reachable without it)
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
root=$dir/root
mmdebstrap --quiet --variant=apt --aptopt='Acquire::Check-Valid-Until "false"' \
    --include=libglib2.0-dev,valgrind=1:3.19.0-1,gcc,libc6-dev,libc6-dbg,pkg-config bookworm "$root" >"$dir/log" 2>&1 ||
    { cat "$dir/log"; exit 1; }
chroot "$root" dpkg-query -W libglib2.0-0 valgrind

cat >"$root/program.c" <<'END'
#include <glib.h>

static void work(gpointer data, gpointer opaque)
{
}

int main(void)
{
    GThreadPool *pool = g_thread_pool_new(work, NULL, 2, FALSE, NULL);

    for (int i = 1; i <= 4; i++) {
        g_thread_pool_push(pool, GINT_TO_POINTER(i), NULL);
    }
    g_thread_pool_free(pool, FALSE, TRUE);
    return 0;
}
END
cat >"$root/object.supp" <<'END'
{
	threads
	Memcheck:Leak
	match-leak-kinds:possible,reachable
	fun:calloc
	...
	obj:*/libglib-2.0.so*
}
END
cat >"$root/trial" <<'END'
cd /
gcc program.c -o program $(pkg-config --cflags --libs glib-2.0)
for file in none glib object; do
    case $file in
    none) set -- ;;
    glib) set -- --suppressions=/usr/share/glib-2.0/valgrind/glib.supp ;;
    object) set -- --suppressions=object.supp ;;
    esac
    valgrind --leak-check=full "$@" ./program >$file.said 2>&1
done
nm -D /usr/lib/*/libglib-2.0.so.0 | grep -c g_system_thread_new >names
END
unshare --mount --pid --fork sh -c 'mount -t proc proc "$0/proc" && exec chroot "$0" /bin/sh /trial' "$root" || true

# How many bytes are so, in one run.
bytes() {
    sed -n "s/.* $2: \\([0-9,]*\\) bytes.*/\\1/p" "$root/$1.said" | tr -d ,
}
fail() {
    echo "it has changed: $1"
    tail -n 40 "$root"/*.said
    exit 1
}
for file in none glib object; do
    echo "$file: $(bytes $file 'possibly lost') bytes possibly lost, $(bytes $file suppressed) suppressed"
done
grep -q 'fun:g_system_thread_new' "$root/usr/share/glib-2.0/valgrind/glib.supp" || fail 'the entry'
[ "$(cat "$root/names")" = 0 ] || fail 'the library has a name for the function'
grep -q 'by 0x[0-9A-F]*: ??? (in .*/libglib-2.0.so' "$root/none.said" || fail 'the frame has a name'
[ "$(bytes none 'possibly lost')" -gt 0 ] && [ "$(bytes none suppressed)" = 0 ] || fail 'without suppressions'
[ "$(bytes glib 'possibly lost')" -gt 0 ] && [ "$(bytes glib suppressed)" = 0 ] || fail "GLib's suppressions"
[ "$(bytes object 'possibly lost')" = 0 ] && [ "$(bytes object suppressed)" -gt 0 ] || fail 'an entry with the object'
