import { readFileSync, writeFileSync } from 'node:fs';
import { buildSchema, findBreakingChanges } from 'graphql';
const contract = buildSchema(readFileSync('test/data/contract.graphql', 'utf8'));
const schema = buildSchema(readFileSync('schema.graphql', 'utf8'));
const lines = findBreakingChanges(contract, schema)
  .map(({ description }) => description)
  .toSorted();
const file = 'test/data/not-built.ts';
const head = readFileSync(file, 'utf8').split('[\n')[0];
writeFileSync(file, `${head}[\n${lines.map((l) => `  '${l}',`).join('\n')}\n];\n`);
console.log(lines.length);
