"use strict";
// Tells the program every 20 seconds that its page is still open, and the user while nobody answers.
// `yingbiProblem(line)` shows one line at the foot of any page; an empty one takes it away.

const EVERY_MS = 20000;

// A click before the scripts are there would be lost: the page takes none until all of them are.
addEventListener("DOMContentLoaded", () => { document.body.inert = false; });

function yingbiProblem(line) {
  const place = document.getElementById("problem");
  place.textContent = line;
  place.hidden = !line;
}

// One miss says little, as after a sleep: it is asked again for as long as the page is open.
async function stillThere() {
  const gone = document.body.dataset.gone;
  let there = false;
  try {
    there = (await fetch("/alive", { cache: "no-store" })).status === 204;
  } catch {
    // nobody answers: the same as a refusal
  }
  if (!there) yingbiProblem(gone);
  else if (document.getElementById("problem").textContent === gone) yingbiProblem("");
}

setInterval(stillThere, EVERY_MS);

// What a request of a page was refused with is one line, and the user sees it.
document.addEventListener("htmx:responseError", (event) => {
  let line = event.detail.xhr.responseText;
  try {
    line = JSON.parse(line).error.message;
  } catch {
    // a refusal at the door is plain text
  }
  yingbiProblem(line);
});
document.addEventListener("htmx:sendError", () => yingbiProblem(document.body.dataset.gone));
