// Tests the dashboard in a browser, with the cluster and the sandbox that the environment
// names, over the tables of show. Writes a picture to descriptor 7. CHROMIUM is the browser.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { after, before, test as anyTest } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { chromium } from 'playwright-core';

const TOKEN = 'sandbox-token';
const test = (name, body) => anyTest(name, { timeout: 180_000 }, body);

let admin;                      // the owner of everything, who refreshes
let server;                     // { url, log, process }
let browser, page;
let port;                       // of the service, which the tests can close
const seen = [];                // what the browser asked for and got: { url, text }

// --- The sandbox, the server, the browser ---------------------------------------

function sandbox(...words) {
    const [command, ...first] = process.env.DATACONNECT_SANDBOX_CTL.split(' ');
    return execFileSync(command, [...first, ...words], { encoding: 'utf8' }).trim();
}

// The paths that the service was asked for.
const requests = () => sandbox('log', '--fields', 'path').split('\n').filter(Boolean);

async function sql(text, values) {
    return (await admin.query(text, values)).rows;
}

// Starts a process; its output is in `log`, and `line` waits for one.
function start(command, args, env = {}, options = {}) {
    const child = spawn(command, args, { env: { ...process.env, ...env }, ...options });
    const started = { process: child, log: '' };
    started.ended = new Promise(resolve => child.on('exit', (code, signal) => resolve(signal ?? code)));
    started.line = pattern => new Promise((resolve, reject) => {
        createInterface({ input: child.stdout }).on('line', line => {
            started.log += `${line}\n`;
            if (pattern.test(line))
                resolve(line.match(pattern));
        });
        started.ended.then(how => reject(new Error(`it ended (${how}): ${started.log}`)));
    });
    child.stderr.on('data', data => { started.log += data; });
    return started;
}

async function serve() {
    const started = start('node', ['examples/dashboard/server.js'],
        { PGUSER: 'dashboard', DASHBOARD_PORT: '0' });
    [, started.url] = await started.line(/(http:\S+)/);
    return started;
}

before(async () => {
    admin = new pg.Client();
    await admin.connect();
    await admin.query("SET timezone = 'UTC'");
    port = sandbox('listen', 'service').split(':').pop().trim();
    await sql(`ALTER SERVER dataconnect OPTIONS (SET url 'http://127.0.0.1:${Number(port)}')`);
    server = await serve();
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-proxy-server'] });
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on('response', async response => seen.push({
        url: response.url(), text: response.url().startsWith('data:') ? '' : await response.text().catch(() => '') }));
    page.on('pageerror', error => seen.push({ url: 'error', text: error.message }));
    page.on('console', message => message.type() === 'error' && seen.push({ url: 'error', text: message.text() }));
});

after(async () => {
    await browser?.close();
    server?.process.kill();
    await admin?.end();
});

// --- What the page shows ----------------------------------------------------------

const text = selector => page.locator(selector).textContent();
const ready = () => page.waitForFunction(() => document.documentElement.dataset.state === 'ready');

// Makes the page ask for everything again; reloading it would be another test.
async function reload() {
    await page.goto(server.url);
    await ready();
}

async function choose(name, value) {
    await page.evaluate(() => { document.documentElement.dataset.state = ''; });
    await page.selectOption(`[name=${name}]`, value);
    await ready();
}

// The table of a tile: the texts of its cells.
async function cells(tile) {
    const summary = page.locator(`#${tile} summary`);
    if (await summary.count() && !await page.locator(`#${tile} details[open]`).count())
        await summary.click();
    return page.locator(`#${tile} table`).evaluate(table =>
        Array.from(table.tBodies[0].rows, row => Array.from(row.cells, cell => cell.textContent)));
}

// The data of a chart's series, as they are drawn.
const drawn = (tile, series = 0) => page.evaluate(([tile, series]) =>
    echarts.getInstanceByDom(document.querySelector(`#${tile} .chart`)).getOption().series[series].data, [tile, series]);

// PostgreSQL's numbers, as the page writes them.
const WHOLE = "'FM999,999,990'", CENTS = "'FM999,999,990.00'";
const shown = (value, format) =>
    `CASE WHEN ${value} < 0 THEN '−' ELSE '' END || '$' || to_char(abs(${value}), ${format})`;

// The sales of the service itself, not of the mirror: days from `from` on.
const report = (from, where = 'true') => `
    (SELECT * FROM sales_by_invoice
      WHERE date_created >= ${from} AND date_created < current_date + 1 AND ${where}) s`;

async function assertNumbers(region = null, store = null) {
    const where = '($1::text IS NULL OR region_name = $1) AND ($2::text IS NULL OR store_name = $2)';
    const values = [region, store];
    // A tile without rows has a message in their place.
    const value = async (tile, query) => {
        const [{ v }] = await sql(query, values);
        assert.equal(await text(`#${tile} ${v === null ? '.message' : '.value'}`), v ?? 'Nothing for this selection.', tile);
    };
    const rows = async (tile, query) => {
        const { rows } = await admin.query({ text: query, values, rowMode: 'array' });
        if (rows.length)
            assert.deepEqual(await cells(tile), rows, tile);
        else
            assert.match(await text(`#${tile} .message`), /^(Nothing|None|Every) /, tile);
    };

    await sql('SET dataconnect_fdw.max_age = 0');
    const month = report('current_date - 29', where);
    await value('sales', `SELECT ${shown('sum(total_sales)', WHOLE)} AS v FROM ${month}`);
    await value('profit', `SELECT ${shown('sum(total_profit)', WHOLE)} AS v FROM ${month}`);
    await value('invoices', `SELECT to_char(count(*), ${WHOLE}) AS v FROM ${month}`);
    await value('average', `SELECT ${shown('avg(total_sales)', CENTS)} AS v FROM ${month}`);
    await value('last_day', `SELECT ${shown('sum(total_sales)', WHOLE)} AS v
        FROM ${report('current_date - 1', `date_created < current_date AND ${where}`)}`);
    const targets = `(SELECT * FROM dashboard.targets JOIN locations USING (store_id)
        LEFT JOIN (SELECT store_id, sum(total_sales) AS sales FROM ${month} GROUP BY 1) m USING (store_id)
        WHERE ${where}) t`;
    await value('on_target', `SELECT count(*)::text AS v FROM ${targets} WHERE sales >= monthly_sales`);
    assert.equal(await text('#on_target .note'),
        (await sql(`SELECT 'of ' || count(*) || ' with a target' AS v FROM ${targets}`, values))[0].v);
    const stock = `(SELECT * FROM inventory_listing WHERE category_number = 10
        AND date_as_of = current_date AND ${where}) i`;
    await value('stock_value', `SELECT ${shown('sum(total_cost)', WHOLE)} AS v FROM ${stock}`);
    await value('stock_pieces', `SELECT to_char(sum(quantity), ${WHOLE}) AS v FROM ${stock}`);

    await rows('targets', `SELECT store_name, ${shown('coalesce(sales, 0)', CENTS)}, ${shown('monthly_sales', WHOLE)},
            floor(100 * coalesce(sales, 0) / monthly_sales) || ' %'
        FROM ${targets} ORDER BY store_id`);
    await rows('stock', `SELECT substring(category_path FROM '[^> ][^>]*$'), ${shown('sum(total_cost)', CENTS)},
            to_char(sum(quantity), ${WHOLE})
        FROM ${stock} GROUP BY category_path ORDER BY sum(total_cost) DESC`);
    await rows('regions', `SELECT region_name, ${shown('sum(total_sales)', CENTS)}, ${shown('sum(total_profit)', CENTS)}
        FROM ${month} GROUP BY 1 ORDER BY sum(total_sales) DESC`);
    await rows('sellers', `SELECT sold_by, ${shown('sum(total_sales)', CENTS)}, count(*)::text
        FROM ${month} GROUP BY 1 ORDER BY sum(total_sales) DESC, 1 LIMIT 8`);
    await rows('latest', `SELECT to_char(date_created, 'YYYY-MM-DD HH24:MI'), store_name, sold_by,
            ${shown('total_sales', CENTS)}
        FROM ${month} ORDER BY date_created DESC, sale_invoice_id DESC LIMIT 8`);
    await sql('RESET dataconnect_fdw.max_age');
}

// --- Tests, in this order ---------------------------------------------------------

let refresh;                    // psql, in the first refresh

test('the page shows how far the first refresh is, and the days that are here', async t => {
    t.after(() => sandbox('release'));
    sandbox('fault', JSON.stringify({ name: 'month', path: '/reports/SalesByInvoiceReport',
        param: { StartDate: '2024-07-01T00:00:00.000Z' }, hold_headers: true }));
    refresh = start('psql', ['-X', '-q', '-c', "CALL dataconnect_refresh('sales')"]);
    sandbox('wait', 'held=1', 'timeout=60');
    await reload();
    // The requests of the other tiles end, and this one waits.
    await page.waitForFunction(() => /^sales_by_invoice: first byte since \d+ s, 0 of 1 requests, 0 records$/
        .test(document.querySelector('#refresh ul').textContent));
    const [{ percent }] = await sql(`SELECT round(100.0 * (date '2024-07-01' - date '2024-01-01')
        / (current_date - 7 - date '2024-01-01')) AS percent`);
    assert.equal(await text('#refresh span'), `Loading the history: ${percent} %, to 30 Jun 2024`);
    assert.equal(await text('#daily .asof'), 'to 30 Jun 2024');
    assert.deepEqual((await drawn('daily')).map(([day]) => day).filter((_, i, all) => i === 0 || i === all.length - 1),
        ['2024-01-01', '2024-06-30']);
    assert.equal(requests().filter(path => path.includes('SalesByInvoice')).length, 7, 'only the refresh asks for sales');
    sandbox('release');
    assert.equal(await refresh.ended, 0);
    await page.locator('#refresh').waitFor({ state: 'hidden' });
    await page.waitForFunction(() => /Mirror to/.test(document.querySelector('#age').textContent)
        && document.querySelector('#daily .asof').textContent.startsWith('as of'));
});

test('20 tiles need 5 requests, and none while copies are young', async () => {
    await sql('SELECT dataconnect_cache_drop()');
    sandbox('log-clear');
    await reload();
    assert.equal(await page.locator('.tile').count(), 20);
    assert.equal(await page.locator('.tile .message.error').count(), 0);
    assert.deepEqual(requests().sort(), ['/reports/ProductDetailReport', '/reports/SalesByInvoiceReport',
        '/reports/inventorylistingreport', '/reports/inventorylistingreport', '/reports/locationmasterlistreport']);
    assert.ok(await page.locator('#problem').isHidden());
    await reload();
    await choose('region', 'Québec');
    assert.equal(requests().length, 5);
    await choose('region', '');
});

test('a picture for the README', async () => {
    const last = await page.locator('#targets').boundingBox();
    const picture = execFileSync('pngquant', ['--quality=70-100', '-'], { input: await page.screenshot({
        fullPage: true, clip: { x: 0, y: 0, width: 1280, height: Math.ceil(last.y + last.height + 12) } }) });
    assert.ok(picture.length < 200_000, `${picture.length} bytes`);
    assert.ok(picture.length > 20_000, `${picture.length} bytes`);
    writeSync(7, picture);
});

test('its numbers are those of the service', async () => {
    await assertNumbers();
});

test('each day and month of three years is that of the service', async () => {
    await sql('SET dataconnect_fdw.max_age = 0');
    const days = await sql(`SELECT date_created::date::text AS day, sum(total_sales)::float8 AS sales
        FROM ${report("'2024-01-01'")} GROUP BY 1 ORDER BY 1`);
    assert.ok(days.length > 1000);
    assert.deepEqual(await drawn('daily'), days.map(row => [row.day, row.sales]));
    const months = await sql(`SELECT date_trunc('month', date_created), extract(year FROM date_created)::text AS year,
            extract(month FROM date_created)::text AS month, ${shown('sum(total_sales)', CENTS)} AS sales
        FROM ${report("'2024-01-01'")} GROUP BY 1, 2, 3 ORDER BY 1`);
    assert.deepEqual(await cells('monthly'), months.map(row => [row.year, row.month, row.sales]));
    await sql('RESET dataconnect_fdw.max_age');
});

test('a bar is as long as its number', async () => {
    const rows = await cells('stock');
    assert.deepEqual((await drawn('stock')).map(value => value.toFixed(2)), rows.map(row => row[1].replace(/[$,]/g, '')));
});

test('a region and a store become parameters', async () => {
    await choose('region', 'Region B');
    await assertNumbers('Region B');
    const store = 'Two Line\nOutlet';
    assert.ok((await page.locator('[name=store] option').evaluateAll(all => all.map(each => each.value))).includes(store));
    await choose('store', store);
    await assertNumbers('Region B', store);
    await choose('region', 'Québec');
    assert.equal(await page.locator('[name=store]').inputValue(), '', 'another region forgets the store');
    await choose('store', 'O\'Hare "Plaza"');
    await assertNumbers('Québec', 'O\'Hare "Plaza"');
});

test('a store with a target is shown before it has sold anything', async t => {
    const stores = await sql('SELECT store_id, store_name, region_name, district_name FROM dashboard.stores');
    stores.push({ store_id: 41, store_name: 'New Street', region_name: 'Québec', district_name: 'Old Town' });
    sandbox('fault', JSON.stringify({ path: '/reports/locationmasterlistreport', count: 0,
        body: stores.map(row => ({ StoreID: row.store_id, StoreName: row.store_name, RegionName: row.region_name,
            DistrictName: row.district_name })) }));
    t.after(async () => {
        sandbox('clear');
        await sql('SELECT dataconnect_cache_drop()');
        await sql('DELETE FROM dashboard.targets WHERE store_id > 40');
        await reload();
    });
    await choose('region', '');
    const reached = await text('#on_target .value');
    await sql('SELECT dataconnect_cache_drop()');
    // The service does not list store 42.
    await sql('INSERT INTO dashboard.targets VALUES (41, 5000), (42, 6000)');
    await reload();
    const added = [['New Street', '$0.00', '$5,000', '0 %'], ['Store 42', '$0.00', '$6,000', '0 %']];
    assert.deepEqual((await cells('targets')).slice(12), added);
    assert.equal(await text('#on_target .value'), reached);
    assert.equal(await text('#on_target .note'), 'of 14 with a target');
    await choose('region', 'Québec');
    assert.deepEqual((await cells('targets')).at(-1), added[0]);
    await choose('store', 'New Street');
    assert.deepEqual(await cells('targets'), [added[0]]);
    await assertNumbers('Québec', 'New Street');
});

test('what looks like SQL is only a name that nobody has', async () => {
    for (const name of ["x' OR '1'='1", "'; DROP TABLE dashboard.targets; --", '$1', '\0']) {
        const reply = await fetch(`${server.url}tiles?${new URLSearchParams({ region: name })}`);
        const lines = (await reply.text()).trim().split('\n').map(line => JSON.parse(line));
        const regions = lines.find(line => line.name === 'regions');
        // PostgreSQL has no text with a byte of zero.
        assert.deepEqual(regions.rows ?? regions.error, name === '\0' ? 'The query failed (22021).' : [], name);
    }
    await page.evaluate(() => document.querySelector('[name=region]').append(new Option('Nowhere')));
    await choose('region', 'Nowhere');
    assert.equal(await text('#sales .message'), 'Nothing for this selection.');
    assert.equal(await text('#stock .message'), 'Nothing for this selection.');
    assert.equal(await page.locator('.message.error').count(), 0);
    assert.equal((await sql('SELECT count(*)::int AS n FROM dashboard.targets'))[0].n, 12);
    await choose('region', '');
});

test('the page\'s role only reads the views', async t => {
    const client = new pg.Client({ user: 'dashboard' });
    await client.connect();
    t.after(() => client.end());
    for (const [query, state] of [
        ['SELECT FROM public.sales_by_invoice', '42501'],
        ['SELECT FROM public.sales', '42501'],
        ['SELECT FROM pg_user_mapping', '42501'],
        ['INSERT INTO targets VALUES (99, 1)', '25006'],
        ['CREATE TEMP TABLE t (i int)', '25006'],
        ["CALL public.dataconnect_refresh('public.sales')", '42501'],
    ])
        await assert.rejects(client.query(query), error => error.code === state, `${query}: ${state}`);
    await client.query('SET default_transaction_read_only = off');
    await assert.rejects(client.query('INSERT INTO targets VALUES (99, 1)'), { code: '42501' });
    assert.deepEqual((await client.query('SELECT umoptions FROM pg_user_mappings')).rows.map(row => row.umoptions), [null]);
});

test('it listens on loopback only, for its own names', async () => {
    const listening = readFileSync('/proc/net/tcp', 'utf8').split('\n').map(line => line.trim().split(/\s+/))
        .filter(fields => fields[3] === '0A')
        .map(fields => fields[1]).filter(address => parseInt(address.split(':')[1], 16) === Number(new URL(server.url).port));
    assert.deepEqual(listening.map(address => address.split(':')[0]), ['0100007F']);
    const status = host => new Promise((resolve, reject) => import('node:http').then(({ get }) =>
        get(`${server.url}state`, { headers: { host } }, reply => { reply.resume(); resolve(reply.statusCode); })
            .on('error', reject)));
    assert.equal(await status('rebound.example'), 403);
    assert.equal(await status('localhost:1'), 200);
    for (const path of ['server.js', 'tiles.sql', '..%2fserver.js', 'package.json'])
        assert.equal((await fetch(server.url + path)).status, 404, path);
});

test('while the service is down, copies answer, and the page says how old they are', async () => {
    const before = await text('#sales .value');
    const [{ at }] = await sql("SELECT min(as_of) AS at FROM dashboard.stock WHERE date_as_of = current_date");
    await sql("ALTER SERVER dataconnect OPTIONS (SET max_age '1ms')");
    sandbox('listen', 'refuse', port);
    await reload();
    assert.match(await text('#problem'),
        /^The service does not answer\. The service's rows are of \d\d:\d\d:\d\d, \d+ (s|min) old\. The mirror was refreshed \d+ (s|min) ago\.$/);
    assert.equal(await text('#sales .value'), before);
    assert.equal(await text('#stock_value .asof'), `as of ${at.toISOString().slice(11, 19)}`);
    assert.ok(await page.locator('#stock_value .asof.old').count());
});

test('without copies it still shows the old days', async () => {
    await sql('SELECT dataconnect_cache_drop()');
    await reload();
    const [{ last }] = await sql(`SELECT to_char(horizon - 1, 'FMDD Mon YYYY') AS last
        FROM dataconnect_mirrors`);
    assert.match((await text('#problem')).replace('Sept ', 'Sep '), new RegExp('^The service does not answer\\. '
        + `Sales are shown up to ${last}, as the mirror has them\\. The mirror was refreshed \\d+ (s|min) ago\\.$`));
    assert.equal((await text('#daily .asof')).replace('Sept ', 'Sep '), `to ${last}`);
    const days = await sql(`SELECT date_created::date::text AS day, sum(total_sales)::float8 AS sales FROM sales
        WHERE date_created < (SELECT horizon FROM dataconnect_mirrors) AND date_created >= '2024-01-01'
          AND date_created < current_date - 7 GROUP BY 1 ORDER BY 1`);
    assert.deepEqual(await drawn('daily'), days.map(row => [row.day, row.sales]));
    assert.equal(await text('#sales .value'), (await sql(`SELECT ${shown('sum(total_sales)', WHOLE)} AS v FROM sales
        WHERE date_created < current_date - 7 AND date_created >= current_date - 37`))[0].v);
    for (const tile of ['stock', 'targets'])
        assert.equal(await text(`#${tile} .message`), 'The service does not answer, and there is no copy of an earlier reply.');
    // A page that is opened now does not know the stores.
    assert.equal(await page.locator('[name=region] option').count(), 1);
    await sql("CALL dataconnect_refresh('sales')");
    await page.waitForFunction(() => / The last refresh ended with HV00N: ./.test(document.querySelector('#problem').textContent));
});

test('a page that is open keeps what it knows, and recovers when the service is back', async () => {
    sandbox('listen', 'service', port);
    await sql("SELECT dataconnect_resume('dataconnect')");
    await sql("ALTER SERVER dataconnect OPTIONS (SET max_age '5min')");
    await sql("CALL dataconnect_refresh('sales')");
    await reload();
    assert.ok(await page.locator('#problem').isHidden());
    assert.equal(await page.locator('.message.error').count(), 0);
    assert.equal(await page.locator('[name=region] option').count(), 5);
    await assertNumbers();
});

test('the page asks nobody but its server, and no secret is anywhere', async () => {
    assert.ok(seen.length > 20);
    for (const { url } of seen)
        assert.ok(url === 'error' || url.startsWith(server.url) || url.startsWith('data:'), url);
    assert.deepEqual(seen.filter(({ url }) => url === 'error').map(({ text }) => text), []);
    for (const place of [...seen.map(({ url, text }) => url + text), server.log, await page.content()])
        assert.ok(!place.includes(TOKEN));
    // What was logged: tiles with SQLSTATEs, and the address.
    assert.match(server.log, /dashboard: tile stock: HV00N /);
    assert.ok(!server.log.includes('DROP TABLE'));
});

test('without its server the page says so, and the server ends at once', async () => {
    server.process.kill('SIGINT');
    assert.equal(await server.ended, 0);
    await page.waitForFunction(() => /server or database does not answer/.test(document.querySelector('#problem').textContent));
    assert.match(await text('#problem'), /The page shows what it had at \d\d:\d\d:\d\d\.$/);
    assert.equal(await page.locator('#daily svg').count() > 0, true);
});

// As "make dashboard" at a terminal, and without one.
for (const [how, interactive, end] of [
    ['Ctrl-C', '1', show => process.kill(-show.process.pid, 'SIGINT')],
    ['SIGTERM', '', show => process.kill(show.process.pid, 'SIGTERM')],
])
    test(`${how} ends all that "make dashboard" has started`, async t => {
        const folder = mkdtempSync(`${tmpdir()}/dashboard.`);
        t.after(() => rmSync(folder, { recursive: true }));
        const show = start('tools/with-sandbox', ['tools/with-cluster', 'examples/dashboard/show'],
            { DASHBOARD_PORT: '0', TMPDIR: folder, DATACONNECT_INTERACTIVE: interactive }, { detached: true });
        const [, url] = await show.line(/(http:\S+)/);
        // Once the refresh waits for its next turn, and no longer for the cluster.
        while (!(await (await fetch(`${url}state`)).json()).loaded)
            await setTimeout(200);
        end(show);
        await show.ended;
        assert.deepEqual(readdirSync(folder), []);
        const left = readdirSync('/proc').filter(pid => /^\d+$/.test(pid)).filter(pid => {
            try {
                return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(folder);
            } catch {
                return false;
            }
        });
        const names = left.map(pid => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
        left.forEach(pid => process.kill(pid, 'SIGKILL'));
        assert.deepEqual(names, []);
    });
