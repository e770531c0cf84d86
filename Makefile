# The project's commands; `make help` lists them. Each installs what it needs first.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

.PHONY: help
help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## Build the chat and start it on port 5050; options in ARGS, e.g. make run ARGS='--port 8080'
	@scripts/install-packages.sh run
	@source scripts/common.sh && swift build -c release "$${release_flags[@]}" --product ChatApp
	@exec "$$(swift build -c release --show-bin-path)/ChatApp" $(ARGS)

.PHONY: example
example: ## Start a program of docs/examples on port 3000, e.g. make example NAME=Rooms ARGS=8080
	@scripts/install-packages.sh run
	@swift run $(NAME)Example $(ARGS)

.PHONY: docs
docs: ## Build the documentation into .build/docs
	@scripts/install-packages.sh run
	@swift build
	@scripts/check-docs.sh

.PHONY: build
build: ## Build everything for development
	@scripts/install-packages.sh run
	@swift build --build-tests

.PHONY: test
test: ## Build with warnings as errors and run every check and test
	@scripts/test.sh

.PHONY: micro
micro: ## Measure the parts of the server one by one; options in ARGS, e.g. make micro ARGS='--filter json'
	@scripts/install-packages.sh run
	@scripts/micro.sh $(ARGS)

.PHONY: fuzz
fuzz: ## Fuzz the decoders and the whole server; options in ARGS, e.g. make fuzz ARGS='--seconds 3600 json'
	@scripts/install-packages.sh run
	@scripts/fuzz.sh $(ARGS)

.PHONY: sanitize
sanitize: ## Run the tests under a sanitizer, e.g. make sanitize ARGS='thread ConcurrencyStressTests', ARGS=leaks
	@scripts/install-packages.sh run
	@scripts/sanitize.sh $(ARGS)

.PHONY: soak
soak: ## Let 5,000 clients loose on the server for 15 minutes; options in ARGS, e.g. make soak ARGS='--seconds 120'
	@scripts/install-packages.sh soak
	@scripts/soak.sh $(ARGS)

.PHONY: bench
bench: ## Measure our server and the Python ones in one table; options in ARGS, e.g. make bench ARGS='--rounds 3'
	@scripts/install-packages.sh bench
	@scripts/bench.sh $(ARGS)

.PHONY: format
format: ## Reformat all Swift sources
	@scripts/swift-format.sh format

.PHONY: lint
lint: ## Check format, documentation and the layering of the sources
	@scripts/swift-format.sh lint
	@scripts/check-layers.sh

.PHONY: clean
clean: ## Remove everything that was built
	@rm -rf .build Benchmarks/.build Fuzz/.build
