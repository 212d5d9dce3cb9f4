// Serves the dashboard on loopback, from the database that libpq's variables name.
// DASHBOARD_PORT is the port; 0 is any free one.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import express from 'express';
import pg from 'pg';

const file = name => fileURLToPath(new URL(name, import.meta.url));

// tiles.sql by the names of its queries.
const queries = new Map(readFileSync(file('tiles.sql'), 'utf8')
    .split(/^-- tile (?=\w+$)/m).slice(1)
    .map(part => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n'))]));

// The service did not answer: no connection, a time-out, an error of its own, too busy.
const SILENT = new Set(['HV00N', 'HV00M', 'HV000', '53400']);

// Days stay the texts that PostgreSQL sends; as Dates they would be moved to a time zone.
pg.types.setTypeParser(pg.types.builtins.DATE, String);

// The state has a connection of its own: it is wanted most while all others wait for the
// service.
const pool = new pg.Pool({ max: 10, application_name: 'dashboard' });
const statePool = new pg.Pool({ max: 1, application_name: 'dashboard' });
for (const each of [pool, statePool])
    each.on('error', error => log('an idle connection', error));

// Neither values nor queries are logged.
function log(what, error) {
    console.error(`dashboard: ${what}: ${error.code ?? ''} ${error.message}`);
}

// The rows of a tile. While the service is silent, or the mirror is not loaded yet, these
// are the days that the mirror has here.
async function rows(client, name, filter) {
    const sql = queries.get(name);
    const ask = async until => ({
        until,
        rows: (await client.query(sql, [...filter, until].slice(0, parameters(sql)))).rows,
    });
    if (parameters(sql) < 3)
        return ask(null);
    const { rows: [{ horizon, loaded }] } = await client.query('SELECT horizon, loaded FROM state()');
    if (!loaded)
        return ask(horizon);
    try {
        return await ask(null);
    } catch (error) {
        if (!SILENT.has(error.code))
            throw error;
        return { ...await ask(horizon), silent: true };
    }
}

function parameters(sql) {
    return Math.max(0, ...Array.from(sql.matchAll(/\$(\d)/g), match => Number(match[1])));
}

// What the page gets for a tile: { rows, until, silent }, or { error, silent }.
async function answer(name, filter) {
    const warnings = [];
    const note = notice => notice.severity === 'WARNING' && warnings.push(notice);
    let client;
    try {
        client = await pool.connect();
        client.on('notice', note);
        const found = await rows(client, name, filter);
        // A warning says that an old copy was read.
        return { silent: warnings.length > 0, ...found };
    } catch (error) {
        log(`tile ${name}`, error);
        return SILENT.has(error.code)
            ? { silent: true, error: 'The service does not answer, and there is no copy of an earlier reply.' }
            : { error: `The query failed${error.code ? ` (${error.code})` : ''}.` };
    } finally {
        client?.off('notice', note);
        client?.release();
    }
}

const app = express();
app.disable('x-powered-by');
app.use((request, reply, next) => {
    // Another name may be a foreign page's, which leads here (DNS rebinding).
    if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? ''))
        return reply.sendStatus(403);
    reply.set({
        'Content-Security-Policy':
            "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data:; style-src 'self' 'unsafe-inline'",
        'X-Content-Type-Options': 'nosniff',
    });
    next();
});
app.use(express.static(file('page')));
app.get('/echarts.js', (request, reply) => reply.sendFile(file('node_modules/echarts/dist/echarts.min.js')));

app.use((request, reply, next) => {
    reply.set('Cache-Control', 'no-store');
    next();
});

app.get('/state', async (request, reply) => {
    reply.json((await statePool.query('SELECT now(), current_date AS today, * FROM state()')).rows[0]);
});

// All tiles, a line of JSON for each as soon as it is known.
app.get('/tiles', async (request, reply) => {
    const filter = [request.query.region, request.query.store]
        .map(value => typeof value === 'string' && value !== '' ? value : null);
    reply.type('application/x-ndjson');
    await Promise.all(Array.from(queries.keys(), async name => {
        const found = await answer(name, filter);
        reply.write(`${JSON.stringify({ name, ...found })}\n`);
    }));
    reply.end();
});

// express wants four arguments here.
app.use((error, request, reply, next) => {
    log(request.path, error);
    reply.sendStatus(500);
});

const server = app.listen(process.env.DASHBOARD_PORT || 8765, '127.0.0.1', error => {
    if (error) {
        log('cannot listen; DASHBOARD_PORT names another port', error);
        process.exit(1);
    }
    console.log(`The dashboard: http://127.0.0.1:${server.address().port}/ (Ctrl-C ends it)`);
});

function end() {
    server.close();
    server.closeAllConnections();
    // Not pool.end(), which would wait for queries.
    process.exit(0);
}
process.once('SIGINT', end);
process.once('SIGTERM', end);
