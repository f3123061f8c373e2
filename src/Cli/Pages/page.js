const run = JSON.parse(document.getElementById("data").textContent);
const colors = {{colors}}.map(rgb);
const byId = id => document.getElementById(id);
const make = (tag, text, parent, name) => {
  const e = document.createElement(tag);
  if (text !== undefined && text !== null) e.textContent = text;
  if (name) e.className = name;
  if (parent) parent.append(e);
  return e;
};
function rgb(hex) { return [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16)); }
// The colour of x from 0 to 1 among stops in even steps.
function mix(stops, x) {
  const place = Math.min(Math.max(x, 0), 1) * (stops.length - 1), low = Math.min(Math.floor(place), stops.length - 2), part = place - low;
  return stops[low].map((c, i) => Math.round(c * (1 - part) + stops[low + 1][i] * part));
}
const inkOn = ([r, g, b]) => .299 * r + .587 * g + .114 * b > 120 ? "#000" : "#fff";
function modelLine() {
  const model = run.model, name = model.directory.split(/[\\/]/).filter(Boolean).pop();
  return `${name} (${model.family}, ${model.layers} layers, width ${model.width})`;
}
function howItWasMade(list) {
  const say = (key, value) => { make("dt", key, list); make("dd", typeof value === "string" ? value : JSON.stringify(value), list); };
  say("weir", `${run.weir.version} ${run.weir.commit}`);
  say(".NET", run.dotnet); say("system", run.system); say("device", run.device);
  say("model", run.model.directory); say("hash", run.model.hash); say("started", run.started); say("seconds", run.elapsed_seconds);
  for (const [key, value] of Object.entries(run.options)) if (value !== null && value !== false && !(Array.isArray(value) && !value.length)) say("--" + key, value);
}
for (const theme of ["auto", "light", "dark"]) {
  const b = make("button", theme, byId("theme"));
  b.type = "button"; b.setAttribute("aria-pressed", theme === "auto");
  b.onclick = () => {
    if (theme === "auto") delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = theme;
    for (const o of byId("theme").children) o.setAttribute("aria-pressed", o === b);
  };
}
