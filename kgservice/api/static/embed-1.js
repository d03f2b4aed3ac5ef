/*! kgservice embed 1 · <kg-diagram term="…"> and <kg-term term="…"> for any page. This file never changes. */
(() => {
  "use strict";
  const script = document.currentScript;
  const base = new URL(".", script.src).href;
  const fixed = script.hasAttribute("data-static"); // files of `kgservice export --format site`, no server
  const options = ["theme", "depth", "direction", "edges", "labels", "limit"];
  const slugs = /^[a-z0-9]+(-[a-z0-9]+)*$/;

  const languages = (element) =>
    (element.getAttribute("lang") || element.closest("[lang]")?.lang || "").split(",").map((tag) => tag.trim()).filter(Boolean);
  /** For files, which cannot fall back by themselves: en-GB, then en, then what has no tag. */
  const suffixes = (tags) => [...tags.flatMap((tag) => [`.${tag}`, `.${tag.split("-")[0]}`]), ""];
  const page = (slug) => `${base}terms/${slug}${fixed ? "/" : ""}`;
  const get = (url) => fetch(url, { credentials: "omit" });
  const sheet = (text) => {
    const made = new CSSStyleSheet();
    made.replaceSync(text);
    return made;
  };

  /** The first of the addresses that answers; a picture that says "not found" will do. */
  const first = async (urls) => {
    for (const url of urls) {
      const response = await get(url).catch(() => null);
      if (response && (response.ok || (!fixed && response.status === 404))) return response;
    }
    throw new Error(`kgservice: nothing at ${urls.join(", ")}`);
  };

  class Diagram extends HTMLElement {
    static observedAttributes = ["term", "lang", ...options];

    connectedCallback() {
      this.ask();
    }

    attributeChangedCallback() {
      if (this.isConnected) this.ask();
    }

    /** Draw once for all attributes that change together. What stands inside is shown until then, or if it fails. */
    ask() {
      if (!this.shadowRoot) this.attachShadow({ mode: "open" }).append(document.createElement("slot"));
      if (this.asked) return;
      this.asked = true;
      queueMicrotask(() => {
        this.asked = false;
        this.draw(this.addresses()).catch((error) => console.warn(error.message));
      });
    }

    addresses() {
      const term = encodeURIComponent(this.getAttribute("term") || "");
      const theme = this.getAttribute("theme") || "auto";
      const tags = languages(this);
      const path = `${base}terms/${term}/diagram`;
      if (fixed) return suffixes(tags).map((suffix) => `${path}${suffix}.${theme}.svg`);
      const query = new URLSearchParams({ theme });
      if (tags.length) query.set("lang", tags.join(","));
      for (const name of options) if (this.hasAttribute(name)) query.set(name, this.getAttribute(name));
      return [`${path}.svg?${query}`];
    }

    async draw(addresses) {
      this.address = addresses.join();
      let rules = ":host{display:block}svg{display:block;max-width:100%;height:auto}";
      // A page's policy refuses style elements as soon as they are parsed; a sheet that a script makes is allowed.
      const text = (await (await first(addresses)).text()).replace(/<style>([^<]*)<\/style>/, (_, found) => {
        rules += found;
        return "";
      });
      if (this.address !== addresses.join()) return; // another was asked for meanwhile
      const svg = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
      if (svg.localName !== "svg") throw new Error(`kgservice: no picture at ${addresses}`);
      this.shadowRoot.adoptedStyleSheets = [sheet(rules)];
      this.shadowRoot.replaceChildren(document.importNode(svg, true));
    }
  }

  const look = sheet(
    ":host{position:relative}" +
      "a{color:inherit;text-decoration:underline dotted;text-underline-offset:.2em}" +
      "[role=tooltip]{position:absolute;inset-inline-start:0;top:100%;z-index:9999;box-sizing:border-box;" +
      "width:max-content;max-width:min(22rem,90vw);padding:.6rem .75rem;border-radius:.5rem;border:1px solid;" +
      "border-color:light-dark(#8c959f,#6e7681);background:light-dark(#fff,#161b22);color:light-dark(#1f2328,#e6edf3);" +
      "font:400 .875rem/1.5 system-ui,sans-serif;text-align:start;white-space:normal}" +
      "[hidden]{display:none}",
  );

  const waiting = new Map(); // languages → slug → the elements that wait for it

  /** One request for all terms that a page shows in the same languages. */
  const fetchTerms = async () => {
    const batches = [...waiting];
    waiting.clear();
    for (const [tags, bySlug] of batches) {
      const names = [...bySlug.keys()];
      for (let start = 0; start < names.length; start += fixed ? names.length : 100) {
        const some = names.slice(start, start + 100).join(",");
        const urls = fixed
          ? suffixes(tags.split(",").filter(Boolean)).map((suffix) => `${base}terms${suffix}.json`)
          : [`${base}api/v1/terms?slug=${some}&limit=100${tags ? `&lang=${encodeURIComponent(tags)}` : ""}`];
        const { items } = await (await first(urls)).json();
        for (const item of items || []) for (const element of bySlug.get(item.slug) || []) element.show(item);
      }
    }
  };
  let planned = 0;
  const plan = () => {
    if (planned) return;
    planned = setTimeout(() => {
      planned = 0;
      if (document.readyState === "loading") plan();
      else fetchTerms().catch((error) => console.warn(error.message));
    }, 0);
  };

  class Term extends HTMLElement {
    connectedCallback() {
      if (this.shadowRoot) return;
      for (const one of this.querySelectorAll("abbr")) one.replaceWith(...one.childNodes); // one tooltip will do
      const slug = this.getAttribute("term") || "";
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [look];
      this.link = Object.assign(document.createElement("a"), { href: page(encodeURIComponent(slug)), target: "_top" });
      this.link.append(document.createElement("slot"));
      root.append(this.link);
      if (!slugs.test(slug)) return;
      const tags = languages(this).join(",");
      if (!waiting.has(tags)) waiting.set(tags, new Map());
      const bySlug = waiting.get(tags);
      bySlug.set(slug, [...(bySlug.get(slug) || []), this]);
      plan();
    }

    /** Put in what is known of the term: its label where the element is empty, its definition on demand. */
    show({ prefLabel, definition }) {
      if (!this.textContent.trim() && prefLabel) this.link.firstChild.textContent = prefLabel.value;
      if (!definition) return;
      const tip = document.createElement("span");
      Object.assign(tip, { id: "tip", hidden: true, lang: definition.lang, dir: definition.dir });
      tip.setAttribute("role", "tooltip");
      tip.textContent = definition.value;
      this.link.setAttribute("aria-describedby", "tip");
      this.shadowRoot.append(tip);
      const open = () => {
        tip.hidden = false;
        tip.style = "";
        const box = tip.getBoundingClientRect();
        if (box.bottom > innerHeight && box.height < this.getBoundingClientRect().top) {
          Object.assign(tip.style, { top: "auto", bottom: "100%" });
        }
        const shift = Math.min(0, innerWidth - 8 - box.right) || Math.max(0, 8 - box.left);
        if (shift) tip.style.translate = `${shift}px`;
      };
      const close = () => (tip.hidden = true);
      let touched = false;
      this.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && open());
      this.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && close());
      this.addEventListener("pointerdown", (event) => (touched = event.pointerType !== "mouse" && tip.hidden));
      this.addEventListener("focusin", () => touched || open());
      this.addEventListener("focusout", close);
      this.addEventListener("keydown", (event) => event.key === "Escape" && close());
      document.addEventListener("keydown", (event) => event.key === "Escape" && close());
      this.link.addEventListener("click", (event) => {
        if (!touched) return; // the first tap opens the definition, the next one the page
        event.preventDefault();
        touched = false;
        open();
      });
    }
  }

  customElements.get("kg-diagram") || customElements.define("kg-diagram", Diagram);
  customElements.get("kg-term") || customElements.define("kg-term", Term);
})();
