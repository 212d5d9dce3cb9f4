// Usage: node duckdb.mjs STATEMENT…
// Executes the statements in DuckDB, in memory, and prints the rows of the last one as
// CSV. DUCKDB_EXTENSIONS in the environment names a folder for extensions.
import {DuckDBInstance} from '@duckdb/node-api';

const field = value => value === null ? '' : `"${String(value).replaceAll('"', '""')}"`;

const folder = process.env.DUCKDB_EXTENSIONS;
const instance = await DuckDBInstance.create(
    ':memory:', folder ? {extension_directory: folder} : {});
const connection = await instance.connect();
let rows = [];
for (const statement of process.argv.slice(2)) {
    rows = (await connection.runAndReadAll(statement)).getRows();
}
process.stdout.write(rows.map(row => row.map(field).join(',') + '\n').join(''));
