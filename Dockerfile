# Image of the server. docker-compose.yml runs it with DynamoDB Local. To run it
# alone, with the embedded store in /data/links.db on the volume named links:
#
#   docker build -t links .
#   docker run --detach --name links --read-only -p 127.0.0.1:8080:8080 -v links:/data links
#
# For several architectures, cross-compiled by Go:
#
#   docker buildx build --platform linux/amd64,linux/arm64 --build-arg VERSION=v1.2.3 .

# Digests make the build reproducible. If these images cannot be pulled, set the
# arguments to others.
ARG GO_IMAGE=golang:1.26.8-bookworm@sha256:9fdc884aacc3bec89b20ffc69f4bb369c78210e3e4f600387b5128b12c199f81
ARG BASE_IMAGE=gcr.io/distroless/static-debian12:nonroot@sha256:b7bb25d9f7c31d2bdd1982feb4dafcaf137703c7075dbe2febb41c24212b946f

# BuildKit sets the platforms. Other builders build for the machine's own.
FROM --platform=${BUILDPLATFORM:-linux} $GO_IMAGE AS build
WORKDIR /src
# Modules first, so that a change of the code does not download them again.
COPY go.mod go.sum ./
RUN go mod download
COPY cmd cmd
COPY internal internal
# After the steps that are the same for all architectures.
ARG TARGETOS TARGETARCH VERSION
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags "-s -w -X links/internal/server.tag=$VERSION" -o /out/server ./cmd/server && mkdir /out/data

FROM $BASE_IMAGE
COPY --from=build /out/server /server
# A new volume inherits the owner of the directory it is mounted on.
COPY --from=build --chown=65532:65532 /out/data /data
WORKDIR /data
# Repeats the user of the base image as a number, for policies that forbid root.
USER 65532:65532
# The listen address within the container; `docker run -p` decides which clients
# can connect. Change it by variable: the health check does not see the flags of
# the server.
ENV LINKS_ADDR=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["/server", "-healthcheck"]
ENTRYPOINT ["/server"]
