# `make` lists the targets. Deploying needs AWS credentials, and a region in the
# profile or in AWS_REGION.

STACK   ?= links
PARAMS  ?=
PYTHON  ?= python3
# Processor architecture of the function. template.yml must name the same.
FUNCTION_ARCH ?= arm64
# Command that `make deploy` runs against the deployed service.
SMOKE ?= scripts/smoke
FUZZTIME ?= 20s
ROUNDS  ?= 5
SECONDS ?= 3

VENV := .venv
# Unlike the other SDKs, the one for Python does not read AWS_REGION.
AWS  := $(if $(AWS_REGION),AWS_DEFAULT_REGION=$(AWS_REGION))
SAM  := $(AWS) SAM_CLI_TELEMETRY=0 $(VENV)/bin/sam
SCRIPT := $(AWS) $(VENV)/bin/python

# Releases are built without cgo. All targets use the same setting, so that they
# share the build cache.
export CGO_ENABLED := 0

.DEFAULT_GOAL := help
.PHONY: help run quick test race floods bench fuzz check terms vulncheck lint-template screenshots release \
	release-check licenses check-deploy build-LinksFunction deploy remove logs tools-python requirements

help: ## list the targets
	@awk -F ':.*## ' '/^[A-Za-z-]+:.*## / { printf "%-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## run the server with the embedded store on http://127.0.0.1:8080
	go run ./cmd/server

# The tests of the programs and of the web UI are left out: they start processes
# and browsers. All test targets use -vet=off, because golangci-lint runs vet.
quick: ## check the format, run the linters and the tests that need only Go
	scripts/golangci-lint run
	go test -vet=off $$(go list ./internal/... | grep -vE '/(webui|systemtest)$$')

# On a busy machine, a package can exceed the default timeout of ten minutes.
test: ## run all tests, with DynamoDB Local
	AXE_JS=$${AXE_JS:-$$(scripts/get-axe 2>/dev/null)} \
	scripts/dynamodb-local go test -p 4 -vet=off -shuffle=on -timeout 30m ./...

race: export CGO_ENABLED := 1
race: ## run the concurrency-heavy tests with the race detector
	go test -vet=off -race -timeout 30m ./internal/api ./internal/lambdahttp ./internal/store/boltstore
	scripts/dynamodb-local go test -vet=off -race -timeout 30m -run Linearizable ./internal/systemtest

floods: ## run load and denial-of-service tests, on an otherwise idle machine
	FLOODS=1 go test -vet=off -count=1 -run Flood ./internal/systemtest

# Needs wrk, which make does not install. It takes about ten minutes; with
# ROUNDS=1 SECONDS=1 it only tests that the benchmarks work.
bench: tools-python ## run the comparative benchmarks and write bench/README.md (needs wrk)
	JAVA_TOOL_OPTIONS= scripts/dynamodb-local go run ./bench -rounds $(ROUNDS) -seconds $(SECONDS)

fuzz: ## run each fuzz target for FUZZTIME: a duration (20s) or a number of inputs (10000x)
	scripts/fuzz $(FUZZTIME)

check: ## check format, linters, terms, workflows, go.mod and known vulnerabilities
	scripts/golangci-lint run
	@$(MAKE) --no-print-directory terms
	go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
	go mod tidy -diff
	@$(MAKE) --no-print-directory vulncheck

# Vale checks the terms of .vale/Links in Go comments, Markdown and HTML. One of
# its dependencies is written in C. The first run builds it, which takes a minute.
terms: export CGO_ENABLED := 1
terms: export CGO_CFLAGS := -w
terms:
	@command -v "$$(go env CC)" >/dev/null || { \
		echo "make terms: $$(go env CC) is missing; install a C compiler (gcc and libc6-dev), which builds Vale"; \
		exit 1; } >&2
	git ls-files -z -- '*.go' '*.md' '*.html' ':!*/testdata/*' | \
		xargs -0 go run github.com/errata-ai/vale/v3/cmd/vale@v3.7.1 --output=line

# If the vulnerability database is unavailable, vulncheck prints a warning and
# succeeds. All other errors fail.
vulncheck:
	@output=$$(go tool govulncheck ./... 2>&1) && status=0 || status=$$?; \
	printf '%s\n' "$$output"; \
	case "$$status:$$output" in \
	1:*'fetching vulnerabilities'*) \
		echo 'WARNING: vulnerabilities were NOT checked: the Go vulnerability database is unavailable.' ;; \
	*) exit $$status ;; \
	esac

lint-template: tools-python $(VENV)/emulator/ready ## lint the CloudFormation templates and deploy them to an emulated AWS
	$(VENV)/bin/cfn-lint template.yml deploy/*.yml
	$(SAM) validate --lint --template template.yml --region us-east-1
	$(SAM) build
	$(VENV)/bin/python scripts/check-template

screenshots: ## recreate the screenshots of the web UI in docs/
	SCREENSHOTS=$(CURDIR)/docs go test -count=1 -run TestScreenshots ./internal/webui

release: licenses ## build the release of the last commit into dist/
	scripts/release

release-check: ## build the release twice and compare the bytes (PLATFORMS=linux/amd64: only one)
	scripts/release --check

licenses: ## list the licenses of all dependencies; fail if one is not allowed
	scripts/dependencies licenses

check-deploy: ## test the systemd unit, and nginx and Caddy as reverse proxies (needs all three)
	scripts/check-deploy

# `sam build` calls this. The binary does not contain the commit, so that
# unchanged code results in an unchanged zip file.
build-LinksFunction:
	GOOS=linux GOARCH=$(FUNCTION_ARCH) go build -buildvcs=false -tags lambda.norpc -trimpath -ldflags "-s -w" \
		-o "$(ARTIFACTS_DIR)/bootstrap" ./cmd/lambda

# The function validates the settings first. The access log is enabled if API
# Gateway may write logs in the account (AccessLog in template.yml). At the end
# scripts/smoke tests the stack. Set TOKEN to one of its tokens for a full test.
deploy: tools-python ## create or update a stack on AWS: make deploy STACK=links PARAMS='Name=value …'
	$(SCRIPT) scripts/check-parameters "$(STACK)" $(if $(PARAMS),'$(PARAMS)')
	$(SAM) build
	@access_log=$$($(SCRIPT) scripts/access-log-setting) && \
	$(SAM) deploy --stack-name "$(STACK)" --s3-prefix "$(STACK)" \
		--parameter-overrides "$$access_log" $(if $(PARAMS),'$(PARAMS)')
	@url=$$($(SAM) list stack-outputs --stack-name "$(STACK)" --output json | $(VENV)/bin/python -c \
		'import json, sys; print({o["OutputKey"]: o["OutputValue"] for o in json.load(sys.stdin)}["APIUrl"])') && \
	printf '\nAPIUrl: %s\nTry it: curl -d '\''{"link": "https://www.google.com"}'\'' %s\n' "$$url" "$$url" && \
	$(SMOKE) "$$url"

remove: tools-python ## delete a stack with its links and uploads: make remove STACK=links
	$(SAM) delete --stack-name "$(STACK)" --no-prompts
	$(SCRIPT) scripts/remove-artifacts "$(STACK)"

logs: tools-python ## follow the function's log: make logs STACK=links
	$(SAM) logs --stack-name "$(STACK)" --name LinksFunction --tail

tools-python: $(VENV)/ready ## install sam, cfn-lint and schemathesis into .venv

# The requirements files list all packages with hashes, so pip resolves nothing.
INSTALL := bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement

$(VENV)/ready: scripts/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/$(INSTALL) $<
	@touch $@

# A separate environment, because the emulator and sam require different versions
# of a library.
$(VENV)/emulator/ready: scripts/requirements-emulator.txt | $(VENV)/ready
	$(PYTHON) -m venv $(VENV)/emulator
	$(VENV)/emulator/$(INSTALL) $<
	@touch $@

requirements: ## resolve scripts/requirements*.in to the newest versions (needs uv)
	for name in requirements requirements-emulator; do \
		uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade --no-header \
			scripts/$$name.in --output-file scripts/$$name.txt || exit; \
	done
