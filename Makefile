# Everything one does here, a line each: `make help`.
# Settings come from the environment: LONJA_STATE, LONJA_API_PORT, LONJA_WEB_PORT, LONJA_PORT_SHIFT, FABRIC_BIN; see README.md.
# NETWORK=docker sets LONJA_NETWORK: the network as containers.
# TOPOLOGY=consortium (or byzantine, or a file) sets LONJA_TOPOLOGY: who takes part in the network.

PYTHON ?= python3
BIN := .venv/bin
RUN := $(BIN)/python -m

# Compiled Python is kept, though out of the source folders: without it each program takes three times as long to start.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/.tools/pycache

ifdef TOPOLOGY
export LONJA_TOPOLOGY := $(TOPOLOGY)
endif
# make run CA=fabric: the network's certificates come from Fabric CA.
ifdef CA
export LONJA_CA := $(CA)
endif

ifdef NETWORK
export LONJA_NETWORK := $(NETWORK)
endif

.DEFAULT_GOAL := help
.PHONY: help setup run member sandbox demo seed test test-fast lint bench certification fabric network-up network-down rebuild reconcile doctor screenshots lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

setup: ## make what the product needs on this machine: environment, Fabric's programs, chaincode, assets
	@$(PYTHON) -m scripts.bootstrap product

# The channel is made with programs of the same release as the public images'.
ifeq ($(LONJA_NETWORK)$(FABRIC_BIN),docker)
setup: fabric
endif

run: setup ## run the product on a real Fabric network until Ctrl-C; a second run resumes it
	@$(RUN) scripts.run

member: ## run another organisation's own installation beside the running product: make member ORGANISATION=custodian
	@$(RUN) scripts.member $(ORGANISATION)

sandbox: ## run the product on the ledger's rules in memory instead of Fabric, for work on pages
	@$(PYTHON) -m scripts.bootstrap sandbox
	@$(RUN) scripts.run sandbox

demo: setup ## let the cast trade a day over REST, on the running product or one started for it
	@$(RUN) scripts.demo

seed: ## put the cast on stage of the running product (make run does it too)
	@$(RUN) scripts.seed

test: ## lint, Go tests, Python tests, the real network and the browser; names every skip
	@$(PYTHON) -m scripts.bootstrap test
	@$(RUN) scripts.check

test-fast: ## the tests that need no network and no browser, under a minute
	@$(PYTHON) -m scripts.bootstrap fast
	@$(RUN) scripts.check fast

lint: ## style, types, floors and Go's checks
	@$(PYTHON) -m scripts.bootstrap fast
	@$(RUN) scripts.check lint

bench: ## measure against the goals, a line each, on a network of its own
	@$(PYTHON) -m scripts.bootstrap test
	@$(RUN) tests.bench

certification: ## let a broker's FIX session pass every step and score it: make certification ARGS="--comp-id CASA1 ..."
	@$(RUN) scripts.certification $(ARGS)

fabric: ## fetch Fabric's official release, which make run then uses: make fabric [VERSION=3.1.5]
	@LONJA_FABRIC_VERSION="$(or $(VERSION),$(LONJA_FABRIC_VERSION))" $(PYTHON) -m scripts.fetch_fabric

network-up: setup ## start the Fabric network alone, in the background
	@$(BIN)/lonja migrate && $(BIN)/lonja genesis && $(RUN) network up

network-down: ## stop it
	@$(RUN) network down

rebuild: ## drop the mirrors and replay them from the ledger
	@$(BIN)/lonja rebuild

reconcile: ## compare SQL with the ledger key by key; exits 1 on a difference
	@$(BIN)/lonja reconcile

doctor: ## what is wrong on this machine, and the next command to type
	@$(PYTHON) -m scripts.doctor

screenshots: ## take the README's pictures from the running product
	@$(RUN) scripts.screenshots

lock: ## resolve setup.cfg anew into the hashed locks
	@$(PYTHON) -m scripts.lock

clean: ## forget the network, its ledger and the database (not the environment)
	@$(PYTHON) -m scripts.clean
