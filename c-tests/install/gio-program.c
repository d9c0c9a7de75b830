/*
 * A program as somebody outside of the source tree writes it, with libqio-gio.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "io/channel-buffer.h"
#include "qapi/error.h"
#include "qio/gio.h"

int main(void)
{
    QIOChannelBuffer *ioc;
    GIOStream *stream;
    GOutputStream *output;

    module_call_init(MODULE_INIT_QOM);
    ioc = qio_channel_buffer_new(100);
    stream = qio_gio_stream_new(QIO_CHANNEL(ioc), &error_fatal);
    output = g_io_stream_get_output_stream(stream);
    if (!g_output_stream_write_all(output, "linked and running", 18, NULL, NULL, NULL)) {
        return 1;
    }
    printf("%.*s\n", (int)ioc->usage, (const char *)ioc->data);
    g_object_unref(stream);
    object_unref(OBJECT(ioc));
    return 0;
}
