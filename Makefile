# `make` lists the targets. Deploying needs AWS credentials, and a region in the profile or in AWS_REGION.

STACK   ?= links
PARAMS  ?=
PYTHON  ?= python3
# The function's processor architecture, which template.yml has too, and what tries out a deployed service.
FUNCTION_ARCH ?= arm64
SMOKE ?= scripts/smoke
FUZZTIME ?= 20s
ROUNDS  ?= 5
SECONDS ?= 3

VENV := .venv
# The SDK for Python does not read AWS_REGION, as the others do.
AWS  := $(if $(AWS_REGION),AWS_DEFAULT_REGION=$(AWS_REGION))
SAM  := $(AWS) SAM_CLI_TELEMETRY=0 $(VENV)/bin/sam
SCRIPT := $(AWS) $(VENV)/bin/python

# As all that is released is built. One setting for all that make builds, too: another would compile everything anew.
export CGO_ENABLED := 0

.DEFAULT_GOAL := help
.PHONY: help run quick test race floods bench fuzz check vulncheck lint-template screenshots release release-check licenses check-deploy build-LinksFunction deploy remove logs tools-python requirements

help: ## list the targets
	@awk -F ':.*## ' '/^[A-Za-z-]+:.*## / { printf "%-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## run the server with the embedded store on http://127.0.0.1:8080
	go run ./cmd/server

# Without the tests of the programs and of the web UI, which start processes and browsers. Vetting is the linters', here and for
# all tests below.
quick: ## while you work: format, linters, and the tests that need nothing but Go
	scripts/golangci-lint run
	go test -vet=off $$(go list ./internal/... | grep -vE '/(webui|systemtest)$$')

# On a busy machine, a package can need more than go test's ten minutes.
test: ## run every test, DynamoDB Local included
	AXE_JS=$${AXE_JS:-$$(scripts/get-axe 2>/dev/null)} scripts/dynamodb-local go test -p 4 -vet=off -shuffle=on -timeout 30m ./...

race: export CGO_ENABLED := 1
race: ## run the tests of what does much at once with the race detector
	go test -vet=off -race -timeout 30m ./internal/api ./internal/lambdahttp ./internal/store/boltstore
	scripts/dynamodb-local go test -vet=off -race -timeout 30m -run Linearizable ./internal/systemtest

floods: ## make floods of a server, on a machine that does nothing else
	FLOODS=1 go test -vet=off -count=1 -run Flood ./internal/systemtest

# wrk is the one tool that make does not install. Takes some ten minutes; ROUNDS=1 SECONDS=1 shows that it works.
bench: tools-python ## measure beside what people would pick instead, and write bench/README.md (needs wrk)
	scripts/dynamodb-local go run ./bench -rounds $(ROUNDS) -seconds $(SECONDS)

fuzz: ## look for input that breaks a promise: FUZZTIME for each target, such as 20s, or 10000x for so many inputs
	scripts/fuzz $(FUZZTIME)

check: ## format, linters, workflows, tidy, known vulnerabilities
	scripts/golangci-lint run
	go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
	go mod tidy -diff
	@$(MAKE) --no-print-directory vulncheck

# A database that cannot be reached says nothing about the code, so it is a warning, the only failure that is.
vulncheck:
	@output=$$(go tool govulncheck ./... 2>&1) && status=0 || status=$$?; \
	printf '%s\n' "$$output"; \
	case "$$status:$$output" in \
	1:*'fetching vulnerabilities'*) \
		echo 'WARNING: vulnerabilities were NOT checked: the Go vulnerability database cannot be reached from here.' ;; \
	*) exit $$status ;; \
	esac

lint-template: tools-python $(VENV)/emulator/ready ## lint the CloudFormation templates, and deploy them to an emulated AWS
	$(VENV)/bin/cfn-lint template.yml deploy/*.yml
	$(SAM) validate --lint --template template.yml --region us-east-1
	$(SAM) build
	$(VENV)/bin/python scripts/check-template

screenshots: ## write the screenshots of the web UI to docs/
	SCREENSHOTS=$(CURDIR)/docs go test -count=1 -run TestScreenshots ./internal/webui

release: licenses ## make what a release consists of, of the last commit, into dist/
	scripts/release

release-check: ## make it twice, in two folders, and compare the bytes: PLATFORMS=linux/amd64 for one of them
	scripts/release --check

licenses: ## list the licences of all dependencies; fail where one is not allowed
	scripts/dependencies licenses

check-deploy: ## try the systemd unit, and nginx and Caddy in front of a server (needs systemd-analyze, nginx, caddy)
	scripts/check-deploy

# `sam build` calls this. Not stamped with the commit, so that unchanged code is an unchanged zip.
build-LinksFunction:
	GOOS=linux GOARCH=$(FUNCTION_ARCH) go build -buildvcs=false -tags lambda.norpc -trimpath -ldflags "-s -w" \
		-o "$(ARTIFACTS_DIR)/bootstrap" ./cmd/lambda

# The program checks the settings first. The access log is enabled if the account lets API Gateway write one; see AccessLog
# in template.yml. At the end scripts/smoke tries out the stack; if TOKEN is set to one of its tokens, completely.
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

remove: tools-python ## delete a stack, its links and what was uploaded for it: make remove STACK=links
	$(SAM) delete --stack-name "$(STACK)" --no-prompts
	$(SCRIPT) scripts/remove-artifacts "$(STACK)"

logs: tools-python ## follow the function's log: make logs STACK=links
	$(SAM) logs --stack-name "$(STACK)" --name LinksFunction --tail

tools-python: $(VENV)/ready ## install sam, cfn-lint and schemathesis into .venv

# The files list everything, with hashes, so nothing is left to resolve.
INSTALL := bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement

$(VENV)/ready: scripts/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/$(INSTALL) $<
	@touch $@

# On its own, since it requires another version of a library than sam does.
$(VENV)/emulator/ready: scripts/requirements-emulator.txt | $(VENV)/ready
	$(PYTHON) -m venv $(VENV)/emulator
	$(VENV)/emulator/$(INSTALL) $<
	@touch $@

requirements: ## resolve scripts/requirements*.in again (needs uv)
	for name in requirements requirements-emulator; do \
		uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade --no-header \
			scripts/$$name.in --output-file scripts/$$name.txt || exit; \
	done
