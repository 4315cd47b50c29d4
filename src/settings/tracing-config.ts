import { z } from 'zod';
import { oneOf, share, wholeNumber } from './parsers.ts';

const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

const protocols = ['http/protobuf', 'http/json'] as const;

/** How traces are made and sent. The endpoint, headers and time limits are read by OpenTelemetry's own libraries. */
export interface TracingConfig {
  protocol: (typeof protocols)[number];
  sampler: (typeof samplers)[number];
  /** Share of traces for the samplers by ratio. */
  ratio: number;
  serviceName: string;
  /** How long spans wait for others to be sent with. */
  delayMs: number;
}

const isUrl = (text: string) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
const url = () => z.string().refine(isUrl, 'must be an http or https URL');

/** The standard variables of OpenTelemetry, as far as the gateway has a use for them. */
export const tracingSettings = {
  OTEL_EXPORTER_OTLP_ENDPOINT: url()
    .optional()
    .describe(
      'Base URL of the OpenTelemetry collector, such as `http://127.0.0.1:4318`. Without it nothing is traced.',
    ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url()
    .optional()
    .describe('URL for traces, used as it is, in place of `OTEL_EXPORTER_OTLP_ENDPOINT` with `/v1/traces`.'),
  OTEL_EXPORTER_OTLP_PROTOCOL: oneOf(protocols)
    .default('http/protobuf')
    .describe('How traces are sent: `http/protobuf` or `http/json`.'),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: oneOf(protocols)
    .optional()
    .describe('The same for traces alone; the default is `OTEL_EXPORTER_OTLP_PROTOCOL`.'),
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .optional()
    .describe('Headers sent with traces, such as `api-key=…`, separated by commas.'),
  OTEL_EXPORTER_OTLP_TIMEOUT: wholeNumber(1, 3_600_000)
    .default(10_000)
    .describe('Milliseconds that sending traces may take.'),
  OTEL_SERVICE_NAME: z.string().default('usage-gateway').describe('Name of the service in traces.'),
  OTEL_RESOURCE_ATTRIBUTES: z
    .string()
    .optional()
    .describe('Attributes of the service in traces, such as `deployment.environment.name=production`.'),
  OTEL_TRACES_EXPORTER: oneOf(['otlp', 'none']).default('otlp').describe('`none` turns tracing off.'),
  OTEL_TRACES_SAMPLER: oneOf(samplers)
    .default('parentbased_always_on')
    .describe(`Which traces are recorded: ${samplers.map((name) => `\`${name}\``).join(', ')}.`),
  OTEL_TRACES_SAMPLER_ARG: share().default(1).describe('Share of traces from 0 to 1, for the samplers by ratio.'),
  OTEL_BSP_SCHEDULE_DELAY: wholeNumber(1, 3_600_000)
    .default(5_000)
    .describe('Milliseconds that spans wait to be sent together.'),
  OTEL_SDK_DISABLED: oneOf(['true', 'false']).default('false').describe('`true` turns tracing off.'),
};

/** How to trace; undefined when no collector is named or tracing is turned off. */
export function tracingConfig(
  settings: Readonly<z.infer<z.ZodObject<typeof tracingSettings>>>,
): TracingConfig | undefined {
  const endpoint = settings.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? settings.OTEL_EXPORTER_OTLP_ENDPOINT;
  const isOff = settings.OTEL_SDK_DISABLED === 'true' || settings.OTEL_TRACES_EXPORTER === 'none';
  if (endpoint === undefined || isOff) return undefined;
  return {
    protocol: settings.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? settings.OTEL_EXPORTER_OTLP_PROTOCOL,
    sampler: settings.OTEL_TRACES_SAMPLER,
    ratio: settings.OTEL_TRACES_SAMPLER_ARG,
    serviceName: settings.OTEL_SERVICE_NAME,
    delayMs: settings.OTEL_BSP_SCHEDULE_DELAY,
  };
}
