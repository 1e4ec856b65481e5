# Commonground's service: API and worker in one container, on a PostgreSQL server of your own.
#
#   docker build -t commonground .
#
# docs/guide/operate.md has the steps from there. It refuses to start before DATABASE_URL, MATCHER_DATABASE_URL, COMMONGROUND_KEYSTORE_DIR and COMMONGROUND_KEK_FILE are set:
# the guide says what each is. `commonground migrate`, `org` and `partnership` run as other commands of the
# same image. tests/unit/packaging runs the steps of the stage `build` as they stand here.

FROM python:3.11-slim-bookworm AS build
WORKDIR /build
RUN python -m venv /opt/commonground
COPY requirements requirements
# Wheels only, each with its hash: nothing is compiled, here or later.
RUN /opt/commonground/bin/python -m pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements/server.lock
# The build backend, with the hashes that the development lock has for it; it stays in this stage.
RUN python -m venv tools \
 && awk '/^[a-z]/ {keep = /^(hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers)==/} keep' requirements/dev.lock > build.lock \
 && tools/bin/python -m pip install --no-cache-dir --require-hashes --only-binary :all: -r build.lock
COPY pyproject.toml README.md LICENSE ./
COPY clients clients
COPY migrations migrations
COPY service service
RUN tools/bin/python -m pip wheel --no-deps --no-build-isolation --no-index --wheel-dir dist . \
 && /opt/commonground/bin/python -m pip install --no-deps --no-index dist/*.whl \
 && /opt/commonground/bin/python -m pip uninstall --yes pip setuptools

FROM python:3.11-slim-bookworm
# A new volume takes owner and mode from the folder that it is mounted on: without one it would be root's.
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /var/lib/commonground commonground \
 && install --directory --owner commonground --group commonground --mode 0700 /var/lib/commonground /keys /keys/kek /keys/store
COPY --from=build /opt/commonground /opt/commonground
ENV PATH=/opt/commonground/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    COMMONGROUND_ENVIRONMENT=production \
    COMMONGROUND_HOST=0.0.0.0 \
    COMMONGROUND_DATA_DIR=/var/lib/commonground
USER commonground
WORKDIR /var/lib/commonground
VOLUME /var/lib/commonground
EXPOSE 8000
# A container that runs another command (`worker`, `migrate`) answers no requests: start it with --no-healthcheck.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ.get('COMMONGROUND_PORT', '8000') + '/readyz', timeout=4)"]
ENTRYPOINT ["commonground"]
CMD ["serve"]
