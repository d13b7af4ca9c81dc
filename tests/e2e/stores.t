#!/bin/bash
# stores.t: the real program rotates a key that a Vault secret and a Kubernetes
# Secret hold. The stores are the stand-ins of tests/standin, over TLS. TAP.
. "$(dirname "$0")/lib.sh"
sandbox_start --region us-east-1 --seed 11

stand() { # NAME: starts tests/standin/NAME.py; NAME_ctl and NAME_port are set
	local i port
	: >"$W/$1.out"
	python3 "$TOP/tests/standin/$1.py" >"$W/$1.out" &
	stands+=" $!"
	for i in $(seq 200); do
		port=$(sed -n 's/^ready //p' "$W/$1.out")
		[ -z "$port" ] || break
		sleep 0.05
	done
	declare -g "$1_ctl=http://127.0.0.1:$port"
	curl -sS "http://127.0.0.1:$port/env" >"$W/$1.env"
	jq -r .ca "$W/$1.env" >"$W/$1.pem"
	declare -g "$1_port=$(jq -r .port "$W/$1.env")"
}
stands=
trap 'kill $stands; finish' EXIT
stand vault
stand kube

tell() { # CONTROL PATH JSON
	curl -sS --fail-with-body -d "$3" "$1$2"
}
pair() { # KEY: as a JSON object
	printf '{"username":"%s","password":"%s"}' "$1" \
	    "$(password "$1" us-east-1)"
}
stores() { # both hold OLD; the clients for them, after $1 lines of options
	tell "$vault_ctl" /reset '{}'
	tell "$kube_ctl" /reset '{}'
	tell "$vault_ctl" /set \
	    '{"put":["","secret","mail/news",'"$(pair "$OLD")"']}'
	tell "$kube_ctl" /set \
	    '{"secret":["mail",'"$(pair "$OLD")"',"kubectl",{}]}'
	umask 077
	echo good >"$D/token"
	cat >"$D/kubeconfig" <<-END
		current-context: c
		clusters: [{name: c, cluster: {server: "https://localhost:$kube_port", certificate-authority: $W/kube.pem}}]
		contexts: [{name: c, context: {cluster: c, user: u, namespace: prod}}]
		users: [{name: u, user: {token: mailtok}}]
	END
	conf - <<-END
		  - { name: vault, type: vault, address: "https://localhost:$vault_port", ca_file: $W/vault.pem, path: mail/news, token_file: $D/token, pickup: 0s }
		  - { name: kube, type: kubernetes, kubeconfig: $D/kubeconfig, secret: mail, rollout: [deployment/web], pickup: 0s$1 }
	END
}
vault_user() {
	curl -sS "$vault_ctl/state" |
	    jq -r '.secrets["secret/mail/news"][-1].username'
}
vault_versions() {
	curl -sS "$vault_ctl/state" | jq '.secrets["secret/mail/news"]|length'
}
kube_user() {
	curl -sS "$kube_ctl/state" |
	    jq -r '.secrets.mail.data.username|@base64d'
}
kube_mark() {
	curl -sS "$kube_ctl/state" | jq -r \
	    '.workloads["deployments/web"].spec.template.metadata.annotations["ses-smtp-rotator/key-id"]'
}
hidden() { # no password of either store in what rotate showed or keeps
	local p
	for p in $(curl -sS "$vault_ctl/state" |
	    jq -r '.secrets[][].password'); do
		! grep -r -F -e "$p" "$D" || return 1
	done
}

both() {
	stores ', force: true'
	gives 0 --dry-run
	says 'set username and password in Vault secret secret/mail/news' \
	    'taking them over' 'then restart deployment/web'
	is "$(vault_versions)" 1
	is "$(kube_mark)" null
	until_idle
	is "$(look 'len(keys)')" 1
	NEW=$(look 'list(keys)')
	[ "$NEW" != "$OLD" ]
	is "$(vault_user)" "$NEW"
	is "$(vault_versions)" 2
	is "$(kube_user)" "$NEW"
	is "$(kube_mark)" "$NEW"
	hidden
}
not_ours() { # without force no key is made for nothing
	stores ''
	rotate --force
	says 'client kube is not ready' 'managed by kubectl'
	is "$(made)" 0
	is "$(vault_user)" "$OLD"
}
sealed() { # a store that fails under way: the old key stays, then it goes on
	stores ', force: true'
	tell "$vault_ctl" /fault \
	    '{"match":"POST .*/data/","do":"reply","status":503,"body":"{\"errors\":[\"Vault is sealed\"]}","times":1}'
	rotate --force
	says 'Vault is sealed'
	is "$(look "keys.get('$OLD')")" Active
	is "$(vault_user)" "$OLD"
	until_idle
	is "$(vault_user)" "$(kube_user)"
	is "$(look 'list(keys)')" "$(vault_user)"
}
lost() { # the reply to a write is lost: read back, not written twice
	stores ', force: true'
	tell "$vault_ctl" /fault '{"match":"POST .*/data/","do":"lose"}'
	tell "$kube_ctl" /fault '{"match":"PATCH .*/secrets/","do":"lose"}'
	until_idle
	is "$(vault_user)" "$(kube_user)"
	is "$(look 'list(keys)')" "$(vault_user)"
	is "$(vault_versions)" 2
}

try 'a rotation with a Vault and a Kubernetes client' both
try 'keys that another manager owns stop it before a key is made' not_ours
try 'a store that is sealed under way' sealed
try 'a write whose reply is lost' lost
done_testing
