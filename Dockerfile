# rungbell: a small image, a user of its own, nothing to write to but /var/lib/rungbell.
FROM python:3.13-slim AS build
WORKDIR /build
# Without a pip of its own: the base image has one.
RUN python -m venv --without-pip /opt/rungbell
# The dependencies by themselves, with those of mail, calendars and holidays: this layer changes only when they do.
COPY pyproject.toml ./
RUN python -c 'import tomllib; project = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
print(*project["dependencies"], *(one for extra in ("email", "calendar", "holidays", "slack") \
for one in project["optional-dependencies"][extra]), sep="\n")' >requirements.txt \
 && pip --python /opt/rungbell/bin/python install --no-cache-dir --no-compile -r requirements.txt
COPY README.md LICENSE ./
COPY src ./src
# Compiled here, for nothing can be written later; unchecked, since the times of copied files are not to be relied on.
RUN pip --python /opt/rungbell/bin/python install --no-cache-dir --no-compile --no-deps . \
 && pip --python /opt/rungbell/bin/python check \
 && /opt/rungbell/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/rungbell/lib

FROM python:3.13-slim
LABEL org.opencontainers.image.title="rungbell" \
      org.opencontainers.image.description="Rings until someone answers" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/rungbell /opt/rungbell
COPY config/rungbell.yml /etc/rungbell/rungbell.yml
RUN install -d -o 65532 -g 65532 -m 0700 /var/lib/rungbell
# The user has no entry in /etc/passwd, so HOME is said here.
ENV PATH=/opt/rungbell/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/var/lib/rungbell
# SQLite's temporary files go here too where there is no /tmp to write to.
WORKDIR /var/lib/rungbell
USER 65532:65532
VOLUME /var/lib/rungbell
EXPOSE 11911
# Asks http://127.0.0.1:11911/-/ready; where it listens elsewhere or speaks TLS, set RUNGBELL_URL. Kubernetes has probes
# of its own.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 CMD ["rungbell", "healthcheck"]
ENTRYPOINT ["rungbell"]
CMD ["serve", "--config.file", "/etc/rungbell/rungbell.yml", "--storage.path", "/var/lib/rungbell/rungbell.db"]
