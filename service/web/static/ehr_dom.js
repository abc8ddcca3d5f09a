// Elements made node by node. What a chart, a card or a server says only ever becomes a text node, so it cannot become markup.

// A new element. `given`: its attributes; `on`: what it does at an event; false, null and undefined leave an attribute out.
export function el(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name === "on") {
      for (const [event, does] of Object.entries(value)) made.addEventListener(event, does);
    } else if (value !== false && value !== null && value !== undefined) {
      made.setAttribute(name, value === true ? "" : String(value));
    }
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export const byId = (id) => document.getElementById(id);

// Only addresses that a browser may be led to.
export function isWeb(address) {
  try {
    return ["http:", "https:"].includes(new URL(address).protocol);
  } catch {
    return false;
  }
}

// A link of an answer. It opens beside the chart, which is in this page's memory alone.
export function beside({ label, url }, name) {
  const given = { href: url, target: "_blank", rel: "noopener noreferrer", "data-testid": name };
  return el("a", given, label, el("span", { class: "quiet small" }, " (opens beside)"));
}

const SHOWN = new Set([
  "p", "strong", "em", "s", "ol", "ul", "li", "code", "pre", "blockquote", "hr", "br", "a",
  "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td",
]);
// A heading inside a card stands below the headings of the page.
const HEADING = /^h[1-6]$/;

// The nodes of a Markdown tree: [tag, attributes, children] is an element, a string is text.
export function grown(tree) {
  return tree.map((node) => {
    if (typeof node === "string") return document.createTextNode(node);
    const [tag, given, children] = node;
    if (!SHOWN.has(tag)) return el("span", {}, grown(children));
    if (tag === "a") {
      const link = { href: given.href, target: "_blank", rel: "noopener noreferrer" };
      return isWeb(given.href) ? el("a", link, grown(children)) : el("span", {}, grown(children));
    }
    return el(HEADING.test(tag) ? "h5" : tag, {}, grown(children));
  });
}

// An identifier of its own; `crypto.randomUUID` is only there on pages of https or of this machine.
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
