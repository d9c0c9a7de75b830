/*
 * Sequences of operations on two listeners, from the main thread and from inside client functions and destroy notifies,
 * against a model of who waits in which backlog, which registration is in force, and who keeps the listener alive.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "listener.h"

/* What the library calls --------------------------------------------------------- */

static void is_released(Object *obj, const char *name, void *opaque)
{
    Watched *w = opaque;

    g_assert_cmpint(w->released++, ==, 0);
    g_assert_cmpint(w->references, ==, 0);
    g_assert_cmpint(w->in_func, ==, 0);
}

static void is_notified(gpointer opaque)
{
    Registration *registration = opaque;

    registration->notified++;
    registration->in_notify = true;
    if (!registration->again) {
        registration->ended = true;
    }
    act();
    registration->in_notify = false;
}

static void is_called(int function, QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    Registration *registration = opaque;
    Watched *w = registration->owner;
    uint8_t options;

    g_assert_true(listener == w->listener);
    g_assert_true(registration == w->registration);
    g_assert_cmpint(function, ==, registration->function);
    g_assert_false(registration->ended);
    g_assert_cmpint(registration->place->held, >, 0);
    if (registration->place->context) {
        g_assert_true(g_source_get_context(g_main_current_source()) == registration->place->context);
    }
    arrives(w, sioc);
    registration->in_func++;
    w->in_func++;
    options = take_byte(input);
    if (options & 1) {
        for (int i = 0; i < client_count; i++) {
            if (clients[i].arrived && !clients[i].kept) {
                object_ref(OBJECT(sioc));
                clients[i].kept = sioc;
                break;
            }
        }
    }
    if (ending) {
        qio_net_listener_disconnect(listener);
        all_closed(w);
    }
    act();
    if (options & 2) {
        act();
    }
    w->in_func--;
    registration->in_func--;
}

static void function_0(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    is_called(0, listener, sioc, opaque);
}

static void function_1(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    is_called(1, listener, sioc, opaque);
}

static void function_2(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    is_called(2, listener, sioc, opaque);
}

static const QIONetListenerClientFunc functions[FUNCTIONS + 1] = { function_0, function_1, function_2, NULL };

/* Operations ---------------------------------------------------------------------- */

static void listener_new(int slot)
{
    if (!slots[slot] && listener_count < LISTENERS) {
        Watched *w = slots[slot] = &listeners[listener_count++];

        w->listener = take_bool(input) ? qio_net_listener_new() : QIO_NET_LISTENER(object_new(TYPE_QIO_NET_LISTENER));
        w->references = 1;
        object_property_add(OBJECT(w->listener), "fuzz-life", "int", NULL, NULL, is_released, w);
    }
}

static Socket *socket_new(Watched *w, char *path, bool open, bool unlinks)
{
    Socket *socket = &w->sockets[w->count++];

    *socket = (Socket) { .path = path, .open = open, .unlinks = unlinks };
    w->connected = true;
    return socket;
}

static void socket_opened(Watched *w)
{
    char *path;
    SocketAddress *addr;

    if (w->count >= SOCKETS) {
        return;
    }
    path = fresh_path();
    addr = unix_address(path);
    g_assert_cmpint(qio_net_listener_open_sync(w->listener, addr, CLIENTS, &error_abort), ==, 0);
    qapi_free_SocketAddress(addr);
    socket_new(w, path, true, true);
}

static void socket_fails(Watched *w)
{
    SocketAddress *addr = unix_address("/nowhere/to/listen");
    Error *err = NULL;

    g_assert_cmpint(qio_net_listener_open_sync(w->listener, addr, 1, &err), ==, -1);
    g_assert_nonnull(err);
    error_free(err);
    qapi_free_SocketAddress(addr);
}

static void socket_added(Watched *w, bool open)
{
    QIOChannelSocket *sioc;
    char *path = NULL;

    if (w->count >= SOCKETS) {
        return;
    }
    if (open) {
        sioc = qio_channel_socket_new_fd(raw_unix_listener(&path), &error_abort);
    } else {
        sioc = qio_channel_socket_new();
    }
    qio_net_listener_add(w->listener, sioc);
    object_unref(OBJECT(sioc));
    socket_new(w, path, open, false);
}

/* By whichever function does it. */
static void registers(Watched *w, Registration *registration)
{
    GDestroyNotify notify = registration->has_notify ? is_notified : NULL;
    uint8_t options = registration->options;
    QIONetListenerClientFunc func = functions[registration->function];
    Place *place = registration->place;

#ifdef QIO_HAS_LISTENER_SOURCE
    if (!place->context) {
        qio_net_listener_set_client_aio_func(w->listener, func, registration, NULL);
        return;
    }
#endif
    if (place == places[0] && options & 32) {
        qio_net_listener_set_client_func(w->listener, func, registration, notify);
    } else {
        qio_net_listener_set_client_func_full(w->listener, func, registration, notify,
                                              options & 64 && place == places[0] ? NULL : place->context);
    }
}

static void register_again(Watched *w)
{
    Registration *registration = w->registration;

    if (!registration || registration->in_func || registration->in_notify || registration->place->held == 0) {
        return;
    }
#if defined(QIO_HAS_LISTENER_SOURCE)
    bool notifies = false;
#else
    bool notifies = registration->has_notify;
#endif
    registration->again = true;
    /* What the destroy notify does may come in between; the last one to return is in force. */
    w->registration = notifies ? NULL : registration;
    registers(w, registration);
    registration->again = false;
    registration->expected += notifies;
    if (w->registration && w->registration != registration) {
        w->registration->expected += w->registration->has_notify;
    }
    w->registration = registration;
}

static void register_new(Watched *w)
{
    Registration *registration, *old = w->registration;
    Place *place = places[take_number(input, 0, PLACES - 1)];
    uint8_t options = take_byte(input);

    if (registration_count >= REGISTRATIONS) {
        return;
    }
    registration = &registrations[registration_count++];
    *registration = (Registration) { .owner = w, .function = options % (FUNCTIONS + 1), .has_notify = options & 16,
        .options = options };
    registration->place = place ? place : places[0];
    w->registration = NULL;
    if (old) {
        old->expected += old->has_notify;
    }
    registration->has_notify &= registration->place->context != NULL;
    registers(w, registration);
    if (w->registration) {
        w->registration->expected += w->registration->has_notify;
    }
    w->registration = registration;
}

static void disconnect(Watched *w)
{
    qio_net_listener_disconnect(w->listener);
    if (w->connected) {
        all_closed(w);
    }
}

static void wait_client(Watched *w)
{
    QIOChannelSocket *sioc;

    if (waiting_clients(w) == 0 && open_sockets(w) > 0) {
        return; /* would wait for ever */
    }
    sioc = qio_net_listener_wait_client(w->listener);
    g_assert_true((sioc != NULL) == (waiting_clients(w) > 0));
    if (sioc) {
        arrives(w, sioc);
        object_unref(OBJECT(sioc));
    }
}

static void connect_client(Watched *w)
{
    int first = take_byte(input);

    for (int i = 0; i < w->count && client_count < (ending ? CLIENTS : MOST_CLIENTS); i++) {
        int n = (first + i) % w->count;
        Socket *socket = &w->sockets[n];

        if (socket->open) {
            uint8_t number = client_count++;
            Client *client = &clients[number];

            *client = (Client) { .fd = connect_to(w->listener, n) };
            g_assert_cmpint(send(client->fd, &number, 1, MSG_NOSIGNAL), ==, 1);
            socket->queue[socket->length++] = number;
            return;
        }
    }
}

static void client_leaves(Client *client)
{
    if (client->fd >= 0) {
        close(client->fd);
        client->fd = -1;
    }
}

static void place_new(int i)
{
    if (!places[i] && place_count < CONTEXTS) {
        places[i] = &all_places[place_count++];
        *places[i] = (Place) { .context = g_main_context_new(), .held = 1 };
    }
}

static void place_unref(Place *place)
{
    place->held--;
    g_main_context_unref(place->context);
}

static void place_drop(int i)
{
    Place *place = places[i];

    if (i > 0 && place) {
        places[i] = NULL;
        place_unref(place);
    }
}

/* Once, or until nothing is ready any more: then everybody has been served. */
static void iterate(Place *place, bool whole)
{
    if (!place->context) {
        while (aio_poll(qemu_get_aio_context(), false) && whole) {
            /* nothing */
        }
    } else {
        /* A callback may drop what the program holds otherwise. */
        g_main_context_ref(place->context);
        place->held++;
        while (g_main_context_iteration(place->context, false) && whole) {
            /* nothing */
        }
    }
    for (int i = 0; i < listener_count && whole && depth == 1; i++) {
        Watched *w = &listeners[i];

        if (!w->gone && is_registered(w) && w->registration->place == place) {
            g_assert_cmpint(waiting_clients(w), ==, 0);
        }
    }
    if (place->context) {
        place_unref(place);
    }
}

static void drop_reference(Watched *w)
{
    if (w->references > 1 || (w->references == 1 && w->in_call == 0)) {
        for (int i = 0; i < SLOTS && w->references == 1; i++) {
            if (slots[i] == w) {
                slots[i] = NULL;
            }
        }
        w->references--;
        object_unref(OBJECT(w->listener));
    }
}

/* An operation on a listener that the caller may use. */
static void act_on(Watched *w)
{
    static const char *const names[] = { NULL, "", "listener", "a name that is longer than what a dump has room for" };
    uint32_t operation = take_number(input, 0, 15);

    if (operation == 15) {
        drop_reference(w);
        return;
    }
    w->in_call++;
    switch (operation) {
    case 0:
    case 1:
        socket_opened(w);
        break;
    case 2:
        socket_added(w, take_byte(input) & 3);
        break;
    case 3:
        socket_fails(w);
        break;
    case 4:
    case 5:
        register_new(w);
        break;
    case 6:
        register_again(w);
        break;
    case 7:
        wait_client(w);
        break;
    case 8:
        disconnect(w);
        break;
    case 9:
    case 10:
    case 11:
        connect_client(w);
        break;
    case 12:
        if (w->references < MOST_REFERENCES) {
            w->references++;
            object_ref(OBJECT(w->listener));
        }
        break;
    case 13:
        qio_net_listener_set_name(w->listener, take_of(input, names));
        break;
    case 14:
        g_assert_true(qio_net_listener_is_connected(w->listener) == w->connected);
        g_assert_cmpint(socket_count(w->listener), ==, w->count);
        for (int i = 0; i < w->count; i++) {
            g_assert_true((socket_of(w->listener, i)->fd >= 0) == w->sockets[i].open);
        }
        break;
    }
    w->in_call--;
}

/* The next operation, also from inside what the last one has called. */
static void act(void)
{
    Place *place;
    Watched *w;
    int i;

    if (depth >= DEEPEST || input_left(input) == 0 || operations++ >= OPERATIONS) {
        return;
    }
    depth++;
    switch (take_number(input, 0, 11)) {
    case 0:
        listener_new(take_number(input, 0, SLOTS - 1));
        break;
    case 1:
        place = places[take_number(input, 0, PLACES - 1)];
        if (place) {
            iterate(place, false);
        }
        break;
    case 2:
        place = places[take_number(input, 0, PLACES - 1)];
        if (place) {
            iterate(place, true);
        }
        break;
    case 3:
        i = take_number(input, 1, MAIN_CONTEXTS - 1);
        if (places[i]) {
            place_drop(i);
        } else {
            place_new(i);
        }
        break;
    case 4:
        i = take_number(input, 0, CLIENTS - 1);
        if (i < client_count) {
            client_leaves(&clients[i]);
        }
        break;
    case 5:
        i = take_number(input, 0, CLIENTS - 1);
        if (i < client_count && clients[i].kept) {
            object_unref(OBJECT(clients[i].kept));
            clients[i].kept = NULL;
        }
        break;
    case 6:
        look_inside();
        break;
    default:
        i = take_number(input, 0, LISTENERS - 1);
        w = i < SLOTS ? slots[i] : &listeners[i % MAX(listener_count, 1)];
        if (is_usable(w)) {
            act_on(w);
        }
        break;
    }
    depth--;
}

/* Between two operations no call of the library is under way. */
static void check(void)
{
    for (int i = 0; i < listener_count; i++) {
        Watched *w = &listeners[i];

        if (!w->gone && w->references == 0 && !is_watched(w)) {
            g_assert_cmpint(w->released, ==, 1);
            w->gone = true;
            all_closed(w);
            if (w->registration) {
                w->registration->expected += w->registration->has_notify;
                w->registration = NULL;
            }
        }
        g_assert_cmpint(w->released, ==, w->gone);
    }
    for (int i = 0; i < registration_count; i++) {
        g_assert_cmpint(registrations[i].notified, ==, registrations[i].expected);
    }
}

/* A client whose server sends it away, and ends with it: what else keeps the listener is a watch of it. */
static void end_by_client(Watched *w)
{
    for (int i = 0; i < w->count; i++) {
        Socket *socket = &w->sockets[i];

        if (socket->open && socket->length == 0) {
            connect_client(w);
            return;
        }
        if (socket->open) {
            return;
        }
    }
}

static void finish(uint8_t options)
{
    operations = OPERATIONS;
    ending = true;
    for (int i = 0; i < listener_count; i++) {
        Watched *w = &listeners[i];

        if (w->references && options & 1) {
            w->in_call++;
            disconnect(w);
            w->in_call--;
        }
        while (w->references) {
            drop_reference(w);
        }
        check();
    }
    for (int i = 1; i < MAIN_CONTEXTS; i++) {
        place_drop(i);
    }
    check();
    for (int i = 0; i < listener_count; i++) {
        if (!listeners[i].gone) {
            end_by_client(&listeners[i]);
        }
    }
    depth = 1;
    iterate(places[0], true);
    if (PLACES > MAIN_CONTEXTS) {
        iterate(places[PLACES - 1], true);
    }
    depth = 0;
    check();
    for (int i = 0; i < listener_count; i++) {
        g_assert_true(listeners[i].gone);
    }
    for (int i = 0; i < client_count; i++) {
        client_leaves(&clients[i]);
        if (clients[i].kept) {
            object_unref(OBJECT(clients[i].kept));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_ready;
    Input in = input_of(data, size);
    int descriptors;
    uint8_t options;

    if (!is_ready) {
        is_ready = true;
        module_call_init(MODULE_INIT_QOM);
        g_assert_cmpint(qemu_init_main_loop(&error_abort), ==, 0);
    }
    descriptors = descriptors_before();
    input = &in;
    depth = operations = listener_count = client_count = registration_count = 0;
    ending = false;
    memset(listeners, 0, sizeof(listeners));
    memset(slots, 0, sizeof(slots));
    memset(clients, 0, sizeof(clients));
    memset(places, 0, sizeof(places));
    all_places[0] = (Place) { .context = g_main_context_default(), .held = 1 };
    places[0] = &all_places[0];
    place_count = 1;
#ifdef QIO_HAS_LISTENER_SOURCE
    places[MAIN_CONTEXTS] = &all_places[place_count++];
    *places[MAIN_CONTEXTS] = (Place) { .held = 1 };
#endif
    options = take_byte(&in);
    place_new(1);
    listener_new(0);
    socket_opened(slots[0]);
    while (input_left(&in) && operations < OPERATIONS) {
        act();
        check();
    }
    finish(options);
    descriptors_are(descriptors);
    return 0;
}
