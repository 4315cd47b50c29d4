import { readFile, stat } from 'node:fs/promises';
import { Command } from 'commander';
import { operator } from '../caller/principal.ts';
import { resetCatalogue, updateCatalogue } from '../pricing/catalogue/price-catalogue.service.ts';
import { OperatorError } from '../values/errors.ts';
import { parseJson } from '../values/json.ts';
import { withDatabase } from './with-database.ts';

/** The list is read as a whole; today's has 2 MB. */
const maxFileBytes = 64 * 1024 * 1024;

const update = () =>
  new Command('update')
    .description('take public prices from a file of the form of @pydantic/genai-prices, in place of the bundled ones')
    .argument('<file>', 'its data.json: a JSON array of providers with their models')
    .action(async (file: string) => {
      const list = await readList(file);
      await withDatabase(async (orm) => {
        const { id, providers, models } = await updateCatalogue(orm.em.fork(), operator, list, new Date());
        process.stderr.write(`Calls are priced by ${id} from now on: ${models} models of ${providers} providers.\n`);
      });
    });

const reset = () =>
  new Command('reset').description('go back to the bundled public prices').action(() =>
    withDatabase(async (orm) => {
      await resetCatalogue(orm.em.fork(), operator, new Date());
      process.stderr.write('Calls are priced by the bundled prices from now on.\n');
    }),
  );

/** The JSON of a file. @throws {OperatorError} naming the file when it cannot be read. */
async function readList(file: string): Promise<unknown> {
  try {
    const { size } = await stat(file);
    if (size > maxFileBytes) throw new OperatorError(`${file} is longer than ${maxFileBytes} bytes`);
    return parseJson(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export function pricesCommand(): Command {
  const prices = new Command('prices').description('manage the public prices that calls are priced by');
  for (const command of [update(), reset()]) prices.addCommand(command);
  return prices;
}
