# Two commands need nothing but a Rust toolchain and a C compiler: `make demo` and `make test`.
# The others fetch their tools into $(TOOLS) the first time.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

TOOLS ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/pagewarden
PYTHON ?= python3
CARGO_DENY_VERSION := 0.20.2
CARGO_FUZZ_VERSION := 0.13.2
CARGO_MACHETE_VERSION := 0.9.2
# One that is installed already will do.
CARGO_DENY := $(or $(shell command -v cargo-deny),$(TOOLS)/cargo-deny-$(CARGO_DENY_VERSION)/bin/cargo-deny)
CARGO_MACHETE := $(or $(shell command -v cargo-machete),$(TOOLS)/cargo-machete-$(CARGO_MACHETE_VERSION)/bin/cargo-machete)
CARGO_FUZZ := $(TOOLS)/cargo-fuzz-$(CARGO_FUZZ_VERSION)/bin
# Named for what is asked for, so that a change of versions makes a new one.
LINTERS := $(TOOLS)/linters-$(firstword $(shell cksum infra/requirements.txt))
CHECKERS := $(TOOLS)/checkers-$(firstword $(shell cksum infra/requirements-checkov.txt))
MOTO := $(TOOLS)/moto-$(firstword $(shell cksum infra/requirements-moto.txt))
TRAINER := $(TOOLS)/trainer-$(firstword $(shell cksum shared/rules/model/requirements.txt))
LEARNER := $(TOOLS)/learner-$(firstword $(shell cksum shared/encoder/model/requirements.txt))
STYLER := $(TOOLS)/styler-$(firstword $(shell cksum functions/console/styles/package.json))
BROWSER := $(TOOLS)/browser-$(firstword $(shell cksum tests/browser/package.json))
SIGNER := $(TOOLS)/signer-$(firstword $(shell cksum tests/signin/package.json))
PEERS := $(TOOLS)/peers-$(firstword $(shell cat infra/cold-start/requirements.txt infra/cold-start/package.json | cksum))
LOAD := tests/benches/load
LOADED := $(TOOLS)/load-$(firstword $(shell cksum $(LOAD)/requirements.txt))
SAM := $(TOOLS)/sam-$(firstword $(shell cksum infra/requirements-sam.txt))

export SAM_CLI_TELEMETRY := 0

.PHONY: help demo test test-faults test-faults-prove test-fixtures test-wordpress test-moto test-sam test-signin test-browser chaos pictures fmt clippy doc deny machete lint-template draft-table score score-table model encoder-model generalise fairness encoder-beside styles fuzz tampering bench load soak cold-start cost-table scale ci

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Run the whole system here, feed it the sample events and say what became of each
	@cargo run --bin pagewarden -- up --replay events --exit

test: ## Run every test and count them
	@.ci/test

# In a profile of its own: a seed takes seconds without optimisation.
test-faults: ## Play the first seeds of faults; SEEDS=10000 plays so many, SEED=7 tells one seed's story
	@SEED="$(SEED)" SEEDS="$(SEEDS)" FROM="$(FROM)" \
		cargo test -q --profile faults -p pagewarden-tests --test simulation -- --nocapture

test-faults-prove: ## Break the code in each way of tests/simulation/mutations, and see that seeds find it (SEEDS=200)
	@tests/simulation/prove $(or $(SEEDS),200)

test-fixtures: ## Read recorded platform bodies and, in `specs` beside them, specifications: make test-fixtures DIR=folder
	@PAGEWARDEN_FIXTURES="$(abspath $(DIR))" cargo test --workspace --test fixtures
	@PAGEWARDEN_SPECS="$(abspath $(DIR)/../specs)" cargo test --workspace --test specs

test-wordpress: ## Run the website's client against the real WordPress, from Debian's packages
	@tests/wordpress/run

test-moto: $(MOTO)/ready ## Run the contract tests of the table and the secrets against moto, an emulator of AWS
	@tests/moto $(MOTO)

test-sam: $(SAM)/ready ## Run the sample events through the functions in containers, under SAM's emulator of Lambda
	@infra/sam/test $(SAM)

test-signin: ## Sign in to the console at a real OpenID Connect issuer (needs Node 20)
	@tests/signin/run $(SIGNER)

test-browser: ## Walk each role's day in Chromium and check every page there (needs Node 20 and chromium)
	@tests/browser/run $(BROWSER) suite.mjs $(DAYS)

chaos: ## Kill and halt a real WordPress at random while it is swept and acted on: minutes; SEED=7 for the same stops
	@SEED="$(SEED)" tests/chaos

pictures: ## Take the pictures of the console again (needs Node 20, chromium and pngquant)
	@tests/browser/run $(BROWSER) pictures.mjs docs/pictures

fmt: ## Check the formatting
	@cargo fmt --all --check

clippy: ## Lint the code, warnings being errors
	@cargo clippy --workspace --all-targets -- -D warnings

doc: ## Build the documentation, warnings being errors
	@RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

deny: $(CARGO_DENY) ## Check licences, banned crates and where crates come from
	@$(CARGO_DENY) --workspace check bans licenses sources

machete: $(CARGO_MACHETE) ## Name the dependencies that nothing uses
	@$(CARGO_MACHETE)

# On SAM's own form the linters overlook what they find in the translation, for one a policy that names everything.
# Translated as for production: another rollout leaves parts out. That is why its parameter has no use there (W2001).
lint-template: TRANSLATED := target/template.json
lint-template: $(LINTERS)/ready $(CHECKERS)/ready ## Check the SAM template and its translation
	@$(LINTERS)/bin/sam validate --lint -t infra/template.yaml
	@mkdir -p $(dir $(TRANSLATED))
	@$(LINTERS)/bin/python infra/lint/translate infra/template.yaml $(TRANSLATED) Rollout=Canary10Percent5Minutes
	@$(LINTERS)/bin/cfn-lint infra/template.yaml
	@$(LINTERS)/bin/cfn-lint --ignore-checks W2001 -- $(TRANSLATED) && echo "cfn-lint: nothing to say"
	@$(CHECKERS)/bin/checkov --config-file infra/checkov.yaml --file infra/template.yaml $(TRANSLATED)
	@$(PYTHON) infra/guard/check $(TRANSLATED)

# Prints the table of figures over the labelled sets of a folder: those of the rules, which are written for them.
SCORE = cargo run -q --bin pagewarden -- score --rules-only --brief --measures shared/rules/docs/measures.toml $(DIR)/*.csv
SCORES := shared/rules/docs/scores.txt

draft-table: ## Print how much of a policy left out is drafted right from its published text
	@cargo test -q -p pagewarden-policies --test draft -- --nocapture left_out | grep '^|'

score: ## Score the reader on labelled texts, and fail if it got worse: make score DIR=folder
	@$(SCORE) --against $(SCORES)

score-table: ## Keep the figures of today as those to compare with: make score-table DIR=folder
	@$(SCORE) >$(SCORES).new && mv $(SCORES).new $(SCORES)

# The same sets give the same weights, byte for byte; the folder's licences are in shared/rules/model/NOTICE.
model: $(TRAINER)/ready ## Train the model of tone, and say whether it is the one that is kept: make model DIR=folder
	@cargo build -q --release -p pagewarden-rules --example features
	@mkdir -p target/model
	@$(TRAINER)/bin/python shared/rules/model/train.py target/release/examples/features $(DIR) target/model
	@cmp target/model/weights.bin shared/rules/model/weights.bin \
		&& cmp target/model/constants.rs shared/rules/model/constants.rs \
		&& echo "the same as the model that is kept" \
		|| { echo "not the model that is kept: copy target/model over shared/rules/model to keep this one"; exit 1; }

ENCODER := shared/encoder/model
LEARNT := target/encoder

# From the published weights and the corpus, byte for byte on the same kind of processor. Three quarters of an hour on two cores.
encoder-model: $(LEARNER)/ready ## Make the encoder's model, and say whether it is the one that is kept
	@cargo build -q --profile bench -p pagewarden-encoder --examples
	@cargo build -q --bin pagewarden
	@mkdir -p $(LEARNT)
	@$(LEARNER)/bin/python $(ENCODER)/build.py target/release/examples/automaton $(ENCODER)/../corpus/posts - $(LEARNT)/base.bin
	@$(LEARNER)/bin/python $(ENCODER)/check.py target/release/examples/rows $(LEARNT)/base.bin $(ENCODER)/../tests/reference.jsonl
	@$(LEARNER)/bin/python $(ENCODER)/train.py target/release/examples/rows $(LEARNT)/base.bin target/debug/pagewarden \
		$(ENCODER)/../corpus/posts $(LEARNT)
	@$(LEARNER)/bin/python $(ENCODER)/build.py target/release/examples/automaton $(ENCODER)/../corpus/posts $(LEARNT) $(LEARNT)/encoder.bin
	@$(LEARNER)/bin/python $(ENCODER)/agree.py target/release/examples/rows target/release/examples/read $(LEARNT)/encoder.bin \
		$(LEARNT) $(ENCODER)/../corpus/posts
	@cat $(LEARNT)/left-out.md
	@cmp $(LEARNT)/encoder.bin $(ENCODER)/encoder.bin && echo "the same as the model that is kept" \
		|| { echo "not the model that is kept: copy encoder.bin and left-out.csv of $(LEARNT) over those of" \
		"$(ENCODER), and left-out.md over that of its docs, to keep this one"; exit 1; }

generalise: $(LEARNER)/ready ## Print what the encoder finds on authors left out, with the rules of today; fail if it is less
	@cargo build -q --bin pagewarden
	@$(LEARNER)/bin/python $(ENCODER)/generalise.py $(ENCODER)/../corpus/posts $(ENCODER)/left-out.csv $(ENCODER)/encoder.bin \
		target/debug/pagewarden $(ENCODER)/../docs/left-out.md

fairness: $(LEARNER)/ready ## Print how alike the encoder reads names, dialects and spellings; fail if a group falls behind
	@cargo build -q --profile bench -p pagewarden-encoder --examples
	@cargo build -q --bin pagewarden
	@$(LEARNER)/bin/python $(ENCODER)/fairness.py target/release/examples/read $(ENCODER)/encoder.bin target/debug/pagewarden

encoder-beside: $(LEARNER)/ready ## Measure the encoder's speed beside its peer's
	@cargo build -q --profile bench -p pagewarden-encoder --examples
	@$(LEARNER)/bin/python $(ENCODER)/beside.py target/release/examples/read $(ENCODER)/encoder.bin $(ENCODER)/../corpus/posts

STYLES := functions/console/styles

styles: $(STYLER)/ready ## Build the console's style sheet again (needs Node 20)
	@node $(STYLES)/build.mjs $(STYLER) functions/console/assets/pagewarden.css

fuzz: $(CARGO_FUZZ)/cargo-fuzz ## Feed broken input to what reads from outside: make fuzz, or for longer make fuzz FOR=600
	@PATH="$(CARGO_FUZZ):$$PATH" tests/fuzz/run $(FOR)

tampering: ## Change evidence in every way that was thought of, and print what finds it
	@cargo test -q -p pagewarden-tests --test all -- --nocapture --exact \
		evidence::each_kind_of_tampering_with_evidence_is_found

bench: ## Measure the speed of what has to be fast
	@cargo bench --workspace

# The optimised build takes a quarter of an hour where nothing is built yet, the run another; RATES="100 200" EACH_S=5
# is shorter. POSTS and PRACTICES say how full the table is.
load: $(LOADED)/ready ## Print what the system takes at growing rates and in a spike, beside a handler in Python
	@PEER=$(LOADED)/bin/python cargo bench -q -p pagewarden-tests --bench load

soak: ## Run mixed traffic with faults for MINUTES=10 at RATE=40; fail if anything is lost, doubled or grows
	@cargo bench -q -p pagewarden-tests --bench load -- soak

FUNCTIONS := webhook moderate act sweep remind connect console

# The release programs: a quarter of an hour where nothing is built yet, or less with FUNCTIONS="webhook act".
cold-start: $(PEERS)/ready ## Print the functions' size, start and memory beside peers'; fail if one grew by a tenth
	@cargo build -q --release $(foreach name,$(FUNCTIONS),-p $(name)) --bins
	@cargo build -q --release -p webhook --example hello
	@infra/cold-start/measure $(or $(CARGO_TARGET_DIR),target)/release $(PEERS)/bin/python \
		$(if $(shell command -v node),$(PEERS),-) $(FUNCTIONS)

cost-table: ## Print what each kind of post takes of the table, the platforms and people, as docs/limits.md has it
	@cargo test -q -p pagewarden-tests --test all -- --nocapture --exact \
		cost::each_kind_of_post_takes_what_the_bill_is_made_of | grep '^|'

scale: ## Play a day of all practices in England, and print where it ends, as docs/limits.md has it
	@cargo test -q -p pagewarden-tests --test volume -- --nocapture --exact \
		a_day_of_all_practices_asks_for_what_is_written | grep '^|'

ci: ## Do all that is checked before a merge
	@.ci/run

# Fetches Python tools into a folder of their own, which a mark says is whole.
define fetch
	@echo "Fetching $(1)"
	@$(PYTHON) -m venv $(@D)
	@$(@D)/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@
endef

$(LINTERS)/ready: infra/requirements.txt
	$(call fetch,the template's linters: about a minute)

$(CHECKERS)/ready: infra/requirements-checkov.txt
	$(call fetch,the template's security checks: about two minutes)

$(MOTO)/ready: infra/requirements-moto.txt
	$(call fetch,moto: about a minute)

$(TRAINER)/ready: shared/rules/model/requirements.txt
	$(call fetch,what trains the model: about a minute)

$(LEARNER)/ready: $(ENCODER)/requirements.txt
	$(call fetch,what makes the encoder: about a minute)

# No lock file, which would name where the packages came from, and no scripts of theirs.
define fetch-node
	@echo "Fetching $(1)"
	@mkdir -p $(@D) && cp $< $(@D)/package.json
	@npm install --prefix $(@D) --no-package-lock --ignore-scripts --omit=optional --no-audit --no-fund --loglevel=error
	@touch $@
endef

$(SIGNER)/ready: tests/signin/package.json
	$(call fetch-node,a real issuer: a few seconds)

$(BROWSER)/ready: tests/browser/package.json
	$(call fetch-node,what drives a browser: a few seconds)

$(STYLER)/ready: functions/console/styles/package.json
	$(call fetch-node,what builds the style sheet: a few seconds)

$(PEERS)/ready: infra/cold-start/requirements.txt infra/cold-start/package.json
	@if command -v npm >/dev/null; then mkdir -p $(@D) && cp infra/cold-start/package.json $(@D) && npm install \
		--prefix $(@D) --no-package-lock --ignore-scripts --omit=optional --no-audit --no-fund --loglevel=error; fi
	$(call fetch,what functions in Python and Node call the table with: about a minute)

$(LOADED)/ready: $(LOAD)/requirements.txt
	$(call fetch,what somebody would write a webhook with in Python: a few seconds)

$(SAM)/ready: infra/requirements-sam.txt
	$(call fetch,SAM with cargo-lambda and zig: about a minute)

# Unoptimised and untuned: it runs for a second, and so it is built in a third of the time.
$(TOOLS)/cargo-deny-$(CARGO_DENY_VERSION)/bin/cargo-deny:
	@echo "Building cargo-deny $(CARGO_DENY_VERSION), a few minutes, once"
	@env -u CARGO_TARGET_DIR CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off \
		CARGO_PROFILE_RELEASE_CODEGEN_UNITS=256 cargo install --quiet --locked --version $(CARGO_DENY_VERSION) \
		--root $(TOOLS)/cargo-deny-$(CARGO_DENY_VERSION) cargo-deny

$(TOOLS)/cargo-machete-$(CARGO_MACHETE_VERSION)/bin/cargo-machete:
	@echo "Building cargo-machete $(CARGO_MACHETE_VERSION), about a minute, once"
	@env -u CARGO_TARGET_DIR CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off \
		CARGO_PROFILE_RELEASE_CODEGEN_UNITS=256 cargo install --quiet --locked --version $(CARGO_MACHETE_VERSION) \
		--root $(TOOLS)/cargo-machete-$(CARGO_MACHETE_VERSION) cargo-machete

$(CARGO_FUZZ)/cargo-fuzz:
	@echo "Building cargo-fuzz $(CARGO_FUZZ_VERSION), about a minute, once"
	@env -u CARGO_TARGET_DIR CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off \
		CARGO_PROFILE_RELEASE_CODEGEN_UNITS=256 cargo install --quiet --locked --version $(CARGO_FUZZ_VERSION) \
		--root $(dir $(CARGO_FUZZ)) cargo-fuzz
