// Why a connection with two namespaces ended, as the client and as the server see it: a table of endings.
"use strict";

feature("disconnect reasons");

const HEARTBEAT = "--ping-interval 0.4 --ping-timeout 0.4";
const SOCKETS = { transports: ["websocket", "upgrade"] };
const POLLS = { transports: ["polling"], server: "--threads 1" };
const BOTH = ["/", "/custom"];
const GIVEN_UP = ["ping timeout", "transport close"]; // whichever side gives up first
// The second where no poll waits at that moment.
const FORCED = ["forced close", "forced server close"];
const DROPPED = ["transport close", "transport error"];

// How it ends; what the client says; what the server says; which namespaces end; for which transports and servers.
// Where several reasons are given, it is one of them.
const ENDINGS = [
    ["the client leaves a namespace", ({ custom }) => custom.disconnect(),
        "io client disconnect", "client namespace disconnect", ["/custom"]],
    ["the client leaves all its namespaces", ({ main, custom }) => [main, custom].forEach((one) => one.disconnect()),
        "io client disconnect", "client namespace disconnect", BOTH],
    ["the client closes the connection", ({ main }) => main.io.engine.close(),
        "forced close", "transport close", BOTH],
    ["the server removes a socket", ({ custom }) => custom.emit("leave"),
        "io server disconnect", "server namespace disconnect", ["/custom"]],
    ["the server closes the connection", ({ custom }) => custom.emit("close"),
        "io server disconnect", "server namespace disconnect", BOTH],
    ["a WebSocket is cut", () => driver.cut(),
        "transport close", "transport close", BOTH, SOCKETS],
    ["a poll is cut", () => driver.cut(),
        "transport error", "transport error", BOTH, POLLS],
    ["a ping is not answered", () => driver.hold("client"),
        GIVEN_UP, "ping timeout", BOTH, { server: HEARTBEAT }],
    ["no ping comes", () => driver.hold("server"),
        "ping timeout", GIVEN_UP, BOTH, { server: HEARTBEAT }],
    ["the client sends a broken packet of Socket.IO", ({ main }) => main.io.engine.write('2{"not":"an array"}'),
        "transport close", FORCED, BOTH],
    ["the client sends a broken packet of Engine.IO", ({ main }) => sendBroken(main.io.engine.transport),
        DROPPED, "parse error", BOTH],
    ["the server sends a broken packet", () => driver.say("49"),
        "parse error", "transport close", BOTH, SOCKETS],
    ["the server shuts down", () => driver.stopServer(),
        "transport close", "server shutting down", BOTH, { server: "" }],
];

function sendBroken(transport) {
    if (transport.name === "websocket") transport.ws.send("?");
    else transport.doWrite("?", () => {});
}

for (const [how, end, client, server, namespaces, options = {}] of ENDINGS) {
    scenario(`both sides see why when ${how}`, options, async (stage) => {
        const watcher = await stage.watcher();
        const { main, custom } = await stage.pair({ url: await driver.proxy() });
        await end({ main, custom });
        for (const socket of [main, custom].filter((one) => namespaces.includes(one.nsp))) {
            const [reason] = await socket.inbox.next("disconnect");
            oneOf(reason, [client].flat(), `the client's reason in ${socket.nsp}`);
            // This release keeps its connection when it cannot read what comes by it.
            if (client === "parse error" && stage.client === "4.7.5") continue;
            oneOf(await seenByServer(watcher, socket, server), [server].flat(), `the server's reason in ${socket.nsp}`);
        }
        if (!namespaces.includes("/")) await caughtUp(main);
    });
}

// Who shuts down has nobody left to report to; it is in the log.
async function seenByServer(watcher, socket, expected) {
    return expected === "server shutting down" ? driver.loggedReason() : watcher.disconnected(socket.nsp);
}

scenario("rooms are known while a socket leaves and not afterwards", async (stage) => {
    const watcher = await stage.watcher();
    const socket = await stage.connect();
    await call(socket, "join", "a", "b");
    const own = socket.id;
    socket.disconnect();
    equal((await watcher.report("disconnecting")).rooms, ["a", "b", own].sort());
    equal((await watcher.report("disconnect")).rooms, []);
});
