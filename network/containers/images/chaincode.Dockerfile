# The ledger's rules as a service: one static program and nothing else.
ARG GO=golang:1.26
FROM ${GO} AS build
WORKDIR /src
COPY chaincode .
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o /chaincode ./cmd/chaincode

FROM scratch
COPY --from=build /chaincode /usr/local/bin/chaincode
USER 10001:10001
ENTRYPOINT ["/usr/local/bin/chaincode"]
