import { TILES } from './tiles.js';
import { clock, day, duration } from './format.js';

const POLL = 2000;              // ms from one look at the mirror's state to the next
const RELOAD = 60000;           // ms after which the tiles are asked for again

const $ = selector => document.querySelector(selector);
const element = (tag, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
};

// --- Tiles --------------------------------------------------------------------

class Tile {
    constructor(spec) {
        this.spec = spec;
        this.body = element('div', { className: 'body' });
        this.asof = element('p', { className: 'asof' });
        this.root = element('section', { className: `tile ${spec.size}`, id: spec.name },
            element('h2', { textContent: spec.title }), this.body, this.asof);
        this.root.setAttribute('aria-label', spec.title);
        this.message('Loading …');
    }

    message(text, kind = '') {
        this.chart?.dispose();
        this.chart = null;
        this.body.replaceChildren(element('p', { className: `message ${kind}`, textContent: text }));
        this.asof.textContent = '';
    }

    show({ rows, error, until, silent }) {
        const { spec } = this;
        this.root.setAttribute('aria-busy', false);
        this.oldest = null;
        if (error)
            return this.message(error, 'error');
        if (!rows.length || spec.value && rows[0].value === null)
            this.message(spec.empty ?? 'Nothing for this selection.');
        else if (spec.value)
            this.number(rows[0], until);
        else if (spec.chart)
            this.draw(rows);
        else
            this.body.replaceChildren(table(spec, rows));

        const times = rows.map(row => row.as_of).filter(Boolean).sort();
        this.oldest = times[0] ?? null;
        this.asof.classList.toggle('old', Boolean(silent));
        this.asof.textContent = until ? `to ${day(until, -1)}`
            : this.oldest ? `as of ${clock(this.oldest)}` : rows.length ? 'days of the mirror' : '';
    }

    number(row, until) {
        const { spec } = this;
        this.body.replaceChildren(
            element('div', { className: 'value', textContent: spec.value(row.value) }),
            element('p', { className: 'note', textContent: until ? '' : spec.note?.(row) ?? '' }));
    }

    draw(rows) {
        const { spec } = this;
        if (!this.chart) {
            const box = element('div', { className: 'chart' });
            box.setAttribute('role', 'img');
            box.setAttribute('aria-label', `${spec.title}; the numbers follow as a table`);
            const details = element('details', {}, element('summary', { textContent: 'As a table' }));
            details.addEventListener('toggle', () => this.fill(details));
            this.body.replaceChildren(box, details);
            this.chart = echarts.init(box, null, { renderer: 'svg' });
        }
        this.rows = rows;
        this.chart.setOption({
            animation: false,
            textStyle: { fontFamily: 'system-ui, "DejaVu Sans", sans-serif', fontSize: 12, color: '#1b2733' },
            ...spec.chart(rows),
        }, { replaceMerge: ['series'] });
        this.fill(this.body.querySelector('details'));
    }

    fill(details) {
        details.querySelector('div')?.remove();
        if (details.open)
            details.append(element('div', {}, table(this.spec, this.rows)));
    }
}

function table({ title, columns }, rows) {
    const cell = (tag, column, text) =>
        element(tag, { className: column.format ? 'n' : '', textContent: text });
    const made = element('table', {},
        element('thead', {}, element('tr', {}, ...columns.map(c => cell('th', c, c.title)))),
        element('tbody', {}, ...rows.map(row => element('tr', {},
            ...columns.map(c => cell('td', c, c.format ? c.format(row[c.name]) : row[c.name]))))));
    made.setAttribute('aria-label', title);
    return made;
}

const tiles = TILES.map(spec => new Tile(spec));
$('main').append(...tiles.map(tile => tile.root));
new ResizeObserver(() => tiles.forEach(tile => tile.chart?.resize())).observe($('main'));

// --- All of them --------------------------------------------------------------

let loading = null;             // an AbortController
let state = null;
let answers = new Map();        // by the names of tiles

// Asks for all tiles. data-state is "ready" once all have answered.
async function load() {
    loading?.abort();
    const { signal } = loading = new AbortController();
    document.documentElement.dataset.state = 'loading';
    tiles.forEach(tile => tile.root.setAttribute('aria-busy', true));
    const query = new URLSearchParams(new FormData($('#filter')));
    const found = new Map();
    try {
        const reply = await fetch(`tiles?${query}`, { signal });
        for await (const line of lines(reply.body)) {
            const { name, ...answer } = JSON.parse(line);
            found.set(name, answer);
            if (name === 'choices')
                choices(answer.rows);
            else
                tiles.find(tile => tile.spec.name === name).show(answer);
        }
    } catch (error) {
        if (signal.aborted)
            return;
        unreachable();
    }
    $('main').classList.remove('changed');
    answers = found;
    reloadAt = Date.now() + RELOAD;
    explain();
    document.documentElement.dataset.state = 'ready';
}

async function* lines(stream) {
    const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
        const whole = (rest + part.value).split('\n');
        rest = whole.pop();
        yield* whole;
    }
}

let known = null;               // rows of regions and stores

function choices(rows) {
    if (known || !rows)
        return;
    known = rows;
    const { region, store } = $('#filter').elements;
    region.append(...[...new Set(known.map(row => row.region))].map(name => new Option(name, name)));
    const stores = () => {
        const chosen = known.filter(row => !region.value || row.region === region.value);
        store.replaceChildren(store.options[0], ...chosen.map(row => new Option(row.store, row.store)));
        store.value = '';
    };
    stores();
    region.addEventListener('input', stores);
}

// After "input", by which another region has changed the list of stores.
$('#filter').addEventListener('change', () => {
    $('main').classList.add('changed');
    load();
});

// --- How old all this is ------------------------------------------------------

function explain() {
    if (!state)
        return;
    const times = tiles.map(tile => tile.oldest).filter(Boolean).sort();
    const ago = time => duration(new Date(state.now) - new Date(time));
    const history = state.refreshed_at
        ? `Mirror to ${day(state.horizon, -1)}, refreshed ${ago(state.refreshed_at)} ago.` : '';
    const service = times.length ? `Service as of ${clock(times[0])}, ${ago(times[0])} ago.` : '';
    $('#age').textContent = `${service} ${history}`.trim();

    const all = [...answers.values()];
    const silent = all.some(answer => answer.silent);
    const cut = all.some(answer => answer.silent && answer.until);
    const missing = all.some(answer => answer.error);
    const failed = state.loaded && state.result !== 'ok';
    $('#problem').hidden = !silent && !missing && !failed;
    $('#problem').textContent = [
        silent ? 'The service does not answer.' : missing ? 'Some tiles could not be loaded.' : '',
        cut ? `Sales are shown up to ${day(state.horizon, -1)}, as the mirror has them.` : '',
        silent && times.length ? `The service's rows are of ${clock(times[0])}, ${ago(times[0])} old.` : '',
        silent && state.refreshed_at ? `The mirror was refreshed ${ago(state.refreshed_at)} ago.` : '',
        failed ? `The last refresh ended with ${state.result}` : '',
    ].filter(Boolean).join(' ');
}

function progress() {
    const scans = state.scans ?? [];
    $('#refresh').hidden = state.loaded && !scans.length;
    $('#refresh span').textContent = state.loaded ? 'Asking the service'
        : `Loading the history: ${Math.round(100 * state.share)} %, to ${day(state.horizon, -1)}`;
    $('#refresh progress').hidden = state.loaded;
    $('#refresh progress').value = state.share;
    $('#refresh ul').replaceChildren(...scans.map(scan => element('li', {
        textContent: `${scan.table_name ?? scan.server_name}: ${scan.phase}`
            + ` since ${duration(new Date(state.now) - new Date(scan.phase_since))}`
            + `, ${scan.requests_done} of ${scan.requests_planned} requests, ${scan.records} records`,
    })));
}

let reloadAt = Infinity;

async function poll() {
    try {
        const reply = await fetch('state');
        if (!reply.ok)
            throw new Error();
        const before = state;
        state = await reply.json();
        progress();
        explain();
        if (!before || before.horizon !== state.horizon || before.refreshed_at !== state.refreshed_at
            || Date.now() >= reloadAt)
            load();
    } catch {
        unreachable();
    }
    setTimeout(poll, POLL);
}

function unreachable() {
    $('#problem').hidden = false;
    $('#problem').textContent = 'The dashboard\'s server or database does not answer.'
        + (state ? ` The page shows what it had at ${clock(state.now)}.` : '');
}
poll();
