#include "servers/http/status_page.h"

namespace weir::http {

const std::string_view kStatusPage = R"html(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<title>Weir</title>
<style>
  :root { color-scheme: light dark; --ink: #1b2733; --dim: #6b7a89; --line: #2a6fdb; --bar: #7aa7ea;
          --paper: #f6f8fa; --card: #fff; --edge: #dde3e9; }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e4eaf0; --dim: #8fa0b0; --line: #6aa5ff; --bar: #3f6db5; --paper: #12171c;
            --card: #1a2129; --edge: #2c3640; }
  }
  body { margin: 0 auto; max-width: 64rem; padding: 1.5rem; background: var(--paper);
         color: var(--ink); font: 15px/1.4 system-ui, sans-serif; }
  header { display: flex; justify-content: space-between; align-items: baseline; }
  h1 { font-size: 1.3rem; margin: 0; }
  #state { color: var(--dim); }
  #state.down { color: #c0392b; }
  .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: 1rem;
           margin: 1rem 0; }
  .card { background: var(--card); border: 1px solid var(--edge); border-radius: .5rem;
          padding: .8rem 1rem; }
  .card h2 { margin: 0; font-size: .8rem; font-weight: 500; color: var(--dim); }
  .card b { font-size: 1.6rem; font-variant-numeric: tabular-nums; }
  svg { display: block; width: 100%; height: 3.5rem; margin-top: .4rem; overflow: visible; }
  polyline { fill: none; stroke: var(--line); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
  rect { fill: var(--bar); }
  table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
  th, td { text-align: right; padding: .3rem .6rem; border-bottom: 1px solid var(--edge); }
  th { color: var(--dim); font-weight: 500; font-size: .8rem; }
  th:first-child, td:first-child { text-align: left; }
  .axis { display: flex; justify-content: space-between; color: var(--dim); font-size: .75rem; }
</style>
<header><h1>Weir</h1><span id="state">connecting</span></header>
<div class="cards">
  <div class="card"><h2>requests a second</h2><b id="rate">-</b><svg id="rate_chart"></svg></div>
  <div class="card"><h2>connections</h2><b id="open">-</b><svg id="open_chart"></svg></div>
  <div class="card"><h2>latency, 99th percentile</h2><b id="p99">-</b><svg id="p99_chart"></svg></div>
  <div class="card"><h2>bytes sent a second</h2><b id="sent">-</b><svg id="sent_chart"></svg></div>
</div>
<div class="card"><h2>latency of the last second's answers</h2><svg id="buckets"></svg>
  <div class="axis"><span>&lt; 16 &micro;s</span><span>512 &micro;s</span><span>16 ms</span><span>&ge; 4 s</span></div>
</div>
<div class="card" style="margin-top:1rem"><table>
  <thead><tr><th>reactor<th>connections<th>accepted<th>received/s<th>sent/s<th>waiting<th>ticks/s
    <th>tick p50<th>tick p99</thead>
  <tbody id="reactors"></tbody>
</table></div>
<script>
  const $ = id => document.getElementById(id);
  const history = {};
  let before = null;

  function scaled(value, units, step) {
    let i = 0;
    while (value >= step && i < units.length - 1) { value /= step; ++i; }
    return (value >= 100 || i === 0 ? Math.round(value) : value.toFixed(1)) + units[i];
  }
  const count = n => scaled(n, ['', ' k', ' M', ' G'], 1000);
  const bytes = n => scaled(n, [' B', ' KiB', ' MiB', ' GiB'], 1024);
  const time = us => scaled(us, [' \u00b5s', ' ms', ' s'], 1000);

  function show(id, value, format) {
    const points = history[id] = (history[id] || []).concat(value).slice(-60);
    $(id).textContent = format(value);
    const top = Math.max(...points, 1);
    const line = points.map((p, i) => `${100 * i / 59},${40 - 38 * p / top}`).join(' ');
    const svg = $(id + '_chart');
    svg.setAttribute('viewBox', '0 0 100 40');
    svg.setAttribute('preserveAspectRatio', 'none');
    svg.innerHTML = `<polyline points="${line}"/>`;
  }

  function show_buckets(values) {
    const top = Math.max(...values, 1), width = 100 / values.length;
    const svg = $('buckets');
    svg.setAttribute('viewBox', '0 0 100 40');
    svg.setAttribute('preserveAspectRatio', 'none');
    svg.innerHTML = values.map((v, i) => {
      const height = v === 0 ? 0 : Math.max(1, 40 * v / top);
      return `<rect x="${i * width}" y="${40 - height}" width="${width - .5}" height="${height}"/>`;
    }).join('');
  }

  function row(i, now, then, seconds) {
    const rate = name => (now[name] - (then ? then[name] : now[name])) / seconds;
    const cells = [i, count(now.open), count(now.accepted), bytes(rate('received')),
      bytes(rate('sent')), bytes(now.waiting), count(rate('ticks')), time(now.tick_us[0]),
      time(now.tick_us[2])];
    return '<tr>' + cells.map(cell => `<td>${cell}`).join('');
  }

  const total = (state, name) => state.reactors.reduce((sum, r) => sum + r[name], 0);

  const events = new EventSource('events');
  events.onerror = () => { $('state').textContent = 'disconnected'; $('state').className = 'down'; };
  events.onmessage = event => {
    const now = JSON.parse(event.data);
    const seconds = before ? Math.max((now.now - before.now) / 1000, .001) : 1;
    const then = before || now;
    $('state').className = '';
    $('state').textContent = `${count(now.requests)} requests, ${count(now.late)} late connections`;
    show('rate', (now.requests - then.requests) / seconds, count);
    show('open', total(now, 'open'), count);
    show('p99', now.latency_us[2], time);
    show('sent', (total(now, 'sent') - total(then, 'sent')) / seconds, bytes);
    show_buckets(now.latency_buckets);
    $('reactors').innerHTML =
      now.reactors.map((r, i) => row(i, r, before && before.reactors[i], seconds)).join('');
    before = now;
  };
</script>
</html>
)html";

}  // namespace weir::http
