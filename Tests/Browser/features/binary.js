// Bytes in every form a browser has, in events and acknowledgements, both ways.
"use strict";

feature("binary", BOTH_PARSERS);

const FORMS = {
    ArrayBuffer: bytes(0, 1, 255),
    Uint8Array: new Uint8Array(bytes(0, 1, 255)),
    "part of a buffer": new Uint8Array(bytes(9, 0, 1, 255, 9), 1, 3),
    DataView: new DataView(bytes(9, 0, 1, 255), 1),
    Blob: new Blob([bytes(0, 1, 255)]),
};

function onlyArrayBuffers(value) {
    if (ArrayBuffer.isView(value) || value instanceof Blob) throw new Error(`expected an ArrayBuffer, found ${value}`);
    if (value && typeof value === "object") Object.values(value).forEach(onlyArrayBuffers);
}

for (const [name, value] of Object.entries(FORMS)) {
    // The client's MessagePack parser takes the other forms for objects.
    const parsers = name === "ArrayBuffer" ? BOTH_PARSERS : JSON_ONLY;
    scenario(`bytes as ${name} come back in events and acknowledgements`, { parsers }, async (stage) => {
        const socket = await stage.connect();
        const nested = { list: [value, [{ deep: value }]], text: "plain", none: null };
        const expected = { list: [bytes(0, 1, 255), [{ deep: bytes(0, 1, 255) }]], text: "plain", none: null };
        socket.emit("message", value, nested, "after");
        const came = await socket.inbox.next("message-back");
        equal(came, [bytes(0, 1, 255), expected, "after"], "event");
        onlyArrayBuffers(came);
        const answer = await call(socket, "message-with-ack", "before", nested);
        equal(answer, ["before", expected], "acknowledgement");
        onlyArrayBuffers(answer);
    });
}

scenario("bytes arrive in the client's acknowledgement of the server's event", async (stage) => {
    const socket = await stage.connect();
    socket.on("question", (value, answer) => answer({ got: [value] }, bytes(7)));
    socket.emit("ask", { bytes: bytes(1, 2) });
    equal(await socket.inbox.next("answer"), [{ got: [{ bytes: bytes(1, 2) }] }, bytes(7)]);
});

scenario("no bytes, and many of them, come back", { parsers: JSON_ONLY }, async (stage) => {
    const socket = await stage.connect();
    const many = new Uint8Array(700_000).map((_, index) => index * 7);
    equal(await call(socket, "message-with-ack", bytes(), new Blob([])), [bytes(), bytes()]);
    const [answer] = await call(socket, "message-with-ack", many);
    if (show(answer) !== show(many)) throw new Error(`expected ${many.length} bytes unchanged, found others`);
});

scenario("texts and bytes keep their order", async (stage) => {
    const socket = await stage.connect();
    const values = Array.from({ length: 120 }, (_, index) => (index % 3 ? new Uint8Array(index).fill(index).buffer : index));
    for (const value of values) socket.emit("message", value);
    for (const value of values) equal(await socket.inbox.next("message-back"), [value]);
});

scenario("ten attachments pass, eleven end the connection", async (stage) => {
    const watcher = await stage.watcher();
    const socket = await stage.connect();
    const attachments = Array.from({ length: 11 }, (_, index) => bytes(index));
    equal(await call(socket, "message-with-ack", attachments.slice(1)), [attachments.slice(1)]);
    socket.emit("message", attachments);
    await socket.inbox.next("disconnect");
    oneOf(await watcher.disconnected(), ["forced close", "forced server close"], "the server's reason");
});

scenario("bytes are broadcast to a room", async (stage) => {
    const sockets = await stage.crowd(3);
    for (const socket of sockets) await call(socket, "join", stage.key);
    await call(sockets[0], "broadcast", { to: [stage.key] }, "told", bytes(1), { deep: [bytes(2, 3)] });
    for (const socket of sockets) equal(await socket.inbox.next("told"), [bytes(1), { deep: [bytes(2, 3)] }]);
});
