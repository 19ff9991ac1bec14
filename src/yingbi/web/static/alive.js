"use strict";
// Tells the program every 20 seconds that its page is still open, and the user when it has ended.
// `yingbiProblem(line)` shows one line at the foot of any page; an empty one takes it away.

const EVERY_MS = 20000;

function yingbiProblem(line) {
  const place = document.getElementById("problem");
  place.textContent = line;
  place.hidden = !line;
}

async function stillThere() {
  try {
    const answer = await fetch("/alive", { cache: "no-store" });
    if (answer.status === 204) return;
  } catch {
    // nobody answers any more: the same as a refusal
  }
  clearInterval(asking);
  yingbiProblem(document.body.dataset.gone);
}

const asking = setInterval(stillThere, EVERY_MS);

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
