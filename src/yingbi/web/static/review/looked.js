// Which doubtful moments were looked at: kept for as long as the tab is open, by numbers alone.

import { change, film, page, watch } from "./page.js";

const KEY = "looked";
let known = false; // whether what an earlier load of the page kept was read

/** Return what tells one review from another: a tab may show one film after another. */
const filmKey = () => film().id;

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
