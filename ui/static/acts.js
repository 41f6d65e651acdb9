// Part of the page's script: what a person does.
function grow() {
  box.style.height = "auto";
  box.style.height = Math.min(box.scrollHeight + 2, innerHeight * 0.34) + "px";
}
let drafting = 0;
box.addEventListener("input", () => {
  grow();
  clearTimeout(drafting);
  drafting = setTimeout(() => ask({ ask: "draft", text: box.value }), 400);
});
function submit() {
  const text = box.value.trim();
  if (!text || state.view?.busy) return;
  clearTimeout(drafting);
  box.value = "";
  grow();
  state.sent = text;
  act({ do: "say", text });
  settle();
}
box.addEventListener("keydown", (e) => {
  if (e.key === "Enter" && !e.shiftKey && !e.isComposing) {
    e.preventDefault();
    submit();
  }
});
$("#composer").addEventListener("submit", (e) => {
  e.preventDefault();
  submit();
});
const turnOf = (node) => node.closest(".turn");
const dataOf = (node) => state.view.turns.find((t) => String(t.id) === turnOf(node).dataset.id);
function editing(node, on) {
  $(".editing", node).hidden = !on;
  $(".mine", node).hidden = $('[data-do="edit"]', node).hidden = on;
  const area = $(".editing textarea", node);
  if (on) {
    area.value = state.view.turns.find((t) => String(t.id) === node.dataset.id).text;
    area.focus();
  } else $('[data-do="edit"]', node).focus();
}
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied");
    return true;
  } catch {
    say("Copying was not allowed by the browser");
    return false;
  }
}
async function copied(node, text) {
  if (!(await copy(text))) return;
  node.textContent = "Copied";
  setTimeout(() => (node.textContent = "Copy"), 2000);
}
function saveFile(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
const DO = {
  leave: (n, e) => (e.preventDefault(), leave()),
  skip: (n, e) => (e.preventDefault(), show("talk")),
  begin,
  stop: () => ask({ ask: "stop" }),
  again: () => act({ do: "again" }),
  undo: () => {
    state.wantDraft = true;
    act({ do: "undo" });
    box.focus();
  },
  clear: () => {
    box.value = "";
    grow();
    forget();
    act({ do: "clear" });
    settle();
  },
  load: () => act({ do: "load" }),
  edit: (n) => editing(turnOf(n), true),
  "edit-no": (n) => editing(turnOf(n), false),
  "edit-yes": (n) => {
    const text = $(".editing textarea", turnOf(n)).value;
    if (text.trim()) act({ do: "edit", id: dataOf(n).id, text }), settle();
  },
  copy: (n) => copied(n, dataOf(n).plain),
  smaller: () => relook({ size: Math.max(0, state.look.size - 1) }),
  larger: () => relook({ size: Math.min(4, state.look.size + 1) }),
  "close-side": closeSide,
  "ask-no": () => answer(false),
  "ask-yes": () => answer(true),
  back,
  keep: keepThis,
};
async function answerIn(node, query) {
  node.innerHTML = (await ask(query)) ?? "";
  node.scrollIntoView({ block: "nearest" }); // on a phone it lies below the edge
}
function forget() { // with the talk goes what the tools made of it or were given
  all(".tool .answer").forEach((node) => node.replaceChildren());
  all(".tool textarea").forEach((area) => (area.value = ""));
  $("#motive")?.reset();
}
const TOOL = {
  check: () => answerIn($("#draft-answer"), { ask: "check", text: $("#draft-text").value }),
  motive: () => answerIn($("#motive-answer"), { ask: "motive", answers: Object.fromEntries(new FormData($("#motive"))) }),
  note: () => answerIn($("#note-answer"), { ask: "note" }),
  "copy-calmer": (n) => copied(n, $("#draft-answer blockquote").innerText),
  "copy-note": (n) => copied(n, $("#note-text").value),
  "save-note": () => {
    saveFile("note.txt", $("#note-text").value);
  },
};
root.addEventListener("click", (e) => {
  const node = e.target.closest("button, a");
  if (!e.target.closest(".look")) $(".look").open = false;
  if (!node || state.gone) return;
  const { do: name, view, card: slug, start, tool, fix, keep: kept } = node.dataset;
  if (name && DO[name]) DO[name](node, e);
  else if (view) show(view);
  else if (slug) card(slug, node);
  else if (start) (box.value = start), grow(), box.focus();
  else if (tool) TOOL[tool](node);
  else if (fix && node.matches("button")) correct({ code: fix }, node);
  else if (kept) keepButton(kept, node);
});
root.addEventListener("change", async (e) => {
  const node = e.target;
  if (node.id === "theme") relook({ theme: node.value });
  else if (node.id === "plain") relook({ plain: node.checked });
  else if (node.dataset.fix && node.value) correct({ code: node.dataset.fix, value: node.value }, node);
  else if (node.matches(".country, .country-here")) {
    const html = await ask({ ask: "country", text: node.value });
    all(".country").forEach((s) => (s.value = node.value));
    if (html !== null) $("#directory").innerHTML = html;
    if (html === null || !node.matches(".country-here")) return;
    $(".found", turnOf(node)).innerHTML = html;
    $(".pick", turnOf(node)).scrollIntoView({ block: "start" });
  }
});
root.addEventListener("toggle", (e) => { // what a fold holds comes into sight with it
  if (e.target.matches(".heard[open], .more[open]")) e.target.scrollIntoView({ block: "nearest" });
}, true);
let searching = 0;
$("#search").addEventListener("input", () => {
  clearTimeout(searching);
  searching = setTimeout(async () => {
    const html = await ask({ ask: "search", text: $("#search").value });
    if (html !== null) $("#contents").innerHTML = html;
  }, 250);
});
root.addEventListener("keydown", (e) => {
  if (e.key !== "Escape") return;
  if (state.place === "welcome") begin();
  else if ($(".look").open) ($(".look").open = false), $(".look summary").focus();
  else if (!$("#side").hidden && !$("#ask").open) closeSide();
});

watch("value", paint);
$("#log").setAttribute("aria-live", "off");
act({ do: "open" });
