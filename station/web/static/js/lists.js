/** Names and values under each other. */

import { h } from "./dom.js";

/** Return a list of `[key of the name, value]`; those without a value are left out. */
export function factList(pairs) {
  const rows = pairs.filter(([, value]) => value);
  return h("dl", { class: "facts" }, rows.map(([key, value]) => h("div", {}, h("dt", { say: key }), h("dd", {}, value))));
}
