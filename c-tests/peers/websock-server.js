/*
 * A WebSocket server of npm's ws: prints its port, sends back what it gets, in one message or in fragments, with pings
 * before it, and prints the code that a connection ends with. The server of /closes closes at the first message.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
'use strict';

const { WebSocketServer } = require('ws');

const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    perMessageDeflate: true,
    handleProtocols: () => 'binary',
});

server.on('listening', () => console.log(server.address().port));
server.on('connection', (connection, request) => {
    let pongs = 0;

    connection.on('pong', () => { pongs++; });
    connection.on('close', code => console.log(`${request.url} ${code} ${pongs > 0 ? 'pongs' : ''}`.trim()));
    connection.on('message', (message, isBinary) => {
        if (!isBinary || request.url === '/closes') {
            connection.close(1000, 'enough');
            return;
        }
        const half = message.length >> 1;

        connection.ping('ping');
        connection.send(message.subarray(0, half), { binary: true, fin: false });
        connection.send(message.subarray(half), { binary: true, fin: true });
    });
});
process.stdin.on('end', () => process.exit(0)).resume();
