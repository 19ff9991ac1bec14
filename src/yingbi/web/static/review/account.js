// The line that says what is to be seen at now, for who sees the film and for who does not.

import { lastFrame, page, timeOf, watch } from "./page.js";
import { byId, icon, write } from "./dom.js";
import { account } from "./overlay.js";
import { clock, count, listed, word } from "./words.js";
import { seek } from "./film.js";

const line = byId("account");
const place = byId("seek");
const MOST_NAMES = 3;

function draw() {
  if (!page.state) return;
  line.setAttribute("aria-live", page.playing ? "off" : "polite");
  const at = page.shown;
  write(line, word("account", { time: clock(timeOf(at)), frame: at, what: what(at) }));
  const [now, most] = [String(page.at), String(lastFrame())];
  if (place.max !== most) place.max = most;
  if (place.value !== now) place.value = now;
  place.setAttribute("aria-valuetext", clock(timeOf(page.at)));
}

function what(at) {
  const seen = account(at);
  if (!seen) return word(page.state.looking ? "account.looking" : "account.wait");
  const { masked, visible, doubtful } = seen;
  const parts = [];
  if (masked.length) parts.push(count("account.masked", masked.length));
  if (visible.length > MOST_NAMES) parts.push(count("account.seen", visible.length));
  else if (visible.length) parts.push(word("account.visible", { names: listed(visible) }));
  if (doubtful.length) parts.push(count("account.doubt", doubtful.length));
  return parts.length ? listed(parts) : word("account.nobody");
}

function drawPlay() {
  const button = document.querySelector("[data-do=play]");
  icon(button, page.playing ? "pause" : "play");
  button.setAttribute("aria-label", word(page.playing ? "pause" : "play"));
}

place.addEventListener("input", () => seek(Number(place.value)));
watch(["state", "shown", "at", "regions", "looked", "playing"], draw);
watch(["playing"], drawPlay);
