/**
 * What browsers get where GraphiQL is closed to anonymous callers: an address that is opened sends no key, but the tab may
 * have one from the dashboard, with which this page asks again and becomes what it gets.
 */
export const graphiqlDoor = /* HTML */ `<!doctype html>
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <title>Usage Gateway</title>
    </head>
    <body>
      <p role="status">One moment …</p>
      <p><a href="/">To the dashboard</a></p>
      <script>
        (async () => {
          const say = (text) => (document.querySelector('p').textContent = text);
          const session = JSON.parse(sessionStorage.getItem('usage-gateway.session') ?? 'null');
          if (!session)
            return say(
              'This is open to whoever is signed in on the dashboard. Sign in there, then come back in the same tab.',
            );
          const headers = { accept: 'text/html', authorization: 'Bearer ' + (session.impersonation ?? session.key) };
          const response = await fetch(location.pathname, { headers });
          if (!response.ok) return say('Your sign-in no longer holds. Sign in again on the dashboard.');
          const page = await response.text();
          document.open();
          document.write(page);
          document.close();
        })().catch(() => {
          document.querySelector('p').textContent =
            'The gateway cannot be reached. Check the connection, then load this page again.';
        });
      </script>
    </body>
  </html>`;
