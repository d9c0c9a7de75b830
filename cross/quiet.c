/*
 * For qemu-user, which is run with it preloaded: what it writes to the standard error of a program that a signal
 * ends, tests that read all of that would take for the program's words.
 */
#undef _FORTIFY_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int print(FILE *stream, const char *format, va_list arguments)
{
    static const char unwanted[] = "qemu: uncaught target signal";

    if (!strncmp(format, unwanted, sizeof(unwanted) - 1)) {
        return 0;
    }
    return vfprintf(stream, format, arguments);
}

int fprintf(FILE *stream, const char *format, ...)
{
    va_list arguments;
    int written;

    va_start(arguments, format);
    written = print(stream, format, arguments);
    va_end(arguments);
    return written;
}

/* What it is with _FORTIFY_SOURCE. */
int __fprintf_chk(FILE *stream, int flag, const char *format, ...)
{
    va_list arguments;
    int written;

    (void)flag;
    va_start(arguments, format);
    written = print(stream, format, arguments);
    va_end(arguments);
    return written;
}
