# Targets list themselves: a line "name: ## what it does" shows up in `make help`.

GO       ?= go
FUZZTIME ?= 20s
TOOLS    := bin/tools

# What is built: every directory below cmd/. Static, and the same bytes from the same source anywhere.
BUILD    := CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false

.DEFAULT_GOAL := help
.PHONY: help build demo test race fuzz lint check clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /\1\t/' | expand -t 12

build: ## build the commands into bin/
	@mkdir -p bin
	$(BUILD) -o bin/ ./cmd/...

demo: build ## see multilog work: a minute of mail log through it, in some seconds
	@scripts/demo

test: peers ## run all tests, with what they compare with (installed if need be)
	$(GO) vet ./...
	$(GO) test ./...

.PHONY: peers
peers:
	@scripts/peers

race: ## run all tests under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race ./...

fuzz: ## run every fuzz test for FUZZTIME (20s)
	@scripts/fuzz $(FUZZTIME)

lint: $(TOOLS)/golangci-lint ## gofmt, golangci-lint (its first build takes minutes), shell syntax
	@test -z "$$(gofmt -l .)" || { echo "gofmt wants to change:"; gofmt -l .; exit 1; }
	$(TOOLS)/golangci-lint run ./...
	@for f in scripts/* .ci/run; do bash -n $$f || exit 1; done

$(TOOLS)/golangci-lint: tools/go.mod
	@mkdir -p $(TOOLS)
	$(GO) build -C tools -o ../$(TOOLS)/ tool

check: lint test ## everything that must be green before a release

clean: ## remove what was built
	rm -rf bin
