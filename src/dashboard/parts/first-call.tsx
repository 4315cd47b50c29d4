/** How to record a call, where there are none. */
export const FirstCall = ({ tenantId, title }: { tenantId: string; title: string }) => (
  <section class="empty">
    <h2>{title}</h2>
    <p>Record the first call, with a key that may, and it is here as soon as it is acknowledged:</p>
    <pre tabIndex={0}>{commandFor(tenantId)}</pre>
    <p>
      A superuser's key creates the tenant with its first call. <a href="/graphql">GraphiQL</a> has the same call in its
      first tab.
    </p>
  </section>
);

function commandFor(tenantId: string): string {
  const call = `{tenantId: ${JSON.stringify(tenantId)}, provider: "openai", model: "gpt-5", inputTokens: 1200, outputTokens: 350, durationMs: 1840}`;
  const body = JSON.stringify({
    query: `mutation { recordUsage(input: ${call}) { outcome event { requestId costUsd } } }`,
  });
  return [
    `curl -s ${location.origin}/graphql \\`,
    '  -H "Authorization: Bearer $USAGE_GATEWAY_KEY" \\',
    "  -H 'Content-Type: application/json' \\",
    `  -d '${body.replaceAll("'", String.raw`'\''`)}'`,
  ].join('\n');
}
