# Checked by reading; build with `docker build -t quarry .`
FROM node:24-bookworm-slim AS build
WORKDIR /quarry
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
# Not `npm run build`: that looks for an installation of its own first, and would make it.
RUN node node_modules/typescript/bin/tsc -p tsconfig.build.json && npm prune --omit=dev

FROM node:24-bookworm-slim
WORKDIR /quarry
COPY --from=build /quarry/package.json ./
COPY --from=build /quarry/node_modules ./node_modules
COPY --from=build /quarry/dist ./dist
RUN mkdir /data && chown node /data
USER node
ENV NODE_ENV=production QUARRY_DATA_DIR=/data QUARRY_LISTENERS=PLAINTEXT://0.0.0.0:9092 QUARRY_HTTP_LISTENERS=http://0.0.0.0:9200
# As scripts/quarry.mjs has them, with the reason.
ENV MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=262144 MALLOC_TRIM_THRESHOLD_=262144
VOLUME /data
EXPOSE 9092 9200
HEALTHCHECK --interval=5s --start-period=10s CMD ["node", "-e", "fetch('http://127.0.0.1:9200/health/ready').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--disable-warning=ExperimentalWarning", "--max-semi-space-size=8", "--heap-growing-percent=50", "dist/src/main/main.js", "serve"]
