// Keys: each asks for one action. None is taken from a field, a list of choices or an open dialog.

import { run } from "./actions.js";
import { key as drawKey } from "./draw.js";

const LETTERS = {
  p: "play", c: "view", b: "boxes", d: "next-doubt", D: "last-doubt", k: "right",
  1: "scope-all", 2: "scope-stretch", 3: "scope-moment", m: "mask", v: "release", s: "split", j: "join",
  n: "draw", z: "zone-box", "[": "trim-from", "]": "trim-to",
  "+": "zoom-in", "=": "zoom-in", "-": "zoom-out", 0: "zoom-whole", ",": "earlier", ".": "later",
  w: "render", "?": "help",
};
const NAMED = { Home: "first", End: "last", ArrowUp: "above", ArrowDown: "below", Delete: "remove", Escape: "never" };
const WAYS = { ArrowLeft: ["back", "back-1s", "back-10s"], ArrowRight: ["on", "on-1s", "on-10s"] };
const TYPED = "input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select";
const STEPPED = "input[type=radio], input[type=range]"; // the arrows are theirs
const PRESSED = "button, summary, a, input[type=checkbox], input[type=radio]"; // the space bar and Enter are theirs

function nameOf(event) {
  const { key, ctrlKey, shiftKey, metaKey, altKey, target } = event;
  const control = ctrlKey || metaKey;
  if (altKey) return null;
  if (control && key.toLowerCase() === "z") return shiftKey ? "redo" : "undo";
  if (control && key.toLowerCase() === "y") return "redo";
  const stepped = target.matches(STEPPED);
  if (WAYS[key]) return stepped ? null : WAYS[key][control ? 2 : shiftKey ? 1 : 0];
  if (control) return null;
  if (NAMED[key]) return stepped && key !== "Escape" && key !== "Delete" ? null : NAMED[key];
  if (key === " ") return target.matches(PRESSED) ? null : "play";
  if (key === "Enter") return target.matches(PRESSED) ? null : "right";
  if (!document.getElementById("keys-on").checked && key !== "?") return null;
  return LETTERS[key] ?? LETTERS[key.toLowerCase()] ?? null;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.target.matches(TYPED) || document.querySelector("dialog[open]")) return;
  if (drawKey(event)) return event.preventDefault();
  const name = nameOf(event);
  if (name === null) return;
  event.preventDefault();
  run(name);
});
