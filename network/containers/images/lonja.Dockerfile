# The product: one image for every process; the first word of the command says which (scripts/contained.py).
ARG BUILD=python:3.11-bookworm
ARG BASE=python:3.11-slim-bookworm

# Fabric's programs make the channel and deploy the chaincode. By themselves, so that they are fetched once.
FROM ${BUILD} AS fabric
WORKDIR /opt/lonja
COPY scripts/__init__.py scripts/fetch_fabric.py scripts/fetch_uv.py scripts/download.py scripts/environment.py \
     scripts/programs.py scripts/progress.py scripts/stamps.py scripts/toolchain.py scripts/
COPY network/__init__.py network/errors.py network/fetched.py network/process.py network/supervisor.py network/
ARG LONJA_FABRIC_VERSION LONJA_FABRIC_URL LONJA_FABRIC_SHA256
RUN python3 -m scripts.fetch_fabric

FROM ${BUILD} AS packages
COPY requirements.lock .
RUN python3 -m venv /opt/venv && \
    /opt/venv/bin/pip install --no-cache-dir --no-deps --require-hashes --requirement requirements.lock

FROM packages AS product
WORKDIR /opt/lonja
COPY . .
RUN python3 -m scripts.fetch_assets && \
    /opt/venv/bin/python -m babel.messages.frontend compile -d web/translations && \
    /opt/venv/bin/python -m compileall -q /opt/lonja

FROM ${BASE}
COPY --from=packages /opt/venv /opt/venv
COPY --from=fabric /opt/lonja/.tools /opt/lonja/.tools
COPY --from=product /opt/lonja /opt/lonja
WORKDIR /opt/lonja
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 LONJA_STATE=/lonja LONJA_NETWORK=containers
USER 10001:10001
HEALTHCHECK --interval=5s --timeout=10s --start-period=120s CMD ["python", "-m", "scripts.healthy"]
ENTRYPOINT ["python", "-m", "scripts.contained"]
