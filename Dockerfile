# The image of Cognate: the static binary, certificate authorities and an empty folder for data. Build it after `make dist`:
#
#     docker build -t cognate .
#
# docs/containers.md explains how to run it.
FROM scratch
ARG TARGETARCH
COPY --chmod=0755 dist/cognate-linux-${TARGETARCH} /cognate
COPY --chmod=0644 dist/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
# dist/volumes has the empty folder data. A new volume at /data gets this owner and mode.
COPY --chown=65532:65532 --chmod=0700 dist/volumes/ /
USER 65532:65532
WORKDIR /data
ENV COGNATE_LISTEN=:8229
EXPOSE 8229
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s CMD ["/cognate", "healthcheck"]
ENTRYPOINT ["/cognate"]
CMD ["serve"]
