import autocannon from 'autocannon';

export interface Load {
  /** Where to; the path included. */
  url: string;
  key: string;
  connections: number;
  seconds: number;
  /** Calls of a request. */
  callsEach: number;
  /** Makes the body of the next request. */
  body: () => string;
  /** Of the body; JSON unless given. */
  contentType?: string;
  /** What stands in the answer to a request that did its work. */
  expected: string;
}

export interface Measured {
  callsPerSecond: number;
  /** Of a request. */
  p50Ms?: number;
  p99Ms?: number;
}

/** Sends requests one after another on each connection. @throws where one is answered with anything unexpected. */
export async function sendLoad({
  url,
  key,
  connections,
  seconds,
  callsEach,
  body,
  contentType = 'application/json',
  expected,
}: Load): Promise<Measured> {
  const began = performance.now();
  let unexpected: string | undefined;
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    method: 'POST',
    headers: { 'content-type': contentType, authorization: `Bearer ${key}` },
    requests: [{ setupRequest: (request) => ({ ...request, body: body() }) }],
    verifyBody(answer) {
      const isExpected = String(answer).includes(expected);
      if (!isExpected) unexpected ??= String(answer).slice(0, 500);
      return isExpected;
    },
  });
  const elapsed = (performance.now() - began) / 1000;
  if (result.non2xx + result.errors + result.mismatches > 0)
    throw new Error(
      `${result.non2xx} answers were not 2xx, ${result.errors} requests failed, ${result.mismatches} answers differ, the first: ${unexpected}`,
    );
  return {
    callsPerSecond: (result.requests.total * callsEach) / elapsed,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
  };
}
