# The server in an image of its own; docker-compose.yml runs it on DynamoDB Local. Alone, with the embedded store:
#
#   docker build -t links .
#   docker run --detach --name links --read-only -p 127.0.0.1:8080:8080 -v links:/data links
#
# keeps the links in /data/links.db on the volume named links. For several architectures, each compiled by the machine's own Go:
#
#   docker buildx build --platform linux/amd64,linux/arm64 --build-arg VERSION=v1.2.3 .

# By digest, so that the same files build the same image. Where these cannot be pulled, the arguments name others.
ARG GO_IMAGE=golang:1.26.8-bookworm@sha256:9fdc884aacc3bec89b20ffc69f4bb369c78210e3e4f600387b5128b12c199f81
ARG BASE_IMAGE=gcr.io/distroless/static-debian12:nonroot@sha256:b7bb25d9f7c31d2bdd1982feb4dafcaf137703c7075dbe2febb41c24212b946f

# The platforms are set by BuildKit. A builder that does not know them takes the machine's own: linux, and what Go finds.
FROM --platform=${BUILDPLATFORM:-linux} $GO_IMAGE AS build
WORKDIR /src
# Modules first: a change of code alone downloads nothing again.
COPY go.mod go.sum ./
RUN go mod download
COPY cmd cmd
COPY internal internal
# Below what is the same for all architectures.
ARG TARGETOS TARGETARCH VERSION
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -ldflags "-s -w -X links/internal/server.tag=$VERSION" -o /out/server ./cmd/server && mkdir /out/data

FROM $BASE_IMAGE
COPY --from=build /out/server /server
# A new volume takes over the owner of the directory that it is mounted on; without this one it would be root's.
COPY --from=build --chown=65532:65532 /out/data /data
WORKDIR /data
# Said again, by number, so that a policy that refuses root can read it off the image.
USER 65532:65532
# Within the container; who may reach it is decided by what is published. Change it as a variable: the health check does not see
# the flags of the server.
ENV LINKS_ADDR=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["/server", "-healthcheck"]
ENTRYPOINT ["/server"]
