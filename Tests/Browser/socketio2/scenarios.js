// What a client of Socket.IO 2 does in a browser: events, acknowledgements, bytes, namespaces, rooms, endings.
"use strict";

play = playOld;

const QUICK_HEARTBEAT = "--ping-interval 0.2 --ping-timeout 0.6";
const TEXTS = ["", "text", "ünïcödé 🎉", '\x1e\u2028"\\:'];
const VALUES = [...TEXTS, 0, -1, 1.5, true, false, null, [], {}, [[1, [2]]], { a: { b: 1 } }];

feature("clients of Socket.IO 2");

scenario("an old client's events come back with the same arguments", async (stage) => {
    const socket = await stage.connect();
    for (const value of VALUES) socket.emit("message", value);
    for (const value of VALUES) equal(await socket.inbox.next("message-back"), [value]);
    for (const given of [[], [1], [1, "two", [3], { four: 4 }, null]]) {
        socket.emit("message", ...given);
        equal(await socket.inbox.next("message-back"), given);
    }
});

scenario("an old client's acknowledgements pass both ways", async (stage) => {
    const socket = await stage.connect();
    for (const given of [[], [1], [null], ["🎉", [3], { four: [4, {}] }, null, 1.5, false]]) {
        equal(await call(socket, "message-with-ack", ...given), given);
    }
    socket.on("question", (value, answer) => answer("answered", value, bytes(7)));
    for (const value of ["why", [{ a: [1] }], null, { bytes: bytes(1, 2) }]) {
        socket.emit("ask", value);
        equal(await socket.inbox.next("answer"), ["answered", value, bytes(7)]);
    }
});

for (const forceBase64 of [false, true]) {
    const how = forceBase64 ? "as base64" : "as they are";
    scenario(`an old client's bytes travel ${how}`, async (stage) => {
        const socket = await stage.connect("/", { forceBase64 });
        const buffer = bytes(0, 1, 255);
        const nested = { list: [buffer, [{ deep: buffer }]], text: "plain 🎉", none: null };
        socket.emit("message", buffer, nested, "after", bytes());
        const expected = { list: [bytes(0, 1, 255), [{ deep: bytes(0, 1, 255) }]], text: "plain 🎉", none: null };
        equal(await socket.inbox.next("message-back"), [bytes(0, 1, 255), expected, "after", bytes()]);
        equal(await call(socket, "message-with-ack", nested), [expected]);
        // More would be too much for the client's own base64.
        const many = new Uint8Array(forceBase64 ? 50_000 : 600_000).map((_, index) => index * 7);
        const [answer] = await call(socket, "message-with-ack", many.buffer);
        if (show(answer) !== show(many)) throw new Error(`expected ${many.length} bytes unchanged, found others`);
    });
}

scenario("an old client's texts and bytes keep their order", async (stage) => {
    const socket = await stage.connect();
    const values = Array.from({ length: 120 }, (_, index) =>
        index % 3 ? new Uint8Array(index).fill(index).buffer : `${index} 🎉`);
    for (const value of values) socket.emit("message", value);
    for (const value of values) equal(await socket.inbox.next("message-back"), [value]);
});

scenario("an old client knows its ids by itself", async (stage) => {
    const { main, custom } = await stage.pair();
    equal(main.id, main.io.engine.id);
    equal(custom.id, `/custom#${main.id}`);
    for (const socket of [main, custom]) {
        await call(socket, "broadcast", { to: [socket.id] }, "told", socket.id);
        equal(await socket.inbox.next("told"), [socket.id]);
    }
});

scenario("an old client has no auth, and the query of its namespace is one", async (stage) => {
    const socket = await stage.connect();
    equal(await socket.inbox.next("auth"), [{}]);
    const [handshake] = await call(socket, "handshake");
    equal([handshake.query.key, handshake.query.EIO], [stage.key, "3"]);
    const admin = stage.socket("/admin", { query: `key=${stage.key}&token=secret` });
    await admin.inbox.next("connect");
    equal(await admin.inbox.next("auth"), [{ key: stage.key, token: "secret" }]);
});

scenario("an old client is told why it is refused", async (stage) => {
    const manager = stage.manager();
    const [main, admin, nowhere] = ["/", "/admin", "/nowhere"].map((name) => stage.of(manager, name));
    equal(await admin.inbox.next("error"), [{ code: 7 }]);
    equal(await nowhere.inbox.next("error"), [{ message: "Invalid namespace" }]);
    equal(await call(main, "message-with-ack", 1), [1]);
});

scenario("an old client shares a room with one of today", async (stage) => {
    const [old, other] = await stage.crowd(2);
    const today = await stage.connectOfToday();
    for (const socket of [old, other, today]) await call(socket, "join", stage.key);
    await call(old, "broadcast", { to: [stage.key] }, "told", "by the old", bytes(1, 2));
    await call(today, "broadcast", { to: [stage.key] }, "told", "by the new", bytes(3));
    for (const socket of [old, other, today]) {
        equal(await socket.inbox.next("told"), ["by the old", bytes(1, 2)]);
        equal(await socket.inbox.next("told"), ["by the new", bytes(3)]);
    }
});

scenario("an old client's pings keep it alive", { server: QUICK_HEARTBEAT }, async (stage) => {
    const socket = await stage.connect();
    let pongs = 0;
    const enough = new Promise((resolve) => socket.io.engine.on("pong", () => (pongs += 1) === 8 && resolve()));
    await within(enough, "eight pongs");
    equal(await call(socket, "message-with-ack", "alive"), ["alive"]);
    equal(socket.inbox.pending("disconnect"), []);
});

scenario("an old client that falls silent is given up", { server: QUICK_HEARTBEAT }, async (stage) => {
    const watcher = await stage.watcher();
    const socket = await stage.connect("/", { url: await driver.proxy() });
    await driver.hold("client");
    await socket.inbox.next("disconnect");
    equal(await watcher.disconnected(), "ping timeout");
});

const OLD_ENDINGS = [
    ["the client leaves a namespace", ({ custom }) => custom.disconnect(),
        ["io client disconnect"], ["client namespace disconnect"], ["/custom"]],
    ["the client closes the connection", ({ main }) => main.io.engine.close(),
        ["forced close"], ["transport close"], ["/", "/custom"]],
    ["the server removes a socket", ({ custom }) => custom.emit("leave"),
        ["io server disconnect"], ["server namespace disconnect"], ["/custom"]],
    ["the server closes the connection", ({ custom }) => custom.emit("close"),
        ["io server disconnect"], ["server namespace disconnect"], ["/", "/custom"]],
    ["the client sends a broken packet", ({ main }) => main.io.engine.write('2{"not":"an array"}'),
        ["transport close"], ["forced close", "forced server close"], ["/", "/custom"]],
];

for (const [how, end, client, server, namespaces] of OLD_ENDINGS) {
    scenario(`an old client and the server see why when ${how}`, async (stage) => {
        const watcher = await stage.watcher();
        const { main, custom } = await stage.pair();
        end({ main, custom });
        for (const socket of [main, custom].filter((one) => namespaces.includes(one.nsp))) {
            oneOf((await socket.inbox.next("disconnect"))[0], client, `the client's reason in ${socket.nsp}`);
            oneOf(await watcher.disconnected(socket.nsp), server, `the server's reason in ${socket.nsp}`);
        }
        if (!namespaces.includes("/")) await caughtUp(main);
    });
}

scenario("an old client comes back by itself", { server: "" }, async (stage) => {
    const socket = await stage.connect("/", { reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 100 });
    const former = socket.id;
    await driver.stopServer();
    await socket.inbox.next("disconnect");
    await driver.startServer();
    await socket.inbox.next("connect");
    equal(await call(socket, "message-with-ack", "back"), ["back"]);
    if (socket.id === former) throw new Error("expected another id");
});

// Where browsers had nothing else: a poll is a script, a post a form.
scenario("an old client polls by scripts", { transports: ["polling"] }, async (stage) => {
    const socket = stage.socket("/", { forceJSONP: true });
    await socket.inbox.next("connect");
    for (const value of [...VALUES, "line\nbreak \\n \\\\n", bytes(0, 255)]) {
        socket.emit("message", value);
        equal(await socket.inbox.next("message-back"), [value]);
    }
    equal(document.querySelectorAll("script[src*='j=']").length > 0, true, "scripts");
});
