# shellcheck shell=bash
# To be sourced by a script that has a function `muniment`.

# small_vault VAULT FOLDER: makes a vault with ada, who administers it, sam and priya on the team of one case, and dana, who answers requests. Key, password and
# sessions are put in FOLDER; sets case_id and the variables that commands go by.
small_vault() {
    local folder=$2 name role party place child who here
    here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
    export MUNIMENT_VAULT=$1 MUNIMENT_KEY_FILE=$folder/key MUNIMENT_POLICIES=$here/Policies
    local password=(--password-file "$folder/password")
    [[ -e $folder/password ]] || (umask 077 && head -c 24 /dev/urandom | base64 | tr -d '\n' >"$folder/password")
    muniment init "$MUNIMENT_VAULT" --origin small.example/ledger --key-file "$folder/key" --administrator ada --name Ada \
        --organisation Digital "${password[@]}"
    muniment sign-in ada "${password[@]}" --session "$folder/ada"
    for who in 'sam SEND education' 'priya HADV health' 'dana DPO rights'; do
        read -r name role party <<<"$who"
        place=$(muniment organisation add "$name" --party "$party" --session "$folder/ada")
        muniment person add "$name" --name "$name" --organisation "$place" --role "$role" "${password[@]}" \
            --session "$folder/ada"
        muniment sign-in "$name" "${password[@]}" --session "$folder/$name"
    done
    child=$(printf 'name: Robin Example\nborn: 2015-04-01\n' | muniment child add --details - --session "$folder/sam")
    # shellcheck disable=SC2034  # for the script that sources this
    case_id=$(muniment case open "$child" --session "$folder/sam")
    muniment case team add "$case_id" priya --role HADV --session "$folder/sam"
}
