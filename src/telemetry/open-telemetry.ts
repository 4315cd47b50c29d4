import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type Sampler,
} from '@opentelemetry/sdk-trace';
import packageJson from '../../package.json' with { type: 'json' };
import type { TracingConfig } from '../settings/tracing-config.ts';
import type { Attributes, OpenSpan, Tracing } from './tracing.ts';

const name = 'usage-gateway';

/** Traces with OpenTelemetry. Endpoint, headers and time limits are in the environment, which the exporter reads. */
export async function openTelemetry(config: TracingConfig): Promise<Tracing> {
  const { OTLPTraceExporter } =
    config.protocol === 'http/json'
      ? await import('@opentelemetry/exporter-trace-otlp-http')
      : await import('@opentelemetry/exporter-trace-otlp-proto');
  const named = { 'service.name': config.serviceName, 'service.version': packageJson.version };
  const provider = new TracerProvider({
    sampler: samplerOf(config),
    resource: resourceFromAttributes(named).merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [
      new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), scheduledDelayMillis: config.delayMs }),
    ],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const tracer = provider.getTracer(name, packageJson.version);
  const open = (spanName: string, kind: SpanKind, attributes: Attributes, parent: Context) => {
    const span = tracer.startSpan(spanName, { kind, attributes: { ...attributes } }, parent);
    const inside = trace.setSpan(parent, span);
    return {
      traceId: span.spanContext().traceId,
      run: (work) => context.with(inside, work),
      end({ name: lastName, attributes: more, failed = false } = {}) {
        if (lastName !== undefined) span.updateName(lastName);
        if (more) span.setAttributes(more);
        if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      },
    } satisfies OpenSpan;
  };
  return {
    startSpan: (spanName, attributes, kind) =>
      open(spanName, kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL, attributes, context.active()),
    startRequestSpan: (spanName, headers) =>
      open(spanName, SpanKind.SERVER, {}, propagation.extract(ROOT_CONTEXT, headers)),
    outgoingHeaders() {
      const headers: Record<string, string> = {};
      propagation.inject(context.active(), headers);
      return headers;
    },
    async stop() {
      await provider.shutdown();
      context.disable();
      propagation.disable();
    },
  };
}

function samplerOf({ sampler, ratio }: TracingConfig): Sampler {
  const roots: Record<string, () => Sampler> = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(ratio),
  };
  const root = roots[sampler.replace('parentbased_', '')]?.() ?? new AlwaysOnSampler();
  return sampler.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}
