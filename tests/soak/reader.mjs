// A reader of the published file through Node's client: `node reader.mjs FILE STOP NUMBER`, as `reader.py loop` does it.
import { existsSync, writeFileSync } from 'node:fs';
import { DuckDBInstance, version } from '@duckdb/node-api';

const LOOK = `select (select max(sequence_number) from quality.publication), (select min(pages) from core.fct_visits),
  (select max(pages) from core.fct_visits), (select count(*) from quality.publication)`;
const [file, stop, number] = process.argv.slice(2);
const faults = [];
const seen = new Set();
let looks = 0;
writeFileSync(`${stop}.${number}`, '');
while (!existsSync(stop)) {
  try {
    const instance = await DuckDBInstance.create(file, { access_mode: 'READ_ONLY' });
    const connection = await instance.connect();
    const [row] = (await connection.runAndReadAll(LOOK)).getRows().map((cells) => cells.map(Number));
    connection.closeSync();
    instance.closeSync();
    seen.add(row[0]);
    if (row[0] !== row[1] || row[0] !== row[2] || row[3] !== 1) faults.push(`mixed: ${row}`);
  } catch (error) {
    faults.push(`${error}`);
  }
  looks += 1;
  await new Promise((resolve) => setTimeout(resolve, 10));
}
const client = `Node on duckdb ${version()}`;
console.log(JSON.stringify({ client, role: 'loop', looks, seen: seen.size, faults: faults.slice(0, 5) }));
