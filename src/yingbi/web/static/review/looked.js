// Which doubtful moments were looked at: kept for as long as the tab is open, by numbers alone.

import { change, film, page, watch } from "./page.js";

const KEY = "looked";
let known = false; // whether what an earlier load of the page kept was read

/** Return what tells films apart without naming them: a tab may show one after another. */
const filmKey = () => [film().frames, film().width, film().height, film().duration_s].join(" ");

function read() {
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  return kept?.film === filmKey() ? kept.looked : [];
}

watch(["state"], () => {
  if (known) return;
  known = true;
  const looked = read();
  if (looked.length) change({ looked: new Set(looked) });
});

watch(["looked"], () => sessionStorage.setItem(KEY, JSON.stringify({ film: filmKey(), looked: [...page.looked] })));
