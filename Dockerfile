# One image for all roles: ROLE=web (the default), ROLE=worker or ROLE=console. It starts no engines of its own: MONGODB_URI and
# REDIS_URL name them. docker-compose.yml shows all of it together.

FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Nothing we use needs an install script: native parts come as packages of their own.
RUN npm ci --ignore-scripts
COPY . .
RUN npx tsc -p tsconfig.build.json && npm prune --omit=dev --ignore-scripts

FROM node:20-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production ROLE=web HOST=0.0.0.0 PORT=3000 REQUIRE_SAFE_MODE=1
# Owned by root and only read by us: what serves the world cannot change itself.
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# Read as they lie there: words and pages, and the simulator's and the engines' plain files.
COPY --from=build /app/templates ./templates
COPY --from=build /app/src ./src
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "dist/src/main.js"]
