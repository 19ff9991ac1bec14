// The server, asked over HTTP. Answers to older questions than the last one answered are left out.

import { change, page } from "./page.js";

/** A refusal. message: one line for the user, in the user's language; null where nobody answered. */
export class Refused extends Error {
  constructor(status, code, message) {
    super(message);
    Object.assign(this, { status, code, lost: status === 0 });
  }
}

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { cache: "no-store", credentials: "same-origin", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, "lost", null);
  }
  if (!answer.ok) throw await refused(answer);
  return answer;
}

async function refused(answer) {
  const text = await answer.text().catch(() => "");
  try {
    const { error } = JSON.parse(text);
    return new Refused(answer.status, error.code, error.message);
  } catch {
    return new Refused(answer.status, "refused", text.trim().split("\n")[0] || null);
  }
}

let asked = 0;
let answered = 0;

async function take(question, answer) {
  const state = await (await answer).json();
  if (question < answered) return;
  answered = question;
  change({ state });
}

export const refresh = () => take(++asked, ask("/review/state"));

let last = Promise.resolve();

/** Ask for a change, after those before it; the answer is the new state. */
export function post(what, body = {}) {
  const headers = { "Content-Type": "application/json" };
  const shown = { film: page.state?.film.id, rev: page.state?.rev }; // what the user sees who asks
  const text = JSON.stringify({ ...shown, ...body });
  const send = () => take(++asked, ask(`/review/${what}`, { method: "POST", headers, body: text }));
  const sent = last.then(send);
  last = sent.catch(() => {});
  return sent;
}

/** Return a frame as an ImageBitmap that the caller must close. as: clear, masked or written. */
export async function picture(at, width, as, signal) {
  const how = as === "clear" ? "" : `&as=${as}`;
  const answer = await ask(`/review/frame?at=${at}&width=${width}${how}`, { signal });
  return createImageBitmap(await answer.blob());
}

export async function regions(from, to) {
  return (await ask(`/review/regions?from=${from}&to=${to}`)).json();
}
