# syntax=docker/dockerfile:1

# The packages that the gateway runs with, without those for its development.
FROM node:24-slim AS install
WORKDIR /app
ENV NODE_ENV=production
COPY package.json package-lock.json ./
COPY migrations ./migrations
COPY src ./src
# The Node.js of the optional packages is left out, since the image has one.
RUN npm ci --omit=dev --omit=optional --no-audit --no-fund
# Compiled code is kept, so that a start on a read-only file system is as fast as any.
RUN node src/cli.ts print-schema

FROM node:24-slim
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000 DATA_DIR=/data
RUN mkdir /data && chown node:node /data
COPY --from=install /app ./
USER node
VOLUME /data
EXPOSE 4000
# Node.js itself is the first process and gets the signals.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --retries=6 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "src/cli.ts"]
CMD ["serve"]
