import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { newWebhookSecret, webhookMessage, webhookType } from '../../src/notifications/webhook-message.ts';
import { notificationEvents } from '../../src/outbox/notification-event.ts';

const page = await readFile(new URL('../../docs/notifications.md', import.meta.url), 'utf8');
const block = (language: string) => new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'm').exec(page)?.[1] ?? '';
const run = promisify(execFile);

const data = { name: 'Zoë’s budget', spent: '4.0125' };
const told = { id: 'd0', event: 'BUDGET_THRESHOLD' as const, test: false, at: new Date('2026-04-15T12:00:00Z'), data };

/** A message as it arrives, signed by two secrets, and one that somebody else has signed. */
function messages() {
  const [secret, old, other] = [newWebhookSecret(), newWebhookSecret(), newWebhookSecret()];
  const now = new Date();
  const previousSecretUntil = new Date(now.getTime() + 1000);
  const signed = webhookMessage({ secret, previousSecret: old, previousSecretUntil }, told, now);
  return { secrets: [secret, old], other, signed };
}

/** A folder for files of one test, where packages of this project are found. */
function folder(): string {
  const path = mkdtempSync(join(resolve(import.meta.dirname, '..'), 'tmp-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

it('the TypeScript of docs/notifications.md verifies messages', async () => {
  const file = join(folder(), 'verify.ts');
  writeFileSync(file, block('ts'));
  const { verify } = await import(/* @vite-ignore */ file);
  const { secrets, other, signed } = messages();
  for (const secret of secrets) expect(verify(secret, signed.body, signed.headers)).toMatchObject({ data });
  expect(() => verify(other, signed.body, signed.headers)).toThrow('No matching signature');
});

it('the Python of docs/notifications.md verifies messages', async ({ skip }) => {
  await run('python3', ['--version']).catch(() => skip('There is no python3 here.'));
  const { secrets, other, signed } = messages();
  const program = `${block('python')}
import sys
given = json.loads(sys.argv[1])
print(verify(given["secret"], given["body"].encode(), given["headers"])["data"]["spent"])`;
  const verify = (secret: string) => run('python3', ['-c', program, JSON.stringify({ secret, ...signed })]);
  for (const secret of secrets) expect((await verify(secret)).stdout).toBe('4.0125\n');
  await expect(verify(other)).rejects.toThrow('not signed by the secret');
});

it('the commands of docs/notifications.md print the signature', async ({ skip }) => {
  await run('openssl', ['version']).catch(() => skip('There is no openssl here.'));
  const { secrets, signed } = messages();
  const cwd = folder();
  writeFileSync(join(cwd, 'body.json'), signed.body);
  const signatures = signed.headers['webhook-signature']?.split(' ') ?? [];
  for (const [no, secret] of secrets.entries()) {
    const env = {
      ...process.env,
      SECRET: secret,
      ID: signed.headers['webhook-id'],
      TIMESTAMP: signed.headers['webhook-timestamp'],
    };
    const { stdout } = await run('bash', ['-ec', block('bash')], { cwd, env });
    expect(`v1,${stdout.trim()}`).toBe(signatures[no]);
  }
});

it('docs/notifications.md has every event with its type', () => {
  for (const event of notificationEvents) expect(page).toContain(`| \`${event}\` | \`${webhookType(event)}\` |`);
});
