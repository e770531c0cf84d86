// Packets as MessagePack: the format for the stock client's option `parser`, and what only that format has.
//
// Written from the format of `socket.io-msgpack-parser`, which the builds of the client that tests can get do not have;
// `--messagepack-builds` takes those that do.
"use strict";

class PacketEncoder {
    encode(packet) {
        return [pack(packet)];
    }
}

class PacketDecoder {
    constructor() {
        this.listeners = new Set();
    }

    on(_, listener) {
        this.listeners.add(listener);
    }

    off(_, listener) {
        this.listeners.delete(listener);
    }

    add(message) {
        const packet = new Unpacker(message).whole();
        for (const listener of this.listeners) listener(packet);
    }

    destroy() {}
}

const messagePack = { Encoder: PacketEncoder, Decoder: PacketDecoder };

// What precedes a length below the first bound within the byte, and lengths of 1, 2 and 4 bytes.
const LENGTHS = {
    text: { bound: 32, short: 0xa0, long: [0xd9, 0xda, 0xdb] },
    binary: { bound: 0, short: 0, long: [0xc4, 0xc5, 0xc6] },
    list: { bound: 16, short: 0x90, long: [null, 0xdc, 0xdd] },
    map: { bound: 16, short: 0x80, long: [null, 0xde, 0xdf] },
};

function pack(value) {
    const packed = [];
    const put = (...some) => packed.push(...some);
    const putAll = (some) => some.forEach((byte) => packed.push(byte));
    const putNumber = (prefix, width, setter, number) => {
        const view = new DataView(new ArrayBuffer(width));
        view[setter](0, number);
        put(prefix, ...new Uint8Array(view.buffer));
    };

    function putInteger(number) {
        if (number >= 0) {
            if (number < 0x80) put(number);
            else if (number < 2 ** 8) putNumber(0xcc, 1, "setUint8", number);
            else if (number < 2 ** 16) putNumber(0xcd, 2, "setUint16", number);
            else if (number < 2 ** 32) putNumber(0xce, 4, "setUint32", number);
            else putNumber(0xcf, 8, "setBigUint64", BigInt(number));
        } else if (number >= -32) put(number & 0xff);
        else if (number >= -(2 ** 7)) putNumber(0xd0, 1, "setInt8", number);
        else if (number >= -(2 ** 15)) putNumber(0xd1, 2, "setInt16", number);
        else if (number >= -(2 ** 31)) putNumber(0xd2, 4, "setInt32", number);
        else putNumber(0xd3, 8, "setBigInt64", BigInt(number));
    }

    function putLength(kind, length) {
        const { bound, short, long } = LENGTHS[kind];
        if (length < bound) put(short | length);
        else if (length < 2 ** 8 && long[0]) putNumber(long[0], 1, "setUint8", length);
        else if (length < 2 ** 16) putNumber(long[1], 2, "setUint16", length);
        else putNumber(long[2], 4, "setUint32", length);
    }

    function putObject(object) {
        if (object === null) return put(0xc0);
        if (object instanceof Date) {
            put(0xd7);
            return putNumber(0, 8, "setBigInt64", BigInt(object.getTime()));
        }
        if (object instanceof ArrayBuffer) {
            putLength("binary", object.byteLength);
            return putAll(new Uint8Array(object));
        }
        if (Array.isArray(object)) {
            putLength("list", object.length);
            return object.forEach(putValue);
        }
        if (object.toJSON) return putValue(object.toJSON());
        const members = Object.entries(object).filter(([, member]) => typeof member !== "function");
        putLength("map", members.length);
        for (const member of members) member.forEach(putValue);
    }

    function putValue(one) {
        switch (typeof one) {
            case "undefined": return put(0xd4, 0, 0);
            case "boolean": return put(one ? 0xc3 : 0xc2);
            case "number": return Number.isSafeInteger(one) ? putInteger(one) : putNumber(0xcb, 8, "setFloat64", one);
            case "string": {
                const text = new TextEncoder().encode(one);
                putLength("text", text.length);
                return putAll(text);
            }
            default: return putObject(one);
        }
    }

    putValue(value);
    return new Uint8Array(packed).buffer;
}

class Unpacker {
    constructor(message) {
        this.message = message;
        this.view = new DataView(message);
        this.position = 0;
    }

    whole() {
        const value = this.next();
        equal(this.position, this.message.byteLength, "length of a packet");
        return value;
    }

    number(getter, width) {
        const value = this.view[getter](this.position);
        this.position += width;
        return Number(value);
    }

    length(width) {
        return this.number(`getUint${width * 8}`, width);
    }

    part(length) {
        this.position += length;
        return this.message.slice(this.position - length, this.position);
    }

    text(length) {
        return new TextDecoder("utf-8", { fatal: true }).decode(this.part(length));
    }

    list(length) {
        return Array.from({ length }, () => this.next());
    }

    map(length) {
        return Object.fromEntries(Array.from({ length }, () => [this.next(), this.next()]));
    }

    next() {
        const kind = this.length(1);
        if (kind < 0x80) return kind;
        if (kind < 0x90) return this.map(kind & 0xf);
        if (kind < 0xa0) return this.list(kind & 0xf);
        if (kind < 0xc0) return this.text(kind & 0x1f);
        if (kind >= 0xe0) return kind - 256;
        switch (kind) {
            case 0xc0: return null;
            case 0xc2: return false;
            case 0xc3: return true;
            case 0xc4: case 0xc5: case 0xc6: return this.part(this.length(1 << (kind - 0xc4)));
            case 0xca: return this.number("getFloat32", 4);
            case 0xcb: return this.number("getFloat64", 8);
            case 0xcc: case 0xcd: case 0xce: return this.length(1 << (kind - 0xcc));
            case 0xcf: return this.number("getBigUint64", 8);
            case 0xd0: return this.number("getInt8", 1);
            case 0xd1: return this.number("getInt16", 2);
            case 0xd2: return this.number("getInt32", 4);
            case 0xd3: return this.number("getBigInt64", 8);
            case 0xd9: case 0xda: case 0xdb: return this.text(this.length(1 << (kind - 0xd9)));
            case 0xdc: case 0xdd: return this.list(this.length(2 << (kind - 0xdc)));
            case 0xde: case 0xdf: return this.map(this.length(2 << (kind - 0xde)));
            default: throw new Error(`expected a value of MessagePack, found ${kind}`);
        }
    }
}

feature("MessagePack", ["msgpack"]);

scenario("numbers of every width come back", async (stage) => {
    const socket = await stage.connect();
    const steps = [5, 7, 8, 15, 16, 31, 32].map((bits) => 2 ** bits).flatMap((step) => [step - 1, step]);
    const whole = [0, ...steps, ...steps.map((one) => -one - 1), 2 ** 53 - 1, 1 - 2 ** 53];
    const numbers = [...whole, 0.5, -1.25, 1e-300, 5e-324, 0.1];
    for (const number of numbers) {
        const [answer] = await call(socket, "message-with-ack", number);
        // Not `equal`, for which `-0` is `0` and so are some others.
        if (!Object.is(answer, number)) throw new Error(`expected ${number}, found ${answer}`);
    }
});

scenario("texts, bytes, lists and maps of every length come back", async (stage) => {
    const socket = await stage.connect();
    for (const length of [0, 1, 15, 16, 31, 32, 255, 256, 65_535, 65_536]) {
        const list = Array(length).fill(null);
        const map = Object.fromEntries(list.map((_, index) => [`key ${index}`, index]));
        for (const value of ["e".repeat(length), new Uint8Array(length).fill(0xc1).buffer, list, length < 5000 ? map : {}]) {
            const [answer] = await call(socket, "message-with-ack", value);
            equal(show(answer) === show(value) && show(answer).length, show(value).length, `length ${length}`);
        }
    }
});

scenario("dates arrive as texts, nothing in a list as null, and no member without a value", async (stage) => {
    const socket = await stage.connect();
    const given = [new Date(1_700_000_000_123), undefined, { none: undefined, some: 1, method() {} }];
    equal(await call(socket, "message-with-ack", ...given), ["2023-11-14T22:13:20.123Z", null, { some: 1 }]);
});

scenario("bytes that are no packet end the connection", async (stage) => {
    const watcher = await stage.watcher();
    for (const broken of [bytes(0xc1), bytes(), bytes(0x81, 0xa4, 0x74)]) {
        const socket = await stage.connect();
        socket.io.engine.write(broken);
        await socket.inbox.next("disconnect");
        oneOf(await watcher.disconnected(), ["forced close", "forced server close"], show(broken));
    }
});

scenario(
    "a client with the other parser is disconnected",
    { server: "--parser msgpack", parsers: JSON_ONLY },
    async (stage) => {
        const socket = stage.socket();
        await within(new Promise((resolve) => socket.io.once("close", resolve)), "the end of the connection");
        equal([socket.connected, socket.id], [false, undefined]);
    },
);
