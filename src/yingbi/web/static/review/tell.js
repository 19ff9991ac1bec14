// One line where something went wrong, and a quiet line for who listens instead of looking.

import { word } from "./words.js";

const box = document.getElementById("trouble");
const line = document.getElementById("trouble-line");
const said = document.getElementById("said");
let lost = false;

/** Show what went wrong. An answer that was no longer wanted is no trouble. */
export function trouble(error) {
  if (error.name === "AbortError") return;
  if (error.lost === undefined) throw error;
  lost = error.lost;
  line.textContent = error.lost ? word("lost") : error.message ?? word("refused");
  box.hidden = false;
}

export const isLost = () => lost;

export function found() {
  if (lost) quiet();
}

export function quiet() {
  lost = false;
  box.hidden = true;
  line.textContent = "";
}

export function say(text) {
  said.textContent = text;
}
