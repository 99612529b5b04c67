/** Elements, made without ever reading data as HTML. */

import { say } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * Return an element. Attributes: `say` is the key of its text, `on` its listeners by event; what is null, undefined
 * or false is left out. Children: nodes, texts, or lists of them.
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "say") sayIn(element, value);
    else if (name === "on") Object.entries(value).forEach(([event, act]) => element.addEventListener(event, act));
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** Give an element the text of a key, now and whenever the language changes. */
export function sayIn(element, key) {
  if (element.dataset.say !== key) element.dataset.say = key;
  put(element, say(key));
}

/** Say everything below `root` in the language of the page. */
export function translate(root) {
  for (const element of root.querySelectorAll("[data-say]")) put(element, say(element.dataset.say));
  for (const element of root.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", say(element.dataset.label));
  }
}

/** Set the text of an element if it is another one. */
export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Put these children in place of those that are there. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
}

export function find(selector, root = document) {
  return root.querySelector(selector);
}

/** Paths of 24 by 24, drawn with a line. */
const ICONS = {
  bolt: "M13 2.5 5.5 13.5h5.8L10 21.5l8.5-12h-6z",
  plug: "M9 2.5v5M15 2.5v5M6 7.5h12V11a6 6 0 0 1-12 0zM12 17v4.5",
  card: "M3 6h18v12H3zM3 10h18M6.5 14.5h4",
  hourglass: "M7 3h10M7 21h10M8.5 3v4l7 10v4M15.5 3v4l-7 10v4",
  pen: "M4 20l1-4.5L15.5 5 19 8.5 8.5 19zM13 7.5l3.5 3.5M12 20.5h8",
  car: "M4 17v-5l2-5h12l2 5v5zM4 12h16M7 17v2M17 17v2M7.5 14.6v.1M16.5 14.6v.1",
  pause: "M8.5 5v14M15.5 5v14",
  check: "M4.5 12.5 10 18 19.5 6.5",
  lock: "M6 11h12v9.5H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  warning: "M12 3.5 2.5 20h19zM12 10v4.6M12 17.2v.1",
  barred: "M12 3a9 9 0 1 0 .1 0zM5.8 5.8l12.4 12.4",
  lost: "M3 9a13 13 0 0 1 18 0M6.5 13a8 8 0 0 1 11 0M12 18.4v.1M4 3.5l16 17",
  info: "M12 3a9 9 0 1 0 .1 0zM12 11v5.5M12 7.6v.1",
  cross: "M6 6l12 12M18 6 6 18",
  up: "M12 20V5M6 10.5 12 4.5l6 6",
  down: "M12 4v15M6 13.5l6 6 6-6",
  dot: "M12 9.5a2.5 2.5 0 1 0 .1 0z",
};

/** Return a drawing; it is never all that says something, so screen readers pass it by. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** Show another drawing in an element that holds one, if it is another. */
export function iconIn(element, name) {
  if (element.dataset.icon === name) return;
  element.dataset.icon = name;
  fill(element, icon(name));
}
