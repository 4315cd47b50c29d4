import { setTimeout as sleep } from 'node:timers/promises';
import type { PlannedCall } from './calls.ts';
import { Choices } from './choices.ts';
import { askForAnother, endKey, makeKey, settleKey, useKey, type MadeKey } from './keys.ts';
import type { SentCall } from './ledger.ts';
import { takeStep, type Life } from './lives.ts';
import { instantOf, Planner, type Operation, type Variant } from './operations.ts';
import { list, report, reportOnAllTenants } from './reading.ts';
import { record, voidCall } from './recording.ts';
import { keyFor, type World } from './world.ts';

/** Somebody who does one thing after the other. */
export class Client {
  readonly name: string;
  readonly #world: World;
  readonly #planner: Planner;
  readonly #keys: (MadeKey | undefined)[] = [];
  readonly #lives = new Map<string, Life>();
  /** When calls that say so were made, from when they are first sent. */
  readonly #times = new Map<PlannedCall, number | undefined>();

  constructor(world: World, seed: number, name: string) {
    this.name = name;
    this.#world = world;
    this.#planner = new Planner(new Choices(seed, name), name);
  }

  /** Does as many things as it is told, or fewer when somebody fails. */
  async act(operations: number, signal: AbortSignal): Promise<void> {
    for (let turn = 0; turn < operations && !signal.aborted; turn++) {
      const operation = this.#planner.next();
      await this.#carryOut(operation);
      await sleep(operation.restMs);
    }
  }

  /** Makes certain what this client does not know of its keys. */
  async settle(): Promise<void> {
    for (const key of this.#keys) if (key) await settleKey(this.#world, key);
  }

  async #carryOut(operation: Operation): Promise<void> {
    const world = this.#world;
    switch (operation.kind) {
      case 'record':
        return this.#record(operation);
      case 'void': {
        const { tenantId, requestId } = operation.call;
        await voidCall(world, operation, { tenantId, requestId, reason: operation.reason, tries: operation.tries });
        return;
      }
      case 'report':
        return report(world, operation, operation.tenantId, operation.report);
      case 'report on all':
        return reportOnAllTenants(world, operation, operation.report, operation.pageSize);
      case 'list':
        return list(world, operation, operation.tenantId, operation.window, operation.pageSize);
      case 'make key':
        this.#keys.push(await makeKey(world, operation, operation.tenantId));
        return;
      case 'use key': {
        const key = this.#keys[operation.key];
        const { tenantId } = key ?? operation.call;
        if (key) await useKey(world, operation, key, { ...this.#sent(operation.call, 'itself'), tenantId });
        return;
      }
      case 'end key': {
        const key = this.#keys[operation.key];
        if (key) await endKey(world, operation, key);
        return;
      }
      case 'ask for another tenant':
        return askForAnother(world, operation, operation.tenantId, operation.other);
      case 'live and die':
        return this.#live(operation);
    }
  }

  async #record(operation: Extract<Operation, { kind: 'record' }>): Promise<void> {
    const { calls, alone, tries, atBoth } = operation;
    const sent = calls.map(({ call, variant }) => ({ variant, call: this.#sent(call, variant) }));
    const isInvalid = ({ variant }: { variant: Variant }) => variant === 'invalid';
    const recording = {
      calls: sent.filter((one) => !isInvalid(one)).map(({ call }) => call),
      invalid: sent.filter(isInvalid).map(({ call }) => call),
      alone,
      tries,
      key: keyFor(this.#world, operation, calls[0]?.call.tenantId ?? ''),
    };
    const gateways = atBoth ? [operation.gateway, operation.gateway + 1] : [operation.gateway];
    await Promise.all(gateways.map((gateway) => record(this.#world, { ...operation, gateway }, recording)));
  }

  async #live({ tenantId, steps, calls, ...manner }: Extract<Operation, { kind: 'live and die' }>): Promise<void> {
    const life = this.#lives.get(tenantId) ?? { tenantId, key: undefined };
    this.#lives.set(tenantId, life);
    for (const [index, step] of steps.entries()) {
      const call = calls[index];
      // Every other step goes to the other gateway.
      const gateway = manner.gateway + index;
      if (call) await takeStep(this.#world, { ...manner, gateway }, life, step, this.#sent(call, 'itself'));
    }
  }

  /** A call as it is sent. */
  #sent(planned: PlannedCall, variant: Variant): SentCall {
    const { tenantId, requestId, content, when } = planned;
    if (!this.#times.has(planned)) this.#times.set(planned, when && instantOf(when, Date.now()));
    const occurredAt = this.#times.get(planned);
    const call = { tenantId, requestId, content, occurredAt };
    switch (variant) {
      case 'itself':
        return call;
      case 'without time':
        return { ...call, occurredAt: undefined };
      case 'other tokens':
        return { ...call, content: { ...content, inputTokens: content.inputTokens + 1 } };
      case 'other time':
        return { ...call, occurredAt: (occurredAt ?? longAgo) - 1 };
      case 'invalid':
        return {
          ...call,
          requestId: `${requestId}-invalid`,
          content: { ...content, cachedInputTokens: content.inputTokens + 1 },
        };
    }
  }
}

const longAgo = Date.parse('2024-01-01T00:00:00Z');
