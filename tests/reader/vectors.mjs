// Runs the reader over vectors: node vectors.mjs FILE.vector...
// For each a line of JSON: what came out, or the code and the step of the refusal.
import { readFileSync } from "node:fs";
import { Refused, hash, hex, openPart, unhex } from "./ybv1.mjs";

async function run(path) {
  const [head, body] = readFileSync(path, "utf-8").split(/\n\n(.*)/s), lines = head.split("\n");
  const all = (key) => lines.filter((l) => l.startsWith(`${key}: `)).map((l) => l.slice(key.length + 2));
  const value = (key) => all(key)[0], bytes = (key) => unhex(value(key));
  const locks = new Map(all("lock").map((l) => l.split(" ")).map(([id, lock]) => [id, unhex(lock)]));
  const box = {
    id: value("box-id"), keyId: value("box-key-id"), public: bytes("box-public"), private: bytes("box-private"),
    locks, deks: all("dek").map(unhex),
  };
  const [count, digest] = (value("end") ?? "").split(" ");
  const part = new Uint8Array(Buffer.from(body, "base64"));
  const asked = { object: value("object-id"), kind: value("part") };
  const end = digest && { count: Number(count), digest };
  const opened = await openPart(part, asked, bytes("device-public"), box, end);
  const digests = await Promise.all(opened.map(({ content }) => hash(content)));
  return { outcome: "ok", private: opened.map((one) => hex(one.private)), content: digests.map(hex) };
}

for (const path of process.argv.slice(2)) {
  const told = await run(path).catch((error) => {
    if (!(error instanceof Refused)) throw error;
    return { outcome: error.code, step: error.step, why: error.message };
  });
  console.log(JSON.stringify({ file: path, ...told }));
}
