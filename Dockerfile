# One image for actor, trainer and web:
#
#     docker compose up --build
#
# TORCH_INDEX_URL: the URL of PyTorch's CPU wheel index makes the image several GB smaller.

FROM node:24-slim AS page
WORKDIR /app/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci
COPY frontend ./
RUN npm run build

FROM python:3.11-slim
WORKDIR /app
RUN useradd --uid 1000 --create-home player && chown player /app
ENV PYTHONUNBUFFERED=1 NUMBA_CACHE_DIR=/home/player/numba

COPY constraints.txt ./
ARG TORCH_INDEX_URL=""
RUN pip install --no-cache-dir --no-deps -c constraints.txt \
    ${TORCH_INDEX_URL:+--index-url "$TORCH_INDEX_URL"} torch

# The libraries change less often than the code, so they get a layer of their own.
COPY pyproject.toml README.md LICENSE ./
RUN mkdir engine storage actor trainer web zoo \
    && pip install --no-cache-dir -c constraints.txt -e ".[train,fast]"

COPY --chown=player engine engine
COPY --chown=player storage storage
COPY --chown=player actor actor
COPY --chown=player trainer trainer
COPY --chown=player web web
COPY --chown=player zoo zoo
COPY --chown=player --from=page /app/web/static web/static
COPY --chown=player config.toml scripts/warm.py ./

USER player
# data/ gets its owner here; the kernels are compiled now rather than at the first move.
RUN mkdir data && python warm.py
EXPOSE 8080
CMD ["python", "-m", "web", "--host", "0.0.0.0"]
