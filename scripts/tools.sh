# shellcheck shell=bash
# Finds the programs that tests run. On Debian, root installs missing ones. Sourced by test.sh.
#
# Tests get the paths in environment variables, because PATH may contain shims of version managers.
# Each of these variables can be set before:
#   COGNATE_TEST_AWS                 AWS CLI version 2
#   COGNATE_TEST_AWS_V1              AWS CLI version 1; without it, its test is skipped
#   COGNATE_TEST_PYTHON              a Python 3 with boto3, aiosmtpd, PyJWT, cryptography and pytest
#   COGNATE_TEST_JAVA                the java of a JDK, version 17 or newer
#   COGNATE_TEST_TERRAFORM_PLUGINS   a Terraform filesystem mirror with the AWS provider;
#                                    without it, the test of Terraform is skipped
#   COGNATE_TEST_CHROMIUM            Chromium, or Chrome
#   COGNATE_TEST_PG_BINDIR           the folder of PostgreSQL's initdb and pg_ctl

# aws_of_major MAJOR COMMAND... prints the first command that is an AWS CLI of this major version.
aws_of_major() {
	local major=$1 candidate version
	shift
	for candidate; do
		version=$("$candidate" --version 2>&1) || continue
		[[ $version == aws-cli/"$major".* ]] && printf '%s\n' "$candidate" && return
	done
	return 1
}

find_aws() {
	local on_path=()
	mapfile -t on_path < <(type -ap aws)
	: "${COGNATE_TEST_AWS:=$(aws_of_major 2 /usr/bin/aws "${on_path[@]}")}"
	: "${COGNATE_TEST_AWS_V1:=$(aws_of_major 1 "${on_path[@]}")}"
	export COGNATE_TEST_AWS COGNATE_TEST_AWS_V1
}

find_python() {
	local candidate
	for candidate in ${COGNATE_TEST_PYTHON:-/usr/bin/python3 python3}; do
		"$candidate" -c 'import boto3, aiosmtpd, cryptography, jwt, pytest' 2>/dev/null && export COGNATE_TEST_PYTHON=$candidate && return
	done
	return 1
}

# find_java looks for a JDK, because a JRE cannot run a source file.
find_java() {
	local candidate version
	for candidate in ${COGNATE_TEST_JAVA:-/usr/bin/java java}; do
		candidate=$(type -P "$candidate") || continue
		version=$("$candidate" --version 2>/dev/null) || continue
		[[ $version =~ ^[a-z]+\ ([0-9]+) ]] && ((BASH_REMATCH[1] >= 17)) || continue
		[[ $("$candidate" --list-modules) == *jdk.compiler@* ]] && export COGNATE_TEST_JAVA=$candidate && return
	done
	return 1
}

find_chromium() {
	: "${COGNATE_TEST_CHROMIUM:=$(type -P chromium chromium-browser google-chrome | head -n 1)}"
	export COGNATE_TEST_CHROMIUM
	[[ -n $COGNATE_TEST_CHROMIUM ]]
}

# find_postgres prefers the newest of Debian's installed versions to the one in PATH.
find_postgres() {
	local candidates=() i
	[[ -n ${COGNATE_TEST_PG_BINDIR:-} ]] && return
	mapfile -t candidates < <(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V)
	for ((i = ${#candidates[@]} - 1; i >= 0; i--)); do
		[[ -x ${candidates[i]}/initdb ]] && export COGNATE_TEST_PG_BINDIR=${candidates[i]} && return
	done
	i=$(type -P initdb) && i=$(readlink -f "$i") && export COGNATE_TEST_PG_BINDIR=${i%/*}
}

find_terraform_plugins() {
	local folder
	[[ -n ${COGNATE_TEST_TERRAFORM_PLUGINS:-} ]] && return
	for folder in "${HOME:-}"/.terraform.d/plugins /usr/local/share/terraform/plugins /usr/share/terraform/plugins \
		/opt/tf-plugins /opt/terraform/plugins; do
		[[ -d $folder/registry.terraform.io/hashicorp/aws ]] && export COGNATE_TEST_TERRAFORM_PLUGINS=$folder && return
	done
}

# node_works succeeds if Node.js is version 20 or newer, as the AWS SDK for JavaScript requires.
node_works() { [[ $(node --version 2>/dev/null) =~ ^v([0-9]+) ]] && ((BASH_REMATCH[1] >= 20)); }

# missing prints the missing Debian packages, with a description of each.
missing() {
	find_aws || true
	[[ -n $COGNATE_TEST_AWS ]] || echo "awscli (the AWS CLI, version 2)"
	find_postgres || echo "postgresql (PostgreSQL's server)"
	find_python || printf '%s\n' "python3-boto3 (boto3 for Python 3)" "python3-aiosmtpd (a mail server for Python 3)" \
		"python3-jwt (PyJWT for Python 3)" "python3-cryptography (cryptography for Python 3)" "python3-pytest (pytest for Python 3)"
	if [[ ${COGNATE_TEST_LONG:-} == 1 ]]; then
		"${COGNATE_TEST_PYTHON:-/usr/bin/python3}" -c 'import setuptools, wheel, mypy' 2>/dev/null || printf '%s\n' \
			"python3-setuptools (builds the package for Python)" "python3-wheel (builds the package for Python)" \
			"python3-mypy (checks the types of the package for Python)"
	fi
	find_java || echo "default-jdk-headless (Java 17 or newer)"
	type -P oathtool >/dev/null || echo "oathtool (codes of software tokens)"
	type -P jq >/dev/null || echo "jq (commands of the docs)"
	type -P groff >/dev/null || echo "groff-base (the layout of manual pages)"
	node_works || echo "nodejs (Node.js 20 or newer)"
	type -P npm >/dev/null || echo "npm (packages for Node.js)"
	find_chromium || echo "chromium (tests in a browser)"
	type -P gcc >/dev/null || echo "gcc (the race detector needs cgo)"
	[[ -e /usr/include/stdlib.h || $(uname) != Linux ]] || echo "libc6-dev (the race detector needs cgo)"
}

# require_packages LISTER WHAT installs the Debian packages that the command LISTER prints, one a line with a description. If packages are
# missing after that, it ends the script with a list of WHAT.
require_packages() {
	local lister=$1 what=$2 missing packages
	missing=$("$lister")
	if [[ -n $missing && $EUID -eq 0 && -e /etc/debian_version ]]; then
		say "installing:" $missing
		mapfile -t packages < <(cut -d' ' -f1 <<<"$missing")
		{ apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends \
			"${packages[@]}" >/dev/null; } </dev/null || die "apt-get could not install ${packages[*]}"
		missing=$("$lister")
	fi
	[[ -z $missing ]] || die "missing $what; these Debian packages have them:"$'\n'"$missing"
}

# require_tools sets the variables above. If a program is missing, it ends the script with a list.
require_tools() {
	require_packages missing programs
	# missing runs in a subshell, so these set the variables in this shell.
	find_aws || true
	find_postgres
	find_python
	find_java
	find_chromium
	find_terraform_plugins || true
}
