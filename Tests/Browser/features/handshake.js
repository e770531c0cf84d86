// What the server knows of a client from its first request and its auth, the hooks of the engine, refused requests.
"use strict";

feature("handshake");

scenario("auth is an object", async (stage) => {
    const auth = { token: "pa ss", nested: { list: [1, null, "ü"] } };
    equal(await (await stage.connect("/", { auth })).inbox.next("auth"), [auth]);
    equal(await (await stage.connect()).inbox.next("auth"), [{}]);
});

scenario("auth is a function, which may take its time", async (stage) => {
    const auth = (answer) => setTimeout(() => answer({ token: "secret" }));
    equal(await (await stage.connect("/admin", { auth })).inbox.next("auth"), [{ token: "secret" }]);
});

scenario("each namespace of a connection has its own auth", async (stage) => {
    const manager = stage.manager();
    for (const [namespace, name] of [["/", "ada"], ["/custom", "bob"], ["/user-ann", "ann"]]) {
        equal(await stage.of(manager, namespace, { auth: { name } }).inbox.next("auth"), [{ name }]);
    }
});

scenario("the server knows query, address and time", async (stage) => {
    const query = { key: stage.key, text: "a b&c=ü", empty: "" };
    const socket = await stage.connect("/", { query });
    const [known] = await call(socket, "handshake");
    const { key, text, empty, EIO, transport } = known.query;
    equal({ key, text, empty }, query);
    equal([EIO, transport], ["4", stage.way === "websocket" ? "websocket" : "polling"]);
    equal([known.address, known.secure], ["127.0.0.1", false]);
    equal(known.url.startsWith("/socket.io/?"), true, `whether ${known.url} is a target below /socket.io/`);
    equal(Math.abs(Date.now() / 1000 - known.time) < 60, true, `whether ${known.time} is about now`);
});

scenario("extra headers arrive, from another origin too", { transports: ["polling", "upgrade"] }, async (stage) => {
    for (const url of [stage.url, await driver.proxy()]) {
        const socket = await stage.connect("/", { url, extraHeaders: { "X-Extra": "by the client" } });
        const [known] = await call(socket, "handshake");
        equal(known.headers["x-extra"], "by the client", url);
    }
});

scenario(
    "the first protocol that a WebSocket asks for is chosen",
    { transports: ["websocket", "upgrade"] },
    async (stage) => {
        const socket = await stage.connect("/", { protocols: ["chat", "superchat"] });
        equal(socket.io.engine.transport.ws.protocol, "chat", "protocol");
    },
);

scenario("a client that cannot read bytes gets them as text", async (stage) => {
    const socket = await stage.connect("/", { forceBase64: true });
    const kinds = new Set();
    socket.io.engine.transport.ws?.addEventListener("message", (message) => kinds.add(typeof message.data));
    equal(await call(socket, "message-with-ack", bytes(1, 2), { deep: bytes(3) }), [bytes(1, 2), { deep: bytes(3) }]);
    if (stage.last === "websocket") equal([...kinds], ["string"], "kinds of messages");
});

feature("engine hooks");

scenario("the application's headers are in the answers", { transports: ["polling"] }, async (stage) => {
    const address = `${stage.url}/socket.io/?EIO=4&transport=polling`;
    const hooked = (answer) => [answer.headers.get("x-first"), answer.headers.get("x-every")];
    const first = await fetch(address);
    equal(hooked(first), ["first answer", "every answer"]);
    const { sid } = JSON.parse((await first.text()).slice(1));
    const post = await fetch(`${address}&sid=${sid}`, { method: "POST", body: "40" });
    equal(hooked(post), [null, "every answer"]);
    equal(hooked(await fetch(`${address}&sid=${sid}`)), [null, "every answer"]);
});

scenario("the application refuses a handshake and hears of it", async (stage) => {
    const watcher = await stage.watcher();
    const socket = stage.socket("/", { query: { key: stage.key, admission: "none" } });
    const [error] = await socket.inbox.next("connect_error");
    equal(error.message, stage.way === "websocket" ? "websocket error" : "xhr poll error");
    if (stage.way !== "websocket") equal(error.description, 403, "status");
    const { code, message } = await watcher.report("refused");
    equal([code, message], [4, "not today"]);
});

scenario("a middleware for requests answers in the server's place", async (stage) => {
    const socket = stage.socket("/", { query: { key: stage.key, middleware: "answers" } });
    const [error] = await socket.inbox.next("connect_error");
    if (stage.way !== "websocket") equal(error.description, 401, "status");
});

scenario("refused requests are told with code, message and context", { transports: ["polling"] }, async (stage) => {
    const watcher = await stage.watcher();
    const requests = [
        ["EIO=4&transport=pigeon", 0, "Transport unknown", "transport", "pigeon"],
        ["EIO=4&transport=polling&sid=nobody", 1, "Session ID unknown", "sid", "nobody"],
        ["EIO=9&transport=polling", 5, "Unsupported protocol version", "protocol", "9"],
    ];
    for (const [query, code, message, name, value] of requests) {
        const answer = await fetch(`${stage.url}/socket.io/?key=${stage.key}&${query}`);
        equal(await answer.json(), { code, message }, query);
        const refused = await watcher.report("refused");
        equal([refused.code, refused.message, refused.context[name]], [code, message, value], query);
    }
});
