// What scenarios are made of: their table, connected clients that remember what came, and comparisons.
"use strict";

const DEADLINE = 10_000; // milliseconds one thing may take to happen
const WAYS = { polling: ["polling"], websocket: ["websocket"], upgrade: undefined };

const JSON_ONLY = ["default"];
const BOTH_PARSERS = ["default", "msgpack"];

const table = [];
let featureOfScenarios;
let parsersOfFeature;

// What follows belongs to this feature, and is tried with these parsers unless a scenario names others.
function feature(name, parsers = JSON_ONLY) {
    featureOfScenarios = name;
    parsersOfFeature = parsers;
}

// Options: `transports`, the ways it makes sense for; `server`, the options of a server of its own; `parsers`;
// `atHome`, whether the page is to be the server's own.
function scenario(title, options, play) {
    if (!play) [options, play] = [{}, options];
    const { transports = Object.keys(WAYS), server = null, parsers = parsersOfFeature, atHome = false } = options;
    const common = { transports, server, atHome, play };
    if (parsers.includes("default")) {
        table.push({ ...common, feature: featureOfScenarios, title, parser: "default" });
    }
    if (parsers.includes("msgpack")) {
        table.push({ ...common, feature: "MessagePack", title: `${title} (as MessagePack)`, parser: "msgpack" });
    }
}

// What the driver in Python does: `cut`, `hold`, `say`, `startServer`, `stopServer`, `killServer`, …
const driver = new Proxy({}, { get: (_, command) => (...given) => askDriver(command, given) });

async function play(title, situation) {
    const stage = new Stage(situation);
    try {
        await table.find((one) => one.title === title).play(stage);
    } finally {
        stage.close();
    }
}

class Stage {
    constructor({ url, key, way, client, parser }) {
        this.url = url;
        // A build of the client may bring the parser along.
        this.parser = parser === "msgpack" && !globalThis.hasOwnParser ? { parser: messagePack } : {};
        this.client = client; // its release
        this.key = key; // names this run's clients, rooms and namespaces, apart from those of any other
        this.way = way;
        this.sockets = [];
    }

    get last() {
        return this.way === "polling" ? "polling" : "websocket";
    }

    options(more) {
        const fresh = { reconnection: false, forceNew: true };
        return { query: { key: this.key }, transports: WAYS[this.way], ...this.parser, ...fresh, ...more };
    }

    // A client that is about to connect.
    socket(namespace = "/", { url = this.url, ...more } = {}) {
        return this.remember(io(url + namespace, this.options(more)));
    }

    manager({ url = this.url, ...more } = {}) {
        return new io.Manager(url, this.options(more));
    }

    // A client of one namespace on a connection that several share.
    of(manager, namespace, more) {
        return this.remember(manager.socket(namespace, more));
    }

    remember(socket) {
        this.sockets.push(socket);
        socket.inbox = new Inbox(socket);
        return socket;
    }

    // A client that is connected, by the transport that was asked for.
    async connect(namespace, more) {
        return this.settled(this.socket(namespace, more));
    }

    async settled(socket) {
        await socket.inbox.next("connect");
        const { engine } = socket.io;
        if (engine.transport.name !== this.last) {
            await within(new Promise((resolve) => engine.once("upgrade", resolve)), "the upgrade");
        }
        equal(engine.transport.name, this.last, "transport");
        return socket;
    }

    async crowd(count, namespace) {
        return Promise.all(Array.from({ length: count }, () => this.connect(namespace)));
    }

    // Two namespaces on one connection.
    async pair(more) {
        const manager = this.manager(more);
        const [main, custom] = [this.of(manager, "/"), this.of(manager, "/custom")];
        await this.settled(main);
        await custom.inbox.next("connect");
        return { main, custom, manager };
    }

    // Is told by the server what happens to this run's clients.
    async watcher() {
        const options = { transports: ["websocket"], query: {}, auth: { about: this.key } };
        const socket = this.socket("/reports", options);
        await socket.inbox.next("connect");
        return new Watcher(socket);
    }

    close() {
        for (const socket of this.sockets) {
            socket.io.reconnection(false);
            socket.disconnect();
            socket.io.engine?.close();
        }
    }
}

class Watcher {
    constructor(socket) {
        this.inbox = socket.inbox;
    }

    async report(kind, namespace = "/") {
        const matches = (report) => report.kind === kind && (report.namespace ?? namespace) === namespace;
        const [report] = await this.inbox.next("report", matches, `report ${kind} of ${namespace}`);
        return report;
    }

    async disconnected(namespace) {
        return (await this.report("disconnect", namespace)).reason;
    }

    reports(kind) {
        return this.inbox.pending("report").map(([report]) => report).filter((report) => report.kind === kind);
    }
}

// What a client has been given and nobody has asked for yet.
class Inbox {
    constructor(socket) {
        this.items = [];
        this.waiting = [];
        const put = (event, given) => this.put({ event, given });
        socket.onAny((event, ...given) => put(event, given.filter((one) => typeof one !== "function")));
        socket.on("connect", () => put("connect", []));
        socket.on("connect_error", (error) => put("connect_error", [error]));
        socket.on("disconnect", (reason) => put("disconnect", [reason]));
    }

    put(item) {
        this.items.push(item);
        for (const look of [...this.waiting]) look();
    }

    // The arguments of the next event of that name, other events left where they are.
    async next(event, matches = () => true, what = `event ${event}`) {
        let look;
        const found = new Promise((resolve) => {
            look = () => {
                const index = this.items.findIndex((item) => item.event === event && matches(...item.given));
                if (index < 0) return;
                this.waiting.splice(this.waiting.indexOf(look), 1);
                resolve(this.items.splice(index, 1)[0].given);
            };
            this.waiting.push(look);
            look();
        });
        return within(found, what, () => this.items.map((item) => `${item.event} ${show(item.given)}`).join("; "));
    }

    pending(event) {
        return this.items.filter((item) => item.event === event).map((item) => item.given);
    }
}

async function within(promise, what, came) {
    let timer;
    const late = new Promise((_, reject) => {
        const text = () => `waited ${DEADLINE / 1000} s for ${what}${came ? `; came: ${came() || "nothing"}` : ""}`;
        timer = setTimeout(() => reject(new Error(text())), DEADLINE);
    });
    try {
        return await Promise.race([promise, late]);
    } finally {
        clearTimeout(timer);
    }
}

// The arguments that an event is acknowledged with.
function call(socket, event, ...given) {
    return within(new Promise((resolve) => socket.emit(event, ...given, (...answer) => resolve(answer))),
        `the acknowledgement of ${event}`);
}

// Events are handled in order: whatever was on its way before has come once this is answered.
async function caughtUp(...sockets) {
    await Promise.all(sockets.map((socket) => call(socket, "message-with-ack")));
}

async function rejection(promise, what) {
    try {
        await within(promise, what);
    } catch (error) {
        return error.message;
    }
    throw new Error(`${what}: expected an error, came none`);
}

// In the one form that both parsers know.
function bytes(...values) {
    return new Uint8Array(values).buffer;
}

function equal(found, expected, what = "value") {
    const [isFound, isExpected] = [show(found), show(expected)];
    if (isFound !== isExpected) throw new Error(`${what}: expected ${isExpected}, found ${isFound}`);
}

function oneOf(found, expected, what) {
    if (!expected.includes(found)) throw new Error(`${what}: expected ${expected.join(" or ")}, found ${found}`);
}

// A value as text, equal for equal values: members sorted, bytes as numbers.
function show(value) {
    const isBytes = value instanceof ArrayBuffer || ArrayBuffer.isView(value);
    if (isBytes) return `bytes(${new Uint8Array(value.buffer ?? value, value.byteOffset ?? 0, value.byteLength)})`;
    if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
    if (value instanceof Error) return `Error(${value.message})`;
    if (value && typeof value === "object") {
        return `{${Object.keys(value).sort().map((key) => `${key}: ${show(value[key])}`).join(", ")}}`;
    }
    const text = JSON.stringify(value) ?? String(value);
    return text.length <= 300 ? text : `${text.slice(0, 300)}… (${text.length} characters)`;
}
