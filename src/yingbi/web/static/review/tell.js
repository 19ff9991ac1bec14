// One line where something went wrong, and a quiet line for who listens instead of looking.

import { change, page } from "./page.js";
import { word } from "./words.js";

const box = document.getElementById("trouble");
const line = document.getElementById("trouble-line");
const said = document.getElementById("said");

/** Show what went wrong. An answer that was no longer wanted is no trouble. */
export function trouble(error) {
  if (error.name === "AbortError") return;
  if (error.lost === undefined) throw error;
  change({ lost: error.lost });
  line.textContent = error.lost ? word("lost") : error.message ?? word("refused");
  box.hidden = false;
}

/** The server answers: that it did not is no longer true. */
export function found() {
  if (page.lost) quiet();
}

export function quiet() {
  change({ lost: false });
  box.hidden = true;
  line.textContent = "";
}

export function say(text) {
  said.textContent = text;
}
