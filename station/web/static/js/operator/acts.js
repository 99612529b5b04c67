/** What an operator does: asked back, done, and told how it went. */

import { send } from "../api.js";
import { find, h, put } from "../dom.js";
import { language, say } from "../words.js";

/** Return a button that does something after it was confirmed. `key` names its texts. */
export function actButton(key, { path, body = () => ({}), params = {}, grave = false }) {
  const act = async () => {
    if (!(await confirmed(say(`act.${key}`), say(`act.${key}.about`, params), { grave }))) return;
    await tell(() => send("POST", path, body()));
  };
  return h("button", { type: "button", say: `act.${key}`, on: { click: act } });
}

/** Do something with the station, and show its answer. Returns the failure, if it was one. */
export async function tell(act) {
  try {
    const answer = await act();
    show(answer?.text, "go");
    return null;
  } catch (error) {
    show(error.status ? error.message : "", "bad");
    return error;
  }
}

/** Ask back; returns whether it was confirmed. */
export function confirmed(title, text, { grave = false } = {}) {
  const dialog = find("#ask");
  put(find("#ask-title"), title);
  put(find("#ask-text"), text);
  const yes = find("#ask-yes");
  put(yes, title);
  yes.className = grave ? "grave" : "main";
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

const SHOWN_MS = 8_000;
let hiding;

/** Show what the station said, which is English; if it said nothing, whether it went well. */
function show(text, tone) {
  const told = find("#told");
  told.className = `told shown ${tone}`;
  told.lang = text ? "en" : language();
  put(told, text || say(tone === "go" ? "act.done" : "operator.unreachable"));
  clearTimeout(hiding);
  hiding = setTimeout(() => told.classList.remove("shown"), SHOWN_MS);
}
