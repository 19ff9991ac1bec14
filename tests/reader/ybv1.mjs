// A reader of the sealed format YBV1, written after docs/en/format.md alone: suite "intl", locks of
// X25519 keys (for others it is given the DEKs). Nothing but node (18.4 or newer) and its WebCrypto.
import { webcrypto } from "node:crypto";

const { subtle } = webcrypto;
const CHUNK = 65536, TAG = 16, DIGEST = 32, ZEROS = new Uint8Array(DIGEST), NONE = new Uint8Array();
const KINDS = { 1: "masked", 2: "records", 3: "preview", 4: "raw", 7: "roi" };
const AT_LEVEL = { 1: ["records"], 2: ["records", "masked", "preview"], 3: Object.values(KINDS) };

export class Refused extends Error { // step: that of "Reading a part" in the format's page
  constructor(step, why, code) { super(why); Object.assign(this, { step, code }); }
}
function check(holds, step, why, code = "seal-broken") { if (!holds) throw new Refused(step, why, code); }

// --- bytes
export const hex = (bytes) => Buffer.from(bytes).toString("hex");
export const unhex = (text) => new Uint8Array(Buffer.from(text, "hex"));
const join = (...parts) => new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part)))); // UTF-8
const same = (a, b) => a.length === b.length && a.reduce((odd, byte, i) => odd | (byte ^ b[i]), 0) === 0;
const octets = (value, size) => unhex(value.toString(16).padStart(2 * size, "0")); // big-endian

class Cursor { // never past the end; a failure belongs to `step`
  constructor(data, step) { Object.assign(this, { data, step, at: 0 }); }
  take(size) {
    check(size <= this.data.length - this.at, this.step, "it ends early");
    return this.data.subarray(this.at, (this.at += size));
  }
  big(size) { return BigInt("0x" + hex(this.take(size))); }
  number(size) { return Number(this.big(size)); }
  end() { check(this.at === this.data.length, this.step, "something follows"); }
}
// --- canonical CBOR: whole numbers become BigInt, floating point becomes Number
function cbor(c, depth = 0) {
  check(depth <= 4, c.step, "CBOR too deep");
  const first = c.number(1), major = first >> 5, low = first & 31;
  if (major === 7) return low >= 20 && low <= 22 ? [false, true, null][low - 20] : float(c, low);
  check(low < 28 && ![2, 6].includes(major), c.step, "CBOR of indefinite length, bytes, or a tag");
  const n = low < 24 ? BigInt(low) : c.big(1 << (low - 24));
  check(low < 24 || n >= [24n, 1n << 8n, 1n << 16n, 1n << 32n][low - 24], c.step, "a long CBOR number");
  if (major < 2) return major ? -1n - n : n;
  check(n <= c.data.length, c.step, "it ends early"); // each item has a byte at least
  if (major === 3) return utf8(c.take(Number(n)), c.step);
  if (major === 4) return Array.from({ length: Number(n) }, () => cbor(c, depth + 1));
  const map = new Map();
  for (let i = 0, before = NONE; i < n; i++) {
    const start = c.at, key = cbor(c, depth + 1), written = c.data.subarray(start, c.at);
    const order = before.length - written.length || Buffer.compare(before, written);
    check(order < 0 && typeof key === "string", c.step, "CBOR keys out of order, or no text");
    map.set(key, cbor(c, depth + 1));
    before = written;
  }
  return map;
}
function utf8(bytes, step) { // what is not UTF-8 does not survive the way there and back
  const text = Buffer.from(bytes).toString("utf-8");
  check(same(join(text), bytes), step, "text that is not UTF-8");
  return text;
}
function float(c, low) { // the shortest of 2, 4, 8 bytes that keeps the value
  check(low >= 25 && low <= 27, c.step, "a CBOR value that is not known");
  const bytes = c.take(1 << (low - 24)), view = new DataView(bytes.buffer, bytes.byteOffset);
  if (low === 25) {
    const bits = view.getUint16(0), sign = bits >> 15 ? -1 : 1, e = (bits >> 10) & 31, m = bits & 1023;
    return sign * (e === 31 ? (m ? NaN : Infinity) : e ? 2 ** (e - 25) * (1024 + m) : 2 ** -24 * m);
  }
  const value = low === 26 ? view.getFloat32(0) : view.getFloat64(0), size = Math.abs(value);
  const step = 2 ** (Math.max(Math.floor(Math.log2(size)), -14) - 10); // of a half at this size
  const half = size === 0 || !Number.isFinite(size) || (size <= 65504 && Number.isInteger(size / step));
  check(!half && (low === 26 || Math.fround(value) !== value), c.step, "a long floating point number");
  return value;
}
function wholeMap(data, step) {
  const c = new Cursor(data, step), map = cbor(c);
  c.end();
  check(map instanceof Map, step, "CBOR that is no map");
  return map;
}
// --- ciphers
export const hash = async (...parts) => new Uint8Array(await subtle.digest("SHA-256", join(...parts)));
async function hmac(key, ...parts) {
  const k = await subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await subtle.sign("HMAC", k, join(...parts)));
}
async function derive(dek, salt, label) { // every key of `intl` has 32 bytes
  const key = await subtle.importKey("raw", dek, "HKDF", false, ["deriveBits"]);
  const how = { name: "HKDF", hash: "SHA-256", salt, info: join(`YBV1 ${label} intl`) };
  return new Uint8Array(await subtle.deriveBits(how, key, 256));
}
async function open(key, iv, sealed, additionalData = NONE) { // null where the tag does not hold
  const k = await subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
  const clear = subtle.decrypt({ name: "AES-GCM", iv, additionalData }, k, sealed);
  return clear.then((bytes) => new Uint8Array(bytes), () => null);
}
async function x25519(privateKey, publicKey) { // throws where one of them is none
  const pkcs8 = join(unhex("302e020100300506032b656e04220420"), privateKey);
  const mine = await subtle.importKey("pkcs8", pkcs8, "X25519", false, ["deriveBits"]);
  const theirs = await subtle.importKey("raw", publicKey, "X25519", false, []);
  return new Uint8Array(await subtle.deriveBits({ name: "X25519", public: theirs }, mine, 256));
}
// RFC 9180, base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM; null where it fails.
async function hpkeOpen(privateKey, publicKey, wrapped, info) {
  const kem = join("KEM", [0, 0x20]), suite = join("HPKE", [0, 0x20, 0, 1, 0, 2]);
  const extract = (id, salt, label, key) => hmac(salt.length ? salt : ZEROS, "HPKE-v1", id, label, key);
  const expand = async (id, key, label, about, size) =>
    (await hmac(key, octets(size, 2), "HPKE-v1", id, label, about, [1])).subarray(0, size);
  const enc = wrapped.subarray(0, 32), shared = await x25519(privateKey, enc).catch(() => null);
  if (!shared) return null;
  const eae = await extract(kem, NONE, "eae_prk", shared);
  const secret = await expand(kem, eae, "shared_secret", join(enc, publicKey), 32);
  const nobody = await extract(suite, NONE, "psk_id_hash", NONE);
  const context = join([0], nobody, await extract(suite, NONE, "info_hash", info));
  const base = await extract(suite, secret, "secret", NONE);
  const key = await expand(suite, base, "key", context, 32);
  return open(key, await expand(suite, base, "base_nonce", context, 12), wrapped.subarray(32));
}
async function merkleRoot(leaves) {
  if (leaves.length === 1) return leaves[0];
  const split = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  return hash([1], await merkleRoot(leaves.slice(0, split)), await merkleRoot(leaves.slice(split)));
}
// --- step 1: parse
function takeHeader(c) {
  const start = c.at, known = (holds, what) => check(holds, 1, `${what} is not known`);
  known(hex(c.take(4)) === hex(join("YBV1")), "what it begins with");
  known(c.number(1) === 0, "its version");
  known(c.number(1) === 1, "its suite");
  const flags = c.number(1), log2 = c.number(1);
  known(flags < 4 && log2 === 16, "a flag or its size of chunks");
  const level = c.number(1), kind = KINDS[c.number(1)];
  known(AT_LEVEL[level]?.includes(kind), "its part at its level");
  const [controller, box, object, segment] = [16, 16, 16, 16].map((size) => hex(c.take(size)));
  const number = c.number(4), epoch = c.take(4);
  c.take(2); // retention class
  const device = hex(c.take(16)), previous = c.take(DIGEST), bodyBytes = c.number(4);
  check(bodyBytes <= 1024 * CHUNK, 1, "a body too long");
  const publicBytes = c.number(2), isPublic = (v) => typeof v === "string" || typeof v === "bigint";
  check(publicBytes <= 4096, 1, "public metadata too long");
  check([...wholeMap(c.take(publicBytes), 1).values()].every(isPublic), 1, "public metadata of other types");
  const privateBytes = c.number(4) - TAG;
  check([10, 11, 12, 13, 14, 15, 16].some((n) => privateBytes === 1 << n), 1, "a size of private metadata");
  const clear = c.data.subarray(start, c.at), sealed = c.take(privateBytes + TAG);
  const identity = [controller, box, object, level, kind, device].join(), bytes = c.data.subarray(start, c.at);
  return { flags, kind, box, object, segment, number, epoch, previous, bodyBytes, clear, sealed, identity, bytes };
}
function takeLock(c) {
  const start = c.at, recipients = [];
  check(c.number(1) === 1, c.step, "the version of its lock is not known");
  const suite = c.number(1), count = c.number(1);
  check([1, 2].includes(suite), c.step, "the suite of its lock is not known");
  check(count >= 1 && count <= 8, c.step, "no or too many recipients");
  for (let i = 0; i < count; i++) {
    const type = c.number(1), keyId = hex(c.take(16)), size = c.number(2);
    check([1, 2, 16].includes(type), c.step, "a recipient of an unknown type");
    check(size >= 1 && size <= 2048, c.step, "a wrapped key of an impossible length");
    recipients.push({ type, keyId, wrapped: c.take(size) });
  }
  return { suite, recipients, signed: c.data.subarray(start, c.at), mac: c.take(DIGEST) };
}
function takeSegment(c) {
  const header = takeHeader(c), commit = c.take(DIGEST), lock = header.flags & 1 ? null : takeLock(c);
  const sizes = [];
  for (let rest = header.bodyBytes; rest > 0 || !sizes.length; rest -= CHUNK) sizes.push(Math.min(CHUNK, rest));
  const chunks = sizes.map((size) => c.take(size + TAG)), leaves = sizes.map(() => c.take(DIGEST));
  const seal = c.take(100), s = new Cursor(seal, 1);
  check(s.number(4) === chunks.length, 1, "the seal counts other chunks");
  return { header, commit, lock, chunks, leaves, seal, root: s.take(DIGEST), signature: s.take(64) };
}
async function parsePart(data, asked) {
  const c = new Cursor(data, 1), segments = [];
  do {
    const one = takeSegment(c), before = segments.at(-1), { header } = one;
    check(header.number === segments.length, 1, "a segment out of order");
    check(same(header.previous, before ? await hash(before.seal) : ZEROS), 1, "the chain is broken");
    check(!before || before.header.identity === header.identity, 1, "a segment of another part");
    check(header.object === asked.object && header.kind === asked.kind, 1, "another part was asked for");
    segments.push(one);
  } while (c.at < data.length);
  return segments;
}
// --- steps 2, 4, 5
async function verify(one, devicePublic) {
  const leaves = await Promise.all(one.chunks.map((chunk) => hash([0], chunk)));
  check(leaves.every((leaf, i) => same(leaf, one.leaves[i])), 2, "a chunk was altered");
  check(same(await merkleRoot(leaves), one.root), 2, "the Merkle root is another");
  one.hh = await hash(one.header.bytes);
  const message = join("YBV1 seal ", one.hh, one.commit, one.seal.subarray(0, 36));
  const key = await subtle.importKey("raw", devicePublic, "Ed25519", false, ["verify"]);
  check(await subtle.verify("Ed25519", key, one.signature, message), 2, "the signature does not hold");
}
async function unlock({ header, hh, lock: held }, box) {
  const kept = box.locks.get(header.segment), c = kept && new Cursor(kept, 4);
  check(kept || held, 4, "there is no lock", "no-key");
  check(header.box === box.id, 4, "it belongs to another box", "no-key");
  const lock = kept ? takeLock(c) : held, type = box.public.length === 32 ? 1 : 2;
  c?.end();
  check(lock.suite === 1, 4, "a lock of another suite");
  const mine = lock.recipients.find((one) => one.type === type && one.keyId === box.keyId);
  check(mine, 4, "the lock does not name this key", "no-key");
  const context = join("YBV1 lock ", unhex(header.box), header.epoch, unhex(header.segment), hh);
  const dek = type === 1 ? await hpkeOpen(box.private, box.public, mine.wrapped, context) : box.deks.shift();
  check(dek, 4, type === 1 ? "the lock is not for this" : "this reader has no ML-KEM", "no-key");
  check(dek.length === 32, 4, "the lock holds no data key");
  const key = await derive(dek, await hash(context), "lock");
  check(same(await hmac(key, lock.signed), lock.mac), 4, "the lock was altered");
  return dek;
}
const string = (v) => typeof v === "string", time = (v) => Number.isFinite(v);
const count = (v) => typeof v === "bigint" && v >= 0n && v < 1n << 32n;
const orNull = (is) => (v) => v === null || is(v);
const PRIVATE = { // exactly these keys, each of its type
  media_type: string, true_length: count, from_s: time, to_s: time, camera: orNull(string), clock: string,
  recorded_at: orNull(string), record_schema: orNull(count), source_name: orNull(string),
  labels: (v) => Array.isArray(v) && v.every(string),
  extra: (v) => v instanceof Map && [...v.values()].every(string),
};
async function openPrivate({ header, hh, commit }, dek) {
  check(same(await derive(dek, hh, "commit"), commit), 4, "the key is not the one it was sealed with");
  const key = await derive(dek, await hash(header.clear), "meta");
  const plain = await open(key, new Uint8Array(12), header.sealed, header.clear);
  check(plain, 4, "private metadata were altered");
  const c = new Cursor(plain, 4), written = c.take(c.number(4));
  check(plain.subarray(c.at).every((byte) => byte === 0), 4, "padding that is not zeros");
  check(plain.length === Math.max(1024, 2 ** Math.ceil(Math.log2(c.at))), 4, "padded too far");
  const fields = wholeMap(written, 4), fits = Object.entries(PRIVATE).every(([key, is]) => is(fields.get(key)));
  check(fits && fields.size === Object.keys(PRIVATE).length, 4, "private metadata are not of this version");
  return { written, length: Number(fields.get("true_length")) };
}
async function openBody({ chunks, hh }, dek, length) {
  const key = await derive(dek, hh, "payload"), nonce = (i) => join(octets(i, 11), [i === chunks.length - 1]);
  const parts = await Promise.all(chunks.map((chunk, i) => open(key, nonce(i), chunk)));
  check(parts.every(Boolean), 5, "a chunk does not open");
  const body = join(...parts);
  check(length <= body.length, 5, "an impossible length");
  check(body.subarray(length).every((byte) => byte === 0), 5, "padding that is not zeros");
  return body.subarray(0, length);
}

/** Return the segments' private metadata (CBOR) and contents, all of them, or throw Refused.
 *  asked: { object, kind }. box: { id, keyId, public, private, locks: Map, deks }. end: { count, digest }. */
export async function openPart(data, asked, devicePublic, box, end) {
  const segments = await parsePart(data, asked);
  for (const one of segments) await verify(one, devicePublic);
  const whole = !end || (segments.length === end.count && hex(await hash(segments.at(-1).seal)) === end.digest);
  check(whole, 3, "its end is another");
  for (const one of segments) one.dek = await unlock(one, box);
  for (const one of segments) one.private = await openPrivate(one, one.dek);
  for (const one of segments) one.content = await openBody(one, one.dek, one.private.length);
  return segments.map((one) => ({ private: one.private.written, content: one.content }));
}
