# One static binary on an empty image. Certificate roots are compiled in, so nothing else is needed.
#
#   docker build -t release-action .

FROM rust:1.95-slim-bookworm AS build
WORKDIR /build

# musl makes the binary static. The target follows the machine that builds, so an arm64 builder makes an arm64 image.
RUN set -eu; \
    rustup target add "$(uname -m)-unknown-linux-musl"; \
    command -v musl-gcc >/dev/null || { \
        apt-get update; \
        apt-get install --yes --no-install-recommends musl-tools; \
        rm -rf /var/lib/apt/lists/*; \
    }

# The dependencies alone: this layer is built again only when one of the two files changes.
COPY Cargo.toml Cargo.lock ./
RUN set -eu; \
    mkdir src; \
    echo 'fn main() {}' >src/main.rs; \
    : >src/lib.rs; \
    cargo build --release --locked --target "$(uname -m)-unknown-linux-musl"

# The sources keep the times they have outside, which may be older than the placeholders above.
COPY data data
COPY src src
RUN set -eu; \
    touch src/main.rs src/lib.rs; \
    cargo build --release --locked --target "$(uname -m)-unknown-linux-musl"; \
    cp "target/$(uname -m)-unknown-linux-musl/release/release-action" /release-action

# No USER: the runner mounts the workspace and its command files for root. No shell: input names have dashes in
# them, and some shells drop such variables from what they pass on.
FROM scratch
# The program says here that it cannot try wheels out: there is no Python.
ENV RELEASE_ACTION_IMAGE=1
COPY --from=build /release-action /release-action
ENTRYPOINT ["/release-action"]
