#!/usr/bin/env bash
# A real OpenID provider of one person with a password and a second factor, and that person's browser.
#
#     glewlwyd.sh start FOLDER PORT OFFSET CALLBACK LOGOUT
#                                                       prints the issuer; the clock of the provider is OFFSET seconds ahead
#     glewlwyd.sh authorise FOLDER PORT OFFSET ADDRESS  signs in at the authorization address; prints where the browser is sent
#     glewlwyd.sh sign-out FOLDER PORT OFFSET           ends the person's session, of which the provider tells LOGOUT
#     glewlwyd.sh rotate FOLDER PORT OFFSET             signs with a new key from now on, and publishes no other
#     glewlwyd.sh stop FOLDER
set -euo pipefail
export LC_ALL=C

readonly secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP

# In the provider's time: a browser drops cookies that have run out.
in_time() { faketime -f "$offset" "$@"; }

call() {
    local jar=$1 want=$2 code
    shift 2
    code=$(in_time curl -s -b "$jar" -c "$jar" -H content-type:application/json -o answer -w '%{http_code}' "$@")
    [[ $code == "$want" ]] || { printf 'glewlwyd: %s, not %s: %s\n' "$code" "$want" "$*" >&2 && cat answer >&2 && exit 1; }
}

configure() {
    gzip -dc /usr/share/doc/glewlwyd/database/init.sqlite3.sql.gz | sqlite3 glewlwyd.db
    mkdir -p modules web
    gzip -dc /usr/share/doc/glewlwyd/glewlwyd.conf.sample.gz |
        sed -E -e '/^(port|log_mode|external_url|bind_address|static_files_path|user_middleware_module_path|session_expiration|cookie_domain|cookie_same_site) *=/d' \
            -e '/^database *=/,/^}/d' -e '/^@include/d' >glewlwyd.conf
    cat >>glewlwyd.conf <<END
port=$port
log_mode="console"
external_url="http://127.0.0.1:$port"
bind_address="127.0.0.1"
static_files_path="$PWD/web/"
user_middleware_module_path="$PWD/modules"
session_expiration=3600
cookie_domain="127.0.0.1"
cookie_same_site="lax"
database = { type = "sqlite3"; path = "$PWD/glewlwyd.db"; };
END
}

# Whoever waits for this script would wait for what keeps its descriptors open.
in_background() {
    local number
    # Beside other tests their numbers run to hundreds.
    for number in /proc/self/fd/*; do
        number=${number##*/}
        ((number < 3)) || eval "exec $number>&-"
    done
    exec faketime -f "$offset" glewlwyd --config-file="$PWD/glewlwyd.conf" >log 2>&1 </dev/null
}

new_key() {
    openssl genrsa -traditional 2048 >private.pem 2>/dev/null
    openssl rsa -in private.pem -pubout >public.pem 2>/dev/null
}

start() {
    local callback=$1 logout=$2
    configure
    in_background &
    local waiting=$!
    for _ in $(seq 1 100); do
        curl -sf -o /dev/null "http://127.0.0.1:$port/config" && break
        sleep 0.1
    done
    # faketime waits for the program and does not hand signals on.
    pgrep -P "$waiting" >pid
    new_key
    call admin 200 "$api/auth/" -d '{"username":"admin","password":"password"}'
    call admin 200 "$api/mod/scheme/" -d '{"module":"otp","name":"otp","display_name":"One-time password",
        "expiration":600,"max_use":0,"allow_user_register":true,"parameters":{"issuer":"Test","secret-minimum-size":16,
        "otp-length":6,"hotp-allow":false,"hotp-window":0,"totp-allow":true,"totp-window":1,"totp-start-offset":0}}'
    jq -n --rawfile k private.pem --rawfile c public.pem --arg iss "http://127.0.0.1:$port/api/oidc" '{module:"oidc",
        name:"oidc",display_name:"OIDC",parameters:{iss:$iss,"jwt-type":"rsa","jwt-key-size":"256",key:$k,cert:$c,
        "access-token-duration":600,"refresh-token-duration":3600,"code-duration":60,"refresh-token-rolling":true,
        "refresh-token-one-use":"always","allow-non-oidc":false,"auth-type-code-enabled":true,
        "auth-type-code-revoke-replayed":true,"auth-type-token-enabled":false,"auth-type-id-token-enabled":true,
        "auth-type-password-enabled":false,"auth-type-client-enabled":false,"auth-type-device-enabled":false,
        "auth-type-refresh-enabled":true,"jwks-show":true,"subject-type":"public","pkce-allowed":true,
        "pkce-required":true,"pkce-method-plain-allowed":false,"introspection-revocation-allowed":true,
        "session-management-allowed":true,"session-cookie-name":"IDP_SID","session-cookie-expiration":3600,
        "front-channel-logout-allowed":false,"back-channel-logout-allowed":true,"name-claim":"mandatory",
        "email-claim":"mandatory","scope-claim":"mandatory","claims":[]}}' >plugin.json
    call admin 200 "$api/mod/plugin/" -d @plugin.json
    call admin 200 -X PUT "$api/scope/openid" -d '{"name":"openid","display_name":"Open ID","description":"OpenID",
        "password_required":true,"password_max_age":0,"scheme":{"mfa":[{"scheme_type":"otp","scheme_name":"otp"}]},
        "scheme_required":{"mfa":1}}'
    call admin 200 "$api/user/" -d '{"username":"senco1","name":"Sam Senco","email":"senco@school.example",
        "password":"correct horse battery","enabled":true,"scope":["openid","g_profile"]}'
    call admin 200 "$api/client/" -d '{"client_id":"muniment","name":"Muniment","client_secret":"client-secret-for-tests",
        "confidential":true,"enabled":true,"redirect_uri":["'"$callback"'"],"backchannel_logout_uri":"'"$logout"'","authorization_type":["code"],
        "token_endpoint_auth_method":["client_secret_basic"],"scope":["openid"]}'
    call person 200 "$api/auth/" -d '{"username":"senco1","password":"correct horse battery"}'
    call person 200 "$api/profile/scheme/register/" -d '{"username":"senco1","scheme_type":"otp","scheme_name":"otp",
        "value":{"type":"TOTP","secret":"'$secret'","time_step_size":30}}'
    printf 'http://127.0.0.1:%s/api/oidc\n' "$port"
}

authorise() {
    local code
    code=$(in_time oathtool --totp -b "$secret")
    call browser 200 "$api/auth/" -d '{"username":"senco1","password":"correct horse battery"}'
    # The code of one step is taken once.
    [[ -e signed-in ]] || call browser 200 "$api/auth/" -d '{"username":"senco1","scheme_type":"otp",
        "scheme_name":"otp","value":{"value":"'"$code"'"}}'
    touch signed-in
    call browser 200 -X PUT "$api/auth/grant/muniment" -d '{"scope":"openid"}'
    in_time curl -s -b browser -c browser -o answer -w '%{redirect_url}' "$1&g_continue"
}

sign_out() {
    local session
    session=$(awk '$6 == "IDP_SID" { print $7 }' browser)
    call browser 200 -X DELETE "$api/oidc/session/$session/"
}

rotate() {
    new_key
    jq --rawfile k private.pem --rawfile c public.pem '.parameters.key = $k | .parameters.cert = $c' plugin.json >rotated.json
    call admin 200 -X PUT "$api/mod/plugin/oidc" -d @rotated.json
    call admin 200 -X PUT "$api/mod/plugin/oidc/reset"
}

action=$1 folder=$2
mkdir -p "$folder"
cd "$folder"
if [[ $action == stop ]]; then
    kill "$(cat pid)"
    exit
fi
port=$3 offset=$4 api=http://127.0.0.1:$3/api
"${action/-/_}" "${@:5}"
