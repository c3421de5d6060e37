# The images of Cognate: a binary, certificate authorities and an empty folder for data. Build one after `make dist`:
#
#     docker build -t cognate .
#
# The target libcrypto has the binary that signs with libcrypto, and glibc and libcrypto of Debian. It needs `make dist LIBCRYPTO=1`:
#
#     docker build --target libcrypto -t cognate .
#
# docs/containers.md explains how to run them.
FROM scratch AS common
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

FROM common AS libcrypto
ARG TARGETARCH
COPY dist/libcrypto/linux-${TARGETARCH}/ /
COPY --chmod=0755 dist/cognate-libcrypto-linux-${TARGETARCH} /cognate

FROM common AS static
ARG TARGETARCH
COPY --chmod=0755 dist/cognate-linux-${TARGETARCH} /cognate
