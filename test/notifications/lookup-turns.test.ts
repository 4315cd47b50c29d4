import { expect, it } from 'vitest';
import { lookupInTurn } from '../../src/notifications/lookup-turns.ts';

it('resolves two names at a time, and refuses to let too many wait', async () => {
  const running: ((address: string) => void)[] = [];
  const lookup = () => new Promise<string>((resolve) => running.push(resolve));
  const lookups = Array.from({ length: 2 + 64 }, () => lookupInTurn(lookup));
  await expect(lookupInTurn(lookup)).rejects.toMatchObject({ code: 'EAI_AGAIN' });
  expect(running).toHaveLength(2);
  const failing = lookupInTurn(() => Promise.reject(new Error('It failed.'))).catch((error: Error) => error.message);
  await expect(failing).resolves.toBe('Too many names wait to be resolved.');
  for (let answered = 0; answered < lookups.length; answered++) {
    running[answered]?.(String(answered));
    expect(await lookups[answered]).toBe(String(answered));
    expect(running.length).toBeLessThanOrEqual(answered + 3);
  }
  // Those that fail give their turn back too.
  await Promise.allSettled([1, 2, 3].map(() => lookupInTurn(() => Promise.reject(new Error('It failed.')))));
  await expect(lookupInTurn(async () => 'resolved')).resolves.toBe('resolved');
});
