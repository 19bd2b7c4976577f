// Charts from simple data: colours come from the style sheet, figures are written as people read them.
const drawn = new Map();
const whole = new Intl.NumberFormat("zh-CN", { maximumFractionDigits: 2 });
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// A share of a colour laid over the panel: unlike opacity it does not fade the labels.
function diluted(hex, share) {
  const [over, under] = [hex, colour("--surface")].map((one) => [1, 3, 5].map((at) => parseInt(one.slice(at, at + 2), 16)));
  return `rgb(${over.map((part, i) => Math.round(part * share + under[i] * (1 - share))).join(" ")})`;
}

function written(value, unit) {
  if (value === null || value === undefined) return "—";
  if (unit === "fen") return `¥${whole.format(value / 100)}`;
  if (unit === "bp") return `${whole.format(value / 100)}%`;
  return whole.format(value);
}
function short(value, unit) {
  if (unit === "fen" && value >= 1e6 && document.documentElement.lang === "en") return `¥${whole.format(value / 1e5)}k`;
  if (unit === "fen") return value >= 1e6 ? `¥${whole.format(value / 1e6)}万` : `¥${whole.format(value / 100)}`;
  return written(value, unit);
}

function axes(data) {
  const places = [...new Set(data.series.map((one) => one.axis ?? 0))].sort();
  return places.map((place, i) => {
    const unit = data.series.find((one) => (one.axis ?? 0) === place).unit;
    return { type: "value", axisLabel: { color: colour("--ink-2"), fontSize: 11, formatter: (v) => short(v, unit) }, splitLine: i ? { show: false } : { lineStyle: { color: colour("--line") } } };
  });
}

function series(data, palette) {
  return data.series.map((one, i) => {
    const tone = one.tone ? colour(`--${one.tone}`) : palette[i % palette.length];
    const kind = one.kind ?? (data.kind === "bar" ? "bar" : "line");
    const first = i === 0;
    return {
      name: one.name, type: kind, data: one.data, yAxisIndex: one.axis ?? 0, stack: one.stack, symbol: one.data.length > 14 ? "none" : "circle", symbolSize: 5,
      smooth: false, barMaxWidth: 22, itemStyle: { color: tone, opacity: kind === "bar" ? 0.75 : 1 }, lineStyle: { color: tone, width: one.dashed ? 1.2 : 2, type: one.dashed ? "dashed" : "solid" },
      markLine: first && data.marks?.length ? { symbol: "none", silent: true, lineStyle: { color: colour("--warn-ink"), type: "dotted" }, label: { color: colour("--ink-2"), formatter: (p) => p.data.name }, data: data.marks.map((m) => ({ xAxis: m.x, name: m.label })) } : undefined,
      markArea: first && data.bands?.length ? { silent: true, label: { color: colour("--ink-2"), fontSize: 11, position: "insideTop" }, data: data.bands.map((b, n) => [{ name: b.label, xAxis: b.from, itemStyle: { color: colour(n % 2 ? "--chart-1" : "--chart-2"), opacity: 0.06 } }, { xAxis: b.to }]) } : undefined,
    };
  });
}

// How many rows the legend's names take at this width, so that the picture begins below them and not under them.
function legendRows(series, width) {
  const room = Math.max(120, width - 16);
  let rows = 1, used = 0;
  for (const one of series) {
    const wide = 34 + [...one.name].reduce((sum, char) => sum + (char < "\u2e80" ? 6.6 : 11.5), 0);
    if (used && used + wide > room) { rows += 1; used = 0; }
    used += wide;
  }
  return rows;
}

function option(data, width) {
  const palette = [1, 2, 3, 4, 5, 6].map((n) => colour(`--chart-${n}`));
  const ink = colour("--ink");
  const tooltip = { backgroundColor: colour("--raised"), borderColor: colour("--line"), textStyle: { color: ink, fontSize: 12 }, confine: true };
  const base = { animation: false, color: palette, textStyle: { fontFamily: colour("--font"), color: ink }, tooltip };
  if (data.kind === "funnel" || data.kind === "share") {
    const items = data.items.map((one) => ({ name: one.name, value: one.value }));
    const label = { color: ink, formatter: (p) => `${p.name} ${written(p.value, data.unit)}` };
    const shape = data.kind === "funnel"
      ? { type: "funnel", sort: "none", left: "4%", width: "56%", minSize: "7%", top: 8, bottom: 8, gap: 3, label: { ...label, position: "right" }, labelLine: { length: 14 }, itemStyle: { borderWidth: 0 } }
      : { type: "pie", radius: ["48%", "74%"], center: ["50%", "50%"], label, itemStyle: { borderColor: colour("--surface"), borderWidth: 2 } };
    return { ...base, tooltip: { ...tooltip, trigger: "item", formatter: (p) => `${p.name} ${written(p.value, data.unit)}` }, series: [{ ...shape, data: items.map((one, i) => data.kind === "funnel" ? { ...one, itemStyle: { color: diluted(colour("--chart-2"), 0.35 + (0.65 * (i + 1)) / items.length).replaceAll(" ", ",") } } : one) }] };
  }
  const units = Object.fromEntries(data.series.map((one) => [one.name, one.unit]));
  const isLying = data.kind === "ranking";
  const values = axes(data);
  const names = { type: "category", data: data.x, inverse: isLying, boundaryGap: isLying || data.series.some((one) => (one.kind ?? data.kind) === "bar"), axisLine: { lineStyle: { color: colour("--line-strong") } }, axisTick: { show: false }, axisLabel: { color: colour("--ink-2"), fontSize: 11 } };
  const shown = isLying ? { ...data, kind: "bar" } : data;
  return {
    ...base, grid: { left: 8, right: values.length > 1 ? 8 : 16, top: data.series.length > 1 ? 14 + 20 * legendRows(data.series, width) : data.bands ? 34 : 16, bottom: 6, containLabel: true },
    legend: data.series.length > 1 ? { top: 4, right: 8, width: width - 16, itemWidth: 14, itemHeight: 8, icon: "roundRect", textStyle: { color: colour("--ink-2"), fontSize: 11 } } : undefined,
    tooltip: { ...tooltip, trigger: "axis", valueFormatter: undefined, formatter: (ps) => [ps[0].axisValueLabel, ...ps.map((p) => `${p.marker}${p.seriesName} <b>${written(p.value, units[p.seriesName])}</b>`)].join("<br>") },
    xAxis: isLying ? values : names, yAxis: isLying ? names : values, series: series(shown, palette),
  };
}

function draw(figure) {
  if (!window.echarts) { figure.querySelector("details").open = true; return; }
  const canvas = figure.querySelector(".canvas");
  const data = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
  let picture = drawn.get(figure);
  if (!picture) {
    picture = window.echarts.init(canvas, null, { renderer: "svg" });
    drawn.set(figure, picture);
    let width = canvas.clientWidth;
    new ResizeObserver(() => { picture.resize(); if (canvas.clientWidth !== width) { width = canvas.clientWidth; draw(figure); } }).observe(canvas);
  }
  picture.setOption(option(data, canvas.clientWidth), true);
}
function drawAll(root) { for (const figure of root.querySelectorAll?.("[data-chart]") ?? []) draw(figure); }

drawAll(document);
document.addEventListener("htmx:load", (event) => { if (event.detail.elt !== document.body) drawAll(event.detail.elt); });
document.addEventListener("kaibo:theme", () => { for (const figure of drawn.keys()) if (figure.isConnected) draw(figure); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll(document));
// A page may change a chart's figures: put new JSON into the script element, then say kaibo:redraw on the figure.
document.addEventListener("kaibo:redraw", (event) => draw(event.target));
