# make help lists the targets: it shows each line of the form "name: ## what it does".

GO       ?= go
FUZZTIME ?= 20s
KILLS    ?= 10000
# The number of packages to test at the same time. Many tests wait more than they compute.
SIDE     ?= 4
PREFIX   ?= /usr/local
BIN      ?= bin
TOOLS    := bin/tools

# Each directory below cmd/ is a command. Binaries are static, and the same source gives the same bytes in any checkout.
# The version is in internal/version/VERSION; --version also shows the commit.
LDFLAGS  ?=
COMMIT   ?= $(shell git describe --always --dirty --abbrev=12 --exclude='*' 2>/dev/null)
FLAGS    := -trimpath -buildvcs=false -ldflags='-X multilog/internal/version.commit=$(COMMIT) $(LDFLAGS)'
BUILD    := CGO_ENABLED=0 $(GO) build
COMMANDS := $(notdir $(wildcard cmd/* fleet/cmd/*))

# These are installed together with the commands.
MANPAGES := $(wildcard man/*.[1-8] fleet/man/*.[1-8])
EXAMPLES := $(wildcard examples/*/*/run examples/s6-overlay/*/*/run examples/*/*/log/run examples/object-store/*)
DATA     := $(wildcard examples/*.md examples/systemd/* examples/fleet/*.json examples/prometheus/*.json examples/prometheus/*.yml) $(shell find examples/s6-overlay -type f ! -name run)
BINDIR   := $(DESTDIR)$(PREFIX)/bin
MANDIR   := $(DESTDIR)$(PREFIX)/share/man
DOCDIR   := $(DESTDIR)$(PREFIX)/share/doc/multilog
BASHDIR  := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSHDIR   := $(DESTDIR)$(PREFIX)/share/zsh/site-functions
FISHDIR  := $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
# The commands print their completions themselves. These run on this machine; name others if BIN holds commands for another.
HOSTBIN  ?= $(BIN)

.DEFAULT_GOAL := help
.PHONY: help build demo demo-fleet test race fuzz fault bench compat lint man check install uninstall packages deb reproduce release clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | expand -t 12

build: ## build the commands into bin/
	@mkdir -p $(BIN)
	$(BUILD) $(FLAGS) -o $(BIN)/ ./cmd/...
	$(BUILD) -C fleet $(FLAGS) -o $(abspath $(BIN))/ ./cmd/...

demo: build ## send a minute of mail log through multilog, kill it meanwhile, count the lines; takes some seconds
	@BIN=$(BIN) scripts/demo

demo-fleet: build ## send three logs to an object store while sender and store are killed, and read them there; some 15 seconds, the first time minutes
	@scripts/fleet-peers versitygw
	@BIN=$(BIN) scripts/demo-fleet

test: peers ## run all tests; installs the programs that they compare with
	$(GO) vet ./...
	$(GO) test -p $(SIDE) ./...
	$(GO) vet -C fleet ./...
	$(GO) test -C fleet -p $(SIDE) ./...
	MULTILOG_IO=pool $(GO) test -short -count=1 ./examples
	$(GO) run ./internal/test/seccomp/likedocker $(GO) test -short -count=1 -run /ours ./cmd/multilog

.PHONY: peers
peers:
	@scripts/peers
	@scripts/fleet-peers

race: peers ## run all tests with the race detector in random order; needs a C compiler
	CGO_ENABLED=1 $(GO) test -race -shuffle=on -timeout 20m ./...
	CGO_ENABLED=1 $(GO) test -C fleet -race -shuffle=on -timeout 20m ./...

fuzz: ## run each fuzz test for FUZZTIME (20s)
	@scripts/fuzz $(FUZZTIME)

fault: peers ## kill loggers KILLS times (10000), make system calls fail, and count the lines; other loggers, too
	$(GO) test -count=1 -v -timeout 2h ./fault -kills $(KILLS) -every
	$(GO) test -count=1 -v -timeout 2h ./cmd/mlcat -run Beside -parallel 6 -beside 2m -beside-all -follow 1m
	$(GO) test -C fleet -count=1 -v -timeout 2h ./fault -lines 500000 -kills 30 -storekills 15

bench: ## compare this logger with the installed ones (BENCH="--quick throughput" runs a part)
	$(GO) run ./bench $(BENCH)

compat: peers ## compare multilog, tai64n, tai64nlocal with daemontools', rule by rule
	$(GO) test -count=1 ./cmd/multilog ./cmd/tai64n ./cmd/tai64nlocal

lint: $(TOOLS)/golangci-lint ## gofmt, golangci-lint, deadcode, govulncheck, vet for other machines, shell scripts; first builds the tools, for minutes
	@test -z "$$(gofmt -l .)" || { echo "not formatted with gofmt:"; gofmt -l .; exit 1; }
	$(TOOLS)/golangci-lint run ./...
	cd fleet && ../$(TOOLS)/golangci-lint run ./...
	@dead=$$($(TOOLS)/deadcode -test ./...) && test -z "$$dead" || { echo "$$dead"; exit 1; }
	@dead=$$(cd fleet && ../$(TOOLS)/deadcode -test ./...) && test -z "$$dead" || { echo "$$dead"; exit 1; }
	@scripts/vulncheck $(TOOLS)/govulncheck
	@for arch in arm64 386 s390x; do GOARCH=$$arch $(GO) vet ./... || exit 1; done
	@scripts/lint-scripts scripts/[a-z-]* .ci/run $(EXAMPLES)

man: ## check the manual pages with mandoc
	mandoc -T lint -W warning $(MANPAGES)

$(TOOLS)/golangci-lint: tools/go.mod
	@mkdir -p $(TOOLS)
	$(GO) build -C tools -o ../$(TOOLS)/ tool
	@touch $@

check: lint test race reproduce ## run lint, test, race and reproduce, which must pass before a release

install: build ## install commands, manual pages, completions and examples below PREFIX (/usr/local), under DESTDIR
	install -d $(BINDIR) $(DOCDIR) $(BASHDIR) $(ZSHDIR) $(FISHDIR)
	for c in $(COMMANDS); do install -m 755 $(BIN)/$$c $(BINDIR)/ || exit 1; done
	for m in $(MANPAGES); do install -D -m 644 $$m $(MANDIR)/man$${m##*.}/$${m##*/} || exit 1; done
	for c in $(COMMANDS); do \
		$(HOSTBIN)/$$c --completion=bash >$(BASHDIR)/$$c && \
		$(HOSTBIN)/$$c --completion=zsh >$(ZSHDIR)/_$$c && \
		$(HOSTBIN)/$$c --completion=fish >$(FISHDIR)/$$c.fish || exit 1; done
	for e in $(EXAMPLES); do install -D -m 755 $$e $(DOCDIR)/$$e || exit 1; done
	for e in $(DATA); do install -D -m 644 $$e $(DOCDIR)/$$e || exit 1; done
	install -m 644 README.md SECURITY.md CHANGELOG.md LICENSE $(DOCDIR)/
	install -D -m 644 -t $(DOCDIR)/docs docs/*

uninstall: ## remove what install installed
	for c in $(COMMANDS); do rm -f $(BINDIR)/$$c; done
	for m in $(MANPAGES); do rm -f $(MANDIR)/man$${m##*.}/$${m##*/}; done
	for c in $(COMMANDS); do rm -f $(BASHDIR)/$$c $(ZSHDIR)/_$$c $(FISHDIR)/$$c.fish; done
	rm -rf $(DOCDIR)

packages: ## build deb, rpm, apk, Arch package and tarball for four machines into dist/, with checksums and a list of contents
	@scripts/packages dist

deb: ## build only the Debian package for this machine into dist/
	@ARCHES=$$($(GO) env GOARCH) FORMATS=deb scripts/packages dist

reproduce: ## build the packages of the last commit in two places and compare them
	@scripts/reproduce

release: ## print what a maintainer does for a release
	@scripts/release

clean: ## remove bin/ and dist/
	rm -rf bin dist
