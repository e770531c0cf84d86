// Listeners for all events, for one time, taken away; interceptors; `send`; reserved names.
"use strict";

const RESERVED = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

feature("catch-all");

scenario("the client's catch-all listeners see what comes and goes, until they are taken away", async (stage) => {
    const socket = await stage.connect();
    await socket.inbox.next("auth");
    const seen = [];
    const incoming = (event, ...given) => seen.push(["in", event, ...given]);
    socket.onAny(incoming);
    socket.prependAny((event) => seen.push(["first", event]));
    socket.onAnyOutgoing((event, ...given) => seen.push(["out", event, ...given]));
    socket.emit("message", 1, bytes(2));
    await socket.inbox.next("message-back");
    equal(seen, [["out", "message", 1, bytes(2)], ["first", "message-back"], ["in", "message-back", 1, bytes(2)]]);
    socket.offAny(incoming);
    socket.offAnyOutgoing();
    socket.emit("message", 3);
    await socket.inbox.next("message-back");
    equal(seen.slice(3), [["first", "message-back"]]);
});

scenario("the server sees all events that come and go", async (stage) => {
    const namespace = `/own/${stage.key}`;
    const watcher = await stage.watcher();
    const socket = await stage.connect(namespace);
    socket.emit("message", 1, { bytes: bytes(1) });
    socket.emit("nobody-handles-this");
    const seen = async (kind) => {
        const { event, arguments: given } = await watcher.report(kind, namespace);
        return [event, given];
    };
    equal(await seen("received"), ["message", [1, { bytes: bytes(1) }]]);
    equal(await seen("received"), ["nobody-handles-this", []]);
    const sent = [await seen("sent"), await seen("sent"), await seen("sent")];
    equal(sent.map(([event]) => event), ["auth", "created", "message-back"]);
    equal(sent[2][1], [1, { bytes: bytes(1) }]);
    const { error, place } = await watcher.report("error", namespace);
    equal([error, place], ["unknownEvent", 'event "nobody-handles-this"']);
});

feature("once and off");

scenario("listeners of the client run once, or not any more", async (stage) => {
    const socket = await stage.connect();
    const seen = [];
    const removed = () => seen.push("removed");
    socket.once("message-back", (value) => seen.push(`once ${value}`));
    socket.on("message-back", removed);
    socket.on("message-back", (value) => seen.push(`always ${value}`));
    socket.off("message-back", removed);
    for (const value of [1, 2]) socket.emit("message", value);
    await caughtUp(socket);
    equal(seen, ["once 1", "always 1", "always 2"]);
});

scenario("a handler of the server registered once runs once for each socket", async (stage) => {
    const [first, second] = await stage.crowd(2);
    for (const value of [1, 2]) first.emit("once", value);
    second.emit("once", 3);
    await caughtUp(first, second);
    equal([first, second].map((socket) => socket.inbox.pending("once-back")), [[[1]], [[3]]]);
});

scenario("a handler that the server removed is gone for the sockets that come later", async (stage) => {
    const namespace = `/own/${stage.key}`;
    const first = await stage.connect(namespace);
    equal(await call(first, "removable"), ["here"]);
    await call(first, "remove");
    equal(await call(first, "removable"), ["here"]);
    const watcher = await stage.watcher();
    const later = await stage.connect(namespace);
    equal(await rejection(later.timeout(200).emitWithAck("removable"), "removable"), TIMED_OUT);
    // Reports come in order: those of the catch-all listeners would have come before this one.
    await watcher.report("error", namespace);
    equal([...watcher.reports("received"), ...watcher.reports("sent")], []);
});

feature("send");

scenario("send is the event message both ways", async (stage) => {
    const socket = await stage.connect();
    socket.send("hello", 1);
    equal(await socket.inbox.next("message-back"), ["hello", 1]);
    socket.emit("send");
    equal(await socket.inbox.next("message"), ["sent by the server", 2]);
});

feature("interceptors");

for (const namespace of ["/guarded", "/guarded-later"]) {
    scenario(`an interceptor refuses events and may answer in their place (${namespace})`, async (stage) => {
        const watcher = await stage.watcher();
        const socket = await stage.connect(namespace);
        equal(await call(socket, "refused", bytes(1)), ["denied", 403]);
        equal(await rejection(socket.timeout(200).emitWithAck("dropped"), "dropped"), TIMED_OUT);
        equal(await call(socket, "message-with-ack", "passes"), ["passes"]);
        for (const expected of [["not allowed", 'interceptor of "refused"'], ["not allowed either", 'interceptor of "dropped"']]) {
            const { error, place } = await watcher.report("error", namespace);
            equal([error, place], expected);
        }
    });
}

scenario("an interceptor drops what the server sends", async (stage) => {
    const socket = await stage.connect("/guarded");
    for (const event of ["secret", "public"]) {
        equal(await call(socket, "emit-as", event), ["emitted"]);
        await call(socket, "broadcast", { to: [socket.id] }, event, "to the room");
    }
    equal([await socket.inbox.next("public"), await socket.inbox.next("public")], [[], ["to the room"]]);
    equal(socket.inbox.pending("secret"), []);
});

feature("reserved names");

scenario("neither side emits a reserved name", async (stage) => {
    const socket = await stage.connect();
    for (const name of RESERVED) {
        const refused = await rejection((async () => socket.emit(name))(), `emit ${name}`);
        equal(refused, `"${name}" is a reserved event name`);
        equal(await call(socket, "emit-as", name), ["reservedEventName"], name);
    }
    equal(await call(socket, "emit-as", "error"), ["emitted"]);
    equal(await socket.inbox.next("error"), []);
});

scenario("a client that sends a reserved name all the same is cut off", async (stage) => {
    const watcher = await stage.watcher();
    for (const name of RESERVED) {
        const socket = await stage.connect();
        socket.io.engine.write(`2["${name}"]`);
        await socket.inbox.next("disconnect");
        oneOf(await watcher.disconnected(), ["forced close", "forced server close"], name);
    }
});
