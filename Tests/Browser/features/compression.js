// Compressed WebSocket messages, which the browser offers by itself: what was agreed on, and messages both ways.
"use strict";

feature("compression");

const OVER_WEBSOCKET = ["websocket", "upgrade"];
const LARGE = "large text, over and over; ".repeat(2000);

function extensions(socket) {
    return socket.io.engine.transport.ws.extensions;
}

// Texts, bytes and what does not compress, small and large, all on one connection.
async function exchange(socket) {
    const noise = crypto.getRandomValues(new Uint8Array(50_000));
    const many = new Uint8Array(300_000).map((_, index) => index >> 8);
    for (const value of [LARGE, "small", LARGE, noise, many, { text: LARGE, bytes: [noise, { deep: many }] }, "", bytes()]) {
        const [answer] = await call(socket, "message-with-ack", value);
        if (show(answer) !== show(value)) throw new Error(`expected ${show(value)} unchanged, found ${show(answer)}`);
        if (value.text && answer.text !== value.text) throw new Error("expected the whole text unchanged");
    }
    for (let index = 0; index < 200; index++) socket.emit("message", index, LARGE.slice(0, index));
    for (let index = 0; index < 200; index++) {
        equal(await socket.inbox.next("message-back"), [index, LARGE.slice(0, index)]);
    }
}

function describe(title, server, agreed) {
    scenario(title, { transports: OVER_WEBSOCKET, server }, async (stage) => {
        const socket = await stage.connect();
        equal(extensions(socket), agreed, "extensions");
        await exchange(socket);
    });
}

describe("messages are compressed with what came before", "--deflate-threshold 100", "permessage-deflate");
describe(
    "messages are compressed each by itself",
    "--deflate-threshold 0 --deflate-without-context",
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
);

scenario("nothing is compressed by default", { transports: OVER_WEBSOCKET }, async (stage) => {
    const socket = await stage.connect();
    equal(extensions(socket), "", "extensions");
    await exchange(socket);
});

scenario(
    "a broadcast that must not be compressed arrives among others",
    { transports: OVER_WEBSOCKET, server: "--deflate-threshold 100" },
    async (stage) => {
        const sockets = await stage.crowd(3);
        for (const compress of [true, false, true]) {
            await call(sockets[0], "broadcast", { compress }, "told", LARGE, bytes(1, 2), { compress });
            for (const socket of sockets) {
                const [text, some, told] = await socket.inbox.next("told");
                equal([text === LARGE, some, told], [true, bytes(1, 2), { compress }]);
            }
        }
    },
);
