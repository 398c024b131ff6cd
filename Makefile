# Targets list themselves: a line "name: ## what it does" shows up in `make help`.

GO       ?= go
FUZZTIME ?= 20s
KILLS    ?= 10000
# How many packages are tested at a time: many of them wait more than they work.
SIDE     ?= 4
PREFIX   ?= /usr/local
BIN      ?= bin
TOOLS    := bin/tools

# What is built: every directory below cmd/. Static, and the same bytes from the same source anywhere.
# The version is in internal/version/VERSION; --version says the commit, too.
LDFLAGS  ?=
COMMIT   ?= $(shell git describe --always --dirty --abbrev=12 --exclude='*' 2>/dev/null)
BUILD    := CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags='-X multilog/internal/version.commit=$(COMMIT) $(LDFLAGS)'
COMMANDS := $(notdir $(wildcard cmd/*))

# What is installed besides.
MANPAGES := $(wildcard man/*.[1-8])
EXAMPLES := $(wildcard examples/*/*/run examples/*/*/log/run examples/object-store/*)
BINDIR   := $(DESTDIR)$(PREFIX)/bin
MANDIR   := $(DESTDIR)$(PREFIX)/share/man
DOCDIR   := $(DESTDIR)$(PREFIX)/share/doc/multilog

.DEFAULT_GOAL := help
.PHONY: help build demo test race fuzz fault bench compat lint man check install uninstall deb clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /\1\t/' | expand -t 12

build: ## build the commands into bin/
	@mkdir -p $(BIN)
	$(BUILD) -o $(BIN)/ ./cmd/...

demo: build ## see multilog work: a minute of mail log through it, in some seconds
	@BIN=$(BIN) scripts/demo

test: peers ## run all tests, with what they compare with (installed if need be)
	$(GO) vet ./...
	$(GO) test -p $(SIDE) ./...
	MULTILOG_IO=pool $(GO) test -short -count=1 ./examples
	$(GO) run ./internal/test/seccomp/likedocker $(GO) test -short -count=1 -run /ours ./cmd/multilog

.PHONY: peers
peers:
	@scripts/peers

race: peers ## run all tests under the race detector, in any order (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race -shuffle=on -timeout 20m ./...

fuzz: ## run every fuzz test for FUZZTIME (20s)
	@scripts/fuzz $(FUZZTIME)

fault: peers ## kill loggers KILLS times (10000), break system calls, and count the lines; also other loggers, for comparison
	$(GO) test -count=1 -v -timeout 2h ./fault -kills $(KILLS) -every

bench: ## race this logger against those that are installed (BENCH="-quick throughput" for less)
	$(GO) run ./bench $(BENCH)

compat: peers ## hold multilog, tai64n, tai64nlocal against djb's, rule by rule
	$(GO) test -count=1 ./cmd/multilog ./cmd/tai64n ./cmd/tai64nlocal

lint: $(TOOLS)/golangci-lint ## gofmt, golangci-lint, deadcode, govulncheck, vet for other machines (their first build takes minutes), shell scripts
	@test -z "$$(gofmt -l .)" || { echo "gofmt wants to change:"; gofmt -l .; exit 1; }
	$(TOOLS)/golangci-lint run ./...
	@dead=$$($(TOOLS)/deadcode -test ./...) && test -z "$$dead" || { echo "$$dead"; exit 1; }
	@scripts/vulncheck $(TOOLS)/govulncheck
	@for arch in arm64 386 s390x; do GOARCH=$$arch $(GO) vet ./... || exit 1; done
	@scripts/lint-scripts scripts/[a-z-]* .ci/run $(EXAMPLES)

man: ## have mandoc look at the manual pages
	mandoc -T lint -W warning $(MANPAGES)

$(TOOLS)/golangci-lint: tools/go.mod
	@mkdir -p $(TOOLS)
	$(GO) build -C tools -o ../$(TOOLS)/ tool
	@touch $@

check: lint test race ## everything that must be green before a release: lint, test, race

install: build ## install commands, manual pages and examples below PREFIX (/usr/local), in DESTDIR
	install -d $(BINDIR) $(DOCDIR)
	for c in $(COMMANDS); do install -m 755 $(BIN)/$$c $(BINDIR)/ || exit 1; done
	for m in $(MANPAGES); do install -D -m 644 $$m $(MANDIR)/man$${m##*.}/$${m##*/} || exit 1; done
	for e in $(EXAMPLES); do install -D -m 755 $$e $(DOCDIR)/$$e || exit 1; done
	install -m 644 README.md ARCHITECTURE.md CHANGELOG.md LICENSE $(DOCDIR)/

uninstall: ## remove what install installed
	for c in $(COMMANDS); do rm -f $(BINDIR)/$$c; done
	for m in $(MANPAGES); do rm -f $(MANDIR)/man$${m##*.}/$${m##*/}; done
	rm -rf $(DOCDIR)

deb: ## build the Debian package into dist/
	@scripts/deb dist

clean: ## remove what was built
	rm -rf bin dist
