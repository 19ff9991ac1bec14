// Pieces of the page: found by name, made from templates, kept while what they show is the same.

export const byId = (id) => document.getElementById(id);

export const part = (element, name) => element.querySelector(`[data-part="${name}"]`);

export const made = (template) => byId(template).content.firstElementChild.cloneNode(true);

/** Set a text only where it differs: what listens to the page then hears only what is new. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Show an icon of the sprite. */
export function icon(element, name) {
  element.querySelector("use").setAttribute("href", `#i-${name}`);
}

/** Let a list show the items, in their order; an item's element stays its own, and so does the focus. */
export function keep(list, items, keyOf, make, update) {
  const old = new Map([...list.children].map((element) => [element.dataset.key, element]));
  const kept = new Set();
  let next = list.firstElementChild;
  items.forEach((item, index) => {
    const key = String(keyOf(item, index));
    const element = old.get(key) ?? make(item);
    old.delete(key);
    kept.add(element);
    element.dataset.key = key;
    update(element, item, index);
    if (element === next) next = next.nextElementSibling;
    else list.insertBefore(element, next);
  });
  for (const element of [...list.children]) if (!kept.has(element)) element.remove();
}
