# rungbell: a small image, a user of its own, nothing to write to but /var/lib/rungbell.
FROM python:3.13-slim AS build
WORKDIR /build
RUN python -m venv /opt/rungbell
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
RUN /opt/rungbell/bin/pip install --no-cache-dir . \
 && /opt/rungbell/bin/python -m compileall -q /opt/rungbell/lib

FROM python:3.13-slim
LABEL org.opencontainers.image.title="rungbell" \
      org.opencontainers.image.description="Rings until someone answers" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/rungbell /opt/rungbell
COPY config/rungbell.yml /etc/rungbell/rungbell.yml
RUN install -d -o 65532 -g 65532 -m 0700 /var/lib/rungbell
ENV PATH=/opt/rungbell/bin:$PATH PYTHONUNBUFFERED=1
USER 65532:65532
VOLUME /var/lib/rungbell
EXPOSE 11911
ENTRYPOINT ["rungbell"]
CMD ["serve", "--config.file", "/etc/rungbell/rungbell.yml", "--storage.path", "/var/lib/rungbell/rungbell.db"]
