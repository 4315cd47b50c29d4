import { Command, Option } from 'commander';
import { faultNames, standardFaults, type FaultName } from './faults.ts';
import { simulate, type SimulationResult } from './simulation.ts';
import type { DatabaseKind } from './databases.ts';

interface Options {
  seed?: number[];
  seeds?: number[];
  minutes: number;
  database: DatabaseKind;
  clients: number;
  faults: FaultName[];
}

const wholeNumber = (text: string) => {
  if (!/^\d+$/.test(text)) throw new Error(`'${text}' is not a whole number`);
  return Number(text);
};
const wholeNumbers = (text: string) => text.split(',').map(wholeNumber);

function faultsOf(text: string): FaultName[] {
  if (text === 'none') return [];
  if (text === 'all') return [...faultNames];
  return text.split(',').map((given) => {
    const name = faultNames.find((known) => known === given);
    if (!name) throw new Error(`'${given}' is no fault; there are ${faultNames.join(', ')}`);
    return name;
  });
}

const command = new Command('simulate')
  .description('drives gateways with random clients and random faults, and checks every answer against a model')
  .addOption(new Option('--seed <number>', 'what all choices follow from').argParser(wholeNumbers).conflicts('seeds'))
  .addOption(new Option('--seeds <numbers>', 'several, one simulation after the other').argParser(wholeNumbers))
  .addOption(new Option('--minutes <number>', 'how long each simulation goes on').argParser(Number).default(1))
  .addOption(new Option('--database <kind>').choices(['postgres', 'embedded']).default('postgres'))
  .addOption(new Option('--clients <number>').argParser(wholeNumber).default(6))
  .addOption(
    new Option('--faults <names>', `of ${faultNames.join(', ')}; or none, or all`)
      .argParser(faultsOf)
      .default([...standardFaults]),
  )
  .parse();

const { seed, seeds, ...options } = command.opts<Options>();
const chosen = seeds ?? seed ?? [Math.floor(Math.random() * 2 ** 31)];

let failed = 0;
for (const seed of chosen) {
  const result = await simulate({ seed, ...options });
  if (result.failure !== undefined) failed++;
  process.stdout.write(`${describe(seed, result)}\n`);
}
process.stdout.write(`${chosen.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 ? 1 : 0;

function describe(seed: number, { rounds, calls, stored, faults, failure }: SimulationResult): string {
  const counts = [...faults].map(([name, count]) => `${count} ${name}`).join(', ');
  const line = `seed ${seed} on ${options.database}: ${rounds} rounds, ${calls} calls sent, ${stored} stored, faults: ${counts || 'none'}`;
  if (failure === undefined) return `${line}: passed`;
  const again = `npm run simulate -- --seed ${seed} --minutes ${options.minutes} --database ${options.database} --clients ${options.clients} --faults ${options.faults.join(',') || 'none'}`;
  return `${line}: FAILED ${failure}\nThe same choices again: ${again}`;
}
